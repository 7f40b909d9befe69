// One clEnqueueNDRangeKernel per launch on an out-of-order queue: the core hands over only commands
// that are ready, so streams overlap as far as the implementation can. Completion is the event's
// callback: it runs on the thread that finished the kernel, so that the next command of the stream
// is enqueued before that thread looks for work.
#include "opencl/opencl_launch.h"

#include "opencl/opencl_error.h"
#include "opencl/opencl_fault.h"

#include <algorithm>
#include <chrono>

namespace npu::opencl {

// PoCL counts the work-groups of a launch in 32 bits.
static constexpr uint64_t kMaxBlocks = UINT32_MAX;
// Vector loads from dynamic shared memory need this much (the widest: 16 doubles).
static constexpr size_t kLocalAlignmentBytes = 128;

void InFlight::remove() {
  if (count.fetch_sub(1, std::memory_order_acq_rel) != 1)
    return;
  std::lock_guard lock(mutex);
  none.notify_all();
}

bool InFlight::waitUntilNone(double seconds) {
  std::unique_lock lock(mutex);
  return none.wait_for(lock, std::chrono::duration<double>(seconds),
                       [this] { return count.load(std::memory_order_acquire) == 0; });
}

static size_t localArgumentBytes(size_t staticBytes, size_t dynamicBytes) {
  auto aligned = [](size_t bytes) {
    return (bytes + kLocalAlignmentBytes - 1) / kLocalAlignmentBytes * kLocalAlignmentBytes;
  };
  return std::max(aligned(staticBytes) + aligned(dynamicBytes), kLocalAlignmentBytes);
}

static std::string shapeText(const Extent3 &shape) {
  return "(" + std::to_string(shape.x) + ", " + std::to_string(shape.y) + ", " +
         std::to_string(shape.z) + ")";
}

static Status checkShape(const Launch &launch, const KernelImage::Kernel &kernel,
                         const Limits &limits) {
  const Extent3 &grid = launch.grid, &block = launch.block;
  const auto named = [&] { return "kernel " + kernel.sourceName; };
  if (grid.count() == 0 || block.count() == 0)
    return {npuErrorInvalidConfiguration, named() + ": grid " + shapeText(grid) + " and block " +
                                              shapeText(block) + " must not have a zero extent"};
  bool tooWide = block.x > limits.maxWorkItemSizes[0] || block.y > limits.maxWorkItemSizes[1] ||
                 block.z > limits.maxWorkItemSizes[2];
  if (tooWide || block.count() > limits.maxWorkGroupSize)
    return {npuErrorInvalidConfiguration, named() + ": block " + shapeText(block) +
                                              " exceeds the " +
                                              std::to_string(limits.maxWorkGroupSize) +
                                              " threads per block of the OpenCL device"};
  // x * y fits in 64 bits; compare before multiplying by z.
  uint64_t layer = uint64_t(grid.x) * grid.y;
  if (layer > kMaxBlocks || grid.z > kMaxBlocks / layer)
    return {
        npuErrorInvalidConfiguration,
        named() + ": grid " + shapeText(grid) +
            " has more blocks than one OpenCL launch can count (4294967295); launch it in parts"};
  return {};
}

static Status checkLocalMemory(uint64_t staticBytes, size_t dynamicBytes, const std::string &kernel,
                               const Limits &limits) {
  if (dynamicBytes <= limits.localMemoryBytes &&
      localArgumentBytes(staticBytes, dynamicBytes) <= limits.localMemoryBytes)
    return {};
  return {npuErrorInvalidConfiguration,
          "kernel " + kernel + " needs " + std::to_string(staticBytes) + " + " +
              std::to_string(dynamicBytes) +
              " bytes of shared memory (static + dynamic); the OpenCL device has " +
              std::to_string(limits.localMemoryBytes) + " per block"};
}

Status checkForm(const KernelImage::Kernel &kernel, const Limits &limits) {
  if (!kernel.executesBlocks || limits.isHostProcessor)
    return {};
  return {npuErrorInvalidDeviceFunction,
          "kernel " + kernel.sourceName +
              " has its blocks as work-items, which only processors can run; compile it with "
              "--device-lowering=thread, or choose another device with NPU_OPENCL_DEVICE"};
}

Status Launcher::check(const Launch &launch) const {
  if (!launch.image || launch.kernel >= launch.image->kernels.size())
    return {npuErrorInvalidDeviceFunction, "the launch names no kernel of its image"};
  const KernelImage::Kernel &kernel = launch.image->kernels[launch.kernel];
  if (kernel.module >= launch.image->modules.size() ||
      launch.image->modules[kernel.module].form != KernelImage::Form::SpirBitcode)
    return {npuErrorInvalidKernelImage,
            "kernel " + kernel.sourceName +
                " has no SPIR 1.2 bitcode, the only form that the OpenCL device runs"};
  if (launch.arguments.size() != kernel.argumentBytes)
    return {npuErrorInvalidValue,
            "kernel " + kernel.sourceName + " takes " + std::to_string(kernel.argumentBytes) +
                " bytes of arguments, not " + std::to_string(launch.arguments.size())};
  if (Status status = checkForm(kernel, context.limits()); !status.ok())
    return status;
  if (Status status = checkShape(launch, kernel, context.limits()); !status.ok())
    return status;
  return checkLocalMemory(kernel.staticSharedBytes, launch.dynamicSharedBytes, kernel.sourceName,
                          context.limits());
}

Status Launcher::load(const std::shared_ptr<const KernelImage> &image) {
  if (Status status = LoadedImage::check(*image); !status.ok())
    return status;
  std::unique_lock lock(mutex);
  for (auto entry = images.begin(); entry != images.end();)
    entry = entry->second->image().expired() ? images.erase(entry) : std::next(entry);
  lock.unlock();
  find(image);
  return {};
}

std::shared_ptr<LoadedImage> Launcher::find(const std::shared_ptr<const KernelImage> &image) {
  {
    std::shared_lock lock(mutex);
    auto found = images.find(image.get());
    if (found != images.end() && found->second->image().lock() == image)
      return found->second;
  }
  std::unique_lock lock(mutex);
  std::shared_ptr<LoadedImage> &entry = images[image.get()];
  if (!entry || entry->image().lock() != image)
    entry = std::make_shared<LoadedImage>(context, image);
  return entry;
}

// The dimension that changes places with x; 0: none. PoCL 3.1 runs the first work-item twice where
// a barrier is under a condition and the local size is 1 in x and more elsewhere.
static unsigned exchangedWithColumns(const Extent3 &block) {
  return block.x > 1 ? 0 : block.y > 1 ? 1 : block.z > 1 ? 2 : 0;
}

Status Launcher::enqueue(const Launch &launch, cl_command_queue queue, KernelObject &object,
                         cl_event &event) {
  const KernelImage::Kernel &kernel = launch.image->kernels[launch.kernel];
  if (Status status = checkLocalMemory(object.staticLocalBytes, launch.dynamicSharedBytes,
                                       kernel.sourceName, context.limits());
      !status.ok())
    return status;
  Extent3 grid{launch.executions};
  if (launch.executions == 0) {
    grid = launch.grid;
    grid.x = (grid.x - 1) / launch.stripBlocks + 1;
  }
  const Extent3 items = kernel.executesBlocks ? Extent3{} : launch.block; // work-items per block
  // Blocks that take turns have their shared memory in their places.
  const bool passesStatic = kernel.executesBlocks && kernel.warpFrameBytes == 0;
  const size_t localBytes =
      localArgumentBytes(passesStatic ? kernel.staticSharedBytes : 0, launch.dynamicSharedBytes);
  const unsigned exchanged = exchangedWithColumns(items);
  size_t local[] = {items.x, items.y, items.z};
  std::swap(local[0], local[exchanged]);
  const size_t global[] = {grid.x * local[0], grid.y * local[1], grid.z * local[2]};
  const size_t offset[] = {exchanged, 0, 0}; // tells the kernel: kernel_image.h
  // A kernel without parameters still has the struct: one byte, as an empty C++ struct has.
  static constexpr uint8_t kNothing[1] = {};
  const void *arguments = launch.arguments.empty() ? kNothing : launch.arguments.data();
  size_t argumentBytes = std::max<size_t>(launch.arguments.size(), 1);
  std::lock_guard lock(object.mutex);
  cl_int error = clSetKernelArg(object.kernel, 0, argumentBytes, arguments);
  if (error != CL_SUCCESS)
    return launchError(error, kernel.sourceName,
                       "argument struct of " + std::to_string(argumentBytes) + " bytes");
  error = clSetKernelArg(object.kernel, 1, localBytes, nullptr);
  if (error != CL_SUCCESS)
    return launchError(error, kernel.sourceName, "shared memory");
  error =
      clEnqueueNDRangeKernel(queue, object.kernel, 3, offset, global, local, 0, nullptr, &event);
  if (error != CL_SUCCESS)
    return launchError(error, kernel.sourceName, context.takeMessage());
  return {};
}

namespace {
// What the event's callback needs; owned by it.
struct Pending {
  Completion done;
  InFlight &inFlight;
  Context &context;
  std::string what;
  std::shared_ptr<void> keepAlive;
};
} // namespace

static void CL_CALLBACK onComplete(cl_event, cl_int state, void *data) {
  std::unique_ptr<Pending> pending(static_cast<Pending *>(data));
  Status status;
  if (state < 0)
    status = {npuErrorLaunchFailure, "kernel " + pending->what + " failed while it ran: " +
                                         errorName(state) + " " + pending->context.takeMessage()};
  else
    status = takeFault();
  InFlight &inFlight = pending->inFlight;
  Completion done = std::move(pending->done);
  pending.reset();
  done(std::move(status));
  done = nullptr;
  inFlight.remove();
}

void notifyWhenComplete(cl_event event, Context &context, InFlight &inFlight, std::string what,
                        Completion done, std::shared_ptr<void> keepAlive) {
  inFlight.add();
  auto *pending =
      new Pending{std::move(done), inFlight, context, std::move(what), std::move(keepAlive)};
  cl_int error = clSetEventCallback(event, CL_COMPLETE, onComplete, pending);
  if (error != CL_SUCCESS) {
    clWaitForEvents(1, &event);
    cl_int state = CL_COMPLETE;
    clGetEventInfo(event, CL_EVENT_COMMAND_EXECUTION_STATUS, sizeof state, &state, nullptr);
    onComplete(event, state, pending);
  }
  // The callback itself must not release: implementations hold the event's lock around it.
  clReleaseEvent(event);
}

void Launcher::execute(const Launch &launch, cl_command_queue queue, Completion done) {
  if (Status status = check(launch); !status.ok())
    return done(std::move(status));
  watchFaults();
  std::shared_ptr<LoadedImage> loaded = find(launch.image);
  KernelObject *object = nullptr;
  if (Status status = loaded->kernel(launch.kernel, object); !status.ok())
    return done(std::move(status));
  cl_event event = nullptr;
  if (Status status = enqueue(launch, queue, *object, event); !status.ok())
    return done(std::move(status));
  notifyWhenComplete(event, context, running, launch.image->kernels[launch.kernel].sourceName,
                     std::move(done), std::move(loaded));
}

} // namespace npu::opencl
