// Launches from a hand-made image, on devices that run kernels; a refusal with its reason
// elsewhere.
#include "conformance.h"

#include <cstring>
#include <fstream>
#include <iterator>
#include <numeric>

namespace npu::conformance {
namespace {

std::shared_ptr<KernelImage> imageOf(std::vector<uint8_t> bytes) {
  auto image = std::make_shared<KernelImage>();
  image->modules.push_back({KernelImage::Form::SpirBitcode, std::move(bytes)});
  for (auto [name, argumentBytes] :
       {std::pair("increment", 8u), std::pair("reverseDynamic", 16u)}) {
    KernelImage::Kernel kernel;
    kernel.name = kernel.sourceName = name;
    kernel.argumentBytes = argumentBytes;
    image->kernels.push_back(kernel);
  }
  return image;
}

} // namespace

std::shared_ptr<KernelImage> goodImage() {
  static auto &image = *new std::shared_ptr<KernelImage>([] {
    std::ifstream file(CONFORMANCE_KERNELS, std::ios::binary);
    EXPECT_TRUE(file.is_open()) << CONFORMANCE_KERNELS;
    return imageOf(std::vector<uint8_t>(std::istreambuf_iterator<char>(file), {}));
  }());
  return image;
}

std::shared_ptr<KernelImage> corruptImage() { return imageOf(std::vector<uint8_t>(1000, 0x5A)); }

Launch launchOf(const std::shared_ptr<KernelImage> &image, const char *kernel, Extent3 grid,
                Extent3 block, std::vector<uint64_t> arguments) {
  Launch launch;
  launch.image = image;
  while (image->kernels[launch.kernel].name != kernel)
    ++launch.kernel;
  launch.grid = grid, launch.block = block;
  launch.arguments.resize(arguments.size() * 8);
  std::memcpy(launch.arguments.data(), arguments.data(), launch.arguments.size());
  EXPECT_EQ(launch.arguments.size(), image->kernels[launch.kernel].argumentBytes);
  return launch;
}

TEST_P(Conformance, LaunchRunsEveryThreadOfEveryBlock) {
  if (!GetParam().launches) // EveryKindIsAcceptedAsPromisedOrRefused checks the refusal
    GTEST_SKIP() << GetParam().name << " promises no launches.";
  Buffer memory(device(), 6 * 32 * 8);
  std::memset(memory.data, 0, memory.size);
  ASSERT_TRUE(device().load(goodImage()).ok());
  const Launch launch = launchOf(goodImage(), "increment", {2}, {32}, {uint64_t(memory.data)});
  for (int i = 0; i < 3; ++i) {
    const Status status = run(launch);
    ASSERT_TRUE(status.ok()) << status.message();
  }
  const auto *counts = reinterpret_cast<const uint64_t *>(memory.data);
  for (size_t i = 0; i < 6 * 32; ++i)
    ASSERT_EQ(counts[i], i < 64 ? 3u : 0u) << i;
}

TEST_P(Conformance, LaunchHasBarriersAndDynamicSharedMemory) {
  if (!GetParam().launches)
    GTEST_SKIP() << GetParam().name << " promises no launches.";
  constexpr uint32_t kThreads = 33, kBlocks = 5;
  Buffer memory(device(), kThreads * kBlocks * 4);
  auto *data = reinterpret_cast<float *>(memory.data);
  std::iota(data, data + kThreads * kBlocks, 0.0f);
  const float scale = 3;
  uint64_t scaleBits = 0;
  std::memcpy(&scaleBits, &scale, sizeof scale);
  Launch launch = launchOf(goodImage(), "reverseDynamic", {kBlocks}, {kThreads},
                           {uint64_t(memory.data), scaleBits});
  launch.dynamicSharedBytes = kThreads * 4;
  ASSERT_TRUE(device().load(launch.image).ok());
  const Status status = run(launch);
  ASSERT_TRUE(status.ok()) << status.message();
  for (uint32_t i = 0; i < kThreads * kBlocks; ++i)
    ASSERT_EQ(data[i], scale * float(i / kThreads * kThreads + kThreads - 1 - i % kThreads)) << i;
}

TEST_P(Conformance, ACorruptModuleIsAnErrorAtLoadOrAtTheFirstLaunch) {
  Buffer memory(device(), 256);
  const Launch launch = launchOf(corruptImage(), "increment", {1}, {1}, {uint64_t(memory.data)});
  const Status loaded = device().load(launch.image);
  const Status status = loaded.ok() ? run(launch) : loaded;
  EXPECT_EQ(refusalFault(status), "");
  if (GetParam().launches) {
    EXPECT_EQ(status.code(), npuErrorInvalidKernelImage) << status.message();
  }
  for (size_t i = 0; i < memory.size; ++i)
    ASSERT_EQ(memory.data[i], 0xEE) << i;
}

TEST_P(Conformance, ALaunchThatNamesNoKernelIsRefused) {
  Launch none = launchOf(goodImage(), "increment", {1}, {1}, {0});
  none.kernel = 7;
  EXPECT_EQ(refusalFault(device().accepts(none)), "");
  none.image = nullptr;
  EXPECT_EQ(refusalFault(device().accepts(none)), "");
  EXPECT_EQ(refusalFault(device().accepts(Launch{})), "");
}

} // namespace npu::conformance
