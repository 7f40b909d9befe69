// A kernel that touches memory that is not there.
#pragma once

#include "npu/status.h"

namespace npu::opencl {

// Installs a handler of SIGSEGV and SIGBUS, once per process. A fault in a kernel's code (or in a
// copy that it makes) ends the block that was running (npu/recovery.h), or, where other blocks
// would wait for it, the process, with exit status 1. Either way one line names the kernel and the
// address. Every other fault goes to whoever handled it before.
void watchFaults();

// npuErrorIllegalAddress when a block has been ended since the last call, in any kernel.
Status takeFault();

} // namespace npu::opencl
