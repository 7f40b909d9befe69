// Texture and surface objects. A handle is the address of the descriptor that kernels read.
#include "entry.h"

#include "device_properties.h"
#include "stream.h"
#include "texture.h"

#include <mutex>
#include <unordered_map>

using namespace npu;
using namespace npu::core;

namespace {

struct Object {
  npuResourceDesc resource = {};
  npuTextureDesc description = {};
  npuResourceViewDesc view = {};
  bool hasView = false;
};

// Never destroyed: programs destroy objects in static destructors.
struct Objects {
  std::mutex mutex;
  std::unordered_map<unsigned long long, Object> textures, surfaces; // under mutex
};
Objects &objects() {
  static Objects &instance = *new Objects;
  return instance;
}
using Live = std::unordered_map<unsigned long long, Object>;

Status missing(const char *what) {
  return Status(npuErrorInvalidValue, std::string(what) + " is null");
}

// The first record of these contents that no live object has.
template <class Make>
Status create(unsigned long long *handle, Live &live, const Object &object, Make make) {
  std::lock_guard<std::mutex> lock(objects().mutex);
  uint64_t address = 0;
  int instance = 0;
  do
    if (Status status = make(instance++, address); !status)
      return status;
  while (live.count(address));
  live[address] = object;
  *handle = address;
  return {};
}

Status destroy(unsigned long long handle, Live &live) {
  std::lock_guard<std::mutex> lock(objects().mutex);
  if (handle == 0 || live.erase(handle))
    return {};
  return Status(npuErrorInvalidValue, "this object was not created here, or has been destroyed");
}

template <class Read> Status find(unsigned long long handle, Live &live, Read read) {
  std::lock_guard<std::mutex> lock(objects().mutex);
  const auto found = live.find(handle);
  if (found == live.end())
    return Status(npuErrorInvalidValue, "this object was not created here, or has been destroyed");
  return read(found->second);
}

} // namespace

extern "C" {

npuError_t npuCreateTextureObject(npuTextureObject_t *texture, const npuResourceDesc *resource,
                                  const npuTextureDesc *description,
                                  const npuResourceViewDesc *view) {
  return entry("npuCreateTextureObject", trace(texture, resource, description, view), [&] {
    if (!texture || !resource || !description)
      return missing(!texture ? "the result" : !resource ? "the resource" : "the description");
    const bool isMemory =
        resource->resType == npuResourceTypeLinear || resource->resType == npuResourceTypePitch2D;
    if (view && isMemory)
      return Status(npuErrorInvalidValue, "a view is of an array");
    Object object;
    object.resource = *resource;
    object.description = *description;
    object.hasView = view;
    if (view)
      object.view = *view;
    Sampling sampling;
    sampling.description = *description;
    sampling.view = view;
    return create(texture, objects().textures, object, [&](int instance, uint64_t &address) {
      return makeTexture(*resource, sampling, instance, address);
    });
  });
}

npuError_t npuDestroyTextureObject(npuTextureObject_t texture) {
  return entry("npuDestroyTextureObject", trace(texture),
               [&] { return destroy(texture, objects().textures); });
}

npuError_t npuGetTextureObjectResourceDesc(npuResourceDesc *resource, npuTextureObject_t texture) {
  return entry("npuGetTextureObjectResourceDesc", trace(resource, texture), [&] {
    if (!resource)
      return missing("the result");
    return find(texture, objects().textures, [&](const Object &object) {
      *resource = object.resource;
      return Status();
    });
  });
}

npuError_t npuGetTextureObjectTextureDesc(npuTextureDesc *description, npuTextureObject_t texture) {
  return entry("npuGetTextureObjectTextureDesc", trace(description, texture), [&] {
    if (!description)
      return missing("the result");
    return find(texture, objects().textures, [&](const Object &object) {
      *description = object.description;
      return Status();
    });
  });
}

npuError_t npuGetTextureObjectResourceViewDesc(npuResourceViewDesc *view,
                                               npuTextureObject_t texture) {
  return entry("npuGetTextureObjectResourceViewDesc", trace(view, texture), [&] {
    if (!view)
      return missing("the result");
    return find(texture, objects().textures, [&](const Object &object) {
      if (!object.hasView)
        return Status(npuErrorInvalidValue, "this texture was created without a view");
      *view = object.view;
      return Status();
    });
  });
}

npuError_t npuCreateSurfaceObject(npuSurfaceObject_t *surface, const npuResourceDesc *resource) {
  return entry("npuCreateSurfaceObject", trace(surface, resource), [&] {
    if (!surface || !resource)
      return missing(!surface ? "the result" : "the resource");
    Object object;
    object.resource = *resource;
    return create(surface, objects().surfaces, object, [&](int instance, uint64_t &address) {
      return makeSurface(*resource, instance, address);
    });
  });
}

npuError_t npuDestroySurfaceObject(npuSurfaceObject_t surface) {
  return entry("npuDestroySurfaceObject", trace(surface),
               [&] { return destroy(surface, objects().surfaces); });
}

npuError_t npuGetSurfaceObjectResourceDesc(npuResourceDesc *resource, npuSurfaceObject_t surface) {
  return entry("npuGetSurfaceObjectResourceDesc", trace(resource, surface), [&] {
    if (!resource)
      return missing("the result");
    return find(surface, objects().surfaces, [&](const Object &object) {
      *resource = object.resource;
      return Status();
    });
  });
}

npuError_t npuDeviceGetTexture1DLinearMaxWidth(size_t *elements,
                                               const npuChannelFormatDesc *description,
                                               int device) {
  return entry("npuDeviceGetTexture1DLinearMaxWidth", trace(elements, description, device), [&] {
    if (!elements || !description)
      return missing(!elements ? "the result" : "the description");
    if (Status status = checkDevice(device); !status)
      return status;
    ElementFormat format;
    if (Status status = readFormat(*description, format); !status)
      return status;
    // An index is an int, and distances in a descriptor are bytes.
    *elements = (size_t(1) << 31) / format.bytes();
    return Status();
  });
}

} // extern "C"
