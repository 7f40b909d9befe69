// Small structures that the lanes of a warp copy: a[f(lane)] = a[lane] reads in all lanes before it
// writes in one, as the loads and stores that a GPU has for it. One call per lane would let a lane
// read what an earlier one has written.
#pragma once

#include "llvm/IR/Function.h"

namespace npu::warp {

// Makes loads and stores of words of such copies. One thread alone, the function means what it
// meant.
void expandCopies(llvm::Function &kernel);

} // namespace npu::warp
