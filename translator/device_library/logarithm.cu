// Logarithms and inverse hyperbolic functions: x = 2^e m with m about 1, and a series of m.
#include "elementary.h"

namespace {

// Mantissas begin here: sums with whole numbers then lose no digits.
constexpr float kLowestF = 0.70710678f;
constexpr float kLn2F = 0x1.62e430p-1f, kLog2eHighF = 0x1.715476p+0f, kLog2eLowF = 0x1.4ae0c0p-26f,
                kLog10eHighF = 0x1.bcb7b2p-2f, kLog10eLowF = -0x1.5b235ep-27f,
                kLog10Of2F = 0x1.344136p-2f;
// The high part of ln2 has so few bits that its products with exponents are exact.
constexpr double kLn2High = 0x1.62e42fefa0000p-1, kLn2Low = 0x1.cf79abc9e3b3ap-40,
                 kLog2eHigh = 0x1.71547652b82fep+0, kLog2eLow = 0x1.777d0ffda0d24p-56,
                 kLog10eHigh = 0x1.bcb7b1526e50ep-2, kLog10eLow = 0x1.95355baaafad3p-57,
                 kLog10Of2High = 0x1.34413509f8000p-2, kLog10Of2Low = -0x1.80433b83b532ap-44;

// x as m * 2^e, with m from `lowest` to twice that.
template <class T> struct Parts {
  T m, e;
};
template <class T> HELPER Parts<T> parts(T x, T lowest) {
  constexpr int bits = Format<T>::mantissaBits;
  using Word = WordOf<T>;
  // Denormals are normalised.
  bool tiny = x < Format<T>::smallest;
  constexpr T scale = T(Word(1) << bits);
  Word word = bitsOf(tiny ? x * scale : x);
  SignedOf<T> exponent = SignedOf<T>(word - bitsOf(lowest)) >> bits;
  return {bitsAs<T>(word - (Word(exponent) << bits)), T(int(exponent)) - (tiny ? T(bits) : T(0))};
}

// The logarithm of what is no positive finite number.
template <class T> HELPER T withSpecial(T x, T result) {
  T special = x == 0 ? -infinityOf<T>() : x < 0 ? nanOf<T>() : x;
  return x > 0 && x < infinityOf<T>() ? result : special;
}

// log(1 + f) - f for f in sqrt(1/2) - 1 ... sqrt(2) - 1.  2^-27
HELPER float logarithmRest(float f) {
  float square = f * f;
  return square * fma(f,
                      twoChains(f, square, 0.3333333f, -0.2500082f, 0.20001233f, -0.16623388f,
                                0.14201845f, -0.13160221f, 0.12760344f, -0.07632008f),
                      -0.5f);
}

// log(m) for m = 1 + (f + fLow) in sqrt(1/2) ... sqrt(2) as a sum; with z = f / (2 + f) it is
// 2z + z^3 P(z^2).  2^-59
HELPER Double<double> logarithmOf(double f, double fLow) {
  double sum = f + 2, inverse = 1 / sum;
  double z = f * inverse;
  double zLow = inverse * (fma(-z, sum, f) - z * (f - (sum - 2)) + fLow * (1 - z));
  double square = z * z;
  double rest =
      z * square *
      twoChains(square, square * square, 0.6666666666666735, 0.3999999999940817, 0.285714287441398,
                0.22222198366544774, 0.18183576315448732, 0.15313714437298612, 0.14799586830663697);
  return quickSum(z + z, rest + 2 * zLow);
}

HELPER float logarithm(float x) {
  Parts<float> part = parts(x, kLowestF);
  float f = part.m - 1;
  return fma(part.e, kLn2F, f + logarithmRest(f));
}
// e ln2 + (high + low).
HELPER double withExponent(double e, Double<double> log) {
  Double<double> sum = quickSum(e * kLn2High, log.high);
  return sum.high + (sum.low + (log.low + e * kLn2Low));
}
HELPER double logarithm(double x) {
  Parts<double> part = parts(x, 0.70710678118654752);
  return withExponent(part.e, logarithmOf(part.m - 1, 0));
}

// log(1 + x). The sum is formed after scaling, so that x loses nothing.
HELPER float logarithmPlusOne(float x) {
  constexpr int bits = Format<float>::mantissaBits;
  int exponent = int(bitsOf(1 + x) - bitsOf(kLowestF)) >> bits;
  float scaledX = bitsAs<float>(bitsOf(x) - (uint32(exponent) << bits));
  float one = fma(0.25f, powerOfTwo<float>(2 - exponent), -1.0f);
  float f = scaledX + one, low = scaledX - (f - one);
  return fma(float(exponent), kLn2F, f + (logarithmRest(f) + low));
}
HELPER double logarithmPlusOne(double x) {
  Double<double> sum = exactSum(1.0, x);
  Parts<double> part = parts(sum.high, 0.70710678118654752);
  double low = sum.low * bitsAs<double>((uint64)(bitsOf(1.0) - (bitsOf(part.e + 0x1.8p52) << 52)));
  // Beyond 2^60 the one is lost anyway.
  low = sum.high < 0x1p60 ? low : 0;
  return withExponent(part.e, logarithmOf(part.m - 1, low));
}
template <class T> HELPER T onePlus(T x) {
  T result = x > -1 && x < infinityOf<T>() ? logarithmPlusOne(x)
             : x == -1                     ? -infinityOf<T>()
             : x < -1                      ? nanOf<T>()
                                           : x;
  return fabs(x) < (sizeof(T) == 4 ? T(0x1p-25) : T(0x1p-54)) ? x : result;
}

// log(x + sqrt(x^2 + 1)), with the one taken out.
HELPER double areaSine(double x) {
  double size = fabs(x);
  bool large = size > 0x1p60;
  double square = size * size;
  double argument = size + square / (1 + sqrt(square + 1));
  double log = onePlus(large ? size : argument);
  return copysign(large ? log + 0.69314718055994531 : log, x);
}
// log(x + sqrt(x^2 - 1)).
HELPER double areaCosine(double x) {
  bool large = x > 0x1p60;
  double t = x - 1;
  double log = onePlus(large ? x : t + sqrt(fma(t, t, t + t)));
  return x < 1 ? nanOf<double>() : large ? log + 0.69314718055994531 : log;
}
// log((1 + x) / (1 - x)) / 2.
HELPER double areaTangent(double x) {
  double size = fabs(x);
  double log = onePlus(2 * size / (1 - size));
  return copysign(size < 0x1p-28 ? size : 0.5 * log, x);
}

} // namespace

