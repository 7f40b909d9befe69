// See reference.h. What libquadmath lacks is built from what it has.
#include "reference.h"

#include <cmath>
#include <map>
#include <quadmath.h>
#include <string>

namespace {

using Quad = __float128;

Quad sineOfPi(Quad x) {
  Quad r = remainderq(x, 2);
  if (fabsq(r) == 1 || r == 0)
    return copysignq(0, x);
  r = r > 0.5Q ? 1 - r : r < -0.5Q ? -1 - r : r;
  return sinq(r * M_PIq);
}
Quad cosineOfPi(Quad x) {
  Quad r = fabsq(remainderq(x, 2));
  return r == 0.5Q ? 0 : r < 0.25Q ? cosq(r * M_PIq) : sinq((0.5Q - r) * M_PIq);
}
// The asymptotic series' terms shrink fast beyond 50.
Quad scaledErfc(Quad x) {
  if (x < 50)
    return expq(x * x) * erfcq(x);
  if (isinfq(x))
    return 0;
  Quad term = 1, sum = 1, r = 0.5Q / x / x;
  for (int k = 1; k < 30; ++k)
    sum += term *= -(2 * k - 1) * r;
  return sum / x / sqrtq(M_PIq);
}
// Newton's method from double's answer to quadruple precision.
Quad inverseErf(Quad y) {
  if (!(fabsq(y) < 1))
    return fabsq(y) == 1 ? y * HUGE_VALQ : nanq("");
  if (fabsq(y) < 1e-30Q)
    return y * sqrtq(M_PIq) / 2;
  bool tail = fabsq(y) > 0.5Q;
  Quad size = fabsq(y), rest = 1 - size;
  Quad x = tail ? sqrtq(-logq(rest)) * 0.9Q : size;
  for (int step = 0; step < 400; ++step) {
    Quad error = tail ? rest - erfcq(x) : erfq(x) - size;
    Quad change = error * sqrtq(M_PIq) / 2 * expq(x * x);
    x -= change / (1 + x * change);
    if (fabsq(change) < x * 1e-32Q)
      break;
  }
  return copysignq(x, y);
}
Quad inverseErfc(Quad y) {
  if (!(y > 0 && y < 2))
    return y == 0 ? HUGE_VALQ : y == 2 ? -HUGE_VALQ : nanq("");
  if (y > 0.5Q)
    return inverseErf(1 - y);
  Quad x = sqrtq(-logq(y)), guess = -logq(y * x * sqrtq(M_PIq));
  x = sqrtq(guess > 0.1Q ? guess : 0.1Q);
  for (int step = 0; step < 400; ++step) {
    Quad change = (y - erfcq(x)) * sqrtq(M_PIq) / 2 * expq(x * x);
    x -= change / (1 + x * change);
    if (fabsq(change) < x * 1e-32Q)
      break;
  }
  return x;
}
Quad besselI(int order, Quad x) {
  if (isinfq(x))
    return order && x < 0 ? -HUGE_VALQ : HUGE_VALQ;
  Quad term = order ? x / 2 : 1, sum = term;
  for (int k = 1; k < 3000; ++k) {
    sum += term *= x * x / 4 / k / (k + order);
    if (!(fabsq(term) > fabsq(sum) * 1e-36Q))
      break;
  }
  return sum;
}
// Beyond 2^40 libquadmath gives up; such sizes differ from infinity by nothing that is compared.
Quad length(Quad x, Quad y, Quad z, Quad w) {
  if (isinfq(x) || isinfq(y) || isinfq(z) || isinfq(w))
    return HUGE_VALQ;
  return sqrtq(x * x + y * y + z * z + w * w);
}

using Function = Quad (*)(Quad x, Quad y, Quad z, Quad w);
#define AS(name, expression)                                                                       \
  {#name, [](Quad x, Quad y, Quad z, Quad w) -> Quad {                                             \
     return (void)x, (void)y, (void)z, (void)w, expression;                                        \
   }},
