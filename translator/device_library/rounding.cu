// Arithmetic and conversions with a rounding mode. The processor rounds to nearest; the exact error
// of that result then says whether its neighbour is the one that was asked for.
#include "elementary.h"

namespace {

enum class Rounding { Nearest, Zero, Up, Down };

// The neighbours of a number that is not NaN.
template <class T, class Word> HELPER T above(T x) {
  Word bits = bitsOf(x);
  if (x == 0)
    return bitsAs<T>(Word(1));
  if (x == infinityOf<T>())
    return x;
  return bitsAs<T>(x > 0 ? bits + 1 : bits - 1);
}
HELPER float nextAbove(float x) { return above<float, uint32>(x); }
HELPER double nextAbove(double x) { return above<double, uint64>(x); }
template <class T> HELPER T nextBelow(T x) { return -nextAbove(-x); }

// `nearest` is the rounded value of a result that is larger by an amount of `error`'s sign.
template <Rounding mode, class T, class Error> HELPER T directed(T nearest, Error error) {
  if (mode == Rounding::Up || (mode == Rounding::Zero && nearest < 0))
    return error > 0 ? nextAbove(nearest) : nearest;
  if (mode == Rounding::Down || (mode == Rounding::Zero && nearest > 0))
    return error < 0 ? nextBelow(nearest) : nearest;
  return nearest;
}

// An exact sum of zero is -0 when rounded down, unless both terms are +0 (IEEE 754, 6.3).
template <Rounding mode, class T> HELPER T signedZero(T sum, bool isNegative) {
  return mode == Rounding::Down && sum == 0 && isNegative ? -T(0) : sum;
}

// As `directed`, where finite operands may have overflowed: the true result is inside the infinity.
template <Rounding mode, class T, class Error>
HELPER T directedFinite(T nearest, Error error, bool finiteOperands) {
  if (mode == Rounding::Nearest || __builtin_isnan(nearest))
    return nearest;
  if (!__builtin_isinf(nearest))
    return directed<mode>(nearest, error);
  return finiteOperands ? directed<mode>(nearest, nearest > 0 ? -1.0 : 1.0) : nearest;
}

// The sign of a * b + c - nearest is that of the result's error. Of floats it is computed in
// double, exactly or rounded once.
HELPER double errorSign(float a, float b, float c, float nearest) {
  double product = double(a) * b, sum = product + c, cPart = sum - product;
  double error = (product - (sum - cPart)) + (c - cPart);
  double difference = sum - nearest;
  return difference != 0 ? difference : error;
}
// x * 2^-exponent, or a number of its sign that is too small to be noticed.
HELPER double relativeTo(int exponent, Exponent<double> x) {
  int difference = int(x.exponent) - exponent;
  return x.mantissa * powerOfTwo<double>(difference < -400 ? -400 : difference);
}
// Of doubles: S. Boldo, J.-M. Muller, "Exact and Approximated Error of the FMA", IEEE Trans.
// Computers 60, 2011, on numbers scaled by the larger term's exponent.
HELPER double errorSign(double a, double b, double c, double nearest) {
  Exponent<double> first = exponentOf(a), second = exponentOf(b), third = exponentOf(c);
  bool noProduct = a == 0 || b == 0;
  int productExponent = int(first.exponent + second.exponent);
  int exponent = noProduct                                         ? int(third.exponent)
                 : c == 0 || int(third.exponent) < productExponent ? productExponent
                                                                   : int(third.exponent);
  int difference = productExponent - exponent;
  Double<double> product = exactProduct(first.mantissa, second.mantissa);
  double scale = noProduct ? 0 : powerOfTwo<double>(difference < -400 ? -400 : difference);
  double high = product.high * scale, low = product.low * scale;
  double other = c == 0 ? 0 : relativeTo(exponent, third);
  double result = nearest == 0 ? 0 : relativeTo(exponent, exponentOf(nearest));
  Double<double> lower = exactSum(other, low), upper = exactSum(high, lower.high);
  return ((upper.high - result) + upper.low) + lower.low;
}

// Knuth's two-sum: the exact error of a rounded sum.
template <Rounding mode, class T> HELPER T add(T a, T b) {
  T sum = a + b, bPart = sum - a, aPart = sum - bPart;
  return signedZero<mode>(directedFinite<mode>(sum, (a - aPart) + (b - bPart),
                                               __builtin_isfinite(a) && __builtin_isfinite(b)),
                          __builtin_signbit(a) || __builtin_signbit(b));
}
template <Rounding mode, class T> HELPER T multiply(T a, T b) {
  T product = a * b;
  return directedFinite<mode>(product, errorSign(a, b, T(0), product),
                              __builtin_isfinite(a) && __builtin_isfinite(b));
}
template <Rounding mode, class T> HELPER T divide(T a, T b) {
  T quotient = a / b;
  double remainder = __builtin_isinf(b) ? 0 : errorSign(-quotient, b, a, T(0));
  return directedFinite<mode>(quotient, b < 0 ? -remainder : remainder,
                              __builtin_isfinite(a) && b != 0);
}
HELPER float squareRootOf(float x) { return __builtin_sqrtf(x); }
HELPER double squareRootOf(double x) { return __builtin_sqrt(x); }
template <Rounding mode, class T> HELPER T squareRoot(T x) {
  T root = squareRootOf(x);
  return directedFinite<mode>(root, errorSign(-root, root, x, T(0)), false);
}
template <Rounding mode> HELPER float narrow(double x) {
  float nearest = float(x);
  return directedFinite<mode>(nearest, x - nearest, __builtin_isfinite(x));
}
HELPER float fusedNearest(float a, float b, float c) { return __builtin_fmaf(a, b, c); }
HELPER double fusedNearest(double a, double b, double c) { return __builtin_fma(a, b, c); }
template <Rounding mode, class T> HELPER T multiplyAdd(T a, T b, T c) {
  T nearest = fusedNearest(a, b, c);
  double error = errorSign(a, b, c, nearest);
  T rounded = directedFinite<mode>(
      nearest, error, __builtin_isfinite(a) && __builtin_isfinite(b) && __builtin_isfinite(c));
  bool productIsNegative = __builtin_signbit(a) != __builtin_signbit(b);
  return error != 0 ? rounded
                    : signedZero<mode>(rounded, productIsNegative || __builtin_signbit(c));
}

template <Rounding mode, class T> HELPER T toWhole(T x) {
  double value = x; // exact; whole numbers of either type stay themselves
  switch (mode) {
  case Rounding::Nearest:
    return T(__builtin_rint(value));
  case Rounding::Zero:
    return T(__builtin_trunc(value));
  case Rounding::Up:
    return T(__builtin_ceil(value));
  default:
    return T(__builtin_floor(value));
  }
}

// Out-of-range numbers become the nearest integer. Not-a-number becomes 0, in 64 bits the sign bit.
template <class Integer, Rounding mode, class T> HELPER Integer toInteger(T x) {
  constexpr int bits = sizeof(Integer) * 8;
  constexpr bool isSigned = Integer(-1) < Integer(0);
  constexpr Integer highest = Integer(~0ull >> (64 - bits + (isSigned ? 1 : 0)));
  constexpr Integer lowest = isSigned ? Integer(-highest - 1) : Integer(0);
  constexpr double limit = isSigned ? double(1ull << (bits - 1)) : 2.0 * double(1ull << (bits - 1));
  if (__builtin_isnan(x))
    return bits == 64 ? Integer(1ull << 63) : Integer(0);
  T whole = toWhole<mode>(x);
  if (whole >= limit)
    return highest;
  if (whole <= (isSigned ? -limit : 0.0))
    return lowest;
  return Integer(whole);
}

template <class T, Rounding mode, class Integer> HELPER T fromInteger(Integer x) {
  constexpr bool isSigned = Integer(-1) < Integer(0);
  T nearest = T(x);
  // Rounded up, the number may lie just outside the integer's range and cannot be converted back.
  const T limit = T(isSigned ? 0x1p63 : 0x1p64);
  if (sizeof(Integer) == 8 && nearest >= limit)
    return directed<mode>(nearest, -1);
  if (sizeof(Integer) == 4) // 2^31 and 2^32 are out of range here; a double holds everything
    return directed<mode>(nearest, double(x) - double(nearest));
  Integer back = Integer(nearest);
  return directed<mode>(nearest, x > back ? 1 : x < back ? -1 : 0);
}

} // namespace

