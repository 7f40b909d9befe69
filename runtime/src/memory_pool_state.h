// What the files of memory pools share: the pools and their blocks. One lock for all pools:
// allocations are rare beside launches.
#pragma once

#include "memory_pool.h"

#include <map>
#include <memory>
#include <mutex>
#include <set>
#include <unistd.h>
#include <unordered_map>
#include <utility>

namespace npu::core {

struct Pool {
  Pool() = default;
  Pool(const Pool &) = delete;
  ~Pool() {
    if (file >= 0)
      close(file);
  }

  int device = 0;
  size_t maxBytes = 0; // 0: no bound
  bool isDefault = false, destroyed = false;
  int file = -1;            // what it is to other processes; none when it is not shared
  bool imported = false;    // of another process
  uint64_t identity = 0;    // of the file
  int reuse[3] = {1, 1, 1}; // remembered: order alone decides here
  uint64_t threshold = 0;
  std::set<std::pair<size_t, void *>> free; // blocks, by size
  uint64_t reserved = 0, reservedHigh = 0, used = 0, usedHigh = 0;
  std::map<int, npuMemAccessFlags> access; // by device
};

struct PoolBlock {
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
  std::unordered_map<const void *, PoolBlock> blocks;
  std::set<std::shared_ptr<Pool>> withFree; // those that have free blocks
};
Pools &pools();

inline npuMemPool_t handleOf(const std::shared_ptr<Pool> &pool) {
  return reinterpret_cast<npuMemPool_t>(pool.get());
}

// Under the lock.
std::shared_ptr<Pool> addPool(int device, size_t maxBytes);
Status findPool(npuMemPool_t handle, std::shared_ptr<Pool> &pool);

} // namespace npu::core
