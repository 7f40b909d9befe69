// Arrays of threads with their lanes side by side, as GPUs keep local memory: word w of lane l at
// (w * 32 + l) words, so that an index that is the same in all lanes is one vector access. Only
// arrays whose every use is known here and whose accesses all have one size.
#pragma once

#include "llvm/IR/Function.h"
#include "llvm/IR/Instructions.h"

namespace npu::warp {

// Scales the offsets within such arrays by the lanes' number and notes the size of a word on them.
// One thread alone, the function means what it meant.
void interleaveArrays(llvm::Function &kernel);

// The distance from lane to lane in bytes: of a word where lanes are side by side, else of the
// whole allocation.
uint64_t laneStride(const llvm::AllocaInst &allocation, const llvm::DataLayout &layout);
bool isInterleaved(const llvm::AllocaInst &allocation);

} // namespace npu::warp
