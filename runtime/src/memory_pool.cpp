// See memory_pool.h. One lock for all pools: allocations are rare beside launches.
#include "memory_pool.h"

#include "graph_capture.h"
#include "memory.h"

#include <algorithm>
#include <atomic>
#include <map>
#include <mutex>
#include <unordered_map>

namespace npu::core {
namespace {

constexpr size_t kGranularity = 512;

struct Pool {
  int device = 0;
  size_t maxBytes = 0; // 0: no bound
  bool isDefault = false, destroyed = false;
  int reuse[3] = {1, 1, 1}; // remembered: order alone decides here
  uint64_t threshold = 0;
  uint64_t reserved = 0, reservedHigh = 0, used = 0, usedHigh = 0;
  std::map<int, npuMemAccessFlags> access; // by device
};

struct Block {
  std::shared_ptr<Pool> pool;
  size_t bytes = 0;
  bool used = false;
  Point freed; // when not used: from then on it may be given out
};

// Never destroyed: programs free memory in static destructors. All under `mutex`.
struct Pools {
  std::mutex mutex;
  std::unordered_map<const void *, std::shared_ptr<Pool>> live;
  std::map<int, std::shared_ptr<Pool>> defaults, current;
  std::unordered_map<const void *, Block> blocks;
};
Pools &pools() {
  static Pools &instance = *new Pools;
  return instance;
}
// Free blocks exist, so a wait has something to look at.
std::atomic<bool> hasFreeBlocks{false};

npuMemPool_t handleOf(const std::shared_ptr<Pool> &pool) {
  return reinterpret_cast<npuMemPool_t>(pool.get());
}

// The functions below: under the lock.

std::shared_ptr<Pool> addPool(int device, size_t maxBytes) {
  auto pool = std::make_shared<Pool>();
  pool->device = device;
  pool->maxBytes = maxBytes;
  pool->access[device] = npuMemAccessFlagsProtReadWrite;
  pools().live.emplace(pool.get(), pool);
  return pool;
}

std::shared_ptr<Pool> defaultOf(int device) {
  std::shared_ptr<Pool> &pool = pools().defaults[device];
  if (!pool) {
    pool = addPool(device, 0);
    pool->isDefault = true;
  }
  return pool;
}

std::shared_ptr<Pool> currentOf(int device) {
  const auto found = pools().current.find(device);
  return found == pools().current.end() ? defaultOf(device) : found->second;
}

Status findPool(npuMemPool_t handle, std::shared_ptr<Pool> &pool) {
  const auto found = pools().live.find(handle);
  if (found == pools().live.end())
    return Status(npuErrorInvalidValue, "this is not a memory pool, or it has been destroyed");
  pool = found->second;
  return {};
}

bool isReached(const Point &point) {
  return !point.timeline || point.timeline->reached(point.value);
}

// Takes free blocks of pools (of one, or of all) out of the tables until each holds at most what
// `keep` says; the caller gives them back without the lock.
template <class Keep>
void takeFree(const Pool *only, Keep keep, std::vector<void *> &out, bool reachedOnly = true) {
  bool left = false;
  for (auto it = pools().blocks.begin(); it != pools().blocks.end();) {
    Block &block = it->second;
    const bool mine = !block.used && (!only || block.pool.get() == only);
    if (mine && block.pool->reserved > keep(*block.pool) &&
        (!reachedOnly || isReached(block.freed))) {
      block.pool->reserved -= block.bytes;
      out.push_back(const_cast<void *>(it->first));
      it = pools().blocks.erase(it);
      continue;
    }
    left |= !block.used;
    ++it;
  }
  hasFreeBlocks = left;
}

uint64_t keptAfterWait(const Pool &pool) { return pool.destroyed ? 0 : pool.threshold; }

void giveBack(const std::vector<void *> &memory) {
  for (void *pointer : memory)
    (void)freeMemoryNow(pointer, false); // it was in the map a moment ago
}

// The smallest free block that is large enough, not wastefully so, and in order with `timeline`.
void *takeFitting(const std::shared_ptr<Pool> &pool, size_t bytes,
                  const std::shared_ptr<Timeline> &timeline) {
  void *best = nullptr;
  size_t bestBytes = bytes <= SIZE_MAX / 2 ? 2 * bytes + 1 : SIZE_MAX;
  for (auto &[pointer, block] : pools().blocks)
    if (!block.used && block.pool == pool && block.bytes >= bytes && block.bytes < bestBytes &&
        (block.freed.timeline == timeline || isReached(block.freed))) {
      best = const_cast<void *>(pointer);
      bestBytes = block.bytes;
    }
  return best;
}

void countUse(Pool &pool, size_t bytes) {
  pool.used += bytes;
  pool.usedHigh = std::max(pool.usedHigh, pool.used);
}

// Adds `bytes` to what the pool holds, before they are there.
Status reserveIn(Pool &pool, size_t bytes) {
  if (pool.maxBytes && pool.reserved + bytes > pool.maxBytes)
    return Status(npuErrorMemoryAllocation,
                  "the pool is bounded to " + std::to_string(pool.maxBytes) + " bytes");
  pool.reserved += bytes;
  pool.reservedHigh = std::max(pool.reservedHigh, pool.reserved);
  return {};
}

} // namespace

Status createPool(const npuMemPoolProps *properties, npuMemPool_t *handle) {
  if (!properties || !handle)
    return Status(npuErrorInvalidValue, "the properties or the result is null");
  if (properties->allocType != npuMemAllocationTypePinned)
    return Status(npuErrorInvalidValue,
                  "a pool's memory is of the type npuMemAllocationTypePinned");
  if (properties->handleTypes != npuMemHandleTypeNone)
    return Status(npuErrorNotSupported, "memory cannot be shared with other processes");
  const bool onHost = properties->location.type == npuMemLocationTypeHost;
  if (!onHost && properties->location.type != npuMemLocationTypeDevice)
    return Status(npuErrorInvalidValue, "a pool is on a device or the host");
  const int device = onHost ? currentDevice() : properties->location.id;
  if (Status status = checkDevice(device); !status)
    return status;
  std::lock_guard<std::mutex> lock(pools().mutex);
  *handle = handleOf(addPool(device, properties->maxSize));
  return {};
}

Status destroyPool(npuMemPool_t handle) {
  std::vector<void *> memory;
  {
    std::lock_guard<std::mutex> lock(pools().mutex);
    std::shared_ptr<Pool> pool;
    if (Status status = findPool(handle, pool); !status)
      return status;
    if (pool->isDefault)
      return Status(npuErrorInvalidValue, "a device's default pool cannot be destroyed");
    pool->destroyed = true;
    pools().live.erase(handle);
    for (auto it = pools().current.begin(); it != pools().current.end();)
      it = it->second == pool ? pools().current.erase(it) : std::next(it);
    takeFree(pool.get(), keptAfterWait, memory);
  }
  giveBack(memory);
  return {};
}

Status defaultPool(int device, npuMemPool_t *handle) {
  if (!handle)
    return Status(npuErrorInvalidValue, "the result is null");
  if (Status status = checkDevice(device); !status)
    return status;
  std::lock_guard<std::mutex> lock(pools().mutex);
  *handle = handleOf(defaultOf(device));
  return {};
}

Status currentPool(int device, npuMemPool_t *handle) {
  if (!handle)
    return Status(npuErrorInvalidValue, "the result is null");
  if (Status status = checkDevice(device); !status)
    return status;
  std::lock_guard<std::mutex> lock(pools().mutex);
  *handle = handleOf(currentOf(device));
  return {};
}

Status setCurrentPool(int device, npuMemPool_t handle) {
  if (Status status = checkDevice(device); !status)
    return status;
  std::lock_guard<std::mutex> lock(pools().mutex);
  std::shared_ptr<Pool> pool;
  if (Status status = findPool(handle, pool); !status)
    return status;
  if (pool->device != device)
    return Status(npuErrorInvalidValue, "the pool is on another device");
  pools().current[device] = pool;
  return {};
}

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

Status trimPool(npuMemPool_t handle, size_t bytesToKeep) {
  std::vector<void *> memory;
  {
    std::lock_guard<std::mutex> lock(pools().mutex);
    std::shared_ptr<Pool> pool;
    if (Status status = findPool(handle, pool); !status)
      return status;
    takeFree(
        pool.get(), [=](const Pool &) { return uint64_t(bytesToKeep); }, memory);
  }
  giveBack(memory);
  return {};
}

void trimPoolsAfterWait() {
  if (!hasFreeBlocks.load(std::memory_order_acquire))
    return;
  std::vector<void *> memory;
  {
    std::lock_guard<std::mutex> lock(pools().mutex);
    takeFree(nullptr, keptAfterWait, memory);
  }
  giveBack(memory);
}

void trimAllPools() {
  std::vector<void *> memory;
  {
    std::lock_guard<std::mutex> lock(pools().mutex);
    takeFree(
        nullptr, [](const Pool &) { return uint64_t(0); }, memory);
  }
  giveBack(memory);
}

Status allocateFromPool(void **pointer, size_t bytes, npuMemPool_t handle, npuStream_t stream) {
  if (!pointer)
    return Status(npuErrorInvalidValue, "the result is null");
  *pointer = nullptr;
  std::shared_ptr<Stream> found;
  if (Status status = findStream(stream, found); !status)
    return status;
  if (found->capturing.load(std::memory_order_acquire))
    return captureAllocation(*found, bytes, pointer);
  if (bytes > SIZE_MAX - kGranularity)
    return Status(npuErrorMemoryAllocation, "the size overflows");
  const size_t rounded = (bytes + kGranularity - 1) / kGranularity * kGranularity;
  std::shared_ptr<Pool> pool;
  {
    std::lock_guard<std::mutex> lock(pools().mutex);
    if (!handle)
      pool = currentOf(found->device);
    else if (Status status = findPool(handle, pool); !status)
      return status;
    if (bytes == 0)
      return {};
    if (void *again = takeFitting(pool, rounded, found->timeline)) {
      Block &block = pools().blocks[again];
      block.used = true;
      block.freed = {};
      countUse(*pool, block.bytes);
      *pointer = again;
      return {};
    }
    if (Status status = reserveIn(*pool, rounded); !status)
      return status;
  }
  // Memory is there at once, which is earlier than the stream's order asks for.
  Status status = allocateMemory(MemoryKind::Device, rounded, 0, pointer);
  if (status.code() == npuErrorMemoryAllocation) {
    trimAllPools();
    status = allocateMemory(MemoryKind::Device, rounded, 0, pointer);
  }
  std::lock_guard<std::mutex> lock(pools().mutex);
  if (!status) {
    pool->reserved -= rounded;
    return status;
  }
  pools().blocks[*pointer] = {pool, rounded, true, {}};
  countUse(*pool, rounded);
  return {};
}

bool isPoolMemory(const void *pointer) {
  std::lock_guard<std::mutex> lock(pools().mutex);
  return pools().blocks.count(pointer) != 0;
}

Status freeToPool(void *pointer, Point freed) {
  std::lock_guard<std::mutex> lock(pools().mutex);
  const auto found = pools().blocks.find(pointer);
  if (found == pools().blocks.end() || !found->second.used)
    return Status(npuErrorInvalidValue,
                  "this pointer was not allocated here, or has been freed already");
  Block &block = found->second;
  block.used = false;
  block.freed = std::move(freed);
  block.pool->used -= block.bytes;
  hasFreeBlocks = true;
  return {};
}

} // namespace npu::core
