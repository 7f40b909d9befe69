// A thread that fails (a trap, a failed assertion) ends at that place: `unreachable` in a kernel
// becomes the marker __npu_end_thread() and a way on to where the threads that did not fail go, so
// that no other thread's control flow changes. Ending is left to the lowering: a warp or work-item
// returns at the marker.
//
// Where a block barrier may follow, nobody may leave alone: OpenCL's barriers need every work-item.
// There the marker sets a flag of the warp (an alloca with !npu.warp metadata) instead, and from
// then on the warp touches no memory; it only keeps its appointments. On a GPU a trap ends the
// whole grid, so neighbours in the warp lose nothing that CUDA promises them.
#include "device/pipeline.h"
#include "device/warp/block_uniformity.h"

#include "llvm/IR/CFG.h"
#include "llvm/IR/IRBuilder.h"
#include "llvm/IR/InstIterator.h"
#include "llvm/IR/Instructions.h"
#include "llvm/IR/IntrinsicInst.h"
#include "llvm/Transforms/Utils/BasicBlockUtils.h"
#include "llvm/Transforms/Utils/Cloning.h"
#include "llvm/Transforms/Utils/Local.h"

using namespace llvm;

namespace npu {

namespace {

using Blocks = SmallPtrSet<BasicBlock *, 16>;

template <class Next> Blocks closure(std::vector<BasicBlock *> work, Next next) {
  Blocks seen;
  while (!work.empty()) {
    BasicBlock *block = work.back();
    work.pop_back();
    if (!seen.insert(block).second)
      continue;
    for (BasicBlock *other : next(block))
      work.push_back(other);
  }
  return seen;
}
Blocks reachableFrom(std::vector<BasicBlock *> from) {
  return closure(std::move(from), [](BasicBlock *block) { return successors(block); });
}
Blocks reaching(std::vector<BasicBlock *> to) {
  return closure(std::move(to), [](BasicBlock *block) { return predecessors(block); });
}

template <class Terminator> std::vector<BasicBlock *> blocksEndingIn(Function &function) {
  std::vector<BasicBlock *> result;
  for (BasicBlock &block : function)
    if (isa<Terminator>(block.getTerminator()))
      result.push_back(&block);
  return result;
}

class EndThreads : public DevicePass {
public:
  void run(Module &module, PassContext &context) override {
    for (Function &function : module) {
      if (!isKernel(function, context))
        continue;
      removeUnreachableBlocks(function);
      if (blocksEndingIn<UnreachableInst>(function).empty())
        continue;
      separate(function);
      for (BasicBlock *end : blocksEndingIn<UnreachableInst>(function))
        goOn(*end, function);
      guardUntilBarriers(function);
    }
  }

private:
  // The blocks from which the kernel's end is never reached.
  static Blocks lost(Function &function) {
    Blocks returning = reaching(blocksEndingIn<ReturnInst>(function));
    Blocks result;
    for (BasicBlock *block : reaching(blocksEndingIn<UnreachableInst>(function)))
      if (!returning.contains(block))
        result.insert(block);
    return result;
  }

  struct Edge {
    BasicBlock *from, *to;
  };
  static std::vector<Edge> edgesInto(Function &function, const Blocks &blocks) {
    std::vector<Edge> result;
    for (BasicBlock &from : function)
      if (!blocks.contains(&from))
        for (BasicBlock *to : SmallPtrSet<BasicBlock *, 4>(succ_begin(&from), succ_end(&from)))
          if (blocks.contains(to))
            result.push_back({&from, to});
    return result;
  }

  // Each way into a lost part gets a copy of it: the copy then knows where it branched off.
  static void separate(Function &function) {
    Blocks blocks = lost(function);
    Blocks taken;
    for (const Edge &edge : edgesInto(function, blocks)) {
      Blocks part = reachableFrom({edge.to});
      bool isFree = none_of(part, [&](BasicBlock *block) { return taken.contains(block); });
      if (isFree) {
        taken.insert(part.begin(), part.end());
        continue;
      }
      copy(function, edge, part);
    }
    // What remains entered from two sides lost its other entries to the copies.
    removeUnreachableBlocks(function);
  }

  static void copy(Function &function, const Edge &edge, const Blocks &part) {
    ValueToValueMapTy map;
    SmallVector<BasicBlock *, 8> made;
    for (BasicBlock *block : part) {
      made.push_back(CloneBasicBlock(block, map, ".end", &function));
      map[block] = made.back();
    }
    remapInstructionsInBlocks(made, map);
    auto *entry = cast<BasicBlock>(map[edge.to]);
    // Entries of phis from outside of the part: in the copy only this edge is left, in the original
    // it is gone.
    for (BasicBlock *block : made)
      for (PHINode &phi : make_early_inc_range(block->phis()))
        for (unsigned i = phi.getNumIncomingValues(); i-- > 0;) {
          BasicBlock *from = phi.getIncomingBlock(i);
          bool isInside = is_contained(made, from);
          if (!isInside && !(block == entry && from == edge.from))
            phi.removeIncomingValue(i, /*DeletePHIIfEmpty=*/false);
        }
    Instruction *terminator = edge.from->getTerminator();
    for (unsigned i = 0; i < terminator->getNumSuccessors(); ++i)
      if (terminator->getSuccessor(i) == edge.to) {
        edge.to->removePredecessor(edge.from, /*KeepOneInputPHIs=*/true);
        terminator->setSuccessor(i, entry);
      }
  }

