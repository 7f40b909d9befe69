// Products with symmetric and Hermitian matrices, triangular products and solves: computed by the
// host with OpenBLAS in stream order. With beta = 0 the result is cleared first, so that what it
// holds is never read; with alpha = 0 neither factor is.
#include "entry_points.h"
#include "host_routine.h"

#include <vector>

namespace npu::blas {
namespace {

constexpr char kReason[] = "no device has operations on stored triangles of matrices";

template <typename T, bool kHermitian>
npublasStatus_t symm(const char *caller, npublasHandle_t handle, npublasSideMode_t side,
                     npublasFillMode_t uplo, int64_t m, int64_t n, const void *alpha, const void *A,
                     int64_t lda, const void *B, int64_t ldb, const void *beta, void *C,
                     int64_t ldc) {
  return blasEntry(caller, handle, [&](const Settings &settings) -> Outcome {
    const int64_t order = side == NPUBLAS_SIDE_LEFT ? m : n;
    Arguments check;
    check.side(side).triangle(uplo).size("m", m).size("n", n).leading("lda", lda, order);
    if (!check.leading("ldb", ldb, m).leading("ldc", ldc, m).ok())
      return check.outcome();
    Scalar<T> a, b;
    if (Outcome bad = scalarOf(settings, "alpha", alpha, a); !bad.ok())
      return bad;
    if (Outcome bad = scalarOf(settings, "beta", beta, b); !bad.ok() || m == 0 || n == 0)
      return bad;
    if (!a.zero())
      check.matrix("A", A, order, order, lda, sizeof(T)).matrix("B", B, m, n, ldb, sizeof(T));
    if (!check.matrix("C", C, m, n, ldc, sizeof(T)).ok())
      return check.outcome();
    Routine routine;
    if (Outcome bad = Routine::find<T>(kHermitian ? "hemm" : "symm", routine); !bad.ok())
      return bad;
    if (Outcome bad = fitsInt({m, n, lda, ldb, ldc}); !bad.ok())
      return bad;
    return onHost(settings, caller, kReason, [=] {
      const T by = a.get(), add = 1;
      scaleMatrix(static_cast<T *>(C), m, n, ldc, b.get());
      if (by == T(0))
        return;
      const char s = letter(side), u = letter(uplo);
      const int im = int(m), in = int(n), ia = int(lda), ib = int(ldb), ic = int(ldc);
      routine(&s, &u, &im, &in, &by, A, &ia, B, &ib, &add, C, &ic);
    });
  });
}

// What the updates of a triangle C[n, n] by products of depth k have in common.
struct RankK {
  const char *caller;
  npublasFillMode_t uplo;
  npublasOperation_t trans;
  int64_t n, k;
  const void *alpha, *A;
  int64_t lda;
  const void *B; // only of syr2k and its kin
  int64_t ldb;
  const void *beta;
  void *C;
  int64_t ldc;
  bool twoFactors, hermitian;
};

template <typename T> Outcome checkRankK(const RankK &call) {
  const int64_t rows = call.trans == NPUBLAS_OP_N ? call.n : call.k;
  Arguments check;
  check.triangle(call.uplo).operation(call.trans).size("n", call.n).size("k", call.k);
  if (kIsComplex<T>)
    check.that(call.trans != (call.hermitian ? NPUBLAS_OP_T : NPUBLAS_OP_C),
               call.hermitian ? "trans must be N or C" : "trans must be N or T");
  check.leading("lda", call.lda, rows).leading("ldc", call.ldc, call.n);
  if (call.twoFactors)
    check.leading("ldb", call.ldb, rows);
  return check.outcome();
}

template <typename T> Outcome checkRankKMemory(const RankK &call, bool readsFactors) {
  const bool plain = call.trans == NPUBLAS_OP_N;
  const int64_t rows = plain ? call.n : call.k, columns = plain ? call.k : call.n;
  Arguments check;
  if (readsFactors) {
    check.matrix("A", call.A, rows, columns, call.lda, sizeof(T));
    if (call.twoFactors)
      check.matrix("B", call.B, rows, columns, call.ldb, sizeof(T));
  }
  return check.matrix("C", call.C, call.n, call.n, call.ldc, sizeof(T)).outcome();
}

template <typename T> void clearImaginaryDiagonal(const RankK &call) {
  T *c = static_cast<T *>(call.C);
  for (int64_t i = 0; i < call.n; ++i)
    c[i * call.ldc + i] = T(std::real(c[i * call.ldc + i]));
}

// `multiply(alpha)` adds the product to the scaled triangle.
template <typename T, typename S, typename R, typename F>
Outcome runRankK(const Settings &settings, const RankK &call, F multiply) {
  Scalar<S> a;
  Scalar<R> b;
  if (Outcome bad = checkRankK<T>(call); !bad.ok())
    return bad;
  if (Outcome bad = scalarOf(settings, "alpha", call.alpha, a); !bad.ok())
    return bad;
  if (Outcome bad = scalarOf(settings, "beta", call.beta, b); !bad.ok() || call.n == 0)
    return bad;
  if (Outcome bad = checkRankKMemory<T>(call, !a.zero() && call.k != 0); !bad.ok())
    return bad;
  if (Outcome bad = fitsInt({call.n, call.k, call.lda, call.ldb, call.ldc}); !bad.ok())
    return bad;
  return onHost(settings, call.caller, kReason, [=] {
    const S by = a.get();
    const R add = b.get();
    const bool multiplies = by != S(0) && call.k != 0;
    if (!multiplies && add == R(1))
      return;
    scaleTriangle(call.uplo, static_cast<T *>(call.C), call.n, call.ldc, add);
    if (multiplies)
      multiply(by);
    if constexpr (kIsComplex<T>)
      if (call.hermitian)
        clearImaginaryDiagonal<T>(call);
  });
}

// C = alpha * op(A) * transpose(op(A)) + beta * C; Hermitian: real scalars, conjugate transpose.
template <typename T, bool kHermitian>
npublasStatus_t syrk(const char *caller, npublasHandle_t handle, npublasFillMode_t uplo,
                     npublasOperation_t trans, int64_t n, int64_t k, const void *alpha,
                     const void *A, int64_t lda, const void *beta, void *C, int64_t ldc) {
  using S = std::conditional_t<kHermitian, Real<T>, T>;
  return blasEntry(caller, handle, [&](const Settings &settings) -> Outcome {
    Routine routine;
    if (Outcome bad = Routine::find<T>(kHermitian ? "herk" : "syrk", routine); !bad.ok())
      return bad;
    const RankK call = {caller,  uplo, trans, n, k,   alpha, A,         lda,
                        nullptr, 1,    beta,  C, ldc, false, kHermitian};
    return runRankK<T, S, S>(settings, call, [=](S by) {
      const char u = letter(uplo), t = letter(trans);
      const int in = int(n), ik = int(k), ia = int(lda), ic = int(ldc);
      const S add = 1;
      routine(&u, &t, &in, &ik, &by, A, &ia, &add, C, &ic);
    });
  });
}

template <typename T, bool kHermitian>
npublasStatus_t syr2k(const char *caller, npublasHandle_t handle, npublasFillMode_t uplo,
                      npublasOperation_t trans, int64_t n, int64_t k, const void *alpha,
                      const void *A, int64_t lda, const void *B, int64_t ldb, const void *beta,
                      void *C, int64_t ldc) {
  using R = std::conditional_t<kHermitian, Real<T>, T>;
  return blasEntry(caller, handle, [&](const Settings &settings) -> Outcome {
    Routine routine;
    if (Outcome bad = Routine::find<T>(kHermitian ? "her2k" : "syr2k", routine); !bad.ok())
      return bad;
    const RankK call = {caller, uplo, trans, n, k,   alpha, A,         lda,
                        B,      ldb,  beta,  C, ldc, true,  kHermitian};
    return runRankK<T, T, R>(settings, call, [=](T by) {
      const char u = letter(uplo), t = letter(trans);
      const int in = int(n), ik = int(k), ia = int(lda), ib = int(ldb), ic = int(ldc);
      const R add = 1;
      routine(&u, &t, &in, &ik, &by, A, &ia, B, &ib, &add, C, &ic);
    });
  });
}

// C = alpha * op(A) * transpose(op(B)) + beta * C, of which one triangle is kept: the whole
// product, which the caller knows to be symmetric, beside it.
template <typename T, bool kHermitian>
npublasStatus_t syrkx(const char *caller, npublasHandle_t handle, npublasFillMode_t uplo,
                      npublasOperation_t trans, int64_t n, int64_t k, const void *alpha,
                      const void *A, int64_t lda, const void *B, int64_t ldb, const void *beta,
                      void *C, int64_t ldc) {
  using R = std::conditional_t<kHermitian, Real<T>, T>;
  return blasEntry(caller, handle, [&](const Settings &settings) -> Outcome {
    Routine routine;
    if (Outcome bad = Routine::find<T>("gemm", routine); !bad.ok())
      return bad;
    const RankK call = {caller, uplo, trans, n, k,   alpha, A,         lda,
                        B,      ldb,  beta,  C, ldc, true,  kHermitian};
    return runRankK<T, T, R>(settings, call, [=](T by) {
      const char other = kHermitian ? 'C' : 'T';
      const char left = trans == NPUBLAS_OP_N ? 'N' : other;
      const char right = trans == NPUBLAS_OP_N ? other : 'N';
      const int in = int(n), ik = int(k), ia = int(lda), ib = int(ldb);
      const T none = 0;
      std::vector<T> product(size_t(n) * size_t(n));
      T *whole = product.data();
      routine(&left, &right, &in, &in, &ik, &by, A, &ia, B, &ib, &none, whole, &in);
      T *c = static_cast<T *>(C);
      for (int64_t column = 0; column < n; ++column)
        for (int64_t row = firstRow(uplo, column); row < lastRow(uplo, column, n); ++row)
          c[column * ldc + row] += whole[column * n + row];
    });
  });
}

struct TriangularCall {
  npublasSideMode_t side;
  npublasFillMode_t uplo;
  npublasOperation_t trans;
  npublasDiagType_t diag;
  int64_t m, n;
  int64_t lda, ldb;

