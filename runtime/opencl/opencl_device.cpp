// The OpenCL device: the memory home, copies and fills, and every kernel of an image.
// It reaches OpenCL through the ICD loader and knows nothing of streams: see npu/device.h.
//
// At process exit commands may still run. A handler registered after the implementation's own (so
// that it runs before them) lets running kernels end, up to kExitSeconds, and refuses new commands.
#include "npu/device.h"

#include "opencl/opencl_context.h"
#include "opencl/opencl_copy.h"
#include "opencl/opencl_gemm.h"
#include "opencl/opencl_launch.h"
#include "opencl/opencl_memory.h"
#include "opencl/opencl_queue.h"

#include <atomic>
#include <cstdlib>
#include <mutex>
#include <unistd.h>

namespace npu::opencl {

static constexpr double kExitSeconds = 10;

namespace {

class OpenclDevice final : public Device, public QueueingDevice {
public:
  ~OpenclDevice() override;
  Status open();

  const char *name() const override { return "opencl"; }
  std::string configuration() const override;
  Status accepts(const Command &command) const override;
  Status load(const std::shared_ptr<const KernelImage> &image) override;
  void *allocate(size_t bytes, size_t alignment) override;
  void release(void *address) override { memory->release(address); }
  void execute(const Command &command, Completion done) override;
  bool queues(const Command &command) const override {
    return std::holds_alternative<Launch>(command);
  }
  std::unique_ptr<CommandQueue> makeQueue() override;
  void drain();

private:
  const pid_t process = getpid();
  Context context;
  std::unique_ptr<Memory> memory;
  Launcher launcher{context};
  LaunchQueues launchQueues{context, launcher};
  Gemm gemm{context, launcher.inFlight()};
  CopyEngine copies; // first destroyed: its queued work may still touch memory
};

// The devices alive at exit. Leaked on purpose: the exit handler may run after static destructors.
struct Registry {
  std::mutex mutex;
  OpenclDevice *device = nullptr; // guarded by mutex
  std::atomic<bool> exiting{false};
};

} // namespace

static Registry &registry() {
  static auto *instance = new Registry;
  return *instance;
}

static void atProcessExit() {
  registry().exiting = true;
  std::lock_guard lock(registry().mutex);
  if (registry().device)
    registry().device->drain();
}

OpenclDevice::~OpenclDevice() {
  {
    std::lock_guard lock(registry().mutex);
    if (registry().device == this)
      registry().device = nullptr;
  }
  drain();
}

void OpenclDevice::drain() {
  // The threads that run the kernels are not in a process that was forked from this device's.
  if (getpid() == process)
    launcher.inFlight().waitUntilNone(kExitSeconds);
}

Status OpenclDevice::open() {
  if (Status status = context.open(); !status.ok())
    return status;
  memory = std::make_unique<Memory>(context);
  std::lock_guard lock(registry().mutex);
  registry().device = this;
  static const int registered = std::atexit(atProcessExit);
  (void)registered;
  return {};
}

static std::string quoted(const std::string &text) {
  std::string result = "\"";
  for (char c : text) {
    if (c == '"' || c == '\\')
      result += '\\';
    if (static_cast<unsigned char>(c) >= 0x20)
      result += c;
  }
  return result + "\"";
}

std::string OpenclDevice::configuration() const {
  const Limits &limits = context.limits();
  return "{\"platform\": " + quoted(context.platformName()) +
         ", \"device\": " + quoted(context.deviceName()) +
         ", \"max_threads_per_block\": " + std::to_string(limits.maxWorkGroupSize) +
         ", \"shared_bytes_per_block\": " + std::to_string(limits.localMemoryBytes) + "}";
}

Status OpenclDevice::accepts(const Command &command) const {
  if (auto *launch = std::get_if<Launch>(&command))
    return launcher.check(*launch);
  if (auto *copy = std::get_if<Copy>(&command))
    return CopyEngine::check(*copy);
  if (auto *fill = std::get_if<Fill>(&command))
    return CopyEngine::check(*fill);
  if (auto *op = std::get_if<TensorOp>(&command))
    return gemm.check(*op);
  return {npuErrorNotSupported, "host functions run on the host device"};
}

Status OpenclDevice::load(const std::shared_ptr<const KernelImage> &image) {
  if (!image)
    return {npuErrorInvalidKernelImage, "there is no kernel image to load"};
  return launcher.load(image);
}

void *OpenclDevice::allocate(size_t bytes, size_t alignment) {
  return memory->allocate(bytes, alignment);
}

namespace {
// Refuses commands once the process exits, as the device does.
class ExitingQueue final : public CommandQueue {
public:
  explicit ExitingQueue(std::unique_ptr<CommandQueue> inner) : inner(std::move(inner)) {}
  void execute(const Command &command, Completion done) override {
    if (registry().exiting)
      return done({npuErrorCudartUnloading, "the process is exiting"});
    inner->execute(command, std::move(done));
  }

private:
  std::unique_ptr<CommandQueue> inner;
};
} // namespace

std::unique_ptr<CommandQueue> OpenclDevice::makeQueue() {
  std::unique_ptr<CommandQueue> queue = launchQueues.make();
  return queue ? std::make_unique<ExitingQueue>(std::move(queue)) : nullptr;
}

void OpenclDevice::execute(const Command &command, Completion done) {
  if (registry().exiting)
    return done({npuErrorCudartUnloading, "the process is exiting"});
  if (auto *launch = std::get_if<Launch>(&command))
    return launcher.execute(*launch, std::move(done));
  if (auto *copy = std::get_if<Copy>(&command))
    return copies.execute(*copy, std::move(done));
  if (auto *fill = std::get_if<Fill>(&command))
    return copies.execute(*fill, std::move(done));
  if (auto *op = std::get_if<TensorOp>(&command))
    return gemm.execute(*op, std::move(done));
  done(accepts(command));
}

} // namespace npu::opencl

namespace npu {

Status makeOpenclDevice(std::unique_ptr<Device> &device) {
  auto opened = std::make_unique<opencl::OpenclDevice>();
  if (Status status = opened->open(); !status.ok())
    return status;
  device = std::move(opened);
  return {};
}

} // namespace npu
