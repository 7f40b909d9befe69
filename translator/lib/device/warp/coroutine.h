// A kernel's warp as a coroutine (LLVM's, "Coroutines in LLVM", switched resume), which runs until
// it stops at a pipeline.h's kTurn. Its frame is what lives across a stop.
//
// A frame outlives the call that made it: it holds no address of the kernel's arguments or of its
// stack.
#pragma once

#include "llvm/ADT/STLExtras.h"
#include "llvm/IR/IRBuilder.h"

namespace npu::warp {

class Coroutine {
public:
  // Of `warp`; the kernel's own parameters follow. `block` is for the scheduler, and for what
  // atStop emits.
  enum Parameter { kFrame, kBlock, kNumber, kOwn };

  // Emits what a warp leaves behind before it stops at `stop`, or at its end (nullptr).
  using AtStop = llvm::function_ref<void(llvm::IRBuilder<> &, llvm::Function &warp,
                                         const llvm::CallInst *stop)>;

  // Moves the kernel's body, an execution of which is a warp, into a coroutine.
  Coroutine(llvm::Function &kernel, AtStop atStop);

  // Runs LLVM's passes over all coroutines of the module.
  static void split(llvm::Module &module);

  // After split():
  uint64_t frameBytes() const; // a multiple of turns::kAlignment
  // Makes a warp, which stops before it has begun. `block` and `frame` are i8*.
  llvm::CallInst *start(llvm::IRBuilder<> &builder, llvm::Value *frame, llvm::Value *block,
                        llvm::Value *number) const;
  llvm::CallInst *resume(llvm::IRBuilder<> &builder, llvm::Value *frame) const;
  // Inlines these calls, which are all, and removes the coroutine.
  void inlineAll(llvm::ArrayRef<llvm::CallInst *> calls);

  llvm::Function &function() const { return *warp; }

private:
  llvm::Function *part(const char *name) const;

  llvm::Function &kernel;
  llvm::Function *warp;
};

} // namespace npu::warp
