// Powers, roots and lengths of vectors.
#include "elementary.h"

namespace {

template <class T> HELPER bool isOdd(T y) {
  T half = y * T(0.5);
  return trunc(y) == y && trunc(half) != half;
}

// C99's special cases around |x|^y (annex F.9.4.4).
template <class T> HELPER T powerOfAny(T x, T y, T magnitude) {
  bool isWhole = trunc(y) == y;
  T value = x < 0 && isOdd(y) ? -magnitude : magnitude;
  // The same for the zero with a sign, which is not below 0.
  value = x == 0 && isOdd(y) ? copysign(magnitude, x) : value;
  value = x < 0 && !isWhole && x != -infinityOf<T>() ? nanOf<T>() : value;
  value = x != x || y != y ? nanOf<T>() : value;
  value = x == -1 && fabs(y) == infinityOf<T>() ? T(1) : value;
  return x == 1 || y == 0 ? T(1) : value;
}

// x = 2^e m with m in sqrt(1/2) ... sqrt(2), of positive numbers.
template <class T> struct Parts {
  double m, e;
};
HELPER Parts<double> parts(double x) {
  bool tiny = x < 0x1p-1022;
  uint64 word = bitsOf(tiny ? x * 0x1p52 : x);
  int64 exponent = int64(word - bitsOf(0.70710678118654752)) >> 52;
  return {bitsAs<double>(word - (uint64(exponent) << 52)),
          double(int(exponent)) - (tiny ? 52.0 : 0.0)};
}

// log2(m).  2^-36
HELPER double coarseLog2(double m) {
  double f = m - 1;
  return f * twoChains(f, f * f, 1.4426950408687111, -0.7213475208685989, 0.4808983613928635,
                       -0.36067367486477886, 0.28853729368824527, -0.24045316371653452,
                       0.20617535202469234, -0.1803006344921338, 0.1587699200222769,
                       -0.14315625778120022, 0.14474767224550936, -0.14283949690898684,
                       0.07737159441971617);
}
HELPER float power(float x, float y) {
  double size = fabs(double(x));
  Parts<double> part = parts(size); // a float is no denormal double
  double log = part.e + coarseLog2(part.m);
  log = size == 0 ? -infinityOf<double>() : size == infinityOf<double>() ? size : log;
  double exponent = clamp(double(y) * log, -200.0, 200.0);
  Rounded<double> n = roundedToInteger(exponent);
  double r = exponent - n.value; // 2^-29
  double root =
      fma(r,
          twoChains(r, r * r, 0.6931472028521325, 0.24022647913440923, 0.055503324763358605,
                    0.009618437390966914, 0.0013398872469160695, 0.00015353350108277677),
          1.0);
  return powerOfAny(x, y, float(root * powerOfTwo<double>(n.integer)));
}

// log(m) to twice the digits; with z = f / (2 + f) it is 2z + z^3 (2/3 + z^2 P(z^2)).  2^-73
HELPER Double<double> fineLog(double m) {
  double f = m - 1, sum = f + 2, sumLow = f - (sum - 2), inverse = 1 / sum;
  Double<double> z;
  z.high = f * inverse;
  z.low = inverse * (fma(-z.high, sum, f) - z.high * sumLow);
  Double<double> square = exactProduct(z.high, z.high);
  square.low = fma(2 * z.high, z.low, square.low);
  double w = square.high;
  double rest = w * twoChains(w, w * w, 0.39999999999999974, 0.2857142857144705,
                              0.22222222217067597, 0.1818181892754728, 0.1538455298746384,
                              0.13336465996388291, 0.11671819802116468, 0.12013839936530782);
  Double<double> factor = quickSum(0x1.5555555555555p-1, rest);
  factor.low += 0x1.5555555555555p-55;
  Double<double> cube = z * (square * factor);
  return Double<double>{2 * z.high, 2 * z.low} + cube;
}
HELPER double power(double x, double y) {
  constexpr double ln2High = 0x1.62e42fefa4000p-1, ln2Low = -0x1.8432a1b0e2634p-43;
  double size = fabs(x);
  Parts<double> part = parts(size);
  Double<double> log = Double<double>{part.e * ln2High, part.e * ln2Low} + fineLog(part.m);
  log.high = size == 0 ? -infinityOf<double>() : size == infinityOf<double>() ? size : log.high;
  Double<double> product = exactProduct(y, log.high);
  double low = fma(y, log.low, product.low);
  bool isFinite = fabs(product.high) < 1000;
  double high = clamp(product.high, -750.0, 711.0);
  low = isFinite ? low : 0;
  Rounded<double> n = roundedToInteger(high * 1.4426950408889634);
  double exact = fma(n.value, -ln2High, high);
  double most = fma(n.value, -ln2Low, exact), r = most + low;
  low = fma(n.value, -ln2Low, exact - most) + ((most - r) + low);
  double square = r * r; // 2^-58
  double rest =
      square * twoChains(r, square, 0.5000000000000011, 0.16666666666666455, 0.041666666666528185,
                         0.008333333333475142, 0.0013888888943939294, 0.00019841269538560958,
                         2.4801492876124732e-05, 2.7557563447836164e-06, 2.763031156560084e-07,
                         2.5006105585627684e-08);
  double root = 1 + (r + (rest + fma(low, r, low)));
  return powerOfAny(x, y, scaled(root, n.integer));
}

// A first guess at x^(-1/3) from the exponent, then Householder's method with c = 1 - x y^3.
HELPER float guess(float x) {
  return bitsAs<float>(0x54a2fa8cu - uint32(int(float(int(bitsOf(x))) * 0.33333333f)));
}
HELPER double guess(double x) {
  uint64 third = uint64(int64(double(int64(bitsOf(x) >> 32)) * 0.33333333333333333));
  return bitsAs<double>((0x553ef0ffull - third) << 32);
}
template <class T> HELPER T cubeRoot(T x) {
  constexpr T shift = sizeof(T) == 4 ? T(0x1p24) : T(0x1p54);
  constexpr T back = sizeof(T) == 4 ? T(0x1p-8) : T(0x1p-18);
  T size = fabs(x);
  bool tiny = size < Format<T>::smallest;
  T a = tiny ? size * shift : size, y = guess(a);
  for (int step = 0; step < 2; ++step) {
    T c = fma(-a * y, y * y, T(1));
    y = fma(y * c, fma(c, fma(c, T(14.0 / 81), T(2.0 / 9)), T(1.0 / 3)), y);
  }
  T root = a * (y * y);
  Double<T> square = exactProduct(root, root);
  T error = fma(square.high, root, -a) + square.low * root;
  root = fma(error * (y * y), T(-1.0 / 3), root);
  T value = copysign(tiny ? root * back : root, x);
  return size > 0 && size < infinityOf<T>() ? value : x;
}

// x^(-1/3): a last step with an exact product, because a quotient would round a second time.
template <class T> HELPER T inverseCubeRoot(T x) {
  constexpr T shift = sizeof(T) == 4 ? T(0x1p24) : T(0x1p54);
  constexpr T back = sizeof(T) == 4 ? T(0x1p8) : T(0x1p18);
  T size = fabs(x);
  bool tiny = size < Format<T>::smallest;
  T a = tiny ? size * shift : size, y = guess(a);
  for (int step = 0; step < 2; ++step) {
    T c = fma(-a * y, y * y, T(1));
    y = fma(y * c, fma(c, fma(c, T(14.0 / 81), T(2.0 / 9)), T(1.0 / 3)), y);
  }
  Double<T> once = exactProduct(a, y), twice = exactProduct(y, y);
  T c = fma(-once.high, twice.high, T(1)) - fma(once.high, twice.low, once.low * twice.high);
  y = fma(y * c, T(1.0 / 3), y);
  T value = copysign(tiny ? y * back : y, x);
  return size > 0 && size < infinityOf<T>() ? value : 1 / x;
}

// The sum of the squares of numbers scaled by `scale`, so that it neither overflows nor vanishes.
struct Squares {
  Double<double> sum;
  double scale;
  bool isInfinite;
};
template <class... Numbers> HELPER Squares squares(double first, Numbers... rest) {
  double largest = fabs(first);
  bool isInfinite = largest == infinityOf<double>();
  ((largest = fabs(rest) > largest ? fabs(rest) : largest), ...);
  ((isInfinite |= fabs(rest) == infinityOf<double>()), ...);
  double scale = largest > 0x1p500 ? 0x1p-600 : largest < 0x1p-450 ? 0x1p600 : 1.0;
  Double<double> sum = exactProduct(first * scale, first * scale);
  ((sum = sum + exactProduct(rest * scale, rest * scale)), ...);
  return {sum, scale, isInfinite};
}
HELPER double length(Squares s) {
  double root = sqrt(s.sum.high);
  return s.isInfinite ? infinityOf<double>() : root / s.scale;
}
HELPER double inverseLength(Squares s) {
  double r = 1 / sqrt(s.sum.high);
  double error = fma(-s.sum.high * r, r, 1.0) - s.sum.low * r * r;
  double value = (fma(0.5 * r, error, r)) * s.scale;
  return s.isInfinite ? 0 : s.sum.high == 0 ? infinityOf<double>() : value;
}

// Squares of floats neither overflow nor vanish in double.
template <class... Numbers> HELPER double squaresOfFloats(Numbers... numbers) {
  double sum = 0;
  ((sum = fma(double(numbers), double(numbers), sum)), ...);
  return sum;
}
template <class... Numbers> HELPER float lengthOfFloats(Numbers... numbers) {
  bool isInfinite = false;
  ((isInfinite |= fabs(numbers) == infinityOf<float>()), ...);
  return isInfinite ? infinityOf<float>() : float(sqrt(squaresOfFloats(numbers...)));
}
template <class... Numbers> HELPER float inverseLengthOfFloats(Numbers... numbers) {
  bool isInfinite = false;
  ((isInfinite |= fabs(numbers) == infinityOf<float>()), ...);
  return isInfinite ? 0 : float(1 / sqrt(squaresOfFloats(numbers...)));
}

// Of as many numbers as memory holds: the squares, scaled by the largest.
HELPER Squares squaresOf(int count, const double *numbers) {
  double largest = 0;
  for (int i = 0; i < count; ++i) {
    double size = fabs(numbers[i]);
    largest = size > largest ? size : largest;
  }
  double scale = largest > 0x1p500 ? 0x1p-600 : largest < 0x1p-450 ? 0x1p600 : 1.0;
  Double<double> sum = {0, 0};
  for (int i = 0; i < count; ++i)
    sum = sum + exactProduct(numbers[i] * scale, numbers[i] * scale);
  return {sum, scale, largest == infinityOf<double>()};
}
HELPER double squaresOf(int count, const float *numbers) {
  double sum = 0;
  for (int i = 0; i < count; ++i)
    sum = fma(double(numbers[i]), double(numbers[i]), sum);
  for (int i = 0; i < count; ++i)
    sum = fabs(numbers[i]) == infinityOf<float>() ? infinityOf<double>() : sum;
  return sum;
}

template <class T> HELPER T wholePower(T x, int exponent) {
  T result = 1;
  for (unsigned int n = exponent < 0 ? 0u - exponent : exponent; n; n /= 2, x *= x)
    if (n % 2)
      result *= x;
  return exponent < 0 ? 1 / result : result;
}

} // namespace

