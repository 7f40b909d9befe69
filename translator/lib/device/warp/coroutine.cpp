// See coroutine.h.
#include "device/warp/coroutine.h"

#include "device/pipeline.h"
#include "device/warp/stop_values.h"

#include "npu/warp_turns.h"

#include "llvm/IR/InstIterator.h"
#include "llvm/IR/IntrinsicInst.h"

using namespace llvm;

namespace npu::warp {

namespace {

// The same for the whole block.
bool isRegisterOfBlock(StringRef name) {
  return name.consume_front("llvm.nvvm.read.ptx.sreg.") &&
         (name.startswith("ctaid.") || name.startswith("nctaid.") || name.startswith("ntid."));
}

bool endsInStop(const BasicBlock &block) {
  auto *ways = dyn_cast<SwitchInst>(block.getTerminator());
  auto *call = ways ? dyn_cast<IntrinsicInst>(ways->getCondition()) : nullptr;
  return call && call->getIntrinsicID() == Intrinsic::coro_suspend;
}

} // namespace

Coroutine::Coroutine(Function &kernel, AtStop atStop) : kernel(kernel) {
  Module &module = *kernel.getParent();
  LLVMContext &context = module.getContext();
  Type *bytes = Type::getInt8PtrTy(context);
  // Not internal: the pass manager skips functions that nothing calls.
  warp = Function::Create(FunctionType::get(Type::getVoidTy(context), {bytes}, false),
                          GlobalValue::ExternalLinkage, kernel.getName() + ".warp", module);
  warp->addFnAttr(Attribute::PresplitCoroutine);
  warp->addFnAttr(Attribute::NoUnwind);
  // LLVM 15 describes the frame to debuggers by its promise, which there is none here.
  kernel.setSubprogram(nullptr);
  warp->getBasicBlockList().splice(warp->begin(), kernel.getBasicBlockList());
  SmallVector<Type *, 8> types = {bytes, Type::getInt32Ty(context)};
  for (Argument &argument : kernel.args())
    types.push_back(argument.getType());
  for (Type *type : types) {
    auto *value = Function::Create(FunctionType::get(type, false), GlobalValue::ExternalLinkage,
                                   "npu.known", module);
    value->setDoesNotAccessMemory();
    value->setDoesNotThrow();
    value->setWillReturn();
    knownValues.push_back(value);
  }

  BasicBlock *body = &warp->getEntryBlock();
  BasicBlock *entry = BasicBlock::Create(context, "coroutine", warp, body);
  end = BasicBlock::Create(context, "end", warp);
  IRBuilder<> builder(entry);
  for (Instruction &instruction : make_early_inc_range(*body))
    if (auto *allocation = dyn_cast<AllocaInst>(&instruction))
      allocation->moveBefore(*entry, entry->end());
  llvm::Value *null = ConstantPointerNull::get(builder.getInt8PtrTy());
  llvm::Value *id = builder.CreateIntrinsic(
      Intrinsic::coro_id, {}, {builder.getInt32(turns::kAlignment), null, null, null});
  llvm::Value *handle = builder.CreateIntrinsic(Intrinsic::coro_begin, {}, {id, warp->getArg(0)});
  suspend(builder, body);
  builder.SetInsertPoint(end);
  builder.CreateIntrinsic(Intrinsic::coro_end, {}, {handle, builder.getFalse()});
  builder.CreateRetVoid();
  lowerStops(atStop);
  takeArguments();
  keepAcrossStops(*warp, endsInStop, [&](const CallInst &call) {
    return is_contained(knownValues, call.getCalledFunction()) ||
           isRegisterOfBlock(calleeName(call));
  });
}

llvm::Value *Coroutine::known(IRBuilder<> &builder, unsigned index) {
  return builder.CreateCall(knownValues[index]);
}

// Each use has its own call, so that none lives across a stop.
void Coroutine::takeArguments() {
  for (Argument &argument : kernel.args())
    for (Use &use : make_early_inc_range(argument.uses())) {
      auto *user = cast<Instruction>(use.getUser());
      auto *phi = dyn_cast<PHINode>(user);
      IRBuilder<> builder(phi ? phi->getIncomingBlock(use)->getTerminator() : user);
      use.set(known(builder, kArguments + argument.getArgNo()));
    }
}

// Goes on at `next` when the warp has its turn again.
void Coroutine::suspend(IRBuilder<> &builder, BasicBlock *next) {
  llvm::Value *turn =
      builder.CreateIntrinsic(Intrinsic::coro_suspend, {},
                              {ConstantTokenNone::get(builder.getContext()), builder.getFalse()});
  SwitchInst *ways = builder.CreateSwitch(turn, end, 2);
  ways->addCase(builder.getInt8(0), next);
  ways->addCase(builder.getInt8(1), end);
}

void Coroutine::lowerStops(AtStop atStop) {
  std::vector<Instruction *> all; // blocks are split on the way
  for (Instruction &instruction : instructions(*warp))
    if (instruction.getParent() != end)
      all.push_back(&instruction);
  for (Instruction *instruction : all) {
    IRBuilder<> builder(instruction);
    StringRef name = calleeName(*instruction);
    if (isa<ReturnInst>(instruction)) {
      atStop(builder, known(builder, kBlock), known(builder, kNumber), nullptr);
      builder.CreateBr(end);
      instruction->eraseFromParent();
    } else if (name == kWarpNumber) {
      instruction->replaceAllUsesWith(known(builder, kNumber));
      instruction->eraseFromParent();
    } else if (name == kTurn) {
      auto *call = cast<CallInst>(instruction);
      atStop(builder, known(builder, kBlock), known(builder, kNumber), call);
      BasicBlock *before = call->getParent();
      BasicBlock *next = before->splitBasicBlock(call->getNextNode(), "turn");
      before->getTerminator()->eraseFromParent();
      call->eraseFromParent();
      builder.SetInsertPoint(before);
      suspend(builder, next);
    }
  }
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

void Coroutine::start(IRBuilder<> &builder, llvm::Value *frame) {
  calls.push_back(builder.CreateCall(warp, {frame}));
}

void Coroutine::resume(IRBuilder<> &builder, llvm::Value *frame, llvm::Value *ofBlock,
                       llvm::Value *itsNumber) {
  Function *resume = part(".resume");
  calls.push_back(
      builder.CreateCall(resume, {builder.CreateBitCast(frame, resume->getArg(0)->getType())}));
  calls.back()->setCallingConv(resume->getCallingConv());
  block = ofBlock;
  number = itsNumber;
}

void Coroutine::finish() {
  constexpr const char *kParts[] = {".resume", ".destroy", ".cleanup"};
  // The frame's pointers to its own functions: the kernel calls them by name.
  for (const char *name : kParts)
    if (Function *function = part(name))
      for (Use &use : make_early_inc_range(function->uses())) {
        auto *call = dyn_cast<CallInst>(use.getUser());
        if (!call || !call->isCallee(&use))
          use.set(Constant::getNullValue(function->getType()));
      }
  // LLVM 15's inliner overlooks vectors of pointers: it marks gathers and scatters as apart from
  // what an argument without aliases points to, also where they are in the frame.
  for (const char *name : kParts)
    if (Function *function = part(name))
      function->removeParamAttr(0, Attribute::NoAlias);
  for (CallInst *call : calls)
    inlineCall(*call);
  for (const char *name : kParts)
    if (Function *function = part(name))
      function->eraseFromParent();
  warp->eraseFromParent();
  for (unsigned i = 0; i < knownValues.size(); ++i) {
    llvm::Value *value = i == kBlock    ? block
                         : i == kNumber ? number
                                        : kernel.getArg(i - kArguments);
    for (User *user : make_early_inc_range(knownValues[i]->users())) {
      user->replaceAllUsesWith(value);
      cast<Instruction>(user)->eraseFromParent();
    }
    knownValues[i]->eraseFromParent();
  }
}

} // namespace npu::warp
