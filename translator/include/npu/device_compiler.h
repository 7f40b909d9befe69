// Device code of a CUDA or neutral source file -> LLVM IR -> kernel image.
//
//   compileDevice   one source file; whole-program: a finished image; relocatable: bitcode for
//   linkDevice linkDevice      relocatable bitcode of several files -> one image
//
// Diagnostics of Clang's and of our passes go to the given stream in Clang's own form
// (file:line:col: error: ... [npu-<id>]). Thread rule: one call at a time per process.
#pragma once

#include "llvm/Support/Error.h"

#include <cstdint>
#include <string>
#include <vector>

namespace npu {

struct DeviceCompileOptions {
  std::string input; // path of the source
  // Distinct for every object of a program: names the functions that only this one can see.
  std::string unit;
  // What the host side's compilation gets too, in Clang driver spelling: -I -D -U -isystem -include
  // -std= -W... -fno-...; includes our own header folders and pre-included headers.
  std::vector<std::string> clangArguments;
  // Our own header folders: a diagnostic about an inlined header function names the user's line.
  std::vector<std::string> ownFolders;
  unsigned optimize = 3;       // 0: as little as correctness allows
  bool fastMath = false;       // -use_fast_math
  bool fuseMultiplyAdd = true; // -fmad
  bool warps = true;           // false: every kernel is lowered to one work-item per thread
  // With warps: how many instructions the copies of a function in a kernel have before it is called
  // and not inlined; beyond about 1000 their vectors leave the processor's instruction cache. 0:
  // all functions that can be called are, for tests.
  unsigned calledInstructions = 1000;
  bool onlyWarps = false;    // a kernel that has no warp form is refused
  bool relocatable = false;  // -rdc=true
  std::string deviceLibrary; // bitcode; empty: none
  std::string dumpPasses;    // folder for the IR after each pass; empty: none
  std::string passPipeline;  // reserved for tests
  // A file for the host side's compilation, empty when it needs nothing: a virtual file system
  // overlay in Clang's form with the sources in which launches by kernels are rewritten. The
  // sources are beside it, with .0, .1 and so on behind its name. Empty: not written.
  std::string rewrittenSources;
};

// The result's bytes: a serialised KernelImage, or LLVM bitcode when options.relocatable.
// A source without any kernel or device variable gives an image without kernels.
llvm::Expected<std::vector<uint8_t>> compileDevice(const DeviceCompileOptions &options);

llvm::Expected<std::vector<uint8_t>> linkDevice(const std::vector<std::vector<uint8_t>> &bitcode,
                                                const DeviceCompileOptions &options);

} // namespace npu
