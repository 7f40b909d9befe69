// `#pragma unroll` where no statement can follow. nvcc warns and goes on; Clang's parser stops
// there.
#pragma once

#include "llvm/ADT/StringRef.h"

#include <string>

namespace npu {

// The text without such pragmas: at the end of a block, and before templates, functions and other
// declarations. Of the same size; empty when nothing changes.
std::string blankStrayUnrolls(llvm::StringRef source);

} // namespace npu
