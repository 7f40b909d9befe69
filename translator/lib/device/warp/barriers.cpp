// Block barriers in warp form. Every warp of a block must reach every barrier of the OpenCL group,
// also with no lane left: a region with a barrier runs under a possibly empty mask, and a loop
// around one goes on while any warp of the block has a lane in it. Warps agree on that by a vote
// through local memory, unless the condition is provably the same in all of them.
//
// The vote also keeps OpenCL compilers right that take a loop around a barrier to have one trip
// count for the whole group (https://github.com/pocl/pocl/issues/1167).
#include "device/warp/vectorizer.h"

#include "device/pipeline.h"
#include "device/warp/turns.h"

#include "npu/warp_turns.h"

#include "llvm/IR/CFG.h"

using namespace llvm;

namespace npu::warp {

// Warps that take turns come to a barrier on their own: it decides about nothing.
bool Vectorizer::regionHasBarrier(const BasicBlock &from, const BasicBlock *join) const {
  if (takesTurns)
    return false;
  SmallPtrSet<const BasicBlock *, 16> seen;
  std::vector<const BasicBlock *> work = {&from};
  while (!work.empty()) {
    const BasicBlock *next = work.back();
    work.pop_back();
    if (next == join || !seen.insert(next).second)
      continue;
    if (any_of(*next, isBarrier))
      return true;
    work.insert(work.end(), succ_begin(next), succ_end(next));
  }
  return false;
}

bool Vectorizer::loopHasBarrier(const Loop &loop) const {
  return !takesTurns &&
         any_of(loop.blocks(), [](const BasicBlock *each) { return any_of(*each, isBarrier); });
}

// Whether all warps of the block, those without lanes included, would follow this condition alike.
bool Vectorizer::mayDecideAboutBarrier(const Value &condition) const {
  return uniformity.isCertain(condition) || (!mayBeEmpty && uniformity.isUniform(condition));
}

bool Vectorizer::checkVotingLoop(const Loop &loop) {
  if (loop.getExitingBlock() == loop.getLoopLatch() && loop.getExitBlock())
    return true;
  refuse(*loop.getHeader()->getTerminator(),
         "a barrier in a loop with several exits that threads of a block leave at different times");
  return false;
}

// Whether the condition holds in any warp of the block. Each vote has a number; warps that agree
// write it. Two places take turns: a warp that is already at the next vote does not disturb those
// that still read this one's, and the barrier of the next keeps it from the one after.
Value *Vectorizer::anyWarp(Value *condition) {
  Type *word = builder.getInt32Ty();
  constexpr unsigned kNowhere = 2;
  Type *slots = ArrayType::get(word, kNowhere + 1);
  if (!voteSlots) {
    voteSlots = new GlobalVariable(*source.getParent(), slots, false, GlobalValue::InternalLinkage,
                                   UndefValue::get(slots), "npu.vote", nullptr,
                                   GlobalValue::NotThreadLocal, /*AddressSpace=*/3);
    IRBuilder<> entry(&result->getEntryBlock(), result->getEntryBlock().getFirstInsertionPt());
    voteCount = entry.CreateAlloca(word, nullptr, "votes");
    entry.CreateStore(entry.getInt32(0), voteCount);
    for (unsigned i = 0; i < kNowhere; ++i)
      entry.CreateStore(entry.getInt32(0),
                        entry.CreateConstInBoundsGEP2_32(slots, voteSlots, 0, i));
    entry.CreateCall(
        source.getParent()->getOrInsertFunction("llvm.nvvm.barrier0", builder.getVoidTy()));
  }
  Value *number = builder.CreateAdd(builder.CreateLoad(word, voteCount), builder.getInt32(1));
  builder.CreateStore(number, voteCount);
  Value *turn = builder.CreateAnd(number, 1);
  Value *zero = builder.getInt32(0);
  builder.CreateStore(number, builder.CreateInBoundsGEP(
                                  slots, voteSlots,
                                  {zero, builder.CreateSelect(builder.CreateFreeze(condition), turn,
                                                              builder.getInt32(kNowhere))}));
  builder.CreateCall(
      source.getParent()->getOrInsertFunction("llvm.nvvm.barrier0", builder.getVoidTy()));
  Value *last = builder.CreateLoad(word, builder.CreateInBoundsGEP(slots, voteSlots, {zero, turn}));
  return builder.CreateICmpEQ(last, number, "any.warp");
}

// The value in one of the lanes that are here; an operand that has to be the same in all.
Value *Vectorizer::ofAnyLane(const Value *value) {
  if (Value *same = scalar(const_cast<Value *>(value)))
    return same;
  Value *lane = builder.CreateIntrinsic(Intrinsic::cttz, {builder.getInt32Ty()},
                                        {maskBits(mask), builder.getFalse()});
  return builder.CreateExtractElement(vector(const_cast<Value *>(value)),
                                      builder.CreateAnd(lane, kLanes - 1));
}

// Barriers and waits of warps that take turns. False: the instruction is neither.
bool Vectorizer::emitTurn(const Instruction &instruction) {
  std::optional<Meeting> meeting = meetingOf(instruction);
  if (!meeting && !awaitedBy(instruction))
    return false;
  Type *word = builder.getInt32Ty();
  Value *zero = builder.getInt32(0), *barrier = zero, *threads = zero;
  unsigned stop = turns::kTurn;
  if (meeting) {
    stop = meeting->waits ? turns::kBarrier : turns::kArrival;
    if (meeting->barrier)
      barrier = ofAnyLane(meeting->barrier);
    if (meeting->threads)
      threads = ofAnyLane(meeting->threads);
    auto *number = dyn_cast<ConstantInt>(barrier);
    if (!number || number->getZExtValue() > turns::kGridBarrier)
      barrier = builder.CreateAnd(barrier, turns::kGridBarrier - 1);
  }
  FunctionCallee marker = source.getParent()->getOrInsertFunction(
      kTurn, FunctionType::get(builder.getVoidTy(), {word, word, word, word}, false));
  builder.CreateCall(marker, {builder.getInt32(stop), barrier, threads, maskBits(mask)});
  return true;
}

} // namespace npu::warp
