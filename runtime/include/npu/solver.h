// Dense linear algebra above BLAS, in the order of a stream: factorisations, solutions, eigenvalues
// and singular values. C and C++. Matrices are column-major. `info` is device memory and says what
// LAPACK's says. A handle may be used by one thread at a time.
#ifndef NPU_SOLVER_H
#define NPU_SOLVER_H

#include "npu/api/hold_macros.def"

#include "npu/blas.h"
#include "npu/complex.h"
#include "npu/library_types.h"
#include "npu/runtime.h"
#include "npu/sparse.h"

#include <stddef.h>
#include <stdint.h>

#define NPUSOLVER_VERSION 11701

#ifdef __cplusplus
extern "C" {
#endif

#define NPU_T(name) npu##name
#define NPU_BLAS_T(name) npublas##name
#define NPU_SOLVER(name) npusolver##name
#define NPU_SOLVER_E(name) NPUSOLVER_##name
#define NPU_BLAS_E(name) NPUBLAS_##name
#define NPU_LIBMG_E(name) NPULIBMG_##name
#define NPU_SOLVER_DN(name) NPUSOLVERDN_##name
#define NPU_SOLVER_RF_E(name) NPUSOLVERRF_##name
#define NPU_SPARSE(name) npusparse##name
#define NPU_COMPLEX_FLOAT npuComplex
#define NPU_COMPLEX_DOUBLE npuDoubleComplex
#include "npu/api/solver_types.def"

#define GROUP(title)
#define API(cuda, neutral, parameters, status) npusolverStatus_t neutral parameters;
#define GAP(cuda, reason)
#include "npu/api/solver.def"
#undef GROUP
#undef API
#undef GAP
#undef NPU_T
#undef NPU_BLAS_T
#undef NPU_SOLVER
#undef NPU_SOLVER_E
#undef NPU_SOLVER_DN
#undef NPU_LIBMG_E
#undef NPU_SOLVER_RF_E
#undef NPU_SPARSE
#undef NPU_BLAS_E
#undef NPU_COMPLEX_FLOAT
#undef NPU_COMPLEX_DOUBLE

#ifdef __cplusplus
}
#endif

#include "npu/api/release_macros.def"

#endif
