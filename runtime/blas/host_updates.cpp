// A += alpha * x * transpose(x) and its relatives, on the stored triangle of A: computed by the
// host in stream order. Each element of A is read and written once, so a plain loop is as fast as
// memory.
#include "entry_points.h"
#include "host_routine.h"

namespace npu::blas {
namespace {

constexpr char kReason[] = "no device updates triangles";

// The stored triangle of A: by columns `leading` apart, or packed (leading 0).
template <typename T> struct Triangle {
  npublasFillMode_t uplo;
  int64_t n;
  T *data;
  int64_t leading;

  // So that column[row] is element (row, column) for the rows that are stored.
  T *column(int64_t at) const {
    if (leading)
      return data + at * leading;
    if (uplo == NPUBLAS_FILL_MODE_UPPER)
      return data + at * (at + 1) / 2;
    return data + at * n - at * (at + 1) / 2;
  }
};

template <typename T> struct Vector {
  const T *data;
  int64_t step, count;
  T operator[](int64_t index) const {
    return data[(step < 0 ? (1 - count) * step : 0) + index * step];
  }
};

template <typename T, typename F> void update(const Triangle<T> &a, bool hermitian, F added) {
  for (int64_t column = 0; column < a.n; ++column) {
    T *elements = a.column(column);
    for (int64_t row = firstRow(a.uplo, column); row < lastRow(a.uplo, column, a.n); ++row) {
      elements[row] += added(row, column);
      if (hermitian && row == column)
        elements[row] = T(std::real(elements[row])); // what was imaginary there is not used
    }
  }
}

template <typename T>
Outcome checkTriangle(const Triangle<T> &a, bool isPacked, const void *x, int64_t incx,
                      const void *y, int64_t incy, bool twoVectors) {
  Arguments check;
  check.triangle(a.uplo).size("n", a.n).step("incx", incx);
  if (twoVectors)
    check.step("incy", incy);
  if (!isPacked)
    check.leading("lda", a.leading, a.n);
  if (!check.ok() || a.n == 0)
    return check.outcome();
  check.vector("x", x, a.n, incx, sizeof(T));
  if (twoVectors)
    check.vector("y", y, a.n, incy, sizeof(T));
  if (isPacked)
    check.packed("AP", a.data, a.n, sizeof(T));
  else
    check.matrix("A", a.data, a.n, a.n, a.leading, sizeof(T));
  return check.outcome();
}

// A += alpha * x * transpose(x); with kHermitian its conjugate transpose, and alpha is real.
template <typename T, typename R, bool kHermitian>
Outcome rankOne(const Settings &settings, const char *caller, const Triangle<T> &a, bool isPacked,
                const void *alpha, const void *x, int64_t incx) {
  Scalar<R> by;
  if (Outcome bad = checkTriangle(a, isPacked, x, incx, nullptr, 1, false); !bad.ok())
    return bad;
  if (Outcome bad = scalarOf(settings, "alpha", alpha, by); !bad.ok() || a.n == 0)
    return bad;
  const Vector<T> left = {static_cast<const T *>(x), incx, a.n};
  return onHost(settings, caller, kReason, [=] {
    const R factor = by.get();
    if (factor == R(0))
      return;
    update(a, kHermitian, [&](int64_t row, int64_t column) {
      const T other = kHermitian ? conjugated(left[column]) : left[column];
      return T(factor * left[row] * other);
    });
  });
}

// A += alpha * x * transpose(y) + alpha * y * transpose(x), or the Hermitian form.
template <typename T, bool kHermitian>
Outcome rankTwo(const Settings &settings, const char *caller, const Triangle<T> &a, bool isPacked,
                const void *alpha, const void *x, int64_t incx, const void *y, int64_t incy) {
  Scalar<T> by;
  if (Outcome bad = checkTriangle(a, isPacked, x, incx, y, incy, true); !bad.ok())
    return bad;
  if (Outcome bad = scalarOf(settings, "alpha", alpha, by); !bad.ok() || a.n == 0)
    return bad;
  const Vector<T> left = {static_cast<const T *>(x), incx, a.n};
  const Vector<T> right = {static_cast<const T *>(y), incy, a.n};
  return onHost(settings, caller, kReason, [=] {
    const T factor = by.get();
    if (factor == T(0))
      return;
    update(a, kHermitian, [&](int64_t row, int64_t column) {
      if constexpr (kHermitian)
        return T(factor * left[row] * conjugated(right[column]) +
                 conjugated(factor) * right[row] * conjugated(left[column]));
      else
        return T(factor * left[row] * right[column] + factor * right[row] * left[column]);
    });
  });
}

template <typename T, typename R, bool kHermitian>
npublasStatus_t one(const char *caller, npublasHandle_t handle, npublasFillMode_t uplo, int64_t n,
                    const void *alpha, const void *x, int64_t incx, void *A, int64_t lda) {
  return blasEntry(caller, handle, [&](const Settings &settings) {
    return rankOne<T, R, kHermitian>(settings, caller, {uplo, n, static_cast<T *>(A), lda}, false,
                                     alpha, x, incx);
  });
}
template <typename T, typename R, bool kHermitian>
npublasStatus_t onePacked(const char *caller, npublasHandle_t handle, npublasFillMode_t uplo,
                          int64_t n, const void *alpha, const void *x, int64_t incx, void *A) {
  return blasEntry(caller, handle, [&](const Settings &settings) {
    return rankOne<T, R, kHermitian>(settings, caller, {uplo, n, static_cast<T *>(A), 0}, true,
                                     alpha, x, incx);
  });
}
template <typename T, bool kHermitian>
npublasStatus_t two(const char *caller, npublasHandle_t handle, npublasFillMode_t uplo, int64_t n,
                    const void *alpha, const void *x, int64_t incx, const void *y, int64_t incy,
                    void *A, int64_t lda) {
  return blasEntry(caller, handle, [&](const Settings &settings) {
    return rankTwo<T, kHermitian>(settings, caller, {uplo, n, static_cast<T *>(A), lda}, false,
                                  alpha, x, incx, y, incy);
  });
}
template <typename T, bool kHermitian>
npublasStatus_t twoPacked(const char *caller, npublasHandle_t handle, npublasFillMode_t uplo,
                          int64_t n, const void *alpha, const void *x, int64_t incx, const void *y,
                          int64_t incy, void *A) {
  return blasEntry(caller, handle, [&](const Settings &settings) {
    return rankTwo<T, kHermitian>(settings, caller, {uplo, n, static_cast<T *>(A), 0}, true, alpha,
                                  x, incx, y, incy);
  });
}

} // namespace
} // namespace npu::blas

