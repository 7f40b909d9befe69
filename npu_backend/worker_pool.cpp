// See worker_pool.h.
#include "worker_pool.h"

#include <algorithm>
#include <cstdint>
#include <dlfcn.h>

namespace npu::backend {

void useOneOpenmpThread() {
  // Looked up at run time: which OpenMP (if any) is there is oneDNN's choice, not ours.
  using Setter = void (*)(int);
  static const Setter setter = reinterpret_cast<Setter>(dlsym(RTLD_DEFAULT, "omp_set_num_threads"));
  thread_local bool done = false;
  if (setter && !done)
    setter(1);
  done = true;
}

WorkerPool::WorkerPool(unsigned threads) {
  for (unsigned part = 1; part < threads; ++part)
    workers.emplace_back([this, part] { work(part); });
}

WorkerPool::~WorkerPool() {
  {
    std::lock_guard<std::mutex> lock(mutex);
    stopping = true;
    changed.notify_all();
  }
  for (std::thread &worker : workers)
    worker.join();
}

void WorkerPool::work(unsigned part) {
  useOneOpenmpThread();
  uint64_t seen = 0;
  for (;;) {
    const std::function<void(unsigned)> *task;
    {
      std::unique_lock<std::mutex> lock(mutex);
      changed.wait(lock, [&] { return stopping || (round != seen && part < parts); });
      if (stopping)
        return;
      seen = round;
      task = current;
    }
    (*task)(part);
    std::lock_guard<std::mutex> lock(mutex);
    if (--pending == 0)
      changed.notify_all();
  }
}

void WorkerPool::run(unsigned count, const std::function<void(unsigned)> &task) {
  useOneOpenmpThread();
  count = std::min(count, size());
  if (count <= 1) {
    task(0);
    return;
  }
  {
    std::lock_guard<std::mutex> lock(mutex);
    current = &task;
    parts = count;
    pending = count - 1;
    ++round;
    changed.notify_all();
  }
  task(0);
  std::unique_lock<std::mutex> lock(mutex);
  changed.wait(lock, [&] { return pending == 0; });
  parts = 0;
}

void WorkerPool::split(size_t count, size_t elements,
                       const std::function<void(size_t, size_t)> &task) {
  constexpr size_t kWorthSharing = 1 << 15;
  unsigned shares = elements < kWorthSharing ? 1 : unsigned(std::min<size_t>(size(), count));
  if (shares <= 1) {
    task(0, count);
    return;
  }
  run(shares, [&](unsigned part) { task(count * part / shares, count * (part + 1) / shares); });
}

} // namespace npu::backend
