// PoCL compiles a kernel three times: itself, and inlined into two launchers. A kernel in warp form
// becomes a function that is called through a pointer, so that it is not inlined and is compiled
// once; a call for each block costs nothing beside it.
#include "device/pipeline.h"

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
    for (Function *kernel : kernels)
      outline(*kernel);
  }

private:
  // Functions of OpenCL that ask for the work-item, by name and dimension.
  using Query = std::pair<Function *, uint64_t>;

  static bool isQuery(const CallInst &call) {
    const Function *callee = call.getCalledFunction();
    return callee && callee->isDeclaration() && call.arg_size() == 1 &&
           isa<ConstantInt>(call.getArgOperand(0)) && callee->getName().startswith("_Z") &&
           callee->getName().contains("get_");
  }

  static void outline(Function &kernel) {
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
    // Through memory, so that nobody sees which function it is.
    AllocaInst *place = builder.CreateAlloca(body->getType(), nullptr, "body");
    builder.CreateStore(body, place, /*isVolatile=*/true);
    Value *target = builder.CreateLoad(body->getType(), place, /*isVolatile=*/true);
    builder.CreateCall(body->getFunctionType(), target, passed)
        ->setCallingConv(CallingConv::SPIR_FUNC);
    builder.CreateRetVoid();
  }
};

} // namespace

std::unique_ptr<DevicePass> makeOutlineBodies() { return std::make_unique<OutlineBodies>(); }

} // namespace npu
