// The C mathematics on OpenCL's builtins and LLVM's intrinsics, for float and double.
#include "library.h"

#define OPENCL_UNARY(length, name)                                                                 \
  LIBRARY float __nv_##name##f(float x) { return ocl_##name(x); }                                  \
  LIBRARY double __nv_##name(double x) { return ocl_##name(x); }
#define OPENCL_BINARY(length, name)                                                                \
  LIBRARY float __nv_##name##f(float x, float y) { return ocl_##name(x, y); }                      \
  LIBRARY double __nv_##name(double x, double y) { return ocl_##name(x, y); }
#include "opencl_builtins.def"

// Functions that are single instructions: intrinsics, which optimisers understand.
#define INTRINSIC_UNARY(name)                                                                      \
  LIBRARY float __nv_##name##f(float x) { return __builtin_##name##f(x); }                         \
  LIBRARY double __nv_##name(double x) { return __builtin_##name(x); }
#define INTRINSIC_BINARY(name)                                                                     \
  LIBRARY float __nv_##name##f(float x, float y) { return __builtin_##name##f(x, y); }             \
  LIBRARY double __nv_##name(double x, double y) { return __builtin_##name(x, y); }
INTRINSIC_UNARY(ceil)
INTRINSIC_UNARY(fabs)
INTRINSIC_UNARY(floor)
INTRINSIC_UNARY(nearbyint)
INTRINSIC_UNARY(rint)
INTRINSIC_UNARY(sqrt)
INTRINSIC_UNARY(trunc)
INTRINSIC_BINARY(copysign)
INTRINSIC_BINARY(fmax)
INTRINSIC_BINARY(fmin)
LIBRARY float __nv_fmaf(float x, float y, float z) { return __builtin_fmaf(x, y, z); }
LIBRARY double __nv_fma(double x, double y, double z) { return __builtin_fma(x, y, z); }

// Clang's __expf and its like. The accurate functions serve: there is no faster unit to use.
LIBRARY float __nv_fast_cosf(float x) { return ocl_cos(x); }
LIBRARY float __nv_fast_exp10f(float x) { return ocl_exp10(x); }
LIBRARY float __nv_fast_expf(float x) { return ocl_exp(x); }
LIBRARY float __nv_fast_fdividef(float x, float y) { return x / y; }
LIBRARY float __nv_fast_log10f(float x) { return ocl_log10(x); }
LIBRARY float __nv_fast_log2f(float x) { return ocl_log2(x); }
LIBRARY float __nv_fast_logf(float x) { return ocl_log(x); }
LIBRARY float __nv_fast_powf(float x, float y) { return ocl_pow(x, y); }
LIBRARY float __nv_fast_sinf(float x) { return ocl_sin(x); }
LIBRARY float __nv_fast_tanf(float x) { return ocl_tan(x); }
LIBRARY void __nv_fast_sincosf(float x, float *s, float *c) {
  *s = ocl_sin(x);
  *c = ocl_cos(x);
}

