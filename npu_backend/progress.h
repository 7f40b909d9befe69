// Lines on stderr while long work runs (NPU_PROGRESS): which op, how far, how much so far. One
// thread.
#pragma once

#include "npu/status.h"
#include "npu/tensor_op.h"

#include <chrono>

namespace npu::backend {

class Progress {
public:
  // NPU_PROGRESS: seconds between lines, 0.1 ... 3600; unset: no lines.
  static Status fromEnvironment(Progress &progress);
  bool wanted() const { return seconds > 0; }
  void begin(const TensorOp &op);
  void step(size_t done, size_t total);
  void end(uint64_t cycles);

private:
  using Clock = std::chrono::steady_clock;
  double seconds = 0;
  Clock::time_point started = Clock::now(), last = started;
  std::string present;
  uint64_t ops = 0, cycles = 0;
};

} // namespace npu::backend
