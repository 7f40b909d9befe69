// CUDA's cooperative groups: the dialect's, in CUDA's namespace.
#ifndef NPU_CUDA_COOPERATIVE_GROUPS_H
#define NPU_CUDA_COOPERATIVE_GROUPS_H

#include "cuda_runtime.h"
#include "npu/cooperative_groups.h"

#if defined(__CUDA__) && defined(__clang__)
namespace cooperative_groups = npu::cooperative_groups;
#endif

#endif
