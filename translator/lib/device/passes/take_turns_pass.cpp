// Makes a kernel whose warps take turns: a warp becomes a coroutine, and the kernel runs blocks of
// them by the device library's scheduler (turns.cu). An execution is a place for blocks; see
// npu/warp_turns.h.
#include "device/pipeline.h"
#include "device/warp/coroutine.h"

#include "npu/warp_turns.h"

#include "llvm/IR/InstIterator.h"

#include <cstddef>

using namespace llvm;

namespace npu {

namespace {

constexpr const char *kRun = "__npu_turns_run", *kShared = "__npu_turns_shared";
constexpr const char *kStart = "__npu_turns_start", *kResume = "__npu_turns_resume";

class TakeTurns : public DevicePass {
public:
  void run(Module &module, PassContext &context) override {
    std::vector<Function *> kernels;
    for (Function &function : module)
      if (isKernel(function, context) &&
          context.kernels[function.getName().str()].waits.kind == warp::Waits::Turns)
        kernels.push_back(&function);
    if (kernels.empty())
      return;
    Type *word = Type::getInt32Ty(module.getContext());
    module.getOrInsertFunction(
        kRun, FunctionType::get(Type::getVoidTy(module.getContext()), {word}, false));
    module.getOrInsertFunction(
        kShared, FunctionType::get(Type::getInt64Ty(module.getContext()), {word}, false));
    linkDeviceLibrary(module, context);
    if (!context.failed() && !module.getGlobalVariable(kTurnsLaunch))
      context.refuse(*kernels.front(), "device-library", "the device library has no scheduler",
                     "reinstall cu2npu");
    if (context.failed())
      return;
    std::vector<std::pair<Function *, warp::Coroutine>> coroutines;
    for (Function *kernel : kernels) {
      copyStructs(*kernel);
      coroutines.push_back({kernel, warp::Coroutine(*kernel, {kWarpNumber}, noteStop)});
    }
    for (auto &[kernel, coroutine] : coroutines)
      schedule(*kernel, coroutine, context.kernels[kernel->getName().str()]);
    for (const char *name : {kRun, kShared})
      if (Function *function = module.getFunction(name))
        function->eraseFromParent();
    runPasses(module, "function(sroa,early-cse,instcombine,adce,simplifycfg)");
  }

private:
  // A frame outlives the execution that made it: it holds no address of the kernel's arguments.
  static void copyStructs(Function &kernel) {
    for (Argument &argument : kernel.args())
      if (argument.hasByValAttr())
        copyStruct(argument);
  }

  static void store(IRBuilder<> &builder, Value *block, Value *number, size_t offset,
                    Value *value) {
    Value *record = builder.CreateMul(builder.CreateZExt(number, builder.getInt64Ty()),
                                      builder.getInt64(sizeof(turns::Warp)));
    Value *at = builder.CreateGEP(
        builder.getInt8Ty(), block,
        builder.CreateAdd(record, builder.getInt64(offsetof(turns::Block, warps) + offset)));
    builder.CreateStore(value, builder.CreateBitCast(at, value->getType()->getPointerTo()));
  }

  // Leaves in the warp's record why it stops.
  static void noteStop(IRBuilder<> &builder, Value *block, Value *number, const CallInst *stop) {
    if (!stop)
      return store(builder, block, number, offsetof(turns::Warp, stop),
                   builder.getInt32(turns::kEnd));
    const size_t offsets[] = {offsetof(turns::Warp, stop), offsetof(turns::Warp, barrier),
                              offsetof(turns::Warp, threads), offsetof(turns::Warp, lanes)};
    bool turn = cast<ConstantInt>(stop->getArgOperand(0))->equalsInt(turns::kTurn);
    for (unsigned i = 0; i < (turn ? 1 : 4); ++i)
      store(builder, block, number, offsets[i], stop->getArgOperand(i));
  }

