// OpenGL buffers that kernels see as device memory. The memory is the buffer's copy: filled when
// the buffer is mapped, written back when it is unmapped, after the stream's work. Any thread that
// has the buffer's context.
#include "entry.h"

#include "npu/graphics.h"

#include "core.h"
#include "graph_capture.h"
#include "memory.h"
#include "opengl.h"
#include "stream.h"

#include <mutex>
#include <unordered_map>

using namespace npu;
using namespace npu::core;

namespace {

struct Resource {
  unsigned buffer = 0, registerFlags = 0, mapFlags = 0;
  size_t bytes = 0;
  void *memory = nullptr;
  bool isMapped = false; // under the table's mutex
};

// Never destroyed: programs unregister in static destructors.
struct Resources {
  std::mutex mutex;
  // Under mutex: by handle, and those of CUDA's first interface by buffer.
  std::unordered_map<const void *, std::shared_ptr<Resource>> live;
  std::unordered_map<unsigned, npuGraphicsResource_t> byBuffer;
};
Resources &resources() {
  static Resources &instance = *new Resources;
  return instance;
}

Status nullArgument() { return Status(npuErrorInvalidValue, "an argument is null"); }

Status find(npuGraphicsResource_t handle, std::shared_ptr<Resource> &resource) {
  std::lock_guard<std::mutex> lock(resources().mutex);
  const auto found = resources().live.find(handle);
  if (found == resources().live.end())
    return Status(npuErrorInvalidResourceHandle,
                  "this is not a graphics resource, or it is unregistered");
  resource = found->second;
  return {};
}

Status find(unsigned buffer, npuGraphicsResource_t &handle) {
  std::lock_guard<std::mutex> lock(resources().mutex);
  const auto found = resources().byBuffer.find(buffer);
  if (found == resources().byBuffer.end())
    return Status(npuErrorInvalidResourceHandle,
                  "buffer " + std::to_string(buffer) + " is not registered");
  handle = found->second;
  return {};
}

Status checkMapFlags(unsigned flags) {
  return flags <= npuGraphicsMapFlagsWriteDiscard ? Status()
                                                  : Status(npuErrorInvalidValue, "unknown flags");
}

Status registerBuffer(npuGraphicsResource_t *handle, unsigned buffer, unsigned flags) {
  constexpr unsigned kKnown =
      npuGraphicsRegisterFlagsReadOnly | npuGraphicsRegisterFlagsWriteDiscard;
  if (!handle)
    return nullArgument();
  if (flags & ~kKnown)
    return Status(npuErrorInvalidValue, "a buffer is not registered with these flags");
  auto resource = std::make_shared<Resource>();
  resource->buffer = buffer;
  resource->registerFlags = flags;
  if (Status status = glBufferBytes(buffer, resource->bytes); !status)
    return status;
  if (Status status = allocateMemory(MemoryKind::Device, resource->bytes, 0, &resource->memory);
      !status)
    return status;
  *handle = reinterpret_cast<npuGraphicsResource_t>(resource.get());
  std::lock_guard<std::mutex> lock(resources().mutex);
  resources().live[*handle] = std::move(resource);
  return {};
}

Status unregister(npuGraphicsResource_t handle) {
  std::shared_ptr<Resource> resource;
  if (Status status = mayWait(); !status)
    return status;
  if (Status status = find(handle, resource); !status)
    return status;
  {
    std::lock_guard<std::mutex> lock(resources().mutex);
    resources().live.erase(handle);
    if (const auto found = resources().byBuffer.find(resource->buffer);
        found != resources().byBuffer.end() && found->second == handle)
      resources().byBuffer.erase(found);
  }
  return freeMemory(resource->memory, false);
}

// All of the resources, none of them in the wrong state; they are in the other one from now on.
Status change(int count, const npuGraphicsResource_t *handles, bool toMapped,
              std::vector<std::shared_ptr<Resource>> &changed) {
  if (count < 0 || (count && !handles))
    return Status(npuErrorInvalidValue, "no list of resources");
  for (int i = 0; i < count; ++i) {
    std::shared_ptr<Resource> resource;
    if (Status status = find(handles[i], resource); !status)
      return status;
    changed.push_back(std::move(resource));
  }
  std::lock_guard<std::mutex> lock(resources().mutex);
  for (const auto &resource : changed)
    if (resource->isMapped == toMapped)
      return Status(npuErrorUnknown,
                    toMapped ? "a resource is mapped already" : "a resource is not mapped");
  for (const auto &resource : changed)
    resource->isMapped = toMapped;
  return {};
}

bool readsBuffer(const Resource &resource) {
  return !(resource.registerFlags & npuGraphicsRegisterFlagsWriteDiscard) &&
         resource.mapFlags != npuGraphicsMapFlagsWriteDiscard;
}
bool writesBuffer(const Resource &resource) {
  return !(resource.registerFlags & npuGraphicsRegisterFlagsReadOnly) &&
         resource.mapFlags != npuGraphicsMapFlagsReadOnly;
}

Status map(int count, const npuGraphicsResource_t *handles, npuStream_t stream) {
  std::vector<std::shared_ptr<Resource>> mapped;
  std::shared_ptr<Stream> found;
  if (Status status = findStream(stream, found); !status)
    return status;
  if (Status status = captureAllowsUnsafe("mapping graphics resources"); !status)
    return status;
  if (Status status = change(count, handles, true, mapped); !status)
    return status;
  for (const auto &resource : mapped) {
    size_t bytes = 0;
    if (Status status = glBufferBytes(resource->buffer, bytes); !status)
      return status;
    if (bytes != resource->bytes)
      return Status(npuErrorUnknown, "buffer " + std::to_string(resource->buffer) +
                                         " has another size than when it was registered");
    // Nothing uses the memory between two mappings.
    if (readsBuffer(*resource))
      if (Status status = readGlBuffer(resource->buffer, bytes, resource->memory); !status)
        return status;
  }
  return {};
}

Status unmap(int count, const npuGraphicsResource_t *handles, npuStream_t stream) {
  std::vector<std::shared_ptr<Resource>> unmapped;
  if (Status status = synchronize(stream); !status)
    return status;
  if (Status status = change(count, handles, false, unmapped); !status)
    return status;
  for (const auto &resource : unmapped)
    if (writesBuffer(*resource))
      if (Status status = writeGlBuffer(resource->buffer, resource->bytes, resource->memory);
          !status)
        return status;
  return {};
}

Status mappedPointer(void **pointer, size_t *bytes, npuGraphicsResource_t handle) {
  std::shared_ptr<Resource> resource;
  if (!pointer && !bytes)
    return nullArgument();
  if (Status status = find(handle, resource); !status)
    return status;
  std::lock_guard<std::mutex> lock(resources().mutex);
  if (!resource->isMapped)
    return Status(npuErrorUnknown, "the resource is not mapped");
  if (pointer)
    *pointer = resource->memory;
  if (bytes)
    *bytes = resource->bytes;
  return {};
}

Status setMapFlags(npuGraphicsResource_t handle, unsigned flags) {
  std::shared_ptr<Resource> resource;
  if (Status status = checkMapFlags(flags); !status)
    return status;
  if (Status status = find(handle, resource); !status)
    return status;
  std::lock_guard<std::mutex> lock(resources().mutex);
  if (resource->isMapped)
    return Status(npuErrorUnknown, "the resource is mapped");
  resource->mapFlags = flags;
  return {};
}

Status mapByBuffer(void **pointer, unsigned buffer, npuStream_t stream) {
  npuGraphicsResource_t handle = nullptr;
  if (!pointer)
    return nullArgument();
  if (Status status = find(buffer, handle); !status)
    return status;
  if (Status status = map(1, &handle, stream); !status)
    return status;
  return mappedPointer(pointer, nullptr, handle);
}

Status unmapByBuffer(unsigned buffer, npuStream_t stream) {
  npuGraphicsResource_t handle = nullptr;
  Status status = find(buffer, handle);
  return status ? unmap(1, &handle, stream) : status;
}

} // namespace

