// The bits of 16-bit floating-point numbers, on either side of a program and without hardware
// support.
#ifndef NPU_DEVICE_SMALL_FLOATS_H
#define NPU_DEVICE_SMALL_FLOATS_H

#include "npu/device/attributes.h"

namespace npu {
namespace detail {

#define NPU_BITS static inline NPU_HOST_DEVICE

NPU_BITS unsigned int bitsOfFloat(float value) {
  unsigned int bits;
  __builtin_memcpy(&bits, &value, 4);
  return bits;
}
NPU_BITS float floatOfBits(unsigned int bits) {
  float value;
  __builtin_memcpy(&value, &bits, 4);
  return value;
}

// IEEE 754 binary16. 2^112 is the difference of the two exponents' biases: it normalises denormals.
NPU_BITS float float16ToFloat(unsigned short half) {
  unsigned int sign = (unsigned int)(half & 0x8000) << 16;
  unsigned int magnitude = (unsigned int)(half & 0x7fff) << 13;
  if (magnitude >= 0x7c00u << 13)
    return floatOfBits(sign | magnitude | 0x7f800000u);
  return floatOfBits(sign |
                     bitsOfFloat(floatOfBits(magnitude) * 5192296858534827628530496329220096.0f));
}
// Rounds to nearest even; too large becomes infinity.
NPU_BITS unsigned short floatToFloat16(float value) {
  unsigned int bits = bitsOfFloat(value), sign = bits >> 16 & 0x8000;
  unsigned int magnitude = bits & 0x7fffffff;
  if (magnitude > 0x7f800000u)
    return 0x7fff;
  if (magnitude >= 0x477ff000u)
    return (unsigned short)(sign | 0x7c00);
  if (magnitude < 0x38800000u) // denormal: adding 0.5 leaves its last bit in the float's last bit
    return (unsigned short)(sign | (bitsOfFloat(floatOfBits(magnitude) + 0.5f) - 0x3f000000u));
  unsigned int rounded = magnitude - (112u << 23) + 0xfff + (magnitude >> 13 & 1);
  return (unsigned short)(sign | rounded >> 13);
}
// As floatToFloat16, towards zero: the largest finite number instead of infinity.
NPU_BITS unsigned short floatToFloat16TowardsZero(float value) {
  unsigned short nearest = floatToFloat16(value);
  float back = float16ToFloat(nearest);
  bool larger = (bitsOfFloat(back) & 0x7fffffff) > (bitsOfFloat(value) & 0x7fffffff);
  return larger && back == back ? (unsigned short)(nearest - 1) : nearest;
}

// bfloat16 is the upper half of a float.
NPU_BITS float bfloat16ToFloat(unsigned short bits) {
  return floatOfBits((unsigned int)bits << 16);
}
NPU_BITS unsigned short floatToBfloat16(float value) {
  unsigned int bits = bitsOfFloat(value);
  if ((bits & 0x7fffffff) > 0x7f800000u)
    return 0x7fff;
  return (unsigned short)((bits + 0x7fff + (bits >> 16 & 1)) >> 16);
}

#undef NPU_BITS

// Constructors from the numbers that CUDA lists; smaller ones are promoted to int. No template: a
// class that converts to float is none of these.
#define NPU_SMALL_FLOAT_FROM(name, type, bitsOf)                                                   \
  NPU_HOST_DEVICE name(type value) : bits(bitsOf(static_cast<float>(value))) {}
#define NPU_SMALL_FLOAT_FROM_NUMBERS(name, bitsOf)                                                 \
  NPU_SMALL_FLOAT_FROM(name, float, bitsOf)                                                        \
  NPU_SMALL_FLOAT_FROM(name, short, bitsOf)                                                        \
  NPU_SMALL_FLOAT_FROM(name, unsigned short, bitsOf)                                               \
  NPU_SMALL_FLOAT_FROM(name, int, bitsOf)                                                          \
  NPU_SMALL_FLOAT_FROM(name, unsigned int, bitsOf)                                                 \
  NPU_SMALL_FLOAT_FROM(name, long, bitsOf)                                                         \
  NPU_SMALL_FLOAT_FROM(name, unsigned long, bitsOf)                                                \
  NPU_SMALL_FLOAT_FROM(name, long long, bitsOf)                                                    \
  NPU_SMALL_FLOAT_FROM(name, unsigned long long, bitsOf)

} // namespace detail
} // namespace npu

#endif
