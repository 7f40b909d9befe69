// Sparse linear algebra, in the order of a stream. C and C++. Matrices in CSR, CSC and COO; the
// indices of a row need no order. A handle and a descriptor may be used by one thread at a time.
#ifndef NPU_SPARSE_H
#define NPU_SPARSE_H

#include "npu/api/hold_macros.def"

#include "npu/complex.h"
#include "npu/library_types.h"
#include "npu/runtime.h"

#include <stddef.h>
#include <stdint.h>

#define NPUSPARSE_VERSION 12504

#ifdef __cplusplus
extern "C" {
#endif

#define NPU_T(name) npu##name
#define NPU_SPARSE(name) npusparse##name
#define NPU_SPARSE_E(name) NPUSPARSE_##name
#define NPU_COMPLEX_FLOAT npuComplex
#define NPU_COMPLEX_DOUBLE npuDoubleComplex
#include "npu/api/sparse_types.def"

#define GROUP(title)
#define API(cuda, neutral, parameters, status) npusparseStatus_t neutral parameters;
#define API_OF(type, cuda, neutral, parameters, status) type neutral parameters;
#define GAP(cuda, reason)
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
