// How the warps of a block wait for one another. Where all of them come to the same barriers, one
// after the other runs until its next barrier (run_blocks_pass.cpp); what else they wait for makes
// them take turns (npu/warp_turns.h).
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

enum class Waits { None, Barriers, Turns };
struct WaitsOf {
  Waits kind = Waits::None;
  bool forBlocks = false; // for other blocks, which have to be there at the same time
  bool forGrid = false;   // the kernel synchronises its grid
};
WaitsOf waitsOf(llvm::Function &kernel);

} // namespace npu::warp
