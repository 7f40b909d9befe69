// Control flow: blocks, masks, phis. See vectorizer.h.
#include "device/warp/vectorizer.h"

#include "device/pipeline.h"
#include "device/warp/full_warps.h"

#include "llvm/ADT/PostOrderIterator.h"
#include "llvm/IR/CFG.h"
#include "llvm/IR/InstIterator.h"
#include "llvm/IR/IntrinsicInst.h"

using namespace llvm;

namespace npu::warp {

Vectorizer::Vectorizer(Function &source, WarpFunctions &functions, BlockShape block, Waits waits)
    : source(source), functions(functions), blockShape(block), waits(waits), shapes(source, block),
      layout(source.getParent()->getDataLayout()), builder(source.getContext()) {}

Vectorizer::Vectorizer(Function &source, WarpFunctions &functions, const FunctionForm &form)
    : source(source), functions(functions), form(&form),
      shapes(source, BlockShape::General,
             [&form](const Argument &argument) { return !form.isUniform[argument.getArgNo()]; }),
      layout(source.getParent()->getDataLayout()), builder(source.getContext()) {}

void Vectorizer::refuse(const Instruction &at, const Twine &why) {
  if (!refusalPlace) {
    refusalPlace = &at;
    refusalReason = why.str();
  }
}

// What __restrict__ says holds for one call of a function by one thread. The warp form, and loops
// over warps, have many, and the markers that would tell these apart are dropped (calls.cpp).
static void dropAliasScopes(Function &function) {
  for (Instruction &instruction : instructions(function)) {
    instruction.setMetadata(LLVMContext::MD_alias_scope, nullptr);
    instruction.setMetadata(LLVMContext::MD_noalias, nullptr);
  }
}

Function *Vectorizer::run() {
  if (!checkStructure())
    return nullptr;
  if (form)
    startFunction();
  else
    startKernel();
  createBlocks();
  ReversePostOrderTraversal<Function *> order(&source);
  for (BasicBlock *block : order) {
    emitBlock(*block);
    if (refusalPlace)
      break;
  }
  if (!refusalPlace)
    completePhis();
  if (refusalPlace) {
    result->dropAllReferences();
    result->eraseFromParent();
    return nullptr;
  }
  dropAliasScopes(*result);
  return result;
}

void Vectorizer::startKernel() {
  result = Function::Create(source.getFunctionType(), source.getLinkage(), "", source.getParent());
  result->copyAttributesFrom(&source);
  for (unsigned i = 0; i < source.arg_size(); ++i) {
    result->getArg(i)->setName(source.getArg(i)->getName());
    LaneValue argument;
    argument.scalar = result->getArg(i);
    set(*source.getArg(i), argument);
  }
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
  bool isEntry = &block == &source.getEntryBlock();
  if (!isEntry)
    mask = maskOf(block);
  for (const PHINode &phi : block.phis())
    emitPhi(phi);
  if (refusalPlace)
    return;
  if (isEntry && form)
    enterFunction();
  else if (isEntry)
    emitEntry();
  blocks[&block].mask = mask;
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

// The last warp of a block may be partly empty.
void Vectorizer::emitEntry() {
  Module &module = *source.getParent();
  Type *word = builder.getInt32Ty();
  FunctionCallee number = module.getOrInsertFunction(kWarpNumber, word);
  cast<Function>(number.getCallee())->setDoesNotAccessMemory();
  warpIndex = builder.CreateCall(number, {}, "warp");
  auto extent = [&](const char *name) -> Value * {
    return builder.CreateCall(
        module.getOrInsertFunction((Twine("llvm.nvvm.read.ptx.sreg.ntid.") + name).str(), word));
  };
  Value *columns = extent("x"), *rows = extent("y");
  Value *first = builder.CreateShl(warpIndex, 5, "first", true, true);
  Value *all = Constant::getAllOnesValue(FixedVectorType::get(builder.getInt1Ty(), kLanes));
  if (blockShape == BlockShape::Line) {
    mask = builder.CreateICmpULT(builder.CreateAdd(splat(first), laneNumbers(word)), splat(columns),
                                 "launched");
    threadValues[0].base = first;
    threadValues[0].step = 1;
    threadValues[1].scalar = threadValues[2].scalar = builder.getInt32(0);
    return;
  }
  if (blockShape == BlockShape::WholeRows) {
    mask = all;
    Value *row = builder.CreateUDiv(first, columns);
    threadValues[0].base = builder.CreateURem(first, columns);
    threadValues[0].step = 1;
    threadValues[1].scalar = builder.CreateURem(row, rows);
    threadValues[2].scalar = builder.CreateUDiv(row, rows);
    return;
  }
  if (blockShape != BlockShape::General) {
    mask = all;
    Value *row = builder.CreateUDiv(first, builder.getInt32(shapes.width()));
    threadValues[0].base = threadValues[0].rowStep = builder.getInt32(0);
    threadValues[0].step = 1;
    threadValues[1].base = builder.CreateURem(row, rows);
    threadValues[1].rowStep = builder.getInt32(1);
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
  if (isAfterFullVote(block))
    return Constant::getAllOnesValue(FixedVectorType::get(builder.getInt1Ty(), kLanes));
  const LoopInfo &loops = shapes.loopInfo();
  const Loop *loop = loops.getLoopFor(&block);
  if (loop && loop->getHeader() == &block)
    return maskOfHeader(*loop);
  const BasicBlock *single = block.getSinglePredecessor();
  const Loop *inner = single ? loops.getLoopFor(single) : nullptr;
  if (inner && !inner->contains(&block)) {
    // Every lane that entered the loop has left it.
    while (inner->getParentLoop() && !inner->getParentLoop()->contains(&block))
      inner = inner->getParentLoop();
    return blocks[inner->getLoopPreheader()].mask;
  }
  if (single) {
    // Set by the branch; otherwise control came unconditionally.
    Value *own = blocks[&block].mask;
    return own ? own : blocks[single].mask;
  }
  return blocks[shapes.dominatorTree().getNode(&block)->getIDom()->getBlock()].mask;
}

Value *Vectorizer::maskOfHeader(const Loop &loop) {
  Value *before = blocks[loop.getLoopPreheader()].mask;
  if (shapes.isUniform(*loop.getLoopLatch()->getTerminator()))
    return before;
  PHINode *lanes = builder.CreatePHI(before->getType(), 2, "lanes");
  loopMasks[&loop] = lanes;
  // The values with which lanes leave.
  for (const PHINode &exit : loop.getExitBlock()->phis())
    if (!shapes.isUniform(exit) && VectorType::isValidElementType(exit.getType()))
      accumulators.push_back(
          {&exit, builder.CreatePHI(FixedVectorType::get(exit.getType(), kLanes), 2), &loop});
  return lanes;
}

void Vectorizer::emitTerminator(const BasicBlock &block) {
  const Instruction *terminator = block.getTerminator();
  builder.SetCurrentDebugLocation(terminator->getDebugLoc());
  if (auto *leave = dyn_cast<ReturnInst>(terminator)) {
    if (form)
      leaveFunction(*leave);
    else
      builder.CreateRetVoid();
    return;
  }
  if (any_of(block, [](const Instruction &instruction) { return endsThread(instruction); }))
    endWarp();
  auto *branch = cast<BranchInst>(terminator);
  if (branch->isUnconditional()) {
    builder.CreateBr(blocks[branch->getSuccessor(0)].first);
    return;
  }
  if (shapes.isUniform(*branch)) {
    builder.CreateCondBr(scalar(branch->getCondition()), blocks[branch->getSuccessor(0)].first,
                         blocks[branch->getSuccessor(1)].first);
    return;
  }
  const Loop *loop = shapes.loopInfo().getLoopFor(&block);
  if (loop && loop->getLoopLatch() == &block)
    return emitLatch(*branch, *loop);
  emitBranch(*branch);
}

// A lane has ended here, and its warp with it; see passes/end_threads_pass.cpp.
void Vectorizer::endWarp() {
  BasicBlock *end = BasicBlock::Create(source.getContext(), "ended", result);
  BasicBlock *after = BasicBlock::Create(source.getContext(), "", result);
  builder.CreateCondBr(anyLane(mask), end, after);
  IRBuilder<>(end).CreateRetVoid();
  builder.SetInsertPoint(after);
}

// The lanes of the mask for which the condition has this value.
Value *Vectorizer::lanesWhere(Value &condition, bool isTrue) {
  LaneValue lanes = get(&condition);
  Value *holds = lanes.scalar ? splat(builder.CreateFreeze(lanes.scalar)) : vector(&condition);
  return among(mask, isTrue ? holds : builder.CreateNot(holds));
}

void Vectorizer::emitBranch(const BranchInst &branch) {
  const BasicBlock *join =
      shapes.postDominatorTree().getNode(branch.getParent())->getIDom()->getBlock();
  bool whenTrue = branch.getSuccessor(1) == join;
  const BasicBlock *region = branch.getSuccessor(whenTrue ? 0 : 1);
  Value *lanes = lanesWhere(*branch.getCondition(), whenTrue);
  blocks[region].mask = lanes;
  builder.CreateCondBr(anyLane(lanes), blocks[region].first, blocks[join].first);
}

void Vectorizer::emitLatch(const BranchInst &branch, const Loop &loop) {
  bool leavesWhenTrue = !loop.contains(branch.getSuccessor(0));
  leavingMasks[&loop] = lanesWhere(*branch.getCondition(), leavesWhenTrue);
  Value *staying = builder.CreateAnd(mask, builder.CreateNot(leavingMasks[&loop]));
  // The values of the lanes that leave now are kept for after the loop.
  for (Accumulator &accumulator : accumulators) {
    if (accumulator.loop != &loop)
      continue;
    Value *incoming = accumulator.exit->getIncomingValue(0);
    Value *leaving = leavingMasks[&loop];
    Value *kept = builder.CreateSelect(leaving, vector(incoming), accumulator.held);
    setVector(*accumulator.exit, kept);
    accumulator.held->addIncoming(kept, builder.GetInsertBlock());
  }
  Value *more = anyLane(staying);
  loopMasks[&loop]->addIncoming(staying, builder.GetInsertBlock());
  builder.CreateCondBr(more, blocks[loop.getHeader()].first,
                       blocks[branch.getSuccessor(leavesWhenTrue ? 0 : 1)].first);
}

bool Vectorizer::isDivergentJoin(const BasicBlock &block) const {
  if (block.getSinglePredecessor())
    return false;
  const auto *fork = shapes.dominatorTree().getNode(&block)->getIDom();
  const Instruction *branch = fork ? fork->getBlock()->getTerminator() : nullptr;
  return branch && !shapes.isUniform(*branch);
}

void Vectorizer::emitPhi(const PHINode &phi) {
  const BasicBlock &block = *phi.getParent();
  const Loop *loop = shapes.loopInfo().getLoopFor(&block);
  bool isHeader = loop && loop->getHeader() == &block;
  if (phi.getNumIncomingValues() == 1) {
    const Loop *inner = shapes.loopInfo().getLoopFor(phi.getIncomingBlock(0));
    const Instruction *leave = phi.getIncomingBlock(0)->getTerminator();
    bool varies = !shapes.isUniform(phi);
    if (inner && !inner->contains(&block) && varies && !shapes.isUniform(*leave)) {
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
  } else if (const Pattern *pattern = shapes.pattern(phi);
             pattern && (isHeader || !isDivergentJoin(block))) {
    value.base = builder.CreatePHI(phi.getType(), 2);
    value.step = pattern->step;
    Type *integer = phi.getType()->isPointerTy() ? builder.getInt64Ty() : phi.getType();
    if (pattern->hasRows)
      value.rowStep = pattern->rowKnown
                          ? static_cast<Value *>(ConstantInt::get(integer, pattern->row, true))
                          : builder.CreatePHI(integer, 2);
    if (shapes.isConditional(phi)) {
      value.vector = builder.CreatePHI(FixedVectorType::get(phi.getType(), kLanes), 2);
      value.valid = builder.CreatePHI(builder.getInt1Ty(), 2);
    }
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
    builder.SetInsertPoint(block.last->getTerminator());
    if (value.scalar) {
      Value *one = scalar(incoming);
      int other = divergentJoin && from != fork ? phi.getBasicBlockIndex(fork) : -1;
      if (other >= 0 && one != scalar(phi.getIncomingValue(other)))
        one = builder.CreateSelect(anyLane(block.mask), one, scalar(phi.getIncomingValue(other)));
      cast<PHINode>(value.scalar)->addIncoming(one, block.last);
      continue;
    }
    LaneValue lanes = get(incoming);
    if (value.base && !value.valid && (lanes.valid || !(lanes.base || lanes.scalar)))
      return refuse(phi, "internal error: a pattern without conditions depends on one");
    Value *all = value.vector ? vector(incoming) : nullptr;
    if (all && divergentJoin && from != fork) {
      // Lanes that did not come this way have the fork's value.
      int other = phi.getBasicBlockIndex(fork);
      if (other >= 0)
        all = builder.CreateSelect(block.mask, all, vector(phi.getIncomingValue(other)));
    }
    if (value.base) {
      Value *base = lanes.scalar ? lanes.scalar : lanes.base;
      cast<PHINode>(value.base)
          ->addIncoming(base ? base : PoisonValue::get(phi.getType()), block.last);
      if (auto *rowSteps = dyn_cast_or_null<PHINode>(value.rowStep))
        if (rowSteps->getParent() == cast<PHINode>(value.base)->getParent())
          rowSteps->addIncoming(base ? rowStepOf(lanes, rowSteps->getType())
                                     : PoisonValue::get(rowSteps->getType()),
                                block.last);
      if (!value.valid)
        continue;
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
