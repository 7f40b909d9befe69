// In-order queues for launches: one per stream that launches. OpenCL's own queues are kept for the
// next stream when a stream ends, because it may end inside of a completion, where none may be
// released.
//
// Thread rule: LaunchQueues from any thread; a queue's calls come one at a time.
#pragma once

#include "npu/command_queue.h"
#include "opencl/opencl_launch.h"

#include <mutex>
#include <vector>

namespace npu::opencl {

class LaunchQueues {
public:
  LaunchQueues(Context &context, Launcher &launcher) : context(context), launcher(launcher) {}
  ~LaunchQueues();
  // Null when OpenCL gives no queue.
  std::unique_ptr<CommandQueue> make();

private:
  class Queue;
  // Shared with the queues, which may outlive this.
  struct Idle {
    std::mutex mutex;
    std::vector<cl_command_queue> queues; // guarded by mutex
  };

  Context &context;
  Launcher &launcher;
  std::shared_ptr<Idle> idle = std::make_shared<Idle>();
};

} // namespace npu::opencl
