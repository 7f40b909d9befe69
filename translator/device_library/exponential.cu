// Exponential and hyperbolic functions: x = n ln2 + r, a polynomial of r, and a scale by 2^n.
#include "elementary.h"

namespace {

constexpr float kLog2eF = 1.44269504f, kLn2HighF = 0x1.62e430p-1f, kLn2LowF = -0x1.05c610p-29f;
constexpr double kLog2e = 1.4426950408889634, kLn2High = 0x1.62e42fefa39efp-1,
                 kLn2Low = 0x1.abc9e3b39803fp-56;

// exp(r) - 1 for |r| <= 1/2.  2^-32
HELPER float exponentialMinusOne(float r) {
  float square = r * r;
  return fma(square,
             twoChains(r, square, 0.5f, 0.16666667f, 0.041666664f, 0.008333176f, 0.0013889114f,
                       0.00019964243f, 2.4815865e-05f),
             r);
}
// The same without r itself, for |r| <= ln2 / 2.  2^-61
HELPER double exponentialMinusOneRest(double r, double square) {
  return square * twoChains(r, square, 0.5, 0.16666666666666677, 0.041666666666666685,
                            0.008333333333321776, 0.001388888888889236, 0.0001984126988539336,
                            2.4801587282813846e-05, 2.7557245107032897e-06, 2.755732586198672e-07,
                            2.510870047190339e-08, 2.0895082478312218e-09);
}
// exp(r).  2^-28, 2^-58
HELPER float exponential(float r) {
  float square = r * r;
  return fma(square,
             twoChains(r, square, 0.49999994f, 0.16666521f, 0.04166827f, 0.008368685f,
                       0.0013820564f),
             r) +
         1;
}
HELPER double exponential(double r) {
  double square = r * r;
  return fma(square,
             twoChains(r, square, 0.5000000000000011, 0.16666666666666455, 0.041666666666528185,
                       0.008333333333475142, 0.0013888888943939294, 0.00019841269538560958,
                       2.4801492876124732e-05, 2.7557563447836164e-06, 2.763031156560084e-07,
                       2.5006105585627684e-08),
             r) +
         1;
}

// x = n ln2 + r.
template <class T> struct Reduced {
  T r;
  SignedOf<T> n;
};
HELPER Reduced<float> reduced(float x) {
  Rounded<float> n = roundedToInteger(x * kLog2eF);
  return {fma(n.value, -kLn2LowF, fma(n.value, -kLn2HighF, x)), n.integer};
}
HELPER Reduced<double> reduced(double x) {
  Rounded<double> n = roundedToInteger(x * kLog2e);
  return {fma(n.value, -kLn2Low, fma(n.value, -kLn2High, x)), n.integer};
}

// exp(x) * 2^shift; outside of the limits the results are 0 and infinity.
template <class T> HELPER T scaledExponential(T x, int shift, T lowest, T highest) {
  Reduced<T> part = reduced(clamp(x, lowest, highest));
  return scaled(exponential(part.r), part.n + shift);
}

// exp(x) - 1 = 2^n (exp(r) - 1) + (2^n - 1). Below 2^-mantissaBits, zeros with their sign among
// them, the argument is the result. 2^n is halved so that it never overflows before the result
// does.
// Below 1/2 nothing is reduced: the two terms would cancel.
HELPER float minusOne(float x) {
  Reduced<float> part = reduced(clamp(x, -20.0f, 89.0f));
  bool isSmall = fabs(x) < 0.5f;
  part.r = isSmall ? x : part.r;
  part.n = isSmall ? 0 : part.n;
  float half = powerOfTwo<float>(part.n - 1);
  float result = 2 * fma(exponentialMinusOne(part.r), half, half - 0.5f);
  return fabs(x) < 0x1p-25f ? x : result;
}
// The two terms cancel near 1/2: their low parts count.
HELPER double minusOne(double x) {
  constexpr double ln2High = 0x1.62e42fefa4000p-1, ln2Low = -0x1.8432a1b0e2634p-43;
  double bounded = clamp(x, -40.0, 709.9);
  Rounded<double> n = roundedToInteger(bounded * kLog2e);
  double high = fma(n.value, -ln2High, bounded);
  double r = fma(n.value, -ln2Low, high), rLow = fma(n.value, -ln2Low, high - r);
  double square = r * r;
  Double<double> e = quickSum(r, exponentialMinusOneRest(r, square));
  double half = powerOfTwo<double>(n.integer - 1);
  Double<double> sum = exactSum(e.high * half, half - 0.5);
  double result = 2 * (sum.high + fma(e.low + fma(rLow, e.high, rLow), half, sum.low));
  return fabs(x) < 0x1p-54 ? x : result;
}

// exp(x) / 2 and exp(-x) / 2 of x >= 0.
template <class T> struct Halves {
  T growing, shrinking;
};
HELPER Halves<float> halves(float x) {
  float growing = scaledExponential(x, -1, 0.0f, 91.0f);
  return {growing, 0.25f / growing};
}
HELPER Halves<double> halves(double x) {
  double growing = scaledExponential(x, -1, 0.0, 712.0);
  return {growing, 0.25 / growing};
}

} // namespace

