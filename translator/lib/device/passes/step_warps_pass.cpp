// Lets the warps of a block walk through memory side by side, as they do on a GPU: in a loop whose
// accesses are far apart from one round to the next, a warp stops every few rounds, until the other
// warps have come as far. Alone, a warp takes a piece of each of many pages, often all in the same
// few sets of the caches, and the warps after it find nothing of them left. A sum of 4 million
// floats in rows of 16,384 takes four times as long that way.
//
// Only kernels in warp form whose warps do not take turns. Loops with barriers need no such stops.
#include "device/pipeline.h"

#include "npu/warp_turns.h"

#include "llvm/Analysis/AssumptionCache.h"
#include "llvm/Analysis/LoopInfo.h"
#include "llvm/Analysis/ScalarEvolutionExpressions.h"
#include "llvm/Analysis/TargetLibraryInfo.h"
#include "llvm/Analysis/ValueTracking.h"
#include "llvm/IR/Dominators.h"
#include "llvm/IR/IRBuilder.h"
#include "llvm/IR/InstIterator.h"
#include "llvm/IR/IntrinsicInst.h"
#include "llvm/Transforms/Utils/BasicBlockUtils.h"

using namespace llvm;

namespace npu {

namespace {

constexpr unsigned kRounds = 8;       // between stops
constexpr uint64_t kFar = 4096;       // bytes from one round to the next: a page
constexpr uint64_t kMostBytes = 4096; // of a warp's private memory, which its frame holds
constexpr unsigned kSharedSpace = 3;

class StepWarps : public DevicePass {
public:
  void run(Module &module, PassContext &context) override {
    for (Function &function : module) {
      if (!isKernel(function, context))
        continue;
      KernelInfo &info = context.kernels[function.getName().str()];
      if (info.isWarp && info.waits.kind != warp::Waits::Turns &&
          privateBytes(function) <= kMostBytes)
        info.steps = step(function);
    }
  }

private:
  static uint64_t privateBytes(const Function &kernel) {
    uint64_t bytes = 0;
    for (const Instruction &instruction : instructions(kernel))
      if (auto *allocation = dyn_cast<AllocaInst>(&instruction))
        if (auto bits = allocation->getAllocationSizeInBits(kernel.getParent()->getDataLayout()))
          bytes += *bits / 8;
    return bytes;
  }

  static bool step(Function &kernel) {
    DominatorTree dominators(kernel);
    LoopInfo loops(dominators);
    if (loops.empty())
      return false;
    AssumptionCache assumptions(kernel);
    TargetLibraryInfoImpl libraryInfo;
    TargetLibraryInfo library(libraryInfo);
    SmallVector<Loop *, 4> far;
    {
      ScalarEvolution evolution(kernel, library, assumptions, dominators, loops);
      for (Loop *loop : loops.getLoopsInPreorder())
        if (loop->isInnermost() && loop->getLoopLatch() && loop->getLoopPreheader() &&
            walksFar(*loop, evolution))
          far.push_back(loop);
    }
    for (Loop *loop : far)
      stopIn(*loop);
    return !far.empty();
  }

  static bool walksFar(const Loop &loop, ScalarEvolution &evolution) {
    bool far = false;
    for (BasicBlock *block : loop.blocks())
      for (Instruction &instruction : *block) {
        if (isStop(instruction))
          return false;
        Value *pointer = lanesPointer(instruction);
        far |= pointer && isFar(*pointer, loop, evolution);
      }
    return far;
  }

  static bool isStop(const Instruction &instruction) {
    StringRef name = calleeName(instruction);
    return name == kTurn || name == kYield || warp::meetingOf(instruction);
  }

  // Of an access to neighbouring elements by the lanes; nullptr: something else.
  static Value *lanesPointer(Instruction &instruction) {
    if (auto *intrinsic = dyn_cast<IntrinsicInst>(&instruction)) {
      if (intrinsic->getIntrinsicID() == Intrinsic::masked_load)
        return intrinsic->getArgOperand(0);
      return intrinsic->getIntrinsicID() == Intrinsic::masked_store ? intrinsic->getArgOperand(1)
                                                                    : nullptr;
    }
    Value *pointer = getLoadStorePointerOperand(&instruction);
    return pointer && getLoadStoreType(&instruction)->isVectorTy() ? pointer : nullptr;
  }

