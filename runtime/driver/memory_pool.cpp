// Memory pools: the runtime's.
#include "driver_call.h"

using namespace npu;
using namespace npu::driver_api;

namespace {

static_assert(sizeof(npudrv_memPoolProps) == sizeof(npuMemPoolProps) &&
                  sizeof(npudrv_memAccessDesc) == sizeof(npuMemAccessDesc) &&
                  sizeof(npudrv_memLocation) == sizeof(npuMemLocation),
              "both APIs describe pools alike");

npuMemLocation *locationOf(npudrv_memLocation *location) {
  return reinterpret_cast<npuMemLocation *>(location);
}

} // namespace

extern "C" {

npudrv_result npudrvMemPoolCreate(npudrv_memoryPool *pool, const npudrv_memPoolProps *properties) {
  return call("cuMemPoolCreate", [&] {
    return done(npuMemPoolCreate(pool, reinterpret_cast<const npuMemPoolProps *>(properties)));
  });
}

npudrv_result npudrvMemPoolDestroy(npudrv_memoryPool pool) {
  return call("cuMemPoolDestroy", [&] { return done(npuMemPoolDestroy(pool)); });
}

npudrv_result npudrvMemPoolSetAttribute(npudrv_memoryPool pool, npudrv_memPool_attribute attribute,
                                        void *value) {
  return call("cuMemPoolSetAttribute",
              [&] { return done(npuMemPoolSetAttribute(pool, npuMemPoolAttr(attribute), value)); });
}

npudrv_result npudrvMemPoolGetAttribute(npudrv_memoryPool pool, npudrv_memPool_attribute attribute,
                                        void *value) {
  return call("cuMemPoolGetAttribute",
              [&] { return done(npuMemPoolGetAttribute(pool, npuMemPoolAttr(attribute), value)); });
}

npudrv_result npudrvMemPoolSetAccess(npudrv_memoryPool pool,
                                     const npudrv_memAccessDesc *descriptions, size_t count) {
  return call("cuMemPoolSetAccess", [&] {
    return done(
        npuMemPoolSetAccess(pool, reinterpret_cast<const npuMemAccessDesc *>(descriptions), count));
  });
}

npudrv_result npudrvMemPoolGetAccess(npudrv_memAccess_flags *flags, npudrv_memoryPool pool,
                                     npudrv_memLocation *location) {
  return call("cuMemPoolGetAccess", [&] {
    return done(npuMemPoolGetAccess(reinterpret_cast<npuMemAccessFlags *>(flags), pool,
                                    reinterpret_cast<npuMemLocation *>(location)));
  });
}

npudrv_result npudrvMemPoolTrimTo(npudrv_memoryPool pool, size_t bytesToKeep) {
  return call("cuMemPoolTrimTo", [&] { return done(npuMemPoolTrimTo(pool, bytesToKeep)); });
}

npudrv_result npudrvMemAllocFromPoolAsync(npudrv_deviceptr *pointer, size_t bytes,
                                          npudrv_memoryPool pool, npudrv_stream stream) {
  return call("cuMemAllocFromPoolAsync", [&] {
    void *memory = nullptr;
    if (!pointer)
      return Status(npuErrorInvalidValue, "the result is null");
    Status status = done(npuMallocFromPoolAsync(&memory, bytes, pool, stream));
    if (status)
      *pointer = number(memory);
    return status;
  });
}

npudrv_result npudrvDeviceGetDefaultMemPool(npudrv_memoryPool *pool, npudrv_device device) {
  return call(
      "cuDeviceGetDefaultMemPool", [&] { return done(npuDeviceGetDefaultMemPool(pool, device)); },
      Needs::Init);
}

npudrv_result npudrvDeviceGetMemPool(npudrv_memoryPool *pool, npudrv_device device) {
  return call(
      "cuDeviceGetMemPool", [&] { return done(npuDeviceGetMemPool(pool, device)); }, Needs::Init);
}

npudrv_result npudrvDeviceSetMemPool(npudrv_device device, npudrv_memoryPool pool) {
  return call(
      "cuDeviceSetMemPool", [&] { return done(npuDeviceSetMemPool(device, pool)); }, Needs::Init);
}

npudrv_result npudrvMemGetDefaultMemPool(npudrv_memoryPool *pool, npudrv_memLocation *location,
                                         npudrv_memAllocationType type) {
  return call(
      "cuMemGetDefaultMemPool",
      [&] {
        return done(
            npuMemGetDefaultMemPool(pool, locationOf(location), npuMemAllocationType(type)));
      },
      Needs::Init);
}

npudrv_result npudrvMemGetMemPool(npudrv_memoryPool *pool, npudrv_memLocation *location,
                                  npudrv_memAllocationType type) {
  return call(
      "cuMemGetMemPool",
      [&] {
        return done(npuMemGetMemPool(pool, locationOf(location), npuMemAllocationType(type)));
      },
      Needs::Init);
}

npudrv_result npudrvMemSetMemPool(npudrv_memLocation *location, npudrv_memAllocationType type,
                                  npudrv_memoryPool pool) {
  return call(
      "cuMemSetMemPool",
      [&] {
        return done(npuMemSetMemPool(locationOf(location), npuMemAllocationType(type), pool));
      },
      Needs::Init);
}

npudrv_result npudrvMemPoolExportToShareableHandle(void *shareable, npudrv_memoryPool pool,
                                                   npudrv_memAllocationHandleType type,
                                                   unsigned long long flags) {
  return call("cuMemPoolExportToShareableHandle", [&] {
    return done(npuMemPoolExportToShareableHandle(shareable, pool, npuMemAllocationHandleType(type),
                                                  unsigned(flags)));
  });
}

npudrv_result npudrvMemPoolImportFromShareableHandle(npudrv_memoryPool *pool, void *shareable,
                                                     npudrv_memAllocationHandleType type,
                                                     unsigned long long flags) {
  return call("cuMemPoolImportFromShareableHandle", [&] {
    return done(npuMemPoolImportFromShareableHandle(
        pool, shareable, npuMemAllocationHandleType(type), unsigned(flags)));
  });
}

npudrv_result npudrvMemPoolExportPointer(npudrv_memPoolPtrExportData *data,
                                         npudrv_deviceptr pointer) {
  return call("cuMemPoolExportPointer",
              [&] { return done(npuMemPoolExportPointer(data, address(pointer))); });
}

npudrv_result npudrvMemPoolImportPointer(npudrv_deviceptr *pointer, npudrv_memoryPool pool,
                                         npudrv_memPoolPtrExportData *data) {
  return call("cuMemPoolImportPointer", [&] {
    void *memory = nullptr;
    if (!pointer)
      return Status(npuErrorInvalidValue, "the result is null");
    Status status = done(npuMemPoolImportPointer(&memory, pool, data));
    if (status)
      *pointer = number(memory);
    return status;
  });
}

} // extern "C"
