// See turns.h. A barrier that all warps of a block come to alike, or that warps pass over because
// they never come to one again, is the group's barrier. Where a condition that differs between
// threads decides which of two barriers a warp comes to next, barriers have to be counted.
#include "device/warp/turns.h"

#include "device/pipeline.h"
#include "device/warp/block_uniformity.h"

#include "npu/warp_turns.h"

#include "llvm/IR/CFG.h"
#include "llvm/IR/Constants.h"
#include "llvm/IR/InstIterator.h"
#include "llvm/IR/Instructions.h"

using namespace llvm;

namespace npu::warp {

namespace {

StringRef calleeName(const Instruction &instruction) {
  auto *call = dyn_cast<CallBase>(&instruction);
  const Function *callee = call ? call->getCalledFunction() : nullptr;
  return callee ? callee->getName() : StringRef();
}

bool isZero(const Value *value) {
  auto *constant = dyn_cast<ConstantInt>(value);
  return constant && constant->isZero();
}

bool reachesBarrier(const BasicBlock *from, const BasicBlock *end) {
  SmallPtrSet<const BasicBlock *, 16> seen;
  std::vector<const BasicBlock *> work = {from};
  while (!work.empty()) {
    const BasicBlock *block = work.back();
    work.pop_back();
    if (block == end || !seen.insert(block).second)
      continue;
    if (any_of(*block, isBarrier))
      return true;
    work.insert(work.end(), succ_begin(block), succ_end(block));
  }
  return false;
}

// PoCL copies what follows a barrier for each condition that decides about it (its
// BarrierTailReplication): with more conditions than this, a kernel takes minutes to compile.
constexpr unsigned kMostConditions = 5;

const Instruction *findDecision(Function &kernel) {
  Shapes shapes(kernel, BlockShape::General);
  BlockUniformity uniformity(kernel, shapes, shapes.syncDependences());
  unsigned conditions = 0;
  for (const BasicBlock &block : kernel) {
    auto *branch = dyn_cast<BranchInst>(block.getTerminator());
    if (!branch || branch->isUnconditional())
      continue;
    const auto *node = shapes.postDominatorTree().getNode(&block);
    const BasicBlock *join = node && node->getIDom() ? node->getIDom()->getBlock() : nullptr;
    if (none_of(successors(&block), [&](auto *next) { return reachesBarrier(next, join); }))
      continue;
    bool differs =
        !uniformity.isUniform(*branch->getCondition()) &&
        all_of(successors(&block), [](auto *next) { return reachesBarrier(next, nullptr); });
    if (differs || ++conditions > kMostConditions)
      return branch;
  }
  return nullptr;
}

} // namespace

std::optional<Meeting> meetingOf(const Instruction &instruction) {
  StringRef name = calleeName(instruction);
  if (name == kArrive) {
    auto &call = cast<CallBase>(instruction);
    return Meeting{call.getArgOperand(0), call.getArgOperand(1), false};
  }
  if (!name.consume_front("llvm.nvvm.bar"))
    return std::nullopt;
  if (name == "rier0")
    return Meeting();
  if (name != ".sync" && name != "rier" && name != "rier.n" && name != "rier.sync" &&
      name != "rier.sync.cnt")
    return std::nullopt;
  auto &call = cast<CallBase>(instruction);
  Meeting meeting;
  meeting.barrier = isZero(call.getArgOperand(0)) ? nullptr : call.getArgOperand(0);
  meeting.threads = call.arg_size() > 1 ? call.getArgOperand(1) : nullptr;
  return meeting;
}

std::optional<Awaited> awaitedBy(const Instruction &instruction) {
  if (calleeName(instruction) != kYield)
    return std::nullopt;
  return Awaited(cast<ConstantInt>(cast<CallBase>(instruction).getArgOperand(0))->getZExtValue());
}

Turns turnsOf(Function &kernel) {
  Turns turns;
  bool hasBarrier = false;
  for (const Instruction &instruction : instructions(kernel)) {
    std::optional<Awaited> awaited = awaitedBy(instruction);
    std::optional<Meeting> meeting = meetingOf(instruction);
    hasBarrier |= meeting.has_value();
    bool special =
        meeting ? meeting->barrier || meeting->threads : awaited && *awaited != Awaited::Lock;
    if (!special)
      continue;
    auto *number = meeting ? dyn_cast_or_null<ConstantInt>(meeting->barrier) : nullptr;
    turns.synchronizesGrid |= number && number->equalsInt(turns::kGridBarrier);
    turns.waitsForBlocks |= turns.synchronizesGrid || (awaited && *awaited == Awaited::Grid);
    turns.reason = turns.reason ? turns.reason : &instruction;
  }
  if (!turns.reason && hasBarrier)
    turns.reason = findDecision(kernel);
  turns.needed = turns.reason != nullptr;
  return turns;
}

} // namespace npu::warp
