// The cuBLAS header before CUDA 4: functions without a handle. Both spellings (npu/blas_v1.h) share
// one symbol in libnpurt.
#ifndef CUBLAS_H_
#define CUBLAS_H_

#include "npu/api/hold_macros.def"

#ifdef CUBLAS_API_H_
#error "cublas.h: cublas_v2.h is included too, whose functions have the same names and a handle"
#endif
// Later inclusions of cublas_v2.h would declare the same names anew.
#define NPU_CUBLAS_WITHOUT_HANDLES

#include <stdint.h>

#include "driver_types.h"

#include "cuComplex.h"
#include "library_types.h"
#include "vector_types.h"

#ifndef CUBLASWINAPI
#define CUBLASWINAPI
#endif
#ifndef CUBLASAPI
#define CUBLASAPI
#endif

#ifdef __cplusplus
extern "C" {
#endif

#define NPU_T(name) cuda##name
#define NPU_C(name) CUDA_##name
#define NPU_BLAS_T(name) cublas##name
#define NPU_BLAS_E(name) CUBLAS_##name
#define NPU_BLAS_COMPLEX float2
#define NPU_BLAS_DOUBLE_COMPLEX double2
#include "npu/api/blas_types.def"

#include "npu/api/blas_v1_declarations.def"

#undef NPU_T
#undef NPU_C
#undef NPU_BLAS_T
#undef NPU_BLAS_E
#undef NPU_BLAS_COMPLEX
#undef NPU_BLAS_DOUBLE_COMPLEX

#ifdef __cplusplus
}
#endif

#include "npu/api/release_macros.def"

#endif
