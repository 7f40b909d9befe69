// See stochastic.h.
#include "stochastic.h"

namespace npu::backend {

std::array<uint32_t, 4> philox4x32(std::array<uint32_t, 4> counter, std::array<uint32_t, 2> key) {
  for (int round = 0; round < 10; ++round) {
    uint64_t first = uint64_t(0xD2511F53) * counter[0], second = uint64_t(0xCD9E8D57) * counter[2];
    counter = {uint32_t(second >> 32) ^ counter[1] ^ key[0], uint32_t(second),
               uint32_t(first >> 32) ^ counter[3] ^ key[1], uint32_t(first)};
    key[0] += 0x9E3779B9, key[1] += 0xBB67AE85;
  }
  return counter;
}

uint32_t randomBits(uint64_t seed, uint64_t index) {
  uint64_t block = index / 4;
  return philox4x32({uint32_t(block), uint32_t(block >> 32), 0, 0},
                    {uint32_t(seed), uint32_t(seed >> 32)})[index % 4];
}

} // namespace npu::backend
