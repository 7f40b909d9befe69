// Functions that OpenCL lacks: lengths of vectors, the normal distribution, inverse error
// functions. Float forms are computed in double, which makes them correct to the last bit or
// nearly. Bessel functions are left out: a kernel that calls one is told that it is undefined.
#include "library.h"

namespace {

constexpr double kSqrtHalf = 0.70710678118654752440;
constexpr double kSqrtPi = 1.77245385090551602730;
constexpr double kSqrtTwoPi = 2.50662827463100050242;

HELPER double polynomial(double) { return 0; }
template <class... Rest> HELPER double polynomial(double x, double first, Rest... rest) {
  return first + x * polynomial(x, rest...);
}

// Hypotenuses neither overflow nor underflow on the way.
HELPER double length(double a, double b, double c, double d) {
  return ocl_hypot(ocl_hypot(a, b), ocl_hypot(c, d));
}

HELPER double normalDistribution(double x) { return 0.5 * ocl_erfc(-x * kSqrtHalf); }

// P. J. Acklam's rational approximation of the inverse normal distribution (relative
// error 1.15e-9), then two of Halley's steps. Only the lower half: symmetry would lose the small
// tail.
HELPER double inverseOfLowerHalf(double p) {
  double x;
  if (p < 0.02425) {
    double q = __builtin_sqrt(-2 * ocl_log(p));
    x = polynomial(q, 2.938163982698783, 4.374664141464968, -2.549732539343734, -2.400758277161838,
                   -0.3223964580411365, -7.784894002430293e-3) /
        polynomial(q, 1.0, 3.754408661907416, 2.445134137142996, 0.3224671290700398,
                   7.784695709041462e-3);
  } else {
    double q = p - 0.5, r = q * q;
    x = q *
        polynomial(r, 2.506628277459239, -30.66479806614716, 138.3577518672690, -275.9285104469687,
                   220.9460984245205, -39.69683028665376) /
        polynomial(r, 1.0, -13.28068155288572, 66.80131188771972, -155.6989798598866,
                   161.5858368580409, -54.47609879822406);
  }
  for (int step = 0; step < 2; ++step) {
    double density = ocl_exp(-0.5 * x * x) / kSqrtTwoPi;
    if (density == 0)
      break;
    double error = (normalDistribution(x) - p) / density;
    x -= error / (1 + 0.5 * x * error);
  }
  return x;
}

// p = 0.5 - q / 2 for q in 0...2, so that neither 0 nor 1 loses digits.
HELPER double inverseNormal(double p) {
  if (!(p >= 0 && p <= 1))
    return __builtin_nan("");
  if (p == 0)
    return -__builtin_huge_val();
  if (p == 1)
    return __builtin_huge_val();
  return p <= 0.5 ? inverseOfLowerHalf(p) : -inverseOfLowerHalf(1 - p);
}

HELPER double inverseErfc(double y) {
  if (!(y >= 0 && y <= 2))
    return __builtin_nan("");
  return y <= 1 ? -inverseNormal(0.5 * y) * kSqrtHalf : inverseNormal(0.5 * (2 - y)) * kSqrtHalf;
}

// Newton's method on erf where it is steep; its complement elsewhere (1 - |y| is exact there).
HELPER double inverseErf(double y) {
  double magnitude = __builtin_fabs(y);
  if (magnitude > 0.5)
    return __builtin_copysign(inverseErfc(1 - magnitude), y);
  double x = 0.5 * kSqrtPi * polynomial(y * y, 1.0, 0.2617993877991494, 0.1439317308492159) * y;
  for (int step = 0; step < 4; ++step)
    x -= (ocl_erf(x) - y) * (0.5 * kSqrtPi) * ocl_exp(x * x);
  return y == 0 ? y : x;
}

// exp(x^2) erfc(x): the product while it has digits, the asymptotic series beyond.
HELPER double scaledErfc(double x) {
  if (x < 12)
    return ocl_exp(x * x) * ocl_erfc(x);
  double r = 1 / (x * x);
  return polynomial(r, 1.0, -0.5, 0.75, -1.875, 6.5625, -29.53125, 162.421875) / (x * kSqrtPi);
}

template <class T> HELPER double lengthOf(int dimension, const T *vector) {
  double result = 0;
  for (int i = 0; i < dimension; ++i)
    result = ocl_hypot(result, double(vector[i]));
  return result;
}

} // namespace

#define OF_ONE(name, function)                                                                     \
  LIBRARY double __nv_##name(double x) { return function(x); }                                     \
  LIBRARY float __nv_##name##f(float x) { return float(function(double(x))); }
OF_ONE(normcdf, normalDistribution)
OF_ONE(normcdfinv, inverseNormal)
OF_ONE(erfinv, inverseErf)
OF_ONE(erfcinv, inverseErfc)
OF_ONE(erfcx, scaledErfc)

#define LENGTHS(type, suffix)                                                                      \
  LIBRARY type __nv_rhypot##suffix(type a, type b) {                                               \
    return type(1 / ocl_hypot(double(a), double(b)));                                              \
  }                                                                                                \
  LIBRARY type __nv_norm3d##suffix(type a, type b, type c) { return type(length(a, b, c, 0)); }    \
  LIBRARY type __nv_rnorm3d##suffix(type a, type b, type c) {                                      \
    return type(1 / length(a, b, c, 0));                                                           \
  }                                                                                                \
  LIBRARY type __nv_norm4d##suffix(type a, type b, type c, type d) {                               \
    return type(length(a, b, c, d));                                                               \
  }                                                                                                \
  LIBRARY type __nv_rnorm4d##suffix(type a, type b, type c, type d) {                              \
    return type(1 / length(a, b, c, d));                                                           \
  }                                                                                                \
  LIBRARY type __nv_norm##suffix(int n, const type *v) { return type(lengthOf(n, v)); }            \
  LIBRARY type __nv_rnorm##suffix(int n, const type *v) { return type(1 / lengthOf(n, v)); }
LENGTHS(float, f)
LENGTHS(double, )
