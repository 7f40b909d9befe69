// The number formats of the NPU, bit by bit: rounding is to nearest, ties to even, as in OCP OFP8,
// OCP MX and IEEE 754. Encoders take fp32 and return the code in the low bits; decoders are exact.
// Bulk conversions (convert.h) are built on these; nothing here allocates or can fail.
#pragma once

#include "npu/tensor_op.h"

#include <cstdint>
#include <cstring>

namespace npu::backend {

// What a value too large for a format without room for it becomes. Matters to FP8 and smaller.
enum class Overflow : uint8_t {
  Saturate,     // the largest finite value, infinities too (OCP saturating mode): the default
  Ieee,         // infinity where the format has one, else NaN (OCP non-saturating mode)
  KeepInfinity, // finite values saturate; infinities become infinity or NaN
};
const char *overflowName(Overflow overflow);

inline uint32_t floatBits(float value) {
  uint32_t bits;
  std::memcpy(&bits, &value, sizeof bits);
  return bits;
}
inline float bitsFloat(uint32_t bits) {
  float value;
  std::memcpy(&value, &bits, sizeof value);
  return value;
}

// A binary floating-point format of `kExponentBits` and `kMantissaBits`, described by its codes
// without the sign. kInfinity == 0: no infinity; kNan == 0: no NaN (NaN encodes as the largest
// finite value with a positive sign when saturating, as the MX element formats do).
template <int kExponentBits, int kMantissaBits, uint32_t kLargest, uint32_t kInfinity,
          uint32_t kNan>
struct SmallFloat {
  static constexpr int kBits = 1 + kExponentBits + kMantissaBits;
  static constexpr int kBias = (1 << (kExponentBits - 1)) - 1;
  static constexpr uint32_t kSign = 1u << (kBits - 1);

  static uint32_t encode(float value, Overflow overflow = Overflow::Saturate) {
    constexpr int kShift = 23 - kMantissaBits;
    constexpr uint32_t kSmallestNormal = uint32_t(127 + 1 - kBias) << 23;
    // Adding this to a subnormal result's magnitude lets the fp32 adder round at the right bit.
    constexpr uint32_t kMagic = uint32_t(127 + 1 - kBias - kMantissaBits + 23) << 23;
    uint32_t bits = floatBits(value), magnitude = bits & 0x7fffffff;
    uint32_t rounded = magnitude + ((1u << (kShift - 1)) - 1) + ((magnitude >> kShift) & 1);
    uint32_t normal = (rounded >> kShift) - (uint32_t(127 - kBias) << kMantissaBits);
    uint32_t subnormal = floatBits(bitsFloat(magnitude) + bitsFloat(kMagic)) - kMagic;
    uint32_t code = magnitude < kSmallestNormal ? subnormal : normal;
    uint32_t beyond = kInfinity ? kInfinity : kNan ? kNan : kLargest;
    bool saturates = overflow == Overflow::Saturate ||
                     (overflow == Overflow::KeepInfinity && magnitude != 0x7f800000);
    code = code > kLargest ? (saturates ? kLargest : beyond) : code;
    uint32_t sign = (bits >> 31) * kSign;
    uint32_t nan = kNan ? (kNan | sign) : kLargest;
    return magnitude > 0x7f800000 ? nan : code | sign;
  }

  static float decode(uint32_t code) {
    uint32_t magnitude = code & (kSign - 1);
    constexpr uint32_t kScale = uint32_t(127 + 127 - kBias) << 23;
    float value = bitsFloat(magnitude << (23 - kMantissaBits)) * bitsFloat(kScale);
    uint32_t bits = floatBits(value);
    if (kInfinity)
      bits = magnitude >= kInfinity ? 0x7f800000 | (magnitude << (23 - kMantissaBits)) : bits;
    else if (kNan)
      bits = magnitude >= kNan ? 0x7fc00000 : bits;
    return bitsFloat(bits | ((code & kSign) ? 0x80000000u : 0));
  }
};

using Fp16 = SmallFloat<5, 10, 0x7bff, 0x7c00, 0x7e00>;
using Fp8E4M3 = SmallFloat<4, 3, 0x7e, 0, 0x7f>;
using Fp8E5M2 = SmallFloat<5, 2, 0x7b, 0x7c, 0x7e>;
using Fp6E2M3 = SmallFloat<2, 3, 0x1f, 0, 0>;
using Fp6E3M2 = SmallFloat<3, 2, 0x1f, 0, 0>;
using Fp4E2M1 = SmallFloat<2, 1, 0x7, 0, 0>;

// IEEE: overflow goes to infinity, as conversions to half do everywhere.
inline uint16_t encodeFp16(float value) { return uint16_t(Fp16::encode(value, Overflow::Ieee)); }
inline float decodeFp16(uint16_t code) { return Fp16::decode(code); }

inline uint16_t encodeBf16(float value) {
  uint32_t bits = floatBits(value);
  uint32_t rounded = (bits + 0x7fff + ((bits >> 16) & 1)) >> 16;
  return uint16_t((bits & 0x7fffffff) > 0x7f800000 ? (bits >> 16) | 0x40 : rounded);
}
inline float decodeBf16(uint16_t code) { return bitsFloat(uint32_t(code) << 16); }

// TF32 keeps 10 bits of the fp32 mantissa.
inline float roundTf32(float value) {
  uint32_t bits = floatBits(value);
  uint32_t rounded = (bits + 0xfff + ((bits >> 13) & 1)) & ~0x1fffu;
  return (bits & 0x7f800000) == 0x7f800000 ? value : bitsFloat(rounded);
}

// Symmetric per-tensor quantisation: value = code * scale, codes -127...127 (int4: -7...7; so that
// negation is exact), NaN is the caller's to refuse.
inline float int8Scale(float largestMagnitude) {
  return largestMagnitude > 0 ? largestMagnitude / 127.0f : 1.0f;
}
inline float int4Scale(float largestMagnitude) {
  return largestMagnitude > 0 ? largestMagnitude / 7.0f : 1.0f;
}
inline int8_t quantiseInt8(float value, float inverseScale) {
  float scaled = value * inverseScale;
  scaled = scaled > 127.0f ? 127.0f : scaled < -127.0f ? -127.0f : scaled;
  // 1.5 * 2^23: the fp32 adder rounds to an integer, ties to even.
  return int8_t(int32_t(floatBits(scaled + 12582912.0f)) - 0x4b400000);
}
// The power of two that brings `largestMagnitude` into the top of an FP8 format, so that scaling
// itself rounds nothing.
float fp8Scale(float largestMagnitude, Format format);

// How many bytes an element takes in memory; 0 for formats that the NPU does not have there (of
// those whose elements share bytes on chip: packed.h).
unsigned formatBytes(Format format);
// The spelling of reports and environment variables.
const char *formatSpelling(Format format);

} // namespace npu::backend
