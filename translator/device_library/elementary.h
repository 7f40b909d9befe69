// Building blocks of the mathematical functions. The functions are written for a vectoriser: no
// tables, choices between values rather than branches, and integer work of the operand's own width.
// Polynomials are minimax approximations made for these functions (Remez exchange, coefficients
// rounded one after the other); the error beside each is relative to the whole function. Arithmetic
// is fused where `fma` says so and nowhere else (CMakeLists.txt).
#pragma once

#include "library.h"

HELPER float fma(float x, float y, float z) { return __builtin_fmaf(x, y, z); }
HELPER double fma(double x, double y, double z) { return __builtin_fma(x, y, z); }
HELPER float fabs(float x) { return __builtin_fabsf(x); }
HELPER double fabs(double x) { return __builtin_fabs(x); }
HELPER float copysign(float x, float y) { return __builtin_copysignf(x, y); }
HELPER double copysign(double x, double y) { return __builtin_copysign(x, y); }
HELPER float sqrt(float x) { return __builtin_sqrtf(x); }
HELPER double sqrt(double x) { return __builtin_sqrt(x); }
HELPER float trunc(float x) { return __builtin_truncf(x); }
HELPER double trunc(double x) { return __builtin_trunc(x); }

// What a type's bits mean.
template <class T> struct Format;
template <> struct Format<float> {
  using Word = uint32;
  using Signed = int;
  static constexpr int mantissaBits = 23, bias = 127;
  static constexpr float roundToInteger = 0x1.8p23f, smallest = 0x1p-126f;
};
template <> struct Format<double> {
  using Word = uint64;
  using Signed = int64;
  static constexpr int mantissaBits = 52, bias = 1023;
  static constexpr double roundToInteger = 0x1.8p52, smallest = 0x1p-1022;
};
template <class T> using WordOf = typename Format<T>::Word;
template <class T> using SignedOf = typename Format<T>::Signed;

template <class T> HELPER T infinityOf() { return T(__builtin_huge_val()); }
template <class T> HELPER T nanOf() { return T(__builtin_nan("")); }

// first + x * (second + x * (...)).
template <class T> HELPER T polynomial(T, T only) { return only; }
template <class T, class... Rest> HELPER T polynomial(T x, T first, Rest... rest) {
  return fma(x, polynomial(x, rest...), first);
}
// The same as two independent chains, in x * x = `square`: less waiting for results.
template <class T> HELPER T everyOther(T, T a) { return a; }
template <class T> HELPER T everyOther(T, T a, T) { return a; }
template <class T, class... Rest> HELPER T everyOther(T square, T a, T, Rest... rest) {
  return fma(square, everyOther(square, rest...), a);
}
template <class T, class... Rest> HELPER T twoChains(T x, T square, T first, Rest... rest) {
  return fma(x, everyOther(square, rest...), everyOther(square, first, rest...));
}

// 2^n for exponents of normal numbers.
template <class T> HELPER T powerOfTwo(SignedOf<T> n) {
  return bitsAs<T>(WordOf<T>(n + Format<T>::bias) << Format<T>::mantissaBits);
}
template <class T>
constexpr WordOf<T> kExponentMask = WordOf<T>(2 * Format<T>::bias + 1) << Format<T>::mantissaBits;

// x as a number of exponent 0 and its exponent; denormals are normalised first.
template <class T> struct Exponent {
  T mantissa;
  SignedOf<T> exponent;
};
template <class T> HELPER Exponent<T> exponentOf(T x) {
  constexpr int bits = Format<T>::mantissaBits;
  bool tiny = fabs(x) < Format<T>::smallest;
  WordOf<T> word = bitsOf(tiny ? x * T(WordOf<T>(1) << bits) : x);
  SignedOf<T> biased = SignedOf<T>((word & kExponentMask<T>) >> bits);
  return {bitsAs<T>((word & ~kExponentMask<T>) | bitsOf(T(1))),
          biased - Format<T>::bias - (tiny ? bits : 0)};
}

// x * 2^n where the result may be denormal or infinite: rounded once, when x is about 1.
template <class T> HELPER T scaled(T x, SignedOf<T> n) {
  SignedOf<T> half = n >> 1;
  return x * powerOfTwo<T>(half) * powerOfTwo<T>(n - half);
}

// `x` rounded to the nearest integer, as a number and as an integer, for |x| < 2^(mantissaBits -
// 2).
template <class T> struct Rounded {
  T value;
  SignedOf<T> integer;
};
template <class T> HELPER Rounded<T> roundedToInteger(T x) {
  constexpr T shift = Format<T>::roundToInteger;
  T sum = x + shift;
  return {sum - shift, SignedOf<T>(bitsOf(sum)) - SignedOf<T>(bitsOf(shift))};
}

// Keeps not-a-number.
template <class T> HELPER T clamp(T x, T lowest, T highest) {
  x = x < lowest ? lowest : x;
  return x > highest ? highest : x;
}

// A sum of two numbers of which the second is below the first's last bit.
template <class T> struct Double {
  T high, low;
};
// Dekker's and Knuth's exact sums, and products by fma.
template <class T> HELPER Double<T> quickSum(T a, T b) {
  T sum = a + b;
  return {sum, b - (sum - a)};
}
template <class T> HELPER Double<T> exactSum(T a, T b) {
  T sum = a + b, bPart = sum - a;
  return {sum, (a - (sum - bPart)) + (b - bPart)};
}
template <class T> HELPER Double<T> exactProduct(T a, T b) {
  T product = a * b;
  return {product, fma(a, b, -product)};
}
template <class T> HELPER Double<T> operator+(Double<T> a, Double<T> b) {
  Double<T> sum = exactSum(a.high, b.high);
  return quickSum(sum.high, sum.low + (a.low + b.low));
}
template <class T> HELPER Double<T> operator*(Double<T> a, Double<T> b) {
  Double<T> product = exactProduct(a.high, b.high);
  return quickSum(product.high, fma(a.high, b.low, fma(a.low, b.high, product.low)));
}
