// Atomic operations whose order and scope are arguments, in the shape of C's __atomic builtins.
// Every scope is the whole system's here, which includes the narrower ones.
#ifndef NPU_DEVICE_ORDERED_ATOMICS_H
#define NPU_DEVICE_ORDERED_ATOMICS_H

#include "npu/device/attributes.h"
#include "npu/device/sync.h"

// The values are the builtins' own: an order that is a constant there stays one here.
#define NPU_ATOMIC_RELAXED 0
#define NPU_ATOMIC_CONSUME 1
#define NPU_ATOMIC_ACQUIRE 2
#define NPU_ATOMIC_RELEASE 3
#define NPU_ATOMIC_ACQ_REL 4
#define NPU_ATOMIC_SEQ_CST 5

#define NPU_THREAD_SCOPE_THREAD 0
#define NPU_THREAD_SCOPE_BLOCK 1
#define NPU_THREAD_SCOPE_CLUSTER 2
#define NPU_THREAD_SCOPE_DEVICE 3
#define NPU_THREAD_SCOPE_SYSTEM 4

namespace npu {
namespace ordered {

#define NPU_ORDERED template <class T> static NPU_DEVICE NPU_FORCEINLINE
#define NPU_SCOPE int = NPU_THREAD_SCOPE_SYSTEM

// A type that takes no part in deduction: values convert to what the pointer points at.
template <class T> struct Exactly {
  typedef T type;
};
template <class T> struct Exactly<volatile T> {
  typedef T type;
};
template <class T> struct Exactly<const T> {
  typedef T type;
};
template <class T> struct Exactly<const volatile T> {
  typedef T type;
};
template <class T> using Value = typename Exactly<T>::type;

NPU_ORDERED Value<T> load(T *address, int order, NPU_SCOPE) {
  return __atomic_load_n(address, order);
}
NPU_ORDERED void loadTo(T *address, Value<T> *result, int order, NPU_SCOPE) {
  __atomic_load(address, result, order);
}
NPU_ORDERED void store(T *address, Value<T> value, int order, NPU_SCOPE) {
  __atomic_store_n(address, value, order);
}
NPU_ORDERED void storeFrom(T *address, Value<T> *value, int order, NPU_SCOPE) {
  __atomic_store(address, value, order);
}
NPU_ORDERED Value<T> exchange(T *address, Value<T> value, int order, NPU_SCOPE) {
  return __atomic_exchange_n(address, value, order);
}
NPU_ORDERED void exchangeTo(T *address, Value<T> *value, Value<T> *result, int order, NPU_SCOPE) {
  __atomic_exchange(address, value, result, order);
}
NPU_ORDERED bool compareExchange(T *address, Value<T> *expected, Value<T> value, bool, int success,
                                 int failure, NPU_SCOPE) {
  return __atomic_compare_exchange_n(address, expected, value, false, success, failure);
}
NPU_ORDERED bool compareExchangeFrom(T *address, Value<T> *expected, Value<T> *value, bool,
                                     int success, int failure, NPU_SCOPE) {
  return __atomic_compare_exchange(address, expected, value, false, success, failure);
}

#define NPU_ORDERED_UPDATE(fetchName, name, builtin)                                               \
  NPU_ORDERED Value<T> fetchName(T *address, Value<T> value, int order, NPU_SCOPE) {               \
    return builtin(address, value, order);                                                         \
  }                                                                                                \
  NPU_ORDERED void name(T *address, Value<T> value, int order, NPU_SCOPE) {                        \
    builtin(address, value, order);                                                                \
  }
NPU_ORDERED_UPDATE(fetchAdd, add, __atomic_fetch_add)
NPU_ORDERED_UPDATE(fetchSubtract, subtract, __atomic_fetch_sub)
NPU_ORDERED_UPDATE(fetchAnd, bitwiseAnd, __atomic_fetch_and)
NPU_ORDERED_UPDATE(fetchOr, bitwiseOr, __atomic_fetch_or)
NPU_ORDERED_UPDATE(fetchXor, bitwiseXor, __atomic_fetch_xor)
NPU_ORDERED_UPDATE(fetchMin, minimum, __atomic_fetch_min)
NPU_ORDERED_UPDATE(fetchMax, maximum, __atomic_fetch_max)

// No fence is stronger than the system's.
static NPU_DEVICE NPU_FORCEINLINE void threadFence(int, NPU_SCOPE) { npu::threadFenceSystem(); }

#undef NPU_ORDERED_UPDATE
#undef NPU_SCOPE
#undef NPU_ORDERED

} // namespace ordered
} // namespace npu

#endif
