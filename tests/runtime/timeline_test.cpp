// Timelines on a device with queues of its own: commands in flight keep their order among
// themselves, with points and with commands that the core runs.
#include "src/timeline.h"

#include <gtest/gtest.h>

#include <thread>

namespace npu::core {
namespace {

// One thread runs all queues' commands in order. A launch logs its grid's x extent; 13 fails.
class QueueDevice final : public Device, public QueueingDevice {
public:
  QueueDevice() : thread([this] { run(); }) {}
  ~QueueDevice() override {
    {
      std::lock_guard<std::mutex> lock(mutex);
      stopping = true;
    }
    changed.notify_all();
    thread.join();
  }
  const char *name() const override { return "queue"; }
  Status accepts(const Command &) const override { return {}; }
  void execute(const Command &command, Completion done) override {
    if (std::holds_alternative<Launch>(command))
      return add(std::get<Launch>(command), std::move(done));
    std::get<HostCall>(command).function();
    done({});
  }
  bool queues(const Command &command) const override {
    return std::holds_alternative<Launch>(command);
  }
  std::unique_ptr<CommandQueue> makeQueue() override { return std::make_unique<Queue>(*this); }

  void setOpen(bool value) {
    std::lock_guard<std::mutex> lock(mutex);
    open = value;
    changed.notify_all();
  }
  void note(unsigned what) {
    std::lock_guard<std::mutex> lock(mutex);
    log.push_back(what);
  }
  std::vector<unsigned> takeLog() {
    std::lock_guard<std::mutex> lock(mutex);
    return std::move(log);
  }
  size_t waiting() {
    std::lock_guard<std::mutex> lock(mutex);
    return pending.size();
  }

private:
  struct Queue final : CommandQueue {
    explicit Queue(QueueDevice &device) : device(device) {}
    void execute(const Command &command, Completion done) override {
      device.add(std::get<Launch>(command), std::move(done));
    }
    QueueDevice &device;
  };
  void add(const Launch &launch, Completion done) {
    std::lock_guard<std::mutex> lock(mutex);
    pending.push_back({launch.grid.x, std::move(done)});
    changed.notify_all();
  }
  void run() {
    std::unique_lock<std::mutex> lock(mutex);
    while (true) {
      changed.wait(lock, [&] { return stopping || (open && !pending.empty()); });
      if (stopping)
        return;
      auto [what, done] = std::move(pending.front());
      pending.pop_front();
      log.push_back(what);
      lock.unlock();
      done(what == 13 ? Status(npuErrorLaunchFailure, "command 13 failed") : Status());
      done(Status(npuErrorUnknown, "a second completion must not count"));
      lock.lock();
    }
  }

  std::mutex mutex;
  std::condition_variable changed;
  std::deque<std::pair<unsigned, Completion>> pending;
  std::vector<unsigned> log;
  bool open = true, stopping = false;
  std::thread thread;
};

class TimelineQueue : public testing::Test {
protected:
  void SetUp() override { clearContextFailure(); }
  void TearDown() override {
    device.setOpen(true);
    timeline->wait(timeline->last());
    timeline->retire();
    clearContextFailure();
  }
  Timeline::Item launch(unsigned what) {
    Timeline::Item item;
    item.device = &device;
    Launch command;
    command.grid.x = what;
    item.command = std::move(command);
    return item;
  }
  Timeline::Item call(unsigned what) {
    Timeline::Item item;
    item.device = &device;
    item.command = HostCall{[this, what] { device.note(what); }};
    return item;
  }
  uint64_t push(Timeline::Item item) {
    return timeline->push(std::move(item), Timeline::Start::Now);
  }

  QueueDevice device;
  std::shared_ptr<Timeline> timeline = Timeline::create();
};

TEST_F(TimelineQueue, LaunchesReachTheDeviceBeforeEarlierOnesHaveEnded) {
  device.setOpen(false);
  for (unsigned i = 0; i < 5; ++i)
    push(launch(i));
  EXPECT_EQ(device.waiting(), 5u);
  EXPECT_FALSE(timeline->reached(1));
  device.setOpen(true);
  timeline->wait(5);
  EXPECT_EQ(device.takeLog(), (std::vector<unsigned>{0, 1, 2, 3, 4}));
}

TEST_F(TimelineQueue, HostCallsRunBetweenTheirNeighbours) {
  std::vector<unsigned> expected;
  for (unsigned i = 100; i < 400; ++i) {
    push(i % 7 == 0 ? call(i) : launch(i));
    expected.push_back(i);
  }
  timeline->wait(timeline->last());
  EXPECT_EQ(device.takeLog(), expected);
}

TEST_F(TimelineQueue, APointIsReachedAfterTheLaunchesBeforeIt) {
  device.setOpen(false);
  push(launch(1));
  Timeline::Item marker;
  marker.record = std::make_shared<EventRecord>();
  const auto record = marker.record;
  const uint64_t value = push(std::move(marker));
  push(launch(2));
  EXPECT_FALSE(timeline->reached(value));
  const auto before = std::chrono::steady_clock::now();
  device.setOpen(true);
  timeline->wait(value);
  EXPECT_GE(record->time, before);
}

TEST_F(TimelineQueue, WhatALaunchNeedsIsKeptUntilItHasEnded) {
  device.setOpen(false);
  auto kept = std::make_shared<int>(1);
  const std::weak_ptr<int> watched = kept;
  Timeline::Item item = launch(1);
  item.keepAlive = std::move(kept);
  const uint64_t value = push(std::move(item));
  EXPECT_FALSE(watched.expired());
  device.setOpen(true);
  timeline->wait(value);
  timeline->wait(push(call(2)));
  EXPECT_TRUE(watched.expired());
}

TEST_F(TimelineQueue, AFailureIsKnownWhenTheWaitEndsAndStopsLaterLaunches) {
  timeline->wait(push(launch(13)));
  EXPECT_EQ(contextFailure().code(), npuErrorLaunchFailure);
  timeline->wait(push(launch(14)));
  EXPECT_EQ(device.takeLog(), std::vector<unsigned>{13});
}

TEST_F(TimelineQueue, OtherTimelinesWaitForPointsInFlight) {
  const std::shared_ptr<Timeline> other = Timeline::create();
  for (int round = 0; round < 50; ++round) {
    device.setOpen(false);
    const uint64_t value = push(launch(1));
    Timeline::Item after = launch(2);
    after.after.push_back({timeline, value});
    const uint64_t last = other->push(std::move(after), Timeline::Start::Now);
    device.setOpen(true);
    other->wait(last);
    ASSERT_EQ(device.takeLog(), (std::vector<unsigned>{1, 2}));
  }
  other->retire();
}

TEST_F(TimelineQueue, ManyThreadsSubmitToOneTimeline) {
  std::vector<std::thread> threads;
  std::atomic<int> calls{0};
  for (unsigned t = 0; t < 4; ++t)
    threads.emplace_back([&, t] {
      for (unsigned i = 0; i < 300; ++i) {
        uint64_t value = 0;
        if ((i + t) % 5 == 0) {
          Timeline::Item item;
          item.device = &device;
          item.command = HostCall{[&] { ++calls; }};
          value = push(std::move(item));
        } else {
          value = push(launch(100 + t));
        }
        if (i % 16 == 0)
          timeline->wait(value);
      }
    });
  for (std::thread &thread : threads)
    thread.join();
  timeline->wait(timeline->last());
  EXPECT_EQ(calls, 240);
  EXPECT_EQ(device.takeLog().size(), 960u);
}

} // namespace
} // namespace npu::core
