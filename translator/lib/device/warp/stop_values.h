// What of a coroutine lives across its stops. LLVM's own pass keeps every value that does, and
// recomputes some of them from others that it keeps instead, vectors of all lanes among them.
#pragma once

#include "llvm/ADT/STLExtras.h"
#include "llvm/IR/BasicBlock.h"
#include "llvm/IR/Instructions.h"

namespace npu::warp {

// Afterwards no value lives across a stop but in a variable (alloca): what is cheap to compute from
// `isKnown` values is computed again, the rest is stored where it is made and loaded where it is
// used. A block for which `isStop` ends in a stop, and its successors have no phis. A known value
// is a call without operands, which may be repeated anywhere.
void keepAcrossStops(llvm::Function &function,
                     llvm::function_ref<bool(const llvm::BasicBlock &)> isStop,
                     llvm::function_ref<bool(const llvm::CallInst &)> isKnown);

} // namespace npu::warp
