// Factorisations and solutions by element type.
#include "factors.h"

namespace npu::solver {
namespace {

// An array of pointers to matrices is device memory, read when the stream gets there.
template <class T> T *matrixOf(T *const *array, int index, int rows, int columns, int leading) {
  Arguments check;
  T *matrix = array[index];
  if (!check.matrix("a matrix of the batch", matrix, rows, columns, leading, sizeof(T)).ok())
    failOnMemory("a matrix of the batch");
  return matrix;
}

template <class T>
Outcome potrfBatched(const Settings &settings, npublasFillMode_t uplo, int n, T *const *A, int lda,
                     int *info, int count) {
  Arguments check;
  check.triangle(uplo).size("n", n).size("batchSize", count).leading("lda", lda, n);
  check.memory("the array of A", A, count, sizeof(T *)).memory("info", info, count, sizeof(int));
  Routine routine;
  if (Outcome bad = Routine::find<T>("potrf", routine); !bad.ok())
    return bad;
  return enqueue(settings, check, [=] {
    const char u = letter(uplo);
    for (int i = 0; i < count; ++i)
      routine.withText(&u, &n, matrixOf(A, i, n, n, lda), &lda, info + i);
  });
}

template <class T>
Outcome potrsBatched(const Settings &settings, npublasFillMode_t uplo, int n, int nrhs, T *const *A,
                     int lda, T *const *B, int ldb, int *info, int count) {
  Arguments check;
  check.triangle(uplo).size("n", n).size("nrhs", nrhs).size("batchSize", count);
  check.leading("lda", lda, n).leading("ldb", ldb, n);
  check.memory("the array of A", A, count, sizeof(T *));
  check.memory("the array of B", B, count, sizeof(T *)).memory("info", info, 1, sizeof(int));
  Routine routine;
  if (Outcome bad = Routine::find<T>("potrs", routine); !bad.ok())
    return bad;
  return enqueue(settings, check, [=] {
    const char u = letter(uplo);
    *info = 0;
    for (int i = 0; i < count; ++i)
      routine.withText(&u, &n, &nrhs, matrixOf(A, i, n, n, lda), &lda, matrixOf(B, i, n, nrhs, ldb),
                       &ldb, info);
  });
}

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
#define ARRAY(T, array) reinterpret_cast<Number<T> *const *>(array)
// The areas that callers give are not needed, so their parameters have no names here.
#define FUNCTIONS(l, T, R, org, orm, sy)                                                           \
  npusolverStatus_t npusolverDn##l##potrf_bufferSize(                                              \
      npusolverDnHandle_t handle, npublasFillMode_t, int, T *, int, int *lwork) {                  \
    return size("cusolverDn" #l "potrf_bufferSize", handle, lwork);                                \
  }                                                                                                \
  DEFINE(l, potrf, NPU_SOLVER_POTRF(T, T *, int, int *info),                                       \
         potrf(settings, uplo, n, numbers(A), lda, info))                                          \
  npusolverStatus_t npusolverDn##l##potri_bufferSize(                                              \
      npusolverDnHandle_t handle, npublasFillMode_t, int, T *, int, int *lwork) {                  \
    return size("cusolverDn" #l "potri_bufferSize", handle, lwork);                                \
  }                                                                                                \
  DEFINE(l, potri, NPU_SOLVER_POTRF(T, T *, int, int *info),                                       \
         potri(settings, uplo, n, numbers(A), lda, info))                                          \
  DEFINE(l, potrs, NPU_SOLVER_POTRS(T),                                                            \
         potrs(settings, uplo, n, nrhs, numbers(A), lda, numbers(B), ldb, info))                   \
  DEFINE(l, potrfBatched, NPU_SOLVER_POTRF_BATCH(T),                                               \
         potrfBatched(settings, uplo, n, ARRAY(T, Aarray), lda, infoArray, batchSize))             \
  DEFINE(l, potrsBatched, NPU_SOLVER_POTRS_BATCH(T),                                               \
         potrsBatched(settings, uplo, n, nrhs, ARRAY(T, Aarray), lda, ARRAY(T, Barray), ldb, info, \
                      batchSize))                                                                  \
  npusolverStatus_t npusolverDn##l##getrf_bufferSize(npusolverDnHandle_t handle, int, int, T *,    \
                                                     int, int *lwork) {                            \
    return size("cusolverDn" #l "getrf_bufferSize", handle, lwork);                                \
  }                                                                                                \
  npusolverStatus_t npusolverDn##l##getrf(npusolverDnHandle_t handle, int m, int n, T *A, int lda, \
                                          T *, int *ipiv, int *info) {                             \
    return entry("cusolverDn" #l "getrf", handle, [&](const Settings &settings) {                  \
      return getrf(settings, m, n, numbers(A), lda, ipiv, info);                                   \
    });                                                                                            \
  }                                                                                                \
  DEFINE(l, getrs, NPU_SOLVER_GETRS(T),                                                            \
         getrs(settings, trans, n, nrhs, numbers(A), lda, ipiv, numbers(B), ldb, info))            \
  npusolverStatus_t npusolverDn##l##geqrf_bufferSize(npusolverDnHandle_t handle, int, int, T *,    \
                                                     int, int *lwork) {                            \
    return size("cusolverDn" #l "geqrf_bufferSize", handle, lwork);                                \
  }                                                                                                \
  npusolverStatus_t npusolverDn##l##geqrf(npusolverDnHandle_t handle, int m, int n, T *A, int lda, \
                                          T *tau, T *, int, int *info) {                           \
    return entry("cusolverDn" #l "geqrf", handle, [&](const Settings &settings) {                  \
      return geqrf(settings, m, n, numbers(A), lda, numbers(tau), info);                           \
    });                                                                                            \
  }                                                                                                \
  npusolverStatus_t npusolverDn##l##org##_bufferSize(npusolverDnHandle_t handle, int, int, int,    \
                                                     const T *, int, const T *, int *lwork) {      \
    return size("cusolverDn" #l #org "_bufferSize", handle, lwork);                                \
  }                                                                                                \
  npusolverStatus_t npusolverDn##l##org(npusolverDnHandle_t handle, int m, int n, int k, T *A,     \
                                        int lda, const T *tau, T *, int, int *info) {              \
    return entry("cusolverDn" #l #org, handle, [&](const Settings &settings) {                     \
      return orgqr(settings, m, n, k, numbers(A), lda, numbers(tau), info);                        \
    });                                                                                            \
  }                                                                                                \
  npusolverStatus_t npusolverDn##l##orm##_bufferSize(                                              \
      npusolverDnHandle_t handle, npublasSideMode_t, npublasOperation_t, int, int, int, const T *, \
      int, const T *, const T *, int, int *lwork) {                                                \
    return size("cusolverDn" #l #orm "_bufferSize", handle, lwork);                                \
  }                                                                                                \
  DEFINE(                                                                                          \
      l, orm, NPU_SOLVER_ORMQR(T, T, T *, int, int *info),                                         \
      ormqr(settings, side, trans, m, n, k, numbers(A), lda, numbers(tau), numbers(c), ldc, info))

extern "C" {
FOR_EACH_TYPE(FUNCTIONS)
}