using namespace npu::blas;

#define RANK_ONE(name, R, T, Factor, Value, hermitian)                                             \
  BLAS_SIZED(name, SYR, (one<Value, Factor, hermitian>),                                           \
             (handle, uplo, n, alpha, x, incx, A, lda), R, T)
RANK_ONE(Ssyr, float, float, float, float, false)
RANK_ONE(Dsyr, double, double, double, double, false)
RANK_ONE(Csyr, float2, float2, C32, C32, false)
RANK_ONE(Zsyr, double2, double2, C64, C64, false)
RANK_ONE(Cher, float, float2, float, C32, true)
RANK_ONE(Zher, double, double2, double, C64, true)

#define RANK_ONE_PACKED(name, R, T, Factor, Value, hermitian)                                      \
  BLAS_SIZED(name, SPR, (onePacked<Value, Factor, hermitian>),                                     \
             (handle, uplo, n, alpha, x, incx, AP), R, T)
RANK_ONE_PACKED(Sspr, float, float, float, float, false)
RANK_ONE_PACKED(Dspr, double, double, double, double, false)
RANK_ONE_PACKED(Chpr, float, float2, float, C32, true)
RANK_ONE_PACKED(Zhpr, double, double2, double, C64, true)

#define RANK_TWO(name, T, Value, hermitian)                                                        \
  BLAS_SIZED(name, SYR2, (two<Value, hermitian>),                                                  \
             (handle, uplo, n, alpha, x, incx, y, incy, A, lda), T)
RANK_TWO(Ssyr2, float, float, false)
RANK_TWO(Dsyr2, double, double, false)
RANK_TWO(Csyr2, float2, C32, false)
RANK_TWO(Zsyr2, double2, C64, false)
RANK_TWO(Cher2, float2, C32, true)
RANK_TWO(Zher2, double2, C64, true)

#define RANK_TWO_PACKED(name, T, Value, hermitian)                                                 \
  BLAS_SIZED(name, SPR2, (twoPacked<Value, hermitian>),                                            \
             (handle, uplo, n, alpha, x, incx, y, incy, AP), T)
RANK_TWO_PACKED(Sspr2, float, float, false)
RANK_TWO_PACKED(Dspr2, double, double, false)
RANK_TWO_PACKED(Chpr2, float2, C32, true)
RANK_TWO_PACKED(Zhpr2, double2, C64, true)
