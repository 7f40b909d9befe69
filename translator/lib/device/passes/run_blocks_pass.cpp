// Makes an execution of a kernel in warp form a block: it runs the block's warps one after the
// other, each until the next barrier or its end. One piece of code serves blocks of all sizes, and
// warps that have ended take part in no barrier. Kernels that pass over rows of memory execute
// strips of blocks instead (warp/group.h).
//
// Where warps stop they are coroutines (warp/coroutine.h), whose frames lie on the stack behind two
// words: which of them have not ended, and which have stopped in a loop (StepWarps) and not at a
// barrier. Those go on first; a barrier opens when there are none.
#include "device/pipeline.h"
#include "device/warp/coroutine.h"
#include "device/warp/group.h"
#include "device/warp/strips.h"

#include "npu/warp_turns.h"

using namespace llvm;

namespace npu {

namespace {

// Of a group whose warps stop: bits in a word (the launch sees to it; a block has 32 at most), and
// what the frames of a strip may take of the caches.
constexpr uint32_t kMostWarps = 64;
constexpr uint64_t kMostFrameBytes = 64 << 10;

class RunBlocks : public DevicePass {
public:
  void run(Module &module, PassContext &context) override {
    std::vector<Function *> kernels, stopping;
    for (Function &function : module) {
      if (!isKernel(function, context))
        continue;
      KernelInfo &info = context.kernels[function.getName().str()];
      if (!info.isWarp || info.waits.kind == warp::Waits::Turns)
        continue;
      const bool meets = info.waits.kind == warp::Waits::Barriers;
      if (!meets && warp::walksRows(function, info.shape, info.steps))
        info.mostStripWarps = info.steps ? kMostWarps : UINT32_MAX;
      (meets || info.steps ? stopping : kernels).push_back(&function);
    }
    for (Function *kernel : kernels)
      runThrough(*kernel, context.kernels[kernel->getName().str()]);
    std::vector<std::pair<Function *, warp::Coroutine>> coroutines;
    for (Function *kernel : stopping) {
      const KernelInfo &info = context.kernels[kernel->getName().str()];
      coroutines.push_back(
          {kernel, warp::Coroutine(*kernel, warp::Group::told(info.mostStripWarps), noteStop)});
    }
    for (auto &[kernel, coroutine] : coroutines)
      runToStops(*kernel, coroutine, context.kernels[kernel->getName().str()]);
    if (!kernels.empty() || !stopping.empty())
      runPasses(module, "function(sroa,early-cse,instcombine,adce,simplifycfg)");
  }

private:
  static void runThrough(Function &kernel, const KernelInfo &info) {
    Module &module = *kernel.getParent();
    LLVMContext &context = module.getContext();
    const bool isStrip = info.mostStripWarps;
    const SmallVector<StringRef, 3> told = warp::Group::told(isStrip);
    SmallVector<Type *, 8> types(told.size(), Type::getInt32Ty(context));
    for (Argument &argument : kernel.args())
      types.push_back(argument.getType());
    Function *warp = Function::Create(FunctionType::get(Type::getVoidTy(context), types, false),
                                      GlobalValue::InternalLinkage, "", module);
    warp->getBasicBlockList().splice(warp->begin(), kernel.getBasicBlockList());
    warp->setSubprogram(kernel.getSubprogram());
    for (Argument &argument : kernel.args())
      argument.replaceAllUsesWith(warp->getArg(argument.getArgNo() + told.size()));
    warp::Group::replaceTold(*warp, told, 0);
    IRBuilder<> builder(BasicBlock::Create(context, "block", &kernel));
    CallInst *call = nullptr;
    const warp::Group group(builder, info.shape, isStrip);
    group.forEach(builder, [&](Value *, ArrayRef<Value *> values) {
      SmallVector<Value *, 8> arguments(values.begin(), values.end());
      for (Argument &argument : kernel.args())
        arguments.push_back(&argument);
      call = builder.CreateCall(warp, arguments);
    });
    builder.CreateRetVoid();
    inlineCall(*call);
    warp->eraseFromParent();
  }

  // The words before the frames: a bit for each warp.
  enum Word { kLive, kStepping };
  static Value *word(IRBuilder<> &builder, Value *frames, Word which) {
    return builder.CreateConstGEP1_32(
        builder.getInt64Ty(), builder.CreateBitCast(frames, builder.getInt64Ty()->getPointerTo()),
        which);
  }

