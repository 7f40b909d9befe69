// Synchronisation between the threads of a block, memory ordering, and clocks.
#ifndef NPU_DEVICE_SYNC_H
#define NPU_DEVICE_SYNC_H

#include "npu/device/attributes.h"

#include <time.h>

namespace npu {

#define NPU_INTRINSIC static NPU_DEVICE NPU_FORCEINLINE

// Waits for every thread of the block; each must come to this same point.
NPU_INTRINSIC void syncThreads() { __syncthreads(); }
// The same, and tells every thread for how many, all or any of them `predicate` holds.
NPU_INTRINSIC int syncThreadsCount(int predicate) { return __nvvm_bar0_popc(predicate); }
NPU_INTRINSIC int syncThreadsAnd(int predicate) { return __nvvm_bar0_and(predicate); }
NPU_INTRINSIC int syncThreadsOr(int predicate) { return __nvvm_bar0_or(predicate); }

// Orders this thread's memory accesses before and after, as the block, device or whole system sees
// them.
NPU_INTRINSIC void threadFenceBlock() { __nvvm_membar_cta(); }
NPU_INTRINSIC void threadFence() { __nvvm_membar_gl(); }
NPU_INTRINSIC void threadFenceSystem() { __nvvm_membar_sys(); }

// Ends the kernel with an error.
NPU_INTRINSIC void trap() { __builtin_trap(); }

// Counters that only ever grow; the unit is the device's own.
NPU_INTRINSIC long long clock64() { return __nvvm_read_ptx_sreg_clock64(); }
NPU_INTRINSIC int clock() { return __nvvm_read_ptx_sreg_clock(); }
// On the host, for functions of both sides: the C library's.
static inline NPU_HOST clock_t clock() { return ::clock(); }

// A hint to wait about this long; doing nothing is a valid implementation.
NPU_INTRINSIC void nanosleep(unsigned int nanoseconds) { (void)nanoseconds; }

// A condition of a graph; its handle is the address of its value.
NPU_INTRINSIC void setGraphConditional(unsigned long long handle, unsigned int value) {
  *reinterpret_cast<volatile unsigned int *>(handle) = value;
}

#undef NPU_INTRINSIC

} // namespace npu

#endif
