// Memory pools and stream-ordered allocation.
#include "entry.h"

#include "memory_pool.h"

using namespace npu;
using namespace npu::core;

namespace {

// Where pools can be.
Status checkLocation(const npuMemLocation *location, npuMemAllocationType type) {
  if (!location)
    return Status(npuErrorInvalidValue, "the location is null");
  return location->type == npuMemLocationTypeDevice && type == npuMemAllocationTypePinned
             ? Status()
             : Status(npuErrorNotSupported, "pools have pinned memory on a device");
}

} // namespace

extern "C" {

npuError_t npuMemPoolCreate(npuMemPool_t *pool, const npuMemPoolProps *properties) {
  return entry("npuMemPoolCreate", trace(pool, properties),
               [&] { return createPool(properties, pool); });
}

npuError_t npuMemPoolDestroy(npuMemPool_t pool) {
  return entry("npuMemPoolDestroy", trace(pool), [&] { return destroyPool(pool); });
}

npuError_t npuMemPoolSetAttribute(npuMemPool_t pool, npuMemPoolAttr attribute, void *value) {
  return entry("npuMemPoolSetAttribute", trace(pool, attribute, value),
               [&] { return setPoolAttribute(pool, attribute, value); });
}

npuError_t npuMemPoolGetAttribute(npuMemPool_t pool, npuMemPoolAttr attribute, void *value) {
  return entry("npuMemPoolGetAttribute", trace(pool, attribute, value),
               [&] { return getPoolAttribute(pool, attribute, value); });
}

npuError_t npuMemPoolSetAccess(npuMemPool_t pool, const npuMemAccessDesc *descriptions,
                               size_t count) {
  return entry("npuMemPoolSetAccess", trace(pool, descriptions, count),
               [&] { return setPoolAccess(pool, descriptions, count); });
}

npuError_t npuMemPoolGetAccess(npuMemAccessFlags *flags, npuMemPool_t pool,
                               npuMemLocation *location) {
  return entry("npuMemPoolGetAccess", trace(flags, pool, location),
               [&] { return getPoolAccess(pool, location, flags); });
}

npuError_t npuMemPoolTrimTo(npuMemPool_t pool, size_t bytesToKeep) {
  return entry("npuMemPoolTrimTo", trace(pool, bytesToKeep),
               [&] { return trimPool(pool, bytesToKeep); });
}

npuError_t npuMallocFromPoolAsync(void **pointer, size_t bytes, npuMemPool_t pool,
                                  npuStream_t stream) {
  return entry("npuMallocFromPoolAsync", trace(pointer, bytes, pool, stream), [&] {
    if (!pool)
      return Status(npuErrorInvalidValue, "there is no pool");
    return allocateFromPool(pointer, bytes, pool, stream);
  });
}

npuError_t npuMallocAsync(void **pointer, size_t bytes, npuStream_t stream) {
  return entry("npuMallocAsync", trace(pointer, bytes, stream),
               [&] { return allocateFromPool(pointer, bytes, nullptr, stream); });
}

npuError_t npuDeviceGetDefaultMemPool(npuMemPool_t *pool, int device) {
  return entry("npuDeviceGetDefaultMemPool", trace(pool, device),
               [&] { return defaultPool(device, pool); });
}

npuError_t npuDeviceGetMemPool(npuMemPool_t *pool, int device) {
  return entry("npuDeviceGetMemPool", trace(pool, device),
               [&] { return currentPool(device, pool); });
}

npuError_t npuDeviceSetMemPool(int device, npuMemPool_t pool) {
  return entry("npuDeviceSetMemPool", trace(device, pool),
               [&] { return setCurrentPool(device, pool); });
}

npuError_t npuMemGetDefaultMemPool(npuMemPool_t *pool, npuMemLocation *location,
                                   npuMemAllocationType type) {
  return entry("npuMemGetDefaultMemPool", trace(pool, location, type), [&] {
    const Status status = checkLocation(location, type);
    return status ? defaultPool(location->id, pool) : status;
  });
}

npuError_t npuMemGetMemPool(npuMemPool_t *pool, npuMemLocation *location,
                            npuMemAllocationType type) {
  return entry("npuMemGetMemPool", trace(pool, location, type), [&] {
    const Status status = checkLocation(location, type);
    return status ? currentPool(location->id, pool) : status;
  });
}

npuError_t npuMemSetMemPool(npuMemLocation *location, npuMemAllocationType type,
                            npuMemPool_t pool) {
  return entry("npuMemSetMemPool", trace(location, type, pool), [&] {
    const Status status = checkLocation(location, type);
    return status ? setCurrentPool(location->id, pool) : status;
  });
}

} // extern "C"
