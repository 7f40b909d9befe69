// Quantisation, microscaling and stochastic rounding, against published vectors and by their laws.
#include "microscaling.h"
#include "op_runner.h"
#include "quantize.h"
#include "stochastic.h"

#include <cmath>
#include <fstream>
#include <sstream>

using namespace npu::backend;
using namespace npu::test;

namespace {

std::vector<std::string> linesOf(const std::string &name) {
  std::ifstream file(std::string(NPU_TEST_DATA "/") + name);
  std::vector<std::string> lines;
  for (std::string line; std::getline(file, line);) {
    if (!line.empty() && line.back() == '\r')
      line.pop_back();
    lines.push_back(line);
  }
  return lines;
}

std::vector<std::string> split(const std::string &line, char separator) {
  std::vector<std::string> cells;
  std::istringstream text(line);
  for (std::string cell; std::getline(text, cell, separator);)
    cells.push_back(cell);
  return cells;
}

TEST(Quantize, RequantisationMatchesEveryVector) {
  auto lines = linesOf("requant_vectors.csv");
  ASSERT_GT(lines.size(), 400u);
  for (size_t i = 1; i < lines.size(); ++i) {
    auto cells = split(lines[i], ',');
    ASSERT_EQ(cells.size(), 9u);
    int32_t sum = std::stoi(cells[0]);
    double scale = std::stod(cells[1]);
    FixedScale fixed = fixedScale(scale);
    EXPECT_EQ(fixed.multiplier, std::stoi(cells[2])) << lines[i];
    EXPECT_EQ(fixed.shift, std::stoi(cells[3])) << lines[i];
    EXPECT_EQ(rescale(sum, scale, Requantization::DoubleRound), std::stoi(cells[4])) << lines[i];
    EXPECT_EQ(rescale(sum, scale, Requantization::SingleRound), std::stoi(cells[5])) << lines[i];
    EXPECT_EQ(requantizeToInt8(sum, scale, 0, Requantization::DoubleRound), std::stoi(cells[6]));
    EXPECT_EQ(requantizeToInt8(sum, scale, 0, Requantization::SingleRound), std::stoi(cells[7]));
    EXPECT_EQ(requantizeToInt8(sum, scale, 0, Requantization::FloatRound), std::stoi(cells[8]))
        << lines[i];
  }
}

TEST(Quantize, GemmlowpPrimitivesMatchEveryVector) {
  bool shifts = false;
  unsigned checked = 0;
  for (const std::string &line : linesOf("gemmlowp_primitives.csv")) {
    auto cells = split(line, ',');
    if (cells.size() != 3 || std::isalpha(static_cast<unsigned char>(line[0]))) {
      shifts |= line == "x,exp,rdbpot";
      continue;
    }
    int32_t a = int32_t(std::stol(cells[0])), b = int32_t(std::stol(cells[1]));
    EXPECT_EQ(shifts ? roundingDivideByPowerOfTwo(a, b) : roundingDoublingHighMultiply(a, b),
              std::stol(cells[2]))
        << line;
    ++checked;
  }
  EXPECT_TRUE(shifts);
  EXPECT_GT(checked, 60u);
}

TEST(Quantize, RoundingsHaveNames) {
  EXPECT_STREQ(requantizationName(Requantization::DoubleRound), "double_round");
  EXPECT_STREQ(requantizationName(Requantization::SingleRound), "single_round");
  EXPECT_STREQ(requantizationName(Requantization::FloatRound), "float_round");
}

TEST(Quantize, ExtremeScalesSaturateOrVanish) {
  for (Requantization kind :
       {Requantization::DoubleRound, Requantization::SingleRound, Requantization::FloatRound}) {
    EXPECT_EQ(rescale(INT32_MAX, 1e-15, kind), 0);
    // The left shift of DoubleRound saturates before its multiplication.
    int32_t most = kind == Requantization::DoubleRound ? 1999999999 : INT32_MAX;
    EXPECT_EQ(rescale(INT32_MAX, 1e9, kind), most);
    EXPECT_EQ(rescale(INT32_MIN, 1e9, kind), -most - 1);
    EXPECT_EQ(rescale(12345, 0, kind), 0);
  }
}

TEST(Quantize, AsymmetricCodesHoldZeroExactly) {
  for (float low : {-3.0f, 0.0f, 0.5f, -1e30f}) {
    float values[] = {low, 1.25f, 7.0f};
    for (unsigned bits : {8u, 4u}) {
      Quantization q = asymmetricQuantization(values, 3, bits);
      EXPECT_EQ(dequantize(quantize(0.0f, q), q), 0.0f);
      for (float value : values)
        EXPECT_LE(std::fabs(dequantize(quantize(value, q), q) - value), 0.51f * q.scale);
    }
  }
  Quantization flat = asymmetricQuantization(nullptr, 0, 8);
  EXPECT_EQ(flat.scale, 1.0f);
}

TEST(Quantize, Int4PacksTwoPerByte) {
  int8_t codes[] = {-8, 7, 0, -1, 3}, back[5];
  uint8_t bytes[3];
  packInt4(codes, 5, bytes);
  EXPECT_EQ(bytes[0], 0x78);
  unpackInt4(bytes, 5, back);
  for (int i = 0; i < 5; ++i)
    EXPECT_EQ(back[i], codes[i]);
  float values[] = {-1.0f, 0.4f, 0.99f};
  Quantization q = symmetricQuantization(values, 3, 4);
  EXPECT_EQ(quantize(-1.0f, q), -7);
  EXPECT_EQ(quantize(100.0f, q), 7);
}

TEST(Quantize, SumsReportOverflow) {
  int32_t sum = INT32_MAX - 1;
  EXPECT_TRUE(addChecked(sum, 1));
  EXPECT_FALSE(addChecked(sum, 1));
}

// RMS error over RMS value of a random product, weights scaled per tensor or per channel.
double int8Error(bool perChannel) {
  constexpr uint64_t kSize = 64, kDepth = 1024;
  auto a = randomNormal(kSize * kDepth, 21), b = randomNormal(kDepth * kSize, 22);
  Quantization qa = symmetricQuantization(a.data(), a.size(), 8);
  auto qb = perChannelQuantization(b.data(), kDepth, kSize, 8);
  if (!perChannel)
    qb.assign(kSize, symmetricQuantization(b.data(), b.size(), 8));
  double error = 0, size = 0;
  for (uint64_t i = 0; i < kSize; ++i)
    for (uint64_t j = 0; j < kSize; ++j) {
      double want = 0;
      int32_t sum = 0;
      for (uint64_t k = 0; k < kDepth; ++k) {
        float x = a[i * kDepth + k], y = b[k * kSize + j];
        want += double(x) * y;
        EXPECT_TRUE(addChecked(sum, quantize(x, qa) * quantize(y, qb[j])));
      }
      double got = double(sum) * qa.scale * qb[j].scale;
      error += (got - want) * (got - want), size += want * want;
    }
  return 100 * std::sqrt(error / size);
}

TEST(Quantize, ChannelScalesLowerTheErrorOfAProduct) {
  EXPECT_NEAR(int8Error(false), 1.40, 0.15 * 1.40);
  EXPECT_NEAR(int8Error(true), 1.30, 0.15 * 1.30);
}

TEST(Microscaling, MatchesEveryVector) {
  const std::map<std::string, MxElement> elements = {{"e5m2", MxElement::E5M2},
                                                     {"e4m3fn", MxElement::E4M3},
                                                     {"e3m2fn", MxElement::E3M2},
                                                     {"e2m3fn", MxElement::E2M3},
                                                     {"e2m1fn", MxElement::E2M1}};
  auto lines = linesOf("mx_block32_vectors.csv");
  ASSERT_EQ(lines.size(), 31u);
  for (size_t i = 1; i < lines.size(); ++i) {
    auto cells = split(lines[i], ',');
    ASSERT_EQ(cells.size(), 6u);
    auto inputs = split(cells[4], ' '), codes = split(cells[5], ' ');
    ASSERT_EQ(inputs.size(), size_t(kMxBlock));
    float values[kMxBlock], back[kMxBlock];
    for (unsigned j = 0; j < kMxBlock; ++j)
      values[j] = bitsFloat(uint32_t(std::stoul(inputs[j], nullptr, 16)));
    MxBlock block = encodeMx(values, elements.at(cells[0]));
    EXPECT_EQ(block.scale, std::stoul(cells[3], nullptr, 16)) << lines[i];
    for (unsigned j = 0; j < kMxBlock; ++j)
      EXPECT_EQ(block.codes[j], std::stoul(codes[j], nullptr, 16)) << cells[0] << " " << j;
    // What was decoded encodes to itself under the same scale.
    decodeMx(block, elements.at(cells[0]), back);
    float largest = 0;
    for (float value : values)
      largest = std::max(largest, std::fabs(value));
    for (unsigned j = 0; j < kMxBlock; ++j)
      EXPECT_LE(std::fabs(back[j] - values[j]), 0.26f * largest);
  }
}

TEST(Microscaling, InfinityMakesTheBlockNan) {
  float values[kMxBlock] = {1.0f, INFINITY}, back[kMxBlock];
  MxBlock block = encodeMx(values, MxElement::E4M3);
  EXPECT_EQ(block.scale, 255);
  decodeMx(block, MxElement::E4M3, back);
  EXPECT_TRUE(std::isnan(back[0]));
}

// Known answers of the authors' Random123 distribution.
TEST(Stochastic, PhiloxGivesThePublishedAnswers) {
  using Four = std::array<uint32_t, 4>;
  EXPECT_EQ(philox4x32({0, 0, 0, 0}, {0, 0}),
            (Four{0x6627e8d5, 0xe169c58d, 0xbc57ac4c, 0x9b00dbd8}));
  EXPECT_EQ(philox4x32({0xffffffff, 0xffffffff, 0xffffffff, 0xffffffff}, {0xffffffff, 0xffffffff}),
            (Four{0x408f276d, 0x41c83b0e, 0xa20bc7c6, 0x6d5451fd}));
  EXPECT_EQ(philox4x32({0x243f6a88, 0x85a308d3, 0x13198a2e, 0x03707344}, {0xa4093822, 0x299f31d0}),
            (Four{0xd16cfe09, 0x94fdcceb, 0x5001e420, 0x24126ea1}));
}

TEST(Stochastic, RoundingIsRightOnAverageAndExactValuesStay) {
  for (float value : {1.03f, -0.3f, 0.0007f, 200.0f}) {
    double sum = 0;
    constexpr unsigned kCount = 40000;
    for (unsigned i = 0; i < kCount; ++i)
      sum += Fp8E4M3::decode(encodeStochastic<Fp8E4M3>(value, randomBits(7, i)));
    EXPECT_NEAR(sum / kCount, value, 0.004 * std::fabs(value) + 2e-5);
  }
  for (uint32_t code = 0; code < 256; ++code) {
    float value = Fp8E5M2::decode(code);
    if (std::isfinite(value)) {
      EXPECT_EQ(encodeStochastic<Fp8E5M2>(value, 0xffffffff), code);
      EXPECT_EQ(encodeStochastic<Fp8E5M2>(value, 0), code);
    }
  }
  EXPECT_EQ(encodeStochastic<Fp8E4M3>(1e9f, 0), 0x7eu);
  EXPECT_EQ(encodeStochastic<Fp8E4M3>(-1e9f, 0), 0xfeu);
  EXPECT_EQ(encodeStochastic<Fp8E4M3>(NAN, 0) & 0x7f, 0x7fu);
}

} // namespace
