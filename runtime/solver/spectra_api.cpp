// Eigenvalues and singular values by element type. The Jacobi functions compute by the direct ones.
#include "leading_values.h"

namespace npu::solver {
namespace {

npusolverStatus_t size(const char *name, npusolverDnHandle_t handle, int *lwork) {
  return entry(name, handle, [&](const Settings &) { return giveSize(lwork); });
}

} // namespace
} // namespace npu::solver

using namespace npu::solver;

#define DEFINE(l, name, LIST, ...)                                                                 \
  npusolverStatus_t npusolverDn##l##name LIST {                                                    \
    return entry("cusolverDn" #l #name, handle,                                                    \
                 [&](const Settings &settings) { return __VA_ARGS__; });                           \
  }
// The sizes of the areas depend on no argument, and the areas are not needed: no names for those.
#define DEFINE_SIZE(l, name, ...)                                                                  \
  npusolverStatus_t npusolverDn##l##name##_bufferSize(npusolverDnHandle_t handle, __VA_ARGS__) {   \
    return size("cusolverDn" #l #name "_bufferSize", handle, lwork);                               \
  }
#define SVD_LIST(T, R) int, int, const T *, int, const R *, const T *, int, const T *, int
#define EIG_LIST(T, R) npusolverEigMode_t, npublasFillMode_t, int, const T *, int, const R *
#define FUNCTIONS(l, T, R, org, orm, sy)                                                           \
  DEFINE_SIZE(l, gesvd, int, int, int *lwork)                                                      \
  npusolverStatus_t npusolverDn##l##gesvd(                                                         \
      npusolverDnHandle_t handle, signed char jobu, signed char jobvt, int m, int n, T *A,         \
      int lda, R *S, T *U, int ldu, T *VT, int ldvt, T *, int, R *, int *info) {                   \
    return entry("cusolverDn" #l "gesvd", handle, [&](const Settings &settings) {                  \
      return gesvd(settings, char(jobu), char(jobvt), m, n, numbers(A), lda, S, numbers(U), ldu,   \
                   numbers(VT), ldvt, info);                                                       \
    });                                                                                            \
  }                                                                                                \
  DEFINE_SIZE(l, gesvdj, npusolverEigMode_t, int, SVD_LIST(T, R), int *lwork, gesvdjInfo_t)        \
  DEFINE(l, gesvdj, NPU_SOLVER_GESVDJ(T, R, T *, int, int *info, gesvdjInfo_t),                    \
         gesvdj(settings, jobz, econ, m, n, numbers(A), lda, S, numbers(U), ldu, numbers(V), ldv,  \
                info))                                                                             \
  DEFINE_SIZE(l, gesvdjBatched, npusolverEigMode_t, SVD_LIST(T, R), int *lwork, gesvdjInfo_t, int) \
  DEFINE(l, gesvdjBatched,                                                                         \
         NPU_SOLVER_GESVDJ_BATCH(T, R, T *, int, int *info, gesvdjInfo_t, int batchSize),          \
         gesvdj(settings, jobz, false, m, n, numbers(A), lda, S, numbers(U), ldu, numbers(V), ldv, \
                info, batchSize))                                                                  \
  DEFINE_SIZE(l, sy##evd, EIG_LIST(T, R), int *lwork)                                              \
  DEFINE(l, sy##evd, NPU_SOLVER_SYEVD(T, R, T *, int, int *info),                                  \
         syevd(settings, jobz, uplo, n, numbers(A), lda, W, info))                                 \
  DEFINE_SIZE(l, sy##evj, EIG_LIST(T, R), int *lwork, syevjInfo_t)                                 \
  DEFINE(l, sy##evj, NPU_SOLVER_SYEVD(T, R, T *, int, int *info, syevjInfo_t),                     \
         syevd(settings, jobz, uplo, n, numbers(A), lda, W, info))                                 \
  DEFINE_SIZE(l, sy##evjBatched, EIG_LIST(T, R), int *lwork, syevjInfo_t, int)                     \
  DEFINE(l, sy##evjBatched,                                                                        \
         NPU_SOLVER_SYEVD(T, R, T *, int, int *info, syevjInfo_t, int batchSize),                  \
         syevd(settings, jobz, uplo, n, numbers(A), lda, W, info, batchSize))                      \
  DEFINE_SIZE(l, sy##evdx, npusolverEigMode_t, npusolverEigRange_t, npublasFillMode_t, int,        \
              const T *, int, R, R, int, int, int *, const R *, int *lwork)                        \
  DEFINE(l, sy##evdx, NPU_SOLVER_SYEVDX(T, R, T *, int, int *info),                                \
         syevdx(settings, jobz, range, uplo, n, numbers(A), lda, vl, vu, il, iu, meig, W, info))   \
  DEFINE_SIZE(l, sy##gvd, npusolverEigType_t, npusolverEigMode_t, npublasFillMode_t, int,          \
              const T *, int, const T *, int, const R *, int *lwork)                               \
  DEFINE(l, sy##gvd, NPU_SOLVER_SYGVD(T, T, R, T *, int, int *info),                               \
         sygvd(settings, itype, jobz, uplo, n, numbers(A), lda, numbers(b), ldb, W, info))         \
  DEFINE_SIZE(l, sy##gvj, npusolverEigType_t, npusolverEigMode_t, npublasFillMode_t, int,          \
              const T *, int, const T *, int, const R *, int *lwork, syevjInfo_t)                  \
  DEFINE(l, sy##gvj, NPU_SOLVER_SYGVD(T, T, R, T *, int, int *info, syevjInfo_t),                  \
         sygvd(settings, itype, jobz, uplo, n, numbers(A), lda, numbers(b), ldb, W, info))         \
  DEFINE_SIZE(l, sy##gvdx, npusolverEigType_t, npusolverEigMode_t, npusolverEigRange_t,            \
              npublasFillMode_t, int, const T *, int, const T *, int, R, R, int, int, int *,       \
              const R *, int *lwork)                                                               \
  DEFINE(l, sy##gvdx, NPU_SOLVER_SYGVDX(T, R, T *, int, int *info),                                \
         sygvdx(settings, itype, jobz, range, uplo, n, numbers(A), lda, numbers(b), ldb, vl, vu,   \
                il, iu, meig, W, info))                                                            \
  DEFINE_SIZE(l, gesvdaStridedBatched, npusolverEigMode_t, int, int, int, const T *, int,          \
              long long, const R *, long long, const T *, int, long long, const T *, int,          \
              long long, int *lwork, int)                                                          \
  DEFINE(l, gesvdaStridedBatched,                                                                  \
         NPU_SOLVER_GESVDA(T, T, R, T *, int, int *info, double *residuals, int batchSize),        \
         gesvda<Number<T>>(settings, jobz, rank, m, n, numbers(A), lda, strideA, S, strideS,       \
                           numbers(U), ldu, strideU, numbers(V), ldv, strideV, info, residuals,    \
                           batchSize))

extern "C" {
FOR_EACH_TYPE(FUNCTIONS)
}
