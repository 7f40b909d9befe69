// The kernel dialect: what kernels and the code that launches them need. A source that includes
// this header directly is compiled twice by npucc, once for the host and once for the device.
//
//   NPU_KERNEL void scale(float *x, float a, int n) {
//     int i = npu::blockIdx.x * npu::blockDim.x + npu::threadIdx.x;
//     if (i < n) x[i] *= a;
//   }
//   npu::launch(scale, {blocks, threads}, x, 2.0f, n);
#ifndef NPU_KERNEL_H
#define NPU_KERNEL_H

#include "npu/api/hold_macros.def"

#ifndef __cplusplus
#error "npu/kernel.h is for C++; C sources can use npu/runtime.h"
#endif

#if defined(__CUDA__) && defined(__clang__)
// First of all: what it includes must precede every standard header.
#include "npu/device/clang_cuda.h"
#endif

#include "npu/captured_bindings.h"
#include "npu/device/attributes.h"
#include "npu/device/launch.h"
#include "npu/runtime.h"
#include "npu/variable_arrays.h"
#include "npu/vector_types.h"

#if defined(__CUDA__) && defined(__clang__)
#ifndef NPU_CUDA_COMPATIBLE
#define NPU_NEUTRAL_KERNEL_CALLS
// Clang's kernel stubs look these up by name, whatever the program's own spelling is.
extern "C" npuError_t cudaLaunchKernel(const void *function, npuDim3 grid, npuDim3 block,
                                       void **arguments, size_t sharedBytes, npuStream_t stream);
extern "C" NPU_HOST_DEVICE unsigned int __cudaPushCallConfiguration(npuDim3 grid, npuDim3 block,
                                                                    size_t sharedBytes = 0,
                                                                    void *stream = nullptr);
#endif
#include "npu/device/atomics.h"
#include "npu/device/bits.h"
#include "npu/device/builtin_variables.h"
#include "npu/device/fast_math.h"
#include "npu/device/memory_access.h"
#include "npu/device/ordered_atomics.h"
#include "npu/device/simd_words.h"
#include "npu/device/surfaces.h"
#include "npu/device/sync.h"
#include "npu/device/textures.h"
#include "npu/device/warp.h"

namespace npu {
#define NPU_T(name) npu##name
#include "npu/api/texture_reference_functions.def"
#undef NPU_T
} // namespace npu

// For code that differs by compiler or side: NPU_ARCH is defined in device code only.
#define NPU_KERNEL_COMPILER 1
#ifdef __CUDA_ARCH__
#define NPU_ARCH __CUDA_ARCH__
#endif
#endif

#include "npu/api/release_macros.def"

#endif
