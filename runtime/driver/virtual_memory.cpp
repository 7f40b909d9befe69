// Virtual memory: reserved addresses, allocations without an address, and mappings between them.
// An allocation is a memory file of the system, so a mapping is the system's and a descriptor of
// the file is what another process imports. Memory is usable, and known to the memory map, from
// npudrvMemSetAccess on. Any thread.
#include "driver_call.h"

#include "src/memory.h"

#include <cerrno>
#include <cstring>
#include <map>
#include <mutex>
#include <set>
#include <sys/mman.h>
#include <sys/stat.h>
#include <unistd.h>

using namespace npu;
using namespace npu::driver_api;

namespace {

constexpr size_t kGranularity = 2 << 20; // as on current GPUs

struct Piece { // an allocation
  int file = -1;
  size_t bytes = 0;
  npudrv_memAllocationProp properties = {};
  unsigned references = 1; // handles and mappings
};
struct Mapping {
  size_t bytes = 0;
  npudrv_memGenericAllocationHandle handle = 0;
  npudrv_memAccess_flags access = NPUDRV_MEM_ACCESS_FLAGS_PROT_NONE;
};
struct VirtualMemory {
  std::mutex mutex;
  // Under mutex.
  std::map<npudrv_deviceptr, size_t> reserved;
  std::map<npudrv_deviceptr, Mapping> mapped;
  std::set<npudrv_deviceptr> adopted; // where what the memory map knows begins
  std::map<npudrv_memGenericAllocationHandle, Piece> pieces;
  npudrv_memGenericAllocationHandle lastHandle = 0;
};
VirtualMemory &memory() {
  static VirtualMemory &instance = *new VirtualMemory;
  return instance;
}

Status invalid(const char *why) { return Status(npuErrorInvalidValue, why); }
Status osError(const char *what) {
  return Status(errno == ENOMEM ? npuErrorMemoryAllocation : npuErrorOperatingSystem,
                std::string(what) + ": " + std::strerror(errno));
}

// Under the mutex.
void drop(npudrv_memGenericAllocationHandle handle) {
  const auto found = memory().pieces.find(handle);
  if (found == memory().pieces.end() || --found->second.references)
    return;
  close(found->second.file);
  memory().pieces.erase(found);
}

npudrv_memGenericAllocationHandle keep(Piece piece) {
  memory().pieces[++memory().lastHandle] = piece;
  return memory().lastHandle;
}

Status checkProperties(const npudrv_memAllocationProp *properties) {
  if (!properties || properties->type != NPUDRV_MEM_ALLOCATION_TYPE_PINNED ||
      properties->location.type != NPUDRV_MEM_LOCATION_TYPE_DEVICE)
    return invalid("an allocation is pinned and on a device");
  if (properties->requestedHandleTypes & ~NPUDRV_MEM_HANDLE_TYPE_POSIX_FILE_DESCRIPTOR)
    return Status(npuErrorNotSupported, "memory is exported as a file descriptor only");
  return {};
}

Status create(npudrv_memGenericAllocationHandle *handle, size_t bytes,
              const npudrv_memAllocationProp *properties, unsigned long long flags) {
  if (Status status = checkProperties(properties); !status)
    return status;
  if (!handle || flags || !bytes || bytes % kGranularity)
    return invalid("the size must be a multiple of the granularity, the flags 0");
  if (bytes > core::freeMemoryBytes())
    return Status(npuErrorMemoryAllocation, "out of memory");
  Piece piece;
  piece.file = memfd_create("npu", MFD_CLOEXEC);
  if (piece.file < 0 || ftruncate(piece.file, off_t(bytes)) != 0) {
    Status status = osError("memory for an allocation");
    if (piece.file >= 0)
      close(piece.file);
    return status;
  }
  piece.bytes = bytes;
  piece.properties = *properties;
  std::lock_guard<std::mutex> lock(memory().mutex);
  *handle = keep(piece);
  return {};
}

// Under the mutex: whether the range lies in one reservation.
bool isReserved(npudrv_deviceptr pointer, size_t bytes) {
  auto after = memory().reserved.upper_bound(pointer);
  if (after == memory().reserved.begin())
    return false;
  const auto &[start, size] = *std::prev(after);
  return pointer - start < size && bytes <= size - (pointer - start);
}

// Under the mutex: a mapping that overlaps.
bool isMapped(npudrv_deviceptr pointer, size_t bytes) {
  const auto next = memory().mapped.lower_bound(pointer);
  if (next != memory().mapped.end() && next->first < pointer + bytes)
    return true;
  return next != memory().mapped.begin() &&
         std::prev(next)->first + std::prev(next)->second.bytes > pointer;
}

// Under the mutex: tells the memory map what is accessible in the reservation that holds the
// address. Mappings side by side are one piece of memory there: a copy may go over several.
Status adoptAround(npudrv_deviceptr pointer) {
  const auto reservation = std::prev(memory().reserved.upper_bound(pointer));
  const npudrv_deviceptr start = reservation->first, end = start + reservation->second;
  auto &adopted = memory().adopted;
  for (auto at = adopted.lower_bound(start); at != adopted.end() && *at < end;
       at = adopted.erase(at))
    core::disownMemory(address(*at));
  auto &mapped = memory().mapped;
  for (auto at = mapped.lower_bound(start); at != mapped.end() && at->first < end;) {
    const npudrv_deviceptr first = at->first;
    npudrv_deviceptr last = first;
    for (; at != mapped.end() && at->first == last && at->first < end &&
           at->second.access != NPUDRV_MEM_ACCESS_FLAGS_PROT_NONE;
         ++at)
      last += at->second.bytes;
    if (last == first) {
      ++at;
      continue;
    }
    if (Status status = core::adoptMemory(core::MemoryKind::Device, address(first), last - first);
        !status)
      return status;
    adopted.insert(first);
  }
  return {};
}

Status map(npudrv_deviceptr pointer, size_t bytes, size_t offset,
           npudrv_memGenericAllocationHandle handle, unsigned long long flags) {
  std::lock_guard<std::mutex> lock(memory().mutex);
  const auto found = memory().pieces.find(handle);
  if (found == memory().pieces.end() || flags || !bytes)
    return invalid("no such allocation, or flags");
  if (offset > found->second.bytes || bytes > found->second.bytes - offset ||
      (offset | bytes | pointer) % kGranularity)
    return invalid("the part is not in the allocation or not on the granularity");
  if (!isReserved(pointer, bytes) || isMapped(pointer, bytes))
    return invalid("the addresses are not reserved, or in use");
  if (mmap(address(pointer), bytes, PROT_NONE, MAP_SHARED | MAP_FIXED, found->second.file,
           off_t(offset)) == MAP_FAILED)
    return osError("mapping");
  ++found->second.references;
  memory().mapped[pointer] = {bytes, handle, NPUDRV_MEM_ACCESS_FLAGS_PROT_NONE};
  return {};
}

Status unmap(npudrv_deviceptr pointer, size_t bytes) {
  Status waited = done(npuDeviceSynchronize()); // kernels may use it
  std::lock_guard<std::mutex> lock(memory().mutex);
  auto at = memory().mapped.find(pointer);
  const npudrv_deviceptr end = pointer + bytes;
  if (at == memory().mapped.end() || !bytes)
    return invalid("no mapping starts here");
  const auto last = std::prev(memory().mapped.lower_bound(end));
  if (last->first + last->second.bytes > end)
    return invalid("a mapping is taken away as a whole");
  while (at != memory().mapped.end() && at->first < end) {
    // The addresses stay reserved.
    if (mmap(address(at->first), at->second.bytes, PROT_NONE,
             MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE | MAP_FIXED, -1, 0) == MAP_FAILED)
      return osError("unmapping");
    drop(at->second.handle);
    at = memory().mapped.erase(at);
  }
  if (Status status = adoptAround(pointer); !status)
    return status;
  return waited;
}

Status setAccess(npudrv_deviceptr pointer, size_t bytes, const npudrv_memAccessDesc *access,
                 size_t count) {
  if (!access || !count)
    return invalid("no access is described");
  npudrv_memAccess_flags flags = NPUDRV_MEM_ACCESS_FLAGS_PROT_NONE;
  for (size_t i = 0; i < count; ++i)
    if (access[i].flags > flags)
      flags = access[i].flags; // devices are one memory here
  std::lock_guard<std::mutex> lock(memory().mutex);
  const npudrv_deviceptr end = pointer + bytes;
  auto at = memory().mapped.find(pointer);
  if (at == memory().mapped.end())
    return invalid("nothing is mapped here");
  for (; at != memory().mapped.end() && at->first < end; ++at) {
    // The host's own processor runs the kernels, and reads device memory in copies.
    const int protection = flags == NPUDRV_MEM_ACCESS_FLAGS_PROT_READWRITE ? PROT_READ | PROT_WRITE
                           : flags == NPUDRV_MEM_ACCESS_FLAGS_PROT_READ    ? PROT_READ
                                                                           : PROT_NONE;
    if (mprotect(address(at->first), at->second.bytes, protection) != 0)
      return osError("access");
    at->second.access = flags;
  }
  return adoptAround(pointer);
}

Status reserve(npudrv_deviceptr *pointer, size_t bytes, size_t alignment, npudrv_deviceptr wish,
               unsigned long long flags) {
  if (!pointer || flags || !bytes || bytes % kGranularity || (alignment & (alignment - 1)))
    return invalid("the size must be a multiple of the granularity, the alignment a power of two");
  const size_t aligned = alignment > kGranularity ? alignment : kGranularity;
  char *start = static_cast<char *>(mmap(address(wish), bytes + aligned, PROT_NONE,
                                         MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE, -1, 0));
  if (start == MAP_FAILED)
    return osError("reserving addresses");
  const uintptr_t number = reinterpret_cast<uintptr_t>(start);
  const uintptr_t first = (number + aligned - 1) / aligned * aligned;
  if (first > number)
    munmap(start, first - number);
  if (number + aligned > first)
    munmap(reinterpret_cast<void *>(first + bytes), number + aligned - first);
  std::lock_guard<std::mutex> lock(memory().mutex);
  memory().reserved[first] = bytes;
  *pointer = first;
  return {};
}

Status unreserve(npudrv_deviceptr pointer, size_t bytes) {
  std::lock_guard<std::mutex> lock(memory().mutex);
  const auto found = memory().reserved.find(pointer);
  if (found == memory().reserved.end() || found->second != bytes || isMapped(pointer, bytes))
    return invalid("this is not a reservation, or something is mapped in it");
  memory().reserved.erase(found);
  munmap(address(pointer), bytes);
  return {};
}

// These need no context: memory is not any context's.
template <class Body> npudrv_result callWithoutContext(const char *name, Body body) noexcept {
  return call(name, body, Needs::Init);
}

} // namespace

