// A kernel's warp as a coroutine (LLVM's, "Coroutines in LLVM", switched resume), which runs until
// it stops at a pipeline.h's kTurn. Its frame is what lives across a stop (stop_values.h); what is
// the same for the whole block, the kernel's arguments first, is not in it.
#pragma once

#include "llvm/ADT/STLExtras.h"
#include "llvm/IR/IRBuilder.h"

namespace npu::warp {

class Coroutine {
public:
  // What whoever resumes a warp knows: its block's place (i8*, for the scheduler), and its number.
  // The kernel's arguments follow.
  enum Value { kBlock, kNumber, kArguments };

  // Emits what a warp leaves behind before it stops at `stop`, or at its end (nullptr).
  using AtStop = llvm::function_ref<void(llvm::IRBuilder<> &, llvm::Value *block,
                                         llvm::Value *number, const llvm::CallInst *stop)>;

  // Moves the kernel's body, an execution of which is a warp, into a coroutine.
  Coroutine(llvm::Function &kernel, AtStop atStop);

  // Runs LLVM's passes over all coroutines of the module.
  static void split(llvm::Module &module);

  // After split():
  uint64_t frameBytes() const; // a multiple of turns::kAlignment
  // Makes a warp, which stops before it has begun. `frame` is an i8*.
  void start(llvm::IRBuilder<> &builder, llvm::Value *frame);
  // At one place of the kernel.
  void resume(llvm::IRBuilder<> &builder, llvm::Value *frame, llvm::Value *block,
              llvm::Value *number);
  // Inlines these calls and removes the coroutine.
  void finish();

  llvm::Function &function() const { return *warp; }

private:
  llvm::Function *part(const char *name) const;
  llvm::Value *known(llvm::IRBuilder<> &builder, unsigned index);
  void takeArguments();
  void lowerStops(AtStop atStop);
  void suspend(llvm::IRBuilder<> &builder, llvm::BasicBlock *next);

  llvm::Function &kernel;
  llvm::Function *warp;
  llvm::BasicBlock *end = nullptr;
  llvm::SmallVector<llvm::Function *, 8> knownValues; // each a function without parameters
  llvm::SmallVector<llvm::CallInst *, 2> calls;
  llvm::Value *block = nullptr, *number = nullptr; // where it is resumed
};

} // namespace npu::warp
