// Where a warp stops: at barriers, and, if warps take turns, in waits. A warp comes to a barrier
// with the lanes that do; a warp without any passes by. See turns.h.
#include "device/warp/vectorizer.h"

#include "device/pipeline.h"

#include "npu/warp_turns.h"

using namespace llvm;

namespace npu::warp {

// The value in one of the lanes that are here; an operand that has to be the same in all.
Value *Vectorizer::ofAnyLane(const Value *value) {
  if (Value *same = scalar(const_cast<Value *>(value)))
    return same;
  Value *lane = builder.CreateIntrinsic(Intrinsic::cttz, {builder.getInt32Ty()},
                                        {maskBits(mask), builder.getFalse()});
  return builder.CreateExtractElement(vector(const_cast<Value *>(value)),
                                      builder.CreateAnd(lane, kLanes - 1));
}

// False: the instruction is neither a barrier nor a wait.
bool Vectorizer::emitStop(const Instruction &instruction) {
  std::optional<Meeting> meeting = meetingOf(instruction);
  if (!meeting && !awaitedBy(instruction))
    return false;
  if (!meeting && waits != Waits::Turns)
    return true; // no other warp runs meanwhile
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
    if (!number || number->getZExtValue() > turns::kClusterWait)
      barrier = builder.CreateAnd(barrier, turns::kGridBarrier - 1);
  }
  FunctionCallee marker = source.getParent()->getOrInsertFunction(
      kTurn, FunctionType::get(builder.getVoidTy(), {word, word, word, word}, false));
  builder.CreateCall(marker, {builder.getInt32(stop), barrier, threads, maskBits(mask)});
  return true;
}

} // namespace npu::warp
