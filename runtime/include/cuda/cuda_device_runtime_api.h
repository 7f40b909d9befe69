// The runtime as kernels may call it. What the host has too is in cuda_runtime.h; dynamic
// parallelism is not provided. Its functions are declared and defined nowhere, because headers
// (Thrust, CUB) name them in code that no kernel reaches: the device compiler reports a kernel that
// does reach one.
#ifndef NPU_CUDA_DEVICE_RUNTIME_API_H
#define NPU_CUDA_DEVICE_RUNTIME_API_H

#include "cuda_runtime.h"

#if defined(__cplusplus) && defined(__CUDA__) && defined(__clang__)
extern "C" {
__device__ void *cudaGetParameterBuffer(size_t alignment, size_t bytes);
__device__ void *cudaGetParameterBufferV2(void *function, dim3 grid, dim3 block,
                                          unsigned int sharedBytes);
__device__ cudaError_t cudaLaunchDevice(void *function, void *parameters, dim3 grid, dim3 block,
                                        unsigned int sharedBytes, cudaStream_t stream);
__device__ cudaError_t cudaLaunchDeviceV2(void *parameters, cudaStream_t stream);
__host__ __device__ cudaError_t __cudaDeviceSynchronizeDeprecationAvoidance();
}
#endif

#endif