  // Which block this is; the grid's size.
  static void readIndices(Function &kernel, Value *block) {
    IRBuilder<> builder(kernel.getContext());
    GlobalVariable *launch = kernel.getParent()->getGlobalVariable(kTurnsLaunch);
    for (Instruction &instruction : make_early_inc_range(instructions(kernel))) {
      StringRef name = calleeName(instruction);
      builder.SetInsertPoint(&instruction);
      Value *value = nullptr;
      if (name.consume_front("llvm.nvvm.read.ptx.sreg.ctaid."))
        value = load(builder, block, offsetof(turns::Block, index), name);
      else if (name.consume_front("llvm.nvvm.read.ptx.sreg.nctaid."))
        value = load(builder, builder.CreateBitCast(launch, builder.getInt8PtrTy()),
                     offsetof(turns::Launch, grid), name);
      if (!value)
        continue;
      instruction.replaceAllUsesWith(value);
      instruction.eraseFromParent();
    }
  }

  static Value *load(IRBuilder<> &builder, Value *base, size_t offset, StringRef axis) {
    Value *at = builder.CreateConstGEP1_32(builder.getInt8Ty(), base,
                                           offset + sizeof(unsigned) * (axis[0] - 'x'));
    Type *word = builder.getInt32Ty();
    return builder.CreateLoad(word, builder.CreateBitCast(at, word->getPointerTo()));
  }

  // The kernel's new body.
  static void schedule(Function &kernel, warp::Coroutine &coroutine, KernelInfo &info) {
    Module &module = *kernel.getParent();
    info.frameBytes = coroutine.frameBytes();
    IRBuilder<> builder(BasicBlock::Create(module.getContext(), "", &kernel));
    auto *word = builder.getInt32Ty();
    FunctionCallee group =
        module.getOrInsertFunction("_Z12get_group_idj", builder.getInt64Ty(), word);
    cast<Function>(group.getCallee())->setCallingConv(CallingConv::SPIR_FUNC);
    cast<Function>(group.getCallee())->setDoesNotAccessMemory();
    CallInst *number = builder.CreateCall(group, {builder.getInt32(0)});
    number->setCallingConv(CallingConv::SPIR_FUNC);
    Value *place = builder.CreateTrunc(number, word);
    CallInst *shared = builder.CreateCall(module.getFunction(kShared), {place});
    builder.CreateCall(
        module.getOrInsertFunction(kSharedBase, builder.getVoidTy(), builder.getInt64Ty()),
        {shared});
    CallInst *run = builder.CreateCall(module.getFunction(kRun), {place});
    builder.CreateRetVoid();
    inlineCall(*shared);
    inlineCall(*run);
    Value *block = nullptr;
    for (Instruction &instruction : make_early_inc_range(instructions(kernel))) {
      StringRef name = calleeName(instruction);
      if (name == kStart)
        callWarp(cast<CallInst>(instruction), coroutine, info.frameBytes);
      else if (name == kResume)
        block = callWarp(cast<CallInst>(instruction), coroutine, info.frameBytes);
    }
    coroutine.finish();
    readIndices(kernel, block);
  }

  // Returns the block's address.
  static Value *callWarp(CallInst &call, warp::Coroutine &coroutine, uint32_t bytes) {
    bool starts = call.getCalledFunction()->getName() == kStart;
    Value *number = call.getArgOperand(1);
    IRBuilder<> builder(&call);
    Value *block = builder.CreateBitCast(call.getArgOperand(0), builder.getInt8PtrTy());
    Value *offset = builder.CreateMul(builder.CreateZExt(number, builder.getInt64Ty()),
                                      builder.getInt64(bytes));
    Value *frame =
        builder.CreateGEP(builder.getInt8Ty(), block,
                          builder.CreateAdd(offset, builder.getInt64(turns::kBlockBytes)));
    if (starts)
      coroutine.start(builder, frame);
    else
      coroutine.resume(builder, frame, block, number, {number});
    call.eraseFromParent();
    return block;
  }
};

} // namespace

std::unique_ptr<DevicePass> makeTakeTurns() { return std::make_unique<TakeTurns>(); }

} // namespace npu
