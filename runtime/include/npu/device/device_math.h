// Mathematics that CUDA has in the global namespace and Clang's headers leave out: float overloads
// of the special functions, min and max of every arithmetic type, and host versions of what the C
// library lacks, because CUDA programs call the same names to check their results.
#ifndef NPU_DEVICE_DEVICE_MATH_H
#define NPU_DEVICE_DEVICE_MATH_H

#include "npu/device/attributes.h"

#define NPU_MATH_HOST static inline NPU_HOST
#define NPU_MATH_DEVICE static NPU_DEVICE NPU_FORCEINLINE

// name(float) beside name(double), as <cmath> has for the standard functions.
#define NPU_FLOAT_OVERLOAD(name)                                                                   \
  NPU_MATH_DEVICE float name(float x) { return name##f(x); }                                       \
  NPU_MATH_HOST float name(float x) { return name##f(x); }
#define NPU_FLOAT_OVERLOAD_DEVICE(name)                                                            \
  NPU_MATH_DEVICE float name(float x) { return name##f(x); }

namespace npu {
namespace detail {
constexpr double kPi = 3.14159265358979323846;
constexpr double kSqrtHalf = 0.70710678118654752440;
} // namespace detail
} // namespace npu

NPU_MATH_HOST double rsqrt(double x) { return 1.0 / std::sqrt(x); }
NPU_MATH_HOST float rsqrtf(float x) { return 1.0f / std::sqrt(x); }
NPU_MATH_HOST double rcbrt(double x) { return 1.0 / std::cbrt(x); }
NPU_MATH_HOST float rcbrtf(float x) { return 1.0f / std::cbrt(x); }
// The argument is reduced exactly before it is multiplied, so that integers give exact zeros.
NPU_MATH_HOST double sinpi(double x) {
  double r = std::remainder(x, 2.0);
  if (r > 0.5)
    r = 1.0 - r;
  else if (r < -0.5)
    r = -1.0 - r;
  return std::sin(r * npu::detail::kPi);
}
NPU_MATH_HOST double cospi(double x) {
  double r = std::fabs(std::remainder(x, 2.0));
  return r == 0.5 ? 0.0 : std::cos(r * npu::detail::kPi);
}
NPU_MATH_HOST float sinpif(float x) { return float(sinpi(double(x))); }
NPU_MATH_HOST float cospif(float x) { return float(cospi(double(x))); }
NPU_MATH_HOST void sincospi(double x, double *s, double *c) {
  *s = sinpi(x);
  *c = cospi(x);
}
NPU_MATH_HOST void sincospif(float x, float *s, float *c) {
  *s = sinpif(x);
  *c = cospif(x);
}
NPU_MATH_HOST double normcdf(double x) { return 0.5 * std::erfc(-x * npu::detail::kSqrtHalf); }
NPU_MATH_HOST float normcdff(float x) { return float(normcdf(double(x))); }
NPU_MATH_HOST double rhypot(double x, double y) { return 1.0 / std::hypot(x, y); }
NPU_MATH_HOST float rhypotf(float x, float y) { return 1.0f / std::hypot(x, y); }
NPU_MATH_HOST double norm3d(double x, double y, double z) {
  return std::hypot(std::hypot(x, y), z);
}
NPU_MATH_HOST float norm3df(float x, float y, float z) { return float(norm3d(x, y, z)); }
NPU_MATH_HOST double norm4d(double x, double y, double z, double w) {
  return std::hypot(std::hypot(x, y), std::hypot(z, w));
}
NPU_MATH_HOST float norm4df(float x, float y, float z, float w) {
  return float(norm4d(x, y, z, w));
}
NPU_MATH_HOST double fdivide(double x, double y) { return x / y; }
NPU_MATH_HOST float fdividef(float x, float y) { return x / y; }

NPU_FLOAT_OVERLOAD(rsqrt)
NPU_FLOAT_OVERLOAD(rcbrt)
NPU_FLOAT_OVERLOAD(sinpi)
NPU_FLOAT_OVERLOAD(cospi)
NPU_FLOAT_OVERLOAD(normcdf)
NPU_FLOAT_OVERLOAD_DEVICE(normcdfinv)
NPU_FLOAT_OVERLOAD_DEVICE(erfinv)
NPU_FLOAT_OVERLOAD_DEVICE(erfcinv)
NPU_FLOAT_OVERLOAD_DEVICE(erfcx)
NPU_FLOAT_OVERLOAD_DEVICE(exp10)
NPU_FLOAT_OVERLOAD_DEVICE(cyl_bessel_i0)
NPU_FLOAT_OVERLOAD_DEVICE(cyl_bessel_i1)
NPU_MATH_DEVICE void sincos(float x, float *s, float *c) { sincosf(x, s, c); }
NPU_MATH_DEVICE void sincospi(float x, float *s, float *c) { sincospif(x, s, c); }
NPU_MATH_DEVICE float fdivide(float x, float y) { return fdividef(x, y); }
NPU_MATH_HOST void sincos(float x, float *s, float *c) { sincosf(x, s, c); }

// min and max: CUDA's set of types, with its result types for mixed signedness and precision.
#define NPU_MIN_MAX(result, first, second)                                                         \
  NPU_MATH_DEVICE result min(first a, second b) {                                                  \
    return result(b) < result(a) ? result(b) : result(a);                                          \
  }                                                                                                \
  NPU_MATH_DEVICE result max(first a, second b) {                                                  \
    return result(a) < result(b) ? result(b) : result(a);                                          \
  }                                                                                                \
  NPU_MIN_MAX_HOST(result, first, second)
#define NPU_MIN_MAX_HOST(result, first, second)                                                    \
  NPU_MATH_HOST result min(first a, second b) {                                                    \
    return result(b) < result(a) ? result(b) : result(a);                                          \
  }                                                                                                \
  NPU_MATH_HOST result max(first a, second b) {                                                    \
    return result(a) < result(b) ? result(b) : result(a);                                          \
  }
using npu_uint = unsigned int;
using npu_ulong = unsigned long;
using npu_llong = long long;
using npu_ullong = unsigned long long;
NPU_MIN_MAX_HOST(int, int, int)
NPU_MIN_MAX(npu_uint, npu_uint, npu_uint)
NPU_MIN_MAX(npu_uint, int, npu_uint)
NPU_MIN_MAX(npu_uint, npu_uint, int)
NPU_MIN_MAX(long, long, long)
NPU_MIN_MAX(npu_ulong, npu_ulong, npu_ulong)
NPU_MIN_MAX(npu_ulong, long, npu_ulong)
NPU_MIN_MAX(npu_ulong, npu_ulong, long)
NPU_MIN_MAX(npu_llong, npu_llong, npu_llong)
NPU_MIN_MAX(npu_ullong, npu_ullong, npu_ullong)
NPU_MIN_MAX(npu_ullong, npu_llong, npu_ullong)
NPU_MIN_MAX(npu_ullong, npu_ullong, npu_llong)

// Of two numbers where one is not a number, the other: as fmin and fmax.
#define NPU_MIN_MAX_FLOAT(type, first, second, suffix)                                             \
  NPU_MATH_DEVICE type min(first a, second b) { return fmin##suffix(type(a), type(b)); }           \
  NPU_MATH_DEVICE type max(first a, second b) { return fmax##suffix(type(a), type(b)); }           \
  NPU_MATH_HOST type min(first a, second b) { return fmin##suffix(type(a), type(b)); }             \
  NPU_MATH_HOST type max(first a, second b) { return fmax##suffix(type(a), type(b)); }
NPU_MIN_MAX_FLOAT(float, float, float, f)
NPU_MIN_MAX_FLOAT(double, double, double, )
NPU_MIN_MAX_FLOAT(double, float, double, )
NPU_MIN_MAX_FLOAT(double, double, float, )

// Clang's headers declare these for float and leave the definition to NVIDIA's.
#define NPU_FLOAT_OVERLOAD_2(name)                                                                 \
  NPU_MATH_DEVICE float name(float x, float y) { return name##f(x, y); }
NPU_FLOAT_OVERLOAD_DEVICE(acosh)
NPU_FLOAT_OVERLOAD_DEVICE(asinh)
NPU_FLOAT_OVERLOAD_DEVICE(atanh)
NPU_FLOAT_OVERLOAD_DEVICE(cbrt)
NPU_FLOAT_OVERLOAD_DEVICE(erf)
NPU_FLOAT_OVERLOAD_DEVICE(erfc)
NPU_FLOAT_OVERLOAD_DEVICE(exp2)
NPU_FLOAT_OVERLOAD_DEVICE(expm1)
NPU_FLOAT_OVERLOAD_DEVICE(lgamma)
NPU_FLOAT_OVERLOAD_DEVICE(log1p)
NPU_FLOAT_OVERLOAD_DEVICE(log2)
NPU_FLOAT_OVERLOAD_DEVICE(logb)
NPU_FLOAT_OVERLOAD_DEVICE(nearbyint)
NPU_FLOAT_OVERLOAD_DEVICE(rint)
NPU_FLOAT_OVERLOAD_DEVICE(round)
NPU_FLOAT_OVERLOAD_DEVICE(tgamma)
NPU_FLOAT_OVERLOAD_DEVICE(trunc)
NPU_FLOAT_OVERLOAD_2(copysign)
NPU_FLOAT_OVERLOAD_2(fdim)
NPU_FLOAT_OVERLOAD_2(fmax)
NPU_FLOAT_OVERLOAD_2(fmin)
NPU_FLOAT_OVERLOAD_2(hypot)
NPU_FLOAT_OVERLOAD_2(nextafter)
NPU_FLOAT_OVERLOAD_2(remainder)
NPU_MATH_DEVICE float fma(float x, float y, float z) { return fmaf(x, y, z); }
NPU_MATH_DEVICE float scalbn(float x, int exponent) { return scalbnf(x, exponent); }
NPU_MATH_DEVICE float scalbln(float x, long exponent) { return scalblnf(x, exponent); }
NPU_MATH_DEVICE int ilogb(float x) { return ilogbf(x); }
NPU_MATH_DEVICE long lrint(float x) { return lrintf(x); }
NPU_MATH_DEVICE long lround(float x) { return lroundf(x); }
NPU_MATH_DEVICE long long llrint(float x) { return llrintf(x); }
NPU_MATH_DEVICE long long llround(float x) { return llroundf(x); }
NPU_MATH_DEVICE float remquo(float x, float y, int *quotient) { return remquof(x, y, quotient); }
// The text would choose among not-a-numbers; there is one here, as on a GPU.
NPU_MATH_DEVICE double nan(const char *) { return __builtin_nan(""); }
NPU_MATH_DEVICE float nanf(const char *) { return __builtin_nanf(""); }
#undef NPU_FLOAT_OVERLOAD_2

#undef NPU_FLOAT_OVERLOAD
#undef NPU_FLOAT_OVERLOAD_DEVICE
#undef NPU_MIN_MAX
#undef NPU_MIN_MAX_HOST
#undef NPU_MIN_MAX_FLOAT
#undef NPU_MATH_HOST
#undef NPU_MATH_DEVICE

#endif
