// See opencl_queue.h.
#include "opencl/opencl_queue.h"

namespace npu::opencl {

class LaunchQueues::Queue final : public CommandQueue {
public:
  Queue(cl_command_queue queue, Launcher &launcher, std::shared_ptr<Idle> idle)
      : queue(queue), launcher(launcher), idle(std::move(idle)) {}
  ~Queue() override {
    std::lock_guard lock(idle->mutex);
    idle->queues.push_back(queue);
  }
  void execute(const Command &command, Completion done) override {
    launcher.execute(std::get<Launch>(command), queue, std::move(done));
  }

private:
  cl_command_queue queue;
  Launcher &launcher;
  std::shared_ptr<Idle> idle;
};

LaunchQueues::~LaunchQueues() {
  std::lock_guard lock(idle->mutex);
  for (cl_command_queue queue : idle->queues)
    clReleaseCommandQueue(queue);
}

std::unique_ptr<CommandQueue> LaunchQueues::make() {
  {
    std::lock_guard lock(idle->mutex);
    if (!idle->queues.empty()) {
      cl_command_queue queue = idle->queues.back();
      idle->queues.pop_back();
      return std::make_unique<Queue>(queue, launcher, idle);
    }
  }
  cl_int error = CL_SUCCESS;
  cl_command_queue queue =
      clCreateCommandQueueWithProperties(context.context(), context.device(), nullptr, &error);
  if (error != CL_SUCCESS)
    return nullptr;
  return std::make_unique<Queue>(queue, launcher, idle);
}

} // namespace npu::opencl
