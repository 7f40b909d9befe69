// Copies and fills. A copy between any two of host memory, device memory and arrays is one
// command of the core; who may be which side is checked as for the runtime's copies.
#include "context.h"

#include "src/array.h"
#include "src/transfer.h"

#include <cstring>

using namespace npu;
using namespace npu::driver_api;

namespace {

Status nullArgument() { return Status(npuErrorInvalidValue, "an argument is null"); }

Status copy(void *dst, const void *src, size_t bytes, npuMemcpyKind kind) {
  return done(npuMemcpy(dst, src, bytes, kind));
}
Status copyAsync(void *dst, const void *src, size_t bytes, npuMemcpyKind kind,
                 npudrv_stream stream) {
  return done(npuMemcpyAsync(dst, src, bytes, kind, stream));
}

// One side of a copy, as CUDA's structs say it.
struct Side {
  size_t x = 0, y = 0, z = 0; // x in bytes
  npudrv_memorytype type = NPUDRV_MEMORYTYPE_UNIFIED;
  const void *host = nullptr;
  npudrv_deviceptr device = 0;
  npudrv_array array = nullptr;
  size_t pitch = 0, rows = 0; // of memory; 0 for one row, one slice
};
struct Place {
  char *start = nullptr;
  size_t pitch = 0, slicePitch = 0;
};

Status placeOf(const Side &side, size_t width, size_t height, size_t depth, Place &place) {
  if (side.type == NPUDRV_MEMORYTYPE_ARRAY) {
    const core::Array *array = nullptr;
    if (Status status = core::findArray(side.array, array); !status)
      return status;
    const size_t rowBytes = array->width() * array->format.bytes();
    if (side.x > rowBytes || width > rowBytes - side.x || side.y > array->height() ||
        height > array->height() - side.y || side.z > array->depth() ||
        depth > array->depth() - side.z)
      return Status(npuErrorInvalidValue, "the copy goes beyond the array");
    place = {array->base, array->pitch, array->slicePitch};
  } else {
    const bool host = side.type == NPUDRV_MEMORYTYPE_HOST;
    place.start = host ? static_cast<char *>(const_cast<void *>(side.host))
                       : static_cast<char *>(address(side.device));
    place.pitch = side.pitch ? side.pitch : side.x + width;
    place.slicePitch = place.pitch * (side.rows ? side.rows : side.y + height);
    if (!place.start || place.pitch < side.x + width)
      return Status(npuErrorInvalidValue, "no memory, or a pitch smaller than a row");
  }
  place.start += side.x + side.y * place.pitch + side.z * place.slicePitch;
  return {};
}

Status copyBetween(const Side &src, const Side &dst, size_t width, size_t height, size_t depth,
                   npudrv_stream stream, bool wait) {
  if (!width || !height || !depth)
    return {};
  Place from, to;
  if (Status status = placeOf(src, width, height, depth, from); !status)
    return status;
  if (Status status = placeOf(dst, width, height, depth, to); !status)
    return status;
  Copy copy;
  copy.dst = to.start;
  copy.src = from.start;
  copy.width = width;
  copy.height = height;
  copy.depth = depth;
  copy.dstPitch = to.pitch;
  copy.srcPitch = from.pitch;
  copy.dstSlicePitch = to.slicePitch;
  copy.srcSlicePitch = from.slicePitch;
  return core::copyMemory(copy, npuMemcpyDefault, stream, wait);
}

Status copy2D(const NPU_MEMCPY2D *c, npudrv_stream stream, bool wait) {
  if (!c)
    return nullArgument();
  const Side src = {c->srcXInBytes, c->srcY,     0, c->srcMemoryType, c->srcHost, c->srcDevice,
                    c->srcArray,    c->srcPitch, 0};
  const Side dst = {c->dstXInBytes, c->dstY,     0, c->dstMemoryType, c->dstHost, c->dstDevice,
                    c->dstArray,    c->dstPitch, 0};
  return copyBetween(src, dst, c->WidthInBytes, c->Height, 1, stream, wait);
}

Status copy3D(const NPU_MEMCPY3D *c, npudrv_stream stream, bool wait) {
  if (!c)
    return nullArgument();
  if (c->srcLOD || c->dstLOD)
    return Status(npuErrorInvalidValue, "a copy has no level of detail: it must be 0");
  const Side src = {c->srcXInBytes, c->srcY,     c->srcZ,     c->srcMemoryType, c->srcHost,
                    c->srcDevice,   c->srcArray, c->srcPitch, c->srcHeight};
  const Side dst = {c->dstXInBytes, c->dstY,     c->dstZ,     c->dstMemoryType, c->dstHost,
                    c->dstDevice,   c->dstArray, c->dstPitch, c->dstHeight};
  return copyBetween(src, dst, c->WidthInBytes, c->Height, c->Depth, stream, wait);
}

Status copy3DPeer(const NPU_MEMCPY3D_PEER *c, npudrv_stream stream, bool wait) {
  if (!c)
    return nullArgument();
  for (npudrv_context context : {c->srcContext, c->dstContext})
    if (context)
      if (Status status = checkContext(context); !status)
        return status;
  NPU_MEMCPY3D same = {};
  static_assert(sizeof same == sizeof *c, "contexts are in place of the reserved words");
  std::memcpy(&same, c, sizeof same);
  return copy3D(&same, stream, wait);
}

// Bytes from `offset` of an array's first row.
Side rowOf(npudrv_array array, size_t offset) {
  Side row;
  row.x = offset;
  row.type = NPUDRV_MEMORYTYPE_ARRAY;
  row.array = array;
  return row;
}
Side bytesAt(const void *memory) {
  Side bytes;
  bytes.device = number(memory);
  return bytes;
}
Status copyRow(const Side &src, const Side &dst, size_t bytes, npudrv_stream stream = nullptr,
               bool wait = true) {
  return copyBetween(src, dst, bytes, 1, 1, stream, wait);
}

Status fill(npudrv_deviceptr dst, size_t pitch, uint32_t value, uint32_t valueBytes, size_t width,
            size_t height, npudrv_stream stream) {
  if (dst % valueBytes || pitch % valueBytes)
    return Status(npuErrorInvalidValue, "the address or the pitch is not a multiple of the value");
  Fill command;
  command.dst = address(dst);
  command.value = value;
  command.valueBytes = valueBytes;
  command.width = width * valueBytes;
  command.height = height;
  command.pitch = pitch;
  return core::fillMemory(command, stream);
}

} // namespace

