// OpenCL error numbers in words, and as the runtime's own errors.
#pragma once

#include "npu/status.h"

#include <CL/cl.h>

#include <string>

namespace npu::opencl {

// "CL_OUT_OF_RESOURCES (-5)"
std::string errorName(cl_int error);
// The error of a launch of `kernel` (its source name), with what to do about it.
Status launchError(cl_int error, const std::string &kernel, const std::string &detail);

} // namespace npu::opencl
