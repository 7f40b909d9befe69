// Texture and surface objects from the driver's descriptions: the runtime's objects.
#include "array_formats.h"
#include "node_parameters.h"

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

// What the objects were made of, told again.
Status tellResource(const npuResourceDesc &in, NPU_RESOURCE_DESC &out) {
  out = {};
  out.resType = npudrv_resourcetype(in.resType);
  switch (in.resType) {
  case npuResourceTypeArray:
    out.res.array.hArray = in.res.array.array;
    return {};
  case npuResourceTypeMipmappedArray:
    out.res.mipmap.hMipmappedArray = in.res.mipmap.mipmap;
    return {};
  case npuResourceTypeLinear:
    out.res.linear.devPtr = number(in.res.linear.devPtr);
    out.res.linear.sizeInBytes = in.res.linear.sizeInBytes;
    return nameFormat(in.res.linear.desc, out.res.linear.format, out.res.linear.numChannels);
  case npuResourceTypePitch2D:
    out.res.pitch2D.devPtr = number(in.res.pitch2D.devPtr);
    out.res.pitch2D.width = in.res.pitch2D.width;
    out.res.pitch2D.height = in.res.pitch2D.height;
    out.res.pitch2D.pitchInBytes = in.res.pitch2D.pitchInBytes;
    return nameFormat(in.res.pitch2D.desc, out.res.pitch2D.format, out.res.pitch2D.numChannels);
  }
  return Status(npuErrorInvalidValue, "unknown kind of resource");
}

void tellTexture(const npuTextureDesc &in, NPU_TEXTURE_DESC &out) {
  out = {};
  for (int i = 0; i < 3; ++i)
    out.addressMode[i] = npudrv_address_mode(in.addressMode[i]);
  out.filterMode = npudrv_filter_mode(in.filterMode);
  out.flags = (in.readMode == npuReadModeElementType ? NPUDRV_TRSF_READ_AS_INTEGER : 0) |
              (in.normalizedCoords ? NPUDRV_TRSF_NORMALIZED_COORDINATES : 0) |
              (in.sRGB ? NPUDRV_TRSF_SRGB : 0);
  out.maxAnisotropy = in.maxAnisotropy;
  out.mipmapFilterMode = npudrv_filter_mode(in.mipmapFilterMode);
  out.mipmapLevelBias = in.mipmapLevelBias;
  out.minMipmapLevelClamp = in.minMipmapLevelClamp;
  out.maxMipmapLevelClamp = in.maxMipmapLevelClamp;
  std::copy_n(in.borderColor, 4, out.borderColor);
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
    npuResourceViewDesc sameView;
    if (view)
      sameView = sameBytes<npuResourceViewDesc>(*view);
    return done(npuCreateTextureObject(texture, &converted, &wanted, view ? &sameView : nullptr));
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

npudrv_result npudrvTexObjectGetResourceDesc(NPU_RESOURCE_DESC *resource,
                                             npudrv_texObject texture) {
  return call("cuTexObjectGetResourceDesc", [&] {
    npuResourceDesc found;
    if (!resource)
      return nullArgument();
    Status status = done(npuGetTextureObjectResourceDesc(&found, texture));
    return status ? tellResource(found, *resource) : status;
  });
}

npudrv_result npudrvTexObjectGetTextureDesc(NPU_TEXTURE_DESC *description,
                                            npudrv_texObject texture) {
  return call("cuTexObjectGetTextureDesc", [&] {
    npuTextureDesc found;
    if (!description)
      return nullArgument();
    Status status = done(npuGetTextureObjectTextureDesc(&found, texture));
    if (status)
      tellTexture(found, *description);
    return status;
  });
}

npudrv_result npudrvTexObjectGetResourceViewDesc(NPU_RESOURCE_VIEW_DESC *view,
                                                 npudrv_texObject texture) {
  return call("cuTexObjectGetResourceViewDesc", [&] {
    npuResourceViewDesc found;
    if (!view)
      return nullArgument();
    Status status = done(npuGetTextureObjectResourceViewDesc(&found, texture));
    if (status)
      *view = sameBytes<NPU_RESOURCE_VIEW_DESC>(found);
    return status;
  });
}

npudrv_result npudrvSurfObjectGetResourceDesc(NPU_RESOURCE_DESC *resource,
                                              npudrv_surfObject surface) {
  return call("cuSurfObjectGetResourceDesc", [&] {
    npuResourceDesc found;
    if (!resource)
      return nullArgument();
    Status status = done(npuGetSurfaceObjectResourceDesc(&found, surface));
    return status ? tellResource(found, *resource) : status;
  });
}

} // extern "C"
