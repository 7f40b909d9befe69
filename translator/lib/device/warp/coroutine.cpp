// See coroutine.h.
#include "device/warp/coroutine.h"

#include "device/pipeline.h"

#include "npu/warp_turns.h"

#include "llvm/IR/InstIterator.h"
#include "llvm/IR/IntrinsicInst.h"
#include "llvm/Passes/PassBuilder.h"
#include "llvm/Transforms/Utils/Cloning.h"

using namespace llvm;

namespace npu::warp {

namespace {

StringRef calleeName(const Instruction &instruction) {
  auto *call = dyn_cast<CallInst>(&instruction);
  const Function *callee = call ? call->getCalledFunction() : nullptr;
  return callee ? callee->getName() : StringRef();
}

class Maker {
public:
  Maker(Function &kernel, Function &warp, Coroutine::AtStop atStop)
      : kernel(kernel), warp(warp), atStop(atStop), context(warp.getContext()), builder(context) {}

  void make() {
    BasicBlock *body = &warp.getEntryBlock();
    BasicBlock *entry = BasicBlock::Create(context, "coroutine", &warp, body);
    end = BasicBlock::Create(context, "end", &warp);
    builder.SetInsertPoint(entry);
    for (Instruction &instruction : make_early_inc_range(*body))
      if (auto *allocation = dyn_cast<AllocaInst>(&instruction))
        allocation->moveBefore(*entry, entry->end());
    Value *null = ConstantPointerNull::get(builder.getInt8PtrTy());
    Value *id = builder.CreateIntrinsic(Intrinsic::coro_id, {},
                                        {builder.getInt32(turns::kAlignment), null, null, null});
    Value *handle =
        builder.CreateIntrinsic(Intrinsic::coro_begin, {}, {id, warp.getArg(Coroutine::kFrame)});
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
      Value *value = warp.getArg(Coroutine::kOwn + argument.getArgNo());
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

  void lower(Instruction &instruction) {
    builder.SetInsertPoint(&instruction);
    if (isa<ReturnInst>(instruction)) {
      atStop(builder, warp, nullptr);
      builder.CreateBr(end);
      instruction.eraseFromParent();
    } else if (calleeName(instruction) == kWarpNumber) {
      instruction.replaceAllUsesWith(warp.getArg(Coroutine::kNumber));
      instruction.eraseFromParent();
    } else if (calleeName(instruction) == kTurn) {
      auto &call = cast<CallInst>(instruction);
      atStop(builder, warp, &call);
      BasicBlock *block = call.getParent();
      BasicBlock *next = block->splitBasicBlock(call.getNextNode(), "turn");
      block->getTerminator()->eraseFromParent();
      call.eraseFromParent();
      builder.SetInsertPoint(block);
      suspend(next);
    }
  }

  Function &kernel, &warp;
  Coroutine::AtStop atStop;
  LLVMContext &context;
  IRBuilder<> builder;
  BasicBlock *end = nullptr;
};

} // namespace

Coroutine::Coroutine(Function &kernel, AtStop atStop) : kernel(kernel) {
  Module &module = *kernel.getParent();
  LLVMContext &context = module.getContext();
  Type *bytes = Type::getInt8PtrTy(context);
  SmallVector<Type *, 8> types = {bytes, bytes, Type::getInt32Ty(context)};
  for (Argument &argument : kernel.args())
    types.push_back(argument.getType());
  // Not internal: the pass manager skips functions that nothing calls.
  warp = Function::Create(FunctionType::get(Type::getVoidTy(context), types, false),
                          GlobalValue::ExternalLinkage, kernel.getName() + ".warp", module);
  warp->addFnAttr(Attribute::PresplitCoroutine);
  warp->addFnAttr(Attribute::NoUnwind);
  // LLVM 15 describes the frame to debuggers by its promise, which there is none here.
  kernel.setSubprogram(nullptr);
  warp->getBasicBlockList().splice(warp->begin(), kernel.getBasicBlockList());
  Maker(kernel, *warp, atStop).make();
}

void Coroutine::split(Module &module) {
  runPasses(module, "coro-early,cgscc(coro-split),coro-cleanup");
}

uint64_t Coroutine::frameBytes() const {
  auto *frame = StructType::getTypeByName(warp->getContext(), (warp->getName() + ".Frame").str());
  uint64_t here = warp->getParent()->getDataLayout().getTypeAllocSize(frame);
  uint64_t later = DataLayout(kSpirLayout).getTypeAllocSize(frame);
  return alignTo(std::max(here, later), turns::kAlignment);
}

Function *Coroutine::part(const char *name) const {
  return warp->getParent()->getFunction((warp->getName() + name).str());
}

CallInst *Coroutine::start(IRBuilder<> &builder, Value *frame, Value *block, Value *number) const {
  SmallVector<Value *, 8> arguments = {frame, block, number};
  for (Argument &argument : builder.GetInsertBlock()->getParent()->args())
    arguments.push_back(&argument);
  return builder.CreateCall(warp, arguments);
}

CallInst *Coroutine::resume(IRBuilder<> &builder, Value *frame) const {
  Function *resume = part(".resume");
  CallInst *call =
      builder.CreateCall(resume, {builder.CreateBitCast(frame, resume->getArg(0)->getType())});
  call->setCallingConv(resume->getCallingConv());
  return call;
}

void Coroutine::inlineAll(ArrayRef<CallInst *> calls) {
  constexpr const char *kParts[] = {".resume", ".destroy", ".cleanup"};
  // The frame's pointers to its own functions: the kernel calls them by name.
  for (const char *name : kParts)
    if (Function *function = part(name))
      for (Use &use : make_early_inc_range(function->uses())) {
        auto *call = dyn_cast<CallInst>(use.getUser());
        if (!call || !call->isCallee(&use))
          use.set(Constant::getNullValue(function->getType()));
      }
  for (CallInst *call : calls)
    inlineCall(*call);
  for (const char *name : kParts)
    if (Function *function = part(name))
      function->eraseFromParent();
  warp->eraseFromParent();
}

} // namespace npu::warp
