// Texture and surface references of modules. A reference is a variable of the module's image whose
// address the host binds (src/registration.h): every call that says what it is or how it is read
// binds anew, so that launches from then on see it. Any thread; one reference is one thread's at a
// time, as in CUDA.
#include "array_formats.h"
#include "module.h"

#include "src/texture.h"

#include <algorithm>
#include <iterator>
#include <mutex>
#include <set>

using namespace npu;
using namespace npu::driver_api;

struct npudrv_texref_st {
  npudrv_module module = nullptr;
  std::string name;
  bool isSurface = false;
  bool isBound = false;
  npuResourceDesc resource = {};
  npuTextureDesc description = {};
  unsigned flags = 0;
  npudrv_array_format format = NPUDRV_AD_FORMAT_FLOAT; // of memory, and what is told
  unsigned channels = 1;
};

namespace {

struct References {
  std::mutex mutex;
  std::map<std::pair<npudrv_module, std::string>, std::unique_ptr<npudrv_texref_st>> byName;
  std::set<const void *> live; // both under mutex
};
References &references() {
  static References &instance = *new References;
  return instance;
}

Status nullArgument() { return Status(npuErrorInvalidValue, "an argument is null"); }

Status check(const npudrv_texref_st *reference, bool isSurface) {
  std::lock_guard<std::mutex> lock(references().mutex);
  return references().live.count(reference) && reference->isSurface == isSurface
             ? Status()
             : Status(npuErrorInvalidValue, isSurface ? "this is no surface reference of a module"
                                                      : "this is no texture reference of a module");
}

Status checkVariable(npudrv_module module, const char *name) {
  std::shared_ptr<const KernelImage> image;
  if (Status status = checkModule(module); !status)
    return status;
  if (Status status = module->binary->image(image); !status)
    return status;
  for (const KernelImage::Global &global : image->globals)
    if (global.name == name)
      return {};
  return Status(npuErrorSymbolNotFound, std::string("the module has no reference ") + name);
}

Status find(npudrv_texref_st **result, npudrv_module module, const char *name, bool isSurface) {
  if (!result || !name)
    return nullArgument();
  if (Status status = checkVariable(module, name); !status)
    return status;
  uint64_t nothing = 0;
  if (Status status = isSurface ? core::unboundSurface(nothing) : core::unboundTexture(nothing);
      !status)
    return status;
  std::lock_guard<std::mutex> lock(references().mutex);
  std::unique_ptr<npudrv_texref_st> &slot = references().byName[{module, name}];
  if (!slot) {
    slot = std::make_unique<npudrv_texref_st>();
    slot->module = module;
    slot->name = name;
    slot->isSurface = isSurface;
    std::fill(std::begin(slot->description.addressMode), std::end(slot->description.addressMode),
              npuAddressModeClamp);
    references().live.insert(slot.get());
    module->binary->addReference(name, isSurface);
    module->binary->bindReference(name, reinterpret_cast<void *>(uintptr_t(nothing)));
  }
  *result = slot.get();
  return slot->isSurface == isSurface
             ? Status()
             : Status(npuErrorSymbolNotFound,
                      std::string(name) + " is a reference of another kind");
}

Status formatOf(const npudrv_texref_st &reference, npuChannelFormatDesc &format) {
  const npuResourceDesc &resource = reference.resource;
  npuArray_t array = resource.res.array.array;
  if (resource.resType == npuResourceTypeMipmappedArray)
    if (Status status = done(npuGetMipmappedArrayLevel(&array, resource.res.mipmap.mipmap, 0));
        !status)
      return status;
  return resource.resType == npuResourceTypeLinear || resource.resType == npuResourceTypePitch2D
             ? describeFormat(reference.format, reference.channels, format)
             : done(npuGetChannelDesc(&format, array));
}

// As the members say now. Nothing to do before there is something to read.
Status bind(npudrv_texref_st &reference) {
  npuChannelFormatDesc format = {};
  uint64_t address = 0;
  if (!reference.isBound)
    return {};
  if (Status status = checkModule(reference.module); !status)
    return status;
  if (Status status = formatOf(reference, format); !status)
    return status;
  core::Sampling sampling;
  sampling.description = reference.description;
  // The driver reads 8 and 16-bit integers as fractions unless it is told not to.
  const bool fraction = format.f != npuChannelFormatKindFloat && format.x <= 16 &&
                        !(reference.flags & NPUDRV_TRSF_READ_AS_INTEGER);
  sampling.description.readMode = fraction ? npuReadModeNormalizedFloat : npuReadModeElementType;
  sampling.description.normalizedCoords =
      (reference.flags & NPUDRV_TRSF_NORMALIZED_COORDINATES) != 0;
  sampling.description.sRGB = (reference.flags & NPUDRV_TRSF_SRGB) != 0;
  if (Status status = reference.isSurface
                          ? core::makeSurface(reference.resource, 0, address)
                          : core::makeTexture(reference.resource, sampling, 0, address);
      !status)
    return status;
  reference.module->binary->bindReference(reference.name,
                                          reinterpret_cast<void *>(uintptr_t(address)));
  return {};
}

// What is read from now on.
Status bindTo(npudrv_texref_st &reference, const npuResourceDesc &resource) {
  const npuResourceDesc before = reference.resource;
  const bool wasBound = reference.isBound;
  reference.resource = resource;
  reference.isBound = true;
  Status status = bind(reference);
  if (!status) {
    reference.resource = before;
    reference.isBound = wasBound;
  }
  return status;
}

Status bindToArray(npudrv_texref_st &reference, npudrv_array array, unsigned flags) {
  npuChannelFormatDesc format = {};
  if (flags & ~unsigned(NPUDRV_TRSA_OVERRIDE_FORMAT))
    return Status(npuErrorInvalidValue, "unknown flags");
  if (Status status = done(npuGetChannelDesc(&format, array)); !status)
    return status;
  if (Status status = nameFormat(format, reference.format, reference.channels); !status)
    return status;
  npuResourceDesc resource = {};
  resource.resType = npuResourceTypeArray;
  resource.res.array.array = array;
  return bindTo(reference, resource);
}

// Members that one call sets and another tells.
template <class Set> npudrv_result change(const char *name, npudrv_texref texture, Set set) {
  return call(name, [&] {
    if (Status status = check(texture, false); !status)
      return status;
    if (Status status = set(); !status)
      return status;
    return bind(*texture);
  });
}
template <class Result, class Tell>
npudrv_result ask(const char *name, Result *result, npudrv_texref texture, Tell tell) {
  return call(name, [&] {
    if (!result)
      return nullArgument();
    Status status = check(texture, false);
    return status ? tell() : status;
  });
}

Status ifKind(const npudrv_texref_st &texture, npuResourceType kind) {
  return texture.isBound && texture.resource.resType == kind
             ? Status()
             : Status(npuErrorInvalidValue, "nothing of this kind is bound to the reference");
}

} // namespace

