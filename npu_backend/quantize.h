// Integer quantisation: scales and zero points per tensor or per channel, INT8 and INT4 codes, and
// the three known ways to bring int32 sums back to int8. Plain functions; nothing is kept.
#pragma once

#include <cstdint>
#include <vector>

namespace npu::backend {

// value = (code - zeroPoint) * scale.
struct Quantization {
  float scale = 1;
  int32_t zeroPoint = 0;
  int32_t lowest = -127, highest = 127; // codes
};

// Codes -(2^(bits-1) - 1) ... 2^(bits-1) - 1, so that negation is exact; bits is 8 or 4.
Quantization symmetricQuantization(const float *values, uint64_t count, unsigned bits);
// Codes -2^(bits-1) ... 2^(bits-1) - 1; zero is always exactly a code (Jacob et al., CVPR 2018).
Quantization asymmetricQuantization(const float *values, uint64_t count, unsigned bits);
// One symmetric quantisation per column of a row-major matrix.
std::vector<Quantization> perChannelQuantization(const float *values, uint64_t rows,
                                                 uint64_t columns, unsigned bits);
// To the nearest code, ties to even, saturated; NaN is the caller's to refuse.
int32_t quantize(float value, const Quantization &quantization);
float dequantize(int32_t code, const Quantization &quantization);

// Two's-complement nibbles, element 0 in the low half of byte 0.
void packInt4(const int8_t *codes, uint64_t count, uint8_t *bytes);
void unpackInt4(const uint8_t *bytes, uint64_t count, int8_t *codes);

// How an int32 sum times a real scale becomes an integer.
enum class Requantization : uint8_t {
  DoubleRound, // gemmlowp and older TensorFlow Lite: a doubling high product, then a rounding shift
  SingleRound, // newer TensorFlow Lite: one rounding of the 64-bit product
  FloatRound,  // Gemmini: fp32 product, to the nearest integer, ties to even
};
const char *requantizationName(Requantization requantization);

// A real scale in 0...2^30 as multiplier * 2^(shift - 31), the multiplier having its top bit at 30.
struct FixedScale {
  int32_t multiplier = 0;
  int shift = 0;
};
FixedScale fixedScale(double scale);

// gemmlowp's primitives: the rounded high half of 2ab, and x / 2^exponent rounded to nearest with
// ties away from zero.
int32_t roundingDoublingHighMultiply(int32_t a, int32_t b);
int32_t roundingDivideByPowerOfTwo(int32_t x, int exponent);

// sum * scale as an integer of 32 bits (saturated).
int32_t rescale(int32_t sum, double scale, Requantization requantization);
// ... plus the zero point, saturated to int8.
int8_t requantizeToInt8(int32_t sum, double scale, int32_t zeroPoint,
                        Requantization requantization);

// sum += product; false when int32 cannot hold it, and `sum` is then unusable.
inline bool addChecked(int32_t &sum, int32_t product) {
  return !__builtin_add_overflow(sum, product, &sum);
}

} // namespace npu::backend
