// The neutral form of the BLAS interface before handles, in C and C++. A source includes this
// header or npu/blas.h, not both: the same names are other functions there.
#ifndef NPU_BLAS_V1_H
#define NPU_BLAS_V1_H

#include "npu/api/hold_macros.def"

#ifdef NPU_BLAS_H
#error "npu/blas_v1.h: npu/blas.h is included too, whose functions have the same names and a handle"
#endif

#include "npu/library_types.h"
#include "npu/types.h"
#include "npu/vector_types.h"

#include <stdint.h>

#ifdef __cplusplus
extern "C" {
#endif

#define NPU_T(name) npu##name
#define NPU_C(name) NPU_##name
#define NPU_BLAS_T(name) npublas##name
#define NPU_BLAS_E(name) NPUBLAS_##name
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
