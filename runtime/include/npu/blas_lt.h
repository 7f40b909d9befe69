// The neutral form of cublasLt, in C and C++: matrix products described by data. Descriptors are
// plain memory; a product is put on the stream that the call names. Handles of npu/blas.h may be
// used too.
#ifndef NPU_BLAS_LT_H
#define NPU_BLAS_LT_H

#include "npu/api/hold_macros.def"

#include "npu/blas.h"

#include <stddef.h>
#include <stdint.h>

#ifdef __cplusplus
extern "C" {
#endif

#define NPU_T(name) npu##name
#define NPU_BLAS_T(name) npublas##name
#define NPU_LT_E(name) NPUBLASLT_##name
#include "npu/api/blas_lt_types.def"

#define API(cuda, neutral, params, status) npublasStatus_t neutral params;
#define API_OF(returnType, cuda, neutral, params, status) returnType neutral params;
#define GAP(cuda, reason)
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
