// Where all lanes of a warp come together.
#pragma once

#include "llvm/IR/InstrTypes.h"

namespace npu::warp {

inline bool joinsLanes(const llvm::Instruction &instruction) {
  auto *call = llvm::dyn_cast<llvm::CallBase>(&instruction);
  return call && !call->isInlineAsm() && call->isConvergent();
}

} // namespace npu::warp
