// Functions that recur stay functions. OpenCL knows thread indices, shared memory and (in our
// kernel ABI) variables in kernels only, so such a function gets what it or its callees need of
// them as further parameters, behind its own:
//   special registers      read by the kernel, for the lane that calls
//   variables              their addresses, but for constants that stay in the module
//   functions              the addresses of those on a cycle with it, which it calls through these
//                          pointers (see image_writer.cpp)
// A thread that fails in such a function has to come back to the kernel to end there: where one
// may, the last parameter is the address of a flag, and callers return when it is set.
#include "device/variables.h"

#include "llvm/ADT/DenseSet.h"
#include "llvm/ADT/SCCIterator.h"
#include "llvm/ADT/SetVector.h"
#include "llvm/Analysis/CallGraph.h"
#include "llvm/IR/IRBuilder.h"
#include "llvm/IR/InstIterator.h"
#include "llvm/Transforms/Utils/BasicBlockUtils.h"

using namespace llvm;

namespace npu {

namespace {

// Registers' intrinsics, variables, functions: each is one parameter.
using Needs = SetVector<GlobalValue *>;

// What the optimiser found out before there were pointers to read and a flag to write.
constexpr Attribute::AttrKind kForgotten[] = {Attribute::ReadNone,
                                              Attribute::ReadOnly,
                                              Attribute::WriteOnly,
                                              Attribute::ArgMemOnly,
                                              Attribute::InaccessibleMemOnly,
                                              Attribute::InaccessibleMemOrArgMemOnly,
                                              Attribute::NoReturn};

constexpr StringRef kRegisters = "llvm.nvvm.read.ptx.sreg.";

bool isThreadRegister(const Function &function) {
  StringRef name = function.getName();
  return name.consume_front(kRegisters) && !name.startswith("clock") && name != "warpsize";
}

bool isRegister(const GlobalValue &value) {
  return isa<Function>(value) && cast<Function>(value).isIntrinsic();
}

Type *parameterType(GlobalValue &need) {
  if (isRegister(need))
    return cast<Function>(need).getReturnType();
  return need.getType();
}

class LiftRecursion : public DevicePass {
public:
  void run(Module &module, PassContext &) override {
    for (Function &function : module)
      if (function.hasFnAttribute(kScalarFunction) && !isWarpFunction(function) &&
          !function.isDeclaration())
        functions.push_back(&function);
    if (functions.empty())
      return;
    findCycles(module);
    for (Function *function : functions)
      findOwnNeeds(*function);
    shareNeeds();
    findEnding();
    std::vector<Function *> old = functions;
    for (Function *function : old)
      giveParameters(*function);
    for (Function *function : old)
      rewriteCalls(*function);
    for (Function *function : old)
      function->eraseFromParent();
  }

private:
  bool onOneCycle(const Function *a, const Function *b) const {
    return cycle.lookup(a) && cycle.lookup(a) == cycle.lookup(b);
  }

  void findCycles(Module &module) {
    CallGraph graph(module);
    unsigned number = 0;
    for (auto component = scc_begin(&graph); !component.isAtEnd(); ++component) {
      ++number;
      if (component.hasCycle())
        for (CallGraphNode *node : *component)
          cycle[node->getFunction()] = number;
    }
  }

  void findOwnNeeds(Function &function) {
    Needs &own = needs[&function];
    for (Instruction &instruction : instructions(function)) {
      auto *call = dyn_cast<CallBase>(&instruction);
      Function *callee = call ? call->getCalledFunction() : nullptr;
      if (callee && (isThreadRegister(*callee) || onOneCycle(&function, callee)))
        own.insert(callee);
    }
    for (GlobalVariable *variable : variablesIn(function))
      if (!staysInModule(*variable))
        own.insert(variable);
  }

  // A caller hands on what its callees need: only the kernel names a function by its address.
  void shareNeeds() {
    for (bool changed = true; changed;) {
      changed = false;
      for (Function *function : functions)
        for (Instruction &instruction : instructions(*function)) {
          auto *call = dyn_cast<CallBase>(&instruction);
          Function *callee = call ? call->getCalledFunction() : nullptr;
          auto found = needs.find(callee);
          if (!callee || found == needs.end())
            continue;
          Needs more = found->second;
          for (GlobalValue *need : more)
            changed |= needs[function].insert(need);
        }
    }
  }

  void findEnding() {
    for (bool changed = true; changed;) {
      changed = false;
      for (Function *function : functions)
        if (!ending.contains(function) && any_of(instructions(*function), [&](Instruction &at) {
              auto *call = dyn_cast<CallBase>(&at);
              return isa<UnreachableInst>(at) || (call && call->getCalledFunction() &&
                                                  ending.contains(call->getCalledFunction()));
            })) {
          ending.insert(function);
          changed = true;
        }
    }
  }

  static void returnAnything(IRBuilder<> &builder, Function &function) {
    if (function.getReturnType()->isVoidTy())
      builder.CreateRetVoid();
    else
      builder.CreateRet(Constant::getNullValue(function.getReturnType()));
  }

  static void returnWhereEnded(Function &function, Argument *flag) {
    for (BasicBlock &block : function) {
      auto *end = dyn_cast<UnreachableInst>(block.getTerminator());
      if (!end)
        continue;
      IRBuilder<> builder(end);
      if (end != &block.front() && endsThread(*end->getPrevNode()))
        end->getPrevNode()->eraseFromParent();
      builder.CreateStore(builder.getInt8(1), flag);
      returnAnything(builder, function);
      end->eraseFromParent();
    }
  }

