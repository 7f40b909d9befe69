// The error function, the normal distribution, and their inverses. The tail is
// erfc(x) = exp(-x^2) erfcx(x), where erfcx(x) (1 + 2x) is a polynomial of (x - 4) / (x + 4)
// (M. M. Shepherd and J. G. Laframboise, "Chebyshev Approximation of (1 + 2x) exp(x^2) erfc x in
// 0 <= x < infinity", Math. Comp. 36, 1981).
#include "elementary.h"

LIBRARY double __nv_exp(double);
LIBRARY double __nv_log(double);
LIBRARY float __nv_expf(float);

namespace {

constexpr double kSqrtHalf = 0x1.6a09e667f3bcdp-1, kSqrtHalfLow = -0x1.bdd3413b26456p-55;
constexpr double kSqrt2 = 1.4142135623730951, kHalfSqrtPi = 0.88622692545275801;
constexpr double kTwoBySqrtPi = 0x1.20dd750429b6dp+0, kTwoBySqrtPiLow = 0x1.1ae3a914fed80p-56;
constexpr float kTwoBySqrtPiF = 0x1.20dd76p+0f, kTwoBySqrtPiLowF = -0x1.f7ac92p-25f;

// erf(x) / x - 2 / sqrt(pi), rounded, for |x| <= 1.  2^-57
HELPER double smallErfRest(double x) {
  double square = x * x;
  double rest = twoChains(square, square * square, -0.376126389031836, 0.11283791670946282,
                          -0.026866170643364756, 0.005223977607807631, -0.0008548325997953657,
                          0.00012055295365994198, -1.492474285439463e-05, 1.6447471687586686e-06,
                          -1.6208691188812133e-07, 1.3720454120967687e-08, -7.795884942215229e-10);
  return fma(square, rest, kTwoBySqrtPiLow);
}
HELPER double smallErf(double x) { return fma(x, kTwoBySqrtPi, x * smallErfRest(x)); }
HELPER double smallErfc(double x) { return fma(-x, kTwoBySqrtPi, 1.0) - x * smallErfRest(x); }

// |x| <= 0.92.  2^-31
HELPER float smallErfRest(float x) {
  float square = x * x;
  float rest = twoChains(square, square * square, -0.37612635f, 0.11283703f, -0.026859593f,
                         0.0052012345f, -0.00081432995f, 8.36856e-05f);
  return fma(square, rest, kTwoBySqrtPiLowF);
}
HELPER float smallErf(float x) { return fma(x, kTwoBySqrtPiF, x * smallErfRest(x)); }

// erfcx(x) for x >= 0.  2^-54
HELPER double scaledTail(double x) {
  double t = (x - 4) / (x + 4), r = 1 / (x * x);
  double p = twoChains(
      t, t * t, 1.2329951186255526, -0.1396211168405625, 0.015379652102607248, 0.06809705425469091,
      -0.10103906603573778, 0.09373283499854398, -0.06633036582250419, 0.03716751553316529,
      -0.016197733961641765, 0.005031970022233501, -0.0007577738118850139, -0.00019925695293758413,
      0.00015062344393798626, -2.439827981466961e-05, -1.1225845418135919e-05,
      5.707567885589639e-06, 2.9905997050146085e-07, -8.222262337942525e-07, 7.01979396690221e-08,
      1.0717143119915669e-07, -1.5829984061010346e-08, -1.2694765194486319e-08,
      1.4018462958335307e-09, 9.941195451935766e-10, 2.3073012295696575e-11);
  // Far out the asymptotic series is better.
  double far = polynomial(r, 0x1.20dd750429b6dp-1, -0.28209479177387814, 0.42314218766081724,
                          -1.0578554691520430, 3.7024941420321507) /
               x;
  return x < 64 ? 0.5 * p / (x + 0.5) : far;
}
// With fewer digits: 2^-26.
HELPER double coarseTail(double x) {
  double t = (x - 2) / (x + 2);
  double p = twoChains(t, t * t, 1.2769784, -0.09276377, -0.16603068, 0.16404918, -0.05421452,
                       -0.008016567, 0.008695315, 0.001210858, -0.0014020744, -0.00035069155,
                       0.00016317608, 6.0572904e-05);
  return 0.5 * p / (x + 0.5);
}

// erfc(x + low), where low is below x's last bit.
HELPER double complement(double x, double low) {
  double size = fabs(x), square = size * size;
  size = size < 40 ? size : x == x ? 40.0 : x;
  square = size * size;
  double squareLow = fma(size, size, -square) + 2 * size * (x < 0 ? -low : low);
  double e = __nv_exp(-square);
  double tail = (e - e * squareLow) * scaledTail(size);
  double central = smallErfc(size < 0.9 ? x : 0.0) - kTwoBySqrtPi * e * low;
  return size < 0.9 ? central : x < 0 ? 2 - tail : tail;
}
HELPER float complement(float x) {
  double size = fabs(x);
  size = size > 12 ? 12.0 : size;
  double tail = __nv_exp(-size * size) * coarseTail(size);
  return float(x < 0 ? 2 - tail : tail);
}

HELPER double scaledComplement(double x) {
  double size = fabs(x);
  double tail = scaledTail(size);
  double bounded = size < 30 ? size : 30.0;
  double square = bounded * bounded, low = fma(bounded, bounded, -square);
  double e = __nv_exp(square);
  double power = e < infinityOf<double>() ? fma(e, low, e) : e;
  double central = power * smallErfc(size < 0.9 ? x : 0.0);
  double result = size < 0.9 ? central : x < 0 ? 2 * power - tail : tail;
  result = x == infinityOf<double>() ? 0.0 : result;
  return x == x ? result : x;
}

// P. J. Acklam's rational approximations of the inverse normal distribution (relative
// error 1.15e-9), and then one step of Newton's or Halley's method. erfinv(y) for |y| <= 1/2.
HELPER double centralInverse(double y) {
  double q = 0.5 * y, r = q * q;
  double x = kSqrtHalf * q *
             polynomial(r, 2.506628277459239, -30.66479806614716, 138.3577518672690,
                        -275.9285104469687, 220.9460984245205, -39.69683028665376) /
             polynomial(r, 1.0, -13.28068155288572, 66.80131188771972, -155.6989798598866,
                        161.5858368580409, -54.47609879822406);
  double change = (y - smallErf(x)) * kHalfSqrtPi * __nv_exp(x * x);
  return fabs(y) < 0x1p-30 ? fma(y, kHalfSqrtPi, y * 0x1p-60) : x + change / (1 - x * change);
}
// The x > 0 of erfc(x) = y, for y <= 1/2; the step is made for the logarithms, whose sizes are
// ordinary.
HELPER double tailInverse(double y) {
  double logarithm = __nv_log(y);
  double q = sqrt(2 * (0.69314718055994531 - logarithm));
  double far = -polynomial(q, 2.938163982698783, 4.374664141464968, -2.549732539343734,
                           -2.400758277161838, -0.3223964580411365, -7.784894002430293e-3) /
               polynomial(q, 1.0, 3.754408661907416, 2.445134137142996, 0.3224671290700398,
                          7.784695709041462e-3);
  double c = 0.5 - 0.5 * y, r = c * c;
  double near = c *
                polynomial(r, 2.506628277459239, -30.66479806614716, 138.3577518672690,
                           -275.9285104469687, 220.9460984245205, -39.69683028665376) /
                polynomial(r, 1.0, -13.28068155288572, 66.80131188771972, -155.6989798598866,
                           161.5858368580409, -54.47609879822406);
  double x = kSqrtHalf * (y < 0.0485 ? far : near);
  double scaled = scaledTail(x);
  double error = (__nv_log(scaled) - logarithm) - x * x;
  return fma(error * kHalfSqrtPi, scaled, x);
}
HELPER double inverse(double y) {
  double size = fabs(y);
  double central = centralInverse(size < 0.5 ? y : 0.0), tail = tailInverse(1 - size);
  tail = size == 1 ? infinityOf<double>() : tail;
  return size < 0.5 ? central : size <= 1 ? copysign(tail, y) : nanOf<double>();
}
// 1 - y and 2 - y are exact where they are used.
HELPER double inverseOfComplement(double y) {
  bool isCentral = y > 0.5 && y < 1.5;
  double central = centralInverse(isCentral ? 1 - y : 0.0);
  double tail = tailInverse(y > 1 ? 2 - y : y);
  tail = y == 0 || y == 2 ? infinityOf<double>() : tail;
  double result = isCentral ? central : y > 1 ? -tail : tail;
  return y >= 0 && y <= 2 ? result + 0.0 : nanOf<double>();
}
// 2p and 2 (1 - p) are exact where they are used, 1 - 2p too.
HELPER double inverseNormal(double p) {
  bool isCentral = p > 0.25 && p<0.75, isUpper = p> 0.5;
  double central = centralInverse(isCentral ? 2 * p - 1 : 0.0);
  double rest = isUpper ? 2 * (1 - p) : 2 * p, tail = tailInverse(rest);
  tail = rest == 0 ? infinityOf<double>() : tail;
  double result = isCentral ? central : isUpper ? tail : -tail;
  return p >= 0 && p <= 1 ? kSqrt2 * result : nanOf<double>();
}

// erfc(-x / sqrt(2)) / 2, with the quotient's low part.
HELPER double normalDistribution(double x) {
  x = clamp(x, -60.0, 60.0);
  double high = x * -kSqrtHalf;
  double low = -(fma(x, kSqrtHalf, high) + x * kSqrtHalfLow);
  return 0.5 * complement(high, low);
}

} // namespace

