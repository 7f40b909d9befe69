// The contract between the runtime core and a backend: another vendor's NPU is one folder that
// implements `Device` and one line in runtime/src/devices.cpp. Streams, events and ordering belong
// to the core: a device sees commands that are ready to run.
//
// Thread rule: every member may be called from any thread, several at once. `execute` may return
// before the work is done; it calls `done` exactly once, from any thread, and touches neither the
// command's memory nor `done` afterwards.
#pragma once

#include "npu/kernel_image.h"
#include "npu/status.h"
#include "npu/tensor_op.h"

#include <cstddef>
#include <cstdint>
#include <functional>
#include <memory>
#include <string>
#include <variant>
#include <vector>

namespace npu {

struct Extent3 {
  uint32_t x = 1, y = 1, z = 1;
  uint64_t count() const { return uint64_t(x) * y * z; }
};

// Writes `value`'s low `valueBytes` (1, 2 or 4) over `width` bytes of `height` rows, `pitch` apart.
struct Fill {
  void *dst = nullptr;
  uint32_t value = 0;
  uint32_t valueBytes = 1;
  size_t width = 0; // bytes
  size_t height = 1;
  size_t pitch = 0; // bytes from row to row
};

// Copies `width` bytes of `height` rows of `depth` slices. Memory of both sides is visible to the
// host.
struct Copy {
  void *dst = nullptr;
  const void *src = nullptr;
  size_t width = 0; // bytes
  size_t height = 1, depth = 1;
  size_t dstPitch = 0, srcPitch = 0;           // bytes from row to row
  size_t dstSlicePitch = 0, srcSlicePitch = 0; // bytes from slice to slice
};

// Runs one kernel of a loaded image over a grid of blocks. `arguments` is the whole argument struct
// of the kernel ABI (kernel_image.h), hidden addresses filled in.
struct Launch {
  std::shared_ptr<const KernelImage> image;
  uint32_t kernel = 0; // index into image->kernels
  Extent3 grid, block;
  Extent3 cluster; // blocks
  size_t dynamicSharedBytes = 0;
  std::vector<uint8_t> arguments;
  // Not 0: that many executions of one work-item each instead of the grid's; see npu/warp_turns.h.
  uint32_t executions = 0;
  // Blocks that are neighbours in x and one execution; more than 1 only where the kernel has
  // mostStripWarps. The arguments tell it too.
  uint32_t stripBlocks = 1;
  // Asked by the core when the device has executed the launch: whether it has to be executed again.
  std::function<bool()> again;
  // The core's: what the kernel's threads ask for while they run (runtime/src/child_launches.h);
  // null for kernels that ask for nothing.
  std::shared_ptr<void> children;
  // Called by the core when the device has executed the launch: what the kernel itself reports.
  std::function<Status()> afterwards;
};

// Host code in stream order (callbacks, host functions).
struct HostCall {
  std::function<void()> function;
};

using Command = std::variant<Fill, Copy, Launch, TensorOp, HostCall>;
using Completion = std::function<void(Status)>;

class Device {
public:
  virtual ~Device() = default;
  virtual const char *name() const = 0;
  // The resolved configuration as a JSON object, for reports.
  virtual std::string configuration() const { return "{}"; }
  // ok, or why not (one sentence, the reason a log shows); no side effects.
  virtual Status accepts(const Command &) const = 0;
  // Called before the first launch from an image. Lazy work is welcome; a bad module is the error.
  virtual Status load(const std::shared_ptr<const KernelImage> &) { return {}; }
  // Non-null: this device is the memory home. The memory is reachable by the host and every device
  // of the team. nullptr: not a memory home, or out of memory.
  virtual void *allocate(size_t bytes, size_t alignment) {
    (void)bytes, (void)alignment;
    return nullptr;
  }
  virtual void release(void *) {}
  virtual void execute(const Command &, Completion done) = 0;
};

// Each backend's one entry point, called once per process by devices.cpp. On failure `device` stays
// empty and the Status says why (no OpenCL platform, unreadable NPU configuration).
Status makeNpuDevice(std::unique_ptr<Device> &device);    // npu_backend/npu_device.cpp
Status makeOpenclDevice(std::unique_ptr<Device> &device); // runtime/opencl/opencl_device.cpp
Status makeHostDevice(std::unique_ptr<Device> &device);   // runtime/src/host_device.cpp

} // namespace npu
