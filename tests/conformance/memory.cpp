// The memory home: alignment, visibility to the host, release, and running out.
#include "conformance.h"

#include <cstring>
#include <thread>

namespace npu::conformance {

TEST_P(Conformance, MemoryIsAlignedAndTheHostsToo) {
  for (size_t alignment : {1, 16, 256, 4096, 65536})
    for (size_t bytes : {size_t(1), size_t(1000), size_t(1) << 20}) {
      auto *memory = static_cast<uint8_t *>(device().allocate(bytes, alignment));
      ASSERT_EQ(memory != nullptr, GetParam().isMemoryHome);
      if (!memory)
        continue;
      EXPECT_EQ(reinterpret_cast<uintptr_t>(memory) % alignment, 0u);
      std::memset(memory, 0x3C, bytes);
      EXPECT_EQ(memory[bytes - 1], 0x3C);
      device().release(memory);
    }
}

TEST_P(Conformance, MoreMemoryThanThereIsGivesNullAndTheDeviceGoesOn) {
  for (size_t bytes : {SIZE_MAX, SIZE_MAX - 4096, SIZE_MAX / 2, size_t(1) << 56})
    EXPECT_EQ(device().allocate(bytes, 256), nullptr) << bytes;
  void *memory = device().allocate(64, 256);
  EXPECT_EQ(memory != nullptr, GetParam().isMemoryHome);
  device().release(memory);
}

TEST_P(Conformance, ReleasedMemoryCanBeAllocatedAgain) {
  if (!GetParam().isMemoryHome)
    GTEST_SKIP() << GetParam().name << " is no memory home.";
  // 64 GiB in all: more than a leak could take without being noticed.
  for (int i = 0; i < 256; ++i) {
    auto *memory = static_cast<uint8_t *>(device().allocate(size_t(256) << 20, 256));
    ASSERT_NE(memory, nullptr) << "at round " << i;
    memory[0] = memory[(size_t(256) << 20) - 1] = 1;
    device().release(memory);
  }
}

TEST_P(Conformance, BlocksOfManyThreadsDoNotOverlap) {
  if (!GetParam().isMemoryHome)
    GTEST_SKIP() << GetParam().name << " is no memory home.";
  Device &shared = device();
  auto work = [&](uint8_t mark, bool *intact) {
    std::vector<std::pair<uint8_t *, size_t>> blocks;
    for (size_t i = 0; i < 100; ++i) {
      const size_t bytes = 1 + i * 37;
      auto *memory = static_cast<uint8_t *>(shared.allocate(bytes, 256));
      *intact = *intact && memory;
      if (!memory)
        break;
      std::memset(memory, mark, bytes);
      blocks.emplace_back(memory, bytes);
    }
    for (auto [memory, bytes] : blocks) {
      for (size_t i = 0; i < bytes; ++i)
        *intact = *intact && memory[i] == mark;
      shared.release(memory);
    }
  };
  bool intact[4] = {true, true, true, true};
  std::vector<std::thread> threads;
  for (uint8_t t = 0; t < 4; ++t)
    threads.emplace_back(work, uint8_t(t + 1), &intact[t]);
  for (std::thread &thread : threads)
    thread.join();
  for (bool good : intact)
    EXPECT_TRUE(good);
}

} // namespace npu::conformance
