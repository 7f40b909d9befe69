// See full_warps.h. The source is in structured form (vectorizer.h) and stays in it.
#include "device/warp/full_warps.h"

#include "device/pipeline.h"
#include "device/warp/block_uniformity.h"
#include "device/warp/shapes.h"

#include "llvm/ADT/PostOrderIterator.h"
#include "llvm/IR/IRBuilder.h"
#include "llvm/IR/InstIterator.h"
#include "llvm/Transforms/Utils/Cloning.h"

using namespace llvm;

namespace npu::warp {

namespace {

// What is copied, in instructions: at most this much at once, and this much in a kernel.
constexpr unsigned kMostAtOnce = 400, kMostInAll = 1200;
// What is analysed for it, in instructions: the whole kernel anew after each copy.
constexpr unsigned kMostAnalyzed = 50000;

class Splitter {
public:
  Splitter(Function &function, BlockShape shape) : function(function), shape(shape) {}

  void run() {
    for (unsigned analyzed = function.getInstructionCount(); splitOne();) {
      analyzed += function.getInstructionCount();
      if (analyzed > kMostAnalyzed)
        break;
    }
  }

private:
  using Blocks = SmallVector<BasicBlock *, 16>;

  // One at a time: the analyses hold until then.
  bool splitOne() {
    Shapes shapes(function, shape);
    findFullBlocks(shapes);
    ReversePostOrderTraversal<Function *> order(&function);
    for (BasicBlock *block : order) {
      auto *branch = dyn_cast<BranchInst>(block->getTerminator());
      if (!branch || branch->isUnconditional() || shapes.isUniform(*branch) || !full.count(block) ||
          seen.count(branch))
        continue;
      seen.insert(branch);
      Loop *loop = shapes.loopInfo().getLoopFor(block);
      bool isLatch = loop && loop->getLoopLatch() == block;
      if (isLatch ? splitLoop(*loop, *branch) : splitRegion(*branch, shapes))
        return true;
    }
    return false;
  }

  // The blocks in which a warp has all its lanes if it had them at the start.
  void findFullBlocks(const Shapes &shapes) {
    full.clear();
    ReversePostOrderTraversal<Function *> order(&function);
    for (BasicBlock *block : order)
      if (isFull(*block, shapes))
        full.insert(block);
  }

  bool isFull(BasicBlock &block, const Shapes &shapes) const {
    if (&block == &function.getEntryBlock() || isAfterFullVote(block))
      return true;
    const LoopInfo &loops = shapes.loopInfo();
    const Loop *loop = loops.getLoopFor(&block);
    if (loop && loop->getHeader() == &block)
      return loop->getLoopPreheader() && full.count(loop->getLoopPreheader());
    BasicBlock *single = block.getSinglePredecessor();
    if (!single)
      return full.count(shapes.dominatorTree().getNode(&block)->getIDom()->getBlock());
    const Loop *inner = loops.getLoopFor(single);
    if (inner && !inner->contains(&block)) {
      while (inner->getParentLoop() && !inner->getParentLoop()->contains(&block))
        inner = inner->getParentLoop();
      return inner->getLoopPreheader() && full.count(inner->getLoopPreheader());
    }
    const Instruction *branch = single->getTerminator();
    return full.count(single) && (branch->getNumSuccessors() == 1 || shapes.isUniform(*branch));
  }

  // Whether a condition is about where lanes are, so that it tends to hold in all or none of them.
  static bool isAboutPlace(const Value &condition, const Shapes &shapes, unsigned depth = 0) {
    if (shapes.isUniform(condition))
      return true;
    auto *instruction = dyn_cast<Instruction>(&condition);
    if (!instruction || depth > 6)
      return false;
    if (auto *compare = dyn_cast<ICmpInst>(instruction))
      return all_of(compare->operands(), [&](const Use &operand) {
        return shapes.isUniform(*operand.get()) || shapes.pattern(*operand.get());
      });
    unsigned opcode = instruction->getOpcode();
    return (opcode == Instruction::And || opcode == Instruction::Or || opcode == Instruction::Xor ||
            opcode == Instruction::Select || opcode == Instruction::Freeze ||
            (opcode == Instruction::PHI &&
             !shapes.loopInfo().isLoopHeader(instruction->getParent()))) &&
           all_of(instruction->operands(), [&](const Use &operand) {
             return isAboutPlace(*operand.get(), shapes, depth + 1);
           });
  }

