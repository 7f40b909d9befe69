// Loops in which a lane waits for what another lane does after the same loop: spin locks. Lanes in
// lockstep would wait for ever, because the lane that has the lock stays with those that have not.
// Lanes that exchange what they have just read (a compare-and-swap loop) always make progress.
#include "device/warp/shapes.h"

#include "llvm/ADT/SetVector.h"
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

using Instructions = SetVector<const Instruction *>;

// The branches that decide by which edge a join is reached.
void addDecisions(const PHINode &join, const Loop &loop, const DominatorTree &dominators,
                  std::vector<const Value *> &work) {
  if (loop.getHeader() == join.getParent())
    return; // by the loop's latch, always
  const DomTreeNode *fork = dominators.getNode(join.getParent())->getIDom();
  for (const BasicBlock *from : join.blocks())
    for (const DomTreeNode *node = dominators.getNode(from); node; node = node->getIDom()) {
      work.push_back(node->getBlock()->getTerminator());
      if (node == fork)
        break;
    }
}

// What decides, in the loop, whether another turn follows.
Instructions decisions(const Loop &loop, const DominatorTree &dominators) {
  Instructions seen;
  std::vector<const Value *> work = {loop.getLoopLatch()->getTerminator()};
  while (!work.empty()) {
    auto *instruction = dyn_cast<Instruction>(work.back());
    work.pop_back();
    if (!instruction || !loop.contains(instruction) || !seen.insert(instruction))
      continue;
    if (auto *phi = dyn_cast<PHINode>(instruction))
      addDecisions(*phi, loop, dominators, work);
    for (const Value *operand : instruction->operands())
      if (!isa<BasicBlock>(operand))
        work.push_back(operand);
  }
  return seen;
}

} // namespace

// A loop that ends whatever its attempts give is no waiting one. What goes through memory is not
// followed: a load among the decisions may read anything.
const Instruction *findWait(const Loop &loop, const DominatorTree &dominators) {
  const Instructions decided = decisions(loop, dominators);
  const bool byMemory =
      any_of(decided, [](const Instruction *instruction) { return isa<LoadInst>(instruction); });
  for (const BasicBlock *block : loop.blocks())
    for (const Instruction &instruction : *block)
      if (isRepeatedAttempt(instruction, loop) && (byMemory || decided.contains(&instruction)))
        return &instruction;
  for (const Instruction *instruction : decided)
    if (auto *load = dyn_cast<LoadInst>(instruction))
      if ((load->isVolatile() || load->isAtomic()) && loop.hasLoopInvariantOperands(load))
        return load;
  return nullptr;
}

} // namespace npu::warp
