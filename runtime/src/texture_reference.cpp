// References and what is bound to them. A binding is a descriptor like an object's; launches take
// its address along, so that pending ones keep theirs. Registration comes before main(), where
// there is no backend yet: an unbound reference gets its descriptor when its kernels are first
// used.
#include "texture_reference.h"

#include "entry.h"
#include "memory.h"
#include "texture.h"

#include <algorithm>
#include <mutex>
#include <unordered_map>

namespace npu::core {
namespace {

struct Reference {
  std::shared_ptr<Binary> binary;
  std::string name;
  ReferenceKind kind;
  bool isBound = false;
};

// Never destroyed: libraries unregister during static destruction.
struct References {
  std::mutex mutex;
  std::unordered_map<const void *, Reference> byHost; // under mutex
};
References &references() {
  static References &instance = *new References;
  return instance;
}

Status findReference(const void *host, bool isSurface, Reference &reference) {
  std::lock_guard<std::mutex> lock(references().mutex);
  const auto found = references().byHost.find(host);
  if (found == references().byHost.end() ||
      (found->second.kind == ReferenceKind::Surface) != isSurface)
    return Status(isSurface ? npuErrorInvalidSurface : npuErrorInvalidTexture,
                  std::string("this is not a ") + (isSurface ? "surface" : "texture") +
                      " reference of the program; was its source compiled by npucc?");
  reference = found->second;
  return {};
}

void bind(const void *host, const Reference &reference, uint64_t address, bool isBound) {
  reference.binary->bindReference(reference.name,
                                  reinterpret_cast<void *>(static_cast<uintptr_t>(address)));
  std::lock_guard<std::mutex> lock(references().mutex);
  references().byHost[host].isBound = isBound;
}

// Null resources of the right kind: the reference's members say how to read them.
Status bindTexture(const npuTextureReference *host, const npuResourceDesc &resource) {
  Reference reference;
  if (Status status = findReference(host, false, reference); !status)
    return status;
  Sampling sampling;
  npuTextureDesc &description = sampling.description;
  std::copy(std::begin(host->addressMode), std::end(host->addressMode), description.addressMode);
  description.filterMode = host->filterMode;
  description.readMode = reference.kind == ReferenceKind::NormalizedTexture
                             ? npuReadModeNormalizedFloat
                             : npuReadModeElementType;
  description.sRGB = host->sRGB;
  description.normalizedCoords = host->normalized;
  description.maxAnisotropy = host->maxAnisotropy;
  description.mipmapFilterMode = host->mipmapFilterMode;
  description.mipmapLevelBias = host->mipmapLevelBias;
  description.minMipmapLevelClamp = host->minMipmapLevelClamp;
  description.maxMipmapLevelClamp = host->maxMipmapLevelClamp;
  uint64_t address = 0;
  if (Status status = makeTexture(resource, sampling, 0, address); !status)
    return status;
  bind(host, reference, address, true);
  return {};
}

bool isSame(const npuChannelFormatDesc &a, const npuChannelFormatDesc &b) {
  return a.x == b.x && a.y == b.y && a.z == b.z && a.w == b.w && a.f == b.f;
}

Status checkDescription(const npuChannelFormatDesc *description, const Array &array) {
  if (!description)
    return Status(npuErrorInvalidValue, "the channel description is null");
  if (!isSame(*description, array.description))
    return Status(npuErrorInvalidChannelDescriptor,
                  "the channel description differs from the array's");
  return {};
}

} // namespace

void addReference(const std::shared_ptr<Binary> &binary, const void *host, const char *name,
                  ReferenceKind kind) {
  binary->addReference(name, kind == ReferenceKind::Surface);
  std::lock_guard<std::mutex> lock(references().mutex);
  references().byHost[host] = {binary, name, kind, false};
}

void removeReferences(const Binary &binary) {
  std::lock_guard<std::mutex> lock(references().mutex);
  auto &map = references().byHost;
  for (auto it = map.begin(); it != map.end();)
    it = it->second.binary.get() == &binary ? map.erase(it) : std::next(it);
}

} // namespace npu::core

using namespace npu;
using namespace npu::core;