  static void noteStop(IRBuilder<> &builder, Value *frames, Value *slot, const CallInst *stop) {
    if (stop && !cast<ConstantInt>(stop->getArgOperand(0))->equalsInt(turns::kTurn))
      return;
    Value *place = word(builder, frames, stop ? kStepping : kLive);
    Value *own =
        builder.CreateShl(builder.getInt64(1), builder.CreateZExt(slot, builder.getInt64Ty()));
    builder.CreateStore(builder.CreateXor(builder.CreateLoad(builder.getInt64Ty(), place), own),
                        place);
  }

  static void runToStops(Function &kernel, warp::Coroutine &coroutine, KernelInfo &info) {
    LLVMContext &context = kernel.getContext();
    IRBuilder<> builder(BasicBlock::Create(context, "block", &kernel));
    Type *wide = builder.getInt64Ty();
    const uint64_t frameBytes = coroutine.frameBytes();
    if (info.mostStripWarps)
      info.mostStripWarps =
          uint32_t(std::clamp<uint64_t>(kMostFrameBytes / frameBytes, 1, kMostWarps));
    const warp::Group group(builder, info.shape, info.mostStripWarps);
    Value *count = builder.CreateZExt(group.count(), wide);
    Value *bytes = builder.CreateAdd(builder.CreateMul(count, builder.getInt64(frameBytes)),
                                     builder.getInt64(turns::kAlignment));
    AllocaInst *frames = builder.CreateAlloca(builder.getInt8Ty(), bytes, "frames");
    frames->setAlignment(Align(turns::kAlignment));
    auto frameOf = [&](Value *slot) {
      Value *offset =
          builder.CreateMul(builder.CreateZExt(slot, wide), builder.getInt64(frameBytes));
      return builder.CreateGEP(builder.getInt8Ty(), frames,
                               builder.CreateAdd(offset, builder.getInt64(turns::kAlignment)));
    };
    // All ones, shifted: there is at least one warp, and at most kMostWarps.
    Value *ones = builder.CreateLShr(builder.getInt64(~uint64_t(0)),
                                     builder.CreateSub(builder.getInt64(kMostWarps), count));
    builder.CreateStore(ones, word(builder, frames, kLive));
    builder.CreateStore(builder.getInt64(0), word(builder, frames, kStepping));
    warp::forRange(builder, builder.getInt32(0), group.count(), "start",
                   [&](Value *slot) { coroutine.start(builder, frameOf(slot)); });
    BasicBlock *round = BasicBlock::Create(context, "round", &kernel);
    builder.CreateBr(round);
    builder.SetInsertPoint(round);
    Value *stepping = builder.CreateLoad(wide, word(builder, frames, kStepping));
    Value *all = builder.CreateLoad(wide, word(builder, frames, kLive));
    Value *going = builder.CreateSelect(builder.CreateIsNull(stepping), all, stepping);
    builder.CreateStore(builder.getInt64(0), word(builder, frames, kStepping));
    group.forEach(builder, [&](Value *slot, ArrayRef<Value *> told) {
      BasicBlock *turn = BasicBlock::Create(context, "turn", &kernel);
      BasicBlock *next = BasicBlock::Create(context, "next", &kernel);
      Value *shifted = builder.CreateLShr(going, builder.CreateZExt(slot, wide));
      builder.CreateCondBr(builder.CreateTrunc(shifted, builder.getInt1Ty()), turn, next);
      builder.SetInsertPoint(turn);
      coroutine.resume(builder, frameOf(slot), frames, slot, told);
      builder.CreateBr(next);
      builder.SetInsertPoint(next);
    });
    BasicBlock *end = BasicBlock::Create(context, "block.end", &kernel);
    Value *left = builder.CreateLoad(wide, word(builder, frames, kLive));
    keepRolled(*builder.CreateCondBr(builder.CreateIsNull(left), end, round));
    builder.SetInsertPoint(end);
    builder.CreateRetVoid();
    coroutine.finish();
  }
};

} // namespace

std::unique_ptr<DevicePass> makeRunBlocks() { return std::make_unique<RunBlocks>(); }

} // namespace npu
