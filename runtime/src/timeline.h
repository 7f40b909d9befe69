// A timeline: an in-order queue of commands and a counter of those done. A stream owns one; an
// event is a point (timeline, value) on it.
//
// Who runs a command: a thread that waits for it, when nobody else runs the queue (so that a launch
// or a copy that is waited for changes no thread), else the timeline's own worker, which starts at
// the first asynchronous command. Host calls run on the worker only, as long as there are workers.
// One command of a timeline runs at a time; different timelines run at the same time.
//
// A command that is ready for a device with queues of its own (npu/command_queue.h) is instead
// given to it at once by the thread that submits it, behind those given before: it is "in flight".
//
// Everything in here may be called from any thread. Completions share ownership of the timeline;
// waiters are notified under the lock; no lock is held while calling out, but for `submitting`.
#pragma once

#include "npu/command_queue.h"

#include <atomic>
#include <chrono>
#include <condition_variable>
#include <deque>
#include <memory>
#include <mutex>
#include <vector>

namespace npu::core {

class Timeline;
struct OpReport; // report.h

struct Point {
  std::shared_ptr<Timeline> timeline;
  uint64_t value = 0;
};

// One recording of an event. `time` is written before the point is reached and read after.
struct EventRecord {
  Point point;
  std::chrono::steady_clock::time_point time;
};

class Timeline : public std::enable_shared_from_this<Timeline> {
public:
  struct Item {
    std::vector<Point> after; // reached before the command starts
    Device *device = nullptr; // null: nothing to execute, only order and time
    Command command;
    std::shared_ptr<const Command> shared; // to be executed instead of `command` when set
    std::shared_ptr<EventRecord> record;   // gets the time of completion
    std::shared_ptr<OpReport> report;      // marked when the command has been executed
    std::shared_ptr<void> keepAlive;       // released after completion
    bool evenAfterFailure = false;         // callbacks run also when the context has failed

    const Command &work() const { return shared ? *shared : command; }
  };
  enum class Start {
    Now,     // the worker starts it
    ByWaiter // the caller waits for it at once, and so runs it
  };

  static std::shared_ptr<Timeline> create();

  // Returns the value that is reached when `item` is done.
  uint64_t push(Item item, Start start);
  void wait(uint64_t value);
  bool reached(uint64_t value) const { return completed.load(std::memory_order_acquire) >= value; }
  uint64_t last() const { return submitted.load(std::memory_order_acquire); }
  bool idle() const { return reached(last()); }
  // No push follows; the worker ends when the queue is empty.
  void retire();

  // At exit: every worker finishes its present command and ends; waits for that (at most ten
  // seconds: a compilation must not be cut off), but not for itself when a host call exits. From
  // then on whoever waits runs everything.
  static void stopAll();
  // Whether this thread is inside a host call of a stream: it must not wait for streams.
  static bool insideHostCall();

private:
  // A command in flight, or a point between such commands.
  struct Flight {
    bool ended = false; // the device has said so
    bool done = false;  // and what the command kept has been released
    std::shared_ptr<EventRecord> record;
    std::shared_ptr<void> keepAlive;
    std::shared_ptr<const Command> shared; // lives as long as the command runs
  };

  Timeline() = default;
  bool findQueue(const Item &item);
  uint64_t fly(Item item, std::unique_lock<std::mutex> &lock);
  void land(uint64_t value, const Status &status);
  bool mayRunFront() const { return !running && flights.empty() && !queue.empty(); }
  void startWorker(std::unique_lock<std::mutex> &lock);
  void work();
  void runFront(std::unique_lock<std::mutex> &lock);
  Status perform(Item &item, uint64_t value);
  void finish(uint64_t value, Status status);

  // Taken before `mutex` by whoever gives a command to the device's queue, and held while doing so:
  // values and the queue's order must agree. Completions never take it.
  std::mutex submitting;
  std::unique_ptr<CommandQueue> deviceQueue; // under submitting
  Device *queueDevice = nullptr;             // under submitting; whose it is, or who has none

  std::mutex mutex;
  std::condition_variable workArrived; // for the worker
  std::condition_variable progressed;  // for waiters, and for the runner of an asynchronous command
  // Written under `mutex`, read anywhere.
  std::atomic<uint64_t> submitted{0}, completed{0};
  // All below: under `mutex`.
  std::deque<Item> queue;     // runs when nothing is in flight
  std::deque<Flight> flights; // the oldest has the value completed + 1
  bool running = false;       // a thread is executing the item of value completed + 1
  bool hasWorker = false, workerSleeps = false, retired = false;
  unsigned sleepers = 0; // threads in `progressed`
  uint64_t finished = 0; // the value whose execution has called its completion
  Status outcome;        // of that execution
};

// The first failure of asynchronous work. It makes the context unusable, as in CUDA: later commands
// are skipped and calls return its code, until the device is reset.
void failContext(const Status &status);
Status contextFailure();
bool contextFailed();
void clearContextFailure();

} // namespace npu::core
