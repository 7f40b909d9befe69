// A thread's number in its grid, blockIdx * blockDim + threadIdx along an axis, as a natural
// number.
//
// CUDA computes it in 32 bits unsigned and most programs store it as int: that it does not wrap is
// known only of the grid. Variants run in no grid whose numbers reach 2^31 (`covers` in
// npu/kernel_image.h), so that in them a number's half, its remainder by 32 and its extension to 64
// bits are what they are of the numbers 0, 1, 2...
#pragma once

#include "llvm/IR/Function.h"

namespace npu::warp {

// Marks the computations as free of wraps, and simplifies what follows from that.
void boundThreadNumbers(llvm::Function &variant);

} // namespace npu::warp
