// Where npucc's own files are: relative to its binary, in a build tree or an installed one.
#pragma once

#include "llvm/ADT/StringRef.h"
#include "llvm/Support/Error.h"

#include <string>
#include <vector>

namespace npu::driver {

struct Layout {
  std::string clang;                       // clang++ 15
  std::vector<std::string> includeFolders; // the CUDA-compatible headers first
  std::string packageOverlay;              // what replaces files of packages (Clang's VFS overlay)
  std::string libraryFolder;               // holds libnpurt.so
  std::string deviceLibrary;               // bitcode
  std::string hostPlugin;                  // for Clang on the host side: tool/host_plugin.cpp
  std::string emptyToolkit;                // a folder without any CUDA installation in it
  std::string toolkit; // our folder in a CUDA toolkit's shape (cmake/make_toolkit.sh), or empty
};

// `program` is the path of the running binary. A build tree has share/cu2npu/build_tree.cfg beside
// bin/ (lines "name=value"); an installed tree has fixed places.
llvm::Expected<Layout> findLayout(llvm::StringRef program);

} // namespace npu::driver
