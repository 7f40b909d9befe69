// The sources to translate, each with the options that it is compiled with.
#pragma once

#include "npu/translate.h"

#include "llvm/Support/Error.h"

#include <string>
#include <vector>

namespace npu {

struct Unit {
  std::string given; // as the user wrote it
  std::string real;
  std::vector<std::string> clangArguments;
  bool kernelSource = false; // parsed in CUDA mode, for host and device
  bool preInclude = false;   // CUDA's own spelling, with what nvcc includes by itself
};

// Opens `given`; `arguments` may hold -x cu, which makes any file a CUDA source.
llvm::Expected<Unit> openUnit(const std::string &given, std::vector<std::string> arguments);

// Whether the options want this file migrated, not translated.
bool isMigratedBuildFile(const TranslateOptions &options, llvm::StringRef path);

// Every unit that the options ask for, in a fixed order.
llvm::Expected<std::vector<Unit>> gatherUnits(const TranslateOptions &options);

// The folders of -I, absolute, with a trailing separator.
std::vector<std::string> includeFolders(const std::vector<Unit> &units);

} // namespace npu
