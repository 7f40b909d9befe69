// 4- and 6-bit floating point (Open Compute Project, "MX" formats): storage types that are
// converted, not computed with. The formats have neither infinities nor a not-a-number: too large a
// number becomes the largest one, and what is not a number the largest positive one. A number takes
// the low bits of a byte; only pairs of 4 bits share one, the first of them in its low half.
#ifndef NPU_FLOAT6_H
#define NPU_FLOAT6_H

#include "npu/bfloat16.h"
#include "npu/float16.h"
#include "npu/round_mode.h"

#ifdef __cplusplus

namespace npu {

typedef unsigned char float4Bits;
typedef unsigned char float4x2Bits;
typedef unsigned short float4x4Bits;
typedef unsigned char float6Bits;
typedef unsigned short float6x2Bits;
typedef unsigned int float6x4Bits;
enum Float4Format { Float4E2M1 };
enum Float6Format { Float6E2M3, Float6E3M2 };

namespace detail {

// `largest` is the code of the largest number; the sign is the bit above it.
template <int mantissaBits, int leastExponent, unsigned int largest>
NPU_SMALL unsigned int tinyFloatCode(double value, npuRoundMode mode) {
  if (value != value)
    return largest;
  bool negative = bitsOfDouble(value) >> 63;
  double size = negative ? -value : value;
  Towards direction = mode == npuRoundNearest                ? Towards::Nearest
                      : mode == npuRoundZero                 ? Towards::Zero
                      : negative == (mode == npuRoundMinInf) ? Towards::Infinity
                                                             : Towards::Zero;
  unsigned int code = magnitudeCode<mantissaBits, leastExponent>(size, direction);
  return (code < largest ? code : largest) | (negative ? largest + 1 : 0);
}

// Exact: half precision holds all these formats.
template <int mantissaBits, int leastExponent, unsigned int largest>
NPU_SMALL __half_raw tinyFloatHalf(unsigned int code) {
  // Only the exponents' bias differs from that of a float with the same code on top.
  float size = floatOfBits((code & largest) << (23 - mantissaBits)) *
               floatOfBits((unsigned int)(253 + leastExponent) << 23);
  unsigned int sign = code & (largest + 1) ? 0x8000 : 0;
  return __half_raw{(unsigned short)(sign | floatToFloat16(size))};
}

} // namespace detail

NPU_SMALL float4Bits convertDoubleToFloat4(double value, Float4Format, npuRoundMode mode) {
  return float4Bits(detail::tinyFloatCode<1, 0, 7>(value, mode));
}
NPU_SMALL __half_raw convertFloat4ToHalf(float4Bits bits, Float4Format) {
  return detail::tinyFloatHalf<1, 0, 7>(bits);
}
NPU_SMALL float6Bits convertDoubleToFloat6(double value, Float6Format format, npuRoundMode mode) {
  return float6Bits(format == Float6E2M3 ? detail::tinyFloatCode<3, 0, 31>(value, mode)
                                         : detail::tinyFloatCode<2, -2, 31>(value, mode));
}
NPU_SMALL __half_raw convertFloat6ToHalf(float6Bits bits, Float6Format format) {
  return format == Float6E2M3 ? detail::tinyFloatHalf<3, 0, 31>(bits)
                              : detail::tinyFloatHalf<2, -2, 31>(bits);
}

// The other sources, and pairs, which lie `shift` bits apart.
#define NPU_TINY_CONVERSIONS(Kind, Bits, x2Bits, Format, shift)                                    \
  NPU_SMALL Bits convertFloatTo##Kind(float value, Format format, npuRoundMode mode) {             \
    return convertDoubleTo##Kind(value, format, mode);                                             \
  }                                                                                                \
  NPU_SMALL Bits convertHalfTo##Kind(__half_raw value, Format format, npuRoundMode mode) {         \
    return convertDoubleTo##Kind(detail::float16ToFloat(value.x), format, mode);                   \
  }                                                                                                \
  NPU_SMALL Bits convertBfloat16To##Kind(__nv_bfloat16_raw value, Format format,                   \
                                         npuRoundMode mode) {                                      \
    return convertDoubleTo##Kind(detail::bfloat16ToFloat(value.x), format, mode);                  \
  }                                                                                                \
  NPU_SMALL x2Bits convertDouble2To##Kind##x2(double2 value, Format format, npuRoundMode mode) {   \
    return x2Bits(convertDoubleTo##Kind(value.x, format, mode) |                                   \
                  convertDoubleTo##Kind(value.y, format, mode) << shift);                          \
  }                                                                                                \
  NPU_SMALL x2Bits convertFloat2To##Kind##x2(float2 value, Format format, npuRoundMode mode) {     \
    return convertDouble2To##Kind##x2(make_double2(value.x, value.y), format, mode);               \
  }                                                                                                \
  NPU_SMALL x2Bits convertHalf2To##Kind##x2(__half2_raw value, Format format, npuRoundMode mode) { \
    return x2Bits(convertHalfTo##Kind(__half_raw{value.x}, format, mode) |                         \
                  convertHalfTo##Kind(__half_raw{value.y}, format, mode) << shift);                \
  }                                                                                                \
  NPU_SMALL x2Bits convertBfloat162To##Kind##x2(__nv_bfloat162_raw value, Format format,           \
                                                npuRoundMode mode) {                               \
    return x2Bits(convertBfloat16To##Kind(__nv_bfloat16_raw{value.x}, format, mode) |              \
                  convertBfloat16To##Kind(__nv_bfloat16_raw{value.y}, format, mode) << shift);     \
  }                                                                                                \
  NPU_SMALL __half2_raw convert##Kind##x2ToHalf2(x2Bits bits, Format format) {                     \
    return __half2_raw{convert##Kind##ToHalf(Bits(bits & ((1 << shift) - 1)), format).x,           \
                       convert##Kind##ToHalf(Bits(bits >> shift), format).x};                      \
  }
NPU_TINY_CONVERSIONS(Float4, float4Bits, float4x2Bits, Float4Format, 4)
NPU_TINY_CONVERSIONS(Float6, float6Bits, float6x2Bits, Float6Format, 8)
#undef NPU_TINY_CONVERSIONS

// The types: constructors round to nearest. `__x` is what CUDA calls the bits.
#define NPU_TINY_TYPES(name, Kind, kind, format, shift)                                            \
  struct name {                                                                                    \
    kind##Bits __x;                                                                                \
    name() = default;                                                                              \
    NPU_HOST_DEVICE explicit name(double value)                                                    \
        : __x(convertDoubleTo##Kind(value, format, npuRoundNearest)) {}                            \
    NPU_HOST_DEVICE explicit name(float value) : name(double(value)) {}                            \
    NPU_HOST_DEVICE explicit name(__half value) : name(float(value)) {}                            \
    NPU_HOST_DEVICE explicit name(__nv_bfloat16 value) : name(float(value)) {}                     \
    NPU_HOST_DEVICE explicit name(int value) : name(double(value)) {}                              \
    NPU_HOST_DEVICE explicit name(unsigned int value) : name(double(value)) {}                     \
    NPU_HOST_DEVICE explicit name(short value) : name(double(value)) {}                            \
    NPU_HOST_DEVICE explicit name(unsigned short value) : name(double(value)) {}                   \
    NPU_HOST_DEVICE explicit name(long value) : name(double(value)) {}                             \
    NPU_HOST_DEVICE explicit name(unsigned long value) : name(double(value)) {}                    \
    NPU_HOST_DEVICE explicit name(long long value) : name(double(value)) {}                        \
    NPU_HOST_DEVICE explicit name(unsigned long long value) : name(double(value)) {}               \
    NPU_HOST_DEVICE operator float() const {                                                       \
      return detail::float16ToFloat(convert##Kind##ToHalf(__x, format).x);                         \
    }                                                                                              \
  };                                                                                               \
  struct NPU_ALIGN(sizeof(kind##x2Bits)) name##x2 {                                                \
    kind##x2Bits __x;                                                                              \
    name##x2() = default;                                                                          \
    NPU_HOST_DEVICE explicit name##x2(double2 value)                                               \
        : __x(convertDouble2To##Kind##x2(value, format, npuRoundNearest)) {}                       \
    NPU_HOST_DEVICE explicit name##x2(float2 value) : name##x2(make_double2(value.x, value.y)) {}  \
    NPU_HOST_DEVICE explicit name##x2(__half2 value) : name##x2(make_float2(value.x, value.y)) {}  \
    NPU_HOST_DEVICE explicit name##x2(__nv_bfloat162 value)                                        \
        : name##x2(make_float2(value.x, value.y)) {}                                               \
    NPU_HOST_DEVICE explicit operator __half2() const {                                            \
      return __half2(convert##Kind##x2ToHalf2(__x, format));                                       \
    }                                                                                              \
    NPU_HOST_DEVICE explicit operator float2() const {                                             \
      __half2_raw halves = convert##Kind##x2ToHalf2(__x, format);                                  \
      return make_float2(detail::float16ToFloat(halves.x), detail::float16ToFloat(halves.y));      \
    }                                                                                              \
  };                                                                                               \
  struct NPU_ALIGN(sizeof(kind##x4Bits)) name##x4 {                                                \
    kind##x4Bits __x;                                                                              \
    name##x4() = default;                                                                          \
    NPU_HOST_DEVICE explicit name##x4(double4 value)                                               \
        : __x(kind##x4Bits(name##x2(make_double2(value.x, value.y)).__x |                          \
                           (unsigned int)name##x2(make_double2(value.z, value.w)).__x              \
                               << 2 * shift)) {}                                                   \
    NPU_HOST_DEVICE explicit name##x4(float4 value)                                                \
        : name##x4(make_double4(value.x, value.y, value.z, value.w)) {}                            \
    NPU_HOST_DEVICE explicit name##x4(__half2 low, __half2 high)                                   \
        : name##x4(make_float4(low.x, low.y, high.x, high.y)) {}                                   \
    NPU_HOST_DEVICE explicit name##x4(__nv_bfloat162 low, __nv_bfloat162 high)                     \
        : name##x4(make_float4(low.x, low.y, high.x, high.y)) {}                                   \
    NPU_HOST_DEVICE explicit operator float4() const {                                             \
      name##x2 low, high;                                                                          \
      low.__x = kind##x2Bits(__x);                                                                 \
      high.__x = kind##x2Bits(__x >> 2 * shift);                                                   \
      float2 first = float2(low), second = float2(high);                                           \
      return make_float4(first.x, first.y, second.x, second.y);                                    \
    }                                                                                              \
  };
NPU_TINY_TYPES(float4e2m1, Float4, float4, Float4E2M1, 4)
NPU_TINY_TYPES(float6e2m3, Float6, float6, Float6E2M3, 8)
NPU_TINY_TYPES(float6e3m2, Float6, float6, Float6E3M2, 8)
#undef NPU_TINY_TYPES

} // namespace npu

#endif
#endif
