// Memory pools: stream-ordered allocation on top of the memory map. A block that is freed on a
// stream is given out again when the order of streams makes that safe, or goes back to the memory
// home at a synchronisation, as far as the pool holds more than its release threshold.
// Everything in here may be called from any thread.
#pragma once

#include "shared_file.h"
#include "stream.h"

namespace npu::core {

Status createPool(const npuMemPoolProps *properties, npuMemPool_t *handle);
Status destroyPool(npuMemPool_t handle);
Status defaultPool(int device, npuMemPool_t *handle);
Status currentPool(int device, npuMemPool_t *handle);
Status setCurrentPool(int device, npuMemPool_t handle);
Status setPoolAttribute(npuMemPool_t handle, npuMemPoolAttr attribute, const void *value);
Status getPoolAttribute(npuMemPool_t handle, npuMemPoolAttr attribute, void *value);
Status setPoolAccess(npuMemPool_t handle, const npuMemAccessDesc *descriptions, size_t count);
Status getPoolAccess(npuMemPool_t handle, const npuMemLocation *location, npuMemAccessFlags *flags);
// Gives memory back that no stream needs any more until the pool holds at most `bytesToKeep`.
Status trimPool(npuMemPool_t handle, size_t bytesToKeep);

// Pools of several processes. `shareable`: where an int is for a file descriptor; the descriptor
// itself, as a pointer.
Status exportPool(npuMemPool_t handle, void *shareable);
Status importPool(void *shareable, npuMemPool_t *handle);
Status exportFromPool(const void *pointer, SharedHandle &shared);
Status importIntoPool(npuMemPool_t handle, const SharedHandle &shared, void **pointer);

// From `handle`, or the current pool of the stream's device when it is null.
Status allocateFromPool(void **pointer, size_t bytes, npuMemPool_t handle, npuStream_t stream);
bool isPoolMemory(const void *pointer);
// Frees after `freed`, which nothing has reached yet when it has a timeline.
Status freeToPool(void *pointer, Point freed);
// After a wait: gives back what exceeds the thresholds.
void trimPoolsAfterWait();
// When memory runs out: gives back all that is free, and waits for what streams have yet to free.
// Whether there was anything.
bool reclaimPools();

} // namespace npu::core
