// The small formats of inline assembly and warp matrices: to and from numbers, with the roundings
// and saturations of "PTX ISA", "cvt"; and what else inline assembly calls.
#include "library.h"

namespace {

struct Format {
  int mantissaBits, exponentBits;
};

// 0 IEEE half, 1 bfloat16, 2 tf32, 3 e4m3, 4 e5m2.
HELPER Format formatOf(int number) {
  return number == 0   ? Format{10, 5}
         : number == 1 ? Format{7, 8}
         : number == 2 ? Format{10, 8}
         : number == 3 ? Format{3, 4}
                       : Format{2, 5};
}

constexpr int kNearestEven = 0, kZero = 1, kUp = 2, kDown = 3, kNearestAway = 4;
constexpr int kRelu = 1;

// Units in the last place of `scaled`, which is exact, as the rounding has it.
HELPER double wholeOf(double scaled, int rounding, bool negative) {
  switch (rounding) {
  case kNearestEven:
    return __builtin_rint(scaled);
  case kNearestAway:
    return __builtin_floor(scaled + 0.5);
  case kUp:
    return negative ? __builtin_floor(scaled) : __builtin_ceil(scaled);
  case kDown:
    return negative ? __builtin_ceil(scaled) : __builtin_floor(scaled);
  default:
    return __builtin_floor(scaled);
  }
}

HELPER double powerOfTwo(int exponent) { return bitsAs<double>(uint64(exponent + 1023) << 52); }

} // namespace

// A tf32 is a float whose low 13 bits are zero; the others are integers of their width.
LIBRARY uint32 __npu_ptx_narrow(double value, int number, int rounding, int flags) {
  Format format = formatOf(number);
  int width = number == 2 ? 19 : 1 + format.exponentBits + format.mantissaBits;
  int shift = number == 2 ? 13 : 0;
  int bias = (1 << (format.exponentBits - 1)) - 1;
  bool isMini = number >= 3, saturates = isMini || (flags & 2);
  uint32 sign = uint32(bitsOf(value) >> 63) << (width - 1);
  if (__builtin_isnan(value))
    return ((1u << (width - 1)) - 1) << shift;
  if ((flags & kRelu) && sign)
    return 0;
  uint32 infinity = ((1u << format.exponentBits) - 1) << format.mantissaBits;
  // e4m3 has no infinity: its largest number is one below its one not-a-number.
  uint32 largest = number == 3 ? 0x7e : infinity - 1;
  double magnitude = __builtin_fabs(value);
  int exponent = int(bitsOf(magnitude) >> 52) - 1023;
  if (magnitude == __builtin_huge_val())
    return (sign | (saturates ? largest : infinity)) << shift;
  if (exponent > bias + 2) { // too large however it is rounded
    exponent = bias + 2;
    magnitude = powerOfTwo(exponent);
  }
  if (exponent < 1 - bias)
    exponent = 1 - bias;
  // Units of the last place; denormals of the format share the least exponent.
  double units = magnitude * powerOfTwo(format.mantissaBits - exponent);
  uint32 whole = uint32(wholeOf(units, rounding, sign != 0));
  // Carries into the exponent are what they should be.
  uint32 bits = whole + (uint32(exponent + bias - 1) << format.mantissaBits);
  if (bits > largest) {
    bool towardsZero =
        rounding == kZero || (rounding == kUp && sign) || (rounding == kDown && !sign);
    bits = saturates || towardsZero ? largest : infinity;
  }
  return (sign | bits) << shift;
}

LIBRARY float __npu_ptx_widen(uint32 bits, int number) {
  if (number == 1)
    return bitsAs<float>(bits << 16);
  if (number == 2)
    return bitsAs<float>(bits);
  if (number == 4) // an e5m2 is the upper half of an IEEE half
    bits <<= 8;
  if (number != 3) {
    uint32 sign = (bits & 0x8000) << 16, magnitude = (bits & 0x7fff) << 13;
    if (magnitude >= 0x7c00u << 13)
      return bitsAs<float>(sign | magnitude | 0x7f800000u);
    return bitsAs<float>(sign | bitsOf(bitsAs<float>(magnitude) * 0x1p112f));
  }
  uint32 sign = (bits & 0x80) << 24, magnitude = (bits & 0x7f) << 20;
  if ((bits & 0x7f) == 0x7f)
    return bitsAs<float>(0x7fffffffu);
  return bitsAs<float>(sign | bitsOf(bitsAs<float>(magnitude) * 0x1p120f));
}

