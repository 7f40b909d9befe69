// CUDA's runtime API and, in CUDA mode, the whole device language. npucc includes this header before
// every CUDA source, as nvcc does.
#ifndef NPU_CUDA_RUNTIME_H
#define NPU_CUDA_RUNTIME_H
#define __CUDA_RUNTIME_H__
#define NPU_CUDA_COMPATIBLE

#include "cuda_runtime_api.h"

#ifdef __cplusplus
#define NPU_T(name) cuda##name
#include "npu/api/runtime_templates.def"
#undef NPU_T

#if defined(__CUDA__) && defined(__clang__)
// What Clang's <<<>>> calls.
extern "C" unsigned int __cudaPushCallConfiguration(dim3 grid, dim3 block, size_t sharedBytes = 0,
                                                    void *stream = nullptr);
#include "npu/kernel.h"

using npu::blockDim;
using npu::blockIdx;
using npu::gridDim;
using npu::threadIdx;
using npu::warpSize;
#endif
#endif

#endif
