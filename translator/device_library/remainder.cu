// Remainders of a division. All are exact: the quotient is at most one too large, and what is left
// has no more digits than the divisor.
#include "elementary.h"

namespace {

template <class T> struct Division {
  T rest;        // |x| modulo |y|
  uint32 lowest; // the quotient's low bits
};

template <class T> HELPER Division<T> divided(T a, T quotient, T divisor, uint32 unit) {
  T whole = trunc(quotient), rest = fma(-whole, divisor, a);
  bool tooLarge = rest < 0;
  return {tooLarge ? rest + divisor : rest, (uint32(SignedOf<T>(whole)) - tooLarge) * unit};
}

// Quotients of more digits than a number has are taken away from the top: multiples of the divisor
// by powers of two come first. Quotients may be beyond the largest number, twice.
template <class T> HELPER Division<T> longDivision(T a, T b) {
  constexpr T limit = T(WordOf<T>(1) << Format<T>::mantissaBits);
  constexpr T large = sizeof(T) == 4 ? T(0x1p100f) : T(0x1p1000);
  constexpr WordOf<T> exponentMask = WordOf<T>(2 * Format<T>::bias + 1) << Format<T>::mantissaBits;
  Division<T> result = {a, 0};
  while (result.rest >= b) {
    T rest = result.rest, divisor = b;
    divisor *= rest / divisor < infinityOf<T>() ? T(1) : large;
    divisor *= rest / divisor < infinityOf<T>() ? T(1) : large;
    T quotient = rest / divisor;
    T power = bitsAs<T>(bitsOf(quotient) & exponentMask) / limit;
    divisor *= quotient < limit ? T(1) : power;
    uint32 unit = divisor == b ? 1 : divisor == 2 * b ? 2 : divisor == 4 * b ? 4 : 0;
    Division<T> step = divided(rest, rest / divisor, divisor, unit);
    result = {step.rest, result.lowest + step.lowest};
  }
  return result;
}

template <class T> HELPER Division<T> division(T a, T b) {
  constexpr T limit = T(WordOf<T>(1) << Format<T>::mantissaBits);
  T quotient = a / b;
  Division<T> step = divided(a, quotient, b, 1);
  Division<T> result = {a < b ? a : step.rest, a < b ? 0 : step.lowest};
  bool isDefined = a < infinityOf<T>() && b > 0;
  if (__builtin_expect(isDefined && quotient >= limit, 0))
    result = longDivision(a, b);
  if (!isDefined)
    result.rest = nanOf<T>();
  return result;
}

template <class T> HELPER T modulo(T x, T y) {
  return copysign(division(fabs(x), fabs(y)).rest, x);
}

// The quotient rounded to nearest even, of which C promises the low three bits and the sign.
template <class T> HELPER T remainder(T x, T y, int *quotient) {
  T b = fabs(y);
  Division<T> part = division(fabs(x), b);
  T other = b - part.rest;
  bool up = part.rest > other || (part.rest == other && part.lowest % 2);
  T rest = up ? -other : part.rest;
  int lowest = int((part.lowest + up) & 7);
  bool isNegative = (x < 0) != (y < 0);
  *quotient = rest != rest ? 0 : isNegative ? -lowest : lowest;
  return bitsOf(x) >> (sizeof(T) * 8 - 1) ? -rest : rest;
}

} // namespace

LIBRARY float __nv_fmodf(float x, float y) { return modulo(x, y); }
LIBRARY double __nv_fmod(double x, double y) { return modulo(x, y); }
LIBRARY float __nv_remquof(float x, float y, int *quotient) { return remainder(x, y, quotient); }
LIBRARY double __nv_remquo(double x, double y, int *quotient) { return remainder(x, y, quotient); }
LIBRARY float __nv_remainderf(float x, float y) {
  int quotient;
  return remainder(x, y, &quotient);
}
LIBRARY double __nv_remainder(double x, double y) {
  int quotient;
  return remainder(x, y, &quotient);
}
