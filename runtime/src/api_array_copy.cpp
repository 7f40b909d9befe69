// Copies to, from and between arrays, and three-dimensional copies of any mix of memory. All become
// pitched copies, since arrays are linear here.
#include "entry.h"

#include "array.h"
#include "stream.h"
#include "transfer.h"

#include <algorithm>

using namespace npu;
using namespace npu::core;

namespace {

Status outside(const char *side) {
  return Status(npuErrorInvalidValue, std::string("the ") + side + " goes beyond its array");
}

// Whether `width` bytes of `height` rows of `depth` slices from a position on are in the array.
bool holds(const Array &array, const npuPos &at, size_t width, size_t height, size_t depth) {
  const auto fits = [](size_t from, size_t count, size_t size) {
    return from <= size && count <= size - from;
  };
  return fits(at.x, width, array.width() * array.format.bytes()) &&
         fits(at.y, height, array.height()) && fits(at.z, depth, array.depth());
}

char *addressIn(const Array &array, const npuPos &at) {
  return array.base + at.z * array.slicePitch + at.y * array.pitch + at.x;
}

// One side of a copy; x and width in bytes.
struct Side {
  char *address = nullptr;
  size_t pitch = 0, slicePitch = 0;
};

Status sideOf(const char *name, npuArray_const_t handle, const npuPos &at, size_t width,
              size_t height, size_t depth, Side &side) {
  const Array *array = nullptr;
  if (Status status = findArray(handle, array); !status)
    return status;
  if (!holds(*array, at, width, height, depth))
    return outside(name);
  side = {addressIn(*array, at), array->pitch, array->slicePitch};
  return {};
}

Copy copyOf(const Side &dst, const Side &src, size_t width, size_t height, size_t depth) {
  Copy copy;
  copy.dst = dst.address;
  copy.src = src.address;
  copy.width = width;
  copy.height = height;
  copy.depth = depth;
  copy.dstPitch = dst.pitch;
  copy.srcPitch = src.pitch;
  copy.dstSlicePitch = dst.slicePitch;
  copy.srcSlicePitch = src.slicePitch;
  return copy;
}

Side linear(const void *pointer, size_t pitch) {
  return {const_cast<char *>(static_cast<const char *>(pointer)), pitch, 0};
}

Status checkKind(npuMemcpyKind kind, bool arrayIsDst, bool arrayIsSrc) {
  const bool toDevice = kind == npuMemcpyHostToDevice || kind == npuMemcpyDeviceToDevice;
  const bool fromDevice = kind == npuMemcpyDeviceToHost || kind == npuMemcpyDeviceToDevice;
  if (kind == npuMemcpyDefault || ((!arrayIsDst || toDevice) && (!arrayIsSrc || fromDevice)))
    return {};
  return Status(npuErrorInvalidMemcpyDirection, "an array is device memory");
}

Status copyToArray2D(npuArray_t dst, size_t x, size_t y, const void *src, size_t srcPitch,
                     size_t width, size_t height, npuMemcpyKind kind, npuStream_t stream,
                     bool wait) {
  Side side;
  if (Status status = checkKind(kind, true, false); !status)
    return status;
  if (Status status = sideOf("destination", dst, {x, y, 0}, width, height, 1, side); !status)
    return status;
  return copyMemory(copyOf(side, linear(src, srcPitch), width, height, 1), kind, stream, wait);
}

Status copyFromArray2D(void *dst, size_t dstPitch, npuArray_const_t src, size_t x, size_t y,
                       size_t width, size_t height, npuMemcpyKind kind, npuStream_t stream,
                       bool wait) {
  Side side;
  if (Status status = checkKind(kind, false, true); !status)
    return status;
  if (Status status = sideOf("source", src, {x, y, 0}, width, height, 1, side); !status)
    return status;
  return copyMemory(copyOf(linear(dst, dstPitch), side, width, height, 1), kind, stream, wait);
}

// A run of bytes that goes on in the next row where one ends: an array's side of it.
class Run {
public:
  Status start(const char *name, npuArray_const_t handle, size_t x, size_t y, size_t bytes) {
    if (Status status = findArray(handle, array); !status)
      return status;
    const size_t row = rowBytes();
    if (x >= row || y >= array->height() || bytes > (array->height() - y) * row - x)
      return outside(name);
    at = {x, y, 0};
    return {};
  }
  size_t rowBytes() const { return array->width() * array->format.bytes(); }
  size_t left() const { return rowBytes() - at.x; } // in this row
  Side side() const { return {addressIn(*array, at), array->pitch, 0}; }
  void advance(size_t bytes) {
    at.x += bytes;
    at.y += at.x / rowBytes();
    at.x %= rowBytes();
  }

private:
  const Array *array = nullptr;
  npuPos at = {};
};

// Between an array and linear memory: the rest of a row, whole rows, the begin of the last.
template <class MakeCopy>
Status copyRun(Run &run, size_t bytes, npuMemcpyKind kind, npuStream_t stream, bool wait,
               MakeCopy makeCopy) {
  for (size_t done = 0; done < bytes;) {
    size_t width = std::min(run.left(), bytes - done), height = 1;
    if (width == run.rowBytes())
      height = (bytes - done) / width;
    if (Status status = copyMemory(makeCopy(run.side(), done, width, height), kind, stream, wait);
        !status)
      return status;
    done += width * height;
    run.advance(width * height);
  }
  return {};
}

Status copyToArray(npuArray_t dst, size_t x, size_t y, const void *src, size_t bytes,
                   npuMemcpyKind kind, npuStream_t stream, bool wait) {
  Run run;
  if (Status status = checkKind(kind, true, false); !status)
    return status;
  if (Status status = run.start("destination", dst, x, y, bytes); !status)
    return status;
  return copyRun(run, bytes, kind, stream, wait,
                 [src](const Side &side, size_t done, size_t width, size_t height) {
                   return copyOf(side, linear(static_cast<const char *>(src) + done, width), width,
                                 height, 1);
                 });
}

Status copyFromArray(void *dst, npuArray_const_t src, size_t x, size_t y, size_t bytes,
                     npuMemcpyKind kind, npuStream_t stream, bool wait) {
  Run run;
  if (Status status = checkKind(kind, false, true); !status)
    return status;
  if (Status status = run.start("source", src, x, y, bytes); !status)
    return status;
  return copyRun(run, bytes, kind, stream, wait,
                 [dst](const Side &side, size_t done, size_t width, size_t height) {
                   return copyOf(linear(static_cast<char *>(dst) + done, width), side, width,
                                 height, 1);
                 });
}

Status copyArrayToArray(npuArray_t dst, size_t dstX, size_t dstY, npuArray_const_t src, size_t srcX,
                        size_t srcY, size_t bytes, npuMemcpyKind kind) {
  Run to, from;
  if (Status status = checkKind(kind, true, true); !status)
    return status;
  if (Status status = to.start("destination", dst, dstX, dstY, bytes); !status)
    return status;
  if (Status status = from.start("source", src, srcX, srcY, bytes); !status)
    return status;
  for (size_t done = 0; done < bytes;) {
    const size_t width = std::min({to.left(), from.left(), bytes - done});
    if (Status status =
            copyMemory(copyOf(to.side(), from.side(), width, 1, 1), kind, nullptr, true);
        !status)
      return status;
    to.advance(width);
    from.advance(width);
    done += width;
  }
  return {};
}

// One side of a three-dimensional copy. Positions and extents count elements where an array takes
// part, bytes elsewhere; a pitched pointer's position counts bytes in any case.
Status side3D(const char *name, npuArray_const_t handle, const npuPitchedPtr &pointer, npuPos at,
              size_t width, size_t height, size_t depth, Side &side) {
  if (handle) {
    const Array *array = nullptr;
    if (Status status = findArray(handle, array); !status)
      return status;
    at.x *= array->format.bytes();
    return sideOf(name, handle, at, width, height, depth, side);
  }
  if (height * depth > 1 && width > pointer.pitch)
    return Status(npuErrorInvalidPitchValue, "a row is wider than its pitch");
  side = linear(pointer.ptr, pointer.pitch);
  side.slicePitch = pointer.pitch * pointer.ysize;
  if (side.address)
    side.address += at.x + at.y * side.pitch + at.z * side.slicePitch;
  return {};
}

} // namespace

