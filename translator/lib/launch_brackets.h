// Launch brackets with spaces in them, "kernel << <grid, block>> >(x)", as nvcc takes them and as
// formatters that do not know CUDA leave them.
#pragma once

#include "llvm/ADT/StringRef.h"

#include <string>

namespace npu {

// The text with such brackets joined, "<<< " and ">>> ": of the same size, so that places in the
// file stay what they are. Empty when there is none.
std::string joinLaunchBrackets(llvm::StringRef source);

} // namespace npu
