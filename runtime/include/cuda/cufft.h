// cuFFT's spelling of npu/fft.h.
#ifndef _CUFFT_H_
#define _CUFFT_H_
// Programs test either macro.
#define CUFFT_H_

#include "npu/api/hold_macros.def"

#include "cuComplex.h"
#include "cuda_runtime.h"
#include "library_types.h"
#include "npu_gap.h"

#define CUFFTAPI
#define CUFFT_FORWARD (-1)
#define CUFFT_INVERSE 1
#define CUFFT_COMPATIBILITY_DEFAULT CUFFT_COMPATIBILITY_FFTW_PADDING
#define CUFFT_VERSION 11206
#define CUFFT_VER_MAJOR 11
#define CUFFT_VER_MINOR 2
#define CUFFT_VER_PATCH 6

#ifdef __cplusplus
extern "C" {
#endif

#define NPU_T(name) cuda##name
#define NPU_FFT(name) cufft##name
#define NPU_FFT_E(name) CUFFT_##name
#define NPU_FFT_COMPLEX(name) cu##name
#include "npu/api/fft_types.def"

#define GROUP(title)
#define API(cuda, neutral, parameters, status)                                                     \
  cufftResult CUFFTAPI cuda parameters __asm__(#neutral);
#define GAP(cuda, reason) NPU_GAP(cufftResult, cuda, NPU_ANYTHING, reason)
#include "npu/api/fft.def"
#undef GROUP
#undef API
#undef GAP
#undef NPU_T
#undef NPU_FFT
#undef NPU_FFT_E
#undef NPU_FFT_COMPLEX

#ifdef __cplusplus
}
#endif

#include "npu/api/release_macros.def"

#if defined(__CUDA__) && defined(__clang__) && defined(__cplusplus)
#include "npu/device/fft_callbacks.h"
// A call offers this source's kernels first. The translator rewrites the name itself.
#ifndef NPU_TRANSLATOR
#define cufftXtSetCallback(...) (::npu::fft_callbacks::offer(), cufftXtSetCallback(__VA_ARGS__))
#endif
#endif

#endif