Status npu::core::copyOfParameters(const npuMemcpy3DParms &p, Copy &copy) {
  if ((p.srcArray && p.srcPtr.ptr) || (p.dstArray && p.dstPtr.ptr))
    return Status(npuErrorInvalidValue, "a side is given as an array and as a pointer");
  size_t elementBytes = 1;
  for (npuArray_t handle : {p.srcArray, p.dstArray}) {
    if (!handle)
      continue;
    const Array *array = nullptr;
    if (Status status = findArray(handle, array); !status)
      return status;
    if (handle == p.dstArray && p.srcArray && array->format.bytes() != elementBytes)
      return Status(npuErrorInvalidValue, "the arrays' elements differ in size");
    elementBytes = array->format.bytes();
  }
  if (p.srcArray || p.dstArray)
    if (Status status = checkKind(p.kind, p.dstArray, p.srcArray); !status)
      return status;
  const size_t width = p.extent.width * elementBytes;
  Side dst, src;
  if (Status status = side3D("destination", p.dstArray, p.dstPtr, p.dstPos, width, p.extent.height,
                             p.extent.depth, dst);
      !status)
    return status;
  if (Status status = side3D("source", p.srcArray, p.srcPtr, p.srcPos, width, p.extent.height,
                             p.extent.depth, src);
      !status)
    return status;
  copy = copyOf(dst, src, width, p.extent.height, p.extent.depth);
  return {};
}

