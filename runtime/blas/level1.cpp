// Vectors: computed by the host in stream order, since they read each element once and no device
// has an op for them. Scalars and results in device memory are read and written in that same order;
// a result in host memory waits for the stream, as in cuBLAS. Sums are kept in double.
#include "blas_context.h"

#include <cmath>
#include <cstdlib>
#include <type_traits>

namespace npu::blas {
namespace {

using C32 = std::complex<float>;
using C64 = std::complex<double>;

template <typename T> struct RealOf {
  using type = T;
};
template <typename T> struct RealOf<std::complex<T>> {
  using type = T;
};

template <typename T>
using Wide =
    std::conditional_t<std::is_same_v<T, typename RealOf<T>::type>, double, std::complex<double>>;

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

Outcome onHost(const Settings &settings, const char *caller, std::function<void()> work) {
  logDebug(std::string(caller) + ": host: no device has vector operations");
  return fromCore(core::enqueue(settings.stream, HostCall{std::move(work)}));
}

// Runs `compute` in stream order and puts its value where the pointer mode says.
template <typename R>
Outcome reduce(const Settings &settings, const char *caller, R *result,
               std::function<R()> compute) {
  if (settings.pointerMode == NPUBLAS_POINTER_MODE_DEVICE) {
    if (Outcome bad = reachable("result", result, sizeof(R)); !bad.ok())
      return bad;
    return onHost(settings, caller, [=] { *result = compute(); });
  }
  R value{};
  if (Outcome bad = onHost(settings, caller, [&] { value = compute(); }); !bad.ok())
    return bad;
  if (Outcome waited = fromCore(core::synchronize(settings.stream)); !waited.ok())
    return waited;
  *result = value;
  return {};
}

// Reductions of one vector. BLAS: no elements or a step that is not positive gives `R{}`.
template <typename R, typename T, typename F>
npublasStatus_t reduceOne(const char *caller, npublasHandle_t handle, int n, const void *x,
                          int incx, void *result, F fold) {
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
npublasStatus_t norm(const char *caller, npublasHandle_t handle, int n, const void *x, int incx,
                     void *result) {
  using R = typename RealOf<T>::type;
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
npublasStatus_t absoluteSum(const char *caller, npublasHandle_t handle, int n, const void *x,
                            int incx, void *result) {
  using R = typename RealOf<T>::type;
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
template <typename T, bool kLargest>
npublasStatus_t extremeIndex(const char *caller, npublasHandle_t handle, int n, const void *x,
                             int incx, int *result) {
  return reduceOne<int, T>(caller, handle, n, x, incx, result, [](auto vector, int64_t count) {
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
    return int(found + 1);
  });
}

template <typename T, bool kConjugate>
npublasStatus_t dot(const char *caller, npublasHandle_t handle, int n, const void *x, int incx,
                    const void *y, int incy, void *result) {
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

// A scalar argument: a value taken now, or an address read when the stream gets there.
template <typename A> struct Scalar {
  A value{};
  const A *address = nullptr;
  A get() const { return address ? *address : value; }
};

template <typename A>
Outcome scalarOf(const Settings &settings, const char *name, const void *argument,
                 Scalar<A> &scalar) {
  const auto *typed = static_cast<const A *>(argument);
  if (!typed)
    return invalid(std::string(name) + " is null");
  if (settings.pointerMode == NPUBLAS_POINTER_MODE_HOST) {
    scalar.value = *typed;
    return {};
  }
  scalar.address = typed;
  return reachable(name, typed, sizeof(A));
}

template <typename A, typename T>
npublasStatus_t scale(const char *caller, npublasHandle_t handle, int n, const void *alpha, void *x,
                      int incx) {
  return blasEntry(caller, handle, [&](const Settings &settings) -> Outcome {
    Scalar<A> factor;
    if (Outcome bad = scalarOf(settings, "alpha", alpha, factor); !bad.ok())
      return bad;
    if (n <= 0 || incx <= 0)
      return {};
    const Vector<T> vector = {static_cast<T *>(x), incx};
    if (Outcome bad = vector.check("x", n); !bad.ok())
      return bad;
    return onHost(settings, caller, [=] {
      const A by = factor.get();
      for (int64_t i = 0; i < n; ++i)
        vector.at(i, n) *= by;
    });
  });
}

// Functions of two vectors of n elements: `element(x[i], y[i])` for each.
template <typename X, typename Y, typename Prepare>
npublasStatus_t each(const char *caller, npublasHandle_t handle, int n, X *x, int incx, Y *y,
                     int incy, Prepare prepare) {
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
    return onHost(settings, caller, [=] { work(left, right); });
  });
}

template <typename T>
npublasStatus_t addScaled(const char *caller, npublasHandle_t handle, int n, const void *alpha,
                          const void *x, int incx, void *y, int incy) {
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
npublasStatus_t copyVector(const char *caller, npublasHandle_t handle, int n, const void *x,
                           int incx, void *y, int incy) {
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
npublasStatus_t swapVectors(const char *caller, npublasHandle_t handle, int n, void *x, int incx,
                            void *y, int incy) {
  return each(caller, handle, n, static_cast<T *>(x), incx, static_cast<T *>(y), incy,
              [&](const Settings &, auto &work) {
                work = [=](const Vector<T> &left, const Vector<T> &right) {
                  for (int64_t i = 0; i < n; ++i)
                    std::swap(left.at(i, n), right.at(i, n));
                };
                return Outcome();
              });
}

template <typename T>
npublasStatus_t rotate(const char *caller, npublasHandle_t handle, int n, void *x, int incx,
                       void *y, int incy, const void *c, const void *s) {
  return each(caller, handle, n, static_cast<T *>(x), incx, static_cast<T *>(y), incy,
              [&](const Settings &settings, auto &work) {
                Scalar<T> cosine, sine;
                if (Outcome bad = scalarOf(settings, "c", c, cosine); !bad.ok())
                  return bad;
                Outcome bad = scalarOf(settings, "s", s, sine);
                work = [=](const Vector<T> &left, const Vector<T> &right) {
                  const T by = cosine.get(), with = sine.get();
                  for (int64_t i = 0; i < n; ++i) {
                    const T a = left.at(i, n), b = right.at(i, n);
                    left.at(i, n) = by * a + with * b;
                    right.at(i, n) = by * b - with * a;
                  }
                };
                return bad;
              });
}

} // namespace
} // namespace npu::blas

using namespace npu::blas;

#define REDUCE(name, type, resultType, call)                                                       \
  npublasStatus_t npublas##name(npublasHandle_t handle, int n, const type *x, int incx,            \
                                resultType *result) {                                              \
    return call("cublas" #name, handle, n, x, incx, result);                                       \
  }
REDUCE(Snrm2, float, float, norm<float>)
REDUCE(Dnrm2, double, double, norm<double>)
REDUCE(Scnrm2, float2, float, norm<C32>)
REDUCE(Dznrm2, double2, double, norm<C64>)
REDUCE(Sasum, float, float, absoluteSum<float>)
REDUCE(Dasum, double, double, absoluteSum<double>)
REDUCE(Scasum, float2, float, absoluteSum<C32>)
REDUCE(Dzasum, double2, double, absoluteSum<C64>)
REDUCE(Isamax, float, int, (extremeIndex<float, true>))
REDUCE(Idamax, double, int, (extremeIndex<double, true>))
REDUCE(Icamax, float2, int, (extremeIndex<C32, true>))
REDUCE(Izamax, double2, int, (extremeIndex<C64, true>))
REDUCE(Isamin, float, int, (extremeIndex<float, false>))
REDUCE(Idamin, double, int, (extremeIndex<double, false>))
REDUCE(Icamin, float2, int, (extremeIndex<C32, false>))
REDUCE(Izamin, double2, int, (extremeIndex<C64, false>))

#define DOT(name, type, call)                                                                      \
  npublasStatus_t npublas##name(npublasHandle_t handle, int n, const type *x, int incx,            \
                                const type *y, int incy, type *result) {                           \
    return call("cublas" #name, handle, n, x, incx, y, incy, result);                              \
  }
DOT(Sdot, float, (dot<float, false>))
DOT(Ddot, double, (dot<double, false>))
DOT(Cdotu, float2, (dot<C32, false>))
DOT(Cdotc, float2, (dot<C32, true>))
DOT(Zdotu, double2, (dot<C64, false>))
DOT(Zdotc, double2, (dot<C64, true>))

#define SCALE(name, scalarType, type, call)                                                        \
  npublasStatus_t npublas##name(npublasHandle_t handle, int n, const scalarType *alpha, type *x,   \
                                int incx) {                                                        \
    return call("cublas" #name, handle, n, alpha, x, incx);                                        \
  }
SCALE(Sscal, float, float, (scale<float, float>))
SCALE(Dscal, double, double, (scale<double, double>))
SCALE(Cscal, float2, float2, (scale<C32, C32>))
SCALE(Csscal, float, float2, (scale<float, C32>))
SCALE(Zscal, double2, double2, (scale<C64, C64>))
SCALE(Zdscal, double, double2, (scale<double, C64>))

#define VECTORS(letter, type, valueType)                                                           \
  npublasStatus_t npublas##letter##axpy(npublasHandle_t handle, int n, const type *alpha,          \
                                        const type *x, int incx, type *y, int incy) {              \
    return addScaled<valueType>("cublas" #letter "axpy", handle, n, alpha, x, incx, y, incy);      \
  }                                                                                                \
  npublasStatus_t npublas##letter##copy(npublasHandle_t handle, int n, const type *x, int incx,    \
                                        type *y, int incy) {                                       \
    return copyVector<valueType>("cublas" #letter "copy", handle, n, x, incx, y, incy);            \
  }                                                                                                \
  npublasStatus_t npublas##letter##swap(npublasHandle_t handle, int n, type *x, int incx, type *y, \
                                        int incy) {                                                \
    return swapVectors<valueType>("cublas" #letter "swap", handle, n, x, incx, y, incy);           \
  }
VECTORS(S, float, float)
VECTORS(D, double, double)
VECTORS(C, float2, C32)
VECTORS(Z, double2, C64)

#define ROTATE(name, type)                                                                         \
  npublasStatus_t npublas##name(npublasHandle_t handle, int n, type *x, int incx, type *y,         \
                                int incy, const type *c, const type *s) {                          \
    return rotate<type>("cublas" #name, handle, n, x, incx, y, incy, c, s);                        \
  }
ROTATE(Srot, float)
ROTATE(Drot, double)
