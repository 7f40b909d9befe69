// The neutral form of cublasXt, in C and C++: products of matrices in host memory. A call returns
// when the result is there. Device memory is taken too.
#ifndef NPU_BLAS_XT_H
#define NPU_BLAS_XT_H

#include "npu/api/hold_macros.def"

#include "npu/blas.h"

#include <stddef.h>

#ifdef __cplusplus
extern "C" {
#endif

#define NPU_T(name) npu##name
#define NPU_BLAS_T(name) npublas##name
#define NPU_XT_E(name) NPUBLASXT_##name
#define NPU_BLAS_COMPLEX float2
#define NPU_BLAS_DOUBLE_COMPLEX double2
#include "npu/api/blas_xt_types.def"

#define API(cuda, neutral, params, status) npublasStatus_t neutral params;
#define GAP(cuda, reason)
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
