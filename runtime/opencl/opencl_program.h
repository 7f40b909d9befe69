// The code of one kernel image on the OpenCL device: each module is built when one of its kernels
// is first launched, once, and independent modules may build side by side.
//
// Thread rule: all members from any thread.
#pragma once

#include "npu/kernel_image.h"
#include "npu/status.h"
#include "opencl/opencl_context.h"

#include <CL/cl.h>

#include <memory>
#include <mutex>
#include <string>
#include <vector>

namespace npu::opencl {

// A kernel object ready to launch. OpenCL keeps the arguments in the object, so whoever sets them
// holds `mutex` until the launch is enqueued.
struct KernelObject {
  std::mutex mutex;
  cl_kernel kernel = nullptr;    // set once, before anyone sees the object
  uint64_t staticLocalBytes = 0; // as the implementation counts, at least the image's
  size_t maxWorkGroupSize = 0;
};

// What the compiler said, without trailing space.
std::string buildLog(cl_program program, cl_device_id device);

class LoadedImage {
public:
  LoadedImage(const Context &context, std::shared_ptr<const KernelImage> image);
  ~LoadedImage();
  // A form that this device does not run, or bytes that cannot be a module.
  static Status check(const KernelImage &image);

  // Builds the kernel's module on first use. A failure is remembered.
  Status kernel(uint32_t index, KernelObject *&object);
  std::weak_ptr<const KernelImage> image() const { return source; }

private:
  struct Module {
    std::once_flag built;
    cl_program program = nullptr;
    Status status;
  };
  struct Slot {
    std::once_flag created;
    KernelObject object;
    Status status;
  };
  Status build(const KernelImage &image, uint32_t index);
  Status create(const KernelImage &image, uint32_t index);

  const Context &context;
  std::weak_ptr<const KernelImage> source;
  std::vector<Module> modules;
  std::vector<Slot> slots; // one per kernel
};

} // namespace npu::opencl
