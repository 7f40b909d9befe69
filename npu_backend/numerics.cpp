// Format facts that need no bits: sizes, spellings, scales. See numerics.h.
#include "numerics.h"

#include <cmath>

namespace npu::backend {

const char *overflowName(Overflow overflow) {
  switch (overflow) {
  case Overflow::Saturate:
    return "saturate";
  case Overflow::Ieee:
    return "ieee";
  case Overflow::KeepInfinity:
    return "keep_infinity";
  }
  return "unknown";
}

float fp8Scale(float largestMagnitude, Format format) {
  if (!(largestMagnitude > 0) || !std::isfinite(largestMagnitude))
    return 1.0f;
  float largest = format == Format::Fp8E4M3 ? 448.0f : 57344.0f;
  int exponent;
  float mantissa = std::frexp(largestMagnitude / largest, &exponent);
  int power = mantissa == 0.5f ? exponent - 1 : exponent;
  // The scale and its inverse both stay normal numbers.
  return std::ldexp(1.0f, power < -126 ? -126 : power > 126 ? 126 : power);
}

unsigned formatBytes(Format format) {
  switch (format) {
  case Format::F32:
  case Format::Tf32:
  case Format::Int32:
    return 4;
  case Format::F16:
  case Format::Bf16:
    return 2;
  case Format::Fp8E4M3:
  case Format::Fp8E5M2:
  case Format::Int8:
    return 1;
  default:
    return 0;
  }
}

const char *formatSpelling(Format format) {
  switch (format) {
  case Format::F64:
    return "f64";
  case Format::F32:
    return "f32";
  case Format::Tf32:
    return "tf32";
  case Format::F16:
    return "fp16";
  case Format::Bf16:
    return "bf16";
  case Format::Fp8E4M3:
    return "fp8_e4m3";
  case Format::Fp8E5M2:
    return "fp8_e5m2";
  case Format::Int32:
    return "int32";
  case Format::Int8:
    return "int8";
  case Format::UInt8:
    return "uint8";
  case Format::Int4:
    return "int4";
  case Format::C32:
    return "complex f32";
  case Format::C64:
    return "complex f64";
  }
  return "unknown";
}

} // namespace npu::backend
