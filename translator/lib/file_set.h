// Files that appear together or not at all: each is written beside its place under a temporary
// name, and all are renamed once every one is complete. A process that is killed leaves whole files
// only: each is the earlier one or the new one, and temporary files (.cu2npu-*) may lie beside
// them.
#pragma once

#include "llvm/Support/Error.h"

#include <string>
#include <utility>
#include <vector>

namespace npu {

class FileSet {
public:
  // Paths are relative to `folder`; "": to the current one.
  explicit FileSet(std::string folder) : folder(std::move(folder)) {}
  void add(std::string relativePath, std::string text) {
    files.push_back({std::move(relativePath), std::move(text), "", ""});
  }
  // A file that stays as it is, byte for byte.
  void addCopy(std::string relativePath, std::string source) {
    files.push_back({std::move(relativePath), "", std::move(source), ""});
  }
  // Takes the place of `original`, which is kept as <original>.orig. One that is already kept is
  // an earlier run's original, and stays.
  void addInPlace(std::string relativePath, std::string text, std::string original) {
    files.push_back({std::move(relativePath), std::move(text), "", std::move(original)});
  }
  // Creates missing folders. Appends the paths of the files to `written`.
  llvm::Error write(std::vector<std::string> &written) const;

private:
  struct File {
    std::string relativePath, text, copyOf, original;
  };
  std::string folder;
  std::vector<File> files;
};

// The name under which addInPlace keeps an original.
std::string backupName(const std::string &original);

} // namespace npu
