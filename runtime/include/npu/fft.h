// Fourier transforms in one to three dimensions, in the order of a stream. C and C++. Results are
// not scaled: a transform and its inverse multiply by the number of elements. A transform from
// complex to real numbers may overwrite its input. A plan may be used by one thread at a time.
#ifndef NPU_FFT_H
#define NPU_FFT_H

#include "npu/api/hold_macros.def"

#include "npu/complex.h"
#include "npu/library_types.h"
#include "npu/runtime.h"

#include <stddef.h>

#define NPUFFT_FORWARD (-1)
#define NPUFFT_INVERSE 1
#define NPUFFT_COMPATIBILITY_DEFAULT NPUFFT_COMPATIBILITY_FFTW_PADDING
#define NPUFFT_VERSION 11206

#ifdef __cplusplus
extern "C" {
#endif

#define NPU_T(name) npu##name
#define NPU_FFT(name) npufft##name
#define NPU_FFT_E(name) NPUFFT_##name
#define NPU_FFT_COMPLEX(name) npu##name
#include "npu/api/fft_types.def"

#define GROUP(title)
#define API(cuda, neutral, parameters, status) npufftResult neutral parameters;
#define GAP(cuda, reason)
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
#define npufftXtSetCallback(...) (::npu::fft_callbacks::offer(), npufftXtSetCallback(__VA_ARGS__))
#endif
#endif

#endif
