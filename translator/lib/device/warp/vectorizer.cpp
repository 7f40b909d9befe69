// Control flow: blocks, masks, phis. See vectorizer.h.
#include "device/warp/vectorizer.h"

#include "llvm/ADT/PostOrderIterator.h"
#include "llvm/IR/CFG.h"
#include "llvm/IR/IntrinsicInst.h"

using namespace llvm;

namespace npu::warp {

namespace {

bool isBarrier(const Instruction &instruction) {
  auto *call = dyn_cast<CallInst>(&instruction);
  const Function *callee = call ? call->getCalledFunction() : nullptr;
  return callee &&
         (callee->getName() == "llvm.nvvm.barrier0" || callee->getName() == "llvm.nvvm.bar.sync");
}

} // namespace

Vectorizer::Vectorizer(Function &source, BlockShape block)
    : source(source), blockShape(block), shapes(source, block),
      layout(source.getParent()->getDataLayout()), builder(source.getContext()) {}

void Vectorizer::refuse(const Instruction &at, const Twine &why) {
  if (!refusalPlace) {
    refusalPlace = &at;
    refusalReason = why.str();
  }
}

Function *Vectorizer::run() {
  if (!checkStructure())
    return nullptr;
  result = Function::Create(source.getFunctionType(), source.getLinkage(), "", source.getParent());
  result->copyAttributesFrom(&source);
  for (unsigned i = 0; i < source.arg_size(); ++i) {
    result->getArg(i)->setName(source.getArg(i)->getName());
    LaneValue argument;
    argument.scalar = result->getArg(i);
    set(*source.getArg(i), argument);
  }
  createBlocks();
  ReversePostOrderTraversal<Function *> order(&source);
  for (BasicBlock *block : order) {
    emitBlock(*block);
    if (refusalPlace) {
      result->dropAllReferences();
      result->eraseFromParent();
      return nullptr;
    }
  }
  completePhis();
  return result;
}

bool Vectorizer::checkStructure() {
  for (const BasicBlock &block : source) {
    const Instruction *terminator = block.getTerminator();
    if (isa<ReturnInst>(terminator))
      continue;
    auto *branch = dyn_cast<BranchInst>(terminator);
    if (!branch) {
      refuse(*terminator, "control flow other than branches");
      return false;
    }
    if (branch->isUnconditional())
      continue;
    const Loop *loop = shapes.loopInfo().getLoopFor(&block);
    bool isLatch = loop && loop->getLoopLatch() == &block;
    const auto *node = shapes.postDominatorTree().getNode(&block);
    const BasicBlock *join = node->getIDom() ? node->getIDom()->getBlock() : nullptr;
    bool skips = join && (branch->getSuccessor(0) == join || branch->getSuccessor(1) == join) &&
                 (!loop || loop->contains(join));
    if (isLatch || skips || shapes.isUniform(*branch))
      continue;
    refuse(*terminator, "a branch out of structure");
    return false;
  }
  for (const Loop *loop : shapes.loopInfo().getLoopsInPreorder()) {
    bool divergent = false;
    SmallVector<BasicBlock *, 4> exiting;
    loop->getExitingBlocks(exiting);
    for (BasicBlock *block : exiting)
      divergent |= !shapes.isUniform(*block->getTerminator());
    if (divergent &&
        (exiting.size() != 1 || exiting[0] != loop->getLoopLatch() || !loop->getLoopPreheader())) {
      refuse(*loop->getHeader()->getTerminator(), "a loop with several exits");
      return false;
    }
    if (const Instruction *wait = divergent ? findWait(*loop, shapes.dominatorTree()) : nullptr) {
      refuse(*wait, "a loop in which threads of a warp wait for one another");
      return false;
    }
  }
  return true;
}

void Vectorizer::createBlocks() {
  for (const BasicBlock &block : source)
    blocks[&block].first = BasicBlock::Create(source.getContext(), block.getName(), result);
}

void Vectorizer::emitBlock(const BasicBlock &block) {
  Block &state = blocks[&block];
  builder.SetInsertPoint(state.first);
  mayBeEmpty = state.mayBeEmpty;
  bool isEntry = &block == &source.getEntryBlock();
  if (!isEntry) {
    mask = maskOf(block);
    mayBeEmpty |= blocks[&block].mayBeEmpty;
  }
  for (const PHINode &phi : block.phis())
    emitPhi(phi);
  if (refusalPlace)
    return;
  if (isEntry)
    emitEntry();
  blocks[&block].mask = mask;
  blocks[&block].mayBeEmpty = mayBeEmpty;
  for (const Instruction &instruction : block) {
    if (isa<PHINode>(instruction) || instruction.isTerminator())
      continue;
    builder.SetCurrentDebugLocation(instruction.getDebugLoc());
    emit(instruction);
    if (refusalPlace)
      return;
  }
  emitTerminator(block);
  blocks[&block].last = builder.GetInsertBlock();
}

// Warps of a block are the work-items of a group. The last warp of a block may be partly empty.
void Vectorizer::emitEntry() {
  Module &module = *source.getParent();
  Type *word = builder.getInt32Ty();
  FunctionCallee local =
      module.getOrInsertFunction("_Z12get_local_idj", builder.getInt64Ty(), word);
  cast<Function>(local.getCallee())->setCallingConv(CallingConv::SPIR_FUNC);
  cast<Function>(local.getCallee())->setDoesNotAccessMemory();
  CallInst *call = builder.CreateCall(local, {builder.getInt32(0)});
  call->setCallingConv(CallingConv::SPIR_FUNC);
  warpIndex = builder.CreateTrunc(call, word, "warp");
  auto extent = [&](const char *name) -> Value * {
    return builder.CreateCall(
        module.getOrInsertFunction((Twine("llvm.nvvm.read.ptx.sreg.ntid.") + name).str(), word));
  };
  Value *columns = extent("x"), *rows = extent("y");
  Value *first = builder.CreateShl(warpIndex, 5, "first", true, true);
  if (blockShape == BlockShape::WholeRows) {
    mask = Constant::getAllOnesValue(FixedVectorType::get(builder.getInt1Ty(), kLanes));
    Value *row = builder.CreateUDiv(first, columns);
    threadValues[0].base = builder.CreateURem(first, columns);
    threadValues[0].step = 1;
    threadValues[1].scalar = builder.CreateURem(row, rows);
    threadValues[2].scalar = builder.CreateUDiv(row, rows);
    return;
  }
  Value *layers = extent("z");
  Value *linear = builder.CreateAdd(splat(first), laneNumbers(word));
  Value *count = builder.CreateMul(columns, builder.CreateMul(rows, layers));
  mask = builder.CreateICmpULT(linear, splat(count), "launched");
  Value *row = builder.CreateUDiv(linear, splat(columns));
  threadValues[0].vector = builder.CreateURem(linear, splat(columns));
  threadValues[1].vector = builder.CreateURem(row, splat(rows));
  threadValues[2].vector = builder.CreateUDiv(row, splat(rows));
}

Value *Vectorizer::maskOf(const BasicBlock &block) {
  const LoopInfo &loops = shapes.loopInfo();
  const Loop *loop = loops.getLoopFor(&block);
  if (loop && loop->getHeader() == &block) {
    const Block &before = blocks[loop->getLoopPreheader()];
    blocks[&block].mayBeEmpty |= before.mayBeEmpty;
    if (shapes.isUniform(*loop->getLoopLatch()->getTerminator()))
      return before.mask;
    PHINode *lanes = builder.CreatePHI(before.mask->getType(), 2, "lanes");
    loopMasks[loop] = lanes;
    for (const PHINode &exit : loop->getExitBlock()->phis())
      if (!shapes.isUniform(exit) && VectorType::isValidElementType(exit.getType()))
        accumulators.push_back(
            {&exit, builder.CreatePHI(FixedVectorType::get(exit.getType(), kLanes), 2), loop});
    return lanes;
  }
  const BasicBlock *single = block.getSinglePredecessor();
  const Loop *inner = single ? loops.getLoopFor(single) : nullptr;
  if (inner && !inner->contains(&block)) {
    // Every lane that entered the loop has left it.
    while (inner->getParentLoop() && !inner->getParentLoop()->contains(&block))
      inner = inner->getParentLoop();
    const Block &before = blocks[inner->getLoopPreheader()];
    blocks[&block].mayBeEmpty |= before.mayBeEmpty;
    return before.mask;
  }
  if (single) {
    // Set by the branch; otherwise control came unconditionally.
    const Block &before = blocks[single];
    if (Value *own = blocks[&block].mask)
      return own;
    blocks[&block].mayBeEmpty |= before.mayBeEmpty;
    return before.mask;
  }
  const Block &fork = blocks[shapes.dominatorTree().getNode(&block)->getIDom()->getBlock()];
  blocks[&block].mayBeEmpty |= fork.mayBeEmpty;
  return fork.mask;
}

bool Vectorizer::regionHasBarrier(const BasicBlock &from, const BasicBlock *join) const {
  SmallPtrSet<const BasicBlock *, 16> seen;
  std::vector<const BasicBlock *> work = {&from};
  while (!work.empty()) {
    const BasicBlock *block = work.back();
    work.pop_back();
    if (block == join || !seen.insert(block).second)
      continue;
    if (any_of(*block, isBarrier))
      return true;
    work.insert(work.end(), succ_begin(block), succ_end(block));
  }
  return false;
}

void Vectorizer::emitTerminator(const BasicBlock &block) {
  const Instruction *terminator = block.getTerminator();
  builder.SetCurrentDebugLocation(terminator->getDebugLoc());
  if (isa<ReturnInst>(terminator)) {
    builder.CreateRetVoid();
    return;
  }
  auto *branch = cast<BranchInst>(terminator);
  if (branch->isUnconditional()) {
    builder.CreateBr(blocks[branch->getSuccessor(0)].first);
    return;
  }
  if (shapes.isUniform(*branch)) {
    emitUniformBranch(*branch);
    return;
  }
  const Loop *loop = shapes.loopInfo().getLoopFor(&block);
  if (loop && loop->getLoopLatch() == &block)
    return emitLatch(*branch, *loop);
  emitBranch(*branch);
}

// A uniform condition with no lane at all has no value worth following: the way on is taken then,
// past what the branch decides about. A barrier there would be missed by this warp alone.
void Vectorizer::emitUniformBranch(const BranchInst &branch) {
  Value *condition = scalar(branch.getCondition());
  if (mayBeEmpty) {
    const BasicBlock *block = branch.getParent();
    const Loop *loop = shapes.loopInfo().getLoopFor(block);
    const auto *node = shapes.postDominatorTree().getNode(block);
    const BasicBlock *join = node->getIDom() ? node->getIDom()->getBlock() : nullptr;
    if (loop && loop->getLoopLatch() == block)
      join = branch.getSuccessor(loop->contains(branch.getSuccessor(0)) ? 1 : 0);
    bool toJoin = branch.getSuccessor(0) == join;
    if (!toJoin && branch.getSuccessor(1) != join)
      return refuse(branch, "a branch under a condition around a barrier");
    if (regionHasBarrier(*branch.getSuccessor(toJoin ? 1 : 0), join))
      return refuse(branch, "a barrier under a condition inside another one");
    condition = builder.CreateSelect(anyLane(mask), condition, builder.getInt1(toJoin));
  }
  builder.CreateCondBr(condition, blocks[branch.getSuccessor(0)].first,
                       blocks[branch.getSuccessor(1)].first);
}

void Vectorizer::emitBranch(const BranchInst &branch) {
  const BasicBlock *join =
      shapes.postDominatorTree().getNode(branch.getParent())->getIDom()->getBlock();
  bool whenTrue = branch.getSuccessor(1) == join;
  const BasicBlock *region = branch.getSuccessor(whenTrue ? 0 : 1);
  Value *condition = vector(branch.getCondition());
  Value *lanes = among(mask, whenTrue ? condition : builder.CreateNot(condition));
  blocks[region].mask = lanes;
  if (regionHasBarrier(*region, join)) {
    blocks[region].mayBeEmpty = true;
    builder.CreateBr(blocks[region].first);
    return;
  }
  builder.CreateCondBr(anyLane(lanes), blocks[region].first, blocks[join].first);
}

void Vectorizer::emitLatch(const BranchInst &branch, const Loop &loop) {
  if (mayBeEmpty ||
      any_of(loop.blocks(), [](const BasicBlock *block) { return any_of(*block, isBarrier); }))
    return refuse(branch, "a barrier in a loop that threads of a block leave at different times");
  bool leavesWhenTrue = !loop.contains(branch.getSuccessor(0));
  Value *condition = vector(branch.getCondition());
  Value *leaving = leavesWhenTrue ? condition : builder.CreateNot(condition);
  leavingMasks[&loop] = among(mask, leaving);
  Value *staying = builder.CreateAnd(mask, builder.CreateNot(leavingMasks[&loop]));
  // The values of the lanes that leave now are kept for after the loop.
  for (Accumulator &accumulator : accumulators) {
    if (accumulator.loop != &loop)
      continue;
    Value *now = vector(accumulator.exit->getIncomingValue(0));
    Value *kept = builder.CreateSelect(leavingMasks[&loop], now, accumulator.held);
    setVector(*accumulator.exit, kept);
    accumulator.held->addIncoming(kept, builder.GetInsertBlock());
  }
  loopMasks[&loop]->addIncoming(staying, builder.GetInsertBlock());
  builder.CreateCondBr(anyLane(staying), blocks[loop.getHeader()].first,
                       blocks[branch.getSuccessor(leavesWhenTrue ? 0 : 1)].first);
}

bool Vectorizer::isDivergentJoin(const BasicBlock &block) const {
  if (block.getSinglePredecessor())
    return false;
  const auto *fork = shapes.dominatorTree().getNode(&block)->getIDom();
  return fork && !shapes.isUniform(*fork->getBlock()->getTerminator());
}

void Vectorizer::emitPhi(const PHINode &phi) {
  const BasicBlock &block = *phi.getParent();
  const Loop *loop = shapes.loopInfo().getLoopFor(&block);
  bool isHeader = loop && loop->getHeader() == &block;
  if (phi.getNumIncomingValues() == 1) {
    const Loop *inner = shapes.loopInfo().getLoopFor(phi.getIncomingBlock(0));
    if (inner && !inner->contains(&block) && !shapes.isUniform(phi) &&
        !shapes.isUniform(*phi.getIncomingBlock(0)->getTerminator())) {
      if (!VectorType::isValidElementType(phi.getType()))
        refuse(phi, "a struct value that differs between the lanes of a warp");
      return; // emitLatch has set the accumulated value
    }
    set(phi, get(phi.getIncomingValue(0)));
    return;
  }
  if (!shapes.isUniform(phi) && !VectorType::isValidElementType(phi.getType()))
    return refuse(phi, "a struct value that differs between the lanes of a warp");
  phis.push_back(&phi);
  LaneValue value;
  if (shapes.isUniform(phi)) {
    value.scalar = builder.CreatePHI(phi.getType(), 2);
  } else if (std::optional<int64_t> step = shapes.step(phi);
             step && (isHeader || !isDivergentJoin(block))) {
    value.base = builder.CreatePHI(phi.getType(), 2);
    value.step = *step;
    value.vector = builder.CreatePHI(FixedVectorType::get(phi.getType(), kLanes), 2);
    value.valid = builder.CreatePHI(builder.getInt1Ty(), 2);
  } else {
    value.vector = builder.CreatePHI(FixedVectorType::get(phi.getType(), kLanes), 2);
  }
  set(phi, value);
}

void Vectorizer::completePhis() {
  for (const PHINode *phi : phis)
    completePhi(*phi);
  for (Accumulator &accumulator : accumulators) {
    const BasicBlock *before = accumulator.loop->getLoopPreheader();
    accumulator.held->addIncoming(PoisonValue::get(accumulator.held->getType()),
                                  blocks[before].last);
  }
  for (auto &[loop, lanes] : loopMasks)
    lanes->addIncoming(blocks[loop->getLoopPreheader()].mask,
                       blocks[loop->getLoopPreheader()].last);
}

void Vectorizer::completePhi(const PHINode &phi) {
  const LaneValue value = values[&phi];
  bool divergentJoin = isDivergentJoin(*phi.getParent());
  const Loop *loop = shapes.loopInfo().getLoopFor(phi.getParent());
  if (loop && loop->getHeader() == phi.getParent())
    divergentJoin = false;
  const BasicBlock *fork =
      divergentJoin ? shapes.dominatorTree().getNode(phi.getParent())->getIDom()->getBlock()
                    : nullptr;
  for (unsigned i = 0; i < phi.getNumIncomingValues(); ++i) {
    const BasicBlock *from = phi.getIncomingBlock(i);
    Value *incoming = phi.getIncomingValue(i);
    Block &block = blocks[from];
    // A divergent branch around a barrier never skips: its direct edge is gone.
    if (!is_contained(successors(block.last), blocks[phi.getParent()].first))
      continue;
    builder.SetInsertPoint(block.last->getTerminator());
    if (value.scalar) {
      cast<PHINode>(value.scalar)->addIncoming(scalar(incoming), block.last);
      continue;
    }
    LaneValue lanes = get(incoming);
    Value *all = vector(incoming);
    if (divergentJoin && from != fork) {
      // Lanes that did not come this way have the fork's value.
      int other = phi.getBasicBlockIndex(fork);
      if (other >= 0)
        all = builder.CreateSelect(block.mask, all, vector(phi.getIncomingValue(other)));
    }
    if (value.base) {
      Value *base = lanes.scalar ? lanes.scalar : lanes.base;
      cast<PHINode>(value.base)
          ->addIncoming(base ? base : PoisonValue::get(phi.getType()), block.last);
      cast<PHINode>(value.valid)
          ->addIncoming(!base         ? builder.getFalse()
                        : lanes.valid ? lanes.valid
                                      : builder.getTrue(),
                        block.last);
    }
    cast<PHINode>(value.vector)->addIncoming(all, block.last);
  }
}

} // namespace npu::warp
