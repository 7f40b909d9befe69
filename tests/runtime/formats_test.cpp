// The exact conversions that the reference device rests on: every code of the small formats, every
// tie between two neighbours, and published vectors for FP8.
#include "src/formats.h"

#include <gtest/gtest.h>

#include <cmath>
#include <fstream>
#include <limits>
#include <set>
#include <sstream>

using namespace npu;
using namespace npu::core;

namespace {

struct SmallFormat {
  Format format;
  uint32_t largest; // code of the largest finite value
  bool saturates;
};
constexpr SmallFormat kSmallFormats[] = {{Format::F16, 0x7bff, false},
                                         {Format::Bf16, 0x7f7f, false},
                                         {Format::Fp8E4M3, 0x7e, true},
                                         {Format::Fp8E5M2, 0x7b, true}};

double decode(Format format, uint32_t code) { return loadElement(&code, format, 0).real(); }

uint32_t encode(Format format, double value) {
  uint32_t code = 0;
  storeElement(&code, format, 0, value);
  return code;
}

std::vector<std::vector<std::string>> readRows(const std::string &name) {
  std::ifstream file(std::string(FORMATS_DATA "/") + name);
  std::vector<std::vector<std::string>> rows;
  std::string line, cell;
  std::getline(file, line); // the header
  while (std::getline(file, line)) {
    std::istringstream cells(line);
    rows.emplace_back();
    while (std::getline(cells, cell, ','))
      rows.back().push_back(cell);
  }
  return rows;
}

uint32_t hex(const std::string &text) { return uint32_t(std::stoul(text, nullptr, 16)); }

void expectVectors(Format format, const std::string &name) {
  const auto codes = readRows(name + "_decode.csv");
  ASSERT_EQ(codes.size(), 256u);
  for (const auto &row : codes) {
    const double want = std::stod(row[1]), got = decode(format, hex(row[0]));
    if (std::isnan(want)) {
      EXPECT_TRUE(std::isnan(got)) << row[0];
    } else {
      EXPECT_EQ(got, want) << row[0];
    }
    EXPECT_TRUE(std::isnan(got) || std::signbit(got) == (hex(row[0]) >= 0x80)) << row[0];
  }
  const auto values = readRows(name + "_encode_vectors.csv");
  ASSERT_GT(values.size(), 1000u);
  for (const auto &row : values) {
    const uint32_t bits = hex(row[0]);
    const double value = loadElement(&bits, Format::F32, 0).real();
    EXPECT_EQ(encode(format, value), hex(row[3])) << row[0] << " = " << row[1];
  }
}

} // namespace

TEST(Formats, Fp8E4M3MatchesEveryVector) { expectVectors(Format::Fp8E4M3, "e4m3fn"); }
TEST(Formats, Fp8E5M2MatchesEveryVector) { expectVectors(Format::Fp8E5M2, "e5m2"); }

TEST(Formats, EveryCodeSurvivesARoundTrip) {
  for (const SmallFormat &small : kSmallFormats)
    for (uint32_t code = 0; code < 1u << formatBits(small.format); ++code) {
      const double value = decode(small.format, code);
      if (std::isnan(value)) {
        EXPECT_TRUE(std::isnan(decode(small.format, encode(small.format, value)))) << code;
      } else if (std::isfinite(value) || !small.saturates) {
        ASSERT_EQ(encode(small.format, value), code) << formatName(small.format);
      }
    }
}

TEST(Formats, ZeroKeepsItsSignInEveryRealFormat) {
  for (Format format : {Format::F64, Format::F32, Format::Tf32, Format::F16, Format::Bf16,
                        Format::Fp8E4M3, Format::Fp8E5M2})
    for (double zero : {0.0, -0.0}) {
      double stored = 7;
      storeElement(&stored, format, 0, zero);
      const double got = loadElement(&stored, format, 0).real();
      EXPECT_EQ(got, 0) << formatName(format);
      EXPECT_EQ(std::signbit(got), std::signbit(zero)) << formatName(format);
    }
}

// A double just beside a tie must not be rounded to fp32 first.
TEST(Formats, EveryTieGoesToTheEvenNeighbourAndNothingElseDoes) {
  for (const SmallFormat &small : kSmallFormats)
    for (uint32_t code = 0; code < small.largest; ++code) {
      const double tie = (decode(small.format, code) + decode(small.format, code + 1)) / 2;
      const uint32_t even = code + code % 2;
      ASSERT_EQ(encode(small.format, tie), even) << formatName(small.format) << " " << code;
      ASSERT_EQ(encode(small.format, std::nextafter(tie, 0)), code) << formatName(small.format);
      ASSERT_EQ(encode(small.format, std::nextafter(tie, INFINITY)), code + 1) << code;
      const uint32_t sign = 1u << (formatBits(small.format) - 1);
      ASSERT_EQ(encode(small.format, -tie), even | sign) << formatName(small.format);
    }
}

