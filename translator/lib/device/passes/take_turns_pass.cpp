// Makes a kernel whose warps take turns: the warp function becomes a coroutine (LLVM's, "Coroutines
// in LLVM", switched resume), and the kernel runs blocks of them by the device library's scheduler
// (turns.cu). An execution is a place for blocks; see npu/warp_turns.h.
//
// A frame outlives the call that made it: it holds no address of the kernel's arguments or of its
// stack.
#include "device/pipeline.h"

#include "npu/warp_turns.h"

#include "llvm/IR/IRBuilder.h"
#include "llvm/IR/InstIterator.h"
#include "llvm/IR/IntrinsicInst.h"
#include "llvm/IR/Intrinsics.h"
#include "llvm/Passes/PassBuilder.h"
#include "llvm/Transforms/Utils/Cloning.h"
#include "llvm/Transforms/Utils/Local.h"

#include <cstddef>

using namespace llvm;

namespace npu {

namespace {

constexpr const char *kRun = "__npu_turns_run", *kShared = "__npu_turns_shared";
constexpr const char *kStart = "__npu_turns_start", *kResume = "__npu_turns_resume";
constexpr const char *kLaunch = "__npu_service_turns";

class TakeTurns : public DevicePass {
public:
  void run(Module &module, PassContext &context) override {
    std::vector<Function *> kernels;
    for (Function &function : module)
      if (isKernel(function, context) && context.kernels[function.getName().str()].takesTurns)
        kernels.push_back(&function);
    if (kernels.empty())
      return;
    Type *word = Type::getInt32Ty(module.getContext());
    module.getOrInsertFunction(
        kRun, FunctionType::get(Type::getVoidTy(module.getContext()), {word}, false));
    module.getOrInsertFunction(
        kShared, FunctionType::get(Type::getInt64Ty(module.getContext()), {word}, false));
    linkDeviceLibrary(module, context);
    if (!context.failed() && !module.getGlobalVariable(kLaunch))
      context.refuse(*kernels.front(), "device-library", "the device library has no scheduler",
                     "reinstall cu2npu");
    if (context.failed())
      return;
    std::vector<std::pair<Function *, Function *>> warps;
    for (Function *kernel : kernels)
      warps.push_back({kernel, makeCoroutine(*kernel)});
    runPasses(module, "coro-early,cgscc(coro-split),coro-cleanup");
    for (auto [kernel, warp] : warps)
      schedule(*kernel, *warp, context.kernels[kernel->getName().str()]);
    for (const char *name : {kRun, kShared})
      if (Function *function = module.getFunction(name))
        function->eraseFromParent();
    std::string passes = "function(sroa,early-cse,instcombine,adce,simplifycfg)";
    runPasses(module, passes);
  }

private:
  static void runPasses(Module &module, StringRef passes) {
    LoopAnalysisManager loops;
    FunctionAnalysisManager functions;
    CGSCCAnalysisManager components;
    ModuleAnalysisManager modules;
    PassBuilder builder;
    builder.registerModuleAnalyses(modules);
    builder.registerCGSCCAnalyses(components);
    builder.registerFunctionAnalyses(functions);
    builder.registerLoopAnalyses(loops);
    builder.crossRegisterProxies(loops, functions, components, modules);
    ModulePassManager manager;
    if (Error error = builder.parsePassPipeline(manager, passes))
      report_fatal_error(std::move(error));
    manager.run(module, modules);
  }

  // warp(frame, block, number, the kernel's parameters...); leaves the kernel without a body.
  enum Parameter { kFrame, kBlock, kNumber, kParameters };

  static Function *makeCoroutine(Function &kernel) {
    Module &module = *kernel.getParent();
    LLVMContext &context = module.getContext();
    Type *bytes = Type::getInt8PtrTy(context), *word = Type::getInt32Ty(context);
    SmallVector<Type *, 8> types = {bytes, bytes, word};
    for (Argument &argument : kernel.args())
      types.push_back(argument.getType());
    // Not internal: the pass manager skips functions that nothing calls.
    auto *warp = Function::Create(FunctionType::get(Type::getVoidTy(context), types, false),
                                  GlobalValue::ExternalLinkage, kernel.getName() + ".warp", module);
    warp->addFnAttr(Attribute::PresplitCoroutine);
    warp->addFnAttr(Attribute::NoUnwind);
    // LLVM 15 describes the frame to debuggers by its promise, which there is none here.
    kernel.setSubprogram(nullptr);
    warp->getBasicBlockList().splice(warp->begin(), kernel.getBasicBlockList());
    Coroutine(kernel, *warp).make();
    return warp;
  }

  class Coroutine {
  public:
    Coroutine(Function &kernel, Function &warp)
        : kernel(kernel), warp(warp), context(warp.getContext()), builder(context),
          launch(warp.getParent()->getGlobalVariable(kLaunch)) {}

