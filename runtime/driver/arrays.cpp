// Arrays and mipmapped arrays: the runtime's.
#include "array_formats.h"
#include "driver_call.h"

using namespace npu;
using namespace npu::driver_api;

namespace {

Status nullArgument() { return Status(npuErrorInvalidValue, "an argument is null"); }

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
  description = {};
  description.Width = extent.width;
  description.Height = extent.height;
  description.Depth = extent.depth;
  description.Flags = flags;
  return nameFormat(channels, description.Format, description.NumChannels);
}

} // namespace

extern "C" {

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

npudrv_result npudrvArrayGetMemoryRequirements(NPU_ARRAY_MEMORY_REQUIREMENTS *requirements,
                                               npudrv_array array, npudrv_device device) {
  return call("cuArrayGetMemoryRequirements",
              [&] { return done(npuArrayGetMemoryRequirements(requirements, array, device)); });
}

npudrv_result npudrvMipmappedArrayCreate(npudrv_mipmappedArray *array,
                                         const NPU_ARRAY3D_DESCRIPTOR *description,
                                         unsigned int levels) {
  return call("cuMipmappedArrayCreate", [&] {
    npuChannelFormatDesc format;
    if (!array || !description)
      return nullArgument();
    const NPU_ARRAY3D_DESCRIPTOR &d = *description;
    Status status = describeFormat(d.Format, d.NumChannels, format);
    return status ? done(npuMallocMipmappedArray(array, &format, {d.Width, d.Height, d.Depth},
                                                 levels, d.Flags))
                  : status;
  });
}

npudrv_result npudrvMipmappedArrayGetLevel(npudrv_array *levelArray, npudrv_mipmappedArray array,
                                           unsigned int level) {
  return call("cuMipmappedArrayGetLevel",
              [&] { return done(npuGetMipmappedArrayLevel(levelArray, array, level)); });
}

npudrv_result npudrvMipmappedArrayDestroy(npudrv_mipmappedArray array) {
  return call("cuMipmappedArrayDestroy", [&] { return done(npuFreeMipmappedArray(array)); });
}

} // extern "C"
