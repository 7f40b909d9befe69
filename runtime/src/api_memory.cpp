// Allocation and what is known about pointers.
#include "entry.h"

#include "memory.h"
#include "stream.h"

using namespace npu;
using namespace npu::core;

namespace {

// Rows start at multiples of this, as on current GPUs.
constexpr size_t kPitchAlignment = 512;

Status nullResult() { return Status(npuErrorInvalidValue, "the result is null"); }

Status allocatePitched(void **pointer, size_t *pitch, size_t width, size_t rows) {
  if (!pointer || !pitch)
    return nullResult();
  const size_t rounded = (width + kPitchAlignment - 1) / kPitchAlignment * kPitchAlignment;
  if (rounded < width || (rounded && rows > SIZE_MAX / rounded))
    return Status(npuErrorMemoryAllocation, "the size overflows");
  *pitch = rounded;
  return allocateMemory(MemoryKind::Device, rounded * rows, 0, pointer);
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

Status freeInOrder(void *pointer, npuStream_t stream) {
  Allocation allocation;
  if (!pointer)
    return {};
  if (!findAllocation(pointer, allocation) ||
      allocation.base != reinterpret_cast<uintptr_t>(pointer) ||
      allocation.kind != MemoryKind::Device)
    return Status(npuErrorInvalidValue, "this is not the start of device memory");
  Submission submission;
  submission.evenAfterFailure = true;
  return submit(stream, HostCall{[pointer] {
                  if (Status status = freeMemoryNow(pointer, false); !status)
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
               [&] { return allocateMemory(MemoryKind::Device, bytes, 0, pointer); });
}

npuError_t npuMallocManaged(void **pointer, size_t bytes, unsigned int flags) {
  return entry("npuMallocManaged", trace(pointer, bytes, flags), [&] {
    if (bytes == 0 || (flags != npuMemAttachGlobal && flags != npuMemAttachHost))
      return Status(npuErrorInvalidValue, bytes ? "unknown flags" : "0 bytes");
    return allocateMemory(MemoryKind::Managed, bytes, flags, pointer);
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
  return entry("npuFree", trace(pointer), [&] { return freeMemory(pointer, false); });
}

npuError_t npuMallocHost(void **pointer, size_t bytes) {
  return entry("npuMallocHost", trace(pointer, bytes), [&] {
    return allocateMemory(MemoryKind::Pinned, bytes, npuHostAllocDefault, pointer);
  });
}

npuError_t npuHostAlloc(void **pointer, size_t bytes, unsigned int flags) {
  return entry("npuHostAlloc", trace(pointer, bytes, flags), [&] {
    if (flags & ~unsigned(npuHostAllocPortable | npuHostAllocMapped | npuHostAllocWriteCombined))
      return Status(npuErrorInvalidValue, "unknown flags");
    return allocateMemory(MemoryKind::Pinned, bytes, flags, pointer);
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

// Memory is there at once, which is earlier than the stream's order asks for.
npuError_t npuMallocAsync(void **pointer, size_t bytes, npuStream_t stream) {
  return entry("npuMallocAsync", trace(pointer, bytes, stream), [&] {
    std::shared_ptr<Stream> found;
    if (Status status = findStream(stream, found); !status)
      return status;
    return allocateMemory(MemoryKind::Device, bytes, 0, pointer);
  });
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
    return checkHint(pointer, bytes, device);
  });
}

npuError_t npuMemAdvise(const void *pointer, size_t bytes, npuMemoryAdvise advice, int device) {
  return entry("npuMemAdvise", trace(pointer, bytes, advice, device),
               [&] { return checkHint(pointer, bytes, device); });
}

} // extern "C"