  int64_t order() const { return side == NPUBLAS_SIDE_LEFT ? m : n; }
  Outcome check() const {
    Arguments all;
    all.side(side).triangle(uplo).operation(trans).diagonal(diag).size("m", m).size("n", n);
    return all.leading("lda", lda, order()).leading("ldb", ldb, m).outcome();
  }
  // B = alpha * op(A) * B or its relatives, in place.
  template <typename T> void run(const Routine &routine, T alpha, const void *A, void *B) const {
    const char s = letter(side), u = letter(uplo), t = letter(trans), d = letter(diag);
    const int im = int(m), in = int(n), ia = int(lda), ib = int(ldb);
    if (alpha == T(0))
      scaleMatrix(static_cast<T *>(B), m, n, ldb, alpha);
    else
      routine(&s, &u, &t, &d, &im, &in, &alpha, A, &ia, B, &ib);
  }
};

template <typename T>
npublasStatus_t trmm(const char *caller, npublasHandle_t handle, npublasSideMode_t side,
                     npublasFillMode_t uplo, npublasOperation_t trans, npublasDiagType_t diag,
                     int64_t m, int64_t n, const void *alpha, const void *A, int64_t lda,
                     const void *B, int64_t ldb, void *C, int64_t ldc) {
  return blasEntry(caller, handle, [&](const Settings &settings) -> Outcome {
    TriangularCall call = {side, uplo, trans, diag, m, n, lda, ldb};
    if (Outcome bad = call.check(); !bad.ok())
      return bad;
    Arguments check;
    check.leading("ldc", ldc, m).that(!C || B != C || ldb == ldc, "C is B, but ldb is not ldc");
    Scalar<T> a;
    if (Outcome bad = scalarOf(settings, "alpha", alpha, a); !bad.ok() || m == 0 || n == 0)
      return check.ok() ? bad : check.outcome();
    if (check.ok() && !a.zero())
      check.matrix("A", A, call.order(), call.order(), lda, sizeof(T))
          .matrix("B", B, m, n, ldb, sizeof(T));
    if (!check.ok() || !check.matrix("C", C, m, n, ldc, sizeof(T)).ok())
      return check.outcome();
    Routine routine;
    if (Outcome bad = Routine::find<T>("trmm", routine); !bad.ok())
      return bad;
    if (Outcome bad = fitsInt({m, n, lda, ldb, ldc}); !bad.ok())
      return bad;
    call.ldb = ldc; // the product is made in place
    return onHost(settings, caller, kReason, [=] {
      const T by = a.get();
      if (by != T(0) && B != C)
        for (int64_t column = 0; column < n; ++column)
          std::copy_n(static_cast<const T *>(B) + column * ldb, m,
                      static_cast<T *>(C) + column * ldc);
      call.run<T>(routine, by, A, C);
    });
  });
}

template <typename T>
npublasStatus_t trsm(const char *caller, npublasHandle_t handle, npublasSideMode_t side,
                     npublasFillMode_t uplo, npublasOperation_t trans, npublasDiagType_t diag,
                     int64_t m, int64_t n, const void *alpha, const void *A, int64_t lda, void *B,
                     int64_t ldb) {
  return blasEntry(caller, handle, [&](const Settings &settings) -> Outcome {
    const TriangularCall call = {side, uplo, trans, diag, m, n, lda, ldb};
    if (Outcome bad = call.check(); !bad.ok())
      return bad;
    Scalar<T> a;
    if (Outcome bad = scalarOf(settings, "alpha", alpha, a); !bad.ok() || m == 0 || n == 0)
      return bad;
    Arguments check;
    if (!a.zero())
      check.matrix("A", A, call.order(), call.order(), lda, sizeof(T));
    if (!check.matrix("B", B, m, n, ldb, sizeof(T)).ok())
      return check.outcome();
    Routine routine;
    if (Outcome bad = Routine::find<T>("trsm", routine); !bad.ok())
      return bad;
    if (Outcome bad = fitsInt({m, n, lda, ldb}); !bad.ok())
      return bad;
    return onHost(settings, caller, kReason, [=] { call.run<T>(routine, a.get(), A, B); });
  });
}

// The arrays of pointers are read in stream order, and so are the matrices' addresses checked.
template <typename T>
npublasStatus_t trsmBatched(const char *caller, npublasHandle_t handle, npublasSideMode_t side,
                            npublasFillMode_t uplo, npublasOperation_t trans,
                            npublasDiagType_t diag, int64_t m, int64_t n, const void *alpha,
                            const void *A, int64_t lda, const void *B, int64_t ldb,
                            int64_t batchCount) {
  return blasEntry(caller, handle, [&](const Settings &settings) -> Outcome {
    const TriangularCall call = {side, uplo, trans, diag, m, n, lda, ldb};
    if (Outcome bad = call.check(); !bad.ok())
      return bad;
    Scalar<T> a;
    Arguments check;
    check.size("batchCount", batchCount);
    if (Outcome bad = scalarOf(settings, "alpha", alpha, a); !bad.ok())
      return bad;
    if (!check.ok() || m == 0 || n == 0 || batchCount == 0)
      return check.outcome();
    if (!a.zero())
      check.memory("the array of A", A, batchCount, sizeof(void *));
    if (!check.memory("the array of B", B, batchCount, sizeof(void *)).ok())
      return check.outcome();
    Routine routine;
    if (Outcome bad = Routine::find<T>("trsm", routine); !bad.ok())
      return bad;
    if (Outcome bad = fitsInt({m, n, lda, ldb}); !bad.ok())
      return bad;
    return onHostChecked(settings, caller, kReason, [=]() -> Status {
      const T by = a.get();
      for (int64_t i = 0; i < batchCount; ++i) {
        const void *factor = by == T(0) ? nullptr : static_cast<const void *const *>(A)[i];
        void *result = static_cast<void *const *>(B)[i];
        Arguments elements;
        if (by != T(0))
          elements.matrix("a matrix A", factor, call.order(), call.order(), lda, sizeof(T));
        if (!elements.matrix("a matrix B", result, m, n, ldb, sizeof(T)).ok())
          return Status(npuErrorIllegalAddress,
                        std::string(caller) + ": " + elements.outcome().message());
        call.run<T>(routine, by, factor, result);
      }
      return {};
    });
  });
}

// A and C of single complex numbers; the forms of 8-bit integers have no conversion here.
template <bool kHermitian>
npublasStatus_t syrkEx(const char *caller, npublasHandle_t handle, npublasFillMode_t uplo,
                       npublasOperation_t trans, int64_t n, int64_t k, const void *alpha,
                       const void *A, npuDataType aType, int64_t lda, const void *beta, void *C,
                       npuDataType cType, int64_t ldc) {
  if (aType == NPU_C_32F && cType == NPU_C_32F)
    return syrk<C32, kHermitian>(caller, handle, uplo, trans, n, k, alpha, A, lda, beta, C, ldc);
  return blasEntry(caller, handle, [](const Settings &) {
    return unsupported("A and C must be of type C_32F; C_8I has no implementation");
  });
}

} // namespace
} // namespace npu::blas

