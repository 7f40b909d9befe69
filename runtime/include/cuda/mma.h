// CUDA's warp matrices: the dialect's (npu/warp_matrix.h), in CUDA's namespace.
#ifndef NPU_CUDA_MMA_H
#define NPU_CUDA_MMA_H

#include "cuda_bf16.h"
#include "cuda_fp16.h"
#include "cuda_runtime.h"
#include "npu/warp_matrix.h"

#if defined(__CUDA__) && defined(__clang__)
namespace nvcuda = npu::matrices;
#endif

#endif
