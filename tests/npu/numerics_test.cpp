// Every code and every encoding vector of the small formats, bit for bit.
#include "numerics.h"

#include <cmath>
#include <fstream>
#include <gtest/gtest.h>
#include <sstream>
#include <vector>

using namespace npu::backend;

namespace {

std::vector<std::vector<std::string>> readRows(const std::string &name) {
  std::ifstream file(std::string(NPU_TEST_DATA "/") + name);
  std::vector<std::vector<std::string>> rows;
  std::string line, cell;
  std::getline(file, line);
  while (std::getline(file, line)) {
    std::istringstream cells(line);
    rows.emplace_back();
    while (std::getline(cells, cell, ','))
      rows.back().push_back(cell);
  }
  return rows;
}

template <typename FormatType> void checkFormat(const std::string &name) {
  auto decodeRows = readRows(name + "_decode.csv");
  ASSERT_EQ(decodeRows.size(), size_t(1) << FormatType::kBits);
  for (const auto &row : decodeRows) {
    float got = FormatType::decode(uint32_t(std::stoul(row[0], nullptr, 16)));
    double want = std::stod(row[1]);
    if (std::isnan(want)) {
      EXPECT_TRUE(std::isnan(got)) << row[0];
    } else {
      EXPECT_EQ(got, want) << row[0];
      // The data writes both zeros as 0.0.
      EXPECT_EQ(std::signbit(got), want != 0 ? want < 0 : row[0] != "0x00") << row[0];
    }
  }
  auto encodeRows = readRows(name + "_encode_vectors.csv");
  ASSERT_GT(encodeRows.size(), 50u);
  for (const auto &row : encodeRows) {
    float value = bitsFloat(uint32_t(std::stoul(row[0], nullptr, 16)));
    EXPECT_EQ(FormatType::encode(value, Overflow::Ieee), std::stoul(row[2], nullptr, 16)) << row[0];
    EXPECT_EQ(FormatType::encode(value, Overflow::Saturate), std::stoul(row[3], nullptr, 16))
        << row[0];
  }
}

TEST(Numerics, Fp8E4M3MatchesEveryVector) { checkFormat<Fp8E4M3>("e4m3fn"); }
TEST(Numerics, Fp8E5M2MatchesEveryVector) { checkFormat<Fp8E5M2>("e5m2"); }
TEST(Numerics, Fp6E2M3MatchesEveryVector) { checkFormat<Fp6E2M3>("e2m3fn"); }
TEST(Numerics, Fp6E3M2MatchesEveryVector) { checkFormat<Fp6E3M2>("e3m2fn"); }
TEST(Numerics, Fp4E2M1MatchesEveryVector) { checkFormat<Fp4E2M1>("e2m1fn"); }

TEST(Numerics, OverflowConventionsDifferOnlyBeyondTheLargestValue) {
  float infinity = INFINITY;
  EXPECT_EQ(Fp8E4M3::encode(1e6f, Overflow::Saturate), 0x7eu);
  EXPECT_EQ(Fp8E4M3::encode(1e6f, Overflow::Ieee), 0x7fu);
  EXPECT_EQ(Fp8E4M3::encode(1e6f, Overflow::KeepInfinity), 0x7eu);
  EXPECT_EQ(Fp8E4M3::encode(-infinity, Overflow::KeepInfinity), 0xffu);
  EXPECT_EQ(Fp8E5M2::encode(infinity, Overflow::Saturate), 0x7bu);
  EXPECT_EQ(Fp8E5M2::encode(infinity, Overflow::KeepInfinity), 0x7cu);
  EXPECT_EQ(Fp8E5M2::encode(1e6f, Overflow::KeepInfinity), 0x7bu);
  EXPECT_STREQ(overflowName(Overflow::Saturate), "saturate");
}

TEST(Numerics, EveryFp16CodeSurvivesARoundTrip) {
  for (uint32_t code = 0; code < 0x10000; ++code) {
    float value = decodeFp16(uint16_t(code));
    if (std::isnan(value)) {
      EXPECT_GT(encodeFp16(value) & 0x7fff, 0x7c00);
    } else {
      EXPECT_EQ(encodeFp16(value), code);
    }
  }
  EXPECT_EQ(encodeFp16(65519.0f), 0x7bff);
  EXPECT_EQ(encodeFp16(65520.0f), 0x7c00);
  EXPECT_EQ(encodeFp16(0x1p-25f), 0x0000); // a tie goes to even: zero
  EXPECT_EQ(encodeFp16(0x1.01p-25f), 0x0001);
  EXPECT_EQ(decodeFp16(0x0001), 0x1p-24f);
}

TEST(Numerics, Bf16RoundsTiesToEven) {
  for (uint32_t code = 0; code < 0x10000; ++code) {
    float value = decodeBf16(uint16_t(code));
    if (!std::isnan(value)) {
      EXPECT_EQ(encodeBf16(value), code);
    }
  }
  EXPECT_EQ(encodeBf16(bitsFloat(0x3f808000)), 0x3f80);
  EXPECT_EQ(encodeBf16(bitsFloat(0x3f818000)), 0x3f82);
  EXPECT_EQ(encodeBf16(bitsFloat(0x7f7fffff)), 0x7f80);
  EXPECT_TRUE(std::isnan(decodeBf16(encodeBf16(bitsFloat(0x7f800001)))));
}

TEST(Numerics, Tf32KeepsTenBits) {
  EXPECT_EQ(roundTf32(1.0f + 0x1p-10f), 1.0f + 0x1p-10f);
  EXPECT_EQ(roundTf32(1.0f + 0x1p-11f), 1.0f);
  EXPECT_EQ(roundTf32(1.0f + 0x1.8p-10f), 1.0f + 0x1p-9f);
  EXPECT_TRUE(std::isnan(roundTf32(bitsFloat(0x7fffffff))));
}

TEST(Numerics, Int8QuantisationIsSymmetricAndRoundsTiesToEven) {
  EXPECT_EQ(quantiseInt8(2.5f, 1.0f), 2);
  EXPECT_EQ(quantiseInt8(3.5f, 1.0f), 4);
  EXPECT_EQ(quantiseInt8(-2.5f, 1.0f), -2);
  EXPECT_EQ(quantiseInt8(-1000.0f, 1.0f), -127);
  EXPECT_EQ(quantiseInt8(1000.0f, 1.0f), 127);
  EXPECT_EQ(int8Scale(0.0f), 1.0f);
}

TEST(Numerics, Fp8ScaleFillsTheFormatWithoutOverflow) {
  for (float largest : {1e-30f, 0.3f, 1.0f, 448.0f, 449.0f, 1e30f}) {
    float scale = fp8Scale(largest, npu::Format::Fp8E4M3);
    EXPECT_LE(largest / scale, 448.0f);
    EXPECT_GT(largest / scale, 223.9f);
    int exponent;
    EXPECT_EQ(std::frexp(scale, &exponent), 0.5f);
  }
}

} // namespace
