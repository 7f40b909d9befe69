// Texture and surface references of modules. A reference is a variable of the module's image whose
// address the host binds (src/registration.h): every call that says what it is or how it is read
// binds anew, so that launches from then on see it. Any thread; one reference is one thread's at a
// time, as in CUDA.
#include "texture_reference.h"

#include "array_formats.h"

#include "src/texture.h"

#include <algorithm>
#include <iterator>
#include <mutex>
#include <set>

using namespace npu;
using namespace npu::driver_api;

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

Status findVariable(npudrv_module module, const char *name, std::string &known) {
  std::shared_ptr<const KernelImage> image;
  if (Status status = checkModule(module); !status)
    return status;
  if (Status status = module->binary->image(image); !status)
    return status;
  known = nameInModule(image->globals, name);
  return known.empty()
             ? Status(npuErrorSymbolNotFound, std::string("the module has no reference ") + name)
             : Status();
}

Status find(npudrv_texref_st **result, npudrv_module module, const char *name, bool isSurface) {
  if (!result || !name)
    return nullArgument();
  std::string known;
  if (Status status = findVariable(module, name, known); !status)
    return status;
  uint64_t nothing = 0;
  if (Status status = isSurface ? core::unboundSurface(nothing) : core::unboundTexture(nothing);
      !status)
    return status;
  std::lock_guard<std::mutex> lock(references().mutex);
  std::unique_ptr<npudrv_texref_st> &slot = references().byName[{module, known}];
  if (!slot) {
    slot = std::make_unique<npudrv_texref_st>();
    slot->module = module;
    slot->name = known;
    slot->isSurface = isSurface;
    std::fill(std::begin(slot->description.addressMode), std::end(slot->description.addressMode),
              npuAddressModeClamp);
    references().live.insert(slot.get());
    module->binary->addReference(known, isSurface);
    module->binary->bindReference(known, reinterpret_cast<void *>(uintptr_t(nothing)));
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

// Members that one call sets and another tells (texture_reference_queries.cpp).
template <class Set> npudrv_result change(const char *name, npudrv_texref texture, Set set) {
  return call(name, [&] {
    if (Status status = checkReference(texture, false); !status)
      return status;
    if (Status status = set(); !status)
      return status;
    return bind(*texture);
  });
}

} // namespace

Status npu::driver_api::checkReference(const npudrv_texref_st *reference, bool isSurface) {
  std::lock_guard<std::mutex> lock(references().mutex);
  return references().live.count(reference) && reference->isSurface == isSurface
             ? Status()
             : Status(npuErrorInvalidValue, isSurface ? "this is no surface reference of a module"
                                                      : "this is no texture reference of a module");
}

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
    if (Status status = checkReference(texture, false); !status)
      return status;
    return bindToArray(*texture, array, flags);
  });
}

npudrv_result npudrvTexRefSetMipmappedArray(npudrv_texref texture, npudrv_mipmappedArray array,
                                            unsigned int flags) {
  return call("cuTexRefSetMipmappedArray", [&] {
    if (Status status = checkReference(texture, false); !status)
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
    if (Status status = checkReference(texture, false); !status)
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
    if (Status status = checkReference(texture, false); !status)
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
    if (Status status = checkReference(texture, false); !status)
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

npudrv_result npudrvSurfRefSetArray(npudrv_surfref surface, npudrv_array array,
                                    unsigned int flags) {
  return call("cuSurfRefSetArray", [&] {
    auto *reference = reinterpret_cast<npudrv_texref_st *>(surface);
    Status status = checkReference(reference, true);
    return status ? bindToArray(*reference, array, flags) : status;
  });
}

} // extern "C"
