// Memory for values between the commands of one library call.
#pragma once

#include "npu/status.h"

#include <cstddef>
#include <memory>

namespace npu::core {

// Reachable by every device; given back with the last reference, which the last command keeps.
Status allocateScratch(size_t bytes, std::shared_ptr<void> &memory);

} // namespace npu::core
