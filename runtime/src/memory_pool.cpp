// See memory_pool.h.
#include "memory_pool.h"
#include "memory_pool_state.h"

#include "graph_capture.h"
#include "memory.h"

#include <algorithm>
#include <atomic>

namespace npu::core {

Pools &pools() {
  static Pools &instance = *new Pools;
  return instance;
}

std::shared_ptr<Pool> addPool(int device, size_t maxBytes) {
  auto pool = std::make_shared<Pool>();
  pool->device = device;
  pool->maxBytes = maxBytes;
  pool->access[device] = npuMemAccessFlagsProtReadWrite;
  pools().live.emplace(pool.get(), pool);
  return pool;
}

Status findPool(npuMemPool_t handle, std::shared_ptr<Pool> &pool) {
  const auto found = pools().live.find(handle);
  if (found == pools().live.end())
    return Status(npuErrorInvalidValue, "this is not a memory pool, or it has been destroyed");
  pool = found->second;
  return {};
}

namespace {

constexpr size_t kGranularity = 512;

// Free blocks exist, so a wait has something to look at.
std::atomic<bool> hasFreeBlocks{false};

// The functions below: under the lock.

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

bool isReached(const Point &point) {
  return !point.timeline || point.timeline->reached(point.value);
}

void addFree(const std::shared_ptr<Pool> &pool, void *pointer, size_t bytes) {
  pool->free.emplace(bytes, pointer);
  pools().withFree.insert(pool);
  hasFreeBlocks = true;
}

void removeFree(const std::shared_ptr<Pool> &pool, void *pointer, size_t bytes) {
  pool->free.erase({bytes, pointer});
  if (pool->free.empty())
    pools().withFree.erase(pool);
  hasFreeBlocks = !pools().withFree.empty();
}

std::vector<std::shared_ptr<Pool>> poolsWithFree(const Pool *only) {
  std::vector<std::shared_ptr<Pool>> found;
  for (const std::shared_ptr<Pool> &pool : pools().withFree)
    if (!only || pool.get() == only)
      found.push_back(pool);
  return found;
}

// Takes free blocks of pools (of one, or of all) out of the tables, the largest first, until each
// holds at most what `keep` says; the caller gives them back without the lock.
template <class Keep> void takeFree(const Pool *only, Keep keep, std::vector<void *> &out) {
  for (const std::shared_ptr<Pool> &pool : poolsWithFree(only)) {
    const uint64_t kept = keep(*pool);
    for (auto it = pool->free.end(); it != pool->free.begin() && pool->reserved > kept;) {
      const auto [bytes, pointer] = *--it;
      if (!isReached(pools().blocks[pointer].freed))
        continue;
      const auto next = std::next(it);
      removeFree(pool, pointer, bytes);
      it = next;
      pools().blocks.erase(pointer);
      pool->reserved -= bytes;
      out.push_back(pointer);
    }
  }
}

uint64_t keptAfterWait(const Pool &pool) { return pool.destroyed ? 0 : pool.threshold; }

void giveBack(const std::vector<void *> &memory) {
  for (void *pointer : memory)
    (void)freeMemoryNow(pointer, false); // it was in the map a moment ago
}

// The smallest free block that is large enough, not wastefully so, and in order with `timeline`.
void *takeFitting(const std::shared_ptr<Pool> &pool, size_t bytes,
                  const std::shared_ptr<Timeline> &timeline) {
  for (auto it = pool->free.lower_bound({bytes, nullptr});
       it != pool->free.end() && it->first / 2 <= bytes; ++it) {
    const auto [size, pointer] = *it;
    PoolBlock &block = pools().blocks[pointer];
    if (block.freed.timeline != timeline && !isReached(block.freed))
      continue;
    removeFree(pool, pointer, size);
    block.used = true;
    block.freed = {};
    return pointer;
  }
  return nullptr;
}

void countUse(Pool &pool, size_t bytes) {
  pool.used += bytes;
  pool.usedHigh = std::max(pool.usedHigh, pool.used);
}

// Adds `bytes` to what the pool holds, before they are there.
Status reserveIn(Pool &pool, size_t bytes) {
  if (pool.maxBytes && (bytes > pool.maxBytes || pool.reserved > pool.maxBytes - bytes))
    return Status(npuErrorMemoryAllocation,
                  "the pool is bounded to " + std::to_string(pool.maxBytes) + " bytes");
  pool.reserved += bytes;
  pool.reservedHigh = std::max(pool.reservedHigh, pool.reserved);
  return {};
}

// The functions below: without the lock.

// Gives back what is free in a pool, or in all, also what streams have yet to free; false when
// there was nothing.
bool reclaim(const Pool *only) {
  std::vector<Point> pending;
  {
    std::lock_guard<std::mutex> lock(pools().mutex);
    for (const std::shared_ptr<Pool> &pool : poolsWithFree(only))
      for (const auto &[bytes, pointer] : pool->free)
        if (const Point &freed = pools().blocks[pointer].freed; !isReached(freed))
          pending.push_back(freed);
  }
  if (mayWait())
    for (const Point &point : pending)
      point.timeline->wait(point.value);
  std::vector<void *> memory;
  {
    std::lock_guard<std::mutex> lock(pools().mutex);
    takeFree(
        only, [](const Pool &) { return uint64_t(0); }, memory);
  }
  giveBack(memory);
  return !memory.empty();
}

// Gives a free block, or else makes room in the pool for a new one.
Status reuseOrReserve(const std::shared_ptr<Pool> &pool, size_t bytes,
                      const std::shared_ptr<Timeline> &timeline, void **pointer) {
  const auto attempt = [&] {
    std::lock_guard<std::mutex> lock(pools().mutex);
    *pointer = takeFitting(pool, bytes, timeline);
    if (!*pointer)
      return reserveIn(*pool, bytes);
    countUse(*pool, pools().blocks[*pointer].bytes);
    return Status();
  };
  Status status = attempt();
  return status || !reclaim(pool.get()) ? status : attempt();
}

} // namespace

Status createPool(const npuMemPoolProps *properties, npuMemPool_t *handle) {
  if (!properties || !handle)
    return Status(npuErrorInvalidValue, "the properties or the result is null");
  if (properties->allocType != npuMemAllocationTypePinned)
    return Status(npuErrorInvalidValue,
                  "a pool's memory is of the type npuMemAllocationTypePinned");
  if (properties->handleTypes & ~npuMemHandleTypePosixFileDescriptor)
    return Status(npuErrorNotSupported, "pools are shared by file descriptors only");
  const bool onHost = properties->location.type == npuMemLocationTypeHost;
  if (!onHost && properties->location.type != npuMemLocationTypeDevice)
    return Status(npuErrorInvalidValue, "a pool is on a device or the host");
  const int device = onHost ? currentDevice() : properties->location.id;
  if (Status status = checkDevice(device); !status)
    return status;
  int file = -1;
  if (properties->handleTypes != npuMemHandleTypeNone)
    if (Status status = makeSharedFile(0, file); !status)
      return status;
  std::lock_guard<std::mutex> lock(pools().mutex);
  const std::shared_ptr<Pool> pool = addPool(device, properties->maxSize);
  pool->file = file;
  pool->identity = file < 0 ? 0 : identityOf(file);
  *handle = handleOf(pool);
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

bool reclaimPools() { return reclaim(nullptr); }

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
    if (pool->imported)
      return Status(npuErrorInvalidValue, "a pool of another process gives no memory here");
    if (bytes == 0)
      return {};
  }
  if (Status status = reuseOrReserve(pool, rounded, found->timeline, pointer); !status || *pointer)
    return status;
  // Memory is there at once, which is earlier than the stream's order asks for.
  Status status = allocateMemory(MemoryKind::Device, rounded, 0, pointer);
  if (status.code() == npuErrorMemoryAllocation && reclaimPools())
    status = allocateMemory(MemoryKind::Device, rounded, 0, pointer);
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
  PoolBlock &block = found->second;
  block.used = false;
  block.freed = std::move(freed);
  block.pool->used -= block.bytes;
  addFree(block.pool, pointer, block.bytes);
  return {};
}

} // namespace npu::core
