// Matrix with vector where no device has an operation: banded, packed, symmetric, Hermitian and
// triangular matrices. The host computes them with OpenBLAS in stream order.
#include "entry_points.h"
#include "host_routine.h"

namespace npu::blas {
namespace {

constexpr char kReason[] = "no device has operations on stored parts of a matrix with a vector";

// y = alpha * f(A) * x + beta * y, where `multiply(alpha, beta)` does it for beta that is not 0.
template <typename T> struct Product {
  const char *caller;
  const void *alpha, *beta;
  int64_t rows; // elements of y
  T *y;
  int64_t incy;
};

template <typename T, typename F>
Outcome runProduct(const Settings &settings, const Product<T> &product, const Scalar<T> &alpha,
                   const Scalar<T> &beta, F multiply) {
  return onHost(settings, product.caller, kReason, [=] {
    // OpenBLAS reads neither A nor x for alpha = 0; y must not be read for beta = 0.
    const T a = alpha.get(), b = beta.get();
    scaleVector(product.y, product.rows, product.incy, b);
    if (a != T(0))
      multiply(a, T(1));
  });
}

template <typename T>
Outcome scalars(const Settings &settings, const Product<T> &product, Scalar<T> &alpha,
                Scalar<T> &beta) {
  if (Outcome bad = scalarOf(settings, "alpha", product.alpha, alpha); !bad.ok())
    return bad;
  return scalarOf(settings, "beta", product.beta, beta);
}

template <typename T>
npublasStatus_t gbmv(const char *caller, npublasHandle_t handle, npublasOperation_t trans,
                     int64_t m, int64_t n, int64_t kl, int64_t ku, const void *alpha, const void *A,
                     int64_t lda, const void *x, int64_t incx, const void *beta, void *y,
                     int64_t incy) {
  return blasEntry(caller, handle, [&](const Settings &settings) -> Outcome {
    Arguments check;
    check.operation(trans).size("m", m).size("n", n).size("kl", kl).size("ku", ku);
    if (!check.leading("lda", lda, kl + ku + 1).step("incx", incx).step("incy", incy).ok())
      return check.outcome();
    const int64_t rows = trans == NPUBLAS_OP_N ? m : n, depth = trans == NPUBLAS_OP_N ? n : m;
    const Product<T> product = {caller, alpha, beta, rows, static_cast<T *>(y), incy};
    Scalar<T> a, b;
    if (Outcome bad = scalars(settings, product, a, b); !bad.ok() || m == 0 || n == 0)
      return bad;
    if (!a.zero())
      check.matrix("A", A, kl + ku + 1, n, lda, sizeof(T)).vector("x", x, depth, incx, sizeof(T));
    if (!check.vector("y", y, rows, incy, sizeof(T)).ok())
      return check.outcome();
    Routine routine;
    if (Outcome bad = Routine::find<T>("gbmv", routine); !bad.ok())
      return bad;
    if (Outcome bad = fitsInt({m, n, kl, ku, lda, incx, incy}); !bad.ok())
      return bad;
    return runProduct(settings, product, a, b, [=](T by, T add) {
      const char t = letter(trans);
      const int im = int(m), in = int(n), il = int(kl), iu = int(ku), ia = int(lda);
      const int ix = int(incx), iy = int(incy);
      routine(&t, &im, &in, &il, &iu, &by, A, &ia, x, &ix, &add, y, &iy);
    });
  });
}

// Symmetric or Hermitian A by its full columns; `stem` says which.
template <typename T, bool kHermitian>
npublasStatus_t symv(const char *caller, npublasHandle_t handle, npublasFillMode_t uplo, int64_t n,
                     const void *alpha, const void *A, int64_t lda, const void *x, int64_t incx,
                     const void *beta, void *y, int64_t incy) {
  return blasEntry(caller, handle, [&](const Settings &settings) -> Outcome {
    Arguments check;
    check.triangle(uplo).size("n", n).leading("lda", lda, n).step("incx", incx).step("incy", incy);
    if (!check.ok())
      return check.outcome();
    const Product<T> product = {caller, alpha, beta, n, static_cast<T *>(y), incy};
    Scalar<T> a, b;
    if (Outcome bad = scalars(settings, product, a, b); !bad.ok() || n == 0)
      return bad;
    if (!a.zero())
      check.matrix("A", A, n, n, lda, sizeof(T)).vector("x", x, n, incx, sizeof(T));
    if (!check.vector("y", y, n, incy, sizeof(T)).ok())
      return check.outcome();
    Routine routine;
    if (Outcome bad = Routine::find<T>(kHermitian ? "hemv" : "symv", routine); !bad.ok())
      return bad;
    if (Outcome bad = fitsInt({n, lda, incx, incy}); !bad.ok())
      return bad;
    return runProduct(settings, product, a, b, [=](T by, T add) {
      const char u = letter(uplo);
      const int in = int(n), ia = int(lda), ix = int(incx), iy = int(incy);
      routine.withText(&u, &in, &by, A, &ia, x, &ix, &add, y, &iy);
    });
  });
}

template <typename T>
npublasStatus_t sbmv(const char *caller, npublasHandle_t handle, npublasFillMode_t uplo, int64_t n,
                     int64_t k, const void *alpha, const void *A, int64_t lda, const void *x,
                     int64_t incx, const void *beta, void *y, int64_t incy) {
  return blasEntry(caller, handle, [&](const Settings &settings) -> Outcome {
    Arguments check;
    check.triangle(uplo).size("n", n).size("k", k).leading("lda", lda, k + 1);
    if (!check.step("incx", incx).step("incy", incy).ok())
      return check.outcome();
    const Product<T> product = {caller, alpha, beta, n, static_cast<T *>(y), incy};
    Scalar<T> a, b;
    if (Outcome bad = scalars(settings, product, a, b); !bad.ok() || n == 0)
      return bad;
    if (!a.zero())
      check.matrix("A", A, k + 1, n, lda, sizeof(T)).vector("x", x, n, incx, sizeof(T));
    if (!check.vector("y", y, n, incy, sizeof(T)).ok())
      return check.outcome();
    Routine routine;
    if (Outcome bad = Routine::find<T>(kIsComplex<T> ? "hbmv" : "sbmv", routine); !bad.ok())
      return bad;
    if (Outcome bad = fitsInt({n, k, lda, incx, incy}); !bad.ok())
      return bad;
    return runProduct(settings, product, a, b, [=](T by, T add) {
      const char u = letter(uplo);
      const int in = int(n), ik = int(k), ia = int(lda), ix = int(incx), iy = int(incy);
      routine(&u, &in, &ik, &by, A, &ia, x, &ix, &add, y, &iy);
    });
  });
}

template <typename T>
npublasStatus_t spmv(const char *caller, npublasHandle_t handle, npublasFillMode_t uplo, int64_t n,
                     const void *alpha, const void *A, const void *x, int64_t incx,
                     const void *beta, void *y, int64_t incy) {
  return blasEntry(caller, handle, [&](const Settings &settings) -> Outcome {
    Arguments check;
    if (!check.triangle(uplo).size("n", n).step("incx", incx).step("incy", incy).ok())
      return check.outcome();
    const Product<T> product = {caller, alpha, beta, n, static_cast<T *>(y), incy};
    Scalar<T> a, b;
    if (Outcome bad = scalars(settings, product, a, b); !bad.ok() || n == 0)
      return bad;
    if (!a.zero())
      check.packed("AP", A, n, sizeof(T)).vector("x", x, n, incx, sizeof(T));
    if (!check.vector("y", y, n, incy, sizeof(T)).ok())
      return check.outcome();
    Routine routine;
    if (Outcome bad = Routine::find<T>(kIsComplex<T> ? "hpmv" : "spmv", routine); !bad.ok())
      return bad;
    if (Outcome bad = fitsInt({n, incx, incy}); !bad.ok())
      return bad;
    return runProduct(settings, product, a, b, [=](T by, T add) {
      const char u = letter(uplo);
      const int in = int(n), ix = int(incx), iy = int(incy);
      routine(&u, &in, &by, A, x, &ix, &add, y, &iy);
    });
  });
}

// How a triangular matrix is stored.
enum class Storage { Full, Band, Packed };

template <typename T, Storage kStorage, bool kSolve>
Outcome triangular(const Settings &settings, const char *caller, npublasFillMode_t uplo,
                   npublasOperation_t trans, npublasDiagType_t diag, int64_t n, int64_t k,
                   const void *A, int64_t lda, void *x, int64_t incx) {
  Arguments check;
  check.triangle(uplo).operation(trans).diagonal(diag).size("n", n).size("k", k);
  if constexpr (kStorage != Storage::Packed)
    check.leading("lda", lda, kStorage == Storage::Band ? k + 1 : n);
  if (!check.step("incx", incx).ok() || n == 0)
    return check.outcome();
  if constexpr (kStorage == Storage::Packed)
    check.packed("AP", A, n, sizeof(T));
  else
    check.matrix("A", A, kStorage == Storage::Band ? k + 1 : n, n, lda, sizeof(T));
  if (!check.vector("x", x, n, incx, sizeof(T)).ok())
    return check.outcome();
  constexpr const char *kStems[3][2] = {{"trmv", "trsv"}, {"tbmv", "tbsv"}, {"tpmv", "tpsv"}};
  Routine routine;
  if (Outcome bad = Routine::find<T>(kStems[int(kStorage)][kSolve], routine); !bad.ok())
    return bad;
  if (Outcome bad = fitsInt({n, k, lda, incx}); !bad.ok())
    return bad;
  return onHost(settings, caller, kReason, [=] {
    const char u = letter(uplo), t = letter(trans), d = letter(diag);
    const int in = int(n), ik = int(k), ia = int(lda), ix = int(incx);
    if constexpr (kStorage == Storage::Full)
      routine(&u, &t, &d, &in, A, &ia, x, &ix);
    else if constexpr (kStorage == Storage::Band)
      routine(&u, &t, &d, &in, &ik, A, &ia, x, &ix);
    else
      routine(&u, &t, &d, &in, A, x, &ix);
  });
}

template <typename T, bool kSolve>
npublasStatus_t full(const char *caller, npublasHandle_t handle, npublasFillMode_t uplo,
                     npublasOperation_t trans, npublasDiagType_t diag, int64_t n, const void *A,
                     int64_t lda, void *x, int64_t incx) {
  return blasEntry(caller, handle, [&](const Settings &settings) {
    return triangular<T, Storage::Full, kSolve>(settings, caller, uplo, trans, diag, n, 0, A, lda,
                                                x, incx);
  });
}
template <typename T, bool kSolve>
npublasStatus_t band(const char *caller, npublasHandle_t handle, npublasFillMode_t uplo,
                     npublasOperation_t trans, npublasDiagType_t diag, int64_t n, int64_t k,
                     const void *A, int64_t lda, void *x, int64_t incx) {
  return blasEntry(caller, handle, [&](const Settings &settings) {
    return triangular<T, Storage::Band, kSolve>(settings, caller, uplo, trans, diag, n, k, A, lda,
                                                x, incx);
  });
}
template <typename T, bool kSolve>
npublasStatus_t packed(const char *caller, npublasHandle_t handle, npublasFillMode_t uplo,
                       npublasOperation_t trans, npublasDiagType_t diag, int64_t n, const void *A,
                       void *x, int64_t incx) {
  return blasEntry(caller, handle, [&](const Settings &settings) {
    return triangular<T, Storage::Packed, kSolve>(settings, caller, uplo, trans, diag, n, 0, A, 0,
                                                  x, incx);
  });
}

} // namespace
} // namespace npu::blas

