// Structures that the lanes of a warp copy: a[f(lane)] = a[lane] reads in all lanes before it
// writes in one, as the loads and stores that a GPU has for it. A copy is made lane by lane, which
// alone would let a lane read what an earlier one has written.
#pragma once

#include "llvm/IR/Function.h"

namespace npu::warp {

// Gives such copies a place of each lane's own between their reading and their writing. One thread
// alone, the function means what it meant.
void separateCopies(llvm::Function &kernel);

} // namespace npu::warp
