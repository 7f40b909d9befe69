// OCP Microscaling formats (MX 1.0): blocks of 32 elements that share one power-of-two scale.
#pragma once

#include <cstdint>

namespace npu::backend {

constexpr unsigned kMxBlock = 32;

enum class MxElement : uint8_t { E5M2, E4M3, E3M2, E2M3, E2M1 };
const char *mxElementName(MxElement element);

struct MxBlock {
  uint8_t scale = 0; // E8M0: 2^(scale - 127); 255 is NaN
  uint8_t codes[kMxBlock] = {};
};

// The scale is 2^(floor(log2 of the largest magnitude) - the element format's largest exponent), as
// the specification's section 6.3 has it; elements round to nearest even and saturate. A block with
// an infinity or NaN gets the NaN scale.
MxBlock encodeMx(const float *values, MxElement element);
void decodeMx(const MxBlock &block, MxElement element, float *values);

} // namespace npu::backend