extern "C" {

npudrv_result npudrvMemGetAllocationGranularity(size_t *bytes,
                                                const npudrv_memAllocationProp *properties,
                                                npudrv_memAllocationGranularity_flags) {
  return callWithoutContext("cuMemGetAllocationGranularity", [&] {
    if (!bytes)
      return invalid("the result is null");
    *bytes = kGranularity;
    return checkProperties(properties);
  });
}

npudrv_result npudrvMemAddressReserve(npudrv_deviceptr *pointer, size_t bytes, size_t alignment,
                                      npudrv_deviceptr wish, unsigned long long flags) {
  return callWithoutContext("cuMemAddressReserve",
                            [&] { return reserve(pointer, bytes, alignment, wish, flags); });
}

npudrv_result npudrvMemAddressFree(npudrv_deviceptr pointer, size_t bytes) {
  return callWithoutContext("cuMemAddressFree", [&] { return unreserve(pointer, bytes); });
}

npudrv_result npudrvMemCreate(npudrv_memGenericAllocationHandle *handle, size_t bytes,
                              const npudrv_memAllocationProp *properties,
                              unsigned long long flags) {
  return callWithoutContext("cuMemCreate",
                            [&] { return create(handle, bytes, properties, flags); });
}

npudrv_result npudrvMemRelease(npudrv_memGenericAllocationHandle handle) {
  return callWithoutContext("cuMemRelease", [&] {
    std::lock_guard<std::mutex> lock(memory().mutex);
    if (!memory().pieces.count(handle))
      return invalid("no such allocation");
    drop(handle);
    return Status();
  });
}

npudrv_result npudrvMemMap(npudrv_deviceptr pointer, size_t bytes, size_t offset,
                           npudrv_memGenericAllocationHandle handle, unsigned long long flags) {
  return callWithoutContext("cuMemMap", [&] { return map(pointer, bytes, offset, handle, flags); });
}

npudrv_result npudrvMemUnmap(npudrv_deviceptr pointer, size_t bytes) {
  return callWithoutContext("cuMemUnmap", [&] { return unmap(pointer, bytes); });
}

npudrv_result npudrvMemSetAccess(npudrv_deviceptr pointer, size_t bytes,
                                 const npudrv_memAccessDesc *access, size_t count) {
  return callWithoutContext("cuMemSetAccess",
                            [&] { return setAccess(pointer, bytes, access, count); });
}

npudrv_result npudrvMemGetAccess(unsigned long long *flags, const npudrv_memLocation *,
                                 npudrv_deviceptr pointer) {
  return callWithoutContext("cuMemGetAccess", [&] {
    std::lock_guard<std::mutex> lock(memory().mutex);
    const auto after = memory().mapped.upper_bound(pointer);
    if (!flags || after == memory().mapped.begin() ||
        pointer - std::prev(after)->first >= std::prev(after)->second.bytes)
      return invalid("nothing is mapped here, or the result is null");
    *flags = std::prev(after)->second.access;
    return Status();
  });
}

npudrv_result npudrvMemExportToShareableHandle(void *shareable,
                                               npudrv_memGenericAllocationHandle handle,
                                               npudrv_memAllocationHandleType type,
                                               unsigned long long flags) {
  return callWithoutContext("cuMemExportToShareableHandle", [&] {
    std::lock_guard<std::mutex> lock(memory().mutex);
    const auto found = memory().pieces.find(handle);
    if (!shareable || flags || found == memory().pieces.end())
      return invalid("no such allocation, or no place for the handle");
    if (type != NPUDRV_MEM_HANDLE_TYPE_POSIX_FILE_DESCRIPTOR)
      return Status(npuErrorNotSupported, "memory is exported as a file descriptor only");
    const int file = dup(found->second.file);
    if (file < 0)
      return osError("a file descriptor");
    *static_cast<int *>(shareable) = file;
    return Status();
  });
}

npudrv_result npudrvMemImportFromShareableHandle(npudrv_memGenericAllocationHandle *handle,
                                                 void *shareable,
                                                 npudrv_memAllocationHandleType type) {
  return callWithoutContext("cuMemImportFromShareableHandle", [&] {
    if (!handle || type != NPUDRV_MEM_HANDLE_TYPE_POSIX_FILE_DESCRIPTOR)
      return invalid("memory is imported from a file descriptor");
    Piece piece;
    struct stat about;
    piece.file = dup(int(reinterpret_cast<intptr_t>(shareable)));
    if (piece.file < 0 || fstat(piece.file, &about) != 0)
      return osError("the imported file descriptor");
    piece.bytes = size_t(about.st_size);
    piece.properties.type = NPUDRV_MEM_ALLOCATION_TYPE_PINNED;
    piece.properties.requestedHandleTypes = type;
    piece.properties.location.type = NPUDRV_MEM_LOCATION_TYPE_DEVICE;
    std::lock_guard<std::mutex> lock(memory().mutex);
    *handle = keep(piece);
    return Status();
  });
}

npudrv_result npudrvMemGetAllocationPropertiesFromHandle(npudrv_memAllocationProp *properties,
                                                         npudrv_memGenericAllocationHandle handle) {
  return callWithoutContext("cuMemGetAllocationPropertiesFromHandle", [&] {
    std::lock_guard<std::mutex> lock(memory().mutex);
    const auto found = memory().pieces.find(handle);
    if (!properties || found == memory().pieces.end())
      return invalid("no such allocation");
    *properties = found->second.properties;
    return Status();
  });
}

npudrv_result npudrvMemRetainAllocationHandle(npudrv_memGenericAllocationHandle *handle,
                                              void *pointer) {
  return callWithoutContext("cuMemRetainAllocationHandle", [&] {
    std::lock_guard<std::mutex> lock(memory().mutex);
    const auto found = memory().mapped.find(number(pointer));
    if (!handle || found == memory().mapped.end())
      return invalid("nothing is mapped here");
    *handle = found->second.handle;
    ++memory().pieces[*handle].references;
    return Status();
  });
}

} // extern "C"
