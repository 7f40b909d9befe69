// Build files that compile CUDA, rewritten for cu2npu: simple ones wholly; what is left is said at
// its place, in the terminal and as a comment. docs/build-files.md lists what becomes what.
#pragma once

#include "diagnostics.h"

#include "llvm/Support/Error.h"

#include <string>

namespace npu {

enum class BuildFile { None, Cmake, Make };

// By name: CMakeLists.txt and *.cmake; Makefile, makefile, GNUmakefile and *.mk.
BuildFile buildFileKind(llvm::StringRef path);

llvm::Expected<std::string> migrateCmake(llvm::StringRef text, const std::string &shownPath,
                                         Diagnostics &diagnostics);
llvm::Expected<std::string> migrateMakefile(llvm::StringRef text, const std::string &shownPath,
                                            Diagnostics &diagnostics);

// CUDA's libraries by their linker name ("cublas"; libraries.def).
enum class LibraryState { Other, Covered, Missing };
LibraryState libraryState(llvm::StringRef linkerName);

// "kernels.cu" -> "kernels.cpp", also *.cu, $(x:.cu=.o) and such: ".cu" at the end of a word.
std::string withoutCudaSuffix(llvm::StringRef word);

} // namespace npu