LIBRARY float __nv_expf(float x) { return scaledExponential(x, 0, -105.0f, 89.5f); }
LIBRARY double __nv_exp(double x) { return scaledExponential(x, 0, -746.0, 710.5); }
LIBRARY float __nv_expm1f(float x) { return minusOne(x); }
LIBRARY double __nv_expm1(double x) { return minusOne(x); }

LIBRARY float __nv_exp2f(float x) { // 2^-28
  x = clamp(x, -151.0f, 129.0f);
  Rounded<float> n = roundedToInteger(x);
  float r = x - n.value;
  float result = fma(r,
                     twoChains(r, r * r, 0.6931472f, 0.24022648f, 0.0555036f, 0.009618506f,
                               0.0013390806f, 0.00015326469f),
                     1.0f);
  return scaled(result, n.integer);
}
LIBRARY double __nv_exp2(double x) {
  x = clamp(x, -1076.0, 1025.0);
  Rounded<double> n = roundedToInteger(x);
  double part = x - n.value;
  return scaled(exponential(fma(part, kLn2High, part * kLn2Low)), n.integer);
}

LIBRARY float __nv_exp10f(float x) {
  constexpr float log2Of10 = 3.32192809f, high = 0x1.344136p-2f, low = -0x1.ec10c0p-27f;
  x = clamp(x, -46.0f, 39.0f);
  Rounded<float> n = roundedToInteger(x * log2Of10);
  float part = fma(n.value, -low, fma(n.value, -high, x));
  return scaled(exponential(fma(part, 2.30258512f, part * -3.1975436e-8f)), n.integer);
}
LIBRARY double __nv_exp10(double x) {
  constexpr double log2Of10 = 3.3219280948873623, high = 0x1.34413509f79ffp-2,
                   low = -0x1.9dc1da994fd21p-59;
  x = clamp(x, -325.0, 309.0);
  Rounded<double> n = roundedToInteger(x * log2Of10);
  double part = fma(n.value, -low, fma(n.value, -high, x));
  return scaled(exponential(fma(part, 2.302585092994046, part * -2.1707562233822494e-16)),
                n.integer);
}

LIBRARY float __nv_coshf(float x) {
  Halves<float> e = halves(fabs(x));
  return e.growing + e.shrinking;
}
LIBRARY double __nv_cosh(double x) {
  Halves<double> e = halves(fabs(x));
  return e.growing + e.shrinking;
}

// The difference of exponentials loses digits near zero; a series serves there.  2^-31
LIBRARY float __nv_sinhf(float x) {
  float size = fabs(x), square = size * size;
  Halves<float> e = halves(size);
  float series =
      fma(size * square,
          polynomial(square, 0.16666667f, 0.0083333105f, 0.00019842896f, 2.7822132e-06f), size);
  return copysign(size < 1 ? series : e.growing - e.shrinking, x);
}
LIBRARY double __nv_sinh(double x) { // 2^-62
  double size = fabs(x), square = size * size;
  Halves<double> e = halves(size);
  double series =
      fma(size * square,
          twoChains(square, square * square, 0.16666666666666669, 0.008333333333332912,
                    0.00019841269841593394, 2.755731910671972e-06, 2.5052131017597408e-08,
                    1.6056656369328288e-10, 7.776730827993126e-13),
          size);
  return copysign(size < 1 ? series : e.growing - e.shrinking, x);
}

// 1 - 2 / (exp(2x) + 1), and a series where that loses digits.
LIBRARY float __nv_tanhf(float x) { // 2^-29
  float size = fabs(x), square = size * size;
  float series = fma(size * square,
                     twoChains(square, square * square, -0.33333313f, 0.13332437f, -0.053835757f,
                               0.021000978f, -0.0061719175f),
                     size);
  float twice = clamp(size + size, 0.0f, 20.0f);
  Reduced<float> part = reduced(twice);
  float e = exponential(part.r) * powerOfTwo<float>(part.n);
  float large = 1 - 2 / (e + 1);
  return copysign(size < 0.55f ? series : large, x);
}
LIBRARY double __nv_tanh(double x) { // 2^-60
  double size = fabs(x), square = size * size;
  double series =
      fma(size * square,
          twoChains(square, square * square, -0.333333333333333, 0.13333333333326516,
                    -0.053968253963678894, 0.021869488383108523, -0.008863232551342809,
                    0.0035920914822885545, -0.0014555390826754763, 0.0005884281475525389,
                    -0.00023333800584243893, 8.325137186115121e-05, -1.9452982577097597e-05),
          size);
  Reduced<double> part = reduced(clamp(size + size, 0.0, 44.0));
  double e = exponential(part.r) * powerOfTwo<double>(part.n);
  double large = 1 - 2 / (e + 1);
  return copysign(size < 0.55 ? series : large, x);
}
