// E8M0, the scales of blocks of small floats (Open Compute Project, "MX" formats): a byte x is
// 2 to the power of x - 127, and 255 is not a number. There is neither a sign nor a zero.
#ifndef NPU_FLOAT8_SCALE_H
#define NPU_FLOAT8_SCALE_H

#include "npu/float8.h"
#include "npu/round_mode.h"

#ifdef __cplusplus

namespace npu {

// Of the number's size, up (npuRoundPosInf) or down (npuRoundZero) to a power of two; other modes
// mean down. What is too large becomes the largest scale or, without saturation, not a number; what
// is too small, zero too, the smallest.
NPU_SMALL float8Bits convertDoubleToScale(double value, Float8Saturation saturation,
                                          npuRoundMode mode) {
  if (value != value)
    return 0xff;
  unsigned long long bits = detail::bitsOfDouble(value) << 1 >> 1;
  int power = int(bits >> 52) - 1023 + 127;
  bool isBetween = (bits << 12) != 0;
  if (power < 0)
    return 0;
  power += mode == npuRoundPosInf && isBetween;
  return float8Bits(power <= 0xfe ? power : saturation == Float8SaturateFinite ? 0xfe : 0xff);
}
NPU_SMALL float8Bits convertFloatToScale(float value, Float8Saturation saturation,
                                         npuRoundMode mode) {
  return convertDoubleToScale(value, saturation, mode);
}
NPU_SMALL float8Bits convertBfloat16ToScale(__nv_bfloat16_raw value, Float8Saturation saturation,
                                            npuRoundMode mode) {
  return convertDoubleToScale(detail::bfloat16ToFloat(value.x), saturation, mode);
}
NPU_SMALL float8x2Bits convertDouble2ToScalex2(double2 value, Float8Saturation saturation,
                                               npuRoundMode mode) {
  return float8x2Bits(convertDoubleToScale(value.x, saturation, mode) |
                      convertDoubleToScale(value.y, saturation, mode) << 8);
}
NPU_SMALL float8x2Bits convertFloat2ToScalex2(float2 value, Float8Saturation saturation,
                                              npuRoundMode mode) {
  return convertDouble2ToScalex2(make_double2(value.x, value.y), saturation, mode);
}
NPU_SMALL float8x2Bits convertBfloat162ToScalex2(__nv_bfloat162_raw value,
                                                 Float8Saturation saturation, npuRoundMode mode) {
  return float8x2Bits(convertBfloat16ToScale(__nv_bfloat16_raw{value.x}, saturation, mode) |
                      convertBfloat16ToScale(__nv_bfloat16_raw{value.y}, saturation, mode) << 8);
}
// Exact.
NPU_SMALL __nv_bfloat16_raw convertScaleToBfloat16(float8Bits bits) {
  return __nv_bfloat16_raw{(unsigned short)(bits == 0xff ? 0x7fff
                                            : bits == 0  ? 0x0040
                                                         : bits << 7)};
}
NPU_SMALL __nv_bfloat162_raw convertScalex2ToBfloat162(float8x2Bits bits) {
  return __nv_bfloat162_raw{convertScaleToBfloat16(float8Bits(bits)).x,
                            convertScaleToBfloat16(float8Bits(bits >> 8)).x};
}

// The types: constructors round up and saturate. `__x` is what CUDA calls the bits.
struct float8e8m0 {
  float8Bits __x;
  float8e8m0() = default;
  template <class Number, class = decltype(detail::stickyDoubleOf(Number()))>
  NPU_HOST_DEVICE explicit float8e8m0(Number value)
      : __x(convertDoubleToScale(detail::stickyDoubleOf(value), Float8SaturateFinite,
                                 npuRoundPosInf)) {}
  NPU_HOST_DEVICE explicit float8e8m0(double value)
      : __x(convertDoubleToScale(value, Float8SaturateFinite, npuRoundPosInf)) {}
  NPU_HOST_DEVICE explicit float8e8m0(float value) : float8e8m0(double(value)) {}
  NPU_HOST_DEVICE explicit float8e8m0(__half value) : float8e8m0(double(float(value))) {}
  NPU_HOST_DEVICE explicit float8e8m0(__nv_bfloat16 value) : float8e8m0(double(float(value))) {}
  NPU_HOST_DEVICE explicit operator float() const {
    return detail::bfloat16ToFloat(convertScaleToBfloat16(__x).x);
  }
  NPU_HOST_DEVICE explicit operator double() const { return float(*this); }
  NPU_HOST_DEVICE explicit operator __nv_bfloat16() const {
    return __nv_bfloat16(convertScaleToBfloat16(__x));
  }
  NPU_HOST_DEVICE explicit operator __half() const { return __half(float(*this)); }
  NPU_HOST_DEVICE explicit operator bool() const { return true; }
};
struct NPU_ALIGN(2) float8e8m0x2 {
  float8x2Bits __x;
  float8e8m0x2() = default;
  NPU_HOST_DEVICE explicit float8e8m0x2(double2 value)
      : __x(convertDouble2ToScalex2(value, Float8SaturateFinite, npuRoundPosInf)) {}
  NPU_HOST_DEVICE explicit float8e8m0x2(float2 value)
      : __x(convertFloat2ToScalex2(value, Float8SaturateFinite, npuRoundPosInf)) {}
  NPU_HOST_DEVICE explicit float8e8m0x2(__half2 value)
      : float8e8m0x2(make_float2(value.x, value.y)) {}
  NPU_HOST_DEVICE explicit float8e8m0x2(__nv_bfloat162 value)
      : float8e8m0x2(make_float2(value.x, value.y)) {}
  NPU_HOST_DEVICE explicit operator float2() const {
    __nv_bfloat162_raw both = convertScalex2ToBfloat162(__x);
    return make_float2(detail::bfloat16ToFloat(both.x), detail::bfloat16ToFloat(both.y));
  }
  NPU_HOST_DEVICE explicit operator __nv_bfloat162() const {
    return __nv_bfloat162(convertScalex2ToBfloat162(__x));
  }
};
struct NPU_ALIGN(4) float8e8m0x4 {
  float8x4Bits __x;
  float8e8m0x4() = default;
  NPU_HOST_DEVICE explicit float8e8m0x4(float4 value)
      : float8e8m0x4(float8e8m0x2(make_float2(value.x, value.y)),
                     float8e8m0x2(make_float2(value.z, value.w))) {}
  NPU_HOST_DEVICE explicit float8e8m0x4(double4 value)
      : float8e8m0x4(float8e8m0x2(make_double2(value.x, value.y)),
                     float8e8m0x2(make_double2(value.z, value.w))) {}
  NPU_HOST_DEVICE explicit float8e8m0x4(__half2 low, __half2 high)
      : float8e8m0x4(float8e8m0x2(low), float8e8m0x2(high)) {}
  NPU_HOST_DEVICE explicit float8e8m0x4(__nv_bfloat162 low, __nv_bfloat162 high)
      : float8e8m0x4(float8e8m0x2(low), float8e8m0x2(high)) {}
  NPU_HOST_DEVICE explicit operator float4() const {
    float8e8m0x2 low, high;
    low.__x = float8x2Bits(__x);
    high.__x = float8x2Bits(__x >> 16);
    float2 first = float2(low), second = float2(high);
    return make_float4(first.x, first.y, second.x, second.y);
  }

private:
  NPU_HOST_DEVICE float8e8m0x4(float8e8m0x2 low, float8e8m0x2 high)
      : __x(low.__x | (unsigned int)high.__x << 16) {}
};

} // namespace npu

#endif
#endif
