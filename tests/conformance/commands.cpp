// Who the device is, what it accepts, and the commands without arithmetic: fills, copies, host
// calls, from one thread and from many.
#include "conformance.h"

#include <atomic>
#include <cstring>
#include <nlohmann/json.hpp>
#include <thread>

namespace npu::conformance {
namespace {

bool promises(const Backend &backend, const Command &command) {
  const bool promised[] = {backend.fills, backend.copies, backend.launches,
                           !backend.products.empty() || !backend.elementwise.empty(),
                           backend.hostCalls};
  static_assert(std::variant_size_v<Command> == std::size(promised));
  return promised[command.index()];
}

} // namespace

TEST_P(Conformance, HasANameAndAConfiguration) {
  EXPECT_STREQ(device().name(), GetParam().name);
  const auto configuration = nlohmann::json::parse(device().configuration(), nullptr, false);
  EXPECT_TRUE(configuration.is_object()) << device().configuration();
}

TEST_P(Conformance, PromisesSomething) {
  const Backend &b = GetParam();
  EXPECT_TRUE(b.fills || b.copies || b.launches || b.hostCalls || !b.products.empty() ||
              !b.elementwise.empty())
      << "a backend that promises nothing would pass without running anything";
}

TEST_P(Conformance, EveryKindIsAcceptedAsPromisedOrRefusedWithASentence) {
  Buffer memory(device(), 256);
  std::memset(memory.data, 0, memory.size);
  bool called = false;
  for (const auto &[kind, command] : oneOfEveryKind(memory.data, called)) {
    const Status status = device().accepts(command);
    if (promises(GetParam(), command))
      EXPECT_TRUE(status.ok()) << kind << ": " << status.message();
    else
      EXPECT_EQ(refusalFault(status), "") << kind;
  }
}

TEST_P(Conformance, AcceptsHasNoSideEffects) {
  Buffer memory(device(), 256);
  bool called = false;
  for (const auto &[kind, command] : oneOfEveryKind(memory.data, called)) {
    const Status first = device().accepts(command), second = device().accepts(command);
    EXPECT_EQ(first.code(), second.code()) << kind;
    EXPECT_EQ(first.message(), second.message()) << kind;
  }
  EXPECT_FALSE(called);
  for (size_t i = 0; i < memory.size; ++i)
    ASSERT_EQ(memory.data[i], 0xEE) << i;
}

TEST_P(Conformance, ARefusedKindEndsInAnErrorExactlyOnce) {
  Buffer memory(device(), 256);
  bool called = false;
  for (const auto &[kind, command] : oneOfEveryKind(memory.data, called)) {
    if (device().accepts(command).ok())
      continue;
    Waiter waiter;
    device().execute(command, waiter.completion());
    EXPECT_EQ(refusalFault(waiter.wait()), "") << kind;
    EXPECT_EQ(waiter.completions(), 1) << kind;
  }
  EXPECT_FALSE(called);
  for (size_t i = 0; i < memory.size; ++i)
    ASSERT_EQ(memory.data[i], 0xEE) << i;
}

TEST_P(Conformance, FillWritesRowsOfEachValueSizeAndNothingElse) {
  if (!GetParam().fills)
    GTEST_SKIP() << GetParam().name << " promises no fills.";
  for (uint32_t valueBytes : {1u, 2u, 4u})
    for (size_t width : {size_t(0), size_t(4), size_t(12), size_t(64)})
      for (size_t height : {size_t(0), size_t(1), size_t(5)}) {
        const size_t pitch = width + 7;
        Buffer memory(device(), pitch * 5 + 16);
        const Fill fill{memory.data + 3, 0xA4B3C2D1, valueBytes, width, height, pitch};
        const Status status = run(fill);
        ASSERT_TRUE(status.ok()) << status.message();
        std::vector<uint8_t> want(memory.size, 0xEE);
        for (size_t y = 0; y < height; ++y)
          for (size_t x = 0; x < width; ++x)
            want[3 + y * pitch + x] = uint8_t(0xA4B3C2D1 >> (8 * (x % valueBytes)));
        ASSERT_EQ(std::memcmp(memory.data, want.data(), want.size()), 0)
            << valueBytes << "-byte values, " << width << " bytes x " << height;
      }
}

TEST_P(Conformance, AFillOfAnotherValueSizeIsRefused) {
  Buffer memory(device(), 64);
  for (uint32_t valueBytes : {0u, 3u, 8u})
    EXPECT_EQ(refusalFault(device().accepts(Fill{memory.data, 0, valueBytes, 24})), "");
}

TEST_P(Conformance, CopyMovesBoxesBetweenPitchesAndNothingElse) {
  if (!GetParam().copies)
    GTEST_SKIP() << GetParam().name << " promises no copies.";
  for (size_t width : {size_t(0), size_t(1), size_t(13), size_t(70001)})
    for (size_t height : {size_t(0), size_t(1), size_t(3)})
      for (size_t depth : {size_t(0), size_t(1), size_t(4)}) {
        Copy copy;
        copy.width = width, copy.height = height, copy.depth = depth;
        copy.dstPitch = width + 5, copy.srcPitch = width + 9;
        copy.dstSlicePitch = copy.dstPitch * 3 + 11, copy.srcSlicePitch = copy.srcPitch * 3 + 2;
        Buffer dst(device(), copy.dstSlicePitch * 4 + 16),
            src(device(), copy.srcSlicePitch * 4 + 16);
        for (size_t i = 0; i < src.size; ++i)
          src.data[i] = uint8_t(i * 2654435761u >> 24);
        copy.dst = dst.data + 3, copy.src = src.data + 1;
        const Status status = run(copy);
        ASSERT_TRUE(status.ok()) << status.message();
        std::vector<uint8_t> want(dst.size, 0xEE);
        for (size_t z = 0; z < depth; ++z)
          for (size_t y = 0; y < height; ++y)
            for (size_t x = 0; x < width; ++x)
              want[3 + z * copy.dstSlicePitch + y * copy.dstPitch + x] =
                  src.data[1 + z * copy.srcSlicePitch + y * copy.srcPitch + x];
        ASSERT_EQ(std::memcmp(dst.data, want.data(), want.size()), 0)
            << width << " x " << height << " x " << depth;
      }
}

TEST_P(Conformance, CopyOfOneRowNeedsNoPitches) {
  if (!GetParam().copies)
    GTEST_SKIP() << GetParam().name << " promises no copies.";
  Buffer dst(device(), 64), src(device(), 64);
  std::memset(src.data, 0x11, src.size);
  Copy copy;
  copy.dst = dst.data, copy.src = src.data, copy.width = 63;
  ASSERT_TRUE(run(copy).ok());
  EXPECT_EQ(std::memcmp(dst.data, src.data, 63), 0);
  EXPECT_EQ(dst.data[63], 0xEE);
}

TEST_P(Conformance, AHostCallRunsOnceBeforeItsCompletion) {
  if (!GetParam().hostCalls)
    GTEST_SKIP() << GetParam().name << " promises no host calls.";
  std::atomic<int> calls{0};
  int callsAtCompletion = -1;
  Waiter waiter;
  const HostCall call{[&] { ++calls; }};
  device().execute(call, [&, done = waiter.completion()](Status status) {
    callsAtCompletion = calls;
    done(std::move(status));
  });
  ASSERT_TRUE(waiter.wait().ok());
  EXPECT_EQ(callsAtCompletion, 1);
  EXPECT_EQ(calls, 1);
}

// Every accepted kind from many threads at once; a command and its memory are gone as soon as its
// completion is called, so that a device that looks at them later is found by a sanitizer.
TEST_P(Conformance, ExecuteFromManyThreadsCompletesEachCommandOnce) {
  constexpr int kThreads = 8, kRounds = 25, kBytes = 256;
  struct Work {
    std::vector<uint8_t> memory = std::vector<uint8_t>(kBytes, 0);
    bool called = false;
    Command command;
  };
  constexpr int kMostCommands = kThreads * kRounds * int(std::variant_size_v<Command>);
  std::vector<std::atomic<int>> completions(kMostCommands);
  std::atomic<int> started{0};
  Waiter waiter;
  Device &shared = device();
  auto one = [&](size_t kind) {
    auto work = std::make_shared<Work>();
    work->command = oneOfEveryKind(work->memory.data(), work->called)[kind].second;
    if (!shared.accepts(work->command).ok())
      return;
    const int index = started++;
    const Command &command = work->command;
    auto kept = std::make_shared<std::shared_ptr<Work>>(work);
    work.reset();
    shared.execute(command, [&, index, kept, done = waiter.completion()](Status status) {
      ++completions[size_t(index)];
      kept->reset();
      done(std::move(status));
    });
  };
  std::vector<std::thread> threads;
  for (int t = 0; t < kThreads; ++t)
    threads.emplace_back([&] {
      for (int round = 0; round < kRounds; ++round)
        for (size_t kind = 0; kind < std::variant_size_v<Command>; ++kind)
          one(kind);
    });
  for (std::thread &thread : threads)
    thread.join();
  ASSERT_GT(started, 0);
  const Status status = waiter.wait(started);
  EXPECT_TRUE(status.ok()) << status.message();
  EXPECT_EQ(waiter.completions(), started);
  for (int i = 0; i < started; ++i)
    EXPECT_EQ(completions[size_t(i)], 1) << i;
}

} // namespace npu::conformance
