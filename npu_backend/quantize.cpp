// See quantize.h.
#include "quantize.h"

#include <algorithm>
#include <cmath>
#include <limits>

namespace npu::backend {
namespace {

constexpr int32_t kLowest = std::numeric_limits<int32_t>::min();
constexpr int32_t kHighest = std::numeric_limits<int32_t>::max();

int32_t saturate(int64_t value) { return int32_t(std::clamp<int64_t>(value, kLowest, kHighest)); }

Quantization symmetric(float largest, unsigned bits) {
  Quantization result;
  result.highest = (1 << (bits - 1)) - 1, result.lowest = -result.highest;
  result.scale = largest > 0 ? largest / float(result.highest) : 1.0f;
  return result;
}

// Left shifts saturate, as TensorFlow Lite's and gemmlowp's newer versions do.
int32_t rescaleTwice(int32_t sum, const FixedScale &scale) {
  int left = std::max(scale.shift, 0), right = std::max(-scale.shift, 0);
  int32_t shifted = saturate(int64_t(sum) * (int64_t(1) << std::min(left, 31)));
  return roundingDivideByPowerOfTwo(roundingDoublingHighMultiply(shifted, scale.multiplier), right);
}

int32_t rescaleOnce(int32_t sum, const FixedScale &scale) {
  int shift = 31 - scale.shift; // 1...62, as fixedScale makes it
  int64_t rounded = int64_t(sum) * scale.multiplier + (int64_t(1) << (shift - 1));
  return saturate(rounded >> shift);
}

int32_t rescaleInFloat(int32_t sum, float scale) {
  float product = std::nearbyint(float(sum) * scale);
  return product >= 0x1p31f ? kHighest : product <= -0x1p31f ? kLowest : int32_t(product);
}

} // namespace

Quantization symmetricQuantization(const float *values, uint64_t count, unsigned bits) {
  float largest = 0;
  for (uint64_t i = 0; i < count; ++i)
    largest = std::max(largest, std::fabs(values[i]));
  return symmetric(largest, bits);
}

Quantization asymmetricQuantization(const float *values, uint64_t count, unsigned bits) {
  float low = 0, high = 0;
  for (uint64_t i = 0; i < count; ++i)
    low = std::min(low, values[i]), high = std::max(high, values[i]);
  Quantization result;
  result.lowest = -(1 << (bits - 1)), result.highest = (1 << (bits - 1)) - 1;
  if (low == high)
    return result;
  // In double: the range of two large values may be beyond fp32.
  double scale = (double(high) - low) / (result.highest - result.lowest);
  result.scale = float(scale);
  result.zeroPoint = std::clamp(int32_t(std::nearbyint(result.lowest - low / scale)), result.lowest,
                                result.highest);
  return result;
}

std::vector<Quantization> perChannelQuantization(const float *values, uint64_t rows,
                                                 uint64_t columns, unsigned bits) {
  std::vector<float> largest(columns, 0.0f);
  for (uint64_t row = 0; row < rows; ++row)
    for (uint64_t i = 0; i < columns; ++i)
      largest[i] = std::max(largest[i], std::fabs(values[row * columns + i]));
  std::vector<Quantization> result;
  for (float one : largest)
    result.push_back(symmetric(one, bits));
  return result;
}

int32_t quantize(float value, const Quantization &quantization) {
  double code = std::nearbyint(double(value) / quantization.scale) + quantization.zeroPoint;
  return int32_t(std::clamp(code, double(quantization.lowest), double(quantization.highest)));
}

float dequantize(int32_t code, const Quantization &quantization) {
  return float(code - quantization.zeroPoint) * quantization.scale;
}

void packInt4(const int8_t *codes, uint64_t count, uint8_t *bytes) {
  for (uint64_t i = 0; i < count; i += 2) {
    uint8_t high = i + 1 < count ? uint8_t(codes[i + 1] & 15) : uint8_t(0);
    bytes[i / 2] = uint8_t((codes[i] & 15) | high << 4);
  }
}

void unpackInt4(const uint8_t *bytes, uint64_t count, int8_t *codes) {
  for (uint64_t i = 0; i < count; ++i) {
    int code = bytes[i / 2] >> (i % 2 * 4) & 15;
    codes[i] = int8_t(code >= 8 ? code - 16 : code);
  }
}

const char *requantizationName(Requantization requantization) {
  switch (requantization) {
  case Requantization::DoubleRound:
    return "double_round";
  case Requantization::SingleRound:
    return "single_round";
  case Requantization::FloatRound:
    return "float_round";
  }
  return "unknown";
}

FixedScale fixedScale(double scale) {
  FixedScale result;
  if (!(scale > 0))
    return result;
  double mantissa = std::frexp(scale, &result.shift);
  int64_t multiplier = int64_t(std::round(mantissa * 0x1p31));
  if (multiplier == int64_t(1) << 31)
    multiplier /= 2, ++result.shift;
  // Too small for any int32 to leave a one; too large for more than saturation.
  if (result.shift < -31)
    return {};
  if (result.shift > 30)
    return {kHighest, 30};
  result.multiplier = int32_t(multiplier);
  return result;
}

int32_t roundingDoublingHighMultiply(int32_t a, int32_t b) {
  if (a == kLowest && b == kLowest)
    return kHighest;
  int64_t product = int64_t(a) * b;
  int64_t nudge = product >= 0 ? int64_t(1) << 30 : 1 - (int64_t(1) << 30);
  return int32_t((product + nudge) / (int64_t(1) << 31));
}

int32_t roundingDivideByPowerOfTwo(int32_t x, int exponent) {
  int64_t mask = (int64_t(1) << exponent) - 1, remainder = x & mask;
  int64_t threshold = (mask >> 1) + (x < 0 ? 1 : 0);
  return int32_t((int64_t(x) >> exponent) + (remainder > threshold ? 1 : 0));
}

int32_t rescale(int32_t sum, double scale, Requantization requantization) {
  switch (requantization) {
  case Requantization::DoubleRound:
    return rescaleTwice(sum, fixedScale(scale));
  case Requantization::SingleRound:
    return rescaleOnce(sum, fixedScale(scale));
  case Requantization::FloatRound:
    return rescaleInFloat(sum, float(scale));
  }
  return 0;
}

int8_t requantizeToInt8(int32_t sum, double scale, int32_t zeroPoint,
                        Requantization requantization) {
  return int8_t(
      std::clamp<int64_t>(int64_t(rescale(sum, scale, requantization)) + zeroPoint, -128, 127));
}

} // namespace npu::backend
