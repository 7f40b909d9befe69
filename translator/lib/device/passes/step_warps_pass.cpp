// Lets the warps of a block walk through memory side by side, as they do on a GPU: in a loop whose
// accesses are far apart from one round to the next, a warp stops every few rounds, until the other
// warps have come as far. Alone, a warp takes a piece of each of many pages, often all in the same
// few sets of the caches, and the warps after it find nothing of them left. A sum of 4 million
// floats in rows of 16,384 takes four times as long that way.
//
// Only kernels in warp form whose warps do not take turns. Loops with barriers need no such stops.
#include "device/pipeline.h"
#include "device/warp/walks.h"

#include "npu/warp_turns.h"

#include "llvm/IR/IRBuilder.h"
#include "llvm/IR/InstIterator.h"

using namespace llvm;

namespace npu {

namespace {

constexpr unsigned kRounds = 8;       // between stops
constexpr uint64_t kMostBytes = 4096; // of a warp's private memory, which its frame holds

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
    SmallVector<Loop *, 4> far;
    warp::Walks walks(kernel);
    for (Loop *loop : walks.loopsOfKernel().getLoopsInPreorder())
      if (loop->isInnermost() && loop->getLoopLatch() && loop->getLoopPreheader() &&
          walksFar(*loop, walks))
        far.push_back(loop);
    for (Loop *loop : far)
      stopIn(*loop);
    return !far.empty();
  }

  static bool walksFar(const Loop &loop, warp::Walks &walks) {
    bool far = false;
    for (BasicBlock *block : loop.blocks())
      for (Instruction &instruction : *block) {
        if (isStop(instruction))
          return false;
        Value *pointer = warp::Walks::lanesPointer(instruction);
        far |= pointer && walks.isFar(*pointer, loop);
      }
    return far;
  }

  static bool isStop(const Instruction &instruction) {
    StringRef name = calleeName(instruction);
    return name == kTurn || name == kYield || warp::meetingOf(instruction);
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
