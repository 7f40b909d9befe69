// Texture and surface objects from the driver's descriptions: the runtime's objects.
#include "array_formats.h"
#include "driver_call.h"

#include <algorithm>

using namespace npu;
using namespace npu::driver_api;

namespace {

Status resourceOf(const NPU_RESOURCE_DESC &in, npuResourceDesc &out, npuChannelFormatDesc &format) {
  out = {};
  out.resType = npuResourceType(in.resType);
  switch (in.resType) {
  case NPUDRV_RESOURCE_TYPE_ARRAY:
    out.res.array.array = in.res.array.hArray;
    return done(npuGetChannelDesc(&format, in.res.array.hArray));
  case NPUDRV_RESOURCE_TYPE_MIPMAPPED_ARRAY: {
    npuArray_t level = nullptr;
    out.res.mipmap.mipmap = in.res.mipmap.hMipmappedArray;
    if (Status status = done(npuGetMipmappedArrayLevel(&level, out.res.mipmap.mipmap, 0)); !status)
      return status;
    return done(npuGetChannelDesc(&format, level));
  }
  case NPUDRV_RESOURCE_TYPE_LINEAR:
    if (Status status = describeFormat(in.res.linear.format, in.res.linear.numChannels, format);
        !status)
      return status;
    out.res.linear = {address(in.res.linear.devPtr), format, in.res.linear.sizeInBytes};
    return {};
  case NPUDRV_RESOURCE_TYPE_PITCH2D:
    if (Status status = describeFormat(in.res.pitch2D.format, in.res.pitch2D.numChannels, format);
        !status)
      return status;
    out.res.pitch2D = {address(in.res.pitch2D.devPtr), format, in.res.pitch2D.width,
                       in.res.pitch2D.height, in.res.pitch2D.pitchInBytes};
    return {};
  }
  return Status(npuErrorInvalidValue, "unknown kind of resource");
}

// The driver reads 8 and 16-bit integers as fractions unless it is told not to.
npuTextureDesc textureOf(const NPU_TEXTURE_DESC &in, const npuChannelFormatDesc &format) {
  npuTextureDesc out = {};
  for (int i = 0; i < 3; ++i)
    out.addressMode[i] = npuTextureAddressMode(in.addressMode[i]);
  out.filterMode = npuTextureFilterMode(in.filterMode);
  const bool fraction = format.f != npuChannelFormatKindFloat && format.x <= 16 &&
                        !(in.flags & NPUDRV_TRSF_READ_AS_INTEGER);
  out.readMode = fraction ? npuReadModeNormalizedFloat : npuReadModeElementType;
  out.sRGB = (in.flags & NPUDRV_TRSF_SRGB) != 0;
  out.normalizedCoords = (in.flags & NPUDRV_TRSF_NORMALIZED_COORDINATES) != 0;
  std::copy_n(in.borderColor, 4, out.borderColor);
  out.maxAnisotropy = in.maxAnisotropy;
  out.mipmapFilterMode = npuTextureFilterMode(in.mipmapFilterMode);
  out.mipmapLevelBias = in.mipmapLevelBias;
  out.minMipmapLevelClamp = in.minMipmapLevelClamp;
  out.maxMipmapLevelClamp = in.maxMipmapLevelClamp;
  return out;
}

Status nullArgument() { return Status(npuErrorInvalidValue, "an argument is null"); }

} // namespace

extern "C" {

npudrv_result npudrvTexObjectCreate(npudrv_texObject *texture, const NPU_RESOURCE_DESC *resource,
                                    const NPU_TEXTURE_DESC *description,
                                    const NPU_RESOURCE_VIEW_DESC *view) {
  return call("cuTexObjectCreate", [&] {
    npuResourceDesc converted;
    npuChannelFormatDesc format = {};
    if (!texture || !resource || !description)
      return nullArgument();
    if (Status status = resourceOf(*resource, converted, format); !status)
      return status;
    const npuTextureDesc wanted = textureOf(*description, format);
    return done(npuCreateTextureObject(texture, &converted, &wanted, view));
  });
}

npudrv_result npudrvTexObjectDestroy(npudrv_texObject texture) {
  return call("cuTexObjectDestroy", [&] { return done(npuDestroyTextureObject(texture)); });
}

npudrv_result npudrvSurfObjectCreate(npudrv_surfObject *surface,
                                     const NPU_RESOURCE_DESC *resource) {
  return call("cuSurfObjectCreate", [&] {
    npuResourceDesc converted;
    npuChannelFormatDesc format = {};
    if (!surface || !resource)
      return nullArgument();
    if (Status status = resourceOf(*resource, converted, format); !status)
      return status;
    return done(npuCreateSurfaceObject(surface, &converted));
  });
}

npudrv_result npudrvSurfObjectDestroy(npudrv_surfObject surface) {
  return call("cuSurfObjectDestroy", [&] { return done(npuDestroySurfaceObject(surface)); });
}

} // extern "C"