#define WITH_MODE(suffix, mode)                                                                    \
  LIBRARY float __nv_fadd_##suffix(float a, float b) { return add<Rounding::mode>(a, b); }         \
  LIBRARY double __nv_dadd_##suffix(double a, double b) { return add<Rounding::mode>(a, b); }      \
  LIBRARY float __nv_fsub_##suffix(float a, float b) { return add<Rounding::mode>(a, -b); }        \
  LIBRARY double __nv_dsub_##suffix(double a, double b) { return add<Rounding::mode>(a, -b); }     \
  LIBRARY float __nv_fmul_##suffix(float a, float b) { return multiply<Rounding::mode>(a, b); }    \
  LIBRARY double __nv_dmul_##suffix(double a, double b) { return multiply<Rounding::mode>(a, b); } \
  LIBRARY float __nv_fdiv_##suffix(float a, float b) { return divide<Rounding::mode>(a, b); }      \
  LIBRARY double __nv_ddiv_##suffix(double a, double b) { return divide<Rounding::mode>(a, b); }   \
  LIBRARY float __nv_frcp_##suffix(float a) { return divide<Rounding::mode>(1.0f, a); }            \
  LIBRARY double __nv_drcp_##suffix(double a) { return divide<Rounding::mode>(1.0, a); }           \
  LIBRARY float __nv_fsqrt_##suffix(float a) { return squareRoot<Rounding::mode>(a); }             \
  LIBRARY double __nv_dsqrt_##suffix(double a) { return squareRoot<Rounding::mode>(a); }           \
  LIBRARY float __nv_fmaf_##suffix(float a, float b, float c) {                                    \
    return multiplyAdd<Rounding::mode>(a, b, c);                                                   \
  }                                                                                                \
  LIBRARY double __nv_fma_##suffix(double a, double b, double c) {                                 \
    return multiplyAdd<Rounding::mode>(a, b, c);                                                   \
  }                                                                                                \
  LIBRARY float __nv_fmaf_ieee_##suffix(float a, float b, float c) {                               \
    return multiplyAdd<Rounding::mode>(a, b, c);                                                   \
  }                                                                                                \
  LIBRARY float __nv_double2float_##suffix(double x) { return narrow<Rounding::mode>(x); }         \
  TO_INTEGER(int, int, suffix, mode)                                                               \
  TO_INTEGER(uint, uint32, suffix, mode)                                                           \
  TO_INTEGER(ll, int64, suffix, mode)                                                              \
  TO_INTEGER(ull, uint64, suffix, mode)                                                            \
  FROM_INTEGER(int, int, float, suffix, mode)                                                      \
  FROM_INTEGER(uint, uint32, float, suffix, mode)                                                  \
  FROM_INTEGER(ll, int64, float, suffix, mode)                                                     \
  FROM_INTEGER(ull, uint64, float, suffix, mode)                                                   \
  FROM_INTEGER(ll, int64, double, suffix, mode)                                                    \
  FROM_INTEGER(ull, uint64, double, suffix, mode)
