// Vectors: computed by the host in stream order, since they read each element once and no device
// has an op for them. Scalars and results in device memory are read and written in that same order;
// a result in host memory waits for the stream, as in cuBLAS. Sums are kept in double.
#include "entry_points.h"
#include "host_routine.h"

#include <cmath>
#include <cstdlib>
#include <type_traits>

namespace npu::blas {
namespace {

template <typename T>
using Wide = std::conditional_t<std::is_same_v<T, Real<T>>, double, std::complex<double>>;

double realPart(double value) { return value; }
double realPart(const C64 &value) { return value.real(); }
double imaginaryPart(double) { return 0; }
double imaginaryPart(const C64 &value) { return value.imag(); }
double conjugate(double value) { return value; }
C64 conjugate(const C64 &value) { return std::conj(value); }

// A BLAS vector: a negative step starts from the far end.
template <typename T> struct Vector {
  T *data;
  int64_t step;

  T &at(int64_t index, int64_t count) const {
    return data[(step < 0 ? (1 - count) * step : 0) + index * step];
  }
  Outcome check(const char *name, int64_t count) const {
    if (!data)
      return invalid(std::string(name) + " is null");
    return reachable(name, data, size_t((count - 1) * std::abs(step) + 1) * sizeof(T));
  }
};

constexpr char kReason[] = "no device has vector operations";

// Runs `compute` in stream order and puts its value where the pointer mode says.
template <typename R>
Outcome reduce(const Settings &settings, const char *caller, R *result,
               std::function<R()> compute) {
  return giveResult(settings, caller, kReason, result, sizeof(R),
                    [compute = std::move(compute)](void *to) {
                      const R value = compute();
                      std::memcpy(to, &value, sizeof value);
                    });
}

// Reductions of one vector. BLAS: no elements or a step that is not positive gives `R{}`.
template <typename R, typename T, typename F>
npublasStatus_t reduceOne(const char *caller, npublasHandle_t handle, int64_t n, const void *x,
                          int64_t incx, void *result, F fold) {
  return blasEntry(caller, handle, [&](const Settings &settings) -> Outcome {
    if (!result)
      return invalid("result is null");
    auto *typedResult = static_cast<R *>(result);
    if (n <= 0 || incx <= 0)
      return reduce<R>(settings, caller, typedResult, [] { return R{}; });
    const Vector<const T> vector = {static_cast<const T *>(x), incx};
    if (Outcome bad = vector.check("x", n); !bad.ok())
      return bad;
    return reduce<R>(settings, caller, typedResult, [=] { return fold(vector, int64_t(n)); });
  });
}

template <typename T>
npublasStatus_t norm(const char *caller, npublasHandle_t handle, int64_t n, const void *x,
                     int64_t incx, void *result) {
  using R = Real<T>;
  return reduceOne<R, T>(caller, handle, n, x, incx, result, [](auto vector, int64_t count) {
    // Scaled as in the reference BLAS, so that squares neither overflow nor vanish.
    double scale = 0, squares = 1;
    auto add = [&](double part) {
      const double size = std::fabs(part);
      if (size == 0)
        return;
      if (scale < size) {
        squares = 1 + squares * (scale / size) * (scale / size);
        scale = size;
      } else if (size == scale) { // also where both are infinite, whose quotient is NaN
        squares += 1;
      } else { // NaN stays
        squares += (size / scale) * (size / scale);
      }
    };
    for (int64_t i = 0; i < count; ++i) {
      const Wide<T> value = vector.at(i, count);
      add(realPart(value));
      add(imaginaryPart(value));
    }
    return R(scale * std::sqrt(squares));
  });
}

template <typename T>
npublasStatus_t absoluteSum(const char *caller, npublasHandle_t handle, int64_t n, const void *x,
                            int64_t incx, void *result) {
  using R = Real<T>;
  return reduceOne<R, T>(caller, handle, n, x, incx, result, [](auto vector, int64_t count) {
    double sum = 0;
    for (int64_t i = 0; i < count; ++i) {
      const Wide<T> value = vector.at(i, count);
      sum += std::fabs(realPart(value)) + std::fabs(imaginaryPart(value));
    }
    return R(sum);
  });
}

// The 1-based index of the first extreme |re| + |im|.
template <typename T, bool kLargest, typename Index>
npublasStatus_t extremeIndex(const char *caller, npublasHandle_t handle, int64_t n, const void *x,
                             int64_t incx, Index *result) {
  return reduceOne<Index, T>(caller, handle, n, x, incx, result, [](auto vector, int64_t count) {
    int64_t found = 0;
    double extreme = 0;
    for (int64_t i = 0; i < count; ++i) {
      const Wide<T> value = vector.at(i, count);
      const double size = std::fabs(realPart(value)) + std::fabs(imaginaryPart(value));
      if (i == 0 || (kLargest ? size > extreme : size < extreme)) {
        extreme = size;
        found = i;
      }
    }
    return Index(found + 1);
  });
}

template <typename T, bool kConjugate>
npublasStatus_t dot(const char *caller, npublasHandle_t handle, int64_t n, const void *x,
                    int64_t incx, const void *y, int64_t incy, void *result) {
  return blasEntry(caller, handle, [&](const Settings &settings) -> Outcome {
    if (!result)
      return invalid("result is null");
    auto *typedResult = static_cast<T *>(result);
    if (n <= 0)
      return reduce<T>(settings, caller, typedResult, [] { return T{}; });
    const Vector<const T> left = {static_cast<const T *>(x), incx};
    const Vector<const T> right = {static_cast<const T *>(y), incy};
    if (Outcome bad = left.check("x", n); !bad.ok())
      return bad;
    if (Outcome bad = right.check("y", n); !bad.ok())
      return bad;
    return reduce<T>(settings, caller, typedResult, [=] {
      Wide<T> sum = 0;
      for (int64_t i = 0; i < n; ++i) {
        const Wide<T> a = left.at(i, n), b = right.at(i, n);
        sum += (kConjugate ? conjugate(a) : a) * b;
      }
      return T(sum);
    });
  });
}

template <typename A, typename T>
npublasStatus_t scale(const char *caller, npublasHandle_t handle, int64_t n, const void *alpha,
                      void *x, int64_t incx) {
  return blasEntry(caller, handle, [&](const Settings &settings) -> Outcome {
    Scalar<A> factor;
    if (Outcome bad = scalarOf(settings, "alpha", alpha, factor); !bad.ok())
      return bad;
    if (n <= 0 || incx <= 0)
      return {};
    const Vector<T> vector = {static_cast<T *>(x), incx};
    if (Outcome bad = vector.check("x", n); !bad.ok())
      return bad;
    return onHost(settings, caller, kReason, [=] {
      const A by = factor.get();
      for (int64_t i = 0; i < n; ++i)
        vector.at(i, n) *= by;
    });
  });
}

// Functions of two vectors of n elements: `element(x[i], y[i])` for each.
template <typename X, typename Y, typename Prepare>
npublasStatus_t each(const char *caller, npublasHandle_t handle, int64_t n, X *x, int64_t incx,
                     Y *y, int64_t incy, Prepare prepare) {
  return blasEntry(caller, handle, [&](const Settings &settings) -> Outcome {
    std::function<void(const Vector<X> &, const Vector<Y> &)> work;
    if (Outcome bad = prepare(settings, work); !bad.ok())
      return bad;
    if (n <= 0)
      return {};
    const Vector<X> left = {x, incx};
    const Vector<Y> right = {y, incy};
    if (Outcome bad = left.check("x", n); !bad.ok())
      return bad;
    if (Outcome bad = right.check("y", n); !bad.ok())
      return bad;
    return onHost(settings, caller, kReason, [=] { work(left, right); });
  });
}

template <typename T>
npublasStatus_t addScaled(const char *caller, npublasHandle_t handle, int64_t n, const void *alpha,
                          const void *x, int64_t incx, void *y, int64_t incy) {
  return each(caller, handle, n, static_cast<const T *>(x), incx, static_cast<T *>(y), incy,
              [&](const Settings &settings, auto &work) {
                Scalar<T> factor;
                Outcome bad = scalarOf(settings, "alpha", alpha, factor);
                work = [=](const Vector<const T> &left, const Vector<T> &right) {
                  const T by = factor.get();
                  if (by == T(0)) // x is not used: its infinities must not become NaN
                    return;
                  for (int64_t i = 0; i < n; ++i)
                    right.at(i, n) += by * left.at(i, n);
                };
                return bad;
              });
}

template <typename T>
npublasStatus_t copyVector(const char *caller, npublasHandle_t handle, int64_t n, const void *x,
                           int64_t incx, void *y, int64_t incy) {
  return each(caller, handle, n, static_cast<const T *>(x), incx, static_cast<T *>(y), incy,
              [&](const Settings &, auto &work) {
                work = [=](const Vector<const T> &left, const Vector<T> &right) {
                  for (int64_t i = 0; i < n; ++i)
                    right.at(i, n) = left.at(i, n);
                };
                return Outcome();
              });
}

template <typename T>
npublasStatus_t swapVectors(const char *caller, npublasHandle_t handle, int64_t n, void *x,
                            int64_t incx, void *y, int64_t incy) {
  return each(caller, handle, n, static_cast<T *>(x), incx, static_cast<T *>(y), incy,
              [&](const Settings &, auto &work) {
                work = [=](const Vector<T> &left, const Vector<T> &right) {
                  for (int64_t i = 0; i < n; ++i)
                    std::swap(left.at(i, n), right.at(i, n));
                };
                return Outcome();
              });
}

} // namespace
} // namespace npu::blas