TEST(Formats, OverflowIsInfinityOrTheLargestValue) {
  for (const SmallFormat &small : kSmallFormats) {
    const double largest = decode(small.format, small.largest);
    const double beyond = 2 * largest - decode(small.format, small.largest - 1);
    EXPECT_EQ(encode(small.format, std::nextafter((largest + beyond) / 2, 0)), small.largest);
    for (double value : {beyond, 1e300, double(INFINITY)}) {
      const double want = small.saturates ? largest : INFINITY;
      EXPECT_EQ(decode(small.format, encode(small.format, value)), want);
      EXPECT_EQ(decode(small.format, encode(small.format, -value)), -want);
    }
    EXPECT_TRUE(std::isnan(decode(small.format, encode(small.format, NAN))));
  }
}

TEST(Formats, Tf32KeepsTenBitsAndRoundsOnce) {
  auto stored = [](double value) {
    float result;
    storeElement(&result, Format::Tf32, 0, value);
    return result;
  };
  EXPECT_EQ(stored(1 + 0x1p-10), 1 + 0x1p-10f);
  EXPECT_EQ(stored(1 + 0x1p-11), 1);
  EXPECT_EQ(stored(1 + 0x1p-11 + 0x1p-40), 1 + 0x1p-10f); // as an fp32 it would be the tie
  EXPECT_EQ(stored(1 + 0x1.8p-10), 1 + 0x1p-9f);
  EXPECT_EQ(stored(0x1p-136), 0x1p-136f); // the smallest subnormal
  EXPECT_EQ(stored(1e300), INFINITY);
  EXPECT_TRUE(std::isnan(stored(NAN)));
}

TEST(Formats, IntegersRoundTiesToEvenAndSaturate) {
  struct {
    Format format;
    double lowest, highest;
  } const formats[] = {{Format::Int32, INT32_MIN, INT32_MAX},
                       {Format::Int8, -128, 127},
                       {Format::UInt8, 0, 255},
                       {Format::Int4, -8, 7}};
  for (const auto &[format, lowest, highest] : formats) {
    EXPECT_TRUE(isInteger(format));
    for (auto [value, want] : {std::pair(2.5, 2.0),
                               {3.5, 4.0},
                               {2.51, 3.0},
                               {lowest, lowest},
                               {highest, highest},
                               {lowest - 1, lowest},
                               {highest + 1, highest},
                               {-1e300, lowest},
                               {double(INFINITY), highest},
                               {double(NAN), 0.0}})
      EXPECT_EQ(decode(format, encode(format, value)), want) << formatName(format) << " " << value;
  }
}

TEST(Formats, Int4PacksTwoLowHalfFirstAndTouchesNoNeighbour) {
  for (int64_t element = -6; element < 6; ++element)
    for (int value = -8; value < 8; ++value) {
      uint8_t bytes[6] = {0x5A, 0x5A, 0x5A, 0x5A, 0x5A, 0x5A};
      storeElement(bytes + 3, Format::Int4, element, value);
      EXPECT_EQ(loadElement(bytes + 3, Format::Int4, element).real(), value) << element;
      for (int64_t other = -6; other < 6; ++other) {
        const unsigned nibble = bytes[(other + 6) / 2] >> ((other + 6) % 2 ? 4 : 0) & 15;
        EXPECT_EQ(nibble, other == element ? unsigned(value) & 15 : other & 1 ? 5u : 10u);
      }
    }
}

TEST(Formats, ComplexFormatsKeepBothPartsAndElementsAreCounted) {
  std::complex<float> singles[2];
  std::complex<double> doubles[2];
  storeElement(singles, Format::C32, 1, {1.5, -2.25});
  storeElement(doubles, Format::C64, 1, {0.1, -1e300});
  EXPECT_EQ(singles[1], std::complex<float>(1.5f, -2.25f));
  EXPECT_EQ(doubles[1], std::complex<double>(0.1, -1e300));
  EXPECT_EQ(loadElement(singles, Format::C32, 1), std::complex<double>(1.5, -2.25));
  EXPECT_EQ(loadElement(doubles, Format::C64, 1), doubles[1]);
  EXPECT_TRUE(isComplex(Format::C32) && isComplex(Format::C64) && !isComplex(Format::F64));
}

TEST(Formats, NamesAndSizesAreDistinctAndComplete) {
  std::set<std::string> names;
  for (int format = 0; format <= int(Format::C64); ++format) {
    EXPECT_TRUE(names.insert(formatName(Format(format))).second) << format;
    EXPECT_GE(formatBits(Format(format)), 4u);
  }
  EXPECT_EQ(names.count("unknown"), 0u);
  EXPECT_EQ(names.count("bf16") + names.count("fp8_e4m3") + names.count("c32"), 3u);
}
