// See shapes.h. The rules for single instructions are in shape_rules.cpp.
#include "device/warp/shapes.h"

#include "device/warp/full_warps.h"

#include "device/ir.h"

#include "llvm/ADT/PostOrderIterator.h"
#include "llvm/IR/InstIterator.h"
#include "llvm/IR/IntrinsicInst.h"

using namespace llvm;

namespace npu::warp {

namespace {

// Whether each lane has a value of its own, whatever the operands.
bool differsInWarp(const Instruction &instruction, BlockShape block) {
  if (isa<AtomicRMWInst>(instruction) || isa<AtomicCmpXchgInst>(instruction))
    return true;
  if (isa<AllocaInst>(instruction))
    return !instruction.hasMetadata("npu.warp"); // the warp's own; see end_threads_pass.cpp
  StringRef name = calleeName(instruction);
  if (name.startswith("__npu_scalar_"))
    return true;
  if (name.startswith("llvm.nvvm.shfl") || name.startswith("llvm.nvvm.match"))
    return true;
  if (!name.consume_front("llvm.nvvm.read.ptx.sreg."))
    return false;
  if (name == "tid.y")
    return block == BlockShape::General || widthOf(block) < kLanes;
  if (name == "tid.z")
    return block == BlockShape::General;
  return name == "tid.x" || name == "laneid" || name.startswith("lanemask");
}

// Votes over a constant member mask give every participant one value.
bool isWarpWide(const Instruction &instruction) {
  if (isFullVote(instruction))
    return true;
  return calleeName(instruction).startswith("llvm.nvvm.vote.") &&
         (!calleeName(instruction).contains(".sync") ||
          isa<Constant>(cast<CallBase>(instruction).getArgOperand(0)));
}

} // namespace

unsigned widthOf(BlockShape block) {
  return block == BlockShape::Rows16 ? 16 : block == BlockShape::Rows8 ? 8 : kLanes;
}

Shapes::Shapes(Function &function, BlockShape block, function_ref<bool(const Argument &)> differs)
    : function(function), block(block), rowWidth(widthOf(block)), dominators(function),
      postDominators(function), loops(dominators), dependences(dominators, postDominators, loops),
      layout(function.getParent()->getDataLayout()) {
  for (const Argument &argument : function.args())
    if (differs(argument))
      differingArguments.push_back(&argument);
  do {
    findDivergence();
    findPatterns();
  } while (collapseUniform());
  findConditional();
}

void Shapes::findDivergence() {
  divergence = std::make_unique<DivergenceAnalysisImpl>(function, nullptr, dominators, loops,
                                                        dependences, /*IsLCSSAForm=*/true);
  for (const Instruction &instruction : instructions(function))
    if (isWarpWide(instruction) || isCollapsed(instruction))
      divergence->addUniformOverride(instruction);
  for (const Instruction &instruction : instructions(function))
    if (differsInWarp(instruction, block))
      divergence->markDivergent(instruction);
  for (const Argument *argument : differingArguments)
    divergence->markDivergent(*argument);
  divergence->compute();
}

const Pattern *Shapes::pattern(const Value &value) const {
  auto found = states.find(&value);
  return found != states.end() && found->second.kind == State::Known ? &found->second.pattern
                                                                     : nullptr;
}

void Shapes::findPatterns() {
  states.clear();
  ReversePostOrderTraversal<Function *> order(&function);
  bool changed = true;
  while (changed) {
    changed = false;
    for (BasicBlock *basicBlock : order)
      for (const Instruction &instruction : *basicBlock) {
        Type *type = instruction.getType();
        if (isUniform(instruction) || !(type->isIntegerTy() || type->isPointerTy()))
          continue;
        State old = states.lookup(&instruction);
        if (old.kind == State::Varying)
          continue;
        State next = transfer(instruction);
        if (old.kind == State::Known) {
          // Knowledge only shrinks, so that this ends.
          if (next.kind != State::Known || !next.pattern.sameSteps(old.pattern))
            next.kind = State::Varying;
          else {
            next.pattern.zeros = std::min(next.pattern.zeros, old.pattern.zeros);
            next.pattern.isAssumed |= old.pattern.isAssumed;
          }
        }
        if (next.kind != old.kind || next.pattern.zeros != old.pattern.zeros ||
            next.pattern.isAssumed != old.pattern.isAssumed) {
          states[&instruction] = next;
          changed = true;
        }
      }
  }
}

bool Shapes::collapseUniform() {
  bool found = false;
  for (const Instruction &instruction : instructions(function))
    if (!isUniform(instruction) && collapses(instruction))
      found |= collapsed.insert(&instruction).second;
  return found;
}

Shapes::State Shapes::source(const Instruction &instruction) const {
  StringRef name = calleeName(instruction);
  if (!name.consume_front("llvm.nvvm.read.ptx.sreg."))
    return {State::Varying, {}};
  Pattern pattern;
  if (name == "laneid") {
    pattern.step = 1;
    pattern.zeros = 32;
    return {State::Known, pattern};
  }
  bool x = name == "tid.x", y = name == "tid.y";
  if (block == BlockShape::General || !(x || y))
    return {State::Varying, {}};
  if (rowWidth == kLanes) {
    pattern.step = 1;
    pattern.zeros = 5;
    return {x ? State::Known : State::Varying, pattern};
  }
  pattern.hasRows = pattern.rowKnown = true;
  pattern.step = x;
  pattern.row = y;
  // A warp has 32 / width rows of a block whose height is a multiple of that.
  pattern.zeros = x ? 32 : rowWidth == 16 ? 1 : 2;
  return {State::Known, pattern};
}

} // namespace npu::warp
