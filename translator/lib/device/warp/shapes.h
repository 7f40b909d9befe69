// How a value differs between the 32 lanes of a warp: the same in all (uniform), an arithmetic
// progression with a constant step (affine), or anything (varying). Uniform values stay scalars,
// affine ones a scalar and a constant, so that neighbouring lanes that read neighbouring elements
// become one contiguous access.
//
// Uniformity is LLVM's divergence analysis seeded with what differs in a warp; steps are found by
// an optimistic fixpoint over the divergent values.
#pragma once

#include "llvm/Analysis/DivergenceAnalysis.h"
#include "llvm/Analysis/LoopInfo.h"
#include "llvm/Analysis/PostDominators.h"
#include "llvm/Analysis/SyncDependenceAnalysis.h"
#include "llvm/IR/Dominators.h"
#include "llvm/IR/Function.h"

#include <optional>

namespace npu::warp {

constexpr unsigned kLanes = 32;

// What is known of the block's shape when a kernel variant is compiled.
enum class BlockShape {
  General,   // anything up to 1024 threads
  WholeRows, // x is a multiple of 32: whole warps, lanes are neighbours in x, y and z are uniform
};

class Shapes {
public:
  Shapes(llvm::Function &function, BlockShape block);

  bool isUniform(const llvm::Value &value) const { return !divergence.isDivergent(value); }
  // The difference between the values of neighbouring lanes, for divergent integers and pointers
  // that have a constant one (bytes for pointers).
  std::optional<int64_t> step(const llvm::Value &value) const;

  const llvm::DominatorTree &dominatorTree() const { return dominators; }
  const llvm::PostDominatorTree &postDominatorTree() const { return postDominators; }
  const llvm::LoopInfo &loopInfo() const { return loops; }

private:
  void seed(llvm::Function &function, BlockShape block);
  void findSteps(llvm::Function &function, BlockShape block);
  // nullopt: varying. Absent operands (not yet visited) are skipped through `known`.
  struct Step {
    enum Kind { Unknown, Constant, Varying } kind = Unknown;
    int64_t value = 0;
  };
  Step stepOf(const llvm::Value &value) const;
  Step transfer(const llvm::Instruction &instruction, BlockShape block) const;
  Step transferPhi(const llvm::PHINode &phi) const;
  Step transferAddress(const llvm::GetElementPtrInst &address) const;

  llvm::DominatorTree dominators;
  llvm::PostDominatorTree postDominators;
  llvm::LoopInfo loops;
  llvm::SyncDependenceAnalysis dependences;
  llvm::DivergenceAnalysisImpl divergence;
  const llvm::DataLayout &layout;
  llvm::DenseMap<const llvm::Value *, Step> steps;
};

// What a lane in this loop waits for another lane with; nullptr: it waits for none.
const llvm::Instruction *findWait(const llvm::Loop &loop, const llvm::DominatorTree &dominators);

} // namespace npu::warp
