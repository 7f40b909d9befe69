// The OpenCL platform, device, context and queue that everything in this folder shares.
//
// Thread rule: immutable after open(), except for the last message, which has its own lock.
#pragma once

#include "npu/status.h"

#include <CL/cl.h>

#include <mutex>
#include <string>

namespace npu::opencl {

struct Limits {
  size_t maxWorkGroupSize = 0;
  size_t maxWorkItemSizes[3] = {};
  uint64_t localMemoryBytes = 0;
  uint64_t maxAllocationBytes = 0;
  bool fineGrainedBuffers = false;
  bool isHostProcessor = false; // kernels run in this process's own address space
  bool acceptsSpir = false;
};

class Context {
public:
  Context() = default;
  ~Context();
  Context(const Context &) = delete;
  Context &operator=(const Context &) = delete;

  // Chooses a device; NPU_OPENCL_DEVICE names a part of its (or its platform's) name.
  Status open();

  cl_context context() const { return clContext; }
  cl_device_id device() const { return clDevice; }
  // A queue whose commands are independent of each other.
  cl_command_queue queue() const { return clQueue; }
  const Limits &limits() const { return deviceLimits; }
  const std::string &deviceName() const { return name; }
  const std::string &platformName() const { return platform; }
  // What the implementation said last through its error callback; taken, so that it is said once.
  std::string takeMessage();

private:
  static void CL_CALLBACK onError(const char *message, const void *, size_t, void *self);
  Status choose();
  Status createObjects();

  cl_context clContext = nullptr;
  cl_device_id clDevice = nullptr;
  cl_command_queue clQueue = nullptr;
  Limits deviceLimits;
  std::string name, platform;
  std::mutex messageMutex;
  std::string message; // guarded by messageMutex
};

} // namespace npu::opencl
