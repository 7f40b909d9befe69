// Inverse trigonometric functions: the argument is brought near zero by half-angle formulas, where
// a series serves.
#include "elementary.h"

namespace {

constexpr float kPiF = 0x1.921fb6p+1f, kHalfPiHighF = 0x1.921fb6p+0f,
                kHalfPiLowF = -0x1.777a5cp-25f;
constexpr double kPi = 0x1.921fb54442d18p+1, kPiLow = 0x1.1a62633145c07p-53,
                 kHalfPi = 0x1.921fb54442d18p+0, kHalfPiLow = 0x1.1a62633145c07p-54,
                 kQuarterPi = 0x1.921fb54442d18p-1, kQuarterPiLow = 0x1.1a62633145c07p-55;

// (asin(x) - x) / x^3 of square = x^2 up to 1/4.  2^-27, 2^-56
HELPER float sineRest(float square) {
  return polynomial(square, 0.16666752f, 0.074953094f, 0.04546915f, 0.024184784f, 0.04215828f);
}
HELPER double sineRest(double square) {
  return twoChains(square, square * square, 0.16666666666665408, 0.07500000000337165,
                   0.044642856828198345, 0.030381959142396706, 0.02237175791892872,
                   0.017359706774321214, 0.013885215238562936, 0.01216934731271395,
                   0.006527374585454764, 0.019529949965344434, -0.01622696313379946,
                   0.03191417386662272);
}

// Above 1/2: asin(x) = pi/2 - 2 asin(sqrt((1 - x) / 2)).
template <class T> struct Half {
  bool isLarge;
  T x, rest; // asin(x) = x + rest, of the argument or of the root
};
template <class T> HELPER Half<T> half(T x) {
  T size = fabs(x);
  bool isLarge = size > T(0.5);
  T square = isLarge ? fma(size, T(-0.5), T(0.5)) : size * size;
  T root = isLarge ? sqrt(square) : size;
  return {isLarge, root, root * square * sineRest(square)};
}
HELPER float arcSine(float x) {
  Half<float> part = half(x);
  float value = part.x + part.rest;
  return copysign(part.isLarge ? fma(value, -2.0f, kHalfPiLowF) + kHalfPiHighF : value, x);
}
HELPER double arcSine(double x) {
  Half<double> part = half(x);
  double large = kHalfPi - (2 * part.x - (kHalfPiLow - 2 * part.rest));
  return copysign(part.isLarge ? large : part.x + part.rest, x);
}
HELPER float arcCosine(float x) {
  Half<float> part = half(x);
  float value = part.x + part.rest;
  float large = x < 0 ? fma(value, -2.0f, 2 * kHalfPiLowF) + kPiF : 2 * value;
  return part.isLarge ? large : kHalfPiHighF - (copysign(value, x) - kHalfPiLowF);
}
HELPER double arcCosine(double x) {
  Half<double> part = half(x);
  double value = part.x + part.rest;
  double large = x < 0 ? kPi - (2 * value - kPiLow) : 2 * value;
  return part.isLarge ? large : kHalfPi - (copysign(value, x) - kHalfPiLow);
}

// atan(t) - t.  |t| <= 1: 2^-26;  |t| <= tan(pi/8): 2^-64
HELPER float tangentRest(float t) {
  float square = t * t;
  return t * square *
         twoChains(square, square * square, -0.33333153f, 0.19993767f, -0.14211002f, 0.10665769f,
                   -0.0755166f, 0.043204702f, -0.016363153f, 0.002919406f);
}
HELPER double tangentRest(double t) {
  double square = t * t;
  return t * square *
         twoChains(square, square * square, -0.33333333333333326, 0.19999999999997098,
                   -0.14285714285317092, 0.11111111083807261, -0.0909090798862453,
                   0.07692279273118577, -0.06666175854613493, 0.058765287066717235,
                   -0.052152634344574705, 0.044909069511350284, -0.0331830128893906,
                   0.014901969038337386);
}

// atan(y / x) of numbers that are not negative, both not 0 and not infinite.
HELPER float arcTangent(float y, float x) {
  bool steep = y > x;
  float t = (steep ? x : y) / (steep ? y : x);
  float value = t + tangentRest(t);
  return steep ? kHalfPiHighF - (value - kHalfPiLowF) : value;
}
HELPER double arcTangent(double y, double x) {
  bool steep = y > 2.414213562373095 * x, slanted = y > 0.41421356237309503 * x;
  double t = (steep ? -x : slanted ? y - x : y) / (steep ? y : slanted ? y + x : x);
  double base = steep ? kHalfPi : slanted ? kQuarterPi : 0;
  double baseLow = steep ? kHalfPiLow : slanted ? kQuarterPiLow : 0;
  return base + (t + (tangentRest(t) + baseLow));
}

// Infinite and zero pairs become finite ones of the same direction; sums must not overflow.
template <class T> HELPER T arcTangentOfRatio(T y, T x) {
  constexpr T huge = sizeof(T) == 4 ? T(0x1p120) : T(0x1p1000);
  T a = fabs(y), b = fabs(x);
  bool bothInfinite = a == infinityOf<T>() && b == infinityOf<T>();
  bool bothZero = a == 0 && b == 0;
  T scale = a > huge || b > huge ? T(0.25) : T(1);
  a = bothInfinite ? T(1) : a * scale;
  b = bothInfinite || bothZero ? T(1) : b * scale;
  T value = arcTangent(a, b);
  if (sizeof(T) == 8)
    value = bitsOf(x) >> (sizeof(T) * 8 - 1) ? T(kPi - (value - kPiLow)) : value;
  else
    value = bitsOf(x) >> (sizeof(T) * 8 - 1) ? T(kPiF) - (value - T(2 * kHalfPiLowF)) : value;
  return copysign(value, y);
}

} // namespace

LIBRARY float __nv_asinf(float x) { return arcSine(x); }
LIBRARY double __nv_asin(double x) { return arcSine(x); }
LIBRARY float __nv_acosf(float x) { return arcCosine(x); }
LIBRARY double __nv_acos(double x) { return arcCosine(x); }
LIBRARY float __nv_atanf(float x) { return copysign(arcTangent(fabs(x), 1.0f), x); }
LIBRARY double __nv_atan(double x) {
  double size = fabs(x);
  return copysign(arcTangent(size < 0x1p100 ? size : x == x ? 0x1p100 : size, 1.0), x);
}
LIBRARY float __nv_atan2f(float y, float x) { return arcTangentOfRatio(y, x); }
LIBRARY double __nv_atan2(double y, double x) { return arcTangentOfRatio(y, x); }
