// Attributes of memory pools, and who may reach their memory.
#include "memory_pool.h"
#include "memory_pool_state.h"

namespace npu::core {

Status setPoolAttribute(npuMemPool_t handle, npuMemPoolAttr attribute, const void *value) {
  std::lock_guard<std::mutex> lock(pools().mutex);
  std::shared_ptr<Pool> pool;
  if (Status status = findPool(handle, pool); !status)
    return status;
  if (!value)
    return Status(npuErrorInvalidValue, "the value is null");
  const auto mustBeZero = [&](uint64_t &high, uint64_t current) {
    if (*static_cast<const uint64_t *>(value))
      return Status(npuErrorInvalidValue, "a high-water mark can be set to 0 only");
    high = current;
    return Status();
  };
  switch (attribute) {
  case npuMemPoolReuseFollowEventDependencies:
  case npuMemPoolReuseAllowOpportunistic:
  case npuMemPoolReuseAllowInternalDependencies:
    pool->reuse[attribute - npuMemPoolReuseFollowEventDependencies] =
        *static_cast<const int *>(value) != 0;
    return {};
  case npuMemPoolAttrReleaseThreshold:
    pool->threshold = *static_cast<const uint64_t *>(value);
    return {};
  case npuMemPoolAttrReservedMemHigh:
    return mustBeZero(pool->reservedHigh, pool->reserved);
  case npuMemPoolAttrUsedMemHigh:
    return mustBeZero(pool->usedHigh, pool->used);
  default:
    return Status(npuErrorInvalidValue,
                  "the pool attribute " + std::to_string(attribute) + " cannot be set");
  }
}

Status getPoolAttribute(npuMemPool_t handle, npuMemPoolAttr attribute, void *value) {
  std::lock_guard<std::mutex> lock(pools().mutex);
  std::shared_ptr<Pool> pool;
  if (Status status = findPool(handle, pool); !status)
    return status;
  if (!value)
    return Status(npuErrorInvalidValue, "the result is null");
  const auto give = [value](uint64_t number) {
    *static_cast<uint64_t *>(value) = number;
    return Status();
  };
  switch (attribute) {
  case npuMemPoolReuseFollowEventDependencies:
  case npuMemPoolReuseAllowOpportunistic:
  case npuMemPoolReuseAllowInternalDependencies:
    *static_cast<int *>(value) = pool->reuse[attribute - npuMemPoolReuseFollowEventDependencies];
    return {};
  case npuMemPoolAttrReleaseThreshold:
    return give(pool->threshold);
  case npuMemPoolAttrReservedMemCurrent:
    return give(pool->reserved);
  case npuMemPoolAttrReservedMemHigh:
    return give(pool->reservedHigh);
  case npuMemPoolAttrUsedMemCurrent:
    return give(pool->used);
  case npuMemPoolAttrUsedMemHigh:
    return give(pool->usedHigh);
  }
  return Status(npuErrorInvalidValue, "unknown pool attribute " + std::to_string(attribute));
}

Status setPoolAccess(npuMemPool_t handle, const npuMemAccessDesc *descriptions, size_t count) {
  std::lock_guard<std::mutex> lock(pools().mutex);
  std::shared_ptr<Pool> pool;
  if (Status status = findPool(handle, pool); !status)
    return status;
  if (count && !descriptions)
    return Status(npuErrorInvalidValue, "the descriptions are null");
  for (size_t i = 0; i < count; ++i) {
    const npuMemAccessDesc &description = descriptions[i];
    if (description.location.type != npuMemLocationTypeDevice)
      return Status(npuErrorInvalidValue, "access is given to devices");
    if (Status status = checkDevice(description.location.id); !status)
      return status;
    if (description.location.id == pool->device &&
        description.flags != npuMemAccessFlagsProtReadWrite)
      return Status(npuErrorInvalidDevice, "a pool's own device keeps its access");
  }
  for (size_t i = 0; i < count; ++i)
    pool->access[descriptions[i].location.id] = descriptions[i].flags;
  return {};
}

Status getPoolAccess(npuMemPool_t handle, const npuMemLocation *location,
                     npuMemAccessFlags *flags) {
  std::lock_guard<std::mutex> lock(pools().mutex);
  std::shared_ptr<Pool> pool;
  if (Status status = findPool(handle, pool); !status)
    return status;
  if (!location || !flags || location->type != npuMemLocationTypeDevice)
    return Status(npuErrorInvalidValue, "the result is null, or the location is no device");
  if (Status status = checkDevice(location->id); !status)
    return status;
  const auto found = pool->access.find(location->id);
  *flags = found == pool->access.end() ? npuMemAccessFlagsProtNone : found->second;
  return {};
}

} // namespace npu::core
