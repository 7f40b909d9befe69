// Functions that are one instruction or a few: intrinsics, which optimisers understand.
#include "library.h"

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
