// Taking numbers apart and putting them together: exponents, mantissas, neighbours, whole parts.
#include "elementary.h"

namespace {

template <class T> HELPER bool isOrdinary(T x) { return x != 0 && fabs(x) < infinityOf<T>(); }

// x * 2^n, rounded once: a denormal result is made from a normal one.
template <class T> HELPER T timesPowerOfTwo(T x, SignedOf<T> n) {
  constexpr int largest = Format<T>::bias, least = 1 - Format<T>::bias;
  Exponent<T> part = exponentOf(x);
  n = n > 5000 ? 5000 : n < -5000 ? -5000 : n;
  SignedOf<T> whole = part.exponent + n;
  whole = whole > largest + 2                           ? largest + 2
          : whole < least - Format<T>::mantissaBits - 3 ? least - Format<T>::mantissaBits - 3
                                                        : whole;
  SignedOf<T> first = whole > largest ? largest : whole < least ? whole + 64 : whole;
  T result = part.mantissa * powerOfTwo<T>(first) * powerOfTwo<T>(whole - first);
  return isOrdinary(x) ? result : x;
}

template <class T> HELPER T toMantissa(T x, int *exponent) {
  Exponent<T> part = exponentOf(x);
  *exponent = isOrdinary(x) ? int(part.exponent) + 1 : 0;
  return isOrdinary(x) ? part.mantissa * T(0.5) : x;
}
template <class T> HELPER T exponentAsNumber(T x) {
  T special = x == 0 ? -infinityOf<T>() : x * x;
  return isOrdinary(x) ? T(int(exponentOf(x).exponent)) : special;
}
// CUDA: the smallest integer for 0 and no number, the largest for infinity.
template <class T> HELPER int exponentAsInteger(T x) {
  int special = fabs(x) == infinityOf<T>() ? 0x7fffffff : -0x7fffffff - 1;
  return isOrdinary(x) ? int(exponentOf(x).exponent) : special;
}
template <class T> HELPER T wholeAndRest(T x, T *whole) {
  *whole = trunc(x);
  return copysign(fabs(x) == infinityOf<T>() ? T(0) : x - *whole, x);
}

// Halves go away from zero.
template <class T> HELPER T awayFromZero(T x) {
  constexpr T belowHalf = sizeof(T) == 4 ? T(0x1.fffffep-2f) : T(0x1.fffffffffffffp-2);
  return copysign(trunc(fabs(x) + belowHalf), x);
}
template <class T> HELPER T positiveDifference(T x, T y) {
  return x != x || y != y ? x + y : x > y ? x - y : T(0);
}
template <class T> HELPER T neighbour(T x, T y) {
  using Word = WordOf<T>;
  Word bits = bitsOf(x);
  Word next = (y > x) == (x > 0) ? bits + 1 : bits - 1;
  T result = x == 0 ? copysign(bitsAs<T>(Word(1)), y) : bitsAs<T>(next);
  result = x == y ? y : result;
  return x != x || y != y ? x + y : result;
}

} // namespace

#define OF_TYPE(type, suffix)                                                                      \
  LIBRARY type __nv_ldexp##suffix(type x, int n) { return timesPowerOfTwo(x, n); }                 \
  LIBRARY type __nv_scalbn##suffix(type x, int n) { return timesPowerOfTwo(x, n); }                \
  LIBRARY type __nv_frexp##suffix(type x, int *exponent) { return toMantissa(x, exponent); }       \
  LIBRARY type __nv_modf##suffix(type x, type *whole) { return wholeAndRest(x, whole); }           \
  LIBRARY type __nv_logb##suffix(type x) { return exponentAsNumber(x); }                           \
  LIBRARY int __nv_ilogb##suffix(type x) { return exponentAsInteger(x); }                          \
  LIBRARY type __nv_round##suffix(type x) { return awayFromZero(x); }                              \
  LIBRARY type __nv_fdim##suffix(type x, type y) { return positiveDifference(x, y); }              \
  LIBRARY type __nv_nextafter##suffix(type x, type y) { return neighbour(x, y); }
OF_TYPE(float, f)
OF_TYPE(double, )