    void make() {
      BasicBlock *body = &warp.getEntryBlock();
      BasicBlock *entry = BasicBlock::Create(context, "coroutine", &warp, body);
      end = BasicBlock::Create(context, "end", &warp);
      readIndices(*body);
      builder.SetInsertPoint(entry);
      for (Instruction &instruction : make_early_inc_range(*body))
        if (auto *allocation = dyn_cast<AllocaInst>(&instruction))
          allocation->moveBefore(*entry, entry->end());
      Value *null = ConstantPointerNull::get(builder.getInt8PtrTy());
      Value *id = builder.CreateIntrinsic(Intrinsic::coro_id, {},
                                          {builder.getInt32(turns::kAlignment), null, null, null});
      handle = builder.CreateIntrinsic(Intrinsic::coro_begin, {}, {id, warp.getArg(kFrame)});
      takeArguments();
      suspend(body);
      std::vector<Instruction *> all; // blocks are split on the way
      for (Instruction &instruction : instructions(warp))
        all.push_back(&instruction);
      for (Instruction *instruction : all)
        lower(*instruction);
      builder.SetInsertPoint(end);
      builder.CreateIntrinsic(Intrinsic::coro_end, {}, {handle, builder.getFalse()});
      builder.CreateRetVoid();
    }

  private:
    // A struct that is passed by value is the warp's own from the start.
    void takeArguments() {
      for (Argument &argument : kernel.args()) {
        Value *value = warp.getArg(kParameters + argument.getArgNo());
        value->setName(argument.getName());
        if (argument.hasByValAttr()) {
          IRBuilder<> first(&warp.getEntryBlock(), warp.getEntryBlock().begin());
          AllocaInst *copy = first.CreateAlloca(argument.getParamByValType());
          copy->setAlignment(std::max(copy->getAlign(), argument.getParamAlign().valueOrOne()));
          builder.CreateMemCpy(
              copy, copy->getAlign(), value, argument.getParamAlign(),
              warp.getParent()->getDataLayout().getTypeAllocSize(argument.getParamByValType()));
          value = copy;
        }
        argument.replaceAllUsesWith(value);
      }
    }

    // Goes on at `next` when the warp has its turn again.
    void suspend(BasicBlock *next) {
      Value *turn = builder.CreateIntrinsic(Intrinsic::coro_suspend, {},
                                            {ConstantTokenNone::get(context), builder.getFalse()});
      SwitchInst *ways = builder.CreateSwitch(turn, end, 2);
      ways->addCase(builder.getInt8(0), next);
      ways->addCase(builder.getInt8(1), end);
    }

    void store(size_t offset, Value *value) {
      size_t place = offsetof(turns::Block, warps);
      Value *record =
          builder.CreateMul(builder.CreateZExt(warp.getArg(kNumber), builder.getInt64Ty()),
                            builder.getInt64(sizeof(turns::Warp)));
      Value *at = builder.CreateGEP(builder.getInt8Ty(), warp.getArg(kBlock),
                                    builder.CreateAdd(record, builder.getInt64(place + offset)));
      builder.CreateStore(value, builder.CreateBitCast(at, value->getType()->getPointerTo()));
    }

    void lower(Instruction &instruction) {
      if (isa<ReturnInst>(instruction)) {
        builder.SetInsertPoint(&instruction);
        store(offsetof(turns::Warp, stop), builder.getInt32(turns::kEnd));
        builder.CreateBr(end);
        instruction.eraseFromParent();
        return;
      }
      auto *call = dyn_cast<CallInst>(&instruction);
      const Function *callee = call ? call->getCalledFunction() : nullptr;
      if (!callee || callee->getName() != kTurn)
        return;
      builder.SetInsertPoint(call);
      const size_t offsets[] = {offsetof(turns::Warp, stop), offsetof(turns::Warp, barrier),
                                offsetof(turns::Warp, threads), offsetof(turns::Warp, lanes)};
      bool turn = cast<ConstantInt>(call->getArgOperand(0))->equalsInt(turns::kTurn);
      for (unsigned i = 0; i < (turn ? 1 : 4); ++i)
        store(offsets[i], call->getArgOperand(i));
      BasicBlock *block = call->getParent();
      BasicBlock *next = block->splitBasicBlock(call->getNextNode(), "turn");
      block->getTerminator()->eraseFromParent();
      call->eraseFromParent();
      builder.SetInsertPoint(block);
      suspend(next);
    }

