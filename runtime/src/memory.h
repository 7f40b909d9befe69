// The memory map: every allocation that kernels can reach, by address, interior pointers included.
// Everything in here may be called from any thread.
#pragma once

#include "npu/status.h"

#include <cstddef>
#include <cstdint>

namespace npu::core {

struct SharedPart; // device_blocks.h

enum class MemoryKind { Device, Managed, Pinned, Registered };

struct Allocation {
  uintptr_t base = 0;
  size_t bytes = 0;
  MemoryKind kind = MemoryKind::Device;
  unsigned flags = 0;      // as the program gave them
  int device = 0;          // current when it was made
  bool isVariable = false; // of a kernel image: a program cannot free it
};

constexpr size_t kAllocationAlignment = 256;

// From the memory home. 0 bytes give a null pointer.
Status allocateMemory(MemoryKind kind, size_t bytes, unsigned flags, void **pointer);
// The same for a variable of an image, which may need more alignment. freeMemoryNow() frees it.
Status allocateVariable(MemoryKind kind, size_t bytes, size_t alignment, unsigned flags,
                        void **pointer);
// Gives memory back that starts at `pointer`; Pinned or not Pinned as `pinned` says. Waits for all
// work first, because it may use the memory. Null is fine.
Status freeMemory(void *pointer, bool pinned);
// The same without waiting: the caller knows that the memory is no longer used.
Status freeMemoryNow(void *pointer, bool pinned);
Status registerMemory(void *pointer, size_t bytes, unsigned flags);
Status unregisterMemory(void *pointer);
// Makes memory known that somebody else owns and nobody frees here (managed variables), and no
// longer known.
Status adoptMemory(MemoryKind kind, void *pointer, size_t bytes);
void disownMemory(void *pointer);
// Whether memory that was registered or made known starts here.
bool isOthersMemory(const void *pointer);

// The allocation that `pointer` points into; false when there is none.
bool findAllocation(const void *pointer, Allocation &allocation);
// How much of it lies at `address` and behind; 0 when there is none.
size_t reachableBytes(const void *address);

// The allocation of the program's (device memory, not of a variable) that holds `pointer`, and
// where its pages are from now on: they can be mapped by other processes. Waits for all work first.
Status shareAllocation(const void *pointer, Allocation &allocation, SharedPart &part);

// What is installed (or granted by the control group), and what is left of it.
size_t totalMemoryBytes();
size_t freeMemoryBytes();

} // namespace npu::core
