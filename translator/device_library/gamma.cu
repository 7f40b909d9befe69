// The gamma function and its logarithm: rare, and OpenCL's builtins are accurate.
#include "elementary.h"

namespace {

// OpenCL loses digits of denormal results, and leaves the sign of what underflows open: it
// alternates between negative whole numbers. gamma(x) = gamma(x + 8) / (x (x + 1) ... (x + 7)).
HELPER double gammaOf(double x) {
  bool isTiny = x < -165;
  double value = ocl_tgamma(isTiny ? x + 8 : x), product = 1, half = 0.5 * (trunc(x) - 1);
  for (int i = 0; i < 8; ++i)
    product *= x + i;
  value = isTiny ? value / product : value;
  bool isNegative = x < 0 && trunc(half) != half;
  return value == 0 ? copysign(value, isNegative ? -1.0 : 1.0) : value;
}

} // namespace

// OpenCL's float form is off by more than CUDA allows.
LIBRARY float __nv_tgammaf(float x) { return float(gammaOf(double(x))); }
LIBRARY double __nv_tgamma(double x) { return gammaOf(x); }
LIBRARY float __nv_lgammaf(float x) { return ocl_lgamma(x); }
LIBRARY double __nv_lgamma(double x) { return ocl_lgamma(x); }
