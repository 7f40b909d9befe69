// Runs Clang on one input, host side or device side, against our CUDA-compatible headers, and adds
// what it learns to the facts. Nothing of Clang's outlives a call.
#pragma once

#include "facts.h"
#include "file_state.h"

#include "llvm/ADT/StringRef.h"

#include <string>
#include <vector>

namespace npu {

struct ParseOptions {
  std::string input;
  std::vector<std::string> clangArguments; // the user's
  std::string headerFolder;                // ours
  bool kernelSource = false;               // CUDA mode
  bool preInclude = false;                 // cuda_runtime.h before the first line, as nvcc does
  bool deviceSide = false;
  // Clang's errors become facts (ProgramFacts::parseErrors), and what could be understood counts.
  bool errorsAreFacts = false;
};

struct ParseOutcome {
  bool failed = false;               // the source has errors of its own
  std::vector<std::string> messages; // Clang's, complete with place and source line
  FileStates lookedAt;               // every path that was asked for, but for compilers' own places
};

ParseOutcome parse(const ParseOptions &options, ProgramFacts &facts);

// The folder's real path with a trailing separator, for prefix tests; "" when it does not exist.
std::string realFolder(llvm::StringRef folder);

} // namespace npu
