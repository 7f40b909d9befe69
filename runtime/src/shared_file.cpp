// See shared_file.h. Files are opened by way of /proc, so they need no names, and nothing is left
// behind by a process that ends early.
#include "shared_file.h"

#include <cerrno>
#include <cstring>
#include <fcntl.h>
#include <string>
#include <sys/mman.h>
#include <sys/stat.h>
#include <unistd.h>

namespace npu::core {

Status makeSharedFile(size_t bytes, int &file) {
  file = memfd_create("npu", MFD_CLOEXEC);
  if (file >= 0 && ftruncate(file, off_t(bytes)) == 0)
    return {};
  const std::string why = std::strerror(errno);
  if (file >= 0)
    close(file);
  return {npuErrorMemoryAllocation, "no memory that can be shared: " + why};
}

uint64_t identityOf(int file) {
  struct stat about {};
  return fstat(file, &about) == 0 ? about.st_ino : 0;
}

size_t sizeOf(int file) {
  struct stat about {};
  return fstat(file, &about) == 0 ? size_t(about.st_size) : 0;
}

SharedHandle handleOf(SharedHandle::Kind kind, int file, size_t offset, size_t bytes) {
  SharedHandle handle;
  handle.kind = kind;
  handle.process = getpid();
  handle.file = file;
  handle.inode = identityOf(file);
  handle.offset = offset;
  handle.bytes = bytes;
  return handle;
}

Status openSharedFile(const SharedHandle &handle, SharedHandle::Kind kind, int &file) {
  if (handle.kind != kind || handle.process <= 0 || handle.file < 0 || !handle.bytes)
    return {npuErrorInvalidValue, "this is no such handle"};
  if (handle.process == getpid())
    return {npuErrorDeviceUninitialized,
            "a handle is opened by other processes than the one that made it"};
  const std::string path =
      "/proc/" + std::to_string(handle.process) + "/fd/" + std::to_string(handle.file);
  file = open(path.c_str(), O_RDWR | O_CLOEXEC);
  if (file < 0)
    return {npuErrorMapBufferObjectFailed,
            "process " + std::to_string(handle.process) +
                " has ended, has freed it or is another user's: " + std::strerror(errno)};
  struct stat about {};
  if (fstat(file, &about) == 0 && about.st_ino == handle.inode &&
      handle.offset <= uint64_t(about.st_size) &&
      handle.bytes <= uint64_t(about.st_size) - handle.offset)
    return {};
  close(file);
  return {npuErrorMapBufferObjectFailed, "what the handle stood for is no longer there"};
}

} // namespace npu::core