  // Whether a copy may be made, and is worth it: without barriers, and with loads or stores.
  bool isWorthIt(ArrayRef<BasicBlock *> blocks) {
    unsigned size = 0;
    bool accesses = false;
    for (BasicBlock *block : blocks)
      for (Instruction &instruction : *block) {
        ++size;
        if (isBarrier(instruction) || endsThread(instruction) || awaits(instruction))
          return false;
        accesses |= isa<LoadInst>(instruction) || isa<StoreInst>(instruction);
      }
    if (size > kMostAtOnce || copied + size > kMostInAll)
      return false;
    copied += size;
    return accesses;
  }

  static bool awaits(const Instruction &instruction) {
    auto *call = dyn_cast<CallInst>(&instruction);
    return call && call->getCalledFunction() && call->getCalledFunction()->getName() == kYield;
  }

  void copyBlocks(ArrayRef<BasicBlock *> blocks, ValueToValueMapTy &map) {
    SmallVector<BasicBlock *, 16> copies;
    for (BasicBlock *block : blocks) {
      BasicBlock *copy = CloneBasicBlock(block, map, ".full", &function);
      map[block] = copy;
      copies.push_back(copy);
    }
    remapInstructionsInBlocks(copies, map);
  }

  Value *vote(IRBuilder<> &builder, Value *condition) {
    FunctionCallee callee = function.getParent()->getOrInsertFunction(
        kFull, FunctionType::get(builder.getInt1Ty(), {builder.getInt1Ty()}, false));
    cast<Function>(callee.getCallee())->setDoesNotAccessMemory();
    cast<Function>(callee.getCallee())->setConvergent();
    return builder.CreateCall(callee, {condition}, "full");
  }

  static Value *mapped(ValueToValueMapTy &map, Value *value) {
    auto found = map.find(value);
    return found == map.end() ? value : static_cast<Value *>(found->second);
  }

  bool splitRegion(BranchInst &branch, Shapes &shapes) {
    BasicBlock *fork = branch.getParent();
    const auto *node = shapes.postDominatorTree().getNode(fork);
    BasicBlock *join = node->getIDom() ? node->getIDom()->getBlock() : nullptr;
    bool whenTrue = branch.getSuccessor(1) == join;
    if (!join || (!whenTrue && branch.getSuccessor(0) != join) ||
        !isAboutPlace(*branch.getCondition(), shapes))
      return false;
    BasicBlock *start = branch.getSuccessor(whenTrue ? 0 : 1);
    Blocks blocks;
    SmallPtrSet<BasicBlock *, 16> found;
    if (!collect(start, join, blocks, found) || !start->getSinglePredecessor() ||
        !isWorthIt(blocks))
      return false;
    // The edges to the join: from the fork, and from the region's end.
    BasicBlock *end = nullptr;
    for (BasicBlock *before : predecessors(join))
      if (found.count(before)) {
        if (end)
          return false;
        end = before;
      } else if (before != fork) {
        return false;
      }
    if (!end)
      return false;
    ValueToValueMapTy map;
    copyBlocks(blocks, map);
    auto *fullStart = cast<BasicBlock>(map[start]), *fullEnd = cast<BasicBlock>(map[end]);
    LLVMContext &context = function.getContext();
    BasicBlock *partial = BasicBlock::Create(context, "partial", &function, start);
    BasicBlock *partialEnd = BasicBlock::Create(context, "partial.end", &function, join);
    IRBuilder<> builder(&branch);
    Value *condition = branch.getCondition();
    Value *all = vote(builder, whenTrue ? condition : builder.CreateNot(condition));
    builder.CreateCondBr(all, fullStart, partial);
    branch.removeFromParent();
    partial->getInstList().push_back(&branch);
    branch.setSuccessor(whenTrue ? 1 : 0, partialEnd);
    start->replacePhiUsesWith(fork, partial);
    end->getTerminator()->replaceSuccessorWith(join, partialEnd);
    for (PHINode &phi : join->phis()) {
      PHINode *either = PHINode::Create(phi.getType(), 2, "", partialEnd);
      either->addIncoming(phi.getIncomingValueForBlock(fork), partial);
      Value *ofRegion = phi.getIncomingValueForBlock(end);
      either->addIncoming(ofRegion, end);
      phi.removeIncomingValue(fork, false);
      phi.removeIncomingValue(end, false);
      phi.addIncoming(either, partialEnd);
      phi.addIncoming(mapped(map, ofRegion), fullEnd);
    }
    BranchInst::Create(join, partialEnd);
    return true;
  }

