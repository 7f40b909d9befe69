// The memory home: memory that the host and every kernel reach at the same address.
//
// Thread rule: all members from any thread.
#pragma once

#include "opencl/opencl_context.h"

#include <cstddef>
#include <mutex>
#include <unordered_map>

namespace npu::opencl {

class Memory {
public:
  explicit Memory(const Context &context);
  ~Memory();
  // nullptr when the machine has no room for it. A size of 0 is treated as 1.
  void *allocate(size_t bytes, size_t alignment);
  void release(void *address);

private:
  struct Block {
    void *base = nullptr;
    size_t bytes = 0;      // of the whole block
    bool isMapped = false; // mmap, else clSVMAlloc
  };
  Block obtain(size_t bytes);
  void giveBack(const Block &block);

  const Context &context;
  size_t capacityBytes;
  std::mutex mutex;
  size_t usedBytes = 0;                     // guarded by mutex
  std::unordered_map<void *, Block> blocks; // guarded by mutex; by the address handed out
};

} // namespace npu::opencl
