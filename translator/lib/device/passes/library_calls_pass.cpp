// Machine intrinsics that have no LLVM or OpenCL equivalent, and the functions of the system that
// CUDA promises (printf, malloc), become calls of the device library.
// Runs before linking, so that the linker brings the functions in.
#include "device/pipeline.h"

#include "llvm/IR/Constants.h"
#include "llvm/IR/IRBuilder.h"
#include "llvm/IR/InlineAsm.h"
#include "llvm/IR/InstIterator.h"
#include "llvm/IR/Instructions.h"

using namespace llvm;

namespace npu {

namespace {

struct Row {
  StringRef name, function;
};

constexpr Row kRows[] = {
#define LIBRARY(name, function) {name, function},
#include "device/builtins.def"
};

// An overloaded intrinsic's name ends in its types: llvm.nvvm.atomic.load.inc.32.p0i32.
bool matches(StringRef name, StringRef intrinsic) {
  return name.consume_front(intrinsic) && (name.empty() || name.startswith(".p"));
}

Type *genericType(Type *type) {
  if (auto *pointer = dyn_cast<PointerType>(type))
    return PointerType::getWithSamePointeeType(pointer, 0);
  return type;
}

class LibraryCalls : public DevicePass {
public:
  void run(Module &module, PassContext &) override {
    for (Function &function : module)
      for (Instruction &instruction : make_early_inc_range(instructions(function)))
        if (auto *call = dyn_cast<CallInst>(&instruction))
          replaceTrap(*call);
    for (Function &function : make_early_inc_range(module)) {
      if (!function.isDeclaration())
        continue;
      for (const Row &row : kRows)
        if (matches(function.getName(), row.name)) {
          if (function.isIntrinsic())
            replace(module, function, row.function);
          else
            rename(module, function, row.function);
          break;
        }
    }
  }

private:
  // Clang's __trap() is written in PTX.
  static void replaceTrap(CallInst &call) {
    auto *assembly = dyn_cast<InlineAsm>(call.getCalledOperand());
    if (!assembly || assembly->getAsmString() != "trap;")
      return;
    IRBuilder<> builder(&call);
    builder.CreateIntrinsic(Intrinsic::trap, {}, {});
    call.eraseFromParent();
  }

  // A plain function may also be used otherwise than by a call.
  static void rename(Module &module, Function &function, StringRef name) {
    FunctionCallee callee = module.getOrInsertFunction(name, function.getFunctionType());
    function.replaceAllUsesWith(
        ConstantExpr::getBitCast(cast<Constant>(callee.getCallee()), function.getType()));
    function.eraseFromParent();
  }

  static void replace(Module &module, Function &intrinsic, StringRef name) {
    std::vector<Type *> types;
    for (Type *type : intrinsic.getFunctionType()->params())
      types.push_back(genericType(type));
    FunctionCallee callee = module.getOrInsertFunction(
        name, FunctionType::get(intrinsic.getReturnType(), types, false));
    for (User *user : make_early_inc_range(intrinsic.users())) {
      auto *call = cast<CallInst>(user);
      IRBuilder<> builder(call);
      std::vector<Value *> arguments;
      for (unsigned i = 0; i < call->arg_size(); ++i)
        arguments.push_back(
            builder.CreatePointerBitCastOrAddrSpaceCast(call->getArgOperand(i), types[i]));
      CallInst *replacement = builder.CreateCall(callee, arguments);
      replacement->setDebugLoc(call->getDebugLoc());
      call->replaceAllUsesWith(replacement);
      call->eraseFromParent();
    }
    intrinsic.eraseFromParent();
  }
};

} // namespace

std::unique_ptr<DevicePass> makeLibraryCalls() { return std::make_unique<LibraryCalls>(); }

} // namespace npu