using namespace npu::blas;

#define BAND_PRODUCT(name, T, Value)                                                               \
  BLAS_SIZED(name, GBMV, gbmv<Value>,                                                              \
             (handle, trans, m, n, kl, ku, alpha, A, lda, x, incx, beta, y, incy), T)
BAND_PRODUCT(Sgbmv, float, float)
BAND_PRODUCT(Dgbmv, double, double)
BAND_PRODUCT(Cgbmv, float2, C32)
BAND_PRODUCT(Zgbmv, double2, C64)

#define SYMMETRIC(name, T, Value, hermitian)                                                       \
  BLAS_SIZED(name, SYMV, (symv<Value, hermitian>),                                                 \
             (handle, uplo, n, alpha, A, lda, x, incx, beta, y, incy), T)
SYMMETRIC(Ssymv, float, float, false)
SYMMETRIC(Dsymv, double, double, false)
SYMMETRIC(Csymv, float2, C32, false)
SYMMETRIC(Zsymv, double2, C64, false)
SYMMETRIC(Chemv, float2, C32, true)
SYMMETRIC(Zhemv, double2, C64, true)

#define SYMMETRIC_BAND(name, T, Value)                                                             \
  BLAS_SIZED(name, SBMV, sbmv<Value>, (handle, uplo, n, k, alpha, A, lda, x, incx, beta, y, incy), \
             T)
