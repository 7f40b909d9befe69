// libcu++'s pipelines, barriers and atomics for kernels, in namespace npu::concurrency.
//
// Copies are done when they are asked for.
#ifndef NPU_CONCURRENCY_H
#define NPU_CONCURRENCY_H

#include "npu/api/hold_macros.def"

#include "npu/kernel.h"

#if defined(__CUDA__) && defined(__clang__)

#include <cstddef>
#include <new>
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

// A promise that a size is a multiple of an alignment.
template <::std::size_t Alignment> struct aligned_size_t {
  static constexpr ::std::size_t align = Alignment;
  ::std::size_t value;
  NPU_HOST_DEVICE constexpr explicit aligned_size_t(::std::size_t size) : value(size) {}
  NPU_HOST_DEVICE constexpr operator ::std::size_t() const { return value; }
};

} // namespace concurrency
} // namespace npu
#include "npu/phase_barrier.h"
namespace npu {
namespace concurrency {

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
// Of places that are aligned so, and of a size that is a multiple of `Unit`.
template <::std::size_t Alignment, ::std::size_t Unit>
NPU_FREE void copy(void *to, const void *from, ::std::size_t bytes, ::std::size_t first = 0,
                   ::std::size_t step = 1) {
  constexpr bool hasWords = Alignment % 4 == 0 || Unit % 4 == 0;
  const ::std::size_t words = hasWords ? bytes / 4 * 4 : 0;
  if (hasWords)
    copyWords<unsigned int>(to, from, words, first, step);
  if (Unit % 4 != 0)
    copyWords<unsigned char>(static_cast<unsigned char *>(to) + words,
                             static_cast<const unsigned char *>(from) + words, bytes - words, first,
                             step);
}
} // namespace detail

// What a copy tells when it is done: a barrier or a pipeline. It is done at once.
template <class T, class Size, class Sync>
NPU_FREE typename ::std::enable_if<::std::is_convertible<Size, ::std::size_t>::value>::type
memcpy_async(T *to, const T *from, Size bytes, Sync &) {
  detail::copy<alignof(T), detail::AlignmentOf<Size>::value>(to, from, bytes);
}
template <class Size, class Sync>
NPU_FREE typename ::std::enable_if<::std::is_convertible<Size, ::std::size_t>::value>::type
memcpy_async(void *to, const void *from, Size bytes, Sync &) {
  detail::copy<1, detail::AlignmentOf<Size>::value>(to, from, bytes);
}
template <class Group, class T, class Size, class Sync>
NPU_FREE void memcpy_async(const Group &group, T *to, const T *from, Size bytes, Sync &) {
  detail::copy<alignof(T), detail::AlignmentOf<Size>::value>(to, from, bytes, group.thread_rank(),
                                                             group.size());
}
template <class Group, class Size, class Sync>
NPU_FREE void memcpy_async(const Group &group, void *to, const void *from, Size bytes, Sync &) {
  detail::copy<1, detail::AlignmentOf<Size>::value>(to, from, bytes, group.thread_rank(),
                                                    group.size());
}

} // namespace concurrency
} // namespace npu
#include "npu/staged_pipeline.h"
namespace npu {
namespace concurrency {

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
// Builtins add bytes to pointers.
template <class T> struct Operations<T *, false> {
  static NPU_HOST_DEVICE NPU_FORCEINLINE T *add(T **address, ::std::ptrdiff_t value) {
    return __atomic_fetch_add(address, value * ::std::ptrdiff_t(sizeof(T)), kOrder);
  }
  static NPU_HOST_DEVICE NPU_FORCEINLINE T *subtract(T **address, ::std::ptrdiff_t value) {
    return __atomic_fetch_sub(address, value * ::std::ptrdiff_t(sizeof(T)), kOrder);
  }
};
template <class T> struct Difference {
  using type = T;
};
template <class T> struct Difference<T *> {
  using type = ::std::ptrdiff_t;
};
// Of two, four and eight bytes, so that one instruction accesses them.
template <class T> constexpr ::std::size_t alignmentOf() {
  return sizeof(T) <= 8 && (sizeof(T) & (sizeof(T) - 1)) == 0 && alignof(T) < sizeof(T)
             ? sizeof(T)
             : alignof(T);
}

template <class T> class AtomicOperations {
  using Step = typename Difference<T>::type;

public:
  NPU_HOST_DEVICE NPU_FORCEINLINE T load(memory_order = memory_order_seq_cst) const {
    Stored value;
    __atomic_load(stored(), &value, kOrder);
    return from(value);
  }
  NPU_HOST_DEVICE NPU_FORCEINLINE void store(T value, memory_order = memory_order_seq_cst) const {
    Stored given = of(value);
    __atomic_store(stored(), &given, kOrder);
  }
  NPU_HOST_DEVICE NPU_FORCEINLINE T exchange(T value, memory_order = memory_order_seq_cst) const {
    Stored given = of(value), old;
    __atomic_exchange(stored(), &given, &old, kOrder);
    return from(old);
  }
  NPU_HOST_DEVICE NPU_FORCEINLINE bool
  compare_exchange_strong(T &expected, T value, memory_order = memory_order_seq_cst,
                          memory_order = memory_order_seq_cst) const {
    Stored seen = of(expected), given = of(value);
    const bool done = __atomic_compare_exchange(stored(), &seen, &given, false, kOrder, kOrder);
    expected = from(seen);
    return done;
  }
  NPU_HOST_DEVICE NPU_FORCEINLINE bool
  compare_exchange_weak(T &expected, T value, memory_order = memory_order_seq_cst,
                        memory_order = memory_order_seq_cst) const {
    return compare_exchange_strong(expected, value);
  }
  NPU_HOST_DEVICE NPU_FORCEINLINE T fetch_add(Step value,
                                              memory_order = memory_order_seq_cst) const {
    return Operations<T>::add(pointer(), value);
  }
  NPU_HOST_DEVICE NPU_FORCEINLINE T fetch_sub(Step value,
                                              memory_order = memory_order_seq_cst) const {
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
  NPU_HOST_DEVICE NPU_FORCEINLINE T operator+=(Step value) const {
    return fetch_add(value) + value;
  }
  NPU_HOST_DEVICE NPU_FORCEINLINE T operator-=(Step value) const {
    return fetch_sub(value) - value;
  }
  NPU_HOST_DEVICE NPU_FORCEINLINE T operator&=(T value) const { return fetch_and(value) & value; }
  NPU_HOST_DEVICE NPU_FORCEINLINE T operator|=(T value) const { return fetch_or(value) | value; }
  NPU_HOST_DEVICE NPU_FORCEINLINE T operator^=(T value) const { return fetch_xor(value) ^ value; }
  // A waiting thread looks again and again.
  NPU_HOST_DEVICE NPU_FORCEINLINE void wait(T old, memory_order = memory_order_seq_cst) const {
    const Stored before = of(old);
    for (;;) {
      const Stored now = of(load());
      if (__builtin_memcmp(&now, &before, sizeof(T)) != 0)
        return;
    }
  }
  NPU_HOST_DEVICE NPU_FORCEINLINE void notify_one() const {}
  NPU_HOST_DEVICE NPU_FORCEINLINE void notify_all() const {}
  NPU_HOST_DEVICE static constexpr bool is_lock_free() { return true; }

protected:
  AtomicOperations() = default;
  NPU_HOST_DEVICE explicit AtomicOperations(T *address) : address(address) {}
  NPU_HOST_DEVICE T *pointer() const { return address; }

private:
  struct __attribute__((may_alias)) Bytes {
    alignas(alignmentOf<T>()) unsigned char bytes[sizeof(T)];
  };
  using Stored = typename ::std::conditional<(alignof(T) < alignmentOf<T>()), Bytes, T>::type;
  NPU_HOST_DEVICE NPU_FORCEINLINE Stored *stored() const {
    return reinterpret_cast<Stored *>(address);
  }
  NPU_HOST_DEVICE static NPU_FORCEINLINE Stored of(const T &value) {
    Stored result;
    __builtin_memcpy(&result, &value, sizeof(T));
    return result;
  }
  NPU_HOST_DEVICE static NPU_FORCEINLINE T from(const Stored &value) {
    T result;
    __builtin_memcpy(&result, &value, sizeof(T));
    return result;
  }
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

// All are volatile's too, as std::atomic's are. Values may be braced lists.
#define NPU_WITH_VALUE(result, name)                                                               \
  NPU_HOST_DEVICE NPU_FORCEINLINE result name(T value, memory_order = memory_order_seq_cst) {      \
    return view().name(value);                                                                     \
  }                                                                                                \
  NPU_HOST_DEVICE NPU_FORCEINLINE result name(T value,                                             \
                                              memory_order = memory_order_seq_cst) volatile {      \
    return view().name(value);                                                                     \
  }
#define NPU_THROUGH_VIEW(name)                                                                     \
  template <class... Arguments>                                                                    \
  NPU_HOST_DEVICE NPU_FORCEINLINE auto name(Arguments &&...arguments) {                            \
    return view().name(static_cast<Arguments &&>(arguments)...);                                   \
  }                                                                                                \
  template <class... Arguments>                                                                    \
  NPU_HOST_DEVICE NPU_FORCEINLINE auto name(Arguments &&...arguments) volatile {                   \
    return view().name(static_cast<Arguments &&>(arguments)...);                                   \
  }
  NPU_WITH_VALUE(void, store)
  NPU_WITH_VALUE(T, exchange)
  NPU_WITH_VALUE(void, wait)
#undef NPU_WITH_VALUE
  NPU_THROUGH_VIEW(notify_one)
  NPU_THROUGH_VIEW(notify_all)
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
  alignas(detail::alignmentOf<T>()) T value;
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
