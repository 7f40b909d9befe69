// Exact number conversions; see formats.h. Layouts: IEEE 754 binary16; bfloat16 (the upper half of
// binary32); OCP 8-bit floating point specification 1.0 for E4M3 and E5M2; TF32 (19 bits of
// binary32).
#include "formats.h"

#include <algorithm>
#include <cmath>
#include <cstring>
#include <limits>

namespace npu::core {
namespace {

constexpr SmallFloat kF16{5, 10, false, false}, kBf16{8, 7, false, false};
constexpr SmallFloat kE4M3{4, 3, true, true}, kE5M2{5, 2, false, true}, kTf32{8, 10, false, false};

template <class T> T loadAs(const void *data, int64_t element) {
  T value;
  std::memcpy(&value, static_cast<const char *>(data) + element * int64_t(sizeof(T)), sizeof(T));
  return value;
}

template <class T> void storeAs(void *data, int64_t element, T value) {
  std::memcpy(static_cast<char *>(data) + element * int64_t(sizeof(T)), &value, sizeof(T));
}

// To the nearest integer, halves to even, saturated.
int64_t toInteger(double value, int64_t lowest, int64_t highest) {
  if (std::isnan(value))
    return 0;
  const double rounded = std::nearbyint(value);
  return rounded <= double(lowest)    ? lowest
         : rounded >= double(highest) ? highest
                                      : int64_t(rounded);
}

void storeInt4(void *data, int64_t element, double value) {
  auto *byte = static_cast<uint8_t *>(data) + (element >> 1); // rounds down: it may be negative
  const unsigned shift = element & 1 ? 4 : 0;
  const unsigned bits = unsigned(toInteger(value, -8, 7)) & 15u;
  *byte = uint8_t((*byte & ~(15u << shift)) | (bits << shift));
}

double loadInt4(const void *data, int64_t element) {
  const unsigned byte = static_cast<const uint8_t *>(data)[element >> 1];
  const int bits = int(element & 1 ? byte >> 4 : byte & 15u);
  return bits >= 8 ? bits - 16 : bits;
}

// The 19 bits of TF32 in the upper part of a binary32.
float roundTf32(double value) {
  const uint32_t bits = encodeSmallFloat(value, kTf32) << 13;
  float result;
  std::memcpy(&result, &bits, sizeof result);
  return result;
}

} // namespace

double decodeSmallFloat(uint32_t bits, const SmallFloat &layout) {
  const int mantissaBits = layout.mantissaBits;
  const uint32_t mantissa = bits & ((1u << mantissaBits) - 1);
  const uint32_t exponentMask = (1u << layout.exponentBits) - 1;
  const uint32_t exponent = (bits >> mantissaBits) & exponentMask;
  const bool negative = (bits >> (mantissaBits + layout.exponentBits)) & 1;
  const int bias = (1 << (layout.exponentBits - 1)) - 1;
  double value;
  if (exponent == exponentMask && !layout.finiteOnly)
    value = mantissa ? std::numeric_limits<double>::quiet_NaN()
                     : std::numeric_limits<double>::infinity();
  else if (layout.finiteOnly && exponent == exponentMask && mantissa == (1u << mantissaBits) - 1)
    value = std::numeric_limits<double>::quiet_NaN();
  else if (exponent == 0)
    value = std::ldexp(double(mantissa), 1 - bias - mantissaBits);
  else
    value =
        std::ldexp(double(mantissa + (1u << mantissaBits)), int(exponent) - bias - mantissaBits);
  return negative ? -value : value;
}

uint32_t encodeSmallFloat(double value, const SmallFloat &layout) {
  const int mantissaBits = layout.mantissaBits;
  const uint32_t sign = std::signbit(value) ? 1u << (mantissaBits + layout.exponentBits) : 0;
  const uint32_t exponentMask = (1u << layout.exponentBits) - 1;
  const uint32_t infinity = exponentMask << mantissaBits;
  const uint32_t allOnes = infinity | ((1u << mantissaBits) - 1);
  const uint32_t nan = layout.finiteOnly ? allOnes : infinity | (1u << (mantissaBits - 1));
  const uint32_t largest = layout.finiteOnly ? allOnes - 1 : infinity - 1;
  if (std::isnan(value))
    return sign | nan;
  const double magnitude = std::fabs(value);
  const int bias = (1 << (layout.exponentBits - 1)) - 1;
  // The spacing of representable values at `magnitude`, then one rounding to a multiple of it. The
  // default rounding mode is to nearest even; a double holds the quotient exactly.
  int exponent = 1 - bias; // of zero and of subnormal numbers too
  if (magnitude > 0 && std::isfinite(magnitude))
    exponent = std::max(exponent, std::ilogb(magnitude));
  const double units =
      std::isfinite(magnitude) ? std::nearbyint(std::ldexp(magnitude, mantissaBits - exponent)) : 0;
  uint64_t bits = uint64_t(allOnes) + 1; // beyond the largest, whatever the format
  if (std::isfinite(magnitude) && exponent <= bias + 1)
    // A carry out of the mantissa moves into the exponent by itself.
    bits = (uint64_t(exponent + bias - 1) << mantissaBits) + uint64_t(units);
  if (bits > largest)
    bits = layout.saturates ? largest : layout.finiteOnly ? nan : infinity;
  return sign | uint32_t(bits);
}

bool isComplex(Format format) { return format == Format::C32 || format == Format::C64; }

bool isInteger(Format format) {
  return format == Format::Int32 || format == Format::Int8 || format == Format::UInt8 ||
         format == Format::Int4;
}

std::complex<double> loadElement(const void *data, Format format, int64_t element) {
  switch (format) {
  case Format::F64:
    return loadAs<double>(data, element);
  case Format::F32:
  case Format::Tf32:
    return loadAs<float>(data, element);
  case Format::F16:
    return decodeSmallFloat(loadAs<uint16_t>(data, element), kF16);
  case Format::Bf16:
    return decodeSmallFloat(loadAs<uint16_t>(data, element), kBf16);
  case Format::Fp8E4M3:
    return decodeSmallFloat(loadAs<uint8_t>(data, element), kE4M3);
  case Format::Fp8E5M2:
    return decodeSmallFloat(loadAs<uint8_t>(data, element), kE5M2);
  case Format::Int32:
    return loadAs<int32_t>(data, element);
  case Format::Int8:
    return loadAs<int8_t>(data, element);
  case Format::UInt8:
    return loadAs<uint8_t>(data, element);
  case Format::Int4:
    return loadInt4(data, element);
  case Format::C32:
    return std::complex<double>(loadAs<std::complex<float>>(data, element));
  case Format::C64:
    return loadAs<std::complex<double>>(data, element);
  }
  return 0;
}

void storeElement(void *data, Format format, int64_t element, std::complex<double> value) {
  const double real = value.real();
  switch (format) {
  case Format::F64:
    return storeAs<double>(data, element, real);
  case Format::F32:
    return storeAs<float>(data, element, float(real));
  case Format::Tf32:
    return storeAs<float>(data, element, roundTf32(real));
  case Format::F16:
    return storeAs(data, element, uint16_t(encodeSmallFloat(real, kF16)));
  case Format::Bf16:
    return storeAs(data, element, uint16_t(encodeSmallFloat(real, kBf16)));
  case Format::Fp8E4M3:
    return storeAs(data, element, uint8_t(encodeSmallFloat(real, kE4M3)));
  case Format::Fp8E5M2:
    return storeAs(data, element, uint8_t(encodeSmallFloat(real, kE5M2)));
  case Format::Int32:
    return storeAs(data, element, int32_t(toInteger(real, INT32_MIN, INT32_MAX)));
  case Format::Int8:
    return storeAs(data, element, int8_t(toInteger(real, -128, 127)));
  case Format::UInt8:
    return storeAs(data, element, uint8_t(toInteger(real, 0, 255)));
  case Format::Int4:
    return storeInt4(data, element, real);
  case Format::C32:
    return storeAs(data, element, std::complex<float>(value));
  case Format::C64:
    return storeAs(data, element, value);
  }
}

} // namespace npu::core
