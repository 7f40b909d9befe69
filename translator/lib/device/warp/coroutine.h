// A kernel's warp as a coroutine, which runs until it stops at a pipeline.h's kTurn. Its frame
// holds where it goes on, and what lives across a stop (stop_values.h); what is the same for the
// whole block, the kernel's arguments first, is not in it.
//
// LLVM's own coroutine passes do the same with more care than is needed here, since stop_values.h
// has left only variables to keep; for kernels of thousands of blocks they took minutes.
#pragma once

#include "llvm/ADT/ArrayRef.h"
#include "llvm/ADT/STLExtras.h"
#include "llvm/ADT/SmallVector.h"
#include "llvm/IR/IRBuilder.h"

namespace npu::warp {

class Coroutine {
public:
  // Emits what a warp leaves behind before it stops at `stop`, or at its end (nullptr). `block` is
  // its block's place (i8*), `slot` the warp's number there (i32).
  using AtStop = llvm::function_ref<void(llvm::IRBuilder<> &, llvm::Value *block, llvm::Value *slot,
                                         const llvm::CallInst *stop)>;

  // Moves the kernel's body, an execution of which is a warp, into a coroutine. `told` are
  // functions without parameters whose results each resume() tells.
  Coroutine(llvm::Function &kernel, llvm::ArrayRef<llvm::StringRef> told, AtStop atStop);

  uint64_t frameBytes() const { return bytes; } // a multiple of turns::kAlignment
  // Makes a warp, which has not begun. `frame` is an i8*.
  void start(llvm::IRBuilder<> &builder, llvm::Value *frame);
  // At one place of the kernel.
  void resume(llvm::IRBuilder<> &builder, llvm::Value *frame, llvm::Value *block, llvm::Value *slot,
              llvm::ArrayRef<llvm::Value *> told);
  // Inlines that call and removes the coroutine.
  void finish();

private:
  enum Argument { kFrame, kBlock, kSlot, kTold };

  void takeBody(llvm::ArrayRef<llvm::StringRef> told);
  void findStops(AtStop atStop);
  void placeFrame(llvm::ArrayRef<llvm::AllocaInst *> variables);
  void split();

  llvm::Function &kernel;
  llvm::Function *warp = nullptr;
  llvm::BasicBlock *body = nullptr;               // where a warp begins
  llvm::SmallVector<llvm::BasicBlock *, 8> stops; // each ends in a branch to where the warp goes on
  uint64_t bytes = 0;
  llvm::CallInst *call = nullptr;
};

} // namespace npu::warp
