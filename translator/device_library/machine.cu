// Machine operations that have no OpenCL counterpart: the functions that builtins.def names
// __npu_*. Plain C++ over Clang's builtins, without any header, so that the library depends on
// nothing.
#define NPU_LIBRARY extern "C" __attribute__((device))

// CUDA's wrapping increment and decrement (CUDA C++ programming guide, "atomicInc", "atomicDec").
NPU_LIBRARY unsigned __npu_atomic_inc(unsigned *address, unsigned limit) {
  unsigned old = __atomic_load_n(address, __ATOMIC_RELAXED);
  unsigned next;
  do
    next = old >= limit ? 0 : old + 1;
  while (
      !__atomic_compare_exchange_n(address, &old, next, false, __ATOMIC_SEQ_CST, __ATOMIC_RELAXED));
  return old;
}

NPU_LIBRARY unsigned __npu_atomic_dec(unsigned *address, unsigned limit) {
  unsigned old = __atomic_load_n(address, __ATOMIC_RELAXED);
  unsigned next;
  do
    next = old == 0 || old > limit ? limit : old - 1;
  while (
      !__atomic_compare_exchange_n(address, &old, next, false, __ATOMIC_SEQ_CST, __ATOMIC_RELAXED));
  return old;
}

// How many threads of the block have a non-zero predicate. The third barrier keeps the next use of
// the counter from overtaking a slow reader.
NPU_LIBRARY int __npu_barrier_popc(int predicate) {
  static __attribute__((shared)) int count;
  count = 0; // by all: any of them may have returned before
  __nvvm_bar_sync(0);
  if (predicate)
    __atomic_fetch_add(&count, 1, __ATOMIC_RELAXED);
  __nvvm_bar_sync(0);
  int result = count;
  __nvvm_bar_sync(0);
  return result;
}

NPU_LIBRARY int __npu_barrier_or(int predicate) { return __npu_barrier_popc(predicate) != 0; }
NPU_LIBRARY int __npu_barrier_and(int predicate) { return __npu_barrier_popc(!predicate) == 0; }
