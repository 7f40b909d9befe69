// Streams, events, errors and memory on a fake device whose completions come late, from another
// thread, and fail on demand.
#include "npu/runtime.h"

#include "src/core.h"
#include "src/devices.h"
#include "src/registration_tables.h"
#include "src/timeline.h"

#include <gtest/gtest.h>

#include <atomic>
#include <condition_variable>
#include <cstdlib>
#include <cstring>
#include <deque>
#include <thread>

namespace npu {
namespace {

// Runs launches on one thread of its own when the gate is open; a launch writes its first argument
// to the log. Kernel 1 fails.
class FakeDevice final : public Device {
public:
  FakeDevice() : thread([this] { run(); }) {}
  ~FakeDevice() override {
    {
      std::lock_guard<std::mutex> lock(mutex);
      stopping = true;
      changed.notify_all();
    }
    thread.join();
  }
  const char *name() const override { return "fake"; }
  Status accepts(const Command &command) const override {
    return std::holds_alternative<Launch>(command) ? Status()
                                                   : Status(npuErrorNotSupported, "launches only");
  }
  void execute(const Command &command, Completion done) override {
    std::lock_guard<std::mutex> lock(mutex);
    queue.push_back({std::get<Launch>(command), std::move(done)});
    changed.notify_all();
  }
  void setOpen(bool value) {
    std::lock_guard<std::mutex> lock(mutex);
    open = value;
    changed.notify_all();
  }
  std::vector<int> takeLog() {
    std::lock_guard<std::mutex> lock(mutex);
    return std::move(log);
  }

private:
  void run() {
    std::unique_lock<std::mutex> lock(mutex);
    while (true) {
      changed.wait(lock, [&] { return stopping || (open && !queue.empty()); });
      if (stopping)
        return;
      auto [launch, done] = std::move(queue.front());
      queue.pop_front();
      int value = 0;
      std::memcpy(&value, launch.arguments.data(), sizeof value);
      log.push_back(value);
      lock.unlock();
      done(launch.kernel == 1 ? Status(npuErrorLaunchFailure, "kernel broken failed") : Status());
      done(Status(npuErrorUnknown, "a second completion must not count"));
      lock.lock();
    }
  }

