// CUDA-compatible spelling of the BLAS API (npu/blas.h): both spellings share one symbol in
// libnpurt. A function that cuBLAS exports as <name>_v2 is declared under both names, so sources
// that write either one need no renaming macros.
#ifndef CUBLAS_API_H_
#define CUBLAS_API_H_

#include "npu/api/hold_macros.def"

#ifdef NPU_CUBLAS_WITHOUT_HANDLES
#error "cublas_v2.h: cublas.h is included too, whose functions have the same names and no handle"
#endif

#include <stdint.h>

#include "driver_types.h"
#include "npu_gap.h"

#include "cuComplex.h"
#include "library_types.h"
#include "vector_types.h"

#ifdef __cplusplus
#include "cuda_bf16.h"
#include "cuda_fp16.h"
#else
struct __half; // only pointers to them pass here
struct __nv_bfloat16;
#endif

#ifndef CUBLASWINAPI
#define CUBLASWINAPI
#endif

#define CUBLAS_VER_MAJOR 12
#define CUBLAS_VER_MINOR 8
#define CUBLAS_VER_PATCH 0
#define CUBLAS_VER_BUILD 0
#define CUBLAS_VERSION (CUBLAS_VER_MAJOR * 10000 + CUBLAS_VER_MINOR * 100 + CUBLAS_VER_PATCH)

#ifdef __cplusplus
extern "C" {
#endif

#define NPU_T(name) cuda##name
#define NPU_C(name) CUDA_##name
#define NPU_BLAS_T(name) cublas##name
#define NPU_BLAS_E(name) CUBLAS_##name
#include "npu/api/blas_emulation_types.def"
#include "npu/api/blas_types.def"

#define NPU_BLAS_COMPLEX float2
#define NPU_BLAS_DOUBLE_COMPLEX double2
#define NPU_BLAS_HALF struct __half
#define NPU_BLAS_BFLOAT16 struct __nv_bfloat16

#define API(cuda, neutral, params, status) cublasStatus_t cuda params __asm__(#neutral);
#define API_OF(returnType, cuda, neutral, params, status) returnType cuda params __asm__(#neutral);
#define GAP(cuda, reason) NPU_GAP(cublasStatus_t, cuda, NPU_ANYTHING, reason)
#define GROUP(name)
#include "npu/api/blas.def"
#undef API
#undef API_OF
#undef GAP
#undef GROUP

#ifdef __cplusplus
}
#include "npu/api/blas_overloads.def"
#endif

#undef NPU_T
#undef NPU_C
#undef NPU_BLAS_T
#undef NPU_BLAS_E
#undef NPU_BLAS_COMPLEX
#undef NPU_BLAS_DOUBLE_COMPLEX
#undef NPU_BLAS_HALF
#undef NPU_BLAS_BFLOAT16

#include "npu/api/release_macros.def"

#endif
