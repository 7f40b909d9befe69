// See worker_pool.h.
#include "worker_pool.h"

#include <algorithm>
#include <chrono>
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

namespace {

constexpr unsigned kPartBits = 16;
constexpr uint64_t kPartMask = (uint64_t(1) << kPartBits) - 1;
// Longer than the caller's work between two loops of one op, shorter than a sleep and a wake-up.
constexpr auto kLooks = std::chrono::microseconds(20);

void pauseBriefly() {
#if defined(__x86_64__)
  __builtin_ia32_pause();
#else
  std::this_thread::yield();
#endif
}

} // namespace

WorkerPool::WorkerPool(unsigned threads) {
  for (unsigned part = 1; part < threads && part <= kPartMask; ++part)
    workers.emplace_back([this, part] { work(part); });
}

WorkerPool::~WorkerPool() {
  stopping = true;
  wake(sleepingWorkers);
  for (std::thread &worker : workers)
    worker.join();
}

// A sleeper counts itself before its last look, and a waker looks for sleepers after its change:
// one of them sees the other.
template <typename Condition>
void WorkerPool::wait(std::atomic<unsigned> &sleepers, Condition condition) {
  const auto end = std::chrono::steady_clock::now() + kLooks;
  do {
    for (int i = 0; i < 32; ++i) {
      if (condition())
        return;
      pauseBriefly();
    }
  } while (std::chrono::steady_clock::now() < end);
  std::unique_lock<std::mutex> lock(mutex);
  ++sleepers;
  changed.wait(lock, condition);
  --sleepers;
}

void WorkerPool::wake(std::atomic<unsigned> &sleepers) {
  if (sleepers == 0)
    return;
  std::lock_guard<std::mutex> lock(mutex);
  changed.notify_all();
}

void WorkerPool::work(unsigned part) {
  useOneOpenmpThread();
  uint64_t seen = 0;
  for (;;) {
    wait(sleepingWorkers, [&] { return stopping || round != seen; });
    if (stopping)
      return;
    seen = round;
    if (part >= (seen & kPartMask))
      continue;
    (*current)(part);
    if (--pending == 0)
      wake(sleepingCallers);
  }
}

void WorkerPool::run(unsigned count, const std::function<void(unsigned)> &task) {
  useOneOpenmpThread();
  count = std::min(count, size());
  if (count <= 1) {
    task(0);
    return;
  }
  current = &task;
  pending = count - 1;
  round = ((round >> kPartBits) + 1) << kPartBits | count;
  wake(sleepingWorkers);
  task(0);
  wait(sleepingCallers, [&] { return pending == 0; });
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
