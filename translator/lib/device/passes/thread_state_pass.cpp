// What a thread keeps for itself. The carry flag of inline assembly and the last error of calls of
// the runtime become variables of the function, which is all of the kernel once calls are inlined;
// so does a struct parameter that the kernel writes, since all threads are given the same one; exit
// leaves the kernel.
#include "device/pipeline.h"
#include "device/ptx/lower.h"

#include "llvm/IR/InstIterator.h"
#include "llvm/IR/IntrinsicInst.h"
#include "llvm/Transforms/Utils/BasicBlockUtils.h"

using namespace llvm;

namespace npu {

namespace {

// Whether memory behind `pointer` is only read here.
bool isReadOnly(const Value &pointer) {
  return all_of(pointer.users(), [&](const User *user) {
    if (isa<GetElementPtrInst>(user) || isa<BitCastInst>(user) || isa<AddrSpaceCastInst>(user))
      return isReadOnly(*user);
    if (auto *transfer = dyn_cast<MemTransferInst>(user))
      return transfer->getRawSource() == &pointer && transfer->getRawDest() != &pointer;
    auto *intrinsic = dyn_cast<IntrinsicInst>(user);
    return isa<LoadInst>(user) ||
           (intrinsic && (intrinsic->isLifetimeStartOrEnd() || isa<DbgInfoIntrinsic>(intrinsic)));
  });
}

class ThreadState : public DevicePass {
public:
  void run(Module &module, PassContext &context) override {
    if (GlobalVariable *flag = module.getGlobalVariable(ptx::kCarryFlag, true))
      makeLocal(*flag);
    makeLastErrorLocal(module);
    if (Function *exit = module.getFunction(ptx::kExit))
      lowerExit(*exit, context);
    for (Function &function : module)
      if (isKernel(function, context))
        for (Argument &argument : function.args())
          if (argument.hasByValAttr() && !isReadOnly(argument))
            copyStruct(argument);
  }

private:
  static void makeLocal(GlobalVariable &flag) {
    DenseMap<Function *, AllocaInst *> variables;
    for (Use &use : make_early_inc_range(flag.uses())) {
      auto *user = cast<Instruction>(use.getUser());
      Function *function = user->getFunction();
      AllocaInst *&variable = variables[function];
      if (!variable) {
        IRBuilder<> builder(&*function->getEntryBlock().getFirstInsertionPt());
        variable = builder.CreateAlloca(flag.getValueType());
        builder.CreateStore(flag.getInitializer(), variable);
      }
      use.set(variable);
    }
    flag.eraseFromParent();
  }

  // The library's accesses of the thread's last error.
  static void makeLastErrorLocal(Module &module) {
    DenseMap<Function *, AllocaInst *> variables;
    for (const char *name : {"__npu_write_last_error", "__npu_read_last_error"}) {
      Function *access = module.getFunction(name);
      if (!access)
        continue;
      for (User *user : make_early_inc_range(access->users())) {
        auto *call = cast<CallInst>(user);
        AllocaInst *&variable = variables[call->getFunction()];
        if (!variable) {
          IRBuilder<> entry(&*call->getFunction()->getEntryBlock().getFirstInsertionPt());
          variable = entry.CreateAlloca(entry.getInt32Ty());
          entry.CreateStore(entry.getInt32(0), variable);
        }
        IRBuilder<> builder(call);
        Value *operand = call->getArgOperand(0);
        if (operand->getType()->isPointerTy())
          builder.CreateStore(builder.CreateLoad(builder.getInt32Ty(), variable), operand);
        else
          builder.CreateStore(operand, variable);
        call->eraseFromParent();
      }
      access->eraseFromParent();
    }
  }

  // Functions that are not kernels are dead by now, or real calls, which cannot end their caller.
  static void lowerExit(Function &exit, PassContext &context) {
    for (User *user : make_early_inc_range(exit.users())) {
      auto *call = cast<CallInst>(user);
      Function *function = call->getFunction();
      if (!isKernel(*function, context)) {
        if (!function->use_empty())
          context.refuse(*call, "inline-asm", "inline PTX: 'exit' in a function that is called",
                         "return from the kernel instead");
        call->eraseFromParent();
        continue;
      }
      auto *end = ReturnInst::Create(function->getContext());
      end->setDebugLoc(call->getDebugLoc());
      ReplaceInstWithInst(call->getParent()->getTerminator(), end);
      call->eraseFromParent();
    }
    if (exit.use_empty())
      exit.eraseFromParent();
  }
};

} // namespace

std::unique_ptr<DevicePass> makeThreadState() { return std::make_unique<ThreadState>(); }

} // namespace npu
