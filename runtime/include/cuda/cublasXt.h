// CUDA-compatible spelling of npu/blas_xt.h: both spellings share one symbol in libnpurt.
#ifndef CUBLAS_XT_H_
#define CUBLAS_XT_H_

#include "npu/api/hold_macros.def"

#include "cublas_api.h"

#include "npu_gap.h"
#include <stddef.h>

#ifdef __cplusplus
extern "C" {
#endif

#define NPU_T(name) cuda##name
#define NPU_BLAS_T(name) cublas##name
#define NPU_XT_E(name) CUBLASXT_##name
#define NPU_BLAS_COMPLEX float2
#define NPU_BLAS_DOUBLE_COMPLEX double2
#include "npu/api/blas_xt_types.def"

#define API(cuda, neutral, params, status) cublasStatus_t cuda params __asm__(#neutral);
#define GAP(cuda, reason) NPU_GAP(cublasStatus_t, cuda, NPU_ANYTHING, reason)
#define GROUP(name)
#include "npu/api/blas_xt.def"
#undef API
#undef GAP
#undef GROUP

#undef NPU_T
#undef NPU_BLAS_T
#undef NPU_XT_E
#undef NPU_BLAS_COMPLEX
#undef NPU_BLAS_DOUBLE_COMPLEX

#ifdef __cplusplus
}
#endif

#include "npu/api/release_macros.def"

#endif
