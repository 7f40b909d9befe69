// The OpenCL device alone: memory, copies, launches of kernels written in LLVM's text form, and its
// answers to what cannot work. The core, which orders commands, is not involved.
#include "npu/device.h"
#include "opencl/opencl_launch.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <condition_variable>
#include <cstdlib>
#include <cstring>
#include <fstream>
#include <iterator>
#include <mutex>
#include <numeric>
#include <thread>
#include <unistd.h>

namespace npu {
namespace {

// One device for the whole program, as in the runtime; never destroyed, as there.
Device &device() {
  static Device *instance = [] {
    std::unique_ptr<Device> made;
    Status status = makeOpenclDevice(made);
    if (!status.ok()) {
      fprintf(stderr, "the tests need an OpenCL device: %s\n", status.message().c_str());
      exit(1);
    }
    return made.release();
  }();
  return *instance;
}

class Waiter {
public:
  explicit Waiter(int expected) : pending(expected) {}
  Completion completion() {
    return [this](Status status) {
      std::lock_guard lock(mutex);
      if (!status.ok() && first.ok())
        first = std::move(status);
      if (--pending == 0)
        ended.notify_all();
    };
  }
  Status wait() {
    std::unique_lock lock(mutex);
    ended.wait(lock, [this] { return pending <= 0; });
    return first;
  }

private:
  std::mutex mutex;
  std::condition_variable ended;
  int pending;
  Status first;
};

Status run(const Command &command) {
  Waiter waiter(1);
  device().execute(command, waiter.completion());
  return waiter.wait();
}

#define EXPECT_OK(expression)                                                                      \
  do {                                                                                             \
    const Status status_ = (expression);                                                           \
    EXPECT_TRUE(status_.ok()) << status_.code() << ": " << status_.message();                      \
  } while (false)

bool contains(const Status &status, const std::string &text) {
  return status.message().find(text) != std::string::npos;
}

std::vector<uint8_t> moduleBytes(const std::string &name) {
  std::ifstream file(std::string(MODULE_FOLDER "/") + name + ".bc", std::ios::binary);
  EXPECT_TRUE(file.is_open()) << name;
  return std::vector<uint8_t>(std::istreambuf_iterator<char>(file), {});
}

struct KernelText {
  const char *name;
  uint32_t argumentBytes;
  uint32_t staticSharedBytes;
};
constexpr KernelText kKernels[] = {{"reverseStatic", 16, 1024},
                                   {"reverseDynamic", 16, 0},
                                   {"writeCoordinates", 8, 0},
                                   {"addFields", 40, 0},
                                   {"copyArguments", 8192, 0},
                                   {"increment", 8, 0},
                                   {"empty", 0, 0},
                                   {"overflowStatic", 8, 0}};

std::shared_ptr<KernelImage> makeImage(std::vector<uint8_t> bytes) {
  auto image = std::make_shared<KernelImage>();
  image->modules.push_back({KernelImage::Form::SpirBitcode, std::move(bytes)});
  for (const KernelText &text : kKernels) {
    KernelImage::Kernel kernel;
    kernel.name = kernel.sourceName = text.name;
    kernel.argumentBytes = text.argumentBytes;
    kernel.staticSharedBytes = text.staticSharedBytes;
    image->kernels.push_back(kernel);
  }
  return image;
}

const std::shared_ptr<KernelImage> &testImage() {
  static const auto &image = *new std::shared_ptr<KernelImage>(makeImage(moduleBytes("kernels")));
  return image;
}

template <typename Arguments>
Launch launchOf(const char *name, Extent3 grid, Extent3 block, const Arguments &arguments) {
  Launch launch;
  launch.image = testImage();
  while (launch.image->kernels[launch.kernel].name != name)
    ++launch.kernel;
  launch.grid = grid;
  launch.block = block;
  launch.arguments.resize(launch.image->kernels[launch.kernel].argumentBytes);
  if (!launch.arguments.empty())
    std::memcpy(launch.arguments.data(), &arguments,
                std::min(launch.arguments.size(), sizeof arguments));
  return launch;
}

template <typename T> struct DeviceArray {
  explicit DeviceArray(size_t count)
      : data(static_cast<T *>(device().allocate(count * sizeof(T), 256))), size(count) {}
  ~DeviceArray() { device().release(data); }
  T *data;
  size_t size;
};

struct Scaled {
  void *data;
  float scale;
  int32_t unused;
};

// Other devices run a group's items side by side, and one item alone slowly.
TEST(OpenclForms, BlocksAsWorkItemsRunOnProcessorsOnly) {
  KernelImage::Kernel kernel;
  kernel.sourceName = "count(int*)";
  opencl::Limits processor, other;
  processor.isHostProcessor = true;
  EXPECT_TRUE(opencl::checkForm(kernel, other).ok());
  kernel.executesBlocks = true;
  EXPECT_TRUE(opencl::checkForm(kernel, processor).ok());
  Status status = opencl::checkForm(kernel, other);
  EXPECT_EQ(status.code(), npuErrorInvalidDeviceFunction);
  EXPECT_NE(status.message().find("count(int*)"), std::string::npos);
  EXPECT_NE(status.message().find("--device-lowering=thread"), std::string::npos);
}

TEST(OpenclMemory, IsAlignedAndWritableByTheHost) {
  for (size_t alignment : {1, 256, 4096, 65536}) {
    auto *memory = static_cast<uint8_t *>(device().allocate(1000, alignment));
    ASSERT_NE(memory, nullptr);
    EXPECT_EQ(reinterpret_cast<uintptr_t>(memory) % std::max<size_t>(alignment, 256), 0u);
    std::memset(memory, 1, 1000);
    device().release(memory);
  }
}

// As on GPUs, where programs read a little behind such blocks without knowing.
TEST(OpenclMemory, LargeBlocksHaveWholePages) {
  constexpr size_t kPage = size_t(2) << 20;
  for (size_t bytes : {kPage / 2, kPage + 1, 5 * kPage - 4096}) {
    std::vector<char *> blocks;
    for (int i = 0; i < 8; ++i)
      blocks.push_back(static_cast<char *>(device().allocate(bytes, 256)));
    const size_t whole = (bytes + kPage - 1) / kPage * kPage;
    for (char *block : blocks) {
      ASSERT_NE(block, nullptr);
      block[whole - 1] = 1; // faults unless it is there
      for (char *other : blocks)
        EXPECT_FALSE(other > block && other < block + whole) << "another block's";
    }
    for (char *block : blocks)
      device().release(block);
  }
}

TEST(OpenclMemory, BeyondTheMachinesMemoryIsRefused) {
  EXPECT_EQ(device().allocate(SIZE_MAX / 2, 256), nullptr);
  EXPECT_EQ(device().allocate(SIZE_MAX, 256), nullptr);
  const size_t machine = size_t(sysconf(_SC_PHYS_PAGES)) * size_t(sysconf(_SC_PAGESIZE));
  EXPECT_EQ(device().allocate(machine, 256), nullptr);
}

TEST(OpenclMemory, MostOfTheMachinesMemoryCanBeOneBlockAndItsEndIsUsable) {
  const size_t machine = size_t(sysconf(_SC_PHYS_PAGES)) * size_t(sysconf(_SC_PAGESIZE));
  const size_t bytes = machine / 4 * 3;
  auto *memory = static_cast<uint8_t *>(device().allocate(bytes, 256));
  ASSERT_NE(memory, nullptr);
  EXPECT_EQ(device().allocate(bytes, 256), nullptr) << "the sum of all blocks is bounded";
  memory[bytes - 1] = 1;
  device().release(memory);
  // Released memory counts no more.
  memory = static_cast<uint8_t *>(device().allocate(bytes, 256));
  EXPECT_NE(memory, nullptr);
  device().release(memory);
}

TEST(OpenclCopy, FillsRowsOfEachValueSizeAndLeavesThePadding) {
  for (uint32_t valueBytes : {1u, 2u, 4u}) {
    DeviceArray<uint8_t> memory(3 * 16);
    std::memset(memory.data, 0xEE, memory.size);
    EXPECT_OK(run(Fill{memory.data, 0x04030201, valueBytes, 8, 3, 16}));
    for (size_t y = 0; y < 3; ++y)
      for (size_t x = 0; x < 16; ++x)
        EXPECT_EQ(memory.data[y * 16 + x], x < 8 ? x % valueBytes + 1 : 0xEE) << y << "," << x;
  }
}

TEST(OpenclCopy, CopiesBoxesBetweenDifferentPitches) {
  for (size_t width : {size_t(7), size_t(700000)}) { // on the caller's thread; on the engine's
    const size_t dstPitch = width + 5, srcPitch = width + 9, height = 3, depth = 2;
    std::vector<uint8_t> src(srcPitch * height * depth);
    std::iota(src.begin(), src.end(), uint8_t(3));
    DeviceArray<uint8_t> dst(dstPitch * height * depth);
    std::memset(dst.data, 0xEE, dst.size);
    EXPECT_OK(run(Copy{dst.data, src.data(), width, height, depth, dstPitch, srcPitch,
                       dstPitch * height, srcPitch * height}));
    for (size_t z = 0; z < depth; ++z)
      for (size_t y = 0; y < height; ++y) {
        const uint8_t *row = dst.data + (z * height + y) * dstPitch;
        EXPECT_EQ(std::memcmp(row, src.data() + (z * height + y) * srcPitch, width), 0);
        EXPECT_EQ(row[width], 0xEE);
      }
  }
}

TEST(OpenclCopy, LargeLinearCopiesAndFillsAreComplete) {
  const size_t bytes = (24 << 20) + 13;
  std::vector<uint8_t> src(bytes);
  for (size_t i = 0; i < bytes; ++i)
    src[i] = uint8_t(i * 2654435761u >> 24);
  DeviceArray<uint8_t> dst(bytes);
  EXPECT_OK(run(Copy{dst.data, src.data(), bytes}));
  EXPECT_EQ(std::memcmp(dst.data, src.data(), bytes), 0);
  EXPECT_OK(run(Fill{dst.data, 0x5A, 1, bytes}));
  EXPECT_EQ(std::count(dst.data, dst.data + bytes, 0x5A), ptrdiff_t(bytes));
}

TEST(OpenclCopy, ImpossibleShapesAreRefused) {
  DeviceArray<uint8_t> memory(64);
  EXPECT_EQ(device().accepts(Fill{memory.data, 0, 3, 6}).code(), npuErrorInvalidValue);
  EXPECT_EQ(device().accepts(Fill{nullptr, 0, 1, 6}).code(), npuErrorInvalidValue);
  EXPECT_EQ(run(Copy{memory.data, nullptr, 6}).code(), npuErrorInvalidValue);
  EXPECT_EQ(run(Copy{memory.data, memory.data + 32, 8, 2, 1, 4, 8}).code(), npuErrorInvalidValue);
  EXPECT_OK(run(Copy{nullptr, nullptr, 0}));
}

TEST(OpenclLaunch, BarrierAndStaticSharedMemoryAreTheBlocksOwn) {
  DeviceArray<float> data(256 * 64);
  std::iota(data.data, data.data + data.size, 0.0f);
  EXPECT_OK(run(launchOf("reverseStatic", {64}, {256}, Scaled{data.data, 2, 0})));
  for (size_t i = 0; i < data.size; ++i)
    ASSERT_EQ(data.data[i], 2.0f * float(i / 256 * 256 + 255 - i % 256)) << i;
}

TEST(OpenclLaunch, DynamicSharedMemoryHasTheLaunchsSize) {
  for (uint32_t threads : {1u, 33u, 1000u}) {
    DeviceArray<float> data(threads * 40);
    std::iota(data.data, data.data + data.size, 0.0f);
    Launch launch = launchOf("reverseDynamic", {40}, {threads}, Scaled{data.data, 3, 0});
    launch.dynamicSharedBytes = threads * sizeof(float);
    EXPECT_OK(run(launch));
    for (size_t i = 0; i < data.size; ++i)
      ASSERT_EQ(data.data[i], 3.0f * float(i / threads * threads + threads - 1 - i % threads));
  }
}

TEST(OpenclLaunch, CoordinatesOfEveryGridAndBlockShape) {
  const Extent3 shapes[][2] = {
      {{5}, {7}},   {{3, 4}, {8, 2}}, {{2, 3, 4}, {4, 3, 2}}, {{1, 1, 6}, {1, 1, 3}},
      {{200}, {1}}, {{1}, {32, 32}},  {{2, 2, 2}, {1, 1, 64}}};
  for (const auto &[grid, block] : shapes) {
    DeviceArray<uint64_t> data(grid.count() * block.count());
    EXPECT_OK(run(launchOf("writeCoordinates", grid, block, data.data)));
    size_t index = 0;
    for (uint64_t bz = 0; bz < grid.z; ++bz)
      for (uint64_t by = 0; by < grid.y; ++by)
        for (uint64_t bx = 0; bx < grid.x; ++bx)
          for (uint64_t tz = 0; tz < block.z; ++tz)
            for (uint64_t ty = 0; ty < block.y; ++ty)
              for (uint64_t tx = 0; tx < block.x; ++tx)
                ASSERT_EQ(data.data[index++],
                          bx | by << 8 | bz << 16 | tx << 24 | ty << 32 | tz << 40);
  }
}

TEST(OpenclLaunch, StructFieldsLieWhereCudaPutsThem) {
  struct {
    int8_t byte = -1;
    double real = 0.5;
    int16_t small = 1000;
    double *address = nullptr;
    int16_t array[3] = {1, 2, 30};
  } arguments;
  static_assert(sizeof arguments == 40);
  DeviceArray<double> data(1);
  arguments.address = data.data;
  EXPECT_OK(run(launchOf("addFields", {1}, {1}, arguments)));
  EXPECT_EQ(data.data[0], 1029.5);
}

TEST(OpenclLaunch, ArgumentStructsOfEightKibibytesArrive) {
  struct {
    uint64_t *address;
    uint64_t values[1023];
  } arguments;
  DeviceArray<uint64_t> data(1023);
  arguments.address = data.data;
  for (uint64_t i = 0; i < 1023; ++i)
    arguments.values[i] = i * i + 1;
  EXPECT_OK(run(launchOf("copyArguments", {33}, {31}, arguments)));
  EXPECT_EQ(std::memcmp(data.data, arguments.values, sizeof arguments.values), 0);
}

TEST(OpenclLaunch, AKernelWithoutParametersRuns) { EXPECT_OK(run(launchOf("empty", {3}, {3}, 0))); }

TEST(OpenclLaunch, ManyLaunchesOneAfterTheOtherAllCount) {
  DeviceArray<uint64_t> data(64);
  std::fill(data.data, data.data + 64, 0);
  const Launch launch = launchOf("increment", {2}, {32}, data.data);
  for (int i = 0; i < 3000; ++i)
    ASSERT_TRUE(run(launch).ok());
  for (size_t i = 0; i < 64; ++i)
    EXPECT_EQ(data.data[i], 3000u);
}

TEST(OpenclLaunch, LaunchesFromFourThreadsKeepTheirOwnArguments) {
  constexpr int kThreads = 4, kLaunches = 500;
  DeviceArray<uint64_t> data(kThreads * kLaunches);
  std::fill(data.data, data.data + data.size, 0);
  Waiter waiter(kThreads * kLaunches);
  std::vector<std::thread> threads;
  for (int t = 0; t < kThreads; ++t)
    threads.emplace_back([&, t] {
      for (int i = 0; i < kLaunches; ++i)
        device().execute(launchOf("increment", {1}, {1}, data.data + t * kLaunches + i),
                         waiter.completion());
    });
  for (std::thread &thread : threads)
    thread.join();
  EXPECT_OK(waiter.wait());
  for (size_t i = 0; i < data.size; ++i)
    ASSERT_EQ(data.data[i], 1u) << i;
}

TEST(OpenclLaunch, ImagesLoadedAndDroppedInTurnDoNotMix) {
  DeviceArray<uint64_t> data(1);
  data.data[0] = 0;
  for (int i = 0; i < 5; ++i) {
    Launch launch = launchOf("increment", {1}, {1}, data.data);
    launch.image = makeImage(moduleBytes("kernels"));
    EXPECT_OK(device().load(launch.image));
    EXPECT_OK(run(launch));
  }
  EXPECT_EQ(data.data[0], 5u);
}

TEST(OpenclLaunch, ImpossibleShapesAreRefusedWithTheLimit) {
  DeviceArray<uint64_t> data(1);
  const Status wide = device().accepts(launchOf("increment", {1}, {1 << 20}, data.data));
  EXPECT_EQ(wide.code(), npuErrorInvalidConfiguration);
  EXPECT_TRUE(contains(wide, "threads per block")) << wide.message();
  const Status none = device().accepts(launchOf("increment", {0}, {1}, data.data));
  EXPECT_EQ(none.code(), npuErrorInvalidConfiguration);
  const Extent3 huge{0x7fffffff, 65535, 65535};
  const Status many = run(launchOf("increment", huge, {1}, data.data));
  EXPECT_EQ(many.code(), npuErrorInvalidConfiguration);
  EXPECT_TRUE(contains(many, "more blocks")) << many.message();
}

TEST(OpenclLaunch, TooMuchSharedMemoryIsRefusedBeforeItOverflows) {
  DeviceArray<float> data(1);
  Launch dynamic = launchOf("reverseDynamic", {1}, {1}, Scaled{data.data, 1, 0});
  dynamic.dynamicSharedBytes = size_t(1) << 32;
  EXPECT_EQ(device().accepts(dynamic).code(), npuErrorInvalidConfiguration);
  // The image says 0 static bytes; OpenCL counts the truth once the kernel is built.
  const Status overflow = run(launchOf("overflowStatic", {1}, {1}, data.data));
  EXPECT_EQ(overflow.code(), npuErrorInvalidConfiguration);
  EXPECT_TRUE(contains(overflow, "67108864")) << overflow.message();
}

TEST(OpenclLaunch, AWrongArgumentSizeIsRefused) {
  Launch launch = launchOf("increment", {1}, {1}, uint64_t(0));
  launch.arguments.resize(7);
  EXPECT_EQ(device().accepts(launch).code(), npuErrorInvalidValue);
}

TEST(OpenclImage, ACorruptModuleIsAnErrorAtLoadOrAtTheFirstLaunch) {
  const std::vector<uint8_t> good = moduleBytes("kernels");
  std::vector<uint8_t> noise(1000, 0x5A);
  const Status loaded = device().load(makeImage(noise));
  EXPECT_EQ(loaded.code(), npuErrorInvalidKernelImage);
  EXPECT_TRUE(contains(loaded, "not LLVM bitcode")) << loaded.message();

  std::vector<uint8_t> truncated(good.begin(), good.begin() + ptrdiff_t(good.size() / 2));
  std::vector<uint8_t> damaged = good;
  for (size_t i = good.size() / 3; i < good.size() / 3 + 200; ++i)
    damaged[i] ^= 0xA5;
  for (const std::vector<uint8_t> &bytes : {truncated, damaged}) {
    Launch launch = launchOf("increment", {1}, {1}, uint64_t(0));
    launch.image = makeImage(bytes);
    for (int again = 0; again < 2; ++again) { // the failure is remembered
      const Status status = run(launch);
      EXPECT_EQ(status.code(), npuErrorInvalidKernelImage);
      EXPECT_TRUE(contains(status, "kernel increment")) << status.message();
    }
  }
}

TEST(OpenclImage, AnUndefinedFunctionIsNamedInTheBuildLog) {
  Launch launch = launchOf("increment", {1}, {1}, uint64_t(0));
  auto image = makeImage(moduleBytes("undefined"));
  image->kernels[launch.kernel].name = "callsUndefined";
  launch.image = image;
  const Status status = run(launch);
  EXPECT_EQ(status.code(), npuErrorInvalidKernelImage);
  EXPECT_TRUE(contains(status, "definedNowhere")) << status.message();
}

TEST(OpenclImage, AKernelMissingFromItsModuleIsNamed) {
  Launch launch = launchOf("increment", {1}, {1}, uint64_t(0));
  auto image = makeImage(moduleBytes("kernels"));
  image->kernels[launch.kernel].name = "noSuchKernel";
  launch.image = image;
  const Status status = run(launch);
  EXPECT_EQ(status.code(), npuErrorInvalidDeviceFunction);
  EXPECT_TRUE(contains(status, "noSuchKernel")) << status.message();
}

TEST(OpenclImage, AnUnknownFormIsRefusedWithTheReason) {
  Launch launch = launchOf("increment", {1}, {1}, uint64_t(0));
  auto image = makeImage(moduleBytes("kernels"));
  image->modules[0].form = KernelImage::Form::SpirV;
  launch.image = image;
  EXPECT_EQ(device().load(image).code(), npuErrorInvalidKernelImage);
  const Status status = device().accepts(launch);
  EXPECT_EQ(status.code(), npuErrorInvalidKernelImage);
  EXPECT_TRUE(contains(status, "SPIR 1.2")) << status.message();
}

TEST(OpenclDevice, WhatItDoesNotRunItRefusesWithASentence) {
  const Status status = device().accepts(HostCall{[] {}});
  EXPECT_EQ(status.code(), npuErrorNotSupported);
  EXPECT_FALSE(status.message().empty());
}

} // namespace
} // namespace npu
