// Matrix products on the OpenCL device, for what no better device takes: gemm.cl.
//
// Thread rule: all members from any thread.
#pragma once

#include "npu/device.h"
#include "opencl/opencl_context.h"
#include "opencl/opencl_launch.h"

#include <map>
#include <mutex>
#include <string>

namespace npu::opencl {

class Gemm {
public:
  Gemm(Context &context, InFlight &inFlight) : context(context), inFlight(inFlight) {}
  ~Gemm();
  // ok, or why not.
  Status check(const TensorOp &op) const;
  void execute(const TensorOp &op, Completion done);

private:
  struct Variant {    // one build of gemm.cl
    std::mutex mutex; // held while arguments are set and the launch is enqueued
    bool built = false;
    Status status;
    cl_program program = nullptr;
    cl_kernel kernel = nullptr;
  };
  Variant &variant(const std::string &options);
  Status build(Variant &variant, const std::string &options);
  Status enqueue(const TensorOp &op, cl_event &event);

  Context &context;
  InFlight &inFlight;
  std::mutex mutex;
  std::map<std::string, Variant> variants; // guarded by mutex; by build options; never erased
};

} // namespace npu::opencl
