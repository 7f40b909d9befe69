// PoCL compiles a kernel three times: itself, and inlined into two launchers. A kernel in warp form
// becomes a function that is called through a pointer, so that it is not inlined and is compiled
// once; a call for each block costs nothing beside it. Functions that warps call are called so,
// too. Around the call stands where a thread goes on when the function has faulted
// (npu/recovery.h).
#include "device/pipeline.h"

#include "npu/recovery.h"

#include "llvm/ADT/MapVector.h"
#include "llvm/IR/IRBuilder.h"
#include "llvm/IR/InstIterator.h"
#include "llvm/IR/IntrinsicInst.h"

using namespace llvm;

namespace npu {

namespace {

class OutlineBodies : public DevicePass {
public:
  void run(Module &module, PassContext &context) override {
    std::vector<Function *> kernels;
    for (Function &function : module)
      if (isKernel(function, context) && context.kernels[function.getName().str()].isWarp)
        kernels.push_back(&function);
    for (Function *kernel : kernels) {
      const warp::WaitsOf &waits = context.kernels[kernel->getName().str()].waits;
      outline(*kernel, waits.kind != warp::Waits::Turns && !waits.forBlocks && !waits.forGrid);
    }
    for (Function &function : module)
      if (function.hasFnAttribute(kScalarFunction))
        callThroughPointers(function);
  }

private:
  // Through memory, so that nobody sees which function it is.
  static Value *hidden(IRBuilder<> &builder, Function &function, StringRef name) {
    AllocaInst *place = builder.CreateAlloca(function.getType(), nullptr, name);
    builder.CreateStore(&function, place, /*isVolatile=*/true);
    return builder.CreateLoad(function.getType(), place, /*isVolatile=*/true);
  }

  static void callThroughPointers(Function &caller) {
    MapVector<Function *, std::vector<CallInst *>> calls;
    for (Instruction &instruction : instructions(caller))
      if (auto *call = dyn_cast<CallInst>(&instruction))
        if (Function *callee = call->getCalledFunction(); callee && isWarpFunction(*callee))
          calls[callee].push_back(call);
    for (auto &[callee, places] : calls) {
      IRBuilder<> builder(&*caller.getEntryBlock().getFirstInsertionPt());
      Value *target = hidden(builder, *callee, "called");
      for (CallInst *call : places)
        call->setCalledOperand(target);
    }
  }

  // Functions of OpenCL that ask for the work-item, by name and dimension.
  using Query = std::pair<Function *, uint64_t>;

  static bool isQuery(const CallInst &call) {
    const Function *callee = call.getCalledFunction();
    return callee && callee->isDeclaration() && call.arg_size() == 1 &&
           isa<ConstantInt>(call.getArgOperand(0)) && callee->getName().startswith("_Z") &&
           callee->getName().contains("get_");
  }

