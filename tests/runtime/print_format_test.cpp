// Records of printf calls as text: what kernels cannot easily make, damaged records included.
#include "src/print_format.h"

#include "npu/device_services.h"

#include <cstring>
#include <gtest/gtest.h>

namespace npu::core {
namespace {

// A record of integer arguments and no texts but the format.
std::vector<uint64_t> record(const std::string &format, const std::vector<uint64_t> &arguments) {
  const size_t formatWords = format.size() / 8 + 1;
  services::PrintRecord header{};
  std::vector<uint64_t> words(sizeof header / 8);
  words.insert(words.end(), arguments.begin(), arguments.end());
  header.formatOffset = unsigned(words.size() * 8);
  words.resize(words.size() + formatWords);
  header.bytes = unsigned(words.size() * 8);
  header.argumentCount = unsigned(arguments.size());
  std::memcpy(reinterpret_cast<char *>(words.data()) + header.formatOffset, format.data(),
              format.size());
  std::memcpy(words.data(), &header, sizeof header);
  return words;
}

TEST(PrintFormat, StarsTakeArguments) {
  EXPECT_EQ(formatPrint(record("%*d|%-*d|", {5, 42, uint64_t(-4), 7})), "   42|7   |");
}

TEST(PrintFormat, ANegativePrecisionIsNone) {
  EXPECT_EQ(formatPrint(record("%.*d", {uint64_t(-4), 7})), "7");
}

TEST(PrintFormat, MissingArgumentsLeaveTheConversion) {
  EXPECT_EQ(formatPrint(record("%d %d %5.2f", {1})), "1 %d %5.2f");
}

TEST(PrintFormat, ForeignConversionsArePrintedAsTheyStand) {
  EXPECT_EQ(formatPrint(record("%n %y 100%% %", {1})), "%n %y 100% %");
}

TEST(PrintFormat, NarrowIntegersAreCut) {
  EXPECT_EQ(formatPrint(record("%hhd %hu %d", {0x1ff, 0x1ffff, 0xffffffff})), "-1 65535 -1");
}

TEST(PrintFormat, DamagedRecordsAreEmpty) {
  EXPECT_EQ(formatPrint({}), "");
  std::vector<uint64_t> good = record("%d", {1});
  for (size_t words = 0; words < good.size(); ++words)
    EXPECT_EQ(formatPrint(std::vector<uint64_t>(good.begin(), good.begin() + long(words))), "");
  std::vector<uint64_t> unended = good;
  unended.back() = 0x6161616161616161;
  EXPECT_EQ(formatPrint(unended), "");
}

TEST(PrintFormat, TextsOutsideOfTheRecordAreEmpty) {
  EXPECT_EQ(formatPrint(record("<%s>", {100000})), "<>");
  EXPECT_EQ(formatPrint(record("<%s>", {0})), "<(null)>");
}

} // namespace
} // namespace npu::core
