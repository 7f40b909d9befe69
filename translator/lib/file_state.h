// What a parse may depend on of one path: whether it is there, its size and when it was changed.
#pragma once

#include "llvm/ADT/StringRef.h"
#include "llvm/Support/VirtualFileSystem.h"

#include <cstdint>
#include <map>
#include <string>

namespace npu {

struct FileState {
  bool exists = false;
  bool isFolder = false;
  uint64_t bytes = 0;   // of a file; a folder's say nothing about the names in it
  int64_t modified = 0; // nanoseconds since 1970, of a file
};

inline bool operator==(const FileState &a, const FileState &b) {
  return a.exists == b.exists && a.isFolder == b.isFolder && a.bytes == b.bytes &&
         a.modified == b.modified;
}

// By the path as it was asked for, absent ones too.
using FileStates = std::map<std::string, FileState>;

FileState stateOf(const llvm::vfs::Status &status);
// As it is now. Symbolic links are followed.
FileState stateOf(llvm::StringRef path);

} // namespace npu
