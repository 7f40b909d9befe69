// What the library layers (runtime API, BLAS, DNN) use of the core. Internal to npurt.
#pragma once

#include "npu/device.h"
#include "npu/status.h"
#include "npu/types.h"

#include <cstddef>

namespace npu::core {

// Puts a command at the end of a stream (nullptr: the legacy default stream). Returns at once;
// errors found later stick to the stream and surface at the next synchronising call, as in CUDA.
Status enqueue(npuStream_t stream, Command command);
// Waits for everything that the stream holds and returns its sticky error.
Status synchronize(npuStream_t stream);
// The same for all streams of the calling thread's current device.
Status synchronizeDevice();
// Whether the `bytes` at `address` lie in one allocation that kernels can reach (device, managed,
// pinned or registered memory).
bool deviceCanReach(const void *address, size_t bytes);

} // namespace npu::core
