// Memory by number: the runtime's allocations, and what is known about an address.
#include "driver_call.h"

#include "context.h"

#include "src/memory.h"

#include <mutex>
#include <set>
#include <utility>
#include <vector>

using namespace npu;
using namespace npu::driver_api;

namespace {

Status nullResult() { return Status(npuErrorInvalidValue, "the result is null"); }

// `allocate` fills a pointer.
template <class Allocate> Status into(npudrv_deviceptr *pointer, Allocate allocate) {
  void *memory = nullptr;
  if (!pointer)
    return nullResult();
  Status status = done(allocate(&memory));
  if (status)
    *pointer = number(memory);
  return status;
}

int deviceOf(const npudrv_memLocation &location) {
  return location.type == NPUDRV_MEM_LOCATION_TYPE_DEVICE ? location.id : npuCpuDeviceId;
}

// Both APIs give addresses and locations alike.
void **pointersOf(npudrv_deviceptr *addresses) { return reinterpret_cast<void **>(addresses); }
npuMemLocation *locationsOf(npudrv_memLocation *locations) {
  static_assert(sizeof(npudrv_memLocation) == sizeof(npuMemLocation));
  return reinterpret_cast<npuMemLocation *>(locations);
}

// Which allocations have NPUDRV_POINTER_ATTRIBUTE_SYNC_MEMOPS. Copies wait as CUDA says without it.
struct SyncedMemory {
  std::mutex mutex;
  std::set<std::pair<uint64_t, size_t>> bases; // under mutex; with sizes
};
SyncedMemory &syncedMemory() {
  static SyncedMemory &instance = *new SyncedMemory;
  return instance;
}

Status setPointerAttribute(const void *value, npudrv_pointer_attribute attribute,
                           npudrv_deviceptr pointer) {
  core::Allocation allocation;
  if (!value || attribute != NPUDRV_POINTER_ATTRIBUTE_SYNC_MEMOPS)
    return Status(npuErrorInvalidValue, "no value, or an attribute that cannot be set");
  if (!core::findAllocation(address(pointer), allocation))
    return Status(npuErrorInvalidValue, "this is not memory that the driver knows");
  const std::pair<uint64_t, size_t> key(allocation.base, allocation.bytes);
  std::lock_guard<std::mutex> lock(syncedMemory().mutex);
  if (*static_cast<const unsigned *>(value))
    syncedMemory().bases.insert(key);
  else
    syncedMemory().bases.erase(key);
  return {};
}

template <class Value> void put(void *data, Value value) { *static_cast<Value *>(data) = value; }

Status pointerAttribute(void *data, npudrv_pointer_attribute attribute, npudrv_deviceptr pointer) {
  core::Allocation allocation;
  if (!data)
    return nullResult();
  const bool known = core::findAllocation(address(pointer), allocation);
  if (!known && attribute != NPUDRV_POINTER_ATTRIBUTE_MAPPED)
    return Status(npuErrorInvalidValue, "this is not memory that the driver knows");
  const bool host = allocation.kind == core::MemoryKind::Pinned ||
                    allocation.kind == core::MemoryKind::Registered;
  switch (attribute) {
  case NPUDRV_POINTER_ATTRIBUTE_CONTEXT:
    put(data, currentContext());
    return {};
  case NPUDRV_POINTER_ATTRIBUTE_MEMORY_TYPE:
    put(data, unsigned(host ? NPUDRV_MEMORYTYPE_HOST : NPUDRV_MEMORYTYPE_DEVICE));
    return {};
  case NPUDRV_POINTER_ATTRIBUTE_DEVICE_POINTER:
    put(data, pointer);
    return {};
  case NPUDRV_POINTER_ATTRIBUTE_HOST_POINTER:
    if (allocation.kind == core::MemoryKind::Device)
      return Status(npuErrorInvalidValue, "device memory has no host pointer");
    put(data, address(pointer));
    return {};
  case NPUDRV_POINTER_ATTRIBUTE_BUFFER_ID:
    put(data, static_cast<unsigned long long>(allocation.base));
    return {};
  case NPUDRV_POINTER_ATTRIBUTE_IS_MANAGED:
    put(data, unsigned(allocation.kind == core::MemoryKind::Managed));
    return {};
  case NPUDRV_POINTER_ATTRIBUTE_DEVICE_ORDINAL:
    put(data, allocation.device);
    return {};
  case NPUDRV_POINTER_ATTRIBUTE_RANGE_START_ADDR:
    put(data, static_cast<npudrv_deviceptr>(allocation.base));
    return {};
  case NPUDRV_POINTER_ATTRIBUTE_RANGE_SIZE:
    put(data, allocation.bytes);
    return {};
  case NPUDRV_POINTER_ATTRIBUTE_MAPPED:
    put(data, unsigned(known));
    return {};
  case NPUDRV_POINTER_ATTRIBUTE_SYNC_MEMOPS: {
    std::lock_guard<std::mutex> lock(syncedMemory().mutex);
    put(data, unsigned(syncedMemory().bases.count({allocation.base, allocation.bytes})));
    return {};
  }
  case NPUDRV_POINTER_ATTRIBUTE_IS_LEGACY_CUDA_IPC_CAPABLE:
    put(data, unsigned(allocation.kind == core::MemoryKind::Device));
    return {};
  case NPUDRV_POINTER_ATTRIBUTE_ALLOWED_HANDLE_TYPES:
    put(data, static_cast<unsigned long long>(0));
    return {};
  case NPUDRV_POINTER_ATTRIBUTE_IS_GPU_DIRECT_RDMA_CAPABLE:
  case NPUDRV_POINTER_ATTRIBUTE_IS_HW_DECOMPRESS_CAPABLE:
    put(data, 0u);
    return {};
  case NPUDRV_POINTER_ATTRIBUTE_ACCESS_FLAGS:
    put(data, unsigned(NPUDRV_POINTER_ATTRIBUTE_ACCESS_FLAG_READWRITE));
    return {};
  case NPUDRV_POINTER_ATTRIBUTE_MAPPING_SIZE:
    put(data, allocation.bytes);
    return {};
  case NPUDRV_POINTER_ATTRIBUTE_MAPPING_BASE_ADDR:
    put(data, static_cast<npudrv_deviceptr>(allocation.base));
    return {};
  case NPUDRV_POINTER_ATTRIBUTE_P2P_TOKENS:
  case NPUDRV_POINTER_ATTRIBUTE_MEMPOOL_HANDLE:
  case NPUDRV_POINTER_ATTRIBUTE_MEMORY_BLOCK_ID:
    break;
  }
  return Status(npuErrorInvalidValue, "this attribute of a pointer is not known");
}

} // namespace

