// Groups of threads as values: the block, tiles of it, the threads that happen to be together, and
// the grid. The same operations as npu::syncThreads() and the warp functions. A kernel
// that synchronises its grid must be launched by npuLaunchCooperativeKernel().
#ifndef NPU_COOPERATIVE_GROUPS_H
#define NPU_COOPERATIVE_GROUPS_H

#include "npu/api/hold_macros.def"

#include "npu/kernel.h"

#if defined(__CUDA__) && defined(__clang__)

#define NPU_GROUP static NPU_DEVICE NPU_FORCEINLINE
#define NPU_MEMBER NPU_DEVICE NPU_FORCEINLINE

#include "npu/cooperative_groups/block.h"
#include "npu/cooperative_groups/warp.h"

#include "npu/cooperative_groups/tile.h"

#include "npu/cooperative_groups/partition.h"

#include "npu/cooperative_groups/cluster.h"

#undef NPU_GROUP
#undef NPU_MEMBER

#endif

#include "npu/api/release_macros.def"

#endif
