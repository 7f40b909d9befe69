// See shared_memory.h. A process maps the pages that the allocation lies on and those behind it, at
// a place of its own.
#include "shared_memory.h"

#include "device_blocks.h"
#include "memory.h"
#include "memory_pool.h"

#include <cerrno>
#include <cstring>
#include <map>
#include <mutex>
#include <string>
#include <sys/mman.h>
#include <unistd.h>
#include <utility>

namespace npu::core {
namespace {

constexpr size_t kPage = 4096;

struct Import {
  SharedHandle::Kind kind;
  std::pair<uint64_t, uint64_t> place; // the file and where in it
  size_t bytes = 0;
  void *pages = nullptr;
  size_t pageBytes = 0;
  size_t references = 1;
};

// Never destroyed: programs close memory in static destructors.
struct Imports {
  std::mutex mutex;
  std::map<const void *, Import> live; // under mutex; by where the memory starts
};
Imports &imports() {
  static Imports &instance = *new Imports;
  return instance;
}

} // namespace

Status exportMemory(const void *pointer, SharedHandle::Kind kind, SharedHandle &handle) {
  Allocation allocation;
  SharedPart part;
  if (!pointer || !findAllocation(pointer, allocation))
    return {npuErrorInvalidValue, "this is no memory of the device's"};
  const bool ofPool = isPoolMemory(reinterpret_cast<void *>(allocation.base));
  if (ofPool != (kind == SharedHandle::Kind::PoolMemory))
    return {npuErrorInvalidValue, ofPool ? "memory of a pool is exported by the pool's functions"
                                         : "this memory is not of a pool"};
  if (Status status = shareAllocation(pointer, allocation, part); !status)
    return status;
  handle = handleOf(kind, part.file, part.offset, allocation.bytes);
  return {};
}

Status importMemory(const SharedHandle &handle, SharedHandle::Kind kind, void **pointer) {
  int file = -1;
  if (Status status = openSharedFile(handle, kind, file); !status)
    return status;
  std::lock_guard<std::mutex> lock(imports().mutex);
  const std::pair place(handle.inode, handle.offset);
  for (auto &[start, known] : imports().live)
    if (known.place == place && known.kind == kind && known.bytes == handle.bytes) {
      close(file);
      ++known.references;
      *pointer = const_cast<void *>(start);
      return {};
    }
  const size_t before = handle.offset % kPage;
  Import import{kind, place, handle.bytes, nullptr, 0};
  import.pageBytes = sizeOf(file) - (handle.offset - before);
  import.pages = mmap(nullptr, import.pageBytes, PROT_READ | PROT_WRITE, MAP_SHARED, file,
                      off_t(handle.offset - before));
  const int error = errno;
  close(file);
  if (import.pages == MAP_FAILED)
    return {npuErrorMapBufferObjectFailed, std::string("mapping: ") + std::strerror(error)};
  void *start = static_cast<char *>(import.pages) + before;
  if (Status status = adoptMemory(MemoryKind::Device, start, handle.bytes); !status) {
    munmap(import.pages, import.pageBytes);
    return status;
  }
  imports().live.emplace(start, import);
  *pointer = start;
  return {};
}

Status closeImported(void *pointer) {
  std::lock_guard<std::mutex> lock(imports().mutex);
  const auto found = imports().live.find(pointer);
  if (found == imports().live.end())
    return {npuErrorInvalidValue, "no memory of another process starts here"};
  if (--found->second.references)
    return {};
  disownMemory(pointer);
  munmap(found->second.pages, found->second.pageBytes);
  imports().live.erase(found);
  return {};
}

bool isImportedFromPool(const void *pointer) {
  std::lock_guard<std::mutex> lock(imports().mutex);
  const auto found = imports().live.find(pointer);
  return found != imports().live.end() && found->second.kind == SharedHandle::Kind::PoolMemory;
}

} // namespace npu::core