  static void outline(Function &kernel, bool recovers) {
    MapVector<Query, std::vector<CallInst *>> queries;
    for (Instruction &instruction : instructions(kernel))
      if (auto *call = dyn_cast<CallInst>(&instruction); call && isQuery(*call)) {
        Function *callee = call->getCalledFunction();
        queries[{callee, cast<ConstantInt>(call->getArgOperand(0))->getZExtValue()}].push_back(
            call);
      }
    Type *word = Type::getInt64Ty(kernel.getContext());
    SmallVector<Type *, 8> types;
    for (Argument &argument : kernel.args())
      types.push_back(argument.getType());
    types.append(queries.size(), word);
    Function *body = Function::Create(FunctionType::get(kernel.getReturnType(), types, false),
                                      GlobalValue::InternalLinkage, kernel.getName() + ".body",
                                      kernel.getParent());
    body->setCallingConv(CallingConv::SPIR_FUNC);
    body->setDoesNotThrow();
    body->addFnAttr(kScalarFunction);
    body->getBasicBlockList().splice(body->end(), kernel.getBasicBlockList());
    for (Argument &argument : kernel.args())
      argument.replaceAllUsesWith(body->getArg(argument.getArgNo()));

    IRBuilder<> builder(BasicBlock::Create(kernel.getContext(), "entry", &kernel));
    SmallVector<Value *, 8> passed;
    for (Argument &argument : kernel.args())
      passed.push_back(&argument);
    for (auto &[query, calls] : queries) {
      auto [callee, dimension] = query;
      CallInst *made = builder.CreateCall(callee, {builder.getInt32(uint32_t(dimension))});
      made->setCallingConv(callee->getCallingConv());
      Argument *parameter = body->getArg(unsigned(passed.size()));
      passed.push_back(made);
      for (CallInst *call : calls) {
        call->replaceAllUsesWith(parameter);
        call->eraseFromParent();
      }
    }
    Value *target = hidden(builder, *body, "body");
    Value *marks = recovers ? beginRecovery(builder) : nullptr;
    builder.CreateCall(body->getFunctionType(), target, passed)
        ->setCallingConv(CallingConv::SPIR_FUNC);
    if (marks)
      endRecovery(builder, marks);
    builder.CreateRetVoid();
  }

  static Value *wordOf(IRBuilder<> &builder, Value *words, unsigned index) {
    return builder.CreateConstInBoundsGEP1_32(builder.getInt64Ty(), words, index);
  }

  // Leaves the builder where the block is to be run, and returns the words of recovery::Place.
  static Value *beginRecovery(IRBuilder<> &builder) {
    Function &kernel = *builder.GetInsertBlock()->getParent();
    Type *word = builder.getInt64Ty(), *pointer = builder.getInt8PtrTy();
    constexpr unsigned kWords = sizeof(recovery::Place) / sizeof(uint64_t);
    AllocaInst *all = builder.CreateAlloca(ArrayType::get(word, kWords), nullptr, "recovery");
    all->setAlignment(Align(16));
    Value *words = builder.CreateConstInBoundsGEP2_32(all->getAllocatedType(), all, 0, 0);
    const auto keep = [&](Value *value, unsigned index) {
      Value *at = builder.CreateBitCast(wordOf(builder, words, index), pointer->getPointerTo());
      builder.CreateStore(value, at, /*isVolatile=*/true);
    };
    keep(builder.CreateIntrinsic(Intrinsic::frameaddress, {pointer}, {builder.getInt32(0)}), 0);
    keep(builder.CreateIntrinsic(Intrinsic::stacksave, {}, {}), 2);
    for (unsigned mark = 0; mark < 2; ++mark)
      builder.CreateStore(builder.getInt64(recovery::kMarks[mark]),
                          wordOf(builder, words, recovery::kFirstMark + mark),
                          /*isVolatile=*/true);
    Value *fault = builder.CreateIntrinsic(Intrinsic::eh_sjlj_setjmp, {},
                                           {builder.CreateBitCast(words, pointer)});
    BasicBlock *run = BasicBlock::Create(kernel.getContext(), "run", &kernel);
    BasicBlock *done = BasicBlock::Create(kernel.getContext(), "done", &kernel);
    builder.CreateCondBr(builder.CreateICmpEQ(fault, builder.getInt32(0)), run, done);
    builder.SetInsertPoint(run);
    return words;
  }

  static void endRecovery(IRBuilder<> &builder, Value *words) {
    BasicBlock *done = &builder.GetInsertBlock()->getParent()->back();
    builder.CreateBr(done);
    builder.SetInsertPoint(done);
    for (unsigned mark = 0; mark < 2; ++mark)
      builder.CreateStore(builder.getInt64(0), wordOf(builder, words, recovery::kFirstMark + mark),
                          /*isVolatile=*/true);
  }
};

} // namespace

std::unique_ptr<DevicePass> makeOutlineBodies() { return std::make_unique<OutlineBodies>(); }

} // namespace npu