extern "C" {

npuError_t npuGraphicsGLRegisterBuffer(npuGraphicsResource_t *resource, unsigned buffer,
                                       unsigned flags) {
  return entry("npuGraphicsGLRegisterBuffer", trace(resource, buffer, flags),
               [&] { return registerBuffer(resource, buffer, flags); });
}

npuError_t npuGraphicsUnregisterResource(npuGraphicsResource_t resource) {
  return entry("npuGraphicsUnregisterResource", trace(resource),
               [&] { return unregister(resource); });
}

npuError_t npuGraphicsResourceSetMapFlags(npuGraphicsResource_t resource, unsigned flags) {
  return entry("npuGraphicsResourceSetMapFlags", trace(resource, flags),
               [&] { return setMapFlags(resource, flags); });
}

npuError_t npuGraphicsMapResources(int count, npuGraphicsResource_t *handles, npuStream_t stream) {
  return entry("npuGraphicsMapResources", trace(count, handles, stream),
               [&] { return map(count, handles, stream); });
}

npuError_t npuGraphicsUnmapResources(int count, npuGraphicsResource_t *handles,
                                     npuStream_t stream) {
  return entry("npuGraphicsUnmapResources", trace(count, handles, stream),
               [&] { return unmap(count, handles, stream); });
}

npuError_t npuGraphicsResourceGetMappedPointer(void **pointer, size_t *bytes,
                                               npuGraphicsResource_t resource) {
  return entry("npuGraphicsResourceGetMappedPointer", trace(pointer, bytes, resource),
               [&] { return mappedPointer(pointer, bytes, resource); });
}

npuError_t npuGLSetGLDevice(int device) {
  return entry("npuGLSetGLDevice", trace(device), [&] { return setCurrentDevice(device); });
}

// Every context is drawn by the machine itself, and so is every device.
npuError_t npuGLGetDevices(unsigned *count, int *devices, unsigned room, npuGLDeviceList list) {
  return entry("npuGLGetDevices", trace(count, devices, room, list), [&] {
    if (!count || (room && !devices))
      return nullArgument();
    if (list < npuGLDeviceListAll || list > npuGLDeviceListNextFrame)
      return Status(npuErrorInvalidValue, "unknown list");
    *count = unsigned(deviceCount());
    for (unsigned i = 0; i < room && i < *count; ++i)
      devices[i] = int(i);
    return Status();
  });
}

npuError_t npuGLRegisterBufferObject(unsigned buffer) {
  return entry("npuGLRegisterBufferObject", trace(buffer), [&] {
    npuGraphicsResource_t handle = nullptr;
    if (find(buffer, handle))
      return Status(npuErrorInvalidValue, "the buffer is registered already");
    if (Status status = registerBuffer(&handle, buffer, npuGraphicsRegisterFlagsNone); !status)
      return status;
    std::lock_guard<std::mutex> lock(resources().mutex);
    resources().byBuffer[buffer] = handle;
    return Status();
  });
}

npuError_t npuGLSetBufferObjectMapFlags(unsigned buffer, unsigned flags) {
  return entry("npuGLSetBufferObjectMapFlags", trace(buffer, flags), [&] {
    npuGraphicsResource_t handle = nullptr;
    Status status = find(buffer, handle);
    return status ? setMapFlags(handle, flags) : status;
  });
}

npuError_t npuGLMapBufferObject(void **pointer, unsigned buffer) {
  return entry("npuGLMapBufferObject", trace(pointer, buffer),
               [&] { return mapByBuffer(pointer, buffer, nullptr); });
}

npuError_t npuGLMapBufferObjectAsync(void **pointer, unsigned buffer, npuStream_t stream) {
  return entry("npuGLMapBufferObjectAsync", trace(pointer, buffer, stream),
               [&] { return mapByBuffer(pointer, buffer, stream); });
}

npuError_t npuGLUnmapBufferObject(unsigned buffer) {
  return entry("npuGLUnmapBufferObject", trace(buffer),
               [&] { return unmapByBuffer(buffer, nullptr); });
}

npuError_t npuGLUnmapBufferObjectAsync(unsigned buffer, npuStream_t stream) {
  return entry("npuGLUnmapBufferObjectAsync", trace(buffer, stream),
               [&] { return unmapByBuffer(buffer, stream); });
}

npuError_t npuGLUnregisterBufferObject(unsigned buffer) {
  return entry("npuGLUnregisterBufferObject", trace(buffer), [&] {
    npuGraphicsResource_t handle = nullptr;
    Status status = find(buffer, handle);
    return status ? unregister(handle) : status;
  });
}

} // extern "C"
