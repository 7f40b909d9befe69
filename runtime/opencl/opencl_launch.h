// Launches of image kernels.
//
// Thread rule: all members from any thread.
#pragma once

#include "npu/device.h"
#include "opencl/opencl_context.h"
#include "opencl/opencl_program.h"

#include <atomic>
#include <condition_variable>
#include <memory>
#include <mutex>
#include <shared_mutex>
#include <string>
#include <unordered_map>

namespace npu::opencl {

// Counts the commands that OpenCL still runs, so that the device is not taken away under them.
class InFlight {
public:
  void add() { count.fetch_add(1, std::memory_order_relaxed); }
  void remove();
  // Returns false when commands are still running after `seconds`.
  bool waitUntilNone(double seconds);

private:
  std::atomic<int64_t> count{0};
  std::mutex mutex;
  std::condition_variable none;
};

// Calls `done` when the event's command has ended, keeps `keepAlive` until then, and releases the
// event. `what` names the command in an error.
void notifyWhenComplete(cl_event event, Context &context, InFlight &inFlight, std::string what,
                        Completion done, std::shared_ptr<void> keepAlive);

// Whether a device may run a kernel's form. A warp per work-item relies on a group running on one
// thread, as on processors: shared memory is changed there without atomic operations.
Status checkForm(const KernelImage::Kernel &kernel, const Limits &limits);

class Launcher {
public:
  explicit Launcher(Context &context) : context(context) {}
  Status load(const std::shared_ptr<const KernelImage> &image);
  // ok, or why the launch can never work.
  Status check(const Launch &launch) const;
  // On the queue of independent commands, or on one that keeps order.
  void execute(const Launch &launch, Completion done) {
    execute(launch, context.queue(), std::move(done));
  }
  void execute(const Launch &launch, cl_command_queue queue, Completion done);
  InFlight &inFlight() { return running; }

private:
  std::shared_ptr<LoadedImage> find(const std::shared_ptr<const KernelImage> &image);
  Status enqueue(const Launch &launch, cl_command_queue queue, KernelObject &object,
                 cl_event &event);

  Context &context;
  InFlight running;
  std::shared_mutex mutex;
  // Guarded by mutex. By address; an entry whose image has died is replaced or swept at the next
  // load.
  std::unordered_map<const KernelImage *, std::shared_ptr<LoadedImage>> images;
};

} // namespace npu::opencl
