// In per-thread form, what is under a condition and has a barrier in it ends with a barrier.
// PoCL 3.1 divides kernels at barriers. Where code behind such a barrier branches by thread, and
// one way leads straight to where the other side of the condition goes on, it takes the first
// thread's way for all.
//
// All threads of a block or none come to a barrier, so they do to one more behind it.
//
// Rounds of loops that RejoinLoops has made begin with a barrier, too: PoCL loses threads there
// that go straight to the loop's own.
#include "device/pipeline.h"
#include "device/warp/block_uniformity.h"
#include "device/warp/rounds.h"

#include "llvm/Analysis/LoopInfo.h"
#include "llvm/Analysis/PostDominators.h"
#include "llvm/IR/Dominators.h"
#include "llvm/IR/IRBuilder.h"
#include "llvm/IR/IntrinsicInst.h"
#include "llvm/IR/IntrinsicsNVPTX.h"
#include "llvm/Transforms/Utils/BasicBlockUtils.h"

using namespace llvm;

namespace npu {

namespace {

class CloseBarriers : public DevicePass {
public:
  void run(Module &module, PassContext &context) override {
    for (Function &function : module)
      if (isKernel(function, context) && !context.kernels[function.getName().str()].isWarp) {
        while (closeOne(function)) {
        }
        closeRounds(function);
      }
  }

private:
  // Where every round comes to a barrier that all threads of the block do.
  static void closeRounds(Function &kernel) {
    const DominatorTree dominators(kernel);
    const LoopInfo loops(dominators);
    for (const Loop *loop : loops.getLoopsInPreorder()) {
      Instruction *begin = loop->getHeader()->getTerminator();
      SmallVector<BasicBlock *, 4> latches;
      loop->getLoopLatches(latches);
      if (begin->getMetadata(kRound) && any_of(loop->blocks(), [&](BasicBlock *block) {
            return any_of(*block, isPlainBarrier) && all_of(latches, [&](BasicBlock *latch) {
                     return dominators.dominates(block, latch);
                   });
          }))
        IRBuilder<>(begin).CreateIntrinsic(Intrinsic::nvvm_barrier0, {}, {});
    }
  }

  static bool isPlainBarrier(const Instruction &instruction) {
    auto *call = dyn_cast<IntrinsicInst>(&instruction);
    return call && call->getIntrinsicID() == Intrinsic::nvvm_barrier0;
  }

  static Instruction *barrierIn(BasicBlock &block) {
    for (Instruction &instruction : block)
      if (warp::isBarrier(instruction))
        return &instruction;
    return nullptr;
  }

  // Whether it has made a change; the analyses are old then.
  static bool closeOne(Function &kernel) {
    const DominatorTree dominators(kernel);
    const PostDominatorTree postDominators(kernel);
    for (BasicBlock &block : kernel)
      if (Instruction *barrier = barrierIn(block))
        if (BasicBlock *join = joinOf(block, dominators, postDominators))
          if (close(*barrier, *join, dominators))
            return true;
    return false;
  }

  // Where all come that came to the barrier's block, and others too; nullptr: there is no such
  // block, or it is where a loop around the barrier begins again.
  static BasicBlock *joinOf(BasicBlock &block, const DominatorTree &dominators,
                            const PostDominatorTree &postDominators) {
    auto *node = postDominators.getNode(&block);
    while (node && node->getBlock() && dominators.dominates(&block, node->getBlock()))
      node = node->getIDom();
    BasicBlock *join = node ? node->getBlock() : nullptr;
    return join && !dominators.dominates(join, &block) ? join : nullptr;
  }

  static bool close(Instruction &barrier, BasicBlock &join, const DominatorTree &dominators) {
    BasicBlock &block = *barrier.getParent();
    SmallVector<BasicBlock *, 4> ends;
    for (BasicBlock *before : predecessors(&join))
      if (dominators.dominates(&block, before) && !is_contained(ends, before))
        ends.push_back(before);
    const auto endsWithBarrier = [](BasicBlock &last) {
      const Instruction *before = last.getTerminator()->getPrevNode();
      return before && warp::isBarrier(*before);
    };
    if (ends.empty() || (ends.size() == 1 && endsWithBarrier(*ends[0])))
      return false;
    BasicBlock *end = SplitBlockPredecessors(&join, ends, ".close");
    barrier.clone()->insertBefore(end->getTerminator());
    return true;
  }
};

} // namespace

std::unique_ptr<DevicePass> makeCloseBarriers() { return std::make_unique<CloseBarriers>(); }

} // namespace npu