using namespace npu::blas;

#define SYMM(name, T, Value, hermitian)                                                            \
  BLAS_SIZED(name, SYMM, (symm<Value, hermitian>),                                                 \
             (handle, side, uplo, m, n, alpha, A, lda, B, ldb, beta, C, ldc), T)
#define RANK_K(name, T, R, Value, hermitian)                                                       \
  BLAS_SIZED(name, SYRK, (syrk<Value, hermitian>),                                                 \
             (handle, uplo, trans, n, k, alpha, A, lda, beta, C, ldc), R, T)
#define RANK_2K(name, function, T, S, R, Value, hermitian)                                         \
  BLAS_SIZED(name, SYR2K, (function<Value, hermitian>),                                            \
             (handle, uplo, trans, n, k, alpha, A, lda, B, ldb, beta, C, ldc), S, R, T)
#define LEVEL3(letter, T, Value)                                                                   \
  SYMM(letter##symm, T, Value, false)                                                              \
  RANK_K(letter##syrk, T, T, Value, false)                                                         \
  RANK_2K(letter##syr2k, syr2k, T, T, T, Value, false)                                             \
  RANK_2K(letter##syrkx, syrkx, T, T, T, Value, false)                                             \
  BLAS_SIZED(letter##trmm, TRMM, trmm<Value>,                                                      \
             (handle, side, uplo, trans, diag, m, n, alpha, A, lda, B, ldb, C, ldc), T)            \
  BLAS_SIZED(letter##trsm, TRSM, trsm<Value>,                                                      \
             (handle, side, uplo, trans, diag, m, n, alpha, A, lda, B, ldb), T)                    \
  BLAS_SIZED(letter##trsmBatched, TRSM_BATCHED, trsmBatched<Value>,                                \
             (handle, side, uplo, trans, diag, m, n, alpha, A, lda, B, ldb, batchCount), T)
LEVEL3(S, float, float)
LEVEL3(D, double, double)
LEVEL3(C, float2, C32)
LEVEL3(Z, double2, C64)

#define LEVEL3_HERMITIAN(letter, T, R, Value)                                                      \
  SYMM(letter##hemm, T, Value, true)                                                               \
  RANK_K(letter##herk, T, R, Value, true)                                                          \
  RANK_2K(letter##her2k, syr2k, T, T, R, Value, true)                                              \
  RANK_2K(letter##herkx, syrkx, T, T, R, Value, true)
LEVEL3_HERMITIAN(C, float2, float, C32)
LEVEL3_HERMITIAN(Z, double2, double, C64)

#define RANK_K_EX(name, R, hermitian)                                                              \
  BLAS_SIZED(name, SYRK_EX, syrkEx<hermitian>,                                                     \
             (handle, uplo, trans, n, k, alpha, A, Atype, lda, beta, C, Ctype, ldc), R)
RANK_K_EX(CsyrkEx, float2, false)
RANK_K_EX(Csyrk3mEx, float2, false)
RANK_K_EX(CherkEx, float, true)
RANK_K_EX(Cherk3mEx, float, true)
