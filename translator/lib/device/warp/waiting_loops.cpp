// Loops in which a lane waits for what another lane does after the same loop: spin locks. Lanes in
// lockstep would wait for ever, because the lane that has the lock stays with those that have not.
// Lanes that exchange what they have just read (a compare-and-swap loop) always make progress.
#include "device/warp/shapes.h"

#include "llvm/IR/Instructions.h"

using namespace llvm;

namespace npu::warp {

namespace {

// The same attempt on the same place in each turn.
bool isRepeatedAttempt(const Instruction &instruction, const Loop &loop) {
  if (isa<AtomicCmpXchgInst>(instruction))
    return !instruction.use_empty() && loop.hasLoopInvariantOperands(&instruction);
  auto *update = dyn_cast<AtomicRMWInst>(&instruction);
  return update && !update->use_empty() && update->getOperation() != AtomicRMWInst::Add &&
         update->getOperation() != AtomicRMWInst::Sub && loop.hasLoopInvariantOperands(update);
}

// Whether the loop ends by what a volatile or atomic read of the same place gives.
const Instruction *repeatedRead(const Loop &loop) {
  SmallPtrSet<const Value *, 16> seen;
  std::vector<const Value *> work = {loop.getLoopLatch()->getTerminator()};
  while (!work.empty()) {
    auto *instruction = dyn_cast<Instruction>(work.back());
    work.pop_back();
    if (!instruction || !loop.contains(instruction) || !seen.insert(instruction).second)
      continue;
    if (auto *load = dyn_cast<LoadInst>(instruction))
      if ((load->isVolatile() || load->isAtomic()) && loop.hasLoopInvariantOperands(load))
        return load;
    for (const Value *operand : instruction->operands())
      if (!isa<BasicBlock>(operand))
        work.push_back(operand);
  }
  return nullptr;
}

} // namespace

const Instruction *findWait(const Loop &loop) {
  for (const BasicBlock *block : loop.blocks())
    for (const Instruction &instruction : *block)
      if (isRepeatedAttempt(instruction, loop))
        return &instruction;
  return repeatedRead(loop);
}

} // namespace npu::warp
