// CUDA's spelling of the runtime API: declarations only, C and C++. Each function is bound to the
// neutral function's symbol, so the runtime library has one implementation and one name for it.
#ifndef NPU_CUDA_RUNTIME_API_H
#define NPU_CUDA_RUNTIME_API_H
#define __CUDA_RUNTIME_API_H__

#include "npu/api/hold_macros.def"

#include "driver_types.h"
#include "npu/device/attributes.h"
#include "npu_gap.h"
#include "vector_types.h"

#ifndef CUDART_VERSION
#define CUDART_VERSION 12080
#endif
#define __CUDART_API_VERSION CUDART_VERSION

// In a neutral source, npu/kernel.h has declared this name, with neutral types, for Clang.
#ifdef NPU_NEUTRAL_KERNEL_CALLS
#define cudaLaunchKernel cudaLaunchKernelByName
#endif

#ifdef __cplusplus
#define NPU_OR(value) = value
extern "C" {
#else
#define NPU_OR(value)
#endif

#define NPU_T(name) cuda##name
#define NPU_MAKE(name) make_cuda##name
// In host code under -default-stream per-thread, some symbols have other names.
#define NPU_NAMED(symbol) __asm__(NPU_TEXT(symbol))
#define NPU_TEXT(symbol) #symbol
#if defined(CUDA_API_PER_THREAD_DEFAULT_STREAM) && !defined(__CUDA_ARCH__)
#include "per_thread_streams.h"
#endif
#define GROUP(title)
#define API(cuda, neutral, parameters, status) cudaError_t cuda parameters NPU_NAMED(neutral);
#define API_OF(type, cuda, neutral, parameters, status) type cuda parameters __asm__(#neutral);
#define API_OWN(type, cuda, neutral, parameters, status) type cuda parameters;
#define API_ANYWHERE(cuda, neutral, parameters, status)                                            \
  NPU_HOST_DEVICE cudaError_t cuda parameters NPU_NAMED(neutral);
#define API_OWN_ANYWHERE(type, cuda, neutral, parameters, status)                                  \
  NPU_HOST_DEVICE type cuda parameters;
#define GAP(cuda, reason) NPU_GAP(cudaError_t, cuda, NPU_ANYTHING, reason)
#define GAP_OF(cuda, parameters, reason) NPU_GAP(cudaError_t, cuda, parameters, reason)
#include "npu/api/external_types.def"
#include "npu/api/graphics_types.def"
#include "npu/api/helpers.def"
#include "npu/api/runtime.def"
#define GROUP(title)
#define API(cuda, neutral, parameters, status) cudaError_t cuda parameters NPU_NAMED(neutral);
#define GAP(cuda, reason) NPU_GAP(cudaError_t, cuda, NPU_ANYTHING, reason)
#define GAP_OF(cuda, parameters, reason) NPU_GAP(cudaError_t, cuda, parameters, reason)
#include "npu/api/graphics.def"
#include "npu/api/versions.def"
#undef GROUP
#undef API
#undef GAP

#ifdef __cplusplus
}
#endif
#if defined(CUDA_API_PER_THREAD_DEFAULT_STREAM) && !defined(__CUDA_ARCH__)
#include "per_thread_streams.h"
#endif
#undef NPU_NAMED
#undef NPU_TEXT
#undef NPU_T
#undef NPU_MAKE
#undef NPU_OR

#include "npu/api/release_macros.def"

#endif
