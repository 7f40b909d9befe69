// Bessel functions. Up to kFar their power series are summed with twice the digits, because the
// terms are much larger than the sums; beyond it their asymptotic expansions (M. Abramowitz and
// I. A. Stegun, "Handbook of Mathematical Functions", 9.1.10, 9.1.13, 9.2.5, 9.6.10, 9.7.1). Float
// forms are computed in double.
#include "elementary.h"

LIBRARY double __nv_exp(double);
LIBRARY double __nv_sin(double);
LIBRARY double __nv_cos(double);

namespace {

using Wide = Double<double>;
constexpr double kFar = 25;
constexpr Wide kEulerLessLn2 = {-0x1.dadb014541eb2p-4, -0x1.be095d05c0a81p-62};
constexpr Wide kTwoByPi = {0x1.45f306dc9c883p-1, -0x1.6b01ec5417056p-55};

HELPER Wide times(Wide a, double b) {
  Wide product = exactProduct(a.high, b);
  return quickSum(product.high, fma(a.low, b, product.low));
}
HELPER Wide dividedBy(Wide a, double b) {
  double quotient = a.high / b;
  return quickSum(quotient, (fma(-quotient, b, a.high) + a.low) / b);
}
HELPER Wide negated(Wide a) { return {-a.high, -a.low}; }

// log(x): 2 atanh((m - 1) / (m + 1)), summed to the last digit.
HELPER Wide wideLog(double x) {
  constexpr Wide ln2 = {0x1.62e42fefa39efp-1, 0x1.abc9e3b39803fp-56};
  bool tiny = x < 0x1p-1000;
  uint64 word = bitsOf(tiny ? x * 0x1p100 : x);
  int64 exponent = int64(word - bitsOf(0.70710678118654752)) >> 52;
  double m = bitsAs<double>(word - (uint64(exponent) << 52));
  Wide sum = exactSum(m, 1.0), z = dividedBy({m - 1, 0}, sum.high);
  z = z + Wide{-z.high * sum.low / sum.high, 0};
  Wide square = z * z, power = z, series = z;
  for (int k = 3; k < 40; k += 2) {
    power = power * square;
    series = series + dividedBy(power, k);
  }
  return times(series, 2) + times(ln2, double(int(exponent)) - (tiny ? 100.0 : 0.0));
}

// The series of J or I of order 0 or 1, and the sum that Y needs besides:
//   first  = sum of t_k,  second = sum of t_k (H_k + H_(k + order)),
//   t_k = (x/2)^order (+-x^2/4)^k / (k! (k + order)!)
struct Series {
  Wide first, second;
};
HELPER Series besselSeries(double x, int order, bool alternating) {
  Wide quarter = times(exactProduct(x, x), alternating ? -0.25 : 0.25);
  Wide term = {order ? 0.5 * x : 1.0, 0};
  Wide harmonic = {double(order), 0};
  Series sums = {term, times(term, harmonic.high)};
  for (int k = 1; k < 120; ++k) {
    term = dividedBy(term * quarter, double(k) * (k + order));
    harmonic = harmonic + dividedBy({1, 0}, k) + dividedBy({1, 0}, k + order);
    sums.first = sums.first + term;
    sums.second = sums.second + term * harmonic;
    if (!(fabs(term.high) > 1e-33 * fabs(sums.first.high) + 1e-300))
      break;
  }
  return sums;
}
HELPER double value(Wide a) { return a.high + a.low; }

// Y of order 0 and 1 for small x: 2/pi (log(x/2) + gamma) J - 1/pi (second + 2/x if order is 1).
HELPER double nearY(double x, int order) {
  if (order && x < 0x1p-900)
    return -0.63661977236758134 / x;
  Series series = besselSeries(x, order, true);
  Wide log = wideLog(x) + kEulerLessLn2;
  Wide sum = times(log * series.first, 2) + negated(series.second);
  if (order)
    sum = sum + negated(dividedBy({2, 0}, x));
  return value(times(sum * kTwoByPi, 0.5));
}

// The asymptotic amplitudes P and Q of order 0 and 1; J = sqrt(2 / (pi x)) (P cos t - Q sin t) and
// Y with sine and cosine swapped, where t = x - (2 order + 1) pi / 4.
struct Waves {
  double j, y;
};
HELPER Waves farWaves(double x, int order) {
  double mu = 4.0 * order * order, scale = 0.125 / x, term = 1, p = 0, q = 0;
  for (int k = 1; k < 24; ++k) {
    double odd = 2 * k - 1;
    term *= (mu - odd * odd) * scale / k;
    double signedTerm = k & 2 ? -term : term;
    p += k & 1 ? 0.0 : signedTerm;
    q += k & 1 ? signedTerm : 0.0;
  }
  double s = __nv_sin(x), c = __nv_cos(x);
  // cos(t) and sin(t), times sqrt(2).
  double cosine = order ? s - c : c + s, sine = order ? -s - c : s - c;
  double size = sqrt(0.31830988618379067 / x);
  p += 1; // last: the other terms are small
  double j = size * (p * cosine - q * sine), y = size * (p * sine + q * cosine);
  bool isInfinite = x == infinityOf<double>();
  return {isInfinite ? 0 : j, isInfinite ? 0 : y};
}

HELPER double besselJ(int order, double x) {
  double size = fabs(x), result;
  if (size < kFar)
    result = value(besselSeries(size, order, true).first);
  else
    result = farWaves(size, order).j;
  return order && bitsOf(x) >> 63 && size < infinityOf<double>() ? -result : result;
}
HELPER double besselY(int order, double x) {
  double result = -infinityOf<double>();
  if (x > 0 && x < kFar)
    result = nearY(x, order);
  else if (x >= kFar)
    result = farWaves(x, order).y;
  return x < 0 || x != x ? nanOf<double>() : result;
}
HELPER double besselI(int order, double x) {
  double size = fabs(x), result;
  if (size < kFar) {
    result = value(besselSeries(size, order, false).first);
  } else {
    double mu = 4.0 * order, scale = -0.125 / size, term = 1, sum = 0;
    for (int k = 1; k < 24; ++k) {
      double odd = 2 * k - 1;
      term *= (mu - odd * odd) * scale / k;
      sum += term;
    }
    // In two factors: the result may be finite where exp(x) is not.
    bool isLarge = size > 700;
    double factor = isLarge ? 0x1.ec417a3e63c6ap+504 : 1.0; // exp(350)
    result = __nv_exp(isLarge ? size - 350 : size) * ((1 + sum) / sqrt(6.2831853071795865 * size)) *
             factor;
  }
  result = size > 1000 ? infinityOf<double>() : result;
  return order ? copysign(result, x) : result;
}

// Recurrences in the direction in which they are stable: upwards below the argument, else
// downwards from an order where J is negligible, normalised by J0 + 2 J2 + 2 J4 + ... = 1.
HELPER double besselJn(int n, double x) {
  if (n < 0)
    return nanOf<double>();
  if (n < 2)
    return besselJ(n, x);
  double size = fabs(x), result = 0;
  if (size == infinityOf<double>()) {
    result = 0;
  } else if (size < 1e-9) { // the series' first term
    result = 1;
    for (int k = 1; k <= n; ++k)
      result *= 0.5 * size / k;
  } else if (n <= size) {
    double before = besselJ(0, size), now = besselJ(1, size);
    for (int k = 1; k < n; ++k) {
      double next = 2 * k / size * now - before;
      before = now;
      now = next;
    }
    result = now;
  } else {
    double above = 0, now = 1e-300, sum = 0, found = 0;
    for (int k = 2 * ((n + 60 + int(size)) / 2); k > 0; --k) {
      found = k == n ? now : found;
      sum += k % 2 == 0 ? 2 * now : 0.0;
      double next = 2 * k / size * now - above;
      above = now;
      now = next;
      bool isLarge = fabs(now) > 1e200;
      double shrink = isLarge ? 1e-200 : 1.0;
      now *= shrink, above *= shrink, sum *= shrink, found *= shrink;
    }
    result = found / (sum + now);
  }
  return x != x ? x : x < 0 && n % 2 ? -result : result;
}
HELPER double besselYn(int n, double x) {
  if (n < 0)
    return nanOf<double>();
  if (n < 2 || !(x > 0) || x == infinityOf<double>())
    return besselY(n ? 1 : 0, x);
  double before = besselY(0, x), now = besselY(1, x);
  for (int k = 1; k < n; ++k) {
    double next = 2 * k / x * now - before;
    next = now == -infinityOf<double>() ? now : next;
    before = now;
    now = next;
  }
  return now;
}

} // namespace

#define OF_ONE(name, function, order)                                                              \
  LIBRARY double __nv_##name(double x) { return function(order, x); }                              \
  LIBRARY float __nv_##name##f(float x) { return float(function(order, double(x))); }
OF_ONE(j0, besselJ, 0)
OF_ONE(j1, besselJ, 1)
OF_ONE(y0, besselY, 0)
OF_ONE(y1, besselY, 1)
OF_ONE(cyl_bessel_i0, besselI, 0)
OF_ONE(cyl_bessel_i1, besselI, 1)
LIBRARY double __nv_jn(int n, double x) { return besselJn(n, x); }
LIBRARY float __nv_jnf(int n, float x) { return float(besselJn(n, double(x))); }
LIBRARY double __nv_yn(int n, double x) { return besselYn(n, x); }
LIBRARY float __nv_ynf(int n, float x) { return float(besselYn(n, double(x))); }
