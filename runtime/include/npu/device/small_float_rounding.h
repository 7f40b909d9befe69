// Rounding of numbers to 8- and 16-bit floating-point formats, in any of the four directions and
// once, and of such numbers to integers. On either side of a program.
#ifndef NPU_DEVICE_SMALL_FLOAT_ROUNDING_H
#define NPU_DEVICE_SMALL_FLOAT_ROUNDING_H

#include "npu/device/attributes.h"
#include "npu/device/small_floats.h"

namespace npu {
namespace detail {

#define NPU_BITS static inline NPU_HOST_DEVICE

enum class Rounding { Nearest, Zero, Up, Down };
enum class Towards { Nearest, Zero, Infinity };

NPU_BITS unsigned long long bitsOfDouble(double value) {
  unsigned long long bits;
  __builtin_memcpy(&bits, &value, 8);
  return bits;
}

// The code of a number that is not negative, in a format of so many mantissa bits whose least
// normal exponent is given. Codes go on beyond the format's end: the caller knows where that is.
template <int mantissaBits, int leastExponent>
NPU_BITS unsigned int magnitudeCode(double size, Towards direction) {
  unsigned long long bits = bitsOfDouble(size), one = 1ull << 52;
  int field = int(bits >> 52), exponent = (field ? field : 1) - 1023;
  unsigned long long digits = (bits & (one - 1)) | (field ? one : 0);
  int used = exponent < leastExponent ? leastExponent : exponent;
  int shift = 52 - mantissaBits + (used - exponent);
  shift = shift > 60 ? 60 : shift;
  unsigned long long kept = digits >> shift, rest = digits - (kept << shift);
  unsigned long long half = 1ull << (shift - 1);
  bool up = direction == Towards::Nearest ? rest > half || (rest == half && (kept & 1))
                                          : direction == Towards::Infinity && rest != 0;
  return ((unsigned int)(used - leastExponent) << mantissaBits) + (unsigned int)kept + up;
}

// To a 16-bit format with infinities.
template <int mantissaBits> NPU_BITS unsigned short roundTo16Bits(double value, Rounding rounding) {
  constexpr int exponentBits = 15 - mantissaBits;
  constexpr unsigned int infinity = ((1u << exponentBits) - 1) << mantissaBits;
  if (value != value)
    return 0x7fff;
  bool negative = bitsOfDouble(value) >> 63;
  double size = negative ? -value : value;
  Towards direction = rounding == Rounding::Nearest              ? Towards::Nearest
                      : rounding == Rounding::Zero               ? Towards::Zero
                      : negative == (rounding == Rounding::Down) ? Towards::Infinity
                                                                 : Towards::Zero;
  unsigned int code = magnitudeCode<mantissaBits, 2 - (1 << (exponentBits - 1))>(size, direction);
  bool isInfinite = size == __builtin_huge_val();
  unsigned int end = direction == Towards::Zero && !isInfinite ? infinity - 1 : infinity;
  return (unsigned short)((code < end ? code : end) | (negative ? 0x8000u : 0u));
}

// A double that any of these formats rounds as it would the integer: what does not fit is one
// sticky bit.
NPU_BITS double stickyDouble(unsigned long long size) {
  return size >> 53 ? double((size >> 11) | ((size & 2047) != 0)) * 2048.0 : double(size);
}
template <class Integer> NPU_BITS double stickyDoubleOf(Integer value) {
  return value < 0 ? -stickyDouble(0ull - (unsigned long long)value)
                   : stickyDouble((unsigned long long)value);
}
// a * b + c of numbers whose product is exact: rounded to odd, so that rounding again is right.
NPU_BITS double productSum(double a, double b, double c) {
  double product = a * b, sum = product + c, part = sum - product;
  double error = (product - (sum - part)) + (c - part);
  unsigned long long bits = bitsOfDouble(sum);
  if (error != 0 && error == error &&
      !(bits & 1)) // towards the error's side lies the odd neighbour
    bits += (error > 0) == (sum > 0) ? 1 : -1;
  __builtin_memcpy(&sum, &bits, 8);
  return sum;
}

// A whole number; too large becomes the nearest, no number 0 or, in 64 bits, the sign bit.
template <class Integer> NPU_BITS Integer saturatedInteger(float whole) {
  constexpr int bits = sizeof(Integer) * 8;
  constexpr bool isSigned = Integer(-1) < Integer(0);
  constexpr Integer highest = Integer(~0ull >> (64 - bits + (isSigned ? 1 : 0)));
  constexpr Integer lowest = isSigned ? Integer(-highest - 1) : Integer(0);
  const float limit = float(1ull << (bits - 1)) * (isSigned ? 1.0f : 2.0f);
  if (whole != whole)
    return bits == 64 ? Integer(1ull << 63) : Integer(0);
  return whole >= limit ? highest : whole <= (isSigned ? -limit : 0.0f) ? lowest : Integer(whole);
}

#undef NPU_BITS

} // namespace detail
} // namespace npu

#endif
