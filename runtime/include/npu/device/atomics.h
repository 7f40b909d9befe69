// Atomic operations on global and shared memory. Each returns the value that was there before. As
// in CUDA they are relaxed: order other accesses with threadFence(). The ...Block and ...System
// forms name a narrower or wider scope; every one here is atomic for the whole system, which
// includes both.
#ifndef NPU_DEVICE_ATOMICS_H
#define NPU_DEVICE_ATOMICS_H

#include "npu/device/attributes.h"

namespace npu {

#define NPU_INTRINSIC static NPU_DEVICE NPU_FORCEINLINE
#define NPU_ATOMIC_SCOPES(name, type, expression)                                                  \
  NPU_INTRINSIC type name(type *address, type value) { return expression; }                        \
  NPU_INTRINSIC type name##Block(type *address, type value) { return expression; }                 \
  NPU_INTRINSIC type name##System(type *address, type value) { return expression; }
#define NPU_ATOMIC(name, type, builtin)                                                            \
  NPU_ATOMIC_SCOPES(name, type, builtin(address, value, __ATOMIC_RELAXED))
#define NPU_ATOMIC_INTEGERS(name, builtin)                                                         \
  NPU_ATOMIC(name, int, builtin)                                                                   \
  NPU_ATOMIC(name, unsigned int, builtin)                                                          \
  NPU_ATOMIC(name, unsigned long long, builtin)

namespace detail {

template <class T> NPU_INTRINSIC T atomicExchange(T *address, T value) {
  T old;
  __atomic_exchange(address, &value, &old, __ATOMIC_RELAXED);
  return old;
}
template <class T> NPU_INTRINSIC T atomicCompareExchange(T *address, T expected, T value) {
  __atomic_compare_exchange(address, &expected, &value, false, __ATOMIC_RELAXED, __ATOMIC_RELAXED);
  return expected; // the builtin stores the old value here when it differs
}
NPU_INTRINSIC unsigned int atomicIncrement(unsigned int *address, unsigned int limit) {
  unsigned int old = __atomic_load_n(address, __ATOMIC_RELAXED), seen;
  do {
    seen = old;
    old = atomicCompareExchange(address, seen, seen >= limit ? 0u : seen + 1u);
  } while (old != seen);
  return old;
}
NPU_INTRINSIC unsigned int atomicDecrement(unsigned int *address, unsigned int limit) {
  unsigned int old = __atomic_load_n(address, __ATOMIC_RELAXED), seen;
  do {
    seen = old;
    old = atomicCompareExchange(address, seen, seen == 0u || seen > limit ? limit : seen - 1u);
  } while (old != seen);
  return old;
}

} // namespace detail

NPU_ATOMIC_INTEGERS(atomicAdd, __atomic_fetch_add)
NPU_ATOMIC(atomicAdd, float, __atomic_fetch_add)
NPU_ATOMIC(atomicAdd, double, __atomic_fetch_add)
NPU_ATOMIC(atomicSubtract, int, __atomic_fetch_sub)
NPU_ATOMIC(atomicSubtract, unsigned int, __atomic_fetch_sub)
NPU_ATOMIC_INTEGERS(atomicMin, __atomic_fetch_min)
NPU_ATOMIC(atomicMin, long long, __atomic_fetch_min)
NPU_ATOMIC_INTEGERS(atomicMax, __atomic_fetch_max)
NPU_ATOMIC(atomicMax, long long, __atomic_fetch_max)
NPU_ATOMIC_INTEGERS(atomicAnd, __atomic_fetch_and)
NPU_ATOMIC_INTEGERS(atomicOr, __atomic_fetch_or)
NPU_ATOMIC_INTEGERS(atomicXor, __atomic_fetch_xor)
NPU_ATOMIC_SCOPES(atomicExchange, int, detail::atomicExchange(address, value))
NPU_ATOMIC_SCOPES(atomicExchange, unsigned int, detail::atomicExchange(address, value))
NPU_ATOMIC_SCOPES(atomicExchange, unsigned long long, detail::atomicExchange(address, value))
NPU_ATOMIC_SCOPES(atomicExchange, float, detail::atomicExchange(address, value))
// Counts up to `value` and wraps to 0; counts down to 0 and wraps to `value`.
NPU_ATOMIC_SCOPES(atomicIncrement, unsigned int, detail::atomicIncrement(address, value))
NPU_ATOMIC_SCOPES(atomicDecrement, unsigned int, detail::atomicDecrement(address, value))

#define NPU_COMPARE_EXCHANGE(name, type)                                                           \
  NPU_INTRINSIC type name(type *address, type expected, type value) {                              \
    return detail::atomicCompareExchange(address, expected, value);                                \
  }
#define NPU_COMPARE_EXCHANGE_SCOPES(type)                                                          \
  NPU_COMPARE_EXCHANGE(atomicCompareExchange, type)                                                \
  NPU_COMPARE_EXCHANGE(atomicCompareExchangeBlock, type)                                           \
  NPU_COMPARE_EXCHANGE(atomicCompareExchangeSystem, type)
NPU_COMPARE_EXCHANGE_SCOPES(int)
NPU_COMPARE_EXCHANGE_SCOPES(unsigned int)
NPU_COMPARE_EXCHANGE_SCOPES(unsigned long long)
NPU_COMPARE_EXCHANGE_SCOPES(unsigned short)

#undef NPU_COMPARE_EXCHANGE_SCOPES
#undef NPU_COMPARE_EXCHANGE
#undef NPU_ATOMIC_INTEGERS
#undef NPU_ATOMIC
#undef NPU_ATOMIC_SCOPES
#undef NPU_INTRINSIC

} // namespace npu

#endif
