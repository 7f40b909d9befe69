// Pages of this process that become a file's, in place, so that other processes can map them.
#pragma once

#include "npu/status.h"

#include <cstddef>

namespace npu::core {

// Whole pages, from where they start; their contents stay. No device may be at work on them; host
// threads that write meanwhile wait. npuErrorNotSupported when they are not memory of the process
// alone (a device's, say). Any thread, one at a time.
Status sharePages(void *first, size_t bytes, int &file);
// The process's own again, and empty; whoever has mapped them keeps what was there. False: the
// system refuses, and they stay shared.
bool unsharePages(void *first, size_t bytes, int file);

} // namespace npu::core
