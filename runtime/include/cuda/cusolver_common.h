// All of cuSOLVER: its headers differ in name only.
#ifndef CUSOLVER_COMMON_H_
#define CUSOLVER_COMMON_H_

#include "npu/api/hold_macros.def"

#include "cuComplex.h"
#include "cublas_v2.h"
#include "cuda_runtime.h"
#include "cusparse.h"
#include "library_types.h"

#include "npu_gap.h"
#include <stddef.h>
#include <stdint.h>

#define CUSOLVERAPI
#define CUSOLVER_VER_MAJOR 11
#define CUSOLVER_VER_MINOR 7
#define CUSOLVER_VER_PATCH 1
#define CUSOLVER_VERSION 11701

#ifdef __cplusplus
extern "C" {
#endif

#define NPU_T(name) cuda##name
#define NPU_BLAS_T(name) cublas##name
#define NPU_SOLVER(name) cusolver##name
#define NPU_SOLVER_E(name) CUSOLVER_##name
#define NPU_BLAS_E(name) CUBLAS_##name
#define NPU_LIBMG_E(name) CUDALIBMG_##name
#define NPU_SOLVER_DN(name) CUSOLVERDN_##name
#define NPU_SOLVER_RF_E(name) CUSOLVERRF_##name
#define NPU_SPARSE(name) cusparse##name
#define NPU_COMPLEX_FLOAT cuComplex
#define NPU_COMPLEX_DOUBLE cuDoubleComplex
#include "npu/api/solver_types.def"

#define GROUP(title)
#define API(cuda, neutral, parameters, status) cusolverStatus_t cuda parameters __asm__(#neutral);
#define GAP(cuda, reason) NPU_GAP(cusolverStatus_t, cuda, NPU_ANYTHING, reason)
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
