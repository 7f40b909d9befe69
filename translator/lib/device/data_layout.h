// Where Clang lays out the device side's types.
#pragma once

#include "clang/Basic/TargetInfo.h"

namespace npu {

// What one side leaves in memory, the other reads. Call before code is read.
//
// 128-bit integers: nvptx64 and the target of the pipeline's end align them differently by
// themselves, 16 bytes, and 8 in LLVM 15. Without nvptx64's rule in the data layout Clang writes
// the padding of structs out, as it does for x86-64, and their members stay where CUDA has them.
//
// long double: a double in device code, but aligned as on the host, for the sake of
// alignas(std::max_align_t). For its values see long_doubles.h.
void layOutAsHost(clang::TargetInfo &target);

} // namespace npu
