// Allocation and what is known about pointers.
#include "entry.h"

#include "graph_capture.h"
#include "memory.h"
#include "memory_advice.h"
#include "memory_pool.h"
#include "shared_memory.h"

using namespace npu;
using namespace npu::core;

namespace {

// Rows start at multiples of this, as on current GPUs.
constexpr size_t kPitchAlignment = 512;

Status nullResult() { return Status(npuErrorInvalidValue, "the result is null"); }

// Allocation for calls that CUDA counts among those that may wait.
Status allocate(MemoryKind kind, size_t bytes, unsigned flags, void **pointer) {
  if (Status status = captureAllowsUnsafe("allocating memory"); !status)
    return status;
  Status status = allocateMemory(kind, bytes, flags, pointer);
  if (status.code() == npuErrorMemoryAllocation && reclaimPools())
    status = allocateMemory(kind, bytes, flags, pointer);
  return status;
}

Status allocatePitched(void **pointer, size_t *pitch, size_t width, size_t rows) {
  if (!pointer || !pitch)
    return nullResult();
  const size_t rounded = (width + kPitchAlignment - 1) / kPitchAlignment * kPitchAlignment;
  if (rounded < width || (rounded && rows > SIZE_MAX / rounded))
    return Status(npuErrorMemoryAllocation, "the size overflows");
  *pitch = rounded;
  return allocate(MemoryKind::Device, rounded * rows, 0, pointer);
}

Status checkRange(const void *pointer, size_t bytes) {
  if (!deviceCanReach(pointer, bytes))
    return Status(npuErrorInvalidValue, "the range is not in one allocation");
  return {};
}

// A managed range and a device or the host, for hints.
Status checkHint(const void *pointer, size_t bytes, int device) {
  if (device != npuCpuDeviceId)
    if (Status status = checkDevice(device); !status)
      return status;
  return checkRange(pointer, bytes);
}

Status checkManaged(void *const *pointers, const size_t *bytes, size_t count,
                    unsigned long long flags) {
  if (!pointers || !bytes || !count || flags)
    return Status(npuErrorInvalidValue, "there are no ranges, or there are flags");
  for (size_t i = 0; i < count; ++i) {
    Allocation allocation;
    if (!findAllocation(pointers[i], allocation) || allocation.kind != MemoryKind::Managed ||
        bytes[i] > reachableBytes(pointers[i]))
      return Status(npuErrorInvalidValue, "a range is not in managed memory");
  }
  return {};
}

// The locations' indices ascend from 0; each is the first range that goes there.
Status prefetchBatch(void *const *pointers, const size_t *bytes, size_t count,
                     const npuMemLocation *locations, const size_t *indices, size_t locationCount,
                     unsigned long long flags, npuStream_t stream) {
  std::shared_ptr<Stream> found;
  if (Status status = findStream(stream, found); !status)
    return status;
  if (Status status = checkManaged(pointers, bytes, count, flags); !status)
    return status;
  if (!locations || !indices || !locationCount || locationCount > count || indices[0])
    return Status(npuErrorInvalidValue, "the locations are missing or too many");
  const auto deviceOf = [](const npuMemLocation &location) {
    return location.type == npuMemLocationTypeDevice ? location.id : npuCpuDeviceId;
  };
  for (size_t i = 0; i < locationCount; ++i)
    if (const int device = deviceOf(locations[i]); device != npuCpuDeviceId)
      if (Status status = checkDevice(device); !status)
        return status;
  for (size_t i = 0, location = 0; i < count; ++i) {
    while (location + 1 < locationCount && indices[location + 1] <= i)
      ++location;
    rememberPrefetch(pointers[i], bytes[i], deviceOf(locations[location]));
  }
  return {};
}

Status freeInOrder(void *pointer, npuStream_t stream) {
  Allocation allocation;
  std::shared_ptr<Stream> found;
  if (!pointer)
    return {};
  if (Status status = findStream(stream, found); !status)
    return status;
  if (found->capturing.load(std::memory_order_acquire))
    return captureFree(*found, pointer);
  if (isGraphMemory(pointer))
    return freeGraphMemory(pointer, *found);
  if (!findAllocation(pointer, allocation) ||
      allocation.base != reinterpret_cast<uintptr_t>(pointer) ||
      allocation.kind != MemoryKind::Device || allocation.isVariable)
    return Status(npuErrorInvalidValue, "this is not the start of device memory");
  if (isPoolMemory(pointer)) {
    const auto record = std::make_shared<EventRecord>();
    if (Status status = submitMarker(stream, {}, record); !status)
      return status;
    return freeToPool(pointer, record->point);
  }
  const bool isImported = isImportedFromPool(pointer);
  if (!isImported && isOthersMemory(pointer))
    return Status(npuErrorInvalidValue, "this memory is unmapped or closed, not freed");
  Submission submission;
  submission.evenAfterFailure = true;
  return submit(stream, HostCall{[pointer, isImported] {
                  if (Status status =
                          isImported ? closeImported(pointer) : freeMemoryNow(pointer, false);
                      !status)
                    failContext(Status(status.code(), "npuFreeAsync: " + status.message()));
                }},
                std::move(submission));
}

void describePointer(const void *pointer, npuPointerAttributes &attributes) {
  attributes = {};
  attributes.device = npuInvalidDeviceId;
  Allocation allocation;
  if (!findAllocation(pointer, allocation)) {
    attributes.hostPointer = const_cast<void *>(pointer);
    return;
  }
  attributes.type = allocation.kind == MemoryKind::Device    ? npuMemoryTypeDevice
                    : allocation.kind == MemoryKind::Managed ? npuMemoryTypeManaged
                                                             : npuMemoryTypeHost;
  attributes.memoryType = attributes.type;
  attributes.device = allocation.device;
  attributes.isManaged = allocation.kind == MemoryKind::Managed;
  attributes.devicePointer = const_cast<void *>(pointer);
  attributes.hostPointer =
      allocation.kind == MemoryKind::Device ? nullptr : const_cast<void *>(pointer);
}

} // namespace

