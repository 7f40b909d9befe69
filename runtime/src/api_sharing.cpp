// Memory and events of several processes.
#include "entry.h"

#include "event.h"
#include "memory_pool.h"
#include "shared_memory.h"

#include <cstring>

using namespace npu;
using namespace npu::core;

namespace {

template <class Handle> SharedHandle read(const Handle &handle) {
  SharedHandle shared;
  std::memcpy(static_cast<void *>(&shared), &handle, sizeof(shared));
  return shared;
}

// What `find` gives, which takes a SharedHandle and gives a Status.
template <class Handle, class Find> Status write(Handle *handle, Find find) {
  if (!handle)
    return Status(npuErrorInvalidValue, "the result is null");
  SharedHandle shared;
  Status status = find(shared);
  if (status) {
    std::memset(handle, 0, sizeof(*handle));
    std::memcpy(handle, &shared, sizeof(shared));
  }
  return status;
}

Status checkExport(npuMemAllocationHandleType type, unsigned flags) {
  if (flags)
    return Status(npuErrorInvalidValue, "the flags must be 0");
  if (type != npuMemHandleTypePosixFileDescriptor)
    return Status(npuErrorNotSupported, "pools are shared by file descriptors only");
  return {};
}

} // namespace

extern "C" {

npuError_t npuIpcGetMemHandle(npuIpcMemHandle_t *handle, void *pointer) {
  return entry("npuIpcGetMemHandle", trace(handle, pointer), [&] {
    return write(handle, [&](SharedHandle &shared) {
      return exportMemory(pointer, SharedHandle::Kind::Memory, shared);
    });
  });
}

npuError_t npuIpcOpenMemHandle(void **pointer, npuIpcMemHandle_t handle, unsigned int flags) {
  return entry("npuIpcOpenMemHandle", trace(pointer, flags), [&] {
    if (!pointer || (flags & ~unsigned(npuIpcMemLazyEnablePeerAccess)))
      return Status(npuErrorInvalidValue, pointer ? "unknown flags" : "the result is null");
    return importMemory(read(handle), SharedHandle::Kind::Memory, pointer);
  });
}

npuError_t npuIpcCloseMemHandle(void *pointer) {
  return entry("npuIpcCloseMemHandle", trace(pointer), [&] {
    if (isImportedFromPool(pointer))
      return Status(npuErrorInvalidValue, "memory of a pool is freed, not closed");
    if (Status status = synchronizeAllDevices(); status.code() == npuErrorNotPermitted)
      return status;
    return closeImported(pointer);
  });
}

npuError_t npuIpcGetEventHandle(npuIpcEventHandle_t *handle, npuEvent_t event) {
  return entry("npuIpcGetEventHandle", trace(handle, event), [&] {
    return write(handle, [&](SharedHandle &shared) { return exportEvent(event, shared); });
  });
}

npuError_t npuIpcOpenEventHandle(npuEvent_t *event, npuIpcEventHandle_t handle) {
  return entry("npuIpcOpenEventHandle", trace(event), [&] {
    if (!event)
      return Status(npuErrorInvalidValue, "the result is null");
    return importEvent(read(handle), event);
  });
}

npuError_t npuMemPoolExportToShareableHandle(void *shareable, npuMemPool_t pool,
                                             npuMemAllocationHandleType type, unsigned int flags) {
  return entry("npuMemPoolExportToShareableHandle", trace(shareable, pool, type, flags), [&] {
    if (Status status = checkExport(type, flags); !status)
      return status;
    return exportPool(pool, shareable);
  });
}

npuError_t npuMemPoolImportFromShareableHandle(npuMemPool_t *pool, void *shareable,
                                               npuMemAllocationHandleType type,
                                               unsigned int flags) {
  return entry("npuMemPoolImportFromShareableHandle", trace(pool, shareable, type, flags), [&] {
    if (Status status = checkExport(type, flags); !status)
      return status;
    return importPool(shareable, pool);
  });
}

npuError_t npuMemPoolExportPointer(npuMemPoolPtrExportData *data, void *pointer) {
  return entry("npuMemPoolExportPointer", trace(data, pointer), [&] {
    return write(data, [&](SharedHandle &shared) { return exportFromPool(pointer, shared); });
  });
}

npuError_t npuMemPoolImportPointer(void **pointer, npuMemPool_t pool,
                                   npuMemPoolPtrExportData *data) {
  return entry("npuMemPoolImportPointer", trace(pointer, pool, data), [&] {
    if (!pointer || !data)
      return Status(npuErrorInvalidValue, "the result or the data is null");
    return importIntoPool(pool, read(*data), pointer);
  });
}

} // extern "C"
