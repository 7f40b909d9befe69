// Blocks come from clSVMAlloc, or, beyond the largest block that it gives, from mmap where kernels
// run in this process (PoCL): PoCL derives its limits from hwloc's idea of the machine, which
// misses memory that was added after boot, takes a quarter of three quarters of that, and its
// kernels use plain addresses anyway. PoCL aligns to 128 bytes at most; wider alignment is made by
// a longer block.
//
// The sum of all blocks is bounded by the machine's memory (and the control group's limit): Linux
// would promise more than it has and end the process on first use, where CUDA returns an error.
#include "opencl/opencl_memory.h"

#include <algorithm>
#include <cstdint>
#include <fstream>
#include <string>
#include <sys/mman.h>
#include <unistd.h>

namespace npu::opencl {

static constexpr size_t kSvmAlignmentBytes = 128;

static uint64_t controlGroupLimitBytes() {
  for (const char *path :
       {"/sys/fs/cgroup/memory.max", "/sys/fs/cgroup/memory/memory.limit_in_bytes"}) {
    std::ifstream file(path);
    uint64_t bytes = 0;
    if (file >> bytes) // "max" is not a number: no limit
      return bytes;
  }
  return UINT64_MAX;
}

// A tenth, at most 2 GiB, is left to the program and the system.
static size_t usableBytes() {
  uint64_t machine = uint64_t(sysconf(_SC_PHYS_PAGES)) * uint64_t(sysconf(_SC_PAGESIZE));
  uint64_t total = std::min(machine, controlGroupLimitBytes());
  return total - std::min<uint64_t>(total / 10, uint64_t(2) << 30);
}

Memory::Memory(const Context &context) : context(context), capacityBytes(usableBytes()) {}

Memory::~Memory() {
  for (auto &[address, block] : blocks)
    giveBack(block);
}

// GPUs give large blocks whole pages, and programs read a little behind theirs without knowing.
// What is not touched takes no memory of the host.
static size_t withWholePages(size_t bytes) {
  constexpr size_t kPage = size_t(2) << 20;
  const bool isLarge = bytes >= kPage / 2 && bytes <= SIZE_MAX - kPage;
  return isLarge ? (bytes + kPage - 1) / kPage * kPage : bytes;
}

Memory::Block Memory::obtain(size_t bytes) {
  const Limits &limits = context.limits();
  if (bytes <= limits.maxAllocationBytes) {
    const size_t whole = std::min(withWholePages(bytes), size_t(limits.maxAllocationBytes));
    void *base =
        clSVMAlloc(context.context(), CL_MEM_READ_WRITE | CL_MEM_SVM_FINE_GRAIN_BUFFER, whole, 0);
    if (base)
      return {base, bytes, false};
  }
  if (!limits.isHostProcessor)
    return {};
  void *base = mmap(nullptr, bytes, PROT_READ | PROT_WRITE,
                    MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE, -1, 0);
  return base == MAP_FAILED ? Block{} : Block{base, bytes, true};
}

void Memory::giveBack(const Block &block) {
  if (block.isMapped)
    munmap(block.base, block.bytes);
  else
    clSVMFree(context.context(), block.base);
}

void *Memory::allocate(size_t bytes, size_t alignment) {
  bytes = std::max<size_t>(bytes, 1);
  alignment = std::max<size_t>(alignment, 256);
  size_t slack = alignment > kSvmAlignmentBytes ? alignment : 0;
  if (bytes > capacityBytes || slack > capacityBytes - bytes)
    return nullptr;
  size_t wholeBytes = bytes + slack;
  {
    std::lock_guard lock(mutex);
    if (usedBytes > capacityBytes - wholeBytes)
      return nullptr;
    usedBytes += wholeBytes;
  }
  Block block = obtain(wholeBytes);
  std::lock_guard lock(mutex);
  if (!block.base) {
    usedBytes -= wholeBytes;
    return nullptr;
  }
  auto start = (reinterpret_cast<uintptr_t>(block.base) + alignment - 1) / alignment * alignment;
  void *address = reinterpret_cast<void *>(start);
  blocks.emplace(address, block);
  return address;
}

void Memory::release(void *address) {
  Block block;
  {
    std::lock_guard lock(mutex);
    auto found = blocks.find(address);
    if (found == blocks.end())
      return;
    block = found->second;
    blocks.erase(found);
    usedBytes -= block.bytes;
  }
  giveBack(block);
}

} // namespace npu::opencl