extern "C" {

npudrv_result npudrvMemcpy(npudrv_deviceptr dst, npudrv_deviceptr src, size_t bytes) {
  return call("cuMemcpy",
              [&] { return copy(address(dst), address(src), bytes, npuMemcpyDefault); });
}
npudrv_result npudrvMemcpyAsync(npudrv_deviceptr dst, npudrv_deviceptr src, size_t bytes,
                                npudrv_stream stream) {
  return call("cuMemcpyAsync", [&] {
    return copyAsync(address(dst), address(src), bytes, npuMemcpyDefault, stream);
  });
}
npudrv_result npudrvMemcpyHtoD(npudrv_deviceptr dst, const void *src, size_t bytes) {
  return call("cuMemcpyHtoD",
              [&] { return copy(address(dst), src, bytes, npuMemcpyHostToDevice); });
}
npudrv_result npudrvMemcpyDtoH(void *dst, npudrv_deviceptr src, size_t bytes) {
  return call("cuMemcpyDtoH",
              [&] { return copy(dst, address(src), bytes, npuMemcpyDeviceToHost); });
}
npudrv_result npudrvMemcpyDtoD(npudrv_deviceptr dst, npudrv_deviceptr src, size_t bytes) {
  return call("cuMemcpyDtoD",
              [&] { return copy(address(dst), address(src), bytes, npuMemcpyDeviceToDevice); });
}
npudrv_result npudrvMemcpyHtoDAsync(npudrv_deviceptr dst, const void *src, size_t bytes,
                                    npudrv_stream stream) {
  return call("cuMemcpyHtoDAsync",
              [&] { return copyAsync(address(dst), src, bytes, npuMemcpyHostToDevice, stream); });
}
npudrv_result npudrvMemcpyDtoHAsync(void *dst, npudrv_deviceptr src, size_t bytes,
                                    npudrv_stream stream) {
  return call("cuMemcpyDtoHAsync",
              [&] { return copyAsync(dst, address(src), bytes, npuMemcpyDeviceToHost, stream); });
}
npudrv_result npudrvMemcpyDtoDAsync(npudrv_deviceptr dst, npudrv_deviceptr src, size_t bytes,
                                    npudrv_stream stream) {
  return call("cuMemcpyDtoDAsync", [&] {
    return copyAsync(address(dst), address(src), bytes, npuMemcpyDeviceToDevice, stream);
  });
}
npudrv_result npudrvMemcpyPeer(npudrv_deviceptr dst, npudrv_context, npudrv_deviceptr src,
                               npudrv_context, size_t bytes) {
  return call("cuMemcpyPeer",
              [&] { return copy(address(dst), address(src), bytes, npuMemcpyDeviceToDevice); });
}
npudrv_result npudrvMemcpyPeerAsync(npudrv_deviceptr dst, npudrv_context, npudrv_deviceptr src,
                                    npudrv_context, size_t bytes, npudrv_stream stream) {
  return call("cuMemcpyPeerAsync", [&] {
    return copyAsync(address(dst), address(src), bytes, npuMemcpyDeviceToDevice, stream);
  });
}
npudrv_result npudrvMemcpyHtoA(npudrv_array dst, size_t offset, const void *src, size_t bytes) {
  return call("cuMemcpyHtoA", [&] { return copyRow(bytesAt(src), rowOf(dst, offset), bytes); });
}
npudrv_result npudrvMemcpyAtoH(void *dst, npudrv_array src, size_t offset, size_t bytes) {
  return call("cuMemcpyAtoH", [&] { return copyRow(rowOf(src, offset), bytesAt(dst), bytes); });
}
npudrv_result npudrvMemcpyDtoA(npudrv_array dst, size_t offset, npudrv_deviceptr src,
                               size_t bytes) {
  return call("cuMemcpyDtoA",
              [&] { return copyRow(bytesAt(address(src)), rowOf(dst, offset), bytes); });
}
npudrv_result npudrvMemcpyAtoD(npudrv_deviceptr dst, npudrv_array src, size_t offset,
                               size_t bytes) {
  return call("cuMemcpyAtoD",
              [&] { return copyRow(rowOf(src, offset), bytesAt(address(dst)), bytes); });
}
npudrv_result npudrvMemcpyAtoA(npudrv_array dst, size_t dstOffset, npudrv_array src,
                               size_t srcOffset, size_t bytes) {
  return call("cuMemcpyAtoA",
              [&] { return copyRow(rowOf(src, srcOffset), rowOf(dst, dstOffset), bytes); });
}
npudrv_result npudrvMemcpyHtoAAsync(npudrv_array dst, size_t offset, const void *src, size_t bytes,
                                    npudrv_stream stream) {
  return call("cuMemcpyHtoAAsync",
              [&] { return copyRow(bytesAt(src), rowOf(dst, offset), bytes, stream, false); });
}
npudrv_result npudrvMemcpyAtoHAsync(void *dst, npudrv_array src, size_t offset, size_t bytes,
                                    npudrv_stream stream) {
  return call("cuMemcpyAtoHAsync",
              [&] { return copyRow(rowOf(src, offset), bytesAt(dst), bytes, stream, false); });
}
npudrv_result npudrvMemcpy2D(const NPU_MEMCPY2D *c) {
  return call("cuMemcpy2D", [&] { return copy2D(c, nullptr, true); });
}
npudrv_result npudrvMemcpy2DUnaligned(const NPU_MEMCPY2D *c) {
  return call("cuMemcpy2DUnaligned", [&] { return copy2D(c, nullptr, true); });
}
npudrv_result npudrvMemcpy2DAsync(const NPU_MEMCPY2D *c, npudrv_stream stream) {
  return call("cuMemcpy2DAsync", [&] { return copy2D(c, stream, false); });
}
npudrv_result npudrvMemcpy3D(const NPU_MEMCPY3D *c) {
  return call("cuMemcpy3D", [&] { return copy3D(c, nullptr, true); });
}
npudrv_result npudrvMemcpy3DAsync(const NPU_MEMCPY3D *c, npudrv_stream stream) {
  return call("cuMemcpy3DAsync", [&] { return copy3D(c, stream, false); });
}
npudrv_result npudrvMemcpy3DPeer(const NPU_MEMCPY3D_PEER *copy) {
  return call("cuMemcpy3DPeer", [&] { return copy3DPeer(copy, nullptr, true); });
}
npudrv_result npudrvMemcpy3DPeerAsync(const NPU_MEMCPY3D_PEER *copy, npudrv_stream stream) {
  return call("cuMemcpy3DPeerAsync", [&] { return copy3DPeer(copy, stream, false); });
}

#define FILL(bits, type)                                                                           \
  npudrv_result npudrvMemsetD##bits(npudrv_deviceptr dst, type value, size_t count) {              \
    return call("cuMemsetD" #bits,                                                                 \
                [&] { return fill(dst, 0, value, sizeof value, count, 1, nullptr); });             \
  }                                                                                                \
  npudrv_result npudrvMemsetD##bits##Async(npudrv_deviceptr dst, type value, size_t count,         \
                                           npudrv_stream stream) {                                 \
    return call("cuMemsetD" #bits "Async",                                                         \
                [&] { return fill(dst, 0, value, sizeof value, count, 1, stream); });              \
  }                                                                                                \
  npudrv_result npudrvMemsetD2D##bits(npudrv_deviceptr dst, size_t pitch, type value,              \
                                      size_t width, size_t height) {                               \
    return call("cuMemsetD2D" #bits,                                                               \
                [&] { return fill(dst, pitch, value, sizeof value, width, height, nullptr); });    \
  }                                                                                                \
  npudrv_result npudrvMemsetD2D##bits##Async(npudrv_deviceptr dst, size_t pitch, type value,       \
                                             size_t width, size_t height, npudrv_stream stream) {  \
    return call("cuMemsetD2D" #bits "Async",                                                       \
                [&] { return fill(dst, pitch, value, sizeof value, width, height, stream); });     \
  }
FILL(8, unsigned char)
FILL(16, unsigned short)
FILL(32, unsigned int)
#undef FILL

} // extern "C"
