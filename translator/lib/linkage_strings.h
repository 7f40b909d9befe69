// A macro right behind a linkage's string, extern "C"__global__, which the compilers that nvcc
// preprocesses with read as two tokens and Clang as a user-defined literal.
#pragma once

#include "llvm/ADT/StringRef.h"

#include <string>

namespace npu {

// The text with the blank moved from before such a string to behind it: of the same size, and what
// stands behind the string keeps its place. Empty when there is none.
std::string separateLinkageStrings(llvm::StringRef source);

} // namespace npu
