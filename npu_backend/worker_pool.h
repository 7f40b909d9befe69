// A few threads that share the emulator's heavy loops. Own threads instead of OpenMP so that the
// thread sanitizer understands them and a program's OpenMP settings stay its own.
// `run` is called from one thread at a time; the caller works along. Whoever waits looks for a few
// microseconds before it sleeps: an op of the NPU is hundreds of short loops in a row.
#pragma once

#include <atomic>
#include <condition_variable>
#include <cstddef>
#include <cstdint>
#include <functional>
#include <mutex>
#include <thread>
#include <vector>

namespace npu::backend {

class WorkerPool {
public:
  // `threads` counts the caller: 1 makes no thread.
  explicit WorkerPool(unsigned threads);
  ~WorkerPool();
  unsigned size() const { return unsigned(workers.size()) + 1; }
  // Calls task(part) for part = 0...parts-1 and returns when all are done. `parts` <= size().
  void run(unsigned parts, const std::function<void(unsigned)> &task);
  // Splits 0...count-1 into contiguous ranges, one call each; one range when `work` (in elements)
  // is too little to share.
  void split(size_t count, size_t work, const std::function<void(size_t begin, size_t end)> &task);

private:
  void work(unsigned part);
  template <typename Condition> void wait(std::atomic<unsigned> &sleepers, Condition condition);
  void wake(std::atomic<unsigned> &sleepers);

  // A round's number and, in the low bits, its parts: read at once, so that a worker without a part
  // looks at nothing that the next round may be changing.
  std::atomic<uint64_t> round{0};
  const std::function<void(unsigned)> *current = nullptr; // of the round; for those with a part
  std::atomic<unsigned> pending{0};                       // workers that are still at their parts
  std::atomic<bool> stopping{false};
  std::mutex mutex; // for sleeping only
  std::condition_variable changed;
  std::atomic<unsigned> sleepingWorkers{0}, sleepingCallers{0};
  std::vector<std::thread> workers;
};

// oneDNN starts OpenMP threads of its own unless each calling thread asks for one. Call it first on
// every thread that runs primitives.
void useOneOpenmpThread();

} // namespace npu::backend
