// See file_state.h.
#include "file_state.h"

#include "llvm/Support/FileSystem.h"

using namespace npu;

FileState npu::stateOf(const llvm::vfs::Status &status) {
  FileState state;
  state.exists = true;
  state.isFolder = status.isDirectory();
  if (state.isFolder)
    return state;
  state.bytes = status.getSize();
  state.modified = std::chrono::duration_cast<std::chrono::nanoseconds>(
                       status.getLastModificationTime().time_since_epoch())
                       .count();
  return state;
}

FileState npu::stateOf(llvm::StringRef path) {
  llvm::sys::fs::file_status status;
  if (llvm::sys::fs::status(path, status))
    return {};
  return stateOf(llvm::vfs::Status::copyWithNewName(status, path));
}