  std::mutex mutex;
  std::condition_variable changed;
  std::deque<std::pair<Launch, Completion>> queue;
  std::vector<int> log;
  bool open = true, stopping = false;
  std::thread thread;
};

char goodKernel, brokenKernel, missingKernel, variableShadow, damagedKernel;
// By address: the C++ overloads take the variable itself.
const void *const variable = &variableShadow;

std::vector<uint8_t> testImage() {
  KernelImage image;
  image.modules.push_back({KernelImage::Form::SpirBitcode, {1}});
  for (const char *name : {"good", "broken"}) {
    KernelImage::Kernel kernel;
    kernel.name = kernel.sourceName = name;
    kernel.argumentBytes = 16;
    kernel.parameters = {{0, 4}};
    kernel.hiddenGlobals = {{8, 0}};
    kernel.staticSharedBytes = 1024;
    kernel.maxThreadsPerBlock = 512;
    image.kernels.push_back(kernel);
  }
  image.globals.push_back(
      {"variable", 16, 8, false, false, std::vector<uint8_t>(16, 5), {{8, 0, 4}}});
  return image.serialize();
}

FakeDevice *fake;

class Core : public testing::Test {
protected:
  static void SetUpTestSuite() {
    std::vector<core::Team::Member> members(2);
    auto device = std::make_unique<FakeDevice>();
    fake = device.get();
    members[0].name = "fake";
    members[0].device = std::move(device);
    members[1].name = "host";
    ASSERT_TRUE(makeHostDevice(members[1].device).ok());
    core::Team::replace(std::make_unique<core::Team>(std::move(members)));
    static const std::vector<uint8_t> bytes = testImage();
    static std::vector<uint8_t> damaged = bytes;
    damaged[40] ^= 1;
    const auto binary = std::make_shared<core::Binary>(bytes.data());
    core::addFunction(binary, &goodKernel, "good");
    core::addFunction(binary, &brokenKernel, "broken");
    core::addFunction(binary, &missingKernel, "missing");
    core::addVariable(binary, variable, "variable");
    core::addFunction(std::make_shared<core::Binary>(damaged.data()), &damagedKernel, "good");
  }
  void SetUp() override {
    fake->setOpen(true);
    ASSERT_EQ(npuDeviceReset(), npuSuccess);
    npuGetLastError();
    fake->takeLog();
  }
  void TearDown() override {
    fake->setOpen(true);
    npuDeviceReset();
  }
  static npuError_t launch(int value, npuStream_t stream, const void *kernel = &goodKernel,
                           npuDim3 grid = 1, npuDim3 block = 1, size_t shared = 0) {
    void *arguments[] = {&value};
    return npuLaunchKernel(kernel, grid, block, arguments, shared, stream);
  }
};

TEST_F(Core, LaunchesOfAStreamKeepTheirOrder) {
  npuStream_t stream;
  ASSERT_EQ(npuStreamCreate(&stream), npuSuccess);
  std::vector<int> expected;
  for (int i = 0; i < 200; ++i) {
    expected.push_back(i);
    ASSERT_EQ(launch(i, stream), npuSuccess);
  }
  EXPECT_EQ(npuStreamSynchronize(stream), npuSuccess);
  EXPECT_EQ(fake->takeLog(), expected);
  EXPECT_EQ(npuStreamDestroy(stream), npuSuccess);
  EXPECT_EQ(npuStreamSynchronize(stream), npuErrorInvalidResourceHandle);
}

// Else endless launching fills the memory.
TEST_F(Core, AFullStreamMakesLaunchesWait) {
  constexpr int kMostPending = 1024, kLaunches = 3 * kMostPending;
  npuStream_t stream;
  ASSERT_EQ(npuStreamCreate(&stream), npuSuccess);
  fake->setOpen(false);
  std::atomic<int> launched{0};
  std::thread launching([&] {
    for (int i = 0; i < kLaunches; ++i, ++launched)
      EXPECT_EQ(launch(i, stream), npuSuccess);
  });
  while (launched < kMostPending)
    std::this_thread::yield();
  std::this_thread::sleep_for(std::chrono::milliseconds(20)); // for a launch too many to show
  EXPECT_EQ(launched, kMostPending);
  fake->setOpen(true);
  launching.join();
  EXPECT_EQ(npuStreamSynchronize(stream), npuSuccess);
  EXPECT_EQ(fake->takeLog().size(), size_t(kLaunches));
  EXPECT_EQ(npuStreamDestroy(stream), npuSuccess);
}

TEST_F(Core, QueriesSayNotReadyWithoutBecomingTheLastError) {
  npuEvent_t event;
  ASSERT_EQ(npuEventCreate(&event), npuSuccess);
  fake->setOpen(false);
  ASSERT_EQ(launch(1, nullptr), npuSuccess);
  ASSERT_EQ(npuEventRecord(event, nullptr), npuSuccess);
  EXPECT_EQ(npuEventQuery(event), npuErrorNotReady);
  EXPECT_EQ(npuStreamQuery(nullptr), npuErrorNotReady);
  EXPECT_EQ(npuPeekAtLastError(), npuSuccess);
  fake->setOpen(true);
  EXPECT_EQ(npuEventSynchronize(event), npuSuccess);
  EXPECT_EQ(npuEventQuery(event), npuSuccess);
  EXPECT_EQ(npuEventDestroy(event), npuSuccess);
}

TEST_F(Core, WaitOnOtherStreamsEventOrdersCommands) {
  npuStream_t first, second;
  npuEvent_t event;
  ASSERT_EQ(npuStreamCreateWithFlags(&first, npuStreamNonBlocking), npuSuccess);
  ASSERT_EQ(npuStreamCreateWithFlags(&second, npuStreamNonBlocking), npuSuccess);
  ASSERT_EQ(npuEventCreateWithFlags(&event, npuEventDisableTiming), npuSuccess);
  for (int round = 0; round < 50; ++round) {
    fake->setOpen(false);
    launch(1, first);
    npuEventRecord(event, first);
    npuStreamWaitEvent(second, event, 0);
    launch(2, second);
    fake->setOpen(true);
    ASSERT_EQ(npuStreamSynchronize(second), npuSuccess);
    ASSERT_EQ(fake->takeLog(), (std::vector<int>{1, 2}));
  }
  float milliseconds;
  EXPECT_EQ(npuEventElapsedTime(&milliseconds, event, event), npuErrorInvalidResourceHandle);
  npuStreamDestroy(first);
  npuStreamDestroy(second);
  npuEventDestroy(event);
}

TEST_F(Core, TheLegacyStreamIsOrderedWithBlockingStreamsOnly) {
  npuStream_t blocking, free;
  ASSERT_EQ(npuStreamCreate(&blocking), npuSuccess);
  ASSERT_EQ(npuStreamCreateWithFlags(&free, npuStreamNonBlocking), npuSuccess);
  std::mutex gate;
  gate.lock();
  auto waitForGate = [](void *data) {
    std::lock_guard<std::mutex> lock(*static_cast<std::mutex *>(data));
  };
  ASSERT_EQ(npuLaunchHostFunc(blocking, waitForGate, &gate), npuSuccess);
  ASSERT_EQ(launch(1, nullptr), npuSuccess);  // after the host function
  ASSERT_EQ(launch(2, blocking), npuSuccess); // after the legacy stream
  ASSERT_EQ(launch(3, free), npuSuccess);
  EXPECT_EQ(npuStreamSynchronize(free), npuSuccess);
  EXPECT_EQ(fake->takeLog(), (std::vector<int>{3}));
  EXPECT_EQ(npuStreamQuery(nullptr), npuErrorNotReady);
  gate.unlock();
  EXPECT_EQ(npuDeviceSynchronize(), npuSuccess);
  EXPECT_EQ(fake->takeLog(), (std::vector<int>{1, 2}));
  npuStreamDestroy(blocking);
  npuStreamDestroy(free);
}

TEST_F(Core, AFailedLaunchSticksUntilReset) {
  ASSERT_EQ(launch(1, nullptr, &brokenKernel), npuSuccess);
  EXPECT_EQ(npuDeviceSynchronize(), npuErrorLaunchFailure);
  EXPECT_EQ(npuGetLastError(), npuErrorLaunchFailure);
  EXPECT_EQ(npuGetLastError(), npuErrorLaunchFailure);
  void *pointer = nullptr;
  EXPECT_EQ(npuMalloc(&pointer, 16), npuErrorLaunchFailure);
  EXPECT_EQ(launch(2, nullptr), npuErrorLaunchFailure);
  EXPECT_EQ(npuDeviceReset(), npuSuccess);
  EXPECT_EQ(npuMalloc(&pointer, 16), npuSuccess);
  EXPECT_EQ(npuFree(pointer), npuSuccess);
}

TEST_F(Core, CallbacksLearnOfFailuresAndMayNotWait) {
  struct Seen {
    std::atomic<int> status{-1}, waited{-1};
  } seen;
  ASSERT_EQ(launch(1, nullptr, &brokenKernel), npuSuccess);
  const npuError_t added = npuStreamAddCallback(
      nullptr,
      [](npuStream_t, npuError_t status, void *data) {
        static_cast<Seen *>(data)->status = status;
        static_cast<Seen *>(data)->waited = core::synchronize(nullptr).code();
      },
      &seen, 0);
  npuDeviceSynchronize();
  // The failure may already be known when the callback is added: then the call itself says so.
  if (added == npuSuccess) {
    EXPECT_EQ(seen.status, npuErrorLaunchFailure);
    EXPECT_EQ(seen.waited, npuErrorNotPermitted);
  } else {
    EXPECT_EQ(added, npuErrorLaunchFailure);
  }
}

// What a callback writes may be the waiting function's own.
TEST_F(Core, WaitsAfterAKnownFailureStillWaitForCallbacks) {
  for (auto wait :
       {+[] { return npuDeviceSynchronize(); }, +[] { return npuStreamSynchronize(nullptr); }}) {
    std::atomic<bool> isKnown{false}, called{false};
    struct Flags {
      std::atomic<bool> &isKnown, &called;
    } flags{isKnown, called};
    ASSERT_EQ(npuStreamAddCallback(
                  nullptr,
                  [](npuStream_t, npuError_t, void *data) {
                    auto &seen = *static_cast<Flags *>(data);
                    core::failContext(Status(npuErrorLaunchFailure, "kernel broken failed"));
                    seen.isKnown = true;
                    std::this_thread::sleep_for(std::chrono::milliseconds(20));
                    seen.called = true;
                  },
                  &flags, 0),
              npuSuccess);
    while (!isKnown)
      std::this_thread::yield();
    EXPECT_EQ(wait(), npuErrorLaunchFailure);
    EXPECT_TRUE(called);
    EXPECT_EQ(npuDeviceReset(), npuSuccess);
  }
}

TEST_F(Core, BadLaunchConfigurationsAreRefused) {
  EXPECT_EQ(launch(1, nullptr, &goodKernel, npuDim3(0)), npuErrorInvalidConfiguration);
  EXPECT_EQ(launch(1, nullptr, &goodKernel, npuDim3(1, 65536)), npuErrorInvalidConfiguration);
  EXPECT_EQ(launch(1, nullptr, &goodKernel, 1, npuDim3(1025)), npuErrorInvalidConfiguration);
  EXPECT_EQ(launch(1, nullptr, &goodKernel, 1, npuDim3(1, 1, 65)), npuErrorInvalidConfiguration);
  EXPECT_EQ(launch(1, nullptr, &goodKernel, 1, npuDim3(513)), npuErrorLaunchOutOfResources);
  EXPECT_EQ(launch(1, nullptr, &goodKernel, 1, 1, 48 * 1024), npuErrorInvalidValue);
  EXPECT_EQ(npuFuncSetAttribute(&goodKernel, npuFuncAttributeMaxDynamicSharedMemorySize, 65536),
            npuSuccess);
  EXPECT_EQ(launch(1, nullptr, &goodKernel, 1, 1, 65536), npuSuccess);
  EXPECT_EQ(
      npuFuncSetAttribute(&goodKernel, npuFuncAttributeMaxDynamicSharedMemorySize, 163 * 1024),
      npuErrorInvalidValue);
  EXPECT_EQ(launch(1, nullptr, &missingKernel), npuErrorInvalidDeviceFunction);
  EXPECT_EQ(launch(1, nullptr, variable), npuErrorInvalidDeviceFunction);
  EXPECT_EQ(launch(1, nullptr, &damagedKernel), npuErrorInvalidKernelImage);
  EXPECT_EQ(launch(1, nullptr, &damagedKernel), npuErrorInvalidKernelImage);
  EXPECT_EQ(npuGetLastError(), npuErrorInvalidKernelImage);
  EXPECT_EQ(npuGetLastError(), npuSuccess);
}

TEST_F(Core, VariablesStartWithTheirValuesAndRelocations) {
  char *address = nullptr;
  ASSERT_EQ(npuGetSymbolAddress(reinterpret_cast<void **>(&address), variable), npuSuccess);
  struct {
    uint8_t bytes[8];
    char *pointer;
  } value;
  ASSERT_EQ(npuMemcpyFromSymbol(&value, variable, 16, 0, npuMemcpyDeviceToHost), npuSuccess);
  EXPECT_EQ(value.bytes[7], 5);
  EXPECT_EQ(value.pointer, address + 4);
  EXPECT_EQ(npuMemcpyToSymbol(variable, "x", 1, 15, npuMemcpyHostToDevice), npuSuccess);
  EXPECT_EQ(address[15], 'x');
  EXPECT_EQ(npuMemcpyToSymbol(variable, "xy", 2, 15, npuMemcpyHostToDevice), npuErrorInvalidValue);
  EXPECT_EQ(
      npuMemcpyToSymbol(static_cast<const void *>(&goodKernel), "x", 1, 0, npuMemcpyHostToDevice),
      npuErrorInvalidSymbol);
}

TEST_F(Core, MemoryMistakesGiveCudasCodes) {
  char *memory = nullptr, host[64] = {};
  ASSERT_EQ(npuMalloc(reinterpret_cast<void **>(&memory), 64), npuSuccess);
  EXPECT_EQ(npuMemset(memory + 8, 3, 56), npuSuccess);
  EXPECT_EQ(npuMemset(memory + 8, 3, 57), npuErrorInvalidValue);
  EXPECT_EQ(npuMemset(host, 3, 1), npuErrorInvalidValue);
  EXPECT_EQ(npuMemcpy(memory, host, 64, npuMemcpyDeviceToDevice), npuErrorInvalidValue);
  EXPECT_EQ(npuMemcpy(host, host, 64, npuMemcpyHostToDevice), npuErrorInvalidValue);
  EXPECT_EQ(npuMemcpy(host, memory, 64, npuMemcpyKind(7)), npuErrorInvalidMemcpyDirection);
  EXPECT_EQ(npuMemcpy(host, memory, 64, npuMemcpyDefault), npuSuccess);
  EXPECT_EQ(host[63], 3);
  EXPECT_EQ(npuFree(memory + 1), npuErrorInvalidValue);
  EXPECT_EQ(npuFreeHost(memory), npuErrorInvalidValue);
  EXPECT_EQ(npuFree(memory), npuSuccess);
  EXPECT_EQ(npuFree(memory), npuErrorInvalidValue);
  EXPECT_EQ(npuFree(host), npuErrorInvalidValue);
  EXPECT_EQ(npuFree(nullptr), npuSuccess);
  void *none = host;
  EXPECT_EQ(npuMalloc(&none, 0), npuSuccess);
  EXPECT_EQ(none, nullptr);
  EXPECT_EQ(npuMalloc(&none, size_t(1) << 60), npuErrorMemoryAllocation);
  EXPECT_EQ(npuHostRegister(host, 64, 0), npuSuccess);
  EXPECT_EQ(npuHostRegister(host, 64, 0), npuErrorHostMemoryAlreadyRegistered);
  EXPECT_TRUE(core::deviceCanReach(host + 1, 63));
  EXPECT_EQ(npuHostUnregister(host), npuSuccess);
  EXPECT_EQ(npuHostUnregister(host), npuErrorHostMemoryNotRegistered);
}

TEST_F(Core, PageableSourcesMayBeReusedAtOnce) {
  char *memory = nullptr;
  ASSERT_EQ(npuMalloc(reinterpret_cast<void **>(&memory), 1), npuSuccess);
  fake->setOpen(false);
  ASSERT_EQ(launch(1, nullptr), npuSuccess);
  char host = 7;
  ASSERT_EQ(npuMemcpyAsync(memory, &host, 1, npuMemcpyHostToDevice, nullptr), npuSuccess);
  host = 8;
  fake->setOpen(true);
  EXPECT_EQ(npuDeviceSynchronize(), npuSuccess);
  EXPECT_EQ(*memory, 7);
  EXPECT_EQ(npuFreeAsync(memory, nullptr), npuSuccess);
  EXPECT_EQ(npuDeviceSynchronize(), npuSuccess);
  EXPECT_EQ(npuFree(memory), npuErrorInvalidValue);
}

TEST_F(Core, ManyThreadsUseManyStreams) {
  std::atomic<int> calls{0};
  std::vector<std::thread> threads;
  for (int thread = 0; thread < 6; ++thread)
    threads.emplace_back([&, thread] {
      npuStream_t stream = thread == 0 ? nullptr : npuStreamPerThread;
      if (thread > 2) {
        ASSERT_EQ(npuStreamCreateWithFlags(&stream, thread & 1), npuSuccess);
      }
      for (int i = 0; i < 100; ++i) {
        npuEvent_t event;
        void *memory = nullptr;
        ASSERT_EQ(npuEventCreate(&event), npuSuccess);
        ASSERT_EQ(npuMalloc(&memory, 64), npuSuccess);
        ASSERT_EQ(launch(i, stream), npuSuccess);
        ASSERT_EQ(npuMemsetAsync(memory, i, 64, stream), npuSuccess);
        ASSERT_EQ(npuLaunchHostFunc(
                      stream, [](void *data) { ++*static_cast<std::atomic<int> *>(data); }, &calls),
                  npuSuccess);
        ASSERT_EQ(npuEventRecord(event, stream), npuSuccess);
        ASSERT_EQ(i % 3 ? npuEventSynchronize(event) : npuStreamSynchronize(stream), npuSuccess);
        ASSERT_EQ(*static_cast<char *>(memory), char(i));
        ASSERT_EQ(npuFree(memory), npuSuccess);
        ASSERT_EQ(npuEventDestroy(event), npuSuccess);
      }
      if (thread > 2) {
        ASSERT_EQ(npuStreamDestroy(stream), npuSuccess);
      }
    });
  for (std::thread &thread : threads)
    thread.join();
  EXPECT_EQ(calls, 600);
}

} // namespace
} // namespace npu
