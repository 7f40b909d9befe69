// What every function of the driver API goes through: the driver must be initialised, and most
// calls need a current context. The work is the runtime's; its errors become the driver's and leave
// the runtime's last error alone, as in CUDA. Any thread.
#pragma once

#include "npu/driver.h"
#include "npu/status.h"

#include "src/log.h"
#include "src/thread_use.h"

#include <string>

namespace npu::driver_api {

enum class Needs { Nothing, Init, Context };

// The driver's code for the runtime's.
npudrv_result resultOf(npuError_t error);
// Whether `needs` holds; the reason is logged.
npudrv_result ready(const char *name, Needs needs);
npudrv_result finish(const char *name, npuError_t lastErrorBefore, const Status &status);
Status caught() noexcept;

// `body` gives a Status.
template <class Body>
npudrv_result call(const char *name, Body body, Needs needs = Needs::Context) noexcept {
  const core::InsideDriver inside;
  const npuError_t before = npuPeekAtLastError();
  Status status;
  try {
    if (const npudrv_result result = ready(name, needs); result != NPU_SUCCESS)
      return result;
    status = body();
  } catch (...) {
    status = caught();
  }
  return finish(name, before, status);
}

// A runtime call inside of a body; what went wrong has been logged by it.
inline Status done(npuError_t error) {
  return error == npuSuccess ? Status() : Status(error, npuGetErrorString(error));
}

inline void *address(npudrv_deviceptr pointer) {
  return reinterpret_cast<void *>(static_cast<uintptr_t>(pointer));
}
inline npudrv_deviceptr number(const void *pointer) {
  return static_cast<npudrv_deviceptr>(reinterpret_cast<uintptr_t>(pointer));
}

} // namespace npu::driver_api
