// Launches in device code. Clang 15 has no kernels that launch kernels: it refuses the launch where
// a kernel or __device__ function makes it, but lets a lambda, which is host and device at once,
// make it until code is emitted for the lambda. So such launches are put into lambdas,
//   child<<<grid, block>>>(x)   ->   [&] { child<<<grid, block>>>(x); }()
// in the text that the compiler reads, within the line, and the late error is taken back.
#pragma once

#include "rewritten_sources.h"

#include "clang/AST/ASTConsumer.h"
#include "clang/Basic/Diagnostic.h"

#include <memory>

namespace npu {

// Finds in a compilation's diagnostics the launches that Clang refuses.
class ChildLaunchErrors {
public:
  // The place of the kernel's name when `diagnostic`, together with those before it, says that
  // device code may not launch that kernel; else an invalid one.
  clang::SourceLocation placeIn(const clang::Diagnostic &diagnostic);

private:
  clang::SourceLocation lastUnresolved; // of a call without a viable function
};

// Puts the launch at a place that ChildLaunchErrors found into a lambda. False: no launch is
// written there in full.
bool wrapChildLaunch(clang::SourceLocation place, const clang::SourceManager &sources,
                     RewrittenSources &rewritten);

// Takes back Clang's errors about launches that lambdas in device code make.
std::unique_ptr<clang::ASTConsumer> allowChildLaunches();

} // namespace npu
