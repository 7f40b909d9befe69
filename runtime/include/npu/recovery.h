// Where a thread of a kernel goes on when its code has faulted: behind the block that it was
// running. Kernels whose blocks wait for one another have no such place, since the others would
// wait for ever.
#pragma once

#include <cstddef>
#include <cstdint>

namespace npu::recovery {

// In the stack frame of a kernel while it runs a block: the frame pointer, the place to go on, the
// stack pointer, as LLVM's llvm.eh.sjlj.setjmp keeps them, and two marks by which it is found. The
// marks are removed behind the block: a kernel that runs no longer leaves none.
struct Place {
  uint64_t framePointer, instruction, stackPointer, unused[2];
  uint64_t marks[2];
};
constexpr unsigned kFirstMark = offsetof(Place, marks) / sizeof(uint64_t); // as a word of Place
constexpr uint64_t kMarks[2] = {0x6e70755f72657475, 0x726e5f706c616365};

} // namespace npu::recovery