  static void goOn(BasicBlock &end, Function &function) {
    Blocks before = reaching({&end}), blocks = lost(function);
    BasicBlock *from = nullptr, *next = nullptr;
    for (const Edge &edge : edgesInto(function, blocks))
      if (before.contains(edge.to) && reachableFrom({edge.to}).contains(&end))
        from = edge.from;
    if (from)
      for (BasicBlock *successor : successors(from))
        if (!blocks.contains(successor))
          next = successor;
    Instruction *terminator = end.getTerminator();
    IRBuilder<> builder(terminator);
    if (end.size() == 1 || !endsThread(*terminator->getPrevNode())) {
      FunctionCallee marker = function.getParent()->getOrInsertFunction(
          "__npu_end_thread", FunctionType::get(builder.getVoidTy(), false));
      builder.CreateCall(marker);
    }
    terminator->eraseFromParent();
    builder.SetInsertPoint(&end);
    if (!next) { // nobody gets to the kernel's end
      builder.CreateRetVoid();
      return;
    }
    builder.CreateBr(next);
    for (PHINode &phi : next->phis())
      phi.addIncoming(phi.getIncomingValueForBlock(from), &end);
  }

  // Markers that a barrier may follow set the flag; what they reach is guarded by it.
  static void guardUntilBarriers(Function &function) {
    std::vector<BasicBlock *> barriers;
    for (BasicBlock &block : function)
      if (any_of(block, warp::isBarrier))
        barriers.push_back(&block);
    Blocks beforeBarriers = reaching(barriers);
    std::vector<CallInst *> markers;
    for (Instruction &instruction : instructions(function))
      if (endsThread(instruction) && beforeBarriers.contains(instruction.getParent()))
        markers.push_back(cast<CallInst>(&instruction));
    if (markers.empty())
      return;
    IRBuilder<> builder(&*function.getEntryBlock().getFirstInsertionPt());
    AllocaInst *ended = builder.CreateAlloca(builder.getInt1Ty(), nullptr, "ended");
    ended->setMetadata("npu.warp", MDNode::get(function.getContext(), {}));
    builder.CreateStore(builder.getFalse(), ended);
    std::vector<BasicBlock *> starts;
    for (CallInst *marker : markers) {
      builder.SetInsertPoint(marker);
      builder.CreateStore(builder.getTrue(), ended);
      for (BasicBlock *next : successors(marker->getParent()))
        starts.push_back(next);
      marker->eraseFromParent();
    }
    std::vector<BasicBlock *> order;
    Blocks guarded = reachableFrom(starts);
    for (BasicBlock &block : function)
      if (guarded.contains(&block))
        order.push_back(&block);
    for (BasicBlock *block : order)
      guardBlock(*block, *ended);
  }

  // What must not happen once the warp has ended.
  static bool isHarmful(const Instruction &instruction, const AllocaInst &ended) {
    if (!instruction.mayReadOrWriteMemory() || warp::isBarrier(instruction) ||
        isa<FenceInst>(instruction))
      return false;
    if (const Value *pointer = getLoadStorePointerOperand(&instruction))
      return pointer != &ended;
    auto *call = dyn_cast<CallInst>(&instruction);
    const Function *callee = call ? call->getCalledFunction() : nullptr;
    return !callee || !callee->isIntrinsic() || isa<MemIntrinsic>(instruction) ||
           callee->getName().startswith("llvm.nvvm.ldg.");
  }

  // Runs of harmful instructions, with what depends on them, move behind the flag. What only
  // computes stays outside, so that addresses keep their form.
  static void guardBlock(BasicBlock &whole, AllocaInst &ended) {
    for (BasicBlock *block = &whole; block;) {
      std::vector<Instruction *> run;
      SmallPtrSet<Instruction *, 16> inRun;
      Instruction *stop = block->getTerminator();
      for (Instruction &instruction : *block) {
        if (isa<PHINode>(instruction) || instruction.isTerminator())
          continue;
        bool staysHere = instruction.mayReadOrWriteMemory() || instruction.mayHaveSideEffects();
        bool joins = isHarmful(instruction, ended) ||
                     (!staysHere && any_of(instruction.operands(), [&](const Use &use) {
                       auto *operand = dyn_cast<Instruction>(use.get());
                       return operand && inRun.contains(operand);
                     }));
        if (joins) {
          run.push_back(&instruction);
          inRun.insert(&instruction);
        } else if (staysHere && !run.empty()) {
          stop = &instruction;
          break;
        }
      }
      block = run.empty() ? nullptr : guardRun(run, stop, ended);
    }
  }

  // Returns the block behind the run.
  static BasicBlock *guardRun(const std::vector<Instruction *> &run, Instruction *stop,
                              AllocaInst &ended) {
    IRBuilder<> builder(stop);
    Value *mayRun = builder.CreateNot(builder.CreateLoad(builder.getInt1Ty(), &ended));
    Instruction *inside = SplitBlockAndInsertIfThen(mayRun, stop, /*Unreachable=*/false);
    BasicBlock *before = inside->getParent()->getSinglePredecessor();
    BasicBlock *after = inside->getSuccessor(0);
    for (Instruction *instruction : run)
      instruction->moveBefore(inside);
    builder.SetInsertPoint(&after->front());
    for (Instruction *instruction : run) {
      if (instruction->getType()->isVoidTy())
        continue;
      SmallVector<Use *, 4> outside;
      for (Use &use : instruction->uses())
        if (cast<Instruction>(use.getUser())->getParent() != inside->getParent())
          outside.push_back(&use);
      if (outside.empty())
        continue;
      PHINode *value = builder.CreatePHI(instruction->getType(), 2);
      value->addIncoming(instruction, inside->getParent());
      value->addIncoming(Constant::getNullValue(instruction->getType()), before);
      for (Use *use : outside)
        use->set(value);
    }
    return after;
  }
};

} // namespace

std::unique_ptr<DevicePass> makeEndThreads() { return std::make_unique<EndThreads>(); }

} // namespace npu