namespace {

Status copy3D(const npuMemcpy3DParms *parameters, npuStream_t stream, bool wait) {
  if (!parameters)
    return Status(npuErrorInvalidValue, "the parameters are null");
  Copy copy;
  if (Status status = copyOfParameters(*parameters, copy); !status)
    return status;
  return copyMemory(copy, parameters->kind, stream, wait);
}

Status copy3DPeer(const npuMemcpy3DPeerParms *parameters, npuStream_t stream, bool wait) {
  if (!parameters)
    return Status(npuErrorInvalidValue, "the parameters are null");
  for (int device : {parameters->srcDevice, parameters->dstDevice})
    if (Status status = checkDevice(device); !status)
      return status;
  npuMemcpy3DParms same = {};
  same.srcArray = parameters->srcArray;
  same.srcPos = parameters->srcPos;
  same.srcPtr = parameters->srcPtr;
  same.dstArray = parameters->dstArray;
  same.dstPos = parameters->dstPos;
  same.dstPtr = parameters->dstPtr;
  same.extent = parameters->extent;
  same.kind = npuMemcpyDeviceToDevice;
  return copy3D(&same, stream, wait);
}

} // namespace

extern "C" {

npuError_t npuMemcpyToArray(npuArray_t dst, size_t x, size_t y, const void *src, size_t bytes,
                            npuMemcpyKind kind) {
  return entry("npuMemcpyToArray", trace(dst, x, y, src, bytes, kind),
               [&] { return copyToArray(dst, x, y, src, bytes, kind, nullptr, true); });
}

npuError_t npuMemcpyToArrayAsync(npuArray_t dst, size_t x, size_t y, const void *src, size_t bytes,
                                 npuMemcpyKind kind, npuStream_t stream) {
  return entry("npuMemcpyToArrayAsync", trace(dst, x, y, src, bytes, kind, stream),
               [&] { return copyToArray(dst, x, y, src, bytes, kind, stream, false); });
}

npuError_t npuMemcpyFromArray(void *dst, npuArray_const_t src, size_t x, size_t y, size_t bytes,
                              npuMemcpyKind kind) {
  return entry("npuMemcpyFromArray", trace(dst, src, x, y, bytes, kind),
               [&] { return copyFromArray(dst, src, x, y, bytes, kind, nullptr, true); });
}

npuError_t npuMemcpyFromArrayAsync(void *dst, npuArray_const_t src, size_t x, size_t y,
                                   size_t bytes, npuMemcpyKind kind, npuStream_t stream) {
  return entry("npuMemcpyFromArrayAsync", trace(dst, src, x, y, bytes, kind, stream),
               [&] { return copyFromArray(dst, src, x, y, bytes, kind, stream, false); });
}

npuError_t npuMemcpyArrayToArray(npuArray_t dst, size_t dstX, size_t dstY, npuArray_const_t src,
                                 size_t srcX, size_t srcY, size_t bytes, npuMemcpyKind kind) {
  return entry("npuMemcpyArrayToArray", trace(dst, dstX, dstY, src, srcX, srcY, bytes, kind),
               [&] { return copyArrayToArray(dst, dstX, dstY, src, srcX, srcY, bytes, kind); });
}

npuError_t npuMemcpy2DToArray(npuArray_t dst, size_t x, size_t y, const void *src, size_t srcPitch,
                              size_t width, size_t height, npuMemcpyKind kind) {
  return entry("npuMemcpy2DToArray", trace(dst, x, y, src, srcPitch, width, height, kind), [&] {
    return copyToArray2D(dst, x, y, src, srcPitch, width, height, kind, nullptr, true);
  });
}

npuError_t npuMemcpy2DToArrayAsync(npuArray_t dst, size_t x, size_t y, const void *src,
                                   size_t srcPitch, size_t width, size_t height, npuMemcpyKind kind,
                                   npuStream_t stream) {
  return entry(
      "npuMemcpy2DToArrayAsync", trace(dst, x, y, src, srcPitch, width, height, kind, stream),
      [&] { return copyToArray2D(dst, x, y, src, srcPitch, width, height, kind, stream, false); });
}

npuError_t npuMemcpy2DFromArray(void *dst, size_t dstPitch, npuArray_const_t src, size_t x,
                                size_t y, size_t width, size_t height, npuMemcpyKind kind) {
  return entry("npuMemcpy2DFromArray", trace(dst, dstPitch, src, x, y, width, height, kind), [&] {
    return copyFromArray2D(dst, dstPitch, src, x, y, width, height, kind, nullptr, true);
  });
}

npuError_t npuMemcpy2DFromArrayAsync(void *dst, size_t dstPitch, npuArray_const_t src, size_t x,
                                     size_t y, size_t width, size_t height, npuMemcpyKind kind,
                                     npuStream_t stream) {
  return entry("npuMemcpy2DFromArrayAsync",
               trace(dst, dstPitch, src, x, y, width, height, kind, stream), [&] {
                 return copyFromArray2D(dst, dstPitch, src, x, y, width, height, kind, stream,
                                        false);
               });
}

npuError_t npuMemcpy2DArrayToArray(npuArray_t dst, size_t dstX, size_t dstY, npuArray_const_t src,
                                   size_t srcX, size_t srcY, size_t width, size_t height,
                                   npuMemcpyKind kind) {
  return entry(
      "npuMemcpy2DArrayToArray", trace(dst, dstX, dstY, src, srcX, srcY, width, height, kind), [&] {
        Side to, from;
        if (Status status = checkKind(kind, true, true); !status)
          return status;
        if (Status status = sideOf("destination", dst, {dstX, dstY, 0}, width, height, 1, to);
            !status)
          return status;
        if (Status status = sideOf("source", src, {srcX, srcY, 0}, width, height, 1, from); !status)
          return status;
        return copyMemory(copyOf(to, from, width, height, 1), kind, nullptr, true);
      });
}

npuError_t npuMemcpy3D(const npuMemcpy3DParms *parameters) {
  return entry("npuMemcpy3D", trace(parameters), [&] { return copy3D(parameters, nullptr, true); });
}

npuError_t npuMemcpy3DAsync(const npuMemcpy3DParms *parameters, npuStream_t stream) {
  return entry("npuMemcpy3DAsync", trace(parameters, stream),
               [&] { return copy3D(parameters, stream, false); });
}

npuError_t npuMemcpy3DPeer(const npuMemcpy3DPeerParms *parameters) {
  return entry("npuMemcpy3DPeer", trace(parameters),
               [&] { return copy3DPeer(parameters, nullptr, true); });
}

npuError_t npuMemcpy3DPeerAsync(const npuMemcpy3DPeerParms *parameters, npuStream_t stream) {
  return entry("npuMemcpy3DPeerAsync", trace(parameters, stream),
               [&] { return copy3DPeer(parameters, stream, false); });
}

} // extern "C"