    // Which warp and block this is; the grid's size.
    void readIndices(BasicBlock &body) {
      builder.SetInsertPoint(&*body.getFirstInsertionPt());
      Value *number = builder.CreateZExt(warp.getArg(kNumber), builder.getInt64Ty());
      Value *grid = builder.CreateBitCast(launch, builder.getInt8PtrTy());
      for (Instruction &instruction : make_early_inc_range(instructions(warp))) {
        auto *call = dyn_cast<CallInst>(&instruction);
        const Function *callee = call ? call->getCalledFunction() : nullptr;
        StringRef name = callee ? callee->getName() : "";
        builder.SetInsertPoint(&instruction);
        Value *value = nullptr;
        if (name == "_Z12get_local_idj")
          value = number;
        else if (name.consume_front("llvm.nvvm.read.ptx.sreg.ctaid."))
          value = load(warp.getArg(kBlock), offsetof(turns::Block, index), name);
        else if (name.consume_front("llvm.nvvm.read.ptx.sreg.nctaid."))
          value = load(grid, offsetof(turns::Launch, grid), name);
        if (!value)
          continue;
        call->replaceAllUsesWith(value);
        call->eraseFromParent();
      }
    }
    Value *load(Value *base, size_t offset, StringRef axis) {
      Value *at = builder.CreateConstGEP1_32(builder.getInt8Ty(), base,
                                             offset + sizeof(unsigned) * (axis[0] - 'x'));
      Type *word = builder.getInt32Ty();
      return builder.CreateLoad(word, builder.CreateBitCast(at, word->getPointerTo()));
    }

    Function &kernel, &warp;
    LLVMContext &context;
    IRBuilder<> builder;
    GlobalVariable *launch;
    BasicBlock *end = nullptr;
    Value *handle = nullptr;
  };

  static uint32_t frameBytes(const Function &warp) {
    auto *frame = StructType::getTypeByName(warp.getContext(), (warp.getName() + ".Frame").str());
    uint64_t here = warp.getParent()->getDataLayout().getTypeAllocSize(frame);
    uint64_t later = DataLayout(kSpirLayout).getTypeAllocSize(frame);
    return alignTo(std::max(here, later), turns::kAlignment);
  }

  // The kernel's new body.
  static void schedule(Function &kernel, Function &warp, KernelInfo &info) {
    Module &module = *kernel.getParent();
    info.frameBytes = frameBytes(warp);
    Function *resume = module.getFunction((warp.getName() + ".resume").str());
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
    inlineAll({shared, run});
    std::vector<CallInst *> calls;
    for (Instruction &instruction : make_early_inc_range(instructions(kernel))) {
      auto *call = dyn_cast<CallInst>(&instruction);
      const Function *callee = call ? call->getCalledFunction() : nullptr;
      if (callee && (callee->getName() == kStart || callee->getName() == kResume))
        calls.push_back(callWarp(*call, warp, *resume, info.frameBytes));
    }
    forgetAddresses(warp);
    inlineAll(calls);
    for (const char *part : {".resume", ".destroy", ".cleanup"})
      if (Function *function = module.getFunction((warp.getName() + part).str()))
        function->eraseFromParent();
    warp.eraseFromParent();
  }

  static CallInst *callWarp(CallInst &call, Function &warp, Function &resume, uint32_t bytes) {
    IRBuilder<> builder(&call);
    Value *block = builder.CreateBitCast(call.getArgOperand(0), builder.getInt8PtrTy());
    Value *offset = builder.CreateMul(
        builder.CreateZExt(call.getArgOperand(1), builder.getInt64Ty()), builder.getInt64(bytes));
    Value *frame =
        builder.CreateGEP(builder.getInt8Ty(), block,
                          builder.CreateAdd(offset, builder.getInt64(turns::kBlockBytes)));
    CallInst *made = nullptr;
    if (call.getCalledFunction()->getName() == kStart) {
      SmallVector<Value *, 8> arguments = {frame, block, call.getArgOperand(1)};
      for (Argument &argument : call.getFunction()->args())
        arguments.push_back(&argument);
      made = builder.CreateCall(&warp, arguments);
    } else {
      made =
          builder.CreateCall(&resume, {builder.CreateBitCast(frame, resume.getArg(0)->getType())});
      made->setCallingConv(resume.getCallingConv());
    }
    made->setDebugLoc(call.getDebugLoc());
    call.eraseFromParent();
    return made;
  }

  // The frame's pointers to its own functions: the kernel calls them by name.
  static void forgetAddresses(Function &warp) {
    for (const char *part : {".resume", ".destroy", ".cleanup"}) {
      Function *function = warp.getParent()->getFunction((warp.getName() + part).str());
      if (!function)
        continue;
      for (Use &use : make_early_inc_range(function->uses())) {
        auto *call = dyn_cast<CallInst>(use.getUser());
        if (!call || !call->isCallee(&use))
          use.set(Constant::getNullValue(function->getType()));
      }
    }
  }

  static void inlineAll(const std::vector<CallInst *> &calls) {
    for (CallInst *call : calls) {
      InlineFunctionInfo info;
      call->getCalledFunction()->removeFnAttr(Attribute::NoInline);
      InlineResult result = InlineFunction(*call, info);
      if (!result.isSuccess())
        report_fatal_error(result.getFailureReason());
    }
  }
};

} // namespace

std::unique_ptr<DevicePass> makeTakeTurns() { return std::make_unique<TakeTurns>(); }

} // namespace npu
