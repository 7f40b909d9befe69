// See microscaling.h.
#include "microscaling.h"
#include "numerics.h"

#include <algorithm>
#include <cmath>

namespace npu::backend {
namespace {

// Calls visit(format, exponent of the format's largest value).
template <typename Visit> auto dispatch(MxElement element, Visit visit) {
  switch (element) {
  case MxElement::E5M2:
    return visit(Fp8E5M2(), 15);
  case MxElement::E4M3:
    return visit(Fp8E4M3(), 8);
  case MxElement::E3M2:
    return visit(Fp6E3M2(), 4);
  case MxElement::E2M3:
    return visit(Fp6E2M3(), 2);
  default:
    return visit(Fp4E2M1(), 2);
  }
}

constexpr uint8_t kNanScale = 255;
constexpr int kScaleBias = 127;

} // namespace

const char *mxElementName(MxElement element) {
  const char *names[] = {"mxfp8_e5m2", "mxfp8_e4m3", "mxfp6_e3m2", "mxfp6_e2m3", "mxfp4"};
  return names[unsigned(element)];
}

MxBlock encodeMx(const float *values, MxElement element) {
  return dispatch(element, [&](auto format, int largestExponent) {
    MxBlock block;
    float largest = 0;
    for (unsigned i = 0; i < kMxBlock; ++i) {
      if (!std::isfinite(values[i])) {
        block.scale = kNanScale;
        return block;
      }
      largest = std::max(largest, std::fabs(values[i]));
    }
    int exponent = largest > 0 ? std::ilogb(largest) - largestExponent : -kScaleBias;
    exponent = std::clamp(exponent, -kScaleBias, kScaleBias);
    block.scale = uint8_t(exponent + kScaleBias);
    for (unsigned i = 0; i < kMxBlock; ++i)
      block.codes[i] = uint8_t(format.encode(std::ldexp(values[i], -exponent)));
    return block;
  });
}

void decodeMx(const MxBlock &block, MxElement element, float *values) {
  dispatch(element, [&](auto format, int) {
    for (unsigned i = 0; i < kMxBlock; ++i)
      values[i] = block.scale == kNanScale
                      ? NAN
                      : std::ldexp(format.decode(block.codes[i]), int(block.scale) - kScaleBias);
  });
}

} // namespace npu::backend