void npu::driver_api::forgetReferences(npudrv_module module) {
  std::lock_guard<std::mutex> lock(references().mutex);
  auto &map = references().byName;
  for (auto at = map.begin(); at != map.end();) {
    if (at->first.first == module) {
      references().live.erase(at->second.get());
      at = map.erase(at);
    } else {
      ++at;
    }
  }
}

extern "C" {

npudrv_result npudrvModuleGetTexRef(npudrv_texref *texture, npudrv_module module,
                                    const char *name) {
  return call("cuModuleGetTexRef", [&] { return find(texture, module, name, false); });
}

npudrv_result npudrvModuleGetSurfRef(npudrv_surfref *surface, npudrv_module module,
                                     const char *name) {
  return call("cuModuleGetSurfRef", [&] {
    return find(reinterpret_cast<npudrv_texref_st **>(surface), module, name, true);
  });
}

npudrv_result npudrvTexRefSetArray(npudrv_texref texture, npudrv_array array, unsigned int flags) {
  return call("cuTexRefSetArray", [&] {
    if (Status status = check(texture, false); !status)
      return status;
    return bindToArray(*texture, array, flags);
  });
}

npudrv_result npudrvTexRefSetMipmappedArray(npudrv_texref texture, npudrv_mipmappedArray array,
                                            unsigned int flags) {
  return call("cuTexRefSetMipmappedArray", [&] {
    if (Status status = check(texture, false); !status)
      return status;
    npuResourceDesc resource = {};
    if (flags & ~unsigned(NPUDRV_TRSA_OVERRIDE_FORMAT))
      return Status(npuErrorInvalidValue, "unknown flags");
    resource.resType = npuResourceTypeMipmappedArray;
    resource.res.mipmap.mipmap = array;
    return bindTo(*texture, resource);
  });
}

npudrv_result npudrvTexRefSetAddress(size_t *offset, npudrv_texref texture,
                                     npudrv_deviceptr pointer, size_t bytes) {
  return call("cuTexRefSetAddress", [&] {
    if (Status status = check(texture, false); !status)
      return status;
    npuResourceDesc resource = {};
    resource.resType = npuResourceTypeLinear;
    resource.res.linear.devPtr = address(pointer);
    resource.res.linear.sizeInBytes = bytes;
    if (Status status =
            describeFormat(texture->format, texture->channels, resource.res.linear.desc);
        !status)
      return status;
    Status status = bindTo(*texture, resource);
    if (status && offset)
      *offset = 0;
    return status;
  });
}

npudrv_result npudrvTexRefSetAddress2D(npudrv_texref texture,
                                       const NPU_ARRAY_DESCRIPTOR *description,
                                       npudrv_deviceptr pointer, size_t pitch) {
  return call("cuTexRefSetAddress2D", [&] {
    if (Status status = check(texture, false); !status)
      return status;
    npuResourceDesc resource = {};
    if (!description)
      return nullArgument();
    if (Status status = describeFormat(description->Format, description->NumChannels,
                                       resource.res.pitch2D.desc);
        !status)
      return status;
    texture->format = description->Format;
    texture->channels = description->NumChannels;
    resource.resType = npuResourceTypePitch2D;
    resource.res.pitch2D.devPtr = address(pointer);
    resource.res.pitch2D.width = description->Width;
    resource.res.pitch2D.height = description->Height;
    resource.res.pitch2D.pitchInBytes = pitch;
    return bindTo(*texture, resource);
  });
}

npudrv_result npudrvTexRefSetFormat(npudrv_texref texture, npudrv_array_format format,
                                    int components) {
  return call("cuTexRefSetFormat", [&] {
    npuChannelFormatDesc description;
    if (Status status = check(texture, false); !status)
      return status;
    if (Status status = describeFormat(format, unsigned(components), description); !status)
      return status;
    texture->format = format;
    texture->channels = unsigned(components);
    return Status();
  });
}

npudrv_result npudrvTexRefSetAddressMode(npudrv_texref texture, int dimension,
                                         npudrv_address_mode mode) {
  return change("cuTexRefSetAddressMode", texture, [&] {
    if (dimension < 0 || dimension > 2)
      return Status(npuErrorInvalidValue, "a texture has 3 dimensions at most");
    texture->description.addressMode[dimension] = npuTextureAddressMode(mode);
    return Status();
  });
}

npudrv_result npudrvTexRefSetFilterMode(npudrv_texref texture, npudrv_filter_mode mode) {
  return change("cuTexRefSetFilterMode", texture, [&] {
    texture->description.filterMode = npuTextureFilterMode(mode);
    return Status();
  });
}

npudrv_result npudrvTexRefSetMipmapFilterMode(npudrv_texref texture, npudrv_filter_mode mode) {
  return change("cuTexRefSetMipmapFilterMode", texture, [&] {
    texture->description.mipmapFilterMode = npuTextureFilterMode(mode);
    return Status();
  });
}

npudrv_result npudrvTexRefSetMipmapLevelBias(npudrv_texref texture, float bias) {
  return change("cuTexRefSetMipmapLevelBias", texture, [&] {
    texture->description.mipmapLevelBias = bias;
    return Status();
  });
}

npudrv_result npudrvTexRefSetMipmapLevelClamp(npudrv_texref texture, float least, float greatest) {
  return change("cuTexRefSetMipmapLevelClamp", texture, [&] {
    texture->description.minMipmapLevelClamp = least;
    texture->description.maxMipmapLevelClamp = greatest;
    return Status();
  });
}

npudrv_result npudrvTexRefSetMaxAnisotropy(npudrv_texref texture, unsigned int anisotropy) {
  return change("cuTexRefSetMaxAnisotropy", texture, [&] {
    texture->description.maxAnisotropy = anisotropy;
    return Status();
  });
}

npudrv_result npudrvTexRefSetBorderColor(npudrv_texref texture, float *color) {
  return change("cuTexRefSetBorderColor", texture, [&] {
    if (!color)
      return nullArgument();
    std::copy_n(color, 4, texture->description.borderColor);
    return Status();
  });
}

npudrv_result npudrvTexRefSetFlags(npudrv_texref texture, unsigned int flags) {
  return change("cuTexRefSetFlags", texture, [&] {
    if (flags & ~unsigned(NPUDRV_TRSF_READ_AS_INTEGER | NPUDRV_TRSF_NORMALIZED_COORDINATES |
                          NPUDRV_TRSF_SRGB | NPUDRV_TRSF_DISABLE_TRILINEAR_OPTIMIZATION))
      return Status(npuErrorInvalidValue, "unknown flags");
    texture->flags = flags;
    return Status();
  });
}

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

npudrv_result npudrvSurfRefSetArray(npudrv_surfref surface, npudrv_array array,
                                    unsigned int flags) {
  return call("cuSurfRefSetArray", [&] {
    auto *reference = reinterpret_cast<npudrv_texref_st *>(surface);
    Status status = check(reference, true);
    return status ? bindToArray(*reference, array, flags) : status;
  });
}

npudrv_result npudrvSurfRefGetArray(npudrv_array *array, npudrv_surfref surface) {
  return call("cuSurfRefGetArray", [&] {
    const auto *reference = reinterpret_cast<const npudrv_texref_st *>(surface);
    if (!array)
      return nullArgument();
    if (Status status = check(reference, true); !status)
      return status;
    *array = reference->resource.res.array.array;
    return ifKind(*reference, npuResourceTypeArray);
  });
}

} // extern "C"
