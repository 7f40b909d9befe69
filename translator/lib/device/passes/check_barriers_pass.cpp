// An OpenCL barrier must be reached by every work-item of the group; the OpenCL compiler silently
// computes something else when it is not. A barrier that runs under a condition which may differ
// from thread to thread is therefore refused: here divergence is proved absent, not hoped to be.
//
// Sources of divergence: thread indices, atomics, private memory, volatile reads. A read through an
// address that is the same for all threads is uniform, since CUDA gives racing reads no meaning.
#include "device/pipeline.h"
#include "device/warp/block_uniformity.h"

#include "llvm/ADT/PostOrderIterator.h"
#include "llvm/Analysis/CFG.h"
#include "llvm/Analysis/DivergenceAnalysis.h"
#include "llvm/Analysis/LoopInfo.h"
#include "llvm/Analysis/PostDominators.h"
#include "llvm/Analysis/SyncDependenceAnalysis.h"
#include "llvm/Analysis/ValueTracking.h"
#include "llvm/IR/Dominators.h"
#include "llvm/IR/InstIterator.h"
#include "llvm/IR/IntrinsicInst.h"

using namespace llvm;

namespace npu {

namespace {

bool isUniformRegister(StringRef name) {
  return name.startswith("llvm.nvvm.read.ptx.sreg.") &&
         (name.contains("ctaid") || name.contains("ntid") || name.contains("warpsize"));
}

bool isSource(const Instruction &instruction) {
  if (isa<AtomicRMWInst>(instruction) || isa<AtomicCmpXchgInst>(instruction))
    return true;
  if (auto *load = dyn_cast<LoadInst>(&instruction))
    return load->isVolatile() || isa<AllocaInst>(getUnderlyingObject(load->getPointerOperand(), 0));
  if (auto *call = dyn_cast<CallInst>(&instruction))
    if (const Function *callee = call->getCalledFunction())
      return callee->getName().startswith("llvm.nvvm.read.") &&
             !isUniformRegister(callee->getName());
  return false;
}

class CheckBarriers : public DevicePass {
public:
  void run(Module &module, PassContext &context) override {
    for (Function &function : module)
      if (isKernel(function, context) && !context.kernels[function.getName().str()].isWarp)
        check(function, context);
  }

private:
  static void check(Function &kernel, PassContext &context) {
    std::vector<Instruction *> barriers;
    for (Instruction &instruction : instructions(kernel))
      if (warp::isBarrier(instruction))
        barriers.push_back(&instruction);
    if (barriers.empty())
      return;

    DominatorTree dominators(kernel);
    PostDominatorTree postDominators(kernel);
    LoopInfo loops(dominators);
    ReversePostOrderTraversal<const Function *> order(&kernel);
    if (containsIrreducibleCFG<const BasicBlock *>(order, loops))
      return context.refuse(*barriers.front(), "barrier",
                            "a barrier in a function with jumps into loops",
                            "write structured loops");
    SyncDependenceAnalysis dependences(dominators, postDominators, loops);
    DivergenceAnalysisImpl divergence(kernel, nullptr, dominators, loops, dependences, false);
    for (Instruction &instruction : instructions(kernel))
      if (isSource(instruction))
        divergence.markDivergent(instruction);
    divergence.compute();

    std::map<const BasicBlock *, const Instruction *> conditional =
        divergentBlocks(kernel, divergence, postDominators);
    for (Instruction *barrier : barriers) {
      auto found = conditional.find(barrier->getParent());
      if (found != conditional.end())
        context.refuse(
            *barrier, "divergent-barrier",
            "a barrier under a condition that may differ between the threads of a block" +
                lineOf(*found->second),
            "move the barrier out of the condition, and compute with a guard instead of "
            "leaving early");
    }
  }

  static std::string lineOf(const Instruction &branch) {
    const DILocation *location = branch.getDebugLoc().get();
    return location ? " (line " + std::to_string(location->getLine()) + ")" : "";
  }

  // The blocks that a divergent branch decides about: all on a way from it to its post-dominator.
  static std::map<const BasicBlock *, const Instruction *>
  divergentBlocks(const Function &kernel, const DivergenceAnalysisImpl &divergence,
                  const PostDominatorTree &postDominators) {
    std::map<const BasicBlock *, const Instruction *> result;
    for (const BasicBlock &block : kernel) {
      const Instruction *branch = block.getTerminator();
      if (branch->getNumSuccessors() < 2 || !divergence.isDivergent(*branch))
        continue;
      const auto *node = postDominators.getNode(&block);
      const BasicBlock *join = node && node->getIDom() ? node->getIDom()->getBlock() : nullptr;
      std::vector<const BasicBlock *> work(succ_begin(&block), succ_end(&block));
      std::set<const BasicBlock *> seen;
      while (!work.empty()) {
        const BasicBlock *next = work.back();
        work.pop_back();
        if (next == join || !seen.insert(next).second)
          continue;
        result.emplace(next, branch);
        work.insert(work.end(), succ_begin(next), succ_end(next));
      }
    }
    return result;
  }
};

} // namespace

std::unique_ptr<DevicePass> makeCheckBarriers() { return std::make_unique<CheckBarriers>(); }

} // namespace npu