SYMMETRIC_BAND(Ssbmv, float, float)
SYMMETRIC_BAND(Dsbmv, double, double)
SYMMETRIC_BAND(Chbmv, float2, C32)
SYMMETRIC_BAND(Zhbmv, double2, C64)

#define SYMMETRIC_PACKED(name, T, Value)                                                           \
  BLAS_SIZED(name, SPMV, spmv<Value>, (handle, uplo, n, alpha, AP, x, incx, beta, y, incy), T)
SYMMETRIC_PACKED(Sspmv, float, float)
SYMMETRIC_PACKED(Dspmv, double, double)
SYMMETRIC_PACKED(Chpmv, float2, C32)
SYMMETRIC_PACKED(Zhpmv, double2, C64)

#define TRIANGULAR(letter, T, Value)                                                               \
  BLAS_SIZED(letter##trmv, TRMV, (full<Value, false>),                                             \
             (handle, uplo, trans, diag, n, A, lda, x, incx), T)                                   \
  BLAS_SIZED(letter##trsv, TRMV, (full<Value, true>),                                              \
             (handle, uplo, trans, diag, n, A, lda, x, incx), T)                                   \
  BLAS_SIZED(letter##tbmv, TBMV, (band<Value, false>),                                             \
             (handle, uplo, trans, diag, n, k, A, lda, x, incx), T)                                \
  BLAS_SIZED(letter##tbsv, TBMV, (band<Value, true>),                                              \
             (handle, uplo, trans, diag, n, k, A, lda, x, incx), T)                                \
  BLAS_SIZED(letter##tpmv, TPMV, (packed<Value, false>),                                           \
             (handle, uplo, trans, diag, n, AP, x, incx), T)                                       \
  BLAS_SIZED(letter##tpsv, TPMV, (packed<Value, true>),                                            \
             (handle, uplo, trans, diag, n, AP, x, incx), T)
TRIANGULAR(S, float, float)
TRIANGULAR(D, double, double)
TRIANGULAR(C, float2, C32)
TRIANGULAR(Z, double2, C64)