extern "C" {

npudrv_result npudrvMemGetInfo(size_t *freeBytes, size_t *totalBytes) {
  return call("cuMemGetInfo", [&] { return done(npuMemGetInfo(freeBytes, totalBytes)); });
}

npudrv_result npudrvMemAlloc(npudrv_deviceptr *pointer, size_t bytes) {
  return call("cuMemAlloc", [&] {
    if (!bytes)
      return Status(npuErrorInvalidValue, "0 bytes");
    return into(pointer, [&](void **memory) { return npuMalloc(memory, bytes); });
  });
}

npudrv_result npudrvMemAllocPitch(npudrv_deviceptr *pointer, size_t *pitch, size_t widthBytes,
                                  size_t height, unsigned int elementBytes) {
  return call("cuMemAllocPitch", [&] {
    if (elementBytes != 4 && elementBytes != 8 && elementBytes != 16)
      return Status(npuErrorInvalidValue, "the element size is 4, 8 or 16");
    return into(pointer,
                [&](void **memory) { return npuMallocPitch(memory, pitch, widthBytes, height); });
  });
}

npudrv_result npudrvMemFree(npudrv_deviceptr pointer) {
  return call("cuMemFree", [&] { return done(npuFree(address(pointer))); });
}

npudrv_result npudrvMemAllocManaged(npudrv_deviceptr *pointer, size_t bytes, unsigned int flags) {
  return call("cuMemAllocManaged", [&] {
    return into(pointer, [&](void **memory) { return npuMallocManaged(memory, bytes, flags); });
  });
}

npudrv_result npudrvMemAllocAsync(npudrv_deviceptr *pointer, size_t bytes, npudrv_stream stream) {
  return call("cuMemAllocAsync", [&] {
    return into(pointer, [&](void **memory) { return npuMallocAsync(memory, bytes, stream); });
  });
}

npudrv_result npudrvMemFreeAsync(npudrv_deviceptr pointer, npudrv_stream stream) {
  return call("cuMemFreeAsync", [&] { return done(npuFreeAsync(address(pointer), stream)); });
}

npudrv_result npudrvMemAllocHost(void **pointer, size_t bytes) {
  return call("cuMemAllocHost", [&] { return done(npuMallocHost(pointer, bytes)); });
}

npudrv_result npudrvMemFreeHost(void *pointer) {
  return call("cuMemFreeHost", [&] { return done(npuFreeHost(pointer)); });
}

npudrv_result npudrvMemHostAlloc(void **pointer, size_t bytes, unsigned int flags) {
  return call("cuMemHostAlloc", [&] { return done(npuHostAlloc(pointer, bytes, flags)); });
}

npudrv_result npudrvMemHostGetDevicePointer(npudrv_deviceptr *pointer, void *host,
                                            unsigned int flags) {
  return call("cuMemHostGetDevicePointer", [&] {
    return into(pointer,
                [&](void **memory) { return npuHostGetDevicePointer(memory, host, flags); });
  });
}

npudrv_result npudrvMemHostGetFlags(unsigned int *flags, void *host) {
  return call("cuMemHostGetFlags", [&] { return done(npuHostGetFlags(flags, host)); });
}

npudrv_result npudrvMemHostRegister(void *pointer, size_t bytes, unsigned int flags) {
  return call("cuMemHostRegister", [&] { return done(npuHostRegister(pointer, bytes, flags)); });
}

npudrv_result npudrvMemHostUnregister(void *pointer) {
  return call("cuMemHostUnregister", [&] { return done(npuHostUnregister(pointer)); });
}

npudrv_result npudrvMemGetAddressRange(npudrv_deviceptr *base, size_t *bytes,
                                       npudrv_deviceptr pointer) {
  return call("cuMemGetAddressRange", [&] {
    core::Allocation allocation;
    if (!core::findAllocation(address(pointer), allocation))
      return Status(npuErrorSymbolNotFound, "this is not memory that the driver knows");
    if (base)
      *base = static_cast<npudrv_deviceptr>(allocation.base);
    if (bytes)
      *bytes = allocation.bytes;
    return Status();
  });
}

npudrv_result npudrvMemPrefetchAsync(npudrv_deviceptr pointer, size_t bytes, npudrv_device device,
                                     npudrv_stream stream) {
  return call("cuMemPrefetchAsync",
              [&] { return done(npuMemPrefetchAsync(address(pointer), bytes, device, stream)); });
}

npudrv_result npudrvMemAdvise(npudrv_deviceptr pointer, size_t bytes, npudrv_mem_advise advice,
                              npudrv_device device) {
  return call("cuMemAdvise", [&] {
    return done(npuMemAdvise(address(pointer), bytes, npuMemoryAdvise(advice), device));
  });
}

npudrv_result npudrvMemPrefetchAsync_v2(npudrv_deviceptr pointer, size_t bytes,
                                        npudrv_memLocation location, unsigned int,
                                        npudrv_stream stream) {
  return call("cuMemPrefetchAsync_v2", [&] {
    return done(npuMemPrefetchAsync(address(pointer), bytes, deviceOf(location), stream));
  });
}

npudrv_result npudrvMemAdvise_v2(npudrv_deviceptr pointer, size_t bytes, npudrv_mem_advise advice,
                                 npudrv_memLocation location) {
  return call("cuMemAdvise_v2", [&] {
    return done(npuMemAdvise(address(pointer), bytes, npuMemoryAdvise(advice), deviceOf(location)));
  });
}

npudrv_result npudrvMemPrefetchBatchAsync(npudrv_deviceptr *pointers, size_t *bytes, size_t count,
                                          npudrv_memLocation *locations, size_t *locationIndices,
                                          size_t locationCount, unsigned long long flags,
                                          npudrv_stream stream) {
  return call("cuMemPrefetchBatchAsync", [&] {
    return done(npuMemPrefetchBatchAsync(pointersOf(pointers), bytes, count, locationsOf(locations),
                                         locationIndices, locationCount, flags, stream));
  });
}

npudrv_result npudrvMemDiscardBatchAsync(npudrv_deviceptr *pointers, size_t *bytes, size_t count,
                                         unsigned long long flags, npudrv_stream stream) {
  return call("cuMemDiscardBatchAsync", [&] {
    return done(npuMemDiscardBatchAsync(pointersOf(pointers), bytes, count, flags, stream));
  });
}

npudrv_result npudrvMemDiscardAndPrefetchBatchAsync(npudrv_deviceptr *pointers, size_t *bytes,
                                                    size_t count, npudrv_memLocation *locations,
                                                    size_t *locationIndices, size_t locationCount,
                                                    unsigned long long flags,
                                                    npudrv_stream stream) {
  return call("cuMemDiscardAndPrefetchBatchAsync", [&] {
    return done(npuMemDiscardAndPrefetchBatchAsync(pointersOf(pointers), bytes, count,
                                                   locationsOf(locations), locationIndices,
                                                   locationCount, flags, stream));
  });
}

npudrv_result npudrvMemRangeGetAttribute(void *data, size_t dataBytes,
                                         npudrv_mem_range_attribute attribute,
                                         npudrv_deviceptr pointer, size_t bytes) {
  return call("cuMemRangeGetAttribute", [&] {
    return done(npuMemRangeGetAttribute(data, dataBytes, npuMemRangeAttribute(attribute),
                                        address(pointer), bytes));
  });
}

npudrv_result npudrvMemRangeGetAttributes(void **data, size_t *dataBytes,
                                          npudrv_mem_range_attribute *attributes, size_t count,
                                          npudrv_deviceptr pointer, size_t bytes) {
  return call("cuMemRangeGetAttributes", [&] {
    std::vector<npuMemRangeAttribute> same;
    for (size_t i = 0; attributes && i < count; ++i)
      same.push_back(npuMemRangeAttribute(attributes[i]));
    return done(npuMemRangeGetAttributes(data, dataBytes, attributes ? same.data() : nullptr, count,
                                         address(pointer), bytes));
  });
}

npudrv_result npudrvPointerGetAttribute(void *data, npudrv_pointer_attribute attribute,
                                        npudrv_deviceptr pointer) {
  return call("cuPointerGetAttribute", [&] { return pointerAttribute(data, attribute, pointer); });
}

npudrv_result npudrvPointerGetAttributes(unsigned int count, npudrv_pointer_attribute *attributes,
                                         void **data, npudrv_deviceptr pointer) {
  return call("cuPointerGetAttributes", [&] {
    if (!attributes || !data)
      return nullResult();
    for (unsigned i = 0; i < count; ++i)
      if (Status status = pointerAttribute(data[i], attributes[i], pointer); !status)
        return status;
    return Status();
  });
}

npudrv_result npudrvPointerSetAttribute(const void *value, npudrv_pointer_attribute attribute,
                                        npudrv_deviceptr pointer) {
  return call("cuPointerSetAttribute",
              [&] { return setPointerAttribute(value, attribute, pointer); });
}

} // extern "C"
