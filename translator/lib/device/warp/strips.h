// Blocks that lie side by side in x. One after the other, blocks of a few columns read and write
// memory in short pieces of many rows, and processors fetch ahead along rows alone. Together, row
// by row, they walk along these.
#pragma once

#include "npu/kernel_image.h"

#include "llvm/IR/Function.h"

namespace npu::warp {

// Whether a kernel in warp form does best with blocks in strips: it passes over rows of memory,
// which depend on the block's place in a grid of rows and columns, once, or in loops in which its
// warps go side by side (`steps`).
bool walksRows(llvm::Function &kernel, BlockShape shape, bool steps);

// __npu_strip_blocks(): how many blocks an execution runs; at the grid's right end, fewer.
constexpr const char *kStripBlocks = "__npu_strip_blocks";
// __npu_grid_columns(): gridDim.x, where groups are strips.
constexpr const char *kGridColumns = "__npu_grid_columns";

} // namespace npu::warp