extern "C" {

npuError_t npuMalloc(void **pointer, size_t bytes) {
  return entry("npuMalloc", trace(pointer, bytes),
               [&] { return allocate(MemoryKind::Device, bytes, 0, pointer); });
}

npuError_t npuMallocManaged(void **pointer, size_t bytes, unsigned int flags) {
  return entry("npuMallocManaged", trace(pointer, bytes, flags), [&] {
    if (bytes == 0 || (flags != npuMemAttachGlobal && flags != npuMemAttachHost))
      return Status(npuErrorInvalidValue, bytes ? "unknown flags" : "0 bytes");
    return allocate(MemoryKind::Managed, bytes, flags, pointer);
  });
}

npuError_t npuMallocPitch(void **pointer, size_t *pitch, size_t widthBytes, size_t height) {
  return entry("npuMallocPitch", trace(pointer, pitch, widthBytes, height),
               [&] { return allocatePitched(pointer, pitch, widthBytes, height); });
}

npuError_t npuMalloc3D(npuPitchedPtr *pointer, npuExtent extent) {
  return entry("npuMalloc3D", trace(pointer, extent), [&] {
    if (!pointer)
      return nullResult();
    if (extent.depth && extent.height > SIZE_MAX / extent.depth)
      return Status(npuErrorMemoryAllocation, "the size overflows");
    pointer->xsize = extent.width;
    pointer->ysize = extent.height;
    return allocatePitched(&pointer->ptr, &pointer->pitch, extent.width,
                           extent.height * extent.depth);
  });
}

npuError_t npuFree(void *pointer) {
  return entry("npuFree", trace(pointer), [&] {
    if (Status status = captureAllowsUnsafe("freeing memory"); !status)
      return status;
    return freeMemory(pointer, false);
  });
}

npuError_t npuMallocHost(void **pointer, size_t bytes) {
  return entry("npuMallocHost", trace(pointer, bytes),
               [&] { return allocate(MemoryKind::Pinned, bytes, npuHostAllocDefault, pointer); });
}

npuError_t npuHostAlloc(void **pointer, size_t bytes, unsigned int flags) {
  return entry("npuHostAlloc", trace(pointer, bytes, flags), [&] {
    if (flags & ~unsigned(npuHostAllocPortable | npuHostAllocMapped | npuHostAllocWriteCombined))
      return Status(npuErrorInvalidValue, "unknown flags");
    return allocate(MemoryKind::Pinned, bytes, flags, pointer);
  });
}

npuError_t npuFreeHost(void *pointer) {
  return entry("npuFreeHost", trace(pointer), [&] { return freeMemory(pointer, true); });
}

npuError_t npuHostGetDevicePointer(void **device, void *host, unsigned int flags) {
  return entry("npuHostGetDevicePointer", trace(device, host, flags), [&] {
    if (!device || flags)
      return Status(npuErrorInvalidValue, device ? "the flags must be 0" : "the result is null");
    Allocation allocation;
    *device = nullptr;
    if (!findAllocation(host, allocation) || allocation.kind == MemoryKind::Device)
      return Status(npuErrorInvalidValue, "this is not pinned or registered host memory");
    *device = host;
    return Status();
  });
}

npuError_t npuHostGetFlags(unsigned int *flags, void *host) {
  return entry("npuHostGetFlags", trace(flags, host), [&] {
    if (!flags)
      return nullResult();
    Allocation allocation;
    if (!findAllocation(host, allocation) ||
        (allocation.kind != MemoryKind::Pinned && allocation.kind != MemoryKind::Registered))
      return Status(npuErrorInvalidValue, "this is not pinned or registered host memory");
    *flags = allocation.flags;
    return Status();
  });
}

npuError_t npuHostRegister(void *pointer, size_t bytes, unsigned int flags) {
  return entry("npuHostRegister", trace(pointer, bytes, flags), [&] {
    constexpr unsigned kKnown =
        npuHostRegisterPortable | npuHostRegisterMapped | npuHostRegisterReadOnly;
    if (flags & npuHostRegisterIoMemory)
      return Status(npuErrorNotSupported, "memory of other devices is not supported");
    if (flags & ~kKnown)
      return Status(npuErrorInvalidValue, "unknown flags");
    return registerMemory(pointer, bytes, flags);
  });
}

npuError_t npuHostUnregister(void *pointer) {
  return entry("npuHostUnregister", trace(pointer), [&] { return unregisterMemory(pointer); });
}

npuError_t npuFreeAsync(void *pointer, npuStream_t stream) {
  return entry("npuFreeAsync", trace(pointer, stream),
               [&] { return freeInOrder(pointer, stream); });
}

npuError_t npuMemGetInfo(size_t *freeBytes, size_t *totalBytes) {
  return entry("npuMemGetInfo", trace(freeBytes, totalBytes), [&] {
    if (freeBytes)
      *freeBytes = freeMemoryBytes();
    if (totalBytes)
      *totalBytes = totalMemoryBytes();
    return Status();
  });
}

npuError_t npuPointerGetAttributes(npuPointerAttributes *attributes, const void *pointer) {
  return entry("npuPointerGetAttributes", trace(attributes, pointer), [&] {
    if (!attributes)
      return nullResult();
    describePointer(pointer, *attributes);
    return Status();
  });
}

npuError_t npuMemPrefetchAsync(const void *pointer, size_t bytes, int device, npuStream_t stream) {
  return entry("npuMemPrefetchAsync", trace(pointer, bytes, device, stream), [&] {
    std::shared_ptr<Stream> found;
    if (Status status = findStream(stream, found); !status)
      return status;
    if (Status status = checkHint(pointer, bytes, device); !status)
      return status;
    rememberPrefetch(pointer, bytes, device);
    return Status();
  });
}

npuError_t npuMemPrefetchBatchAsync(void **pointers, size_t *bytes, size_t count,
                                    npuMemLocation *locations, size_t *locationIndices,
                                    size_t locationCount, unsigned long long flags,
                                    npuStream_t stream) {
  return entry("npuMemPrefetchBatchAsync", trace(pointers, bytes, count, stream), [&] {
    return prefetchBatch(pointers, bytes, count, locations, locationIndices, locationCount, flags,
                         stream);
  });
}

// The contents may go, and stay.
npuError_t npuMemDiscardBatchAsync(void **pointers, size_t *bytes, size_t count,
                                   unsigned long long flags, npuStream_t stream) {
  return entry("npuMemDiscardBatchAsync", trace(pointers, bytes, count, stream), [&] {
    std::shared_ptr<Stream> found;
    if (Status status = findStream(stream, found); !status)
      return status;
    return checkManaged(pointers, bytes, count, flags);
  });
}

npuError_t npuMemDiscardAndPrefetchBatchAsync(void **pointers, size_t *bytes, size_t count,
                                              npuMemLocation *locations, size_t *locationIndices,
                                              size_t locationCount, unsigned long long flags,
                                              npuStream_t stream) {
  return entry("npuMemDiscardAndPrefetchBatchAsync", trace(pointers, bytes, count, stream), [&] {
    return prefetchBatch(pointers, bytes, count, locations, locationIndices, locationCount, flags,
                         stream);
  });
}

npuError_t npuMemAdvise(const void *pointer, size_t bytes, npuMemoryAdvise advice, int device) {
  return entry("npuMemAdvise", trace(pointer, bytes, advice, device), [&] {
    if (Status status = checkHint(pointer, bytes, device); !status)
      return status;
    return rememberAdvice(pointer, bytes, advice, device);
  });
}

npuError_t npuMemRangeGetAttribute(void *data, size_t dataBytes, npuMemRangeAttribute attribute,
                                   const void *pointer, size_t bytes) {
  return entry("npuMemRangeGetAttribute", trace(data, dataBytes, attribute, pointer, bytes),
               [&] { return rangeAttribute(data, dataBytes, attribute, pointer, bytes); });
}

npuError_t npuMemRangeGetAttributes(void **data, size_t *dataBytes,
                                    npuMemRangeAttribute *attributes, size_t count,
                                    const void *pointer, size_t bytes) {
  return entry(
      "npuMemRangeGetAttributes", trace(data, dataBytes, attributes, count, pointer, bytes), [&] {
        if (!data || !dataBytes || !attributes || !count)
          return nullResult();
        for (size_t i = 0; i < count; ++i)
          if (Status status = rangeAttribute(data[i], dataBytes[i], attributes[i], pointer, bytes);
              !status)
            return status;
        return Status();
      });
}

} // extern "C"
