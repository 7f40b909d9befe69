// Format facts that need no bits: sizes, spellings, scales. See numerics.h.
#include "numerics.h"
#include "packed.h"

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
  case Format::F16:
  case Format::Bf16:
  case Format::Fp8E4M3:
  case Format::Fp8E5M2:
  case Format::Int8:
    return formatBits(format) / 8;
  default:
    return 0;
  }
}

const char *formatSpelling(Format format) {
  if (isMx(format))
    return mxElementName(mxElementOf(format));
  return format == Format::F16 ? "fp16" : formatName(format);
}

} // namespace npu::backend
