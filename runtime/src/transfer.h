// Copies and fills: CUDA's checks of pointers and directions, then Copy and Fill commands. Any
// thread.
#pragma once

#include "stream.h"

namespace npu::core {

// `wait`: the call returns when the copy is done. Without it, memory that the program did not pin
// is still treated as CUDA does: it is read before the call returns, or written before it returns.
Status copyMemory(const Copy &copy, npuMemcpyKind kind, npuStream_t stream, bool wait);
Copy linearCopy(void *dst, const void *src, size_t bytes);
Status fillMemory(const Fill &fill, npuStream_t stream);

// The checks alone; `known` tells which sides the memory map knows.
struct KnownSides {
  bool dst = false, src = false;
};
Status checkCopy(const Copy &copy, npuMemcpyKind kind, KnownSides &known);
Status checkFill(const Fill &fill);

} // namespace npu::core