LIBRARY float __nv_erff(float x) { // 2^-34
  float size = fabs(x);
  float bounded = size > 4 ? 4.0f : size;
  // -log(erfc(x))
  float exponent =
      twoChains(bounded, bounded * bounded, -0.00015063645f, 1.1293819f, 0.63366324f, 0.10785811f,
                -0.024774225f, 0.003993837f, -0.00037872675f, 1.12823545e-05f, 7.4019914e-07f);
  float large = 1 - __nv_expf(-exponent);
  return copysign(size < 0.92f ? smallErf(size) : large, x);
}
LIBRARY double __nv_erf(double x) {
  double size = fabs(x);
  double result = size < 1 ? smallErf(size < 1 ? size : 0.0) : 1 - complement(size, 0.0);
  return copysign(result, x);
}
LIBRARY float __nv_erfcf(float x) { return complement(x); }
LIBRARY double __nv_erfc(double x) { return complement(x, 0.0); }
LIBRARY float __nv_erfcxf(float x) { return float(scaledComplement(double(x))); }
LIBRARY double __nv_erfcx(double x) { return scaledComplement(x); }
LIBRARY float __nv_erfinvf(float y) { return float(inverse(double(y))); }
LIBRARY double __nv_erfinv(double y) { return inverse(y); }
LIBRARY float __nv_erfcinvf(float y) { return float(inverseOfComplement(double(y))); }
LIBRARY double __nv_erfcinv(double y) { return inverseOfComplement(y); }
LIBRARY float __nv_normcdff(float x) { return float(normalDistribution(double(x))); }
LIBRARY double __nv_normcdf(double x) { return normalDistribution(x); }
LIBRARY float __nv_normcdfinvf(float p) { return float(inverseNormal(double(p))); }
LIBRARY double __nv_normcdfinv(double p) { return inverseNormal(p); }
