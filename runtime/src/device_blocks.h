// Blocks of the memory home as GPUs give them: small ones lie side by side in larger ones, so that
// a program that writes a little past its own meets its own, and no page has anything else in it,
// so that pages can be shared with other processes. Any thread.
#pragma once

#include "memory.h"
#include "npu/device.h"

namespace npu::core {

// Starts on a multiple of 512. No page has blocks of several kinds: the host works with managed
// memory at any time, and so it cannot be shared. Null when the home has no room.
void *takeBlock(Device &home, MemoryKind kind, size_t bytes);
void giveBlock(Device &home, void *block);

// The pages that hold a block, shared from now on (shared_pages.h) until none of the blocks on
// them is in use.
struct SharedPart {
  int file = -1;
  size_t offset = 0; // of the block in it
};
Status shareBlock(const void *block, SharedPart &part);

} // namespace npu::core
