// The neutral BLAS API, in C and C++: column-major matrices, as in the reference BLAS and cuBLAS.
//
// Every function returns at once with a status; its work is put on the handle's stream
// (npublasSetStream; default: the legacy default stream) and runs on the first device that accepts
// it. Scalars (alpha, beta) are host pointers, or device pointers after
// npublasSetPointerMode(handle, NPUBLAS_POINTER_MODE_DEVICE). A handle may be used from several
// threads.
#ifndef NPU_BLAS_H
#define NPU_BLAS_H

#include "npu/api/hold_macros.def"

#include "npu/complex.h"
#include "npu/library_types.h"
#include "npu/types.h"
#include "npu/vector_types.h"

#ifdef __cplusplus
#include "npu/bfloat16.h"
#include "npu/float16.h"
#endif

#include <stdint.h>

#ifdef __cplusplus
extern "C" {
#endif

#define NPU_T(name) npu##name
#define NPU_BLAS_T(name) npublas##name
#define NPU_BLAS_E(name) NPUBLAS_##name
#define NPU_C(name) NPU_##name
#include "npu/api/blas_emulation_types.def"
#include "npu/api/blas_types.def"

struct __half; // in C, only pointers to them pass here
struct __nv_bfloat16;
#define NPU_BLAS_COMPLEX float2
#define NPU_BLAS_DOUBLE_COMPLEX double2
#define NPU_BLAS_HALF struct __half
#define NPU_BLAS_BFLOAT16 struct __nv_bfloat16

#define API(cuda, neutral, params, status) npublasStatus_t neutral params;
#define API_OF(returnType, cuda, neutral, params, status) returnType neutral params;
#define GAP(cuda, reason)
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
#undef NPU_BLAS_T
#undef NPU_BLAS_E
#undef NPU_C
#undef NPU_BLAS_COMPLEX
#undef NPU_BLAS_DOUBLE_COMPLEX
#undef NPU_BLAS_HALF
#undef NPU_BLAS_BFLOAT16

#include "npu/api/release_macros.def"

#endif
