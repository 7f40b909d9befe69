// What of a coroutine lives across its stops: its frame.
#pragma once

#include "llvm/ADT/STLExtras.h"
#include "llvm/IR/BasicBlock.h"
#include "llvm/IR/Instructions.h"

#include <vector>

namespace npu::warp {

using IsStop = llvm::function_ref<bool(const llvm::BasicBlock &)>;

// Afterwards no value lives across a stop but in a variable (alloca): what is cheap to compute from
// `isKnown` values is computed again, the rest is stored where it is made and loaded where it is
// used. A block for which `isStop` ends in a stop, and its successors have no phis. A known value
// is a call without operands, which may be repeated anywhere.
// Returns the variables that live across a stop, all in the entry block.
std::vector<llvm::AllocaInst *>
keepAcrossStops(llvm::Function &function, IsStop isStop,
                llvm::function_ref<bool(const llvm::CallInst &)> isKnown);

} // namespace npu::warp