#define BOTH(type, suffix, word, mantissaBits, exponentBias)                                       \
  LIBRARY void __nv_sincos##suffix(type x, type *s, type *c) {                                     \
    *s = ocl_sin(x);                                                                               \
    *c = ocl_cos(x);                                                                               \
  }                                                                                                \
  LIBRARY void __nv_sincospi##suffix(type x, type *s, type *c) {                                   \
    *s = ocl_sinpi(x);                                                                             \
    *c = ocl_cospi(x);                                                                             \
  }                                                                                                \
  LIBRARY type __nv_rsqrt##suffix(type x) { return 1 / __builtin_sqrt##suffix(x); }                \
  LIBRARY type __nv_rcbrt##suffix(type x) { return 1 / ocl_cbrt(x); }                              \
  LIBRARY type __nv_ldexp##suffix(type x, int exponent) { return ocl_ldexp(x, exponent); }         \
  LIBRARY type __nv_scalbn##suffix(type x, int exponent) { return ocl_ldexp(x, exponent); }        \
  LIBRARY type __nv_modf##suffix(type x, type *whole) {                                            \
    *whole = __builtin_trunc##suffix(x);                                                           \
    return __builtin_copysign##suffix(__builtin_isinf(x) ? type(0) : x - *whole, x);               \
  }                                                                                                \
  LIBRARY type __nv_frexp##suffix(type x, int *exponent) {                                         \
    *exponent = 0;                                                                                 \
    if (x == 0 || !__builtin_isfinite(x))                                                          \
      return x;                                                                                    \
    int scaled = 0;                                                                                \
    if (__builtin_fabs##suffix(x) < bitsAs<type>(word(1) << mantissaBits)) { /* denormal */        \
      x *= type(word(1) << mantissaBits);                                                          \
      scaled = -mantissaBits;                                                                      \
    }                                                                                              \
    const word exponentMask = word(2 * exponentBias + 1) << mantissaBits;                          \
    word bits = bitsOf(x);                                                                         \
    *exponent = int((bits & exponentMask) >> mantissaBits) - exponentBias + 1 + scaled;            \
    return bitsAs<type>((bits & ~exponentMask) | word(exponentBias - 1) << mantissaBits);          \
  }                                                                                                \
  /* The quotient's low three bits and sign, as C promises. */                                     \
  LIBRARY type __nv_remquo##suffix(type x, type y, int *quotient) {                                \
    type a = __builtin_fabs##suffix(x), b = __builtin_fabs##suffix(y);                             \
    int q = 0;                                                                                     \
    if (__builtin_isfinite(x) && b > 0 && __builtin_isfinite(y)) {                                 \
      if (b * 8 < __builtin_huge_val##suffix())                                                    \
        a = ocl_fmod(a, b * 8);                                                                    \
      for (int step = 4; step > 0; step /= 2)                                                      \
        if (a >= b * step) {                                                                       \
          a -= b * step;                                                                           \
          q += step;                                                                               \
        }                                                                                          \
      if (a > b - a || (a == b - a && q % 2))                                                      \
        ++q;                                                                                       \
    }                                                                                              \
    *quotient = (x < 0) != (y < 0) ? -(q & 7) : q & 7;                                             \
    return ocl_remainder(x, y);                                                                    \
  }                                                                                                \
  LIBRARY type __nv_powi##suffix(type x, int exponent) {                                           \
    type result = 1;                                                                               \
    for (unsigned int n = exponent < 0 ? 0u - exponent : exponent; n; n /= 2, x *= x)              \
      if (n % 2)                                                                                   \
        result *= x;                                                                               \
    return exponent < 0 ? 1 / result : result;                                                     \
  }
BOTH(float, f, uint32, 23, 127)
BOTH(double, , uint64, 52, 1023)

LIBRARY int __nv_ilogbf(float x) { return _Z5ilogbf(x); }
LIBRARY int __nv_ilogb(double x) { return _Z5ilogbd(x); }

// NaN fails both comparisons and becomes 0.
LIBRARY float __nv_saturatef(float x) { return x >= 1 ? 1.0f : x > 0 ? x : 0.0f; }

LIBRARY int __nv_finitef(float x) { return __builtin_isfinite(x); }
LIBRARY int __nv_isfinited(double x) { return __builtin_isfinite(x); }
LIBRARY int __nv_isinff(float x) { return __builtin_isinf(x); }
LIBRARY int __nv_isinfd(double x) { return __builtin_isinf(x); }
LIBRARY int __nv_isnanf(float x) { return __builtin_isnan(x); }
LIBRARY int __nv_isnand(double x) { return __builtin_isnan(x); }
LIBRARY int __nv_signbitf(float x) { return bitsOf(x) >> 31; }
LIBRARY int __nv_signbitd(double x) { return int(bitsOf(x) >> 63); }
LIBRARY float __nv_nanf(const signed char *) { return __builtin_nanf(""); }
LIBRARY double __nv_nan(const signed char *) { return __builtin_nan(""); }