// a * b + c, for rounding to a small format: to odd, so that rounding again is exact (Boldo,
// Melquiond: "Emulation of FMA and correctly rounded sums", 2008). The product is exact.
LIBRARY double __npu_ptx_fused(float a, float b, float c) {
  double product = double(a) * b, sum = product + c;
  if (!__builtin_isfinite(sum))
    return sum;
  double cPart = sum - product, error = (product - (sum - cPart)) + (c - cPart);
  uint64 bits = bitsOf(sum);
  if (error == 0 || (bits & 1))
    return sum;
  bool outwards = (error > 0) == (sum > 0);
  return bitsAs<double>(uint64(outwards ? bits + 1 : bits - 1));
}

LIBRARY int __npu_ptx_find_nth_set(uint32 mask, uint32 base, int offset) {
  if (base > 31)
    return -1;
  if (offset == 0)
    return mask >> base & 1 ? int(base) : -1;
  int step = offset > 0 ? 1 : -1, left = offset > 0 ? offset : -offset;
  // Counting includes the base's own bit.
  for (int at = int(base); at >= 0 && at < 32; at += step)
    if ((mask >> at & 1) && --left == 0)
      return at;
  return -1;
}

// What cp.async does: `read` of `bytes` (4, 8 or 16) are copied, the rest is zero.
LIBRARY void __npu_ptx_copy(signed char *target, const signed char *source, uint32 bytes,
                            uint32 read) {
  uint32 *to = reinterpret_cast<uint32 *>(target);
  const uint32 *from = reinterpret_cast<const uint32 *>(source);
  if (read >= bytes) {
    uint32 words[4];
    for (uint32 i = 0; i < bytes / 4; ++i)
      words[i] = from[i];
    for (uint32 i = 0; i < bytes / 4; ++i)
      to[i] = words[i];
    return;
  }
  for (uint32 i = 0; i < bytes; ++i)
    target[i] = i < read ? source[i] : (signed char)0;
}

namespace {

template <class Compute>
HELPER unsigned short atomicHalf(unsigned short *address, Compute compute) {
  unsigned short old = __atomic_load_n(address, __ATOMIC_RELAXED);
  while (!__atomic_compare_exchange_n(address, &old, (unsigned short)compute(old), false,
                                      __ATOMIC_RELAXED, __ATOMIC_RELAXED))
    ;
  return old;
}

template <class Compute> HELPER uint32 atomicPair(uint32 *address, Compute compute) {
  uint32 old = __atomic_load_n(address, __ATOMIC_RELAXED);
  while (!__atomic_compare_exchange_n(address, &old, compute(old), false, __ATOMIC_RELAXED,
                                      __ATOMIC_RELAXED))
    ;
  return old;
}

HELPER float sum(float a, float b) { return a + b; }
HELPER float least(float a, float b) { return b < a || __builtin_isnan(a) ? b : a; }
HELPER float greatest(float a, float b) { return b > a || __builtin_isnan(a) ? b : a; }

HELPER uint32 combine(uint32 a, uint32 b, int format, float (*operation)(float, float)) {
  return __npu_ptx_narrow(operation(__npu_ptx_widen(a, format), __npu_ptx_widen(b, format)), format,
                          kNearestEven, 0);
}

} // namespace

#define SMALL_ATOMIC(name, format, number, operation)                                              \
  LIBRARY unsigned short __npu_ptx_atomic_##name##_##format(unsigned short *address,               \
                                                            unsigned short value) {                \
    return atomicHalf(address, [=] DEVICE(unsigned short old) {                                    \
      return combine(old, value, number, operation);                                               \
    });                                                                                            \
  }                                                                                                \
  LIBRARY uint32 __npu_ptx_atomic_##name##_##format##x2(uint32 *address, uint32 value) {           \
    return atomicPair(address, [=] DEVICE(uint32 old) {                                            \
      return combine(old & 0xffff, value & 0xffff, number, operation) |                            \
             combine(old >> 16, value >> 16, number, operation) << 16;                             \
    });                                                                                            \
  }
#define SMALL_ATOMICS(format, number)                                                              \
  SMALL_ATOMIC(add, format, number, sum)                                                           \
  SMALL_ATOMIC(min, format, number, least)                                                         \
  SMALL_ATOMIC(max, format, number, greatest)
SMALL_ATOMICS(f16, 0)
SMALL_ATOMICS(bf16, 1)
