// See coroutine.h.
#include "device/warp/coroutine.h"

#include "device/pipeline.h"
#include "device/warp/group.h"
#include "device/warp/stop_values.h"

#include "npu/warp_turns.h"

#include "llvm/ADT/SmallPtrSet.h"
#include "llvm/IR/InstIterator.h"

using namespace llvm;

namespace npu::warp {

namespace {

// The same for the whole block.
bool isRegisterOfBlock(StringRef name) {
  return name.consume_front("llvm.nvvm.read.ptx.sreg.") &&
         (name.startswith("ctaid.") || name.startswith("nctaid.") || name.startswith("ntid."));
}

// The frame's first word: 0 before the warp begins, then the number of the stop it goes on from.
constexpr uint64_t kStateBytes = 8;

Value *stateOf(IRBuilder<> &builder, Value *frame) {
  return builder.CreateBitCast(frame, builder.getInt32Ty()->getPointerTo());
}

} // namespace

Coroutine::Coroutine(Function &kernel, ArrayRef<StringRef> told, AtStop atStop) : kernel(kernel) {
  takeBody(told);
  findStops(atStop);
  SmallPtrSet<const BasicBlock *, 16> ends(stops.begin(), stops.end());
  placeFrame(keepAcrossStops(
      *warp, [&](const BasicBlock &block) { return ends.contains(&block); },
      [](const CallInst &call) { return isRegisterOfBlock(calleeName(call)); }));
  split();
}

void Coroutine::takeBody(ArrayRef<StringRef> told) {
  LLVMContext &context = kernel.getContext();
  Type *pointer = Type::getInt8PtrTy(context);
  SmallVector<Type *, 8> types = {pointer, pointer, Type::getInt32Ty(context)};
  types.append(told.size(), Type::getInt32Ty(context));
  for (llvm::Argument &argument : kernel.args())
    types.push_back(argument.getType());
  warp = Function::Create(FunctionType::get(Type::getVoidTy(context), types, false),
                          GlobalValue::InternalLinkage, kernel.getName() + ".warp",
                          kernel.getParent());
  warp->setDoesNotThrow();
  warp->getBasicBlockList().splice(warp->begin(), kernel.getBasicBlockList());
  warp->setSubprogram(kernel.getSubprogram());
  for (llvm::Argument &argument : kernel.args())
    argument.replaceAllUsesWith(warp->getArg(kTold + told.size() + argument.getArgNo()));
  Group::replaceTold(*warp, told, kTold);
  body = &warp->getEntryBlock();
  BasicBlock *entry = BasicBlock::Create(context, "entry", warp, body);
  for (Instruction &instruction : make_early_inc_range(*body))
    if (isa<AllocaInst>(instruction))
      instruction.moveBefore(*entry, entry->end());
  BranchInst::Create(body, entry);
}

void Coroutine::findStops(AtStop atStop) {
  Value *block = warp->getArg(kBlock), *slot = warp->getArg(kSlot);
  std::vector<Instruction *> all; // blocks are split on the way
  for (Instruction &instruction : instructions(*warp))
    all.push_back(&instruction);
  for (Instruction *instruction : all) {
    IRBuilder<> builder(instruction);
    StringRef name = calleeName(*instruction);
    if (isa<ReturnInst>(instruction)) {
      atStop(builder, block, slot, nullptr);
    } else if (name == kTurn) {
      auto *stop = cast<CallInst>(instruction);
      atStop(builder, block, slot, stop);
      stops.push_back(stop->getParent());
      stop->getParent()->splitBasicBlock(stop->getNextNode(), "turn");
      stop->eraseFromParent();
    }
  }
}

void Coroutine::placeFrame(ArrayRef<AllocaInst *> variables) {
  const DataLayout &here = warp->getParent()->getDataLayout(), later(kSpirLayout);
  IRBuilder<> builder(warp->getEntryBlock().getTerminator());
  bytes = kStateBytes;
  for (AllocaInst *variable : variables) {
    Type *type = variable->getAllocatedType();
    uint64_t size = std::max(here.getTypeAllocSize(type), later.getTypeAllocSize(type));
    bytes = alignTo(bytes, variable->getAlign());
    Value *place =
        builder.CreateConstInBoundsGEP1_64(builder.getInt8Ty(), warp->getArg(kFrame), bytes);
    variable->replaceAllUsesWith(builder.CreateBitCast(place, variable->getType()));
    variable->eraseFromParent();
    bytes += size;
  }
  bytes = alignTo(bytes, turns::kAlignment);
}

// A stop returns, and the entry goes on where it was.
void Coroutine::split() {
  Instruction *begin = warp->getEntryBlock().getTerminator();
  IRBuilder<> builder(begin);
  Value *state = stateOf(builder, warp->getArg(kFrame));
  SwitchInst *ways = builder.CreateSwitch(builder.CreateLoad(builder.getInt32Ty(), state), body,
                                          unsigned(stops.size()));
  begin->eraseFromParent();
  for (unsigned i = 0; i < stops.size(); ++i) {
    Instruction *end = stops[i]->getTerminator();
    ways->addCase(builder.getInt32(i + 1), end->getSuccessor(0));
    builder.SetInsertPoint(end);
    builder.CreateStore(builder.getInt32(i + 1), stateOf(builder, warp->getArg(kFrame)));
    builder.CreateRetVoid();
    end->eraseFromParent();
  }
}

void Coroutine::start(IRBuilder<> &builder, Value *frame) {
  builder.CreateStore(builder.getInt32(0), stateOf(builder, frame));
}

void Coroutine::resume(IRBuilder<> &builder, Value *frame, Value *block, Value *slot,
                       ArrayRef<Value *> told) {
  SmallVector<Value *, 8> arguments = {frame, block, slot};
  arguments.append(told.begin(), told.end());
  for (llvm::Argument &argument : kernel.args())
    arguments.push_back(&argument);
  call = builder.CreateCall(warp, arguments);
}

void Coroutine::finish() {
  inlineCall(*call);
  warp->eraseFromParent();
}

} // namespace npu::warp
