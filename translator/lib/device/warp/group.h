// The warps that one execution of a kernel in warp form runs: a block's, or those of a strip of
// blocks (strips.h), row by row: the first row of all blocks, then the second one.
#pragma once

#include "npu/kernel_image.h"

#include "llvm/ADT/STLExtras.h"
#include "llvm/ADT/SmallVector.h"
#include "llvm/IR/IRBuilder.h"

namespace npu::warp {

// Emits body(i) for i from `first` on, as long as it is below `end`; once at least. The body leaves
// the builder where it ends. PoCL is asked for no copies of it.
void forRange(llvm::IRBuilder<> &builder, llvm::Value *first, llvm::Value *end,
              const llvm::Twine &name, llvm::function_ref<void(llvm::Value *)> body);

class Group {
public:
  // Functions without parameters whose results differ between the warps of a group.
  static llvm::SmallVector<llvm::StringRef, 3> told(bool isStrip);

  // Emits what the group's size is.
  Group(llvm::IRBuilder<> &builder, BlockShape shape, bool isStrip);
  llvm::Value *count() const { return warps; }
  // Emits the body for all warps, in their order. `slot` is the warp's number in the group.
  using Body = llvm::function_ref<void(llvm::Value *slot, llvm::ArrayRef<llvm::Value *> told)>;
  void forEach(llvm::IRBuilder<> &builder, Body body) const;

private:
  bool isStrip;
  llvm::Value *warps = nullptr;                            // of a block, then of the group
  llvm::Value *first = nullptr, *end = nullptr;            // blockIdx.x of the blocks
  llvm::Value *rows = nullptr, *rowWarps = nullptr;        // of a block
  llvm::Value *blockColumns = nullptr, *columns = nullptr; // of the strip; gridDim.x
};

} // namespace npu::warp