using namespace npu::blas;

#define REDUCTION(name, function, T, R)                                                            \
  BLAS_SIZED(name, REDUCTION, function, (handle, n, x, incx, result), T, R)
REDUCTION(Snrm2, norm<float>, float, float)
REDUCTION(Dnrm2, norm<double>, double, double)
REDUCTION(Scnrm2, norm<C32>, float2, float)
REDUCTION(Dznrm2, norm<C64>, double2, double)
REDUCTION(Sasum, absoluteSum<float>, float, float)
REDUCTION(Dasum, absoluteSum<double>, double, double)
REDUCTION(Scasum, absoluteSum<C32>, float2, float)
REDUCTION(Dzasum, absoluteSum<C64>, double2, double)

#define EXTREME(name, function, T)                                                                 \
  BLAS_SIZED(name, EXTREME, function, (handle, n, x, incx, result), T)
EXTREME(Isamax, (extremeIndex<float, true>), float)
EXTREME(Idamax, (extremeIndex<double, true>), double)
EXTREME(Icamax, (extremeIndex<C32, true>), float2)
EXTREME(Izamax, (extremeIndex<C64, true>), double2)
EXTREME(Isamin, (extremeIndex<float, false>), float)
EXTREME(Idamin, (extremeIndex<double, false>), double)
EXTREME(Icamin, (extremeIndex<C32, false>), float2)
EXTREME(Izamin, (extremeIndex<C64, false>), double2)

