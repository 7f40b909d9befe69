// CUDA-compatible spelling of npu/blas_lt.h: both spellings share one symbol in libnpurt.
#ifndef CUBLASLT_H_
#define CUBLASLT_H_

#include "npu/api/hold_macros.def"

#include "cublas_api.h"

#include "npu_gap.h"
#include <stddef.h>
#include <stdint.h>

#ifdef __cplusplus
extern "C" {
#endif

#define NPU_T(name) cuda##name
#define NPU_BLAS_T(name) cublas##name
#define NPU_LT_E(name) CUBLASLT_##name
#include "npu/api/blas_lt_types.def"

#define API(cuda, neutral, params, status) cublasStatus_t cuda params __asm__(#neutral);
#define API_OF(returnType, cuda, neutral, params, status) returnType cuda params __asm__(#neutral);
#define GAP(cuda, reason) NPU_GAP(cublasStatus_t, cuda, NPU_ANYTHING, reason)
#define GROUP(name)
#include "npu/api/blas_lt.def"
#undef API
#undef API_OF
#undef GAP
#undef GROUP

#include "npu/api/blas_lt_inline.def"

#undef NPU_T
#undef NPU_BLAS_T
#undef NPU_LT_E

#ifdef __cplusplus
}
#endif

#include "npu/api/release_macros.def"

#endif
