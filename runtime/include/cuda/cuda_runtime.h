// CUDA's runtime API and, in CUDA mode, the whole device language. npucc includes this header
// before every CUDA source, as nvcc does.
#ifndef NPU_CUDA_RUNTIME_H
#define NPU_CUDA_RUNTIME_H
#define __CUDA_RUNTIME_H__
#define NPU_CUDA_COMPATIBLE

#include "npu/api/hold_macros.def"

#if defined(__cplusplus) && defined(__CUDA__) && defined(__clang__)
// First of all: what it includes must precede every standard header.
#include "npu/device/clang_cuda.h"
#endif

#include "cuda_runtime_api.h"

#include <math.h> // programs count on it

#ifdef __cplusplus
#include "npu/captured_bindings.h"
#include "npu/variable_arrays.h"

#define NPU_OR(value) = value
#define NPU_T(name) cuda##name
#include "npu/api/channel_descriptions.def"
#include "npu/api/runtime_templates.def"
#include "npu/api/texture_references.def"
#define NPU_TEXTURE texture
#define NPU_SURFACE surface
#include "npu/api/texture_binding.def"
#undef NPU_TEXTURE
#undef NPU_SURFACE
#undef NPU_T
#undef NPU_OR

#if defined(__CUDA__) && defined(__clang__)
#ifndef NPU_NEUTRAL_KERNEL_CALLS
// What Clang's <<<>>> calls.
extern "C" NPU_HOST_DEVICE unsigned int
__cudaPushCallConfiguration(dim3 grid, dim3 block, size_t sharedBytes = 0, void *stream = nullptr)
#if defined(CUDA_API_PER_THREAD_DEFAULT_STREAM) && !defined(__CUDA_ARCH__)
    __asm__("__cudaPushCallConfiguration_ptsz")
#endif
        ;
#endif
#include "cuda_device_runtime_api.h"
#include "npu_cuda_dialect.h"
#include "npu_cuda_textures.h"

// Programs test these to find out that nvcc, and which, compiles them.
#ifndef __CUDA_ARCH_LIST__
#define __CUDA_ARCH_LIST__ 800
#endif
#ifndef __CUDACC_VER_MAJOR__
#define __CUDACC_VER_MAJOR__ 12
#define __CUDACC_VER_MINOR__ 8
#define __CUDACC_VER_BUILD__ 0
#endif
#endif
#endif

#include "npu/api/release_macros.def"

#endif
