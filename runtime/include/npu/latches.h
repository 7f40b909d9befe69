// libcu++'s latches and semaphores, in namespace npu::concurrency. Waiting is a loop on an atomic
// variable: lanes and warps that wait let the others go on.
#ifndef NPU_LATCHES_H
#define NPU_LATCHES_H

#include "npu/api/hold_macros.def"

#include "npu/concurrency.h"

#include <chrono>

#if defined(__CUDA__) && defined(__clang__)

namespace npu {
namespace concurrency {

#define NPU_MEMBER NPU_HOST_DEVICE NPU_FORCEINLINE

template <thread_scope Scope> class latch {
public:
  NPU_HOST_DEVICE constexpr explicit latch(::std::ptrdiff_t expected) : left(expected) {}
  latch(const latch &) = delete;
  latch &operator=(const latch &) = delete;

  NPU_MEMBER void count_down(::std::ptrdiff_t update = 1) { left.fetch_sub(update); }
  NPU_MEMBER bool try_wait() const { return left.load() == 0; }
  NPU_MEMBER void wait() const {
    while (!try_wait()) {
    }
  }
  NPU_MEMBER void arrive_and_wait(::std::ptrdiff_t update = 1) {
    count_down(update);
    wait();
  }
  NPU_HOST_DEVICE static constexpr ::std::ptrdiff_t max() noexcept { return 0x7fffffff; }

private:
  atomic<::std::ptrdiff_t, Scope> left;
};

template <thread_scope Scope, ::std::ptrdiff_t Most = 0x7fffffff> class counting_semaphore {
public:
  NPU_HOST_DEVICE constexpr explicit counting_semaphore(::std::ptrdiff_t desired = 0)
      : available(desired) {}
  counting_semaphore(const counting_semaphore &) = delete;
  counting_semaphore &operator=(const counting_semaphore &) = delete;

  NPU_MEMBER void release(::std::ptrdiff_t update = 1) { available.fetch_add(update); }
  NPU_MEMBER bool try_acquire() noexcept {
    ::std::ptrdiff_t seen = available.load();
    return seen > 0 && available.compare_exchange_strong(seen, seen - 1);
  }
  NPU_MEMBER void acquire() {
    while (!try_acquire()) {
    }
  }
  // The time is a hint that is not taken: one try.
  template <class Rep, class Period>
  NPU_MEMBER bool try_acquire_for(const ::std::chrono::duration<Rep, Period> &) {
    return try_acquire();
  }
  NPU_HOST_DEVICE static constexpr ::std::ptrdiff_t max() noexcept { return Most; }

private:
  atomic<::std::ptrdiff_t, Scope> available;
};
template <thread_scope Scope> using binary_semaphore = counting_semaphore<Scope, 1>;

#undef NPU_MEMBER

namespace std {
using latch = npu::concurrency::latch<thread_scope_system>;
template <::std::ptrdiff_t Most = 0x7fffffff>
using counting_semaphore = npu::concurrency::counting_semaphore<thread_scope_system, Most>;
using binary_semaphore = npu::concurrency::binary_semaphore<thread_scope_system>;
template <class Completion = NoCompletion>
using barrier = npu::concurrency::barrier<thread_scope_system, Completion>;
} // namespace std

} // namespace concurrency
} // namespace npu

#endif

#include "npu/api/release_macros.def"

#endif
