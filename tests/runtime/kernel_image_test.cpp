// The kernel image survives a round trip, and every kind of damage is refused without a crash.
#include "npu/kernel_image.h"

#include <gtest/gtest.h>

#include <cstring>
#include <random>

namespace npu {
namespace {

KernelImage sampleImage() {
  KernelImage image;
  image.modules.push_back({KernelImage::Form::SpirBitcode, {1, 2, 3, 4}});
  image.modules.push_back({KernelImage::Form::SpirV, {}});
  KernelImage::Kernel kernel;
  kernel.name = "_Z3addPfS_i";
  kernel.sourceName = "add(float*, float*, int)";
  kernel.location = "add.cu:3";
  kernel.module = 1;
  kernel.argumentBytes = 32;
  kernel.parameters = {{0, 8}, {8, 8}, {16, 4}};
  kernel.hiddenGlobals = {{24, 1}};
  kernel.staticSharedBytes = 1024;
  kernel.localBytesPerThread = 16;
  kernel.maxThreadsPerBlock = 256;
  kernel.usesDynamicShared = true;
  image.kernels.push_back(kernel);
  image.globals.push_back({"table", 16, 8, true, false, std::vector<uint8_t>(16, 7), {{8, 1, -4}}});
  image.globals.push_back({"counter", 4, 4, false, true, {}, {}});
  return image;
}

// Computes the checks again after a change on purpose, so that the change itself meets the parser.
std::vector<uint8_t> serializeInvalid(void (*change)(KernelImage &)) {
  KernelImage image = sampleImage();
  change(image);
  return image.serialize();
}

npuError_t parseCode(const std::vector<uint8_t> &bytes) {
  KernelImage image;
  const Status status = KernelImage::parse(bytes.data(), bytes.size(), image);
  EXPECT_EQ(status.ok(), status.message().empty());
  return status.code();
}

TEST(KernelImage, LongNamesAreCutAndStayUnique) {
  const std::string prefix(300, 'a');
  EXPECT_EQ(entryName("_Z4addfPf"), "_Z4addfPf");
  EXPECT_LE(entryName(prefix + "b").size(), 160u);
  EXPECT_NE(entryName(prefix + "b"), entryName(prefix + "c"));
  EXPECT_EQ(entryName(prefix + "b"), entryName(prefix + "b"));
}

TEST(KernelImage, RoundTripKeepsEveryField) {
  const std::vector<uint8_t> bytes = sampleImage().serialize();
  KernelImage image;
  ASSERT_TRUE(KernelImage::parse(bytes.data(), bytes.size(), image).ok());
  EXPECT_EQ(image.serialize(), bytes);
  ASSERT_EQ(image.kernels.size(), 1u);
  EXPECT_EQ(image.kernels[0].name, "_Z3addPfS_i");
  EXPECT_EQ(image.kernels[0].location, "add.cu:3");
  EXPECT_EQ(image.kernels[0].parameters[2].size, 4u);
  EXPECT_EQ(image.kernels[0].hiddenGlobals[0].global, 1u);
  EXPECT_EQ(image.kernels[0].maxThreadsPerBlock, 256u);
  EXPECT_TRUE(image.kernels[0].usesDynamicShared);
  EXPECT_EQ(image.modules[0].bytes, (std::vector<uint8_t>{1, 2, 3, 4}));
  EXPECT_EQ(image.modules[1].form, KernelImage::Form::SpirV);
  EXPECT_EQ(image.globals[0].relocations[0].addend, -4);
  EXPECT_TRUE(image.globals[1].managed);
}

TEST(KernelImage, EmptyImageIsValid) {
  EXPECT_EQ(parseCode(KernelImage().serialize()), npuSuccess);
}

TEST(KernelImage, LengthComesFromTheHeaderAndMoreBytesMayFollow) {
  std::vector<uint8_t> bytes = sampleImage().serialize();
  EXPECT_EQ(KernelImage::imageBytes(bytes.data()), bytes.size());
  bytes.resize(bytes.size() + 100, 0xee);
  EXPECT_EQ(parseCode(bytes), npuSuccess);
}

TEST(KernelImage, ForeignBytesHaveNoLength) {
  const std::vector<uint8_t> bytes(64, 0x50);
  EXPECT_EQ(KernelImage::imageBytes(bytes.data()), 0u);
  EXPECT_EQ(KernelImage::imageBytes(nullptr), 0u);
  EXPECT_EQ(parseCode(bytes), npuErrorInvalidKernelImage);
}

TEST(KernelImage, ADamagedLengthIsNoticedBeforeItIsFollowed) {
  std::vector<uint8_t> bytes = sampleImage().serialize();
  bytes[20] ^= 0x40;
  EXPECT_EQ(KernelImage::imageBytes(bytes.data()), 0u);
}

TEST(KernelImage, EveryTruncationIsRefused) {
  const std::vector<uint8_t> bytes = sampleImage().serialize();
  for (size_t length = 0; length < bytes.size(); ++length)
    EXPECT_EQ(parseCode({bytes.begin(), bytes.begin() + length}), npuErrorInvalidKernelImage)
        << "cut to " << length;
}

TEST(KernelImage, EveryFlippedByteIsRefused) {
  const std::vector<uint8_t> good = sampleImage().serialize();
  for (size_t at = 0; at < good.size(); ++at) {
    std::vector<uint8_t> bytes = good;
    bytes[at] ^= 0x81;
    EXPECT_EQ(parseCode(bytes), npuErrorInvalidKernelImage) << "byte " << at;
  }
}

// As the format's own: FNV-1a of the payload, at 24, and of the header, at 12.
void repairChecks(std::vector<uint8_t> &bytes) {
  auto hash = [](const uint8_t *data, size_t size, uint32_t value) {
    for (size_t i = 0; i < size; ++i)
      value = (value ^ data[i]) * 16777619u;
    return value;
  };
  const uint64_t length = bytes.size();
  std::memcpy(&bytes[16], &length, 8);
  const uint32_t header = hash(&bytes[16], 8, hash(bytes.data(), 12, 2166136261u));
  const uint32_t payload = hash(bytes.data() + 28, bytes.size() - 28, 2166136261u);
  std::memcpy(&bytes[12], &header, 4);
  std::memcpy(&bytes[24], &payload, 4);
}

TEST(KernelImage, TruncationWithRepairedChecksIsRefused) {
  const std::vector<uint8_t> good = sampleImage().serialize();
  for (size_t length = 28; length < good.size(); ++length) {
    std::vector<uint8_t> bytes(good.begin(), good.begin() + length);
    repairChecks(bytes);
    EXPECT_EQ(parseCode(bytes), npuErrorInvalidKernelImage) << "cut to " << length;
  }
}

// Deterministic random damage behind valid checks: whatever still parses must be a valid image.
TEST(KernelImage, RandomDamageWithRepairedChecksNeverBreaksTheReader) {
  const std::vector<uint8_t> good = sampleImage().serialize();
  std::mt19937 random(12345);
  size_t refused = 0;
  for (int round = 0; round < 20000; ++round) {
    std::vector<uint8_t> bytes = good;
    for (int change = 0, changes = 1 + random() % 4; change < changes; ++change)
      bytes[28 + random() % (bytes.size() - 28)] = uint8_t(random());
    repairChecks(bytes);
    KernelImage image;
    if (KernelImage::parse(bytes.data(), bytes.size(), image).ok())
      EXPECT_EQ(image.serialize(), bytes);
    else
      ++refused;
  }
  EXPECT_GT(refused, 1000u);
}

TEST(KernelImage, InconsistentTablesAreRefused) {
  using Change = void (*)(KernelImage &);
  const Change changes[] = {
      [](KernelImage &image) { image.kernels[0].module = 2; },
      [](KernelImage &image) { image.kernels[0].name.clear(); },
      [](KernelImage &image) { image.kernels[0].parameters[0].offset = 0xffffffff; },
      [](KernelImage &image) { image.kernels[0].parameters[0].size = 33; },
      [](KernelImage &image) { image.kernels[0].hiddenGlobals[0].offset = 25; },
      [](KernelImage &image) { image.kernels[0].hiddenGlobals[0].global = 2; },
      [](KernelImage &image) { image.kernels[0].maxThreadsPerBlock = 0; },
      [](KernelImage &image) { image.modules[0].form = KernelImage::Form(9); },
      [](KernelImage &image) { image.globals[0].initial.resize(15); },
      [](KernelImage &image) { image.globals[0].alignment = 3; },
      [](KernelImage &image) { image.globals[0].relocations[0].offset = 9; },
      [](KernelImage &image) { image.globals[0].relocations[0].global = 7; },
      [](KernelImage &image) { image.globals[1].name.clear(); },
  };
  for (Change change : changes)
    EXPECT_EQ(parseCode(serializeInvalid(change)), npuErrorInvalidKernelImage);
}

} // namespace
} // namespace npu
