// How far a loop's accesses move from one round to the next. These answers decide about speed
// alone: what a program's 32-bit numbers would do beyond their range is not asked.
#pragma once

#include "llvm/Analysis/AssumptionCache.h"
#include "llvm/Analysis/LoopInfo.h"
#include "llvm/Analysis/ScalarEvolution.h"
#include "llvm/Analysis/TargetLibraryInfo.h"
#include "llvm/IR/Dominators.h"
#include "llvm/IR/Function.h"

namespace npu::warp {

// The analyses of a kernel in warp form.
class Walks {
public:
  explicit Walks(llvm::Function &kernel);
  const llvm::LoopInfo &loopsOfKernel() const { return loops; }
  // Of an access by the lanes to neighbouring elements of memory that is neither shared nor a
  // thread's own; nullptr: the instruction is none.
  static llvm::Value *lanesPointer(llvm::Instruction &instruction);
  // Whether a round of the loop moves the place by a page or more, or by what only the launch says.
  bool isFar(llvm::Value &pointer, const llvm::Loop &loop);
  // Bytes from one round to the next, where they are known; 0: unknown, or the same place.
  int64_t distance(llvm::Value &pointer, const llvm::Loop &loop);

private:
  bool isFar(const llvm::SCEV &place, uint64_t scale, const llvm::Loop &loop);
  bool addDistance(const llvm::SCEV &place, int64_t scale, const llvm::Loop &loop, int64_t &sum);

  llvm::DominatorTree dominators;
  llvm::LoopInfo loops;
  llvm::AssumptionCache assumptions;
  llvm::TargetLibraryInfoImpl libraryInfo;
  llvm::TargetLibraryInfo library{libraryInfo};
  llvm::ScalarEvolution evolution;
};

} // namespace npu::warp