LIBRARY float __nv_logf(float x) { return withSpecial(x, logarithm(x)); }
LIBRARY double __nv_log(double x) { return withSpecial(x, logarithm(x)); }
LIBRARY float __nv_log1pf(float x) { return onePlus(x); }
LIBRARY double __nv_log1p(double x) { return onePlus(x); }

LIBRARY float __nv_log2f(float x) {
  Parts<float> part = parts(x, kLowestF);
  float f = part.m - 1;
  float low = fma(logarithmRest(f), kLog2eHighF, f * kLog2eLowF);
  return withSpecial(x, part.e + fma(f, kLog2eHighF, low));
}
LIBRARY double __nv_log2(double x) {
  Parts<double> part = parts(x, 0.70710678118654752);
  Double<double> log = logarithmOf(part.m - 1, 0);
  Double<double> product = exactProduct(log.high, kLog2eHigh);
  double low = product.low + fma(log.high, kLog2eLow, log.low * kLog2eHigh);
  Double<double> sum = exactSum(part.e, product.high);
  return withSpecial(x, sum.high + (sum.low + low));
}

LIBRARY float __nv_log10f(float x) {
  Parts<float> part = parts(x, kLowestF);
  float f = part.m - 1;
  float low = fma(logarithmRest(f), kLog10eHighF, f * kLog10eLowF);
  return withSpecial(x, fma(part.e, kLog10Of2F, fma(f, kLog10eHighF, low)));
}
LIBRARY double __nv_log10(double x) {
  Parts<double> part = parts(x, 0.70710678118654752);
  Double<double> log = logarithmOf(part.m - 1, 0);
  Double<double> product = exactProduct(log.high, kLog10eHigh);
  double low = product.low + fma(log.high, kLog10eLow, log.low * kLog10eHigh);
  Double<double> sum = exactSum(part.e * kLog10Of2High, product.high);
  return withSpecial(x, sum.high + (sum.low + fma(part.e, kLog10Of2Low, low)));
}

LIBRARY double __nv_asinh(double x) { return areaSine(x); }
LIBRARY float __nv_asinhf(float x) { return float(areaSine(x)); }
LIBRARY double __nv_acosh(double x) { return areaCosine(x); }
LIBRARY float __nv_acoshf(float x) { return float(areaCosine(x)); }
LIBRARY double __nv_atanh(double x) { return areaTangent(x); }
LIBRARY float __nv_atanhf(float x) { return float(areaTangent(x)); }
