// `cu2npu intercept -- make`: runs a build and records how it compiles. Compilers that the build
// finds through PATH or CUDA_PATH are stood in for by this program, which notes the command line
// and then runs the compiler; where there is no nvcc, npucc compiles.
#pragma once

#include "llvm/ADT/StringRef.h"
#include "llvm/Support/Error.h"

#include <string>
#include <vector>

namespace npu {

struct InterceptOptions {
  std::string program;              // this program's file
  std::string npucc;                // what stands in for a missing nvcc
  std::string toolkit;              // our folder in a CUDA toolkit's shape, or ""
  std::string output;               // the compile_commands.json to write
  std::vector<std::string> command; // the build
};

// The build's exit status. Writes `output` whatever that is.
llvm::Expected<int> intercept(const InterceptOptions &options);

// Whether this process stands in for a compiler.
bool isStandIn(llvm::StringRef invokedAs);
// Records the command line and becomes the compiler; returns only when that fails.
int runStandIn(int argc, char **argv);

} // namespace npu
