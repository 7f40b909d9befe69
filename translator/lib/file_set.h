// Files that appear together or not at all: each is written beside its place under a temporary
// name, and all are renamed once every one is complete.
#pragma once

#include "llvm/Support/Error.h"

#include <string>
#include <utility>
#include <vector>

namespace npu {

class FileSet {
public:
  explicit FileSet(std::string folder) : folder(std::move(folder)) {}
  void add(std::string relativePath, std::string text) {
    files.emplace_back(std::move(relativePath), std::move(text));
  }
  // Creates missing folders. Appends the paths of the files to `written`.
  llvm::Error write(std::vector<std::string> &written) const;

private:
  std::string folder;
  std::vector<std::pair<std::string, std::string>> files;
};

} // namespace npu
