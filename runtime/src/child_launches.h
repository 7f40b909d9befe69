// Launches, copies and fills that kernels ask for: service `children` (npu/device_services.h). The
// core does them when the kernel's grid has ended, in the order in which they were asked for, and
// each with all that it asks for itself before the next: an order that CUDA allows for every stream
// of a kernel. Tail launches come behind all of them. Any thread.
#pragma once

#include "npu/device.h"

namespace npu::core {

// Does what the threads of `launch` have asked for since the last call; without the tail launches
// while the grid has not ended.
Status runChildren(const Launch &launch, bool hasEnded);

// Runs one command, and what its kernel asks for, on the devices that take them; waits for the end.
Status runNow(const Command &command);

} // namespace npu::core
