// Copies, fills and arrays. A copy between any two of host memory, device memory and arrays is one
// command of the core; who may be which side is checked as for the runtime's copies.
#include "array_formats.h"
#include "driver_call.h"

#include "src/array.h"
#include "src/transfer.h"

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
  const Side src = {c->srcXInBytes, c->srcY,     c->srcZ,     c->srcMemoryType, c->srcHost,
                    c->srcDevice,   c->srcArray, c->srcPitch, c->srcHeight};
  const Side dst = {c->dstXInBytes, c->dstY,     c->dstZ,     c->dstMemoryType, c->dstHost,
                    c->dstDevice,   c->dstArray, c->dstPitch, c->dstHeight};
  return copyBetween(src, dst, c->WidthInBytes, c->Height, c->Depth, stream, wait);
}

// Bytes from `offset` of an array's first row.
Status copyRow(npudrv_array array, size_t offset, void *memory, size_t bytes, bool toArray) {
  Side row, other;
  row.x = offset;
  row.type = NPUDRV_MEMORYTYPE_ARRAY;
  row.array = array;
  other.device = number(memory);
  return toArray ? copyBetween(other, row, bytes, 1, 1, nullptr, true)
                 : copyBetween(row, other, bytes, 1, 1, nullptr, true);
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

Status createArray(npudrv_array *array, npuExtent extent, npudrv_array_format format,
                   unsigned channels, unsigned flags) {
  npuChannelFormatDesc description;
  Status status = describeFormat(format, channels, description);
  return status ? done(npuMalloc3DArray(array, &description, extent, flags)) : status;
}

Status describe(npudrv_array array, NPU_ARRAY3D_DESCRIPTOR &description) {
  npuChannelFormatDesc channels;
  npuExtent extent;
  unsigned flags = 0;
  if (Status status = done(npuArrayGetInfo(&channels, &extent, &flags, array)); !status)
    return status;
  for (const FormatRow &row : kFormats)
    if (row.bits == channels.x && row.kind == channels.f) {
      description = {extent.width,
                     extent.height,
                     extent.depth,
                     row.format,
                     unsigned(1 + (channels.y != 0) + (channels.z != 0) + (channels.w != 0)),
                     flags};
      return {};
    }
  return Status(npuErrorNotSupported, "the driver has no name for the array's format");
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
  return call("cuMemcpyHtoA",
              [&] { return copyRow(dst, offset, const_cast<void *>(src), bytes, true); });
}
npudrv_result npudrvMemcpyAtoH(void *dst, npudrv_array src, size_t offset, size_t bytes) {
  return call("cuMemcpyAtoH", [&] { return copyRow(src, offset, dst, bytes, false); });
}
npudrv_result npudrvMemcpyDtoA(npudrv_array dst, size_t offset, npudrv_deviceptr src,
                               size_t bytes) {
  return call("cuMemcpyDtoA", [&] { return copyRow(dst, offset, address(src), bytes, true); });
}
npudrv_result npudrvMemcpyAtoD(npudrv_deviceptr dst, npudrv_array src, size_t offset,
                               size_t bytes) {
  return call("cuMemcpyAtoD", [&] { return copyRow(src, offset, address(dst), bytes, false); });
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

npudrv_result npudrvArrayCreate(npudrv_array *array, const NPU_ARRAY_DESCRIPTOR *description) {
  return call("cuArrayCreate", [&] {
    return array && description ? createArray(array, {description->Width, description->Height, 0},
                                              description->Format, description->NumChannels, 0)
                                : nullArgument();
  });
}
npudrv_result npudrvArray3DCreate(npudrv_array *array, const NPU_ARRAY3D_DESCRIPTOR *description) {
  return call("cuArray3DCreate", [&] {
    return array && description
               ? createArray(array, {description->Width, description->Height, description->Depth},
                             description->Format, description->NumChannels, description->Flags)
               : nullArgument();
  });
}
npudrv_result npudrvArrayGetDescriptor(NPU_ARRAY_DESCRIPTOR *description, npudrv_array array) {
  return call("cuArrayGetDescriptor", [&] {
    NPU_ARRAY3D_DESCRIPTOR whole;
    if (!description)
      return nullArgument();
    Status status = describe(array, whole);
    if (status)
      *description = {whole.Width, whole.Height, whole.Format, whole.NumChannels};
    return status;
  });
}
npudrv_result npudrvArray3DGetDescriptor(NPU_ARRAY3D_DESCRIPTOR *description, npudrv_array array) {
  return call("cuArray3DGetDescriptor",
              [&] { return description ? describe(array, *description) : nullArgument(); });
}
npudrv_result npudrvArrayDestroy(npudrv_array array) {
  return call("cuArrayDestroy", [&] { return done(npuFreeArray(array)); });
}

} // extern "C"