#define TO_INTEGER(name, type, suffix, mode)                                                       \
  LIBRARY type __nv_float2##name##_##suffix(float x) {                                             \
    return toInteger<type, Rounding::mode>(x);                                                     \
  }                                                                                                \
  LIBRARY type __nv_double2##name##_##suffix(double x) {                                           \
    return toInteger<type, Rounding::mode>(x);                                                     \
  }
#define FROM_INTEGER(name, type, result, suffix, mode)                                             \
  LIBRARY result __nv_##name##2##result##_##suffix(type x) {                                       \
    return fromInteger<result, Rounding::mode>(x);                                                 \
  }
WITH_MODE(rn, Nearest)
WITH_MODE(rz, Zero)
WITH_MODE(ru, Up)
WITH_MODE(rd, Down)

LIBRARY float __nv_frsqrt_rn(float x) { return float(1 / __builtin_sqrt(double(x))); }
// Every 32-bit integer is a double.
LIBRARY double __nv_int2double_rn(int x) { return x; }
LIBRARY double __nv_uint2double_rn(uint32 x) { return x; }

LIBRARY double __nv_round(double);
LIBRARY float __nv_roundf(float);
LIBRARY int64 __nv_llrint(double x) { return toInteger<int64, Rounding::Nearest>(x); }
LIBRARY int64 __nv_llrintf(float x) { return toInteger<int64, Rounding::Nearest>(x); }
LIBRARY int64 __nv_llround(double x) { return toInteger<int64, Rounding::Zero>(__nv_round(x)); }
LIBRARY int64 __nv_llroundf(float x) { return toInteger<int64, Rounding::Zero>(__nv_roundf(x)); }
