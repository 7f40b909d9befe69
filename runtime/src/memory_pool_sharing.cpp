// Pools of several processes: what they hand on is single allocations (shared_memory.h). A pool's
// own file is empty; it tells which pool an allocation is of.
#include "memory_pool.h"
#include "memory_pool_state.h"
#include "shared_memory.h"

#include <fcntl.h>

namespace npu::core {

Status exportPool(npuMemPool_t handle, void *shareable) {
  std::lock_guard<std::mutex> lock(pools().mutex);
  std::shared_ptr<Pool> pool;
  if (Status status = findPool(handle, pool); !status)
    return status;
  if (!shareable || pool->file < 0)
    return Status(npuErrorInvalidValue, "the result is null, or the pool was made without handles");
  const int file = dup(pool->file);
  if (file < 0)
    return Status(npuErrorOperatingSystem, "there are no more file descriptors");
  *static_cast<int *>(shareable) = file;
  return {};
}

Status importPool(void *shareable, npuMemPool_t *handle) {
  const int file = int(reinterpret_cast<intptr_t>(shareable));
  const uint64_t identity = identityOf(file);
  // Files of memory have seals, a pool's is empty.
  if (!handle || !identity || fcntl(file, F_GET_SEALS) < 0 || sizeOf(file))
    return Status(npuErrorInvalidValue, "the result is null, or this is no pool's file descriptor");
  std::lock_guard<std::mutex> lock(pools().mutex);
  const std::shared_ptr<Pool> pool = addPool(currentDevice(), 0);
  pool->imported = true;
  pool->identity = identity;
  *handle = handleOf(pool);
  return {};
}

Status exportFromPool(const void *pointer, SharedHandle &shared) {
  uint64_t identity = 0;
  {
    std::lock_guard<std::mutex> lock(pools().mutex);
    const auto found = pools().blocks.find(pointer);
    if (found == pools().blocks.end() || !found->second.used || found->second.pool->file < 0)
      return Status(npuErrorInvalidValue, "this is no memory of a pool with handles");
    identity = found->second.pool->identity;
  }
  Status status = exportMemory(pointer, SharedHandle::Kind::PoolMemory, shared);
  shared.pool = identity;
  return status;
}

Status importIntoPool(npuMemPool_t handle, const SharedHandle &shared, void **pointer) {
  {
    std::lock_guard<std::mutex> lock(pools().mutex);
    std::shared_ptr<Pool> pool;
    if (Status status = findPool(handle, pool); !status)
      return status;
    if (!pool->imported || pool->identity != shared.pool)
      return Status(npuErrorInvalidValue, "the memory is not of this pool");
  }
  return importMemory(shared, SharedHandle::Kind::PoolMemory, pointer);
}

} // namespace npu::core
