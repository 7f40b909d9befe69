// Most warps have all their lanes where a kernel's work is: accesses without masks are much cheaper
// there, on processors without masks above all. Before vectorisation, what such a warp would do
// under a mask that is full is copied, and the warp votes which way to go:
//   if (c) {A}            if (all lanes are here and c in each) {A'} else if (c) {A}
//   do {A} while (c)      do {A'} while (all lanes are here and c in each); if (c) do {A} while (c)
// A' is A without masks.
#pragma once

#include "npu/kernel_image.h"

#include "llvm/IR/Function.h"

namespace npu::warp {

// i1 __npu_full(i1 condition): whether all lanes of the warp are here and the condition holds in
// each. It may be false although they do: the other way is always right.
constexpr const char *kFull = "__npu_full";
bool isFullVote(const llvm::Value &value);
// Whether control goes this way, or comes to the block, by a vote that found all lanes.
bool isFullVoteEdge(const llvm::BasicBlock &from, const llvm::BasicBlock &to);
bool isAfterFullVote(const llvm::BasicBlock &block);

void splitFullWarps(llvm::Function &function, BlockShape shape);

} // namespace npu::warp
