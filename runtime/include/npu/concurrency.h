// libcu++'s pipelines, barriers and atomics for kernels, in namespace npu::concurrency.
//
// Copies are done when they are asked for: a pipeline of one thread has nothing to wait for. A
// barrier of a block is reached by all its threads, as one of syncThreads(); code in which only
// some threads wait is refused where kernels are compiled.
#ifndef NPU_CONCURRENCY_H
#define NPU_CONCURRENCY_H

#include "npu/api/hold_macros.def"

#include "npu/kernel.h"

#if defined(__CUDA__) && defined(__clang__)

#include <cstddef>
#include <type_traits>
#include <utility>

namespace npu {
namespace concurrency {

// The parts of the standard library that have no place in memory work on both sides of a program.
namespace std {
using namespace ::std;
}

#define NPU_MEMBER NPU_DEVICE NPU_FORCEINLINE
#define NPU_FREE static NPU_DEVICE NPU_FORCEINLINE

enum thread_scope {
  thread_scope_system,
  thread_scope_device,
  thread_scope_block,
  thread_scope_thread
};

// Declared and defined nowhere: the device compiler reports a kernel that reaches one by name.
namespace unsupported {
NPU_DEVICE void barrierBeyondTheBlock();
NPU_DEVICE void waitOfSomeThreads();
NPU_DEVICE void pipelineWithRoles();
} // namespace unsupported

// A promise that a size is a multiple of an alignment.
template <::std::size_t Alignment> struct aligned_size_t {
  static constexpr ::std::size_t align = Alignment;
  ::std::size_t value;
  NPU_HOST_DEVICE constexpr explicit aligned_size_t(::std::size_t size) : value(size) {}
  NPU_HOST_DEVICE constexpr operator ::std::size_t() const { return value; }
};

// --- Barriers ---

template <thread_scope Scope> class barrier {
public:
  using arrival_token = unsigned long long;

  barrier() = default;
  NPU_MEMBER explicit barrier(::std::ptrdiff_t expected) : expected(expected) {}
  barrier(const barrier &) = delete;
  barrier &operator=(const barrier &) = delete;

  friend NPU_DEVICE NPU_FORCEINLINE void init(barrier *self, ::std::ptrdiff_t expected) {
    self->expected = expected;
  }
  NPU_MEMBER arrival_token arrive(::std::ptrdiff_t = 1) {
    check();
    return 0;
  }
  NPU_MEMBER void wait(arrival_token &&) const {
    if (Scope == thread_scope_block)
      syncThreads();
  }
  NPU_MEMBER void arrive_and_wait() { wait(arrive()); }
  NPU_MEMBER void arrive_and_drop() { unsupported::waitOfSomeThreads(); }
  NPU_MEMBER bool try_wait(arrival_token &&token) const {
    wait(static_cast<arrival_token &&>(token));
    return true;
  }
  NPU_HOST_DEVICE static constexpr ::std::ptrdiff_t max() { return 0xfffff; }

private:
  NPU_MEMBER static void check() {
    if (Scope == thread_scope_device || Scope == thread_scope_system)
      unsupported::barrierBeyondTheBlock();
  }
  ::std::ptrdiff_t expected;
};

// --- Copies ---

namespace detail {
template <class Size> struct AlignmentOf {
  static constexpr ::std::size_t value = 1;
};
template <::std::size_t Alignment> struct AlignmentOf<aligned_size_t<Alignment>> {
  static constexpr ::std::size_t value = Alignment;
};
template <class Word>
NPU_FREE void copyWords(void *to, const void *from, ::std::size_t bytes, ::std::size_t first,
                        ::std::size_t step) {
  for (::std::size_t i = first; i < bytes / sizeof(Word); i += step)
    static_cast<Word *>(to)[i] = static_cast<const Word *>(from)[i];
}
template <::std::size_t Alignment>
NPU_FREE void copy(void *to, const void *from, ::std::size_t bytes, ::std::size_t first = 0,
                   ::std::size_t step = 1) {
  if (Alignment % 4 == 0)
    copyWords<unsigned int>(to, from, bytes, first, step);
  else
    copyWords<unsigned char>(to, from, bytes, first, step);
}
} // namespace detail

// What a copy tells when it is done: a barrier or a pipeline. It is done at once.
template <class T, class Size, class Sync>
NPU_FREE typename ::std::enable_if<::std::is_convertible<Size, ::std::size_t>::value>::type
memcpy_async(T *to, const T *from, Size bytes, Sync &) {
  constexpr ::std::size_t known = detail::AlignmentOf<Size>::value;
  detail::copy<(alignof(T) > known ? alignof(T) : known)>(to, from, bytes);
}
template <class Size, class Sync>
NPU_FREE typename ::std::enable_if<::std::is_convertible<Size, ::std::size_t>::value>::type
memcpy_async(void *to, const void *from, Size bytes, Sync &) {
  detail::copy<detail::AlignmentOf<Size>::value>(to, from, bytes);
}
template <class Group, class T, class Size, class Sync>
NPU_FREE void memcpy_async(const Group &group, T *to, const T *from, Size bytes, Sync &) {
  constexpr ::std::size_t known = detail::AlignmentOf<Size>::value;
  detail::copy<(alignof(T) > known ? alignof(T) : known)>(to, from, bytes, group.thread_rank(),
                                                          group.size());
}
template <class Group, class Size, class Sync>
NPU_FREE void memcpy_async(const Group &group, void *to, const void *from, Size bytes, Sync &) {
  detail::copy<detail::AlignmentOf<Size>::value>(to, from, bytes, group.thread_rank(),
                                                 group.size());
}

// --- Pipelines ---

enum class pipeline_role { producer, consumer };

template <thread_scope Scope, ::std::size_t Stages> class pipeline_shared_state {
public:
  pipeline_shared_state() = default;
  pipeline_shared_state(const pipeline_shared_state &) = delete;

private:
  unsigned int unused;
};

// Threads that share a pipeline all produce and all consume: waiting is a barrier of the block.
template <thread_scope Scope> class pipeline {
public:
  NPU_MEMBER void producer_acquire() { sync(); }
  NPU_MEMBER void producer_commit() {}
  NPU_MEMBER void consumer_wait() { sync(); }
  template <class Rep, class Period> NPU_MEMBER bool consumer_wait_for(const Rep &) {
    sync();
    return true;
  }
  NPU_MEMBER void consumer_release() {}
  NPU_MEMBER bool quit() { return true; }

private:
  NPU_MEMBER static void sync() {
    if (Scope == thread_scope_block)
      syncThreads();
    else if (Scope != thread_scope_thread)
      unsupported::barrierBeyondTheBlock();
  }
};

NPU_FREE pipeline<thread_scope_thread> make_pipeline() { return {}; }
template <class Group, thread_scope Scope, ::std::size_t Stages>
NPU_FREE pipeline<Scope> make_pipeline(const Group &, pipeline_shared_state<Scope, Stages> *) {
  return {};
}
template <class Group, thread_scope Scope, ::std::size_t Stages>
NPU_FREE pipeline<Scope> make_pipeline(const Group &, pipeline_shared_state<Scope, Stages> *,
                                       pipeline_role) {
  unsupported::pipelineWithRoles();
  return {};
}
template <class Group, thread_scope Scope, ::std::size_t Stages>
NPU_FREE pipeline<Scope> make_pipeline(const Group &, pipeline_shared_state<Scope, Stages> *,
                                       ::std::size_t) {
  unsupported::pipelineWithRoles();
  return {};
}

template <::std::size_t Prior, thread_scope Scope>
NPU_FREE void pipeline_consumer_wait_prior(pipeline<Scope> &pipe) {
  pipe.consumer_wait();
}
template <thread_scope Scope>
NPU_FREE void pipeline_producer_commit(pipeline<Scope> &, barrier<Scope> &) {}

// --- Atomics ---

enum memory_order {
  memory_order_relaxed = __ATOMIC_RELAXED,
  memory_order_consume = __ATOMIC_CONSUME,
  memory_order_acquire = __ATOMIC_ACQUIRE,
  memory_order_release = __ATOMIC_RELEASE,
  memory_order_acq_rel = __ATOMIC_ACQ_REL,
  memory_order_seq_cst = __ATOMIC_SEQ_CST
};

static NPU_HOST_DEVICE NPU_FORCEINLINE void
atomic_thread_fence(memory_order, thread_scope = thread_scope_system) {
#ifdef __CUDA_ARCH__
  threadFence();
#else
  __atomic_thread_fence(__ATOMIC_SEQ_CST);
#endif
}

namespace detail {
// Orders are rounded up to the strongest: they are constants of the builtins.
constexpr int kOrder = __ATOMIC_SEQ_CST;

template <class T, bool IsNumber = ::std::is_arithmetic<T>::value> struct Operations {
  static NPU_HOST_DEVICE NPU_FORCEINLINE T add(T *address, T value) {
    return __atomic_fetch_add(address, value, kOrder);
  }
  static NPU_HOST_DEVICE NPU_FORCEINLINE T subtract(T *address, T value) {
    return __atomic_fetch_sub(address, value, kOrder);
  }
};

template <class T> class AtomicOperations {
public:
  NPU_HOST_DEVICE NPU_FORCEINLINE T load(memory_order = memory_order_seq_cst) const {
    T value;
    __atomic_load(pointer(), &value, kOrder);
    return value;
  }
  NPU_HOST_DEVICE NPU_FORCEINLINE void store(T value, memory_order = memory_order_seq_cst) const {
    __atomic_store(pointer(), &value, kOrder);
  }
  NPU_HOST_DEVICE NPU_FORCEINLINE T exchange(T value, memory_order = memory_order_seq_cst) const {
    T old;
    __atomic_exchange(pointer(), &value, &old, kOrder);
    return old;
  }
  NPU_HOST_DEVICE NPU_FORCEINLINE bool
  compare_exchange_strong(T &expected, T value, memory_order = memory_order_seq_cst,
                          memory_order = memory_order_seq_cst) const {
    return __atomic_compare_exchange(pointer(), &expected, &value, false, kOrder, kOrder);
  }
  NPU_HOST_DEVICE NPU_FORCEINLINE bool
  compare_exchange_weak(T &expected, T value, memory_order = memory_order_seq_cst,
                        memory_order = memory_order_seq_cst) const {
    return compare_exchange_strong(expected, value);
  }
  NPU_HOST_DEVICE NPU_FORCEINLINE T fetch_add(T value, memory_order = memory_order_seq_cst) const {
    return Operations<T>::add(pointer(), value);
  }
  NPU_HOST_DEVICE NPU_FORCEINLINE T fetch_sub(T value, memory_order = memory_order_seq_cst) const {
    return Operations<T>::subtract(pointer(), value);
  }
  NPU_HOST_DEVICE NPU_FORCEINLINE T fetch_and(T value, memory_order = memory_order_seq_cst) const {
    return __atomic_fetch_and(pointer(), value, kOrder);
  }
  NPU_HOST_DEVICE NPU_FORCEINLINE T fetch_or(T value, memory_order = memory_order_seq_cst) const {
    return __atomic_fetch_or(pointer(), value, kOrder);
  }
  NPU_HOST_DEVICE NPU_FORCEINLINE T fetch_xor(T value, memory_order = memory_order_seq_cst) const {
    return __atomic_fetch_xor(pointer(), value, kOrder);
  }
  NPU_HOST_DEVICE NPU_FORCEINLINE T fetch_min(T value, memory_order = memory_order_seq_cst) const {
    return __atomic_fetch_min(pointer(), value, kOrder);
  }
  NPU_HOST_DEVICE NPU_FORCEINLINE T fetch_max(T value, memory_order = memory_order_seq_cst) const {
    return __atomic_fetch_max(pointer(), value, kOrder);
  }
  NPU_HOST_DEVICE NPU_FORCEINLINE operator T() const { return load(); }
  NPU_HOST_DEVICE NPU_FORCEINLINE T operator++() const { return fetch_add(1) + 1; }
  NPU_HOST_DEVICE NPU_FORCEINLINE T operator++(int) const { return fetch_add(1); }
  NPU_HOST_DEVICE NPU_FORCEINLINE T operator--() const { return fetch_sub(1) - 1; }
  NPU_HOST_DEVICE NPU_FORCEINLINE T operator--(int) const { return fetch_sub(1); }
  NPU_HOST_DEVICE NPU_FORCEINLINE T operator+=(T value) const { return fetch_add(value) + value; }
  NPU_HOST_DEVICE NPU_FORCEINLINE T operator-=(T value) const { return fetch_sub(value) - value; }
  NPU_HOST_DEVICE NPU_FORCEINLINE T operator&=(T value) const { return fetch_and(value) & value; }
  NPU_HOST_DEVICE NPU_FORCEINLINE T operator|=(T value) const { return fetch_or(value) | value; }
  NPU_HOST_DEVICE NPU_FORCEINLINE T operator^=(T value) const { return fetch_xor(value) ^ value; }
  NPU_HOST_DEVICE static constexpr bool is_lock_free() { return true; }

protected:
  AtomicOperations() = default;
  NPU_HOST_DEVICE explicit AtomicOperations(T *address) : address(address) {}
  NPU_HOST_DEVICE T *pointer() const { return address; }

private:
  T *address;
};
} // namespace detail

// An atomic view of a variable.
template <class T, thread_scope Scope = thread_scope_system>
class atomic_ref : public detail::AtomicOperations<T> {
public:
  NPU_HOST_DEVICE explicit atomic_ref(T &variable) : detail::AtomicOperations<T>(&variable) {}
  NPU_HOST_DEVICE NPU_FORCEINLINE T operator=(T value) const {
    this->store(value);
    return value;
  }
};

// A variable whose accesses are atomic; each goes through a view.
template <class T, thread_scope Scope = thread_scope_system> class atomic {
public:
  atomic() = default;
  NPU_HOST_DEVICE constexpr atomic(T value) : value(value) {}
  atomic(const atomic &) = delete;
  atomic &operator=(const atomic &) = delete;
  atomic &operator=(const atomic &) volatile = delete;

// All are volatile's too, as std::atomic's are.
#define NPU_THROUGH_VIEW(name)                                                                     \
  template <class... Arguments>                                                                    \
  NPU_HOST_DEVICE NPU_FORCEINLINE auto name(Arguments &&...arguments) {                            \
    return view().name(static_cast<Arguments &&>(arguments)...);                                   \
  }                                                                                                \
  template <class... Arguments>                                                                    \
  NPU_HOST_DEVICE NPU_FORCEINLINE auto name(Arguments &&...arguments) volatile {                   \
    return view().name(static_cast<Arguments &&>(arguments)...);                                   \
  }
  NPU_THROUGH_VIEW(store)
  NPU_THROUGH_VIEW(exchange)
  NPU_THROUGH_VIEW(compare_exchange_strong)
  NPU_THROUGH_VIEW(compare_exchange_weak)
  NPU_THROUGH_VIEW(fetch_add)
  NPU_THROUGH_VIEW(fetch_sub)
  NPU_THROUGH_VIEW(fetch_and)
  NPU_THROUGH_VIEW(fetch_or)
  NPU_THROUGH_VIEW(fetch_xor)
  NPU_THROUGH_VIEW(fetch_min)
  NPU_THROUGH_VIEW(fetch_max)
#undef NPU_THROUGH_VIEW
#define NPU_OPERATOR(sign)                                                                         \
  NPU_HOST_DEVICE NPU_FORCEINLINE T operator sign(T other) { return view() sign other; }           \
  NPU_HOST_DEVICE NPU_FORCEINLINE T operator sign(T other) volatile { return view() sign other; }
  NPU_OPERATOR(=)
  NPU_OPERATOR(+=)
  NPU_OPERATOR(-=)
  NPU_OPERATOR(&=)
  NPU_OPERATOR(|=)
  NPU_OPERATOR(^=)
#undef NPU_OPERATOR
#define NPU_STEP(sign)                                                                             \
  NPU_HOST_DEVICE NPU_FORCEINLINE T operator sign() { return sign view(); }                        \
  NPU_HOST_DEVICE NPU_FORCEINLINE T operator sign() volatile { return sign view(); }               \
  NPU_HOST_DEVICE NPU_FORCEINLINE T operator sign(int) { return view() sign; }                     \
  NPU_HOST_DEVICE NPU_FORCEINLINE T operator sign(int) volatile { return view() sign; }
  NPU_STEP(++)
  NPU_STEP(--)
#undef NPU_STEP
  NPU_HOST_DEVICE NPU_FORCEINLINE T load(memory_order = memory_order_seq_cst) const volatile {
    return view().load();
  }
  NPU_HOST_DEVICE NPU_FORCEINLINE operator T() const volatile { return load(); }
  NPU_HOST_DEVICE constexpr bool is_lock_free() const volatile { return true; }

private:
  NPU_HOST_DEVICE NPU_FORCEINLINE atomic_ref<T, Scope> view() const volatile {
    return atomic_ref<T, Scope>(const_cast<T &>(value));
  }
  T value;
};

#undef NPU_MEMBER
#undef NPU_FREE

} // namespace concurrency
} // namespace npu

#endif

// Last, since it needs what is above: std::atomic and std::barrier come with libcu++'s headers,
// too.
#include "npu/standard.h"

#include "npu/api/release_macros.def"

#endif
