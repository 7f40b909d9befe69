// CUDA's attribute words on the dialect's (npu/device/attributes.h).
#ifndef NPU_CUDA_HOST_DEFINES_H
#define NPU_CUDA_HOST_DEFINES_H
#define __HOST_DEFINES_H__

#include "npu/device/attributes.h"

#define __global__ NPU_KERNEL
#undef __device__
#define __device__ NPU_DEVICE
#undef __host__
#define __host__ NPU_HOST
#define __shared__ NPU_SHARED
#define __constant__ NPU_CONSTANT
#define __managed__ NPU_MANAGED
#undef __forceinline__
#define __forceinline__ NPU_FORCEINLINE
#define __grid_constant__ NPU_GRID_CONSTANT
#define __launch_bounds__(...) NPU_LAUNCH_BOUNDS(__VA_ARGS__)
#define __cluster_dims__(...) NPU_CLUSTER_DIMS(__VA_ARGS__)
#define __maxnreg__(...) // there is no register file to divide
#define __align__(bytes) NPU_ALIGN(bytes)
#define __builtin_align__(bytes) NPU_ALIGN(bytes)
#define __device_builtin__
#define __cudart_builtin__
#define CUDARTAPI
#define CUDARTAPI_CDECL
#define CUDART_CB
#define __nv_pure__
#endif