  // The flag that a call of a function that may end its thread gets.
  Value *flagFor(Function &caller) {
    if (Value *flag = flags.lookup(&caller))
      return flag;
    IRBuilder<> builder(&*caller.getEntryBlock().getFirstInsertionPt());
    AllocaInst *flag = builder.CreateAlloca(builder.getInt8Ty(), nullptr, "ended");
    builder.CreateStore(builder.getInt8(0), flag);
    flags[&caller] = flag;
    kernels.insert(&caller);
    return flag;
  }

  void leaveIfEnded(CallInst &call, Value *flag) {
    Function &caller = *call.getFunction();
    Instruction *next = call.getNextNode();
    IRBuilder<> builder(next);
    Value *ended =
        builder.CreateICmpNE(builder.CreateLoad(builder.getInt8Ty(), flag), builder.getInt8(0));
    Instruction *leave = SplitBlockAndInsertIfThen(ended, next, /*Unreachable=*/true);
    if (kernels.contains(&caller))
      return; // EndThreads
    builder.SetInsertPoint(leave);
    returnAnything(builder, caller);
    leave->eraseFromParent();
  }

  void giveParameters(Function &function) {
    const Needs &extra = needs[&function];
    std::vector<Type *> types(function.getFunctionType()->params().vec());
    for (GlobalValue *need : extra)
      types.push_back(parameterType(*need));
    bool mayEnd = ending.contains(&function);
    if (mayEnd)
      types.push_back(Type::getInt8PtrTy(function.getContext()));
    auto *type = FunctionType::get(function.getReturnType(), types, false);
    auto *made = Function::Create(type, GlobalValue::InternalLinkage, "", function.getParent());
    made->copyAttributesFrom(&function);
    // OpenCL compilers set their own convention for calls by name, and leave those through
    // pointers.
    made->setCallingConv(CallingConv::C);
    // Calls through pointers do not see what the optimiser found out of the callee.
    for (Attribute::AttrKind kind : kForgotten)
      made->removeFnAttr(kind);
    made->takeName(&function);
    made->setSubprogram(function.getSubprogram());
    function.setSubprogram(nullptr);
    made->getBasicBlockList().splice(made->begin(), function.getBasicBlockList());
    for (unsigned i = 0; i < function.arg_size(); ++i) {
      made->getArg(i)->setName(function.getArg(i)->getName());
      function.getArg(i)->replaceAllUsesWith(made->getArg(i));
    }
    lifted[&function] = made;
    auto &values = parameters[made];
    Variables::Replacements replacements;
    for (unsigned i = 0; i < extra.size(); ++i) {
      Argument *argument = made->getArg(function.arg_size() + i);
      argument->setName(extra[i]->getName());
      values[extra[i]] = argument;
      if (auto *variable = dyn_cast<GlobalVariable>(extra[i]))
        replacements[variable] = argument;
    }
    Variables::replaceIn(*made, replacements);
    if (mayEnd) {
      flags[made] = made->getArg(made->arg_size() - 1);
      flags[made]->setName("ended");
      returnWhereEnded(*made, made->getArg(made->arg_size() - 1));
    }
    for (Instruction &instruction : make_early_inc_range(instructions(*made))) {
      auto *call = dyn_cast<CallInst>(&instruction);
      Function *callee = call ? call->getCalledFunction() : nullptr;
      if (!callee || !isRegister(*callee) || !values.count(callee))
        continue;
      call->replaceAllUsesWith(values[callee]);
      call->eraseFromParent();
    }
  }

  void rewriteCalls(Function &function) {
    Function *made = lifted[&function];
    for (User *user : make_early_inc_range(function.users())) {
      auto *call = cast<CallInst>(user);
      Function *caller = call->getFunction();
      IRBuilder<> builder(call);
      SmallVector<Value *, 8> arguments(call->args());
      for (GlobalValue *need : needs[&function])
        arguments.push_back(valueOf(*need, *caller, builder));
      Value *flag = ending.contains(&function) ? flagFor(*caller) : nullptr;
      if (flag)
        arguments.push_back(flag);
      Value *callee = made;
      if (Value *pointer = parameters[caller].lookup(&function))
        callee = builder.CreateBitCast(pointer, made->getType());
      CallInst *replacement = builder.CreateCall(made->getFunctionType(), callee, arguments);
      replacement->setAttributes(call->getAttributes());
      for (Attribute::AttrKind kind : kForgotten)
        replacement->removeFnAttr(kind);
      replacement->setDebugLoc(call->getDebugLoc());
      call->replaceAllUsesWith(replacement);
      call->eraseFromParent();
      if (flag)
        leaveIfEnded(*replacement, flag);
    }
  }

  Value *valueOf(GlobalValue &need, Function &caller, IRBuilder<> &builder) {
    if (Value *given = parameters[&caller].lookup(&need))
      return given;
    if (isRegister(need))
      return builder.CreateCall(cast<Function>(&need));
    auto found = lifted.find(dyn_cast<Function>(&need));
    if (found == lifted.end())
      return &need;
    return builder.CreateBitCast(found->second, need.getType());
  }

  std::vector<Function *> functions;
  DenseMap<const Function *, unsigned> cycle; // -> its number; 0: on none
  DenseMap<Function *, Needs> needs;
  SmallPtrSet<Function *, 8> ending;   // may end their thread
  DenseMap<Function *, Value *> flags; // of lifted functions and kernels
  SmallPtrSet<Function *, 8> kernels;
  DenseMap<Function *, Function *> lifted;
  DenseMap<Function *, DenseMap<GlobalValue *, Value *>> parameters; // of lifted functions
};

} // namespace

std::unique_ptr<DevicePass> makeLiftRecursion() { return std::make_unique<LiftRecursion>(); }

} // namespace npu
