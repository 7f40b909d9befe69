// Arrays: creation and questions. Copies are in api_array_copy.cpp.
#include "entry.h"

#include "array.h"
#include "stream.h"

using namespace npu;
using namespace npu::core;

namespace {

Status missing() { return Status(npuErrorInvalidValue, "the result is null"); }

} // namespace

extern "C" {

npuError_t npuMallocArray(npuArray_t *array, const npuChannelFormatDesc *description, size_t width,
                          size_t height, unsigned flags) {
  return entry("npuMallocArray", trace(array, description, width, height, flags), [&] {
    if (flags & (npuArrayLayered | npuArrayCubemap))
      return Status(npuErrorInvalidValue, "layered arrays and cube maps have an npuExtent; use "
                                          "npuMalloc3DArray");
    return createArray(array, description, {width, height, 0}, flags);
  });
}

npuError_t npuMalloc3DArray(npuArray_t *array, const npuChannelFormatDesc *description,
                            npuExtent extent, unsigned flags) {
  return entry("npuMalloc3DArray", trace(array, description, extent, flags),
               [&] { return createArray(array, description, extent, flags); });
}

npuError_t npuMallocMipmappedArray(npuMipmappedArray_t *array,
                                   const npuChannelFormatDesc *description, npuExtent extent,
                                   unsigned levels, unsigned flags) {
  return entry("npuMallocMipmappedArray", trace(array, description, extent, levels, flags),
               [&] { return createMipmappedArray(array, description, extent, levels, flags); });
}

npuError_t npuFreeArray(npuArray_t array) {
  return entry("npuFreeArray", trace(array), [&] { return destroyArray(array); });
}

npuError_t npuFreeMipmappedArray(npuMipmappedArray_t array) {
  return entry("npuFreeMipmappedArray", trace(array), [&] { return destroyMipmappedArray(array); });
}

npuError_t npuGetMipmappedArrayLevel(npuArray_t *levelArray, npuMipmappedArray_const_t array,
                                     unsigned level) {
  return entry("npuGetMipmappedArrayLevel", trace(levelArray, array, level), [&] {
    if (!levelArray)
      return missing();
    const MipmappedArray *found = nullptr;
    if (Status status = findMipmappedArray(array, found); !status)
      return status;
    if (level >= found->levels.size())
      return Status(npuErrorInvalidValue, "level " + std::to_string(level) + " of " +
                                              std::to_string(found->levels.size()));
    *levelArray = handleOf(*found->levels[level]);
    return Status();
  });
}

npuError_t npuArrayGetInfo(npuChannelFormatDesc *description, npuExtent *extent, unsigned *flags,
                           npuArray_t array) {
  return entry("npuArrayGetInfo", trace(description, extent, flags, array), [&] {
    const Array *found = nullptr;
    if (Status status = findArray(array, found); !status)
      return status;
    if (description)
      *description = found->description;
    if (extent)
      *extent = found->extent;
    if (flags)
      *flags = found->flags;
    return Status();
  });
}

npuError_t npuArrayGetMemoryRequirements(npuArrayMemoryRequirements *requirements, npuArray_t array,
                                         int device) {
  return entry("npuArrayGetMemoryRequirements", trace(requirements, array, device), [&] {
    if (!requirements)
      return missing();
    if (Status status = checkDevice(device); !status)
      return status;
    const Array *found = nullptr;
    if (Status status = findArray(array, found); !status)
      return status;
    *requirements = {};
    requirements->size = found->bytes();
    requirements->alignment = 256;
    return Status();
  });
}

npuError_t npuGetChannelDesc(npuChannelFormatDesc *description, npuArray_const_t array) {
  return entry("npuGetChannelDesc", trace(description, array), [&] {
    if (!description)
      return missing();
    const Array *found = nullptr;
    if (Status status = findArray(array, found); !status)
      return status;
    *description = found->description;
    return Status();
  });
}

} // extern "C"
