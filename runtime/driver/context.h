// Contexts of the driver API. Everything of a device is in one real context here, so a handle says
// which device, and whether it is alive. Any thread; each thread has its own stack of them.
#pragma once

#include "driver_call.h"

struct npudrv_ctx_st {
  int device = 0;
  unsigned flags = 0;
  bool primary = false;
  unsigned long long id = 0;
};

namespace npu::driver_api {

// The calling thread's, or null. Where there is none, any call of the runtime API makes its
// device's primary one current.
npudrv_context currentContext();
Status checkContext(npudrv_context context);

} // namespace npu::driver_api
