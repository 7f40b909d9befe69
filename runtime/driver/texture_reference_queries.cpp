// What texture and surface references of modules tell of themselves.
#include "texture_reference.h"

#include <algorithm>

using namespace npu;
using namespace npu::driver_api;

namespace {

template <class Result, class Tell>
npudrv_result ask(const char *name, Result *result, npudrv_texref texture, Tell tell) {
  return call(name, [&] {
    if (!result)
      return nullArgument();
    Status status = checkReference(texture, false);
    return status ? tell() : status;
  });
}

Status ifKind(const npudrv_texref_st &texture, npuResourceType kind) {
  return texture.isBound && texture.resource.resType == kind
             ? Status()
             : Status(npuErrorInvalidValue, "nothing of this kind is bound to the reference");
}

} // namespace

extern "C" {

npudrv_result npudrvTexRefGetArray(npudrv_array *array, npudrv_texref texture) {
  return ask("cuTexRefGetArray", array, texture, [&] {
    *array = texture->resource.res.array.array;
    return ifKind(*texture, npuResourceTypeArray);
  });
}

npudrv_result npudrvTexRefGetMipmappedArray(npudrv_mipmappedArray *array, npudrv_texref texture) {
  return ask("cuTexRefGetMipmappedArray", array, texture, [&] {
    *array = texture->resource.res.mipmap.mipmap;
    return ifKind(*texture, npuResourceTypeMipmappedArray);
  });
}

npudrv_result npudrvTexRefGetAddress(npudrv_deviceptr *pointer, npudrv_texref texture) {
  return ask("cuTexRefGetAddress", pointer, texture, [&] {
    const bool flat = bool(ifKind(*texture, npuResourceTypePitch2D));
    *pointer =
        number(flat ? texture->resource.res.pitch2D.devPtr : texture->resource.res.linear.devPtr);
    return flat ? Status() : ifKind(*texture, npuResourceTypeLinear);
  });
}

npudrv_result npudrvTexRefGetFormat(npudrv_array_format *format, int *components,
                                    npudrv_texref texture) {
  return ask("cuTexRefGetFormat", format, texture, [&] {
    *format = texture->format;
    if (components)
      *components = int(texture->channels);
    return Status();
  });
}

npudrv_result npudrvTexRefGetAddressMode(npudrv_address_mode *mode, npudrv_texref texture,
                                         int dimension) {
  return ask("cuTexRefGetAddressMode", mode, texture, [&] {
    if (dimension < 0 || dimension > 2)
      return Status(npuErrorInvalidValue, "a texture has 3 dimensions at most");
    *mode = npudrv_address_mode(texture->description.addressMode[dimension]);
    return Status();
  });
}

npudrv_result npudrvTexRefGetFilterMode(npudrv_filter_mode *mode, npudrv_texref texture) {
  return ask("cuTexRefGetFilterMode", mode, texture, [&] {
    *mode = npudrv_filter_mode(texture->description.filterMode);
    return Status();
  });
}

npudrv_result npudrvTexRefGetMipmapFilterMode(npudrv_filter_mode *mode, npudrv_texref texture) {
  return ask("cuTexRefGetMipmapFilterMode", mode, texture, [&] {
    *mode = npudrv_filter_mode(texture->description.mipmapFilterMode);
    return Status();
  });
}

npudrv_result npudrvTexRefGetMipmapLevelBias(float *bias, npudrv_texref texture) {
  return ask("cuTexRefGetMipmapLevelBias", bias, texture, [&] {
    *bias = texture->description.mipmapLevelBias;
    return Status();
  });
}

npudrv_result npudrvTexRefGetMipmapLevelClamp(float *least, float *greatest,
                                              npudrv_texref texture) {
  return ask("cuTexRefGetMipmapLevelClamp", least, texture, [&] {
    *least = texture->description.minMipmapLevelClamp;
    if (greatest)
      *greatest = texture->description.maxMipmapLevelClamp;
    return Status();
  });
}

npudrv_result npudrvTexRefGetMaxAnisotropy(int *anisotropy, npudrv_texref texture) {
  return ask("cuTexRefGetMaxAnisotropy", anisotropy, texture, [&] {
    *anisotropy = int(texture->description.maxAnisotropy);
    return Status();
  });
}

npudrv_result npudrvTexRefGetBorderColor(float *color, npudrv_texref texture) {
  return ask("cuTexRefGetBorderColor", color, texture, [&] {
    std::copy_n(texture->description.borderColor, 4, color);
    return Status();
  });
}

npudrv_result npudrvTexRefGetFlags(unsigned int *flags, npudrv_texref texture) {
  return ask("cuTexRefGetFlags", flags, texture, [&] {
    *flags = texture->flags;
    return Status();
  });
}

npudrv_result npudrvSurfRefGetArray(npudrv_array *array, npudrv_surfref surface) {
  return call("cuSurfRefGetArray", [&] {
    const auto *reference = reinterpret_cast<const npudrv_texref_st *>(surface);
    if (!array)
      return nullArgument();
    if (Status status = checkReference(reference, true); !status)
      return status;
    *array = reference->resource.res.array.array;
    return ifKind(*reference, npuResourceTypeArray);
  });
}

} // extern "C"
