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

// Whether a device other than the host takes the op.
bool acceleratorTakes(const TensorOp &op);
// For host calls that compute with tensor ops in between. Chooses a device as a stream does, and
// returns when the op is done.
Status perform(TensorOp op);
// Memory that every device reaches, for the time of a host call.
class Scratch {
public:
  explicit Scratch(size_t bytes); // throws std::bad_alloc
  ~Scratch();
  Scratch(const Scratch &) = delete;
  Scratch &operator=(const Scratch &) = delete;
  void *data() const { return memory; }

private:
  void *memory = nullptr;
};

} // namespace npu::core
