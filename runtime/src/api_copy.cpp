// Copies and fills.
#include "entry.h"

#include "transfer.h"

using namespace npu;
using namespace npu::core;

namespace {

Copy copy2D(void *dst, size_t dstPitch, const void *src, size_t srcPitch, size_t width,
            size_t height) {
  Copy copy;
  copy.dst = dst;
  copy.src = src;
  copy.width = width;
  copy.height = height;
  copy.dstPitch = dstPitch;
  copy.srcPitch = srcPitch;
  copy.dstSlicePitch = copy.srcSlicePitch = 0;
  return copy;
}

Fill byteFill(void *dst, size_t pitch, int value, size_t width, size_t height) {
  Fill fill;
  fill.dst = dst;
  fill.value = unsigned(value) & 0xff;
  fill.width = width;
  fill.height = height;
  fill.pitch = pitch;
  return fill;
}

// One fill when slices follow each other without a gap, else one per slice.
Status fill3D(const npuPitchedPtr &pointer, int value, const npuExtent &extent,
              npuStream_t stream) {
  if (extent.height == pointer.ysize)
    return fillMemory(
        byteFill(pointer.ptr, pointer.pitch, value, extent.width, extent.height * extent.depth),
        stream);
  for (size_t slice = 0; slice < extent.depth; ++slice) {
    void *start = pointer.ptr
                      ? static_cast<char *>(pointer.ptr) + slice * pointer.pitch * pointer.ysize
                      : nullptr;
    if (Status status =
            fillMemory(byteFill(start, pointer.pitch, value, extent.width, extent.height), stream);
        !status)
      return status;
  }
  return {};
}

Status checkPeers(int dstDevice, int srcDevice) {
  if (Status status = checkDevice(dstDevice); !status)
    return status;
  return checkDevice(srcDevice);
}

} // namespace

extern "C" {

npuError_t npuMemcpy(void *dst, const void *src, size_t bytes, npuMemcpyKind kind) {
  return entry("npuMemcpy", trace(dst, src, bytes, kind),
               [&] { return copyMemory(linearCopy(dst, src, bytes), kind, nullptr, true); });
}

npuError_t npuMemcpyAsync(void *dst, const void *src, size_t bytes, npuMemcpyKind kind,
                          npuStream_t stream) {
  return entry("npuMemcpyAsync", trace(dst, src, bytes, kind, stream),
               [&] { return copyMemory(linearCopy(dst, src, bytes), kind, stream, false); });
}

npuError_t npuMemcpy2D(void *dst, size_t dstPitch, const void *src, size_t srcPitch,
                       size_t widthBytes, size_t height, npuMemcpyKind kind) {
  return entry("npuMemcpy2D", trace(dst, dstPitch, src, srcPitch, widthBytes, height, kind), [&] {
    return copyMemory(copy2D(dst, dstPitch, src, srcPitch, widthBytes, height), kind, nullptr,
                      true);
  });
}

npuError_t npuMemcpy2DAsync(void *dst, size_t dstPitch, const void *src, size_t srcPitch,
                            size_t widthBytes, size_t height, npuMemcpyKind kind,
                            npuStream_t stream) {
  return entry("npuMemcpy2DAsync",
               trace(dst, dstPitch, src, srcPitch, widthBytes, height, kind, stream), [&] {
                 return copyMemory(copy2D(dst, dstPitch, src, srcPitch, widthBytes, height), kind,
                                   stream, false);
               });
}

npuError_t npuMemcpyPeer(void *dst, int dstDevice, const void *src, int srcDevice, size_t bytes) {
  return entry("npuMemcpyPeer", trace(dst, dstDevice, src, srcDevice, bytes), [&] {
    if (Status status = checkPeers(dstDevice, srcDevice); !status)
      return status;
    return copyMemory(linearCopy(dst, src, bytes), npuMemcpyDeviceToDevice, nullptr, true);
  });
}

npuError_t npuMemcpyPeerAsync(void *dst, int dstDevice, const void *src, int srcDevice,
                              size_t bytes, npuStream_t stream) {
  return entry("npuMemcpyPeerAsync", trace(dst, dstDevice, src, srcDevice, bytes, stream), [&] {
    if (Status status = checkPeers(dstDevice, srcDevice); !status)
      return status;
    return copyMemory(linearCopy(dst, src, bytes), npuMemcpyDeviceToDevice, stream, false);
  });
}

npuError_t npuMemset(void *pointer, int value, size_t bytes) {
  return entry("npuMemset", trace(pointer, value, bytes),
               [&] { return fillMemory(byteFill(pointer, bytes, value, bytes, 1), nullptr); });
}

npuError_t npuMemsetAsync(void *pointer, int value, size_t bytes, npuStream_t stream) {
  return entry("npuMemsetAsync", trace(pointer, value, bytes, stream),
               [&] { return fillMemory(byteFill(pointer, bytes, value, bytes, 1), stream); });
}

npuError_t npuMemset2D(void *pointer, size_t pitch, int value, size_t widthBytes, size_t height) {
  return entry("npuMemset2D", trace(pointer, pitch, value, widthBytes, height), [&] {
    return fillMemory(byteFill(pointer, pitch, value, widthBytes, height), nullptr);
  });
}

npuError_t npuMemset2DAsync(void *pointer, size_t pitch, int value, size_t widthBytes,
                            size_t height, npuStream_t stream) {
  return entry("npuMemset2DAsync", trace(pointer, pitch, value, widthBytes, height, stream), [&] {
    return fillMemory(byteFill(pointer, pitch, value, widthBytes, height), stream);
  });
}

npuError_t npuMemset3D(npuPitchedPtr pointer, int value, npuExtent extent) {
  return entry("npuMemset3D", trace(pointer, value, extent),
               [&] { return fill3D(pointer, value, extent, nullptr); });
}

npuError_t npuMemset3DAsync(npuPitchedPtr pointer, int value, npuExtent extent,
                            npuStream_t stream) {
  return entry("npuMemset3DAsync", trace(pointer, value, extent, stream),
               [&] { return fill3D(pointer, value, extent, stream); });
}

} // extern "C"
