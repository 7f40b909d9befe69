// Symmetric indefinite matrices and reductions by element type.
#include "reductions.h"

#include "npu/api/solver_reductions_parameters.def"

using namespace npu::solver;

#define DEFINE(l, name, LIST, ...)                                                                 \
  npusolverStatus_t npusolverDn##l##name LIST {                                                    \
    return entry("cusolverDn" #l #name, handle,                                                    \
                 [&](const Settings &settings) { return __VA_ARGS__; });                           \
  }
#define DEFINE_SIZE(l, name, LIST)                                                                 \
  npusolverStatus_t npusolverDn##l##name##_bufferSize LIST {                                       \
    return entry("cusolverDn" #l #name "_bufferSize", handle,                                      \
                 [&](const Settings &) { return giveSize(lwork); });                               \
  }
// The areas that callers give are not needed, and the sizes depend on no argument.
#pragma GCC diagnostic ignored "-Wunused-parameter"

#define FUNCTIONS(l, T, R, org, orm, sy)                                                           \
  DEFINE_SIZE(l, lauum, NPU_SOLVER_POTRF(T, int *lwork))                                           \
  DEFINE(l, lauum, NPU_SOLVER_POTRF(T, NPU_SOLVER_WORK(T), int *info),                             \
         lauum(settings, uplo, n, numbers(A), lda, info))                                          \
  DEFINE(l, laswp, NPU_SOLVER_LASWP(T), laswp(settings, n, numbers(A), lda, k1, k2, ipiv, incx))   \
  DEFINE_SIZE(l, sytrf, (NPU_SOLVER_HANDLE, int n, T *A, int lda, int *lwork))                     \
  DEFINE(l, sytrf, NPU_SOLVER_SYTRF(T), sytrf(settings, uplo, n, numbers(A), lda, ipiv, info))     \
  DEFINE_SIZE(l, sytri, NPU_SOLVER_SYTRI(T, int *lwork))                                           \
  DEFINE(l, sytri, NPU_SOLVER_SYTRI(T, NPU_SOLVER_WORK(T), int *info),                             \
         sytri(settings, uplo, n, numbers(A), lda, ipiv, info))                                    \
  DEFINE_SIZE(l, sy##trd, NPU_SOLVER_SYTRD(const T, const R, int *lwork))                          \
  DEFINE(l, sy##trd, NPU_SOLVER_SYTRD(T, R, NPU_SOLVER_WORK(T), int *info),                        \
         sytrd(settings, uplo, n, numbers(A), lda, d, e, numbers(tau), info))                      \
  DEFINE_SIZE(l, org##tr, NPU_SOLVER_ORGTR(const T, T, int *lwork))                                \
  DEFINE(l, org##tr, NPU_SOLVER_ORGTR(T, T, NPU_SOLVER_WORK(T), int *info),                        \
         orgtr(settings, uplo, n, numbers(A), lda, numbers(tau), info))                            \
  DEFINE_SIZE(l, orm##tr, NPU_SOLVER_ORMTR(const T, int *lwork))                                   \
  DEFINE(l, orm##tr, NPU_SOLVER_ORMTR(T, NPU_SOLVER_WORK(T), int *info),                           \
         ormtr(settings, side, uplo, trans, m, n, numbers(A), lda, numbers(tau), numbers(c), ldc,  \
               info))                                                                              \
  DEFINE_SIZE(l, gebrd, (NPU_SOLVER_HANDLE, int m, int n, int *lwork))                             \
  DEFINE(l, gebrd, NPU_SOLVER_GEBRD(T, R),                                                         \
         gebrd(settings, m, n, numbers(A), lda, d, e, numbers(tauQ), numbers(tauP), info))         \
  DEFINE_SIZE(l, org##br, NPU_SOLVER_ORGBR(const T, T, int *lwork))                                \
  DEFINE(l, org##br, NPU_SOLVER_ORGBR(T, T, NPU_SOLVER_WORK(T), int *info),                        \
         orgbr(settings, side, m, n, k, numbers(A), lda, numbers(tau), info))

extern "C" {
FUNCTIONS(S, float, float, org, orm, sy)
FUNCTIONS(D, double, double, org, orm, sy)
FUNCTIONS(C, npuComplex, float, ung, unm, he)
FUNCTIONS(Z, npuDoubleComplex, double, ung, unm, he)
}