#define DOT(name, function, T)                                                                     \
  BLAS_SIZED(name, DOT, function, (handle, n, x, incx, y, incy, result), T)
DOT(Sdot, (dot<float, false>), float)
DOT(Ddot, (dot<double, false>), double)
DOT(Cdotu, (dot<C32, false>), float2)
DOT(Cdotc, (dot<C32, true>), float2)
DOT(Zdotu, (dot<C64, false>), double2)
DOT(Zdotc, (dot<C64, true>), double2)

#define SCALE(name, function, A, T)                                                                \
  BLAS_SIZED(name, SCAL, function, (handle, n, alpha, x, incx), A, T)
SCALE(Sscal, (scale<float, float>), float, float)
SCALE(Dscal, (scale<double, double>), double, double)
SCALE(Cscal, (scale<C32, C32>), float2, float2)
SCALE(Csscal, (scale<float, C32>), float, float2)
SCALE(Zscal, (scale<C64, C64>), double2, double2)
SCALE(Zdscal, (scale<double, C64>), double, double2)

#define VECTORS(letter, T, Value)                                                                  \
  BLAS_SIZED(letter##axpy, AXPY, addScaled<Value>, (handle, n, alpha, x, incx, y, incy), T)        \
  BLAS_SIZED(letter##copy, COPY, copyVector<Value>, (handle, n, x, incx, y, incy), T)              \
  BLAS_SIZED(letter##swap, SWAP, swapVectors<Value>, (handle, n, x, incx, y, incy), T)
VECTORS(S, float, float)
VECTORS(D, double, double)
VECTORS(C, float2, C32)
VECTORS(Z, double2, C64)