LIBRARY float __nv_powf(float x, float y) { return power(x, y); }
LIBRARY double __nv_pow(double x, double y) { return power(x, y); }
LIBRARY float __nv_powif(float x, int exponent) { return wholePower(x, exponent); }
LIBRARY double __nv_powi(double x, int exponent) { return wholePower(x, exponent); }

LIBRARY float __nv_cbrtf(float x) { return cubeRoot(x); }
LIBRARY double __nv_cbrt(double x) { return cubeRoot(x); }
LIBRARY float __nv_rcbrtf(float x) { return inverseCubeRoot(x); }
LIBRARY double __nv_rcbrt(double x) { return inverseCubeRoot(x); }
LIBRARY float __nv_rsqrtf(float x) { return 1 / sqrt(x); }
LIBRARY double __nv_rsqrt(double x) { return 1 / sqrt(x); }

LIBRARY float __nv_hypotf(float a, float b) { return lengthOfFloats(a, b); }
LIBRARY double __nv_hypot(double a, double b) { return length(squares(a, b)); }
LIBRARY float __nv_rhypotf(float a, float b) { return inverseLengthOfFloats(a, b); }
LIBRARY double __nv_rhypot(double a, double b) { return inverseLength(squares(a, b)); }
LIBRARY float __nv_norm3df(float a, float b, float c) { return lengthOfFloats(a, b, c); }
LIBRARY double __nv_norm3d(double a, double b, double c) { return length(squares(a, b, c)); }
LIBRARY float __nv_rnorm3df(float a, float b, float c) { return inverseLengthOfFloats(a, b, c); }
LIBRARY double __nv_rnorm3d(double a, double b, double c) {
  return inverseLength(squares(a, b, c));
}
LIBRARY float __nv_norm4df(float a, float b, float c, float d) {
  return lengthOfFloats(a, b, c, d);
}
LIBRARY double __nv_norm4d(double a, double b, double c, double d) {
  return length(squares(a, b, c, d));
}
LIBRARY float __nv_rnorm4df(float a, float b, float c, float d) {
  return inverseLengthOfFloats(a, b, c, d);
}
LIBRARY double __nv_rnorm4d(double a, double b, double c, double d) {
  return inverseLength(squares(a, b, c, d));
}
LIBRARY float __nv_normf(int n, const float *v) { return float(sqrt(squaresOf(n, v))); }
LIBRARY double __nv_norm(int n, const double *v) { return length(squaresOf(n, v)); }
LIBRARY float __nv_rnormf(int n, const float *v) { return float(1 / sqrt(squaresOf(n, v))); }
LIBRARY double __nv_rnorm(int n, const double *v) { return inverseLength(squaresOf(n, v)); }
