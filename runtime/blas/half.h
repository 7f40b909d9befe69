// IEEE binary16 to float, for scalars given in that format.
#pragma once

#include <cmath>
#include <cstdint>
#include <limits>

namespace npu::blas {

inline float halfToFloat(uint16_t bits) {
  const int exponent = (bits >> 10) & 0x1f;
  const float fraction = float(bits & 0x3ff);
  float magnitude;
  if (exponent == 0)
    magnitude = std::ldexp(fraction, -24);
  else if (exponent == 31)
    magnitude = fraction == 0 ? std::numeric_limits<float>::infinity()
                              : std::numeric_limits<float>::quiet_NaN();
  else
    magnitude = std::ldexp(1024 + fraction, exponent - 25);
  return bits & 0x8000 ? -magnitude : magnitude;
}

} // namespace npu::blas