  // The region's blocks; false when it is left anywhere but to the join.
  static bool collect(BasicBlock *start, BasicBlock *join, Blocks &blocks,
                      SmallPtrSet<BasicBlock *, 16> &found) {
    SmallVector<BasicBlock *, 16> work = {start};
    while (!work.empty()) {
      BasicBlock *block = work.pop_back_val();
      if (block == join || !found.insert(block).second)
        continue;
      blocks.push_back(block);
      if (succ_empty(block))
        return false;
      work.append(succ_begin(block), succ_end(block));
    }
    return true;
  }

  bool splitLoop(Loop &loop, BranchInst &branch) {
    BasicBlock *latch = loop.getLoopLatch(), *header = loop.getHeader();
    BasicBlock *before = loop.getLoopPreheader(), *exit = loop.getUniqueExitBlock();
    if (!before || !exit || loop.getExitingBlock() != latch || !exit->getSinglePredecessor())
      return false;
    Blocks blocks(loop.block_begin(), loop.block_end());
    if (!isWorthIt(blocks))
      return false;
    ValueToValueMapTy map;
    copyBlocks(blocks, map);
    auto *fullHeader = cast<BasicBlock>(map[header]), *fullLatch = cast<BasicBlock>(map[latch]);
    LLVMContext &context = function.getContext();
    BasicBlock *rest = BasicBlock::Create(context, "full.end", &function, header);
    BasicBlock *start = BasicBlock::Create(context, "partial", &function, header);
    // The copy runs first; it is left when a lane leaves.
    before->getTerminator()->replaceSuccessorWith(header, fullHeader);
    auto &fullBranch = *cast<BranchInst>(fullLatch->getTerminator());
    bool staysWhenTrue = branch.getSuccessor(0) == header;
    IRBuilder<> builder(&fullBranch);
    Value *stays = fullBranch.getCondition();
    if (!staysWhenTrue)
      stays = builder.CreateNot(stays);
    builder.CreateCondBr(vote(builder, stays), fullHeader, rest);
    fullBranch.eraseFromParent();
    // Values that leave the copy pass through phis; the lanes that stay go on with them.
    auto leaving = [&](Value *value) {
      PHINode *phi = PHINode::Create(value->getType(), 1, "", rest);
      phi->addIncoming(value, fullLatch);
      return phi;
    };
    BranchInst::Create(header, start);
    for (PHINode &phi : header->phis()) {
      Value *next = leaving(mapped(map, phi.getIncomingValueForBlock(latch)));
      int index = phi.getBasicBlockIndex(before);
      phi.setIncomingValue(index, next);
      phi.setIncomingBlock(index, start);
    }
    BasicBlock *left = BasicBlock::Create(context, "partial.end", &function, exit);
    latch->getTerminator()->replaceSuccessorWith(exit, left);
    for (PHINode &phi : exit->phis()) {
      Value *value = phi.getIncomingValueForBlock(latch);
      PHINode *partial = PHINode::Create(value->getType(), 1, "", left);
      partial->addIncoming(value, latch);
      phi.removeIncomingValue(latch, false);
      phi.addIncoming(partial, left);
      phi.addIncoming(leaving(mapped(map, value)), rest);
    }
    BranchInst::Create(exit, left);
    seen.insert(BranchInst::Create(start, exit, leaving(stays), rest));
    return true;
  }

  Function &function;
  BlockShape shape;
  SmallPtrSet<const BasicBlock *, 32> full;
  SmallPtrSet<const Instruction *, 32> seen; // branches that were looked at
  unsigned copied = 0;
};

} // namespace

bool isFullVote(const Value &value) {
  auto *call = dyn_cast<CallInst>(&value);
  const Function *callee = call ? call->getCalledFunction() : nullptr;
  return callee && callee->getName() == kFull;
}

bool isFullVoteEdge(const BasicBlock &from, const BasicBlock &to) {
  auto *branch = dyn_cast<BranchInst>(from.getTerminator());
  return branch && branch->isConditional() && isFullVote(*branch->getCondition()) &&
         branch->getSuccessor(0) == &to && branch->getSuccessor(1) != &to;
}

bool isAfterFullVote(const BasicBlock &block) {
  const BasicBlock *before = block.getSinglePredecessor();
  return before && isFullVoteEdge(*before, block);
}

void splitFullWarps(Function &function, BlockShape shape) { Splitter(function, shape).run(); }

} // namespace npu::warp
