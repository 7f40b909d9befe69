// See graph_memory.h.
#include "graph_memory.h"

#include "memory.h"
#include "stream.h"

#include <algorithm>
#include <map>
#include <mutex>
#include <unordered_map>

namespace npu::core {
namespace {

struct Counters {
  uint64_t used = 0, usedHigh = 0, reserved = 0, reservedHigh = 0;
};

// Never destroyed: graphs may outlive static destruction. All under `mutex`.
struct Table {
  std::mutex mutex;
  std::unordered_map<const void *, GraphMemory *> all;
  // Allocated memory outlives its graphs.
  std::unordered_map<const void *, std::shared_ptr<GraphMemory>> allocated;
  std::map<int, Counters> counters; // by device
};
Table &table() {
  static Table &instance = *new Table;
  return instance;
}

} // namespace

GraphMemory::~GraphMemory() {
  if (!pointer)
    return;
  {
    std::lock_guard<std::mutex> lock(table().mutex);
    table().all.erase(pointer);
    table().counters[device].reserved -= bytes;
  }
  (void)freeMemoryNow(pointer, false); // it came from there
}

Status makeGraphMemory(size_t bytes, int device, std::shared_ptr<GraphMemory> &memory) {
  memory = std::make_shared<GraphMemory>();
  void *pointer = nullptr;
  if (bytes == 0)
    return Status(npuErrorInvalidValue, "an allocation node has no bytes");
  if (Status status = allocateMemory(MemoryKind::Device, bytes, 0, &pointer); !status)
    return status;
  memory->bytes = bytes;
  memory->device = device;
  memory->pointer = pointer;
  std::lock_guard<std::mutex> lock(table().mutex);
  table().all[pointer] = memory.get();
  Counters &counters = table().counters[device];
  counters.reserved += bytes;
  counters.reservedHigh = std::max(counters.reservedHigh, counters.reserved);
  return {};
}

bool isGraphMemory(const void *pointer) {
  std::lock_guard<std::mutex> lock(table().mutex);
  return table().all.count(pointer) != 0;
}

bool isAllocated(const GraphMemory &memory) {
  std::lock_guard<std::mutex> lock(table().mutex);
  return table().allocated.count(memory.pointer) != 0;
}

void setAllocated(const std::shared_ptr<GraphMemory> &memory) {
  std::lock_guard<std::mutex> lock(table().mutex);
  if (!table().allocated.emplace(memory->pointer, memory).second)
    return;
  Counters &counters = table().counters[memory->device];
  counters.used += memory->bytes;
  counters.usedHigh = std::max(counters.usedHigh, counters.used);
}

Status setFreed(const void *pointer, std::shared_ptr<GraphMemory> &memory) {
  std::lock_guard<std::mutex> lock(table().mutex);
  const auto found = table().allocated.find(pointer);
  if (found == table().allocated.end())
    return Status(npuErrorInvalidValue, "this memory of a graph is not allocated now");
  table().counters[found->second->device].used -= found->second->bytes;
  memory = std::move(found->second);
  table().allocated.erase(found);
  return {};
}

Status freeGraphMemory(const void *pointer, Stream &stream) {
  std::shared_ptr<GraphMemory> memory;
  if (Status status = setFreed(pointer, memory); !status)
    return status;
  Timeline::Item marker;
  marker.keepAlive = std::move(memory);
  pushItem(stream, std::move(marker));
  return {};
}

Status graphMemoryAttribute(int device, npuGraphMemAttributeType attribute, void *value) {
  if (!value)
    return Status(npuErrorInvalidValue, "the result is null");
  std::lock_guard<std::mutex> lock(table().mutex);
  const Counters &counters = table().counters[device];
  uint64_t &result = *static_cast<uint64_t *>(value);
  switch (attribute) {
  case npuGraphMemAttrUsedMemCurrent:
    result = counters.used;
    return {};
  case npuGraphMemAttrUsedMemHigh:
    result = counters.usedHigh;
    return {};
  case npuGraphMemAttrReservedMemCurrent:
    result = counters.reserved;
    return {};
  case npuGraphMemAttrReservedMemHigh:
    result = counters.reservedHigh;
    return {};
  }
  return Status(npuErrorInvalidValue, "unknown attribute " + std::to_string(attribute));
}

Status resetGraphMemoryAttribute(int device, npuGraphMemAttributeType attribute,
                                 const void *value) {
  if (!value || *static_cast<const uint64_t *>(value))
    return Status(npuErrorInvalidValue, "a high-water mark can be set to 0 only");
  std::lock_guard<std::mutex> lock(table().mutex);
  Counters &counters = table().counters[device];
  if (attribute == npuGraphMemAttrUsedMemHigh)
    counters.usedHigh = counters.used;
  else if (attribute == npuGraphMemAttrReservedMemHigh)
    counters.reservedHigh = counters.reserved;
  else
    return Status(npuErrorInvalidValue, "only high-water marks can be set");
  return {};
}

} // namespace npu::core
