// `#pragma unroll` that stands before no loop. nvcc warns and goes on; Clang's parser stops there.
#pragma once

#include "clang/Basic/Diagnostic.h"

#include <string>

namespace npu {

// The text without such pragmas where no statement can follow: at the end of a block, and before
// templates, functions and other declarations. Of the same size; empty when nothing changes.
std::string blankStrayUnrolls(llvm::StringRef source);

// Before other statements, and with counts that are none, they are remarked on.
void remarkStrayUnrolls(clang::DiagnosticsEngine &diagnostics);

} // namespace npu