#define SAME(name) AS(name, name##q(x))
#define SAME2(name) AS(name, name##q(x, y))
const std::map<std::string, Function> &functions() {
  static const std::map<std::string, Function> all = {
      // clang-format off
      SAME(acos) SAME(acosh) SAME(asin) SAME(asinh) SAME(atan) SAME(atanh) SAME(cbrt) SAME(ceil)
      SAME(cos) SAME(cosh) SAME(erf) SAME(erfc) SAME(exp) SAME(exp2) SAME(expm1) SAME(fabs)
      SAME(floor) SAME(j0) SAME(j1) SAME(lgamma) SAME(log) SAME(log10) SAME(log1p) SAME(log2)
      SAME(logb) SAME(nearbyint) SAME(rint) SAME(round) SAME(sin) SAME(sinh) SAME(sqrt) SAME(tan)
      SAME(tanh) SAME(tgamma) SAME(trunc) SAME(y0) SAME(y1)
      SAME2(atan2) SAME2(copysign) SAME2(fdim) SAME2(fmax) SAME2(fmin) SAME2(fmod) SAME2(pow)
      SAME2(remainder)
      AS(cospi, cosineOfPi(x)) AS(sinpi, sineOfPi(x))
      AS(cyl_bessel_i0, besselI(0, x)) AS(cyl_bessel_i1, besselI(1, x))
      AS(erfcinv, inverseErfc(x)) AS(erfcx, scaledErfc(x)) AS(erfinv, inverseErf(x))
      AS(exp10, powq(10, x)) AS(normcdf, erfcq(-x * M_SQRT1_2q) / 2)
      AS(normcdfinv, x == 0.5Q ? 0 : -M_SQRT2q * inverseErfc(2 * x))
      AS(rcbrt, 1 / cbrtq(x)) AS(rsqrt, 1 / sqrtq(x))
      AS(hypot, length(x, y, 0, 0)) AS(rhypot, 1 / length(x, y, 0, 0))
      AS(norm3d, length(x, y, z, 0)) AS(rnorm3d, 1 / length(x, y, z, 0))
      AS(norm4d, length(x, y, z, w)) AS(rnorm4d, 1 / length(x, y, z, w))
      AS(fma, fmaq(x, y, z)) AS(ldexp, ldexpq(x, int(y))) AS(scalbn, scalbnq(x, int(y)))
      AS(jn, jnq(int(y), x)) AS(yn, ynq(int(y), x))
      AS(nextafter, 0) // see below
      // clang-format on
  };
  return all;
}

// In double, for the exhaustive test.
using Quick = double (*)(double);
#define QUICK(name) {#name, [](double x) -> double { return std::name(x); }},
const std::map<std::string, Quick> &quickFunctions() {
  static const std::map<std::string, Quick> all = {
      // clang-format off
      QUICK(acos) QUICK(acosh) QUICK(asin) QUICK(asinh) QUICK(atan) QUICK(atanh) QUICK(cbrt)
      QUICK(ceil) QUICK(cos) QUICK(cosh) QUICK(erf) QUICK(erfc) QUICK(exp) QUICK(exp2) QUICK(expm1)
      QUICK(fabs) QUICK(floor) QUICK(log) QUICK(log10) QUICK(log1p) QUICK(log2) QUICK(logb)
      QUICK(nearbyint) QUICK(rint) QUICK(round) QUICK(sin) QUICK(sinh) QUICK(sqrt) QUICK(tan)
      QUICK(tanh) QUICK(trunc)
      {"rsqrt", [](double x) { return 1 / std::sqrt(x); }},
      {"rcbrt", [](double x) { return 1 / std::cbrt(x); }},
      {"exp10", [](double x) { return ::exp10(x); }},
      {"normcdf", [](double x) { return 0.5 * std::erfc(-x * M_SQRT1_2); }},
      // clang-format on
  };
  return all;
}

} // namespace

bool referenceValues(const char *name, bool isFloat, int count, const double *x, const double *y,
                     const double *z, const double *w, double *want) {
  auto found = functions().find(name);
  if (found == functions().end())
    return false;
  for (int i = 0; i < count; ++i) {
    Quad value = found->second(x[i], y[i], z[i], w[i]);
    want[i] = isFloat ? double(float(value)) : double(value);
  }
  // What depends on the type, or needs more digits than a Quad has.
  std::string which = name;
  for (int i = 0; i < count; ++i)
    if (which == "nextafter")
      want[i] =
          isFloat ? double(std::nextafter(float(x[i]), float(y[i]))) : std::nextafter(x[i], y[i]);
    else if (which == "fma")
      want[i] = isFloat ? double(std::fma(float(x[i]), float(y[i]), float(z[i])))
                        : std::fma(x[i], y[i], z[i]);
  return true;
}

bool quickReferenceValues(const char *name, int count, const float *x, float *want) {
  auto found = quickFunctions().find(name);
  if (found == quickFunctions().end())
    return false;
  for (int i = 0; i < count; ++i)
    want[i] = float(found->second(x[i]));
  return true;
}
