// The processor's own arithmetic in each rounding mode: compiled with -frounding-math.
#include "reference.h"

#include <cfenv>
#include <cmath>

namespace {
template <class T> void results(int mode, T a, T b, T c, T *out) {
  const int modes[] = {FE_TONEAREST, FE_TOWARDZERO, FE_UPWARD, FE_DOWNWARD};
  std::fesetround(modes[mode]);
  volatile T x = a, y = b, z = c;
  volatile T sum = x + y, difference = x - y, product = x * y, quotient = x / y;
  volatile T root = std::sqrt(x), inverse = 1 / x, fused = std::fma(T(x), T(y), T(z));
  std::fesetround(FE_TONEAREST);
  const T all[] = {sum, difference, product, quotient, root, inverse, fused};
  for (int i = 0; i < 7; ++i)
    out[i] = all[i];
}
} // namespace

void roundedFloats(int mode, float a, float b, float c, float *out) { results(mode, a, b, c, out); }
void roundedDoubles(int mode, double a, double b, double c, double *out) {
  results(mode, a, b, c, out);
}
