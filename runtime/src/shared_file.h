// Memory that other processes of this machine can map: a file without a name, and what another
// process needs to know to open it. Any thread.
#pragma once

#include "npu/status.h"

#include <cstddef>
#include <cstdint>

namespace npu::core {

// What a handle of CUDA's (64 bytes) holds. The process that made it must still be there, as
// CUDA asks for.
struct SharedHandle {
  enum class Kind : uint32_t { Memory = 0x4d55504e, Event = 0x4555504e, PoolMemory = 0x5055504e };
  Kind kind = Kind::Memory;
  int32_t process = 0;
  int32_t file = 0; // a descriptor of that process
  uint32_t reserved = 0;
  uint64_t pool = 0;  // of PoolMemory: which pool it is of, by the pool's own file
  uint64_t inode = 0; // tells the file from a later one of the same number
  uint64_t offset = 0, bytes = 0;
};
static_assert(sizeof(SharedHandle) <= 64, "CUDA's handles");

// A new file of zeros; npuErrorMemoryAllocation when there is no room.
Status makeSharedFile(size_t bytes, int &file);
// A part of one of this process's files. Without an error, as the file is there.
SharedHandle handleOf(SharedHandle::Kind kind, int file, size_t offset, size_t bytes);
// Which file a descriptor stands for, on this machine; 0 when it is none.
uint64_t identityOf(int file);
size_t sizeOf(int file);
// The file of another process's handle, to be closed by the caller. npuErrorInvalidValue for what
// is no handle of this kind, npuErrorDeviceUninitialized in the process that made it, as CUDA,
// npuErrorMapBufferObjectFailed when the file is no longer there.
Status openSharedFile(const SharedHandle &handle, SharedHandle::Kind kind, int &file);

} // namespace npu::core
