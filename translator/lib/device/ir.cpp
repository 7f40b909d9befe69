// See ir.h.
#include "device/ir.h"

#include "llvm/IR/DiagnosticHandler.h"
#include "llvm/IR/DiagnosticInfo.h"
#include "llvm/IR/IRBuilder.h"
#include "llvm/Transforms/Utils/Cloning.h"

using namespace llvm;

namespace npu {
namespace {

struct QuietAboutLoops : DiagnosticHandler {
  bool handleDiagnostics(const DiagnosticInfo &message) override {
    return message.getKind() == DK_OptimizationFailure; // handled: nothing is printed
  }
};

} // namespace

void prepare(LLVMContext &context) {
  context.setOpaquePointers(false);
  context.setDiagnosticHandler(std::make_unique<QuietAboutLoops>());
}

StringRef calleeName(const Instruction &instruction) {
  auto *call = dyn_cast<CallBase>(&instruction);
  const Function *callee = call ? call->getCalledFunction() : nullptr;
  return callee ? callee->getName() : StringRef();
}

void inlineCall(CallInst &call) {
  call.getCalledFunction()->removeFnAttr(Attribute::NoInline);
  InlineFunctionInfo info;
  InlineResult result = InlineFunction(call, info);
  if (!result.isSuccess())
    report_fatal_error(result.getFailureReason());
}

void keepRolled(BranchInst &latch) {
  LLVMContext &context = latch.getContext();
  auto *no = ConstantAsMetadata::get(ConstantInt::getFalse(context));
  MDNode *loop = MDNode::getDistinct(
      context, {nullptr, MDNode::get(context, MDString::get(context, "llvm.loop.unroll.disable")),
                MDNode::get(context, {MDString::get(context, "llvm.loop.vectorize.enable"), no})});
  loop->replaceOperandWith(0, loop);
  latch.setMetadata(LLVMContext::MD_loop, loop);
}

void copyStruct(Argument &argument) {
  Function &function = *argument.getParent();
  IRBuilder<> builder(&*function.getEntryBlock().getFirstInsertionPt());
  Type *type = argument.getParamByValType();
  AllocaInst *own = builder.CreateAlloca(type);
  own->setAlignment(std::max(own->getAlign(), argument.getParamAlign().valueOrOne()));
  argument.replaceAllUsesWith(own);
  builder.CreateMemCpy(own, own->getAlign(), &argument, argument.getParamAlign(),
                       function.getParent()->getDataLayout().getTypeAllocSize(type));
}

} // namespace npu
