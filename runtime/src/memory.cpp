// The memory map; see memory.h. Memory comes from the team's memory home; registered memory stays
// the program's. A limit equal to the machine's memory stands in for the device's: the operating
// system would grant more than it has, and end the process later.
#include "memory.h"

#include "core.h"
#include "device_blocks.h"
#include "devices.h"
#include "graph_memory.h"
#include "memory_advice.h"
#include "memory_pool.h"
#include "shared_memory.h"
#include "stream.h"

#include <algorithm>
#include <fstream>
#include <map>
#include <shared_mutex>
#include <unistd.h>

namespace npu::core {
namespace {

struct Entry {
  Allocation allocation;
  Device *owner = nullptr; // null: registered memory
  bool isBlock = false;    // of device_blocks.h
};

// Never destroyed: programs free memory in static destructors.
struct MemoryMap {
  std::shared_mutex mutex;
  std::map<uintptr_t, Entry> byBase; // under mutex; entries do not overlap
  size_t allocatedBytes = 0;         // under mutex; without registered memory
};
MemoryMap &memoryMap() {
  static MemoryMap &instance = *new MemoryMap;
  return instance;
}

// Under the map's mutex: the entry that holds `address`, or nullptr.
const Entry *holding(uintptr_t address) {
  const auto &map = memoryMap().byBase;
  auto after = map.upper_bound(address);
  if (after == map.begin())
    return nullptr;
  const Entry &entry = std::prev(after)->second;
  return address - entry.allocation.base < entry.allocation.bytes ? &entry : nullptr;
}

Status outOfMemory(size_t bytes) {
  return Status(npuErrorMemoryAllocation, "out of memory: " + std::to_string(bytes) +
                                              " bytes asked for, " +
                                              std::to_string(freeMemoryBytes()) + " of " +
                                              std::to_string(totalMemoryBytes()) + " free");
}

bool reserve(size_t bytes) {
  std::unique_lock<std::shared_mutex> lock(memoryMap().mutex);
  if (bytes > totalMemoryBytes() - std::min(totalMemoryBytes(), memoryMap().allocatedBytes))
    return false;
  memoryMap().allocatedBytes += bytes;
  return true;
}

void unreserve(size_t bytes) {
  std::unique_lock<std::shared_mutex> lock(memoryMap().mutex);
  memoryMap().allocatedBytes -= bytes;
}

Status notAllocated(const char *what) { return Status(npuErrorInvalidValue, what); }

// `allocation` has all but the place.
Status allocate(Allocation allocation, size_t alignment, void **pointer) {
  const size_t bytes = allocation.bytes;
  if (!pointer)
    return Status(npuErrorInvalidValue, "the result is null");
  *pointer = nullptr;
  if (bytes == 0)
    return {};
  Device *home = Team::get().memoryHome();
  if (!home)
    return Status(npuErrorNoDevice, "no backend offers memory; see NPU_LOG=debug");
  if (!reserve(bytes))
    return outOfMemory(bytes);
  const bool isBlock = allocation.kind != MemoryKind::Pinned && !allocation.isVariable;
  void *memory = isBlock ? takeBlock(*home, allocation.kind, bytes)
                         : home->allocate(bytes, std::max(alignment, kAllocationAlignment));
  if (!memory) {
    unreserve(bytes);
    return outOfMemory(bytes);
  }
  allocation.base = reinterpret_cast<uintptr_t>(memory);
  allocation.device = currentDevice();
  std::unique_lock<std::shared_mutex> lock(memoryMap().mutex);
  memoryMap().byBase[allocation.base] = {allocation, home, isBlock};
  *pointer = memory;
  return {};
}

} // namespace

Status allocateMemory(MemoryKind kind, size_t bytes, unsigned flags, void **pointer) {
  return allocate({0, bytes, kind, flags, 0, false}, kAllocationAlignment, pointer);
}

Status allocateVariable(MemoryKind kind, size_t bytes, size_t alignment, unsigned flags,
                        void **pointer) {
  return allocate({0, bytes, kind, flags, 0, true}, alignment, pointer);
}

Status freeMemory(void *pointer, bool pinned) {
  Allocation allocation;
  if (!pointer)
    return {};
  if (!findAllocation(pointer, allocation))
    return notAllocated("this pointer was not allocated here, or has been freed already");
  if (allocation.isVariable)
    return notAllocated("this memory is a variable, not allocated");
  // Errors of that work were or will be reported by themselves; the memory is freed all the same.
  if (Status status = synchronizeAllDevices(); status.code() == npuErrorNotPermitted)
    return status;
  if (!pinned && isImportedFromPool(pointer))
    return closeImported(pointer);
  std::shared_ptr<GraphMemory> ofGraph;
  if (!pinned && isGraphMemory(pointer))
    return setFreed(pointer, ofGraph);
  if (!pinned && isPoolMemory(pointer)) {
    Status status = freeToPool(pointer, {});
    trimPoolsAfterWait();
    return status;
  }
  return freeMemoryNow(pointer, pinned);
}

Status freeMemoryNow(void *pointer, bool pinned) {
  if (!pointer)
    return {};
  Entry entry;
  {
    std::unique_lock<std::shared_mutex> lock(memoryMap().mutex);
    auto &map = memoryMap().byBase;
    const auto found = map.find(reinterpret_cast<uintptr_t>(pointer));
    if (found == map.end())
      return notAllocated(holding(reinterpret_cast<uintptr_t>(pointer))
                              ? "this pointer is not the start of its allocation"
                              : "this pointer was not allocated here, or has been freed already");
    if (!found->second.owner)
      return notAllocated("this memory is registered or a variable, not allocated");
    if ((found->second.allocation.kind == MemoryKind::Pinned) != pinned)
      return notAllocated(pinned ? "this is device memory; use npuFree"
                                 : "this is pinned host memory; use npuFreeHost");
    entry = found->second;
    map.erase(found);
    memoryMap().allocatedBytes -= entry.allocation.bytes;
  }
  forgetAdvice(pointer, entry.allocation.bytes);
  if (entry.isBlock)
    giveBlock(*entry.owner, pointer);
  else
    entry.owner->release(pointer);
  return {};
}

namespace {
Status adopt(MemoryKind kind, void *pointer, size_t bytes, unsigned flags, int device) {
  const auto base = reinterpret_cast<uintptr_t>(pointer);
  if (!pointer || bytes == 0 || base + bytes < base)
    return Status(npuErrorInvalidValue, "no memory to register");
  std::unique_lock<std::shared_mutex> lock(memoryMap().mutex);
  auto &map = memoryMap().byBase;
  const auto next = map.lower_bound(base);
  if (holding(base) || (next != map.end() && next->first < base + bytes))
    return Status(npuErrorHostMemoryAlreadyRegistered, "part of this memory is known already");
  map[base] = {{base, bytes, kind, flags, device, false}, nullptr, false};
  return {};
}
} // namespace

Status registerMemory(void *pointer, size_t bytes, unsigned flags) {
  return adopt(MemoryKind::Registered, pointer, bytes, flags, currentDevice());
}

Status adoptMemory(MemoryKind kind, void *pointer, size_t bytes) {
  return adopt(kind, pointer, bytes, npuMemAttachGlobal, 0);
}

void disownMemory(void *pointer) {
  std::unique_lock<std::shared_mutex> lock(memoryMap().mutex);
  memoryMap().byBase.erase(reinterpret_cast<uintptr_t>(pointer));
}

bool isOthersMemory(const void *pointer) {
  std::shared_lock<std::shared_mutex> lock(memoryMap().mutex);
  const auto &map = memoryMap().byBase;
  const auto found = map.find(reinterpret_cast<uintptr_t>(pointer));
  return found != map.end() && !found->second.owner;
}

Status unregisterMemory(void *pointer) {
  if (!pointer)
    return Status(npuErrorInvalidValue, "the pointer is null");
  Status waited = synchronizeAllDevices();
  if (waited.code() == npuErrorNotPermitted)
    return waited;
  std::unique_lock<std::shared_mutex> lock(memoryMap().mutex);
  auto &map = memoryMap().byBase;
  const auto found = map.find(reinterpret_cast<uintptr_t>(pointer));
  if (found == map.end() || found->second.allocation.kind != MemoryKind::Registered)
    return Status(npuErrorHostMemoryNotRegistered, "no registered memory starts here");
  map.erase(found);
  return {};
}

bool findAllocation(const void *pointer, Allocation &allocation) {
  std::shared_lock<std::shared_mutex> lock(memoryMap().mutex);
  const Entry *entry = holding(reinterpret_cast<uintptr_t>(pointer));
  if (entry)
    allocation = entry->allocation;
  return entry;
}

Status shareAllocation(const void *pointer, Allocation &allocation, SharedPart &part) {
  if (Status status = synchronizeAllDevices(); status.code() == npuErrorNotPermitted)
    return status;
  std::shared_lock<std::shared_mutex> lock(memoryMap().mutex);
  const Entry *entry = holding(reinterpret_cast<uintptr_t>(pointer));
  if (!entry || !entry->isBlock || entry->allocation.kind != MemoryKind::Device)
    return notAllocated("this is no device memory of this process's own");
  allocation = entry->allocation;
  return shareBlock(reinterpret_cast<void *>(allocation.base), part);
}

size_t reachableBytes(const void *address) {
  Allocation allocation;
  return findAllocation(address, allocation)
             ? allocation.bytes - (reinterpret_cast<uintptr_t>(address) - allocation.base)
             : 0;
}

bool deviceCanReach(const void *address, size_t bytes) {
  Allocation allocation;
  return findAllocation(address, allocation) &&
         bytes <= allocation.bytes - (reinterpret_cast<uintptr_t>(address) - allocation.base);
}

size_t totalMemoryBytes() {
  static const size_t total = [] {
    size_t bytes = size_t(sysconf(_SC_PHYS_PAGES)) * size_t(sysconf(_SC_PAGESIZE));
    // A container's grant; the file says "max" where there is none.
    size_t granted = 0;
    if (std::ifstream("/sys/fs/cgroup/memory.max") >> granted && granted > 0)
      bytes = std::min(bytes, granted);
    return bytes;
  }();
  return total;
}

size_t freeMemoryBytes() {
  std::shared_lock<std::shared_mutex> lock(memoryMap().mutex);
  return totalMemoryBytes() - std::min(totalMemoryBytes(), memoryMap().allocatedBytes);
}

} // namespace npu::core
