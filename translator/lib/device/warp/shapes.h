// How a value differs between the 32 lanes of a warp. A warp covers whole rows of a block, each
// `width` threads wide (32 where a row has more threads than a warp). Lane l is in column l % width
// of row l / width, and a value is
//   uniform   the same in all lanes; it stays a scalar
//   a pattern base + column * step + row * rowStep, with a constant step and a uniform rowStep: a
//   few
//             scalars, so that neighbouring lanes that read neighbouring elements become contiguous
//             accesses
//   varying   anything: a vector
//
// Uniformity is LLVM's divergence analysis seeded with what differs in a warp; patterns are found
// by an optimistic fixpoint over the divergent values. A pattern whose base is a multiple of a
// power of two that its lanes do not reach has uniform high bits (threadIdx.x / 32 where rows are
// whole warps): such values are uniform too, and the analysis is repeated with that knowledge.
#pragma once

#include "npu/kernel_image.h"

#include "llvm/Analysis/DivergenceAnalysis.h"
#include "llvm/Analysis/LoopInfo.h"
#include "llvm/Analysis/PostDominators.h"
#include "llvm/Analysis/SyncDependenceAnalysis.h"
#include "llvm/IR/Dominators.h"
#include "llvm/IR/Function.h"
#include "llvm/IR/InstrTypes.h"

#include <optional>

namespace npu::warp {

constexpr unsigned kLanes = 32;

// How many threads of a warp are neighbours in x.
unsigned widthOf(BlockShape block);

struct Pattern {
  int64_t step = 0;      // between neighbouring columns; bytes for pointers
  bool hasRows = false;  // false: the step holds across rows too, base + lane * step
  bool rowKnown = false; // rowStep is the constant `row`
  int64_t row = 0;
  unsigned zeros = 0; // low bits of the base that are known to be 0
  // Depends on an extension of which only a check at run time tells whether it is a pattern.
  bool isAssumed = false;

  bool sameSteps(const Pattern &other) const {
    return step == other.step && hasRows == other.hasRows && rowKnown == other.rowKnown &&
           row == other.row;
  }
};

class Shapes {
public:
  // `differs`: whether lanes have different values of an argument; kernels' have none.
  Shapes(
      llvm::Function &function, BlockShape block,
      llvm::function_ref<bool(const llvm::Argument &)> differs = [](auto &) { return false; });

  bool isUniform(const llvm::Value &value) const { return !divergence->isDivergent(value); }
  // Uniform although its operands are not: every lane computes what lane 0 does.
  bool isCollapsed(const llvm::Value &value) const { return collapsed.count(&value); }
  // Of a divergent integer or pointer; nullptr: varying.
  const Pattern *pattern(const llvm::Value &value) const;
  // Whether no lane of an integer with `width` bits carries into the bits that the base may have
  // set, nor, if it is signed, into the sign: nothing wraps on extension.
  bool fillsLowBits(const Pattern &pattern, unsigned width, bool isSigned) const;
  // Whether the lanes' values do not wrap in the narrow type: a pattern is extended to a pattern.
  bool staysInRange(const llvm::Instruction &extension) const;
  // A pattern that depends on an extension which may not be one: to be checked at run time.
  bool isConditional(const llvm::Value &value) const { return conditional.count(&value); }
  unsigned width() const { return rowWidth; }

  const llvm::DominatorTree &dominatorTree() const { return dominators; }
  const llvm::PostDominatorTree &postDominatorTree() const { return postDominators; }
  const llvm::LoopInfo &loopInfo() const { return loops; }
  llvm::SyncDependenceAnalysis &syncDependences() { return dependences; }

private:
  struct State {
    enum Kind { Unknown, Known, Varying } kind = Unknown;
    Pattern pattern;
  };
  void findDivergence();
  void findConditional();
  bool neverWraps(const llvm::Value &value) const;
  bool isProvenOn(const llvm::BasicBlock &from, const llvm::BasicBlock *to,
                  const llvm::Value &value, bool isSigned) const;
  bool isProven(const llvm::Value &value, const llvm::BasicBlock &at, bool isSigned) const;
  void findPatterns();
  bool collapseUniform();
  bool collapses(const llvm::Instruction &instruction) const;
  // The number of low bits that the lanes' offsets need; nullopt: unknown, or they reach the base
  // or leave an integer of this width.
  std::optional<unsigned> lowBits(const Pattern &pattern, unsigned width) const;
  unsigned knownZeros(const llvm::Value &value) const;
  unsigned knownZeros(const llvm::Value &value,
                      llvm::SmallPtrSetImpl<const llvm::PHINode *> &assumed, unsigned depth) const;
  State stateOf(const llvm::Value &value) const;
  State source(const llvm::Instruction &instruction) const;
  State transfer(const llvm::Instruction &instruction) const;
  State transferPhi(const llvm::PHINode &phi) const;
  State transferAddress(const llvm::GetElementPtrInst &address) const;
  State transferProduct(const llvm::Instruction &product) const;
  State transferMask(const llvm::Instruction &conjunction) const;
  State sum(const State &a, const State &b, int sign) const;
  State scaled(const State &state, int64_t factor) const;
  Pattern normalized(Pattern pattern) const;

  llvm::Function &function;
  BlockShape block;
  unsigned rowWidth;
  llvm::SmallVector<const llvm::Argument *, 8> differingArguments;
  llvm::DominatorTree dominators;
  llvm::PostDominatorTree postDominators;
  llvm::LoopInfo loops;
  llvm::SyncDependenceAnalysis dependences;
  std::unique_ptr<llvm::DivergenceAnalysisImpl> divergence;
  const llvm::DataLayout &layout;
  llvm::DenseMap<const llvm::Value *, State> states;
  mutable llvm::DenseMap<const llvm::Value *, unsigned> zeros; // what knownZeros found
  llvm::SmallPtrSet<const llvm::Value *, 8> collapsed;
  llvm::SmallPtrSet<const llvm::Value *, 8> conditional;
};

// A comparison of a pattern whose extent is known with a uniform value, in an order.
struct Comparison {
  const llvm::Value *pattern = nullptr, *other = nullptr;
  llvm::CmpInst::Predicate predicate = llvm::CmpInst::BAD_ICMP_PREDICATE;
};
std::optional<Comparison> comparisonOf(const llvm::Value &condition, bool isTrue,
                                       const Shapes &shapes);

} // namespace npu::warp
