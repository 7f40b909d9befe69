// What the device pipeline calls for the machine intrinsics that concern a whole block or need a
// loop.
#include "library.h"

namespace {

// One word per use would do; a kernel that calls this several times is ordered by the barriers.
__attribute__((shared)) int blockTotal;

HELPER bool isFirstThread() {
  return __nvvm_read_ptx_sreg_tid_x() == 0 && __nvvm_read_ptx_sreg_tid_y() == 0 &&
         __nvvm_read_ptx_sreg_tid_z() == 0;
}

HELPER int countInBlock(bool holds) {
  if (isFirstThread())
    blockTotal = 0;
  __nvvm_bar_sync(0);
  if (holds)
    __atomic_fetch_add(&blockTotal, 1, __ATOMIC_RELAXED);
  __nvvm_bar_sync(0);
  int total = blockTotal;
  __nvvm_bar_sync(0); // no thread may begin the next count while another still reads this one
  return total;
}

} // namespace

LIBRARY int __npu_barrier_popc(int predicate) { return countInBlock(predicate != 0); }
LIBRARY int __npu_barrier_and(int predicate) { return countInBlock(predicate == 0) == 0; }
LIBRARY int __npu_barrier_or(int predicate) { return countInBlock(predicate != 0) != 0; }

LIBRARY uint32 __npu_atomic_inc(uint32 *address, uint32 limit) {
  uint32 old = __atomic_load_n(address, __ATOMIC_RELAXED);
  while (!__atomic_compare_exchange_n(address, &old, old >= limit ? 0u : old + 1u, false,
                                      __ATOMIC_RELAXED, __ATOMIC_RELAXED)) {
  }
  return old;
}
LIBRARY uint32 __npu_atomic_dec(uint32 *address, uint32 limit) {
  uint32 old = __atomic_load_n(address, __ATOMIC_RELAXED);
  while (!__atomic_compare_exchange_n(address, &old, old == 0 || old > limit ? limit : old - 1u,
                                      false, __ATOMIC_RELAXED, __ATOMIC_RELAXED)) {
  }
  return old;
}
