// cuSPARSE's spelling of npu/sparse.h.
#ifndef CUSPARSE_H_
#define CUSPARSE_H_

#include "npu/api/hold_macros.def"

#include "cuComplex.h"
#include "cuda_runtime.h"
#include "library_types.h"

#include "npu_gap.h"
#include <stddef.h>
#include <stdint.h>

#define CUSPARSEAPI
#define CUSPARSE_VER_MAJOR 12
#define CUSPARSE_VER_MINOR 5
#define CUSPARSE_VER_PATCH 4
#define CUSPARSE_VERSION 12504

#ifdef __cplusplus
extern "C" {
#endif

#define NPU_T(name) cuda##name
#define NPU_SPARSE(name) cusparse##name
#define NPU_SPARSE_E(name) CUSPARSE_##name
#define NPU_COMPLEX_FLOAT cuComplex
#define NPU_COMPLEX_DOUBLE cuDoubleComplex
#include "npu/api/sparse_types.def"

#define GROUP(title)
#define API(cuda, neutral, parameters, status) cusparseStatus_t cuda parameters __asm__(#neutral);
#define API_OF(type, cuda, neutral, parameters, status) type cuda parameters __asm__(#neutral);
#define GAP(cuda, reason) NPU_GAP(cusparseStatus_t, cuda, NPU_ANYTHING, reason)
#include "npu/api/sparse.def"
#undef GROUP
#undef API
#undef API_OF
#undef GAP
#undef NPU_T
#undef NPU_SPARSE
#undef NPU_SPARSE_E
#undef NPU_COMPLEX_FLOAT
#undef NPU_COMPLEX_DOUBLE

#ifdef __cplusplus
}
#endif

#include "npu/api/release_macros.def"

#endif
