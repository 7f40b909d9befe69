// A few threads that share the emulator's heavy loops. Own threads instead of OpenMP so that the
// thread sanitizer understands them and a program's OpenMP settings stay its own.
// `run` is called from one thread at a time; the caller works along.
#pragma once

#include <condition_variable>
#include <cstddef>
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

  std::mutex mutex; // guards everything below but `workers`
  std::condition_variable changed;
  const std::function<void(unsigned)> *current = nullptr;
  unsigned parts = 0, pending = 0;
  uint64_t round = 0;
  bool stopping = false;
  std::vector<std::thread> workers;
};

// oneDNN starts OpenMP threads of its own unless each calling thread asks for one. Call it first on
// every thread that runs primitives.
void useOneOpenmpThread();

} // namespace npu::backend
