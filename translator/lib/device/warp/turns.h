// Which kernels need warps that take turns (npu/warp_turns.h): those whose warps wait for one
// another otherwise than all at the same barrier.
#pragma once

#include "llvm/IR/Function.h"

#include <optional>

namespace npu::warp {

// Where threads of a block meet, or announce that they have come.
struct Meeting {
  const llvm::Value *barrier = nullptr; // nullptr: number 0
  const llvm::Value *threads = nullptr; // nullptr: all of the block
  bool waits = true;
};
std::optional<Meeting> meetingOf(const llvm::Instruction &instruction);

// A call of pipeline.h's kYield: what its loop waits for; nullopt: none.
enum class Awaited { Lock, Block, Grid };
std::optional<Awaited> awaitedBy(const llvm::Instruction &instruction);

struct Turns {
  bool needed = false;
  bool waitsForBlocks = false; // for other blocks, which have to be there at the same time
  bool synchronizesGrid = false;
  const llvm::Instruction *reason = nullptr; // of `needed`
};
Turns turnsOf(llvm::Function &kernel);

} // namespace npu::warp
