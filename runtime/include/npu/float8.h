// 8-bit floating point (Open Compute Project, "OFP8"): storage types that are converted, not
// computed with. E4M3 has no infinity and ends at 448; E5M2 is half precision without its low byte.
#ifndef NPU_FLOAT8_H
#define NPU_FLOAT8_H

#include "npu/bfloat16.h"
#include "npu/float16.h"

#include <assert.h> // brought along, as by CUDA's header
#include <string.h>

#ifdef __cplusplus

namespace npu {

typedef unsigned char float8Bits;
typedef unsigned short float8x2Bits;
typedef unsigned int float8x4Bits;
// Too large a number becomes the largest finite one, or infinity (E4M3: not-a-number).
enum Float8Saturation { Float8NoSaturation, Float8SaturateFinite };
enum Float8Format { Float8E4M3, Float8E5M2 };

// Rounds to nearest even.
NPU_SMALL float8Bits convertDoubleToFloat8(double value, Float8Saturation saturation,
                                           Float8Format format) {
  if (value != value)
    return 0x7f;
  bool isE4M3 = format == Float8E4M3, negative = detail::bitsOfDouble(value) >> 63;
  double size = negative ? -value : value;
  unsigned int code = isE4M3 ? detail::magnitudeCode<3, -6>(size, detail::Towards::Nearest)
                             : detail::magnitudeCode<2, -14>(size, detail::Towards::Nearest);
  unsigned int largest = isE4M3 ? 0x7e : 0x7b;
  if (code > largest)
    code = saturation == Float8SaturateFinite ? largest : largest + 1;
  return float8Bits(code | (negative ? 0x80u : 0u));
}
NPU_SMALL float8Bits convertFloatToFloat8(float value, Float8Saturation saturation,
                                          Float8Format format) {
  return convertDoubleToFloat8(value, saturation, format);
}
NPU_SMALL float8Bits convertHalfToFloat8(__half_raw value, Float8Saturation saturation,
                                         Float8Format format) {
  return convertDoubleToFloat8(detail::float16ToFloat(value.x), saturation, format);
}
NPU_SMALL float8Bits convertBfloat16ToFloat8(__nv_bfloat16_raw value, Float8Saturation saturation,
                                             Float8Format format) {
  return convertDoubleToFloat8(detail::bfloat16ToFloat(value.x), saturation, format);
}
NPU_SMALL float8x2Bits convertFloat2ToFloat8x2(float2 value, Float8Saturation saturation,
                                               Float8Format format) {
  return float8x2Bits(convertFloatToFloat8(value.x, saturation, format) |
                      convertFloatToFloat8(value.y, saturation, format) << 8);
}
NPU_SMALL float8x2Bits convertDouble2ToFloat8x2(double2 value, Float8Saturation saturation,
                                                Float8Format format) {
  return float8x2Bits(convertDoubleToFloat8(value.x, saturation, format) |
                      convertDoubleToFloat8(value.y, saturation, format) << 8);
}
NPU_SMALL float8x2Bits convertHalf2ToFloat8x2(__half2_raw value, Float8Saturation saturation,
                                              Float8Format format) {
  return float8x2Bits(convertHalfToFloat8(__half_raw{value.x}, saturation, format) |
                      convertHalfToFloat8(__half_raw{value.y}, saturation, format) << 8);
}
NPU_SMALL float8x2Bits convertBfloat162ToFloat8x2(__nv_bfloat162_raw value,
                                                  Float8Saturation saturation,
                                                  Float8Format format) {
  return float8x2Bits(convertBfloat16ToFloat8(__nv_bfloat16_raw{value.x}, saturation, format) |
                      convertBfloat16ToFloat8(__nv_bfloat16_raw{value.y}, saturation, format) << 8);
}
// Exact: half precision holds both formats.
NPU_SMALL __half_raw convertFloat8ToHalf(float8Bits bits, Float8Format format) {
  unsigned int sign = (unsigned int)(bits & 0x80) << 8, code = bits & 0x7f;
  if (format == Float8E5M2)
    return __half_raw{(unsigned short)(sign | (code > 0x7c ? 0x7fffu : code << 8))};
  if (code == 0x7f)
    return __half_raw{0x7fff};
  // The exponents' biases differ by 120 between E4M3 and float.
  float size = detail::floatOfBits(code << 20) * 1329227995784915872903807060280344576.0f;
  return __half_raw{(unsigned short)(sign | detail::floatToFloat16(size))};
}
NPU_SMALL __half2_raw convertFloat8x2ToHalf2(float8x2Bits bits, Float8Format format) {
  return __half2_raw{convertFloat8ToHalf(float8Bits(bits), format).x,
                     convertFloat8ToHalf(float8Bits(bits >> 8), format).x};
}

// The types: constructors saturate. `__x` is what CUDA calls the bits.
#define NPU_FLOAT8_TYPES(name, format)                                                             \
  struct name {                                                                                    \
    float8Bits __x;                                                                                \
    name() = default;                                                                              \
    NPU_HOST_DEVICE name(double value)                                                             \
        : __x(convertDoubleToFloat8(value, Float8SaturateFinite, format)) {}                       \
    NPU_HOST_DEVICE name(float value)                                                              \
        : __x(convertFloatToFloat8(value, Float8SaturateFinite, format)) {}                        \
    NPU_HOST_DEVICE explicit name(__half value) : name(float(value)) {}                            \
    NPU_HOST_DEVICE explicit name(__nv_bfloat16 value) : name(float(value)) {}                     \
    NPU_HOST_DEVICE explicit name(int value) : name(double(value)) {}                              \
    NPU_HOST_DEVICE explicit name(unsigned int value) : name(double(value)) {}                     \
    NPU_HOST_DEVICE explicit name(short value) : name(double(value)) {}                            \
    NPU_HOST_DEVICE explicit name(unsigned short value) : name(double(value)) {}                   \
    NPU_HOST_DEVICE explicit name(long value) : name(detail::stickyDoubleOf(value)) {}             \
    NPU_HOST_DEVICE explicit name(unsigned long value) : name(detail::stickyDoubleOf(value)) {}    \
    NPU_HOST_DEVICE explicit name(long long value) : name(detail::stickyDoubleOf(value)) {}        \
    NPU_HOST_DEVICE explicit name(unsigned long long value)                                        \
        : name(detail::stickyDoubleOf(value)) {}                                                   \
    NPU_HOST_DEVICE operator float() const {                                                       \
      return detail::float16ToFloat(convertFloat8ToHalf(__x, format).x);                           \
    }                                                                                              \
  };                                                                                               \
  struct NPU_ALIGN(2) name##x2 {                                                                   \
    float8x2Bits __x;                                                                              \
    name##x2() = default;                                                                          \
    NPU_HOST_DEVICE explicit name##x2(float2 value)                                                \
        : __x(convertFloat2ToFloat8x2(value, Float8SaturateFinite, format)) {}                     \
    NPU_HOST_DEVICE explicit name##x2(double2 value)                                               \
        : __x(convertDouble2ToFloat8x2(value, Float8SaturateFinite, format)) {}                    \
    NPU_HOST_DEVICE explicit name##x2(__half2 value) : name##x2(make_float2(value.x, value.y)) {}  \
    NPU_HOST_DEVICE explicit name##x2(__nv_bfloat162 value)                                        \
        : name##x2(make_float2(value.x, value.y)) {}                                               \
    NPU_HOST_DEVICE explicit operator float2() const {                                             \
      __half2_raw halves = convertFloat8x2ToHalf2(__x, format);                                    \
      return make_float2(detail::float16ToFloat(halves.x), detail::float16ToFloat(halves.y));      \
    }                                                                                              \
    NPU_HOST_DEVICE explicit operator __half2() const {                                            \
      return __half2(convertFloat8x2ToHalf2(__x, format));                                         \
    }                                                                                              \
  };                                                                                               \
  struct NPU_ALIGN(4) name##x4 {                                                                   \
    float8x4Bits __x;                                                                              \
    name##x4() = default;                                                                          \
    NPU_HOST_DEVICE explicit name##x4(float4 value)                                                \
        : __x(name##x2(make_float2(value.x, value.y)).__x |                                        \
              (unsigned int)name##x2(make_float2(value.z, value.w)).__x << 16) {}                  \
    NPU_HOST_DEVICE explicit name##x4(double4 value)                                               \
        : name##x4(name##x2(make_double2(value.x, value.y)),                                       \
                   name##x2(make_double2(value.z, value.w))) {}                                    \
    NPU_HOST_DEVICE explicit name##x4(__half2 low, __half2 high)                                   \
        : name##x4(name##x2(low), name##x2(high)) {}                                               \
    NPU_HOST_DEVICE explicit name##x4(__nv_bfloat162 low, __nv_bfloat162 high)                     \
        : name##x4(name##x2(low), name##x2(high)) {}                                               \
    NPU_HOST_DEVICE explicit operator float4() const {                                             \
      name##x2 low, high;                                                                          \
      low.__x = float8x2Bits(__x);                                                                 \
      high.__x = float8x2Bits(__x >> 16);                                                          \
      float2 first = float2(low), second = float2(high);                                           \
      return make_float4(first.x, first.y, second.x, second.y);                                    \
    }                                                                                              \
                                                                                                   \
  private:                                                                                         \
    NPU_HOST_DEVICE name##x4(name##x2 low, name##x2 high)                                          \
        : __x(low.__x | (unsigned int)high.__x << 16) {}                                           \
  };
NPU_FLOAT8_TYPES(float8e4m3, Float8E4M3)
NPU_FLOAT8_TYPES(float8e5m2, Float8E5M2)
#undef NPU_FLOAT8_TYPES

} // namespace npu

#endif
#endif
