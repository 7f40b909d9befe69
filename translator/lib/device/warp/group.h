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
  // Their calls in `body` become its arguments from `first` on.
  static void replaceTold(llvm::Function &body, llvm::ArrayRef<llvm::StringRef> told,
                          unsigned first);

  // Emits what the group's size is.
  Group(llvm::IRBuilder<> &builder, BlockShape shape, bool isStrip);
  llvm::Value *count() const { return groupWarps; } // i32
  // Emits the body for all warps, in their order. `slot` is the warp's number in the group.
  using Body = llvm::function_ref<void(llvm::Value *slot, llvm::ArrayRef<llvm::Value *> told)>;
  void forEach(llvm::IRBuilder<> &builder, Body body) const;

private:
  bool isStrip;
  llvm::Value *groupWarps = nullptr;
  // Of strips alone: blockIdx.x of its blocks, and how many these are; gridDim.x.
  llvm::Value *firstColumn = nullptr, *endColumn = nullptr, *width = nullptr;
  llvm::Value *gridColumns = nullptr;
  // Of each of its blocks.
  llvm::Value *rows = nullptr, *rowWarps = nullptr;
};

} // namespace npu::warp
