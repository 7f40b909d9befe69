// What to do about errors of Clang's that CUDA programs run into and nvcc does not report.
#pragma once

#include "clang/Basic/Diagnostic.h"
#include "clang/Basic/SourceManager.h"

#include <string>

namespace npu {

// A note to follow the error: a sentence with its id in brackets; empty for all other errors.
std::string remedyFor(const clang::Diagnostic &error);
// The same as a line of the terminal, "file:line:column: note: ...\n"; empty where there is none.
std::string remedyLine(const clang::Diagnostic &error);

// Such a line for a launch by a kernel that cannot be rewritten (child_launches.h).
std::string launchRemedyLine(clang::SourceLocation place, const clang::SourceManager &sources);

} // namespace npu