  static bool isFar(Value &pointer, const Loop &loop, ScalarEvolution &evolution) {
    const Value *object = getUnderlyingObject(&pointer, 0);
    if (isa<AllocaInst>(object) || object->getType()->getPointerAddressSpace() == kSharedSpace)
      return false;
    return isFar(*evolution.getSCEV(&pointer), 1, loop, evolution);
  }

  // Whether `place` times `scale` moves far in each round. What the program's 32-bit numbers would
  // do beyond their range is not asked: this decides about speed alone.
  static bool isFar(const SCEV &place, uint64_t scale, const Loop &loop,
                    ScalarEvolution &evolution) {
    if (auto *walk = dyn_cast<SCEVAddRecExpr>(&place)) {
      if (walk->getLoop() != &loop || !walk->isAffine())
        return false;
      const SCEV *distance = walk->getStepRecurrence(evolution);
      if (auto *constant = dyn_cast<SCEVConstant>(distance))
        return constant->getAPInt().abs().getLimitedValue(kFar) * scale >= kFar;
      return isUnbounded(*distance);
    }
    if (auto *cast = dyn_cast<SCEVCastExpr>(&place))
      return isFar(*cast->getOperand(), scale, loop, evolution);
    if (auto *product = dyn_cast<SCEVMulExpr>(&place))
      if (auto *factor = dyn_cast<SCEVConstant>(product->getOperand(0)))
        scale *= factor->getAPInt().abs().getLimitedValue(kFar);
    auto *parts = dyn_cast<SCEVNAryExpr>(&place);
    return parts && any_of(parts->operands(),
                           [&](const SCEV *part) { return isFar(*part, scale, loop, evolution); });
  }

  // A block's own width is near; a grid's, or what the kernel is told, is not.
  static bool isUnbounded(const SCEV &distance) {
    return SCEVExprContains(&distance, [](const SCEV *part) {
      auto *unknown = dyn_cast<SCEVUnknown>(part);
      auto *value = unknown ? dyn_cast<Instruction>(unknown->getValue()) : nullptr;
      return unknown && !(value && calleeName(*value).startswith("llvm.nvvm.read.ptx.sreg.ntid."));
    });
  }

  // Makes of the loop one of kRounds rounds at most, which is entered again after each stop.
  static void stopIn(Loop &loop) {
    BasicBlock *header = loop.getHeader(), *latch = loop.getLoopLatch();
    BasicBlock *before = loop.getLoopPreheader();
    LLVMContext &context = header->getContext();
    Function *function = header->getParent();
    BasicBlock *again = BasicBlock::Create(context, "step.begin", function, header);
    BasicBlock *next = BasicBlock::Create(context, "step.next", function, header);
    BasicBlock *stop = BasicBlock::Create(context, "step", function, header);
    before->getTerminator()->replaceSuccessorWith(header, again);
    latch->getTerminator()->replaceSuccessorWith(header, next);
    IRBuilder<> builder(again);
    for (PHINode &phi : header->phis()) {
      PHINode *merged = builder.CreatePHI(phi.getType(), 2);
      merged->addIncoming(phi.getIncomingValueForBlock(before), before);
      merged->addIncoming(phi.getIncomingValueForBlock(latch), stop);
      phi.setIncomingValueForBlock(before, merged);
      phi.replaceIncomingBlockWith(before, again);
      phi.replaceIncomingBlockWith(latch, next);
    }
    builder.CreateBr(header);
    builder.SetInsertPoint(&*header->begin());
    PHINode *round = builder.CreatePHI(builder.getInt32Ty(), 2, "round");
    builder.SetInsertPoint(next);
    Value *rounds = builder.CreateAdd(round, builder.getInt32(1), "", true, true);
    round->addIncoming(builder.getInt32(0), again);
    round->addIncoming(rounds, next);
    builder.CreateCondBr(builder.CreateICmpEQ(rounds, builder.getInt32(kRounds)), stop, header);
    builder.SetInsertPoint(stop);
    Type *word = builder.getInt32Ty();
    FunctionCallee marker = function->getParent()->getOrInsertFunction(
        kTurn, FunctionType::get(builder.getVoidTy(), {word, word, word, word}, false));
    Value *zero = builder.getInt32(0);
    builder.CreateCall(marker, {builder.getInt32(turns::kTurn), zero, zero, zero});
    builder.CreateBr(again);
  }
};

} // namespace

std::unique_ptr<DevicePass> makeStepWarps() { return std::make_unique<StepWarps>(); }

} // namespace npu
