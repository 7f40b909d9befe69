// The numbers that an OpenCL implementation may return from the calls that this device makes; any
// other one is shown as a number.
#include "opencl/opencl_error.h"

namespace npu::opencl {

static const char *shortName(cl_int error) {
  switch (error) {
#define CASE(name)                                                                                 \
  case name:                                                                                       \
    return #name;
    CASE(CL_DEVICE_NOT_FOUND)
    CASE(CL_DEVICE_NOT_AVAILABLE)
    CASE(CL_COMPILER_NOT_AVAILABLE)
    CASE(CL_MEM_OBJECT_ALLOCATION_FAILURE)
    CASE(CL_OUT_OF_RESOURCES)
    CASE(CL_OUT_OF_HOST_MEMORY)
    CASE(CL_BUILD_PROGRAM_FAILURE)
    CASE(CL_EXEC_STATUS_ERROR_FOR_EVENTS_IN_WAIT_LIST)
    CASE(CL_LINK_PROGRAM_FAILURE)
    CASE(CL_INVALID_VALUE)
    CASE(CL_INVALID_PLATFORM)
    CASE(CL_INVALID_DEVICE)
    CASE(CL_INVALID_CONTEXT)
    CASE(CL_INVALID_QUEUE_PROPERTIES)
    CASE(CL_INVALID_COMMAND_QUEUE)
    CASE(CL_INVALID_BINARY)
    CASE(CL_INVALID_BUILD_OPTIONS)
    CASE(CL_INVALID_PROGRAM)
    CASE(CL_INVALID_PROGRAM_EXECUTABLE)
    CASE(CL_INVALID_KERNEL_NAME)
    CASE(CL_INVALID_KERNEL)
    CASE(CL_INVALID_ARG_INDEX)
    CASE(CL_INVALID_ARG_VALUE)
    CASE(CL_INVALID_ARG_SIZE)
    CASE(CL_INVALID_KERNEL_ARGS)
    CASE(CL_INVALID_WORK_DIMENSION)
    CASE(CL_INVALID_WORK_GROUP_SIZE)
    CASE(CL_INVALID_WORK_ITEM_SIZE)
    CASE(CL_INVALID_GLOBAL_OFFSET)
    CASE(CL_INVALID_EVENT)
    CASE(CL_INVALID_OPERATION)
    CASE(CL_INVALID_GLOBAL_WORK_SIZE)
#undef CASE
  case -1001: // cl_khr_icd
    return "CL_PLATFORM_NOT_FOUND_KHR";
  default:
    return "OpenCL error";
  }
}

std::string errorName(cl_int error) {
  return std::string(shortName(error)) + " (" + std::to_string(error) + ")";
}

static npuError_t launchCode(cl_int error) {
  switch (error) {
  case CL_INVALID_WORK_GROUP_SIZE:
  case CL_INVALID_WORK_ITEM_SIZE:
  case CL_INVALID_GLOBAL_WORK_SIZE:
    return npuErrorInvalidConfiguration;
  case CL_OUT_OF_RESOURCES:
  case CL_MEM_OBJECT_ALLOCATION_FAILURE:
    return npuErrorLaunchOutOfResources;
  case CL_OUT_OF_HOST_MEMORY:
    return npuErrorMemoryAllocation;
  default:
    return npuErrorLaunchFailure;
  }
}

Status launchError(cl_int error, const std::string &kernel, const std::string &detail) {
  std::string text = "kernel " + kernel + ": OpenCL refused the launch: " + errorName(error);
  if (!detail.empty())
    text += "; " + detail;
  return {launchCode(error), text};
}

} // namespace npu::opencl
