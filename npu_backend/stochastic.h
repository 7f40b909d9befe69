// Stochastic rounding with a counter-based generator, so that element i of stream s rounds the same
// way whatever the tiling and the number of threads.
#pragma once

#include "numerics.h"

#include <array>
#include <cmath>

namespace npu::backend {

// Philox4x32-10: Salmon, Moraes, Dror, Shaw, "Parallel random numbers: as easy as 1, 2, 3", SC
// 2011.
std::array<uint32_t, 4> philox4x32(std::array<uint32_t, 4> counter, std::array<uint32_t, 2> key);

// The 32 bits for element `index` of the stream that `seed` names.
uint32_t randomBits(uint64_t seed, uint64_t index);

// Rounds to one of the two neighbours, to the farther one with the probability that makes the mean
// exact. Values beyond the largest saturate; NaN and exact values are encoded as usual.
template <typename FormatType> uint32_t encodeStochastic(float value, uint32_t random) {
  uint32_t sign = floatBits(value) >> 31 ? FormatType::kSign : 0;
  float magnitude = std::fabs(value);
  uint32_t nearest = FormatType::encode(magnitude);
  float rounded = FormatType::decode(nearest);
  if (!(magnitude == magnitude) || rounded == magnitude ||
      (rounded < magnitude && FormatType::encode(INFINITY) == nearest))
    return FormatType::encode(value);
  uint32_t below = rounded > magnitude ? nearest - 1 : nearest;
  double low = FormatType::decode(below), high = FormatType::decode(below + 1);
  double share = (double(magnitude) - low) / (high - low);
  return (double(random) * 0x1p-32 < share ? below + 1 : below) | sign;
}

} // namespace npu::backend
