// A call through a pointer that is none of the functions that it could be.
#include "library.h"

#include "npu/device_services.h"

using namespace npu::services;

LIBRARY LaunchRecord __npu_service_launch;
LIBRARY void __npu_scalar_fail(LaunchRecord *record, unsigned failure, uint64 value);
LIBRARY __attribute__((noreturn)) void __npu_end_thread();

LIBRARY __attribute__((noreturn)) void __npu_bad_call(uint64 address) {
  __npu_scalar_fail(&__npu_service_launch, kBadCall, address);
  __npu_end_thread();
}
