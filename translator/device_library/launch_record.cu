// What a thread tells and asks of its launch's record: failures, the clock, and the registers that
// name the launch and the machine.
#include "library.h"

#include "npu/device_services.h"

using namespace npu::services;

LIBRARY LaunchRecord __npu_service_launch;

// The first failure counts.
LIBRARY __attribute__((noinline)) void __npu_scalar_fail(LaunchRecord *record, unsigned failure,
                                                         uint64 value) {
  unsigned none = kNoFailure;
  if (__atomic_compare_exchange_n(&record->failure, &none, failure, false, __ATOMIC_ACQ_REL,
                                  __ATOMIC_RELAXED))
    record->value = value;
}

LIBRARY __attribute__((noreturn)) void __npu_end_thread();

LIBRARY void __npu_trap() {
  __npu_scalar_fail(&__npu_service_launch, kTrap, 0);
  __npu_end_thread();
}

// %globaltimer: nanoseconds of the host's real-time clock.
LIBRARY uint64 __npu_globaltimer() {
  const LaunchRecord &record = __npu_service_launch;
  double elapsed = double(__nvvm_read_ptx_sreg_clock64() - int64(record.tickOrigin));
  return record.nanosecondOrigin + uint64(int64(elapsed * record.nanosecondsPerTick));
}

// Blocks are dealt to the multiprocessors in turn.
LIBRARY unsigned __npu_smid() {
  unsigned block = __nvvm_read_ptx_sreg_ctaid_x() +
                   __nvvm_read_ptx_sreg_nctaid_x() *
                       (__nvvm_read_ptx_sreg_ctaid_y() +
                        __nvvm_read_ptx_sreg_nctaid_y() * __nvvm_read_ptx_sreg_ctaid_z());
  return block % notZero(__npu_service_launch.multiprocessors);
}
LIBRARY unsigned __npu_nsmid() { return __npu_service_launch.multiprocessors; }
LIBRARY unsigned __npu_nwarpid() { return __npu_service_launch.warpsPerMultiprocessor; }
LIBRARY unsigned __npu_gridid() { return (unsigned)__npu_service_launch.grid; }