extern "C" {

npuError_t npuBindTexture(size_t *offset, const npuTextureReference *texture, const void *pointer,
                          const npuChannelFormatDesc *description, size_t bytes) {
  return entry("npuBindTexture", trace(offset, texture, pointer, description, bytes), [&] {
    if (!description)
      return Status(npuErrorInvalidValue, "the channel description is null");
    Allocation allocation;
    if (!findAllocation(pointer, allocation))
      return Status(npuErrorInvalidDevicePointer, "this is not device memory");
    // Reads load whole words. What is in between, kernels add to their indices.
    ElementFormat format;
    if (Status status = readFormat(*description, format); !status)
      return status;
    auto address = reinterpret_cast<uintptr_t>(pointer);
    const size_t between = address % format.alignment() ? address % kAllocationAlignment : 0;
    if (between && !offset)
      return Status(npuErrorInvalidValue,
                    "the memory is not aligned, and there is no result for the offset");
    address -= between;
    npuResourceDesc resource = {};
    resource.resType = npuResourceTypeLinear;
    resource.res.linear.devPtr = reinterpret_cast<void *>(address);
    resource.res.linear.desc = *description;
    resource.res.linear.sizeInBytes = std::min(bytes > SIZE_MAX - between ? bytes : bytes + between,
                                               allocation.bytes - (address - allocation.base));
    Status status = bindTexture(texture, resource);
    if (status && offset)
      *offset = between;
    return status;
  });
}

npuError_t npuBindTexture2D(size_t *offset, const npuTextureReference *texture, const void *pointer,
                            const npuChannelFormatDesc *description, size_t width, size_t height,
                            size_t pitch) {
  return entry(
      "npuBindTexture2D", trace(offset, texture, pointer, description, width, height, pitch), [&] {
        if (!description)
          return Status(npuErrorInvalidValue, "the channel description is null");
        npuResourceDesc resource = {};
        resource.resType = npuResourceTypePitch2D;
        resource.res.pitch2D = {const_cast<void *>(pointer), *description, width, height, pitch};
        Status status = bindTexture(texture, resource);
        if (status && offset)
          *offset = 0;
        return status;
      });
}

npuError_t npuBindTextureToArray(const npuTextureReference *texture, npuArray_const_t array,
                                 const npuChannelFormatDesc *description) {
  return entry("npuBindTextureToArray", trace(texture, array, description), [&] {
    const Array *found = nullptr;
    if (Status status = findArray(array, found); !status)
      return status;
    if (Status status = checkDescription(description, *found); !status)
      return status;
    npuResourceDesc resource = {};
    resource.resType = npuResourceTypeArray;
    resource.res.array.array = handleOf(*found);
    return bindTexture(texture, resource);
  });
}

npuError_t npuBindTextureToMipmappedArray(const npuTextureReference *texture,
                                          npuMipmappedArray_const_t array,
                                          const npuChannelFormatDesc *description) {
  return entry("npuBindTextureToMipmappedArray", trace(texture, array, description), [&] {
    const MipmappedArray *found = nullptr;
    if (Status status = findMipmappedArray(array, found); !status)
      return status;
    if (Status status = checkDescription(description, *found->levels[0]); !status)
      return status;
    npuResourceDesc resource = {};
    resource.resType = npuResourceTypeMipmappedArray;
    resource.res.mipmap.mipmap = const_cast<npuMipmappedArray_t>(array);
    return bindTexture(texture, resource);
  });
}

npuError_t npuUnbindTexture(const npuTextureReference *texture) {
  return entry("npuUnbindTexture", trace(texture), [&] {
    Reference reference;
    if (Status status = findReference(texture, false, reference); !status)
      return status;
    uint64_t address = 0;
    if (Status status = unboundTexture(address); !status)
      return status;
    bind(texture, reference, address, false);
    return Status();
  });
}

npuError_t npuGetTextureAlignmentOffset(size_t *offset, const npuTextureReference *texture) {
  return entry("npuGetTextureAlignmentOffset", trace(offset, texture), [&] {
    Reference reference;
    if (!offset)
      return Status(npuErrorInvalidValue, "the result is null");
    if (Status status = findReference(texture, false, reference); !status)
      return status;
    if (!reference.isBound)
      return Status(npuErrorInvalidTextureBinding, "nothing is bound to this texture reference");
    *offset = 0;
    return Status();
  });
}

npuError_t npuGetTextureReference(const npuTextureReference **texture, const void *symbol) {
  return entry("npuGetTextureReference", trace(texture, symbol), [&] {
    Reference reference;
    if (!texture)
      return Status(npuErrorInvalidValue, "the result is null");
    if (Status status = findReference(symbol, false, reference); !status)
      return status;
    *texture = static_cast<const npuTextureReference *>(symbol);
    return Status();
  });
}

npuError_t npuBindSurfaceToArray(const npuSurfaceReference *surface, npuArray_const_t array,
                                 const npuChannelFormatDesc *description) {
  return entry("npuBindSurfaceToArray", trace(surface, array, description), [&] {
    Reference reference;
    if (Status status = findReference(surface, true, reference); !status)
      return status;
    const Array *found = nullptr;
    if (Status status = findArray(array, found); !status)
      return status;
    if (Status status = checkDescription(description, *found); !status)
      return status;
    npuResourceDesc resource = {};
    resource.resType = npuResourceTypeArray;
    resource.res.array.array = handleOf(*found);
    uint64_t address = 0;
    if (Status status = makeSurface(resource, 0, address); !status)
      return status;
    bind(surface, reference, address, true);
    return Status();
  });
}

npuError_t npuGetSurfaceReference(const npuSurfaceReference **surface, const void *symbol) {
  return entry("npuGetSurfaceReference", trace(surface, symbol), [&] {
    Reference reference;
    if (!surface)
      return Status(npuErrorInvalidValue, "the result is null");
    if (Status status = findReference(symbol, true, reference); !status)
      return status;
    *surface = static_cast<const npuSurfaceReference *>(symbol);
    return Status();
  });
}

} // extern "C"
