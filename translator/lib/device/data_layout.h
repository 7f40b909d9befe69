// Where Clang lays out the device side's types.
#pragma once

#include "clang/Basic/TargetInfo.h"

namespace npu {

// nvptx64 and the target of the pipeline's end align 128-bit integers differently by themselves: 16
// bytes, and 8 in LLVM 15. Without nvptx64's rule in the data layout Clang writes the padding of
// structs out, as it does for x86-64, and their members stay where CUDA has them. Call before code
// generation is set up.
void writePaddingOut(clang::TargetInfo &target);

} // namespace npu
