// How host code of a library call says that it failed: thrown inside a HostCall, caught by the host
// device, whose command then ends with the Status.
#pragma once

#include "npu/status.h"

namespace npu::core {

struct CommandFailure {
  Status status;
};

} // namespace npu::core
