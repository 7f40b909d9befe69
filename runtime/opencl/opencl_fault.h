// A kernel that touches memory that is not there.
#pragma once

namespace npu::opencl {

// Installs a handler of SIGSEGV and SIGBUS, once per process. A fault in a kernel's code (or in a
// copy that it makes) ends the process with exit status 1 and one line that names the kernel and
// the address. Every other fault goes to whoever handled it before.
void watchFaults();

} // namespace npu::opencl
