// Function addresses and calls through them.
//
// A function's address is a number made from its mangled name, the same in every module, image and
// run: it can lie in memory, in tables and vtables, and go to the host and back. A call through a
// pointer compares it with the functions of this image that have the call's type and whose address
// is taken, and calls the one that it is. All are then inlined like other calls, so that barriers
// and warp operations in them work. A virtual call knows its class (llvm.type.test, which Clang
// makes for whole-program vtables): only functions at that place of the vtables of classes that
// derive from it are asked.
//
// Runs before everything that inlines or links, so that constant pointers become direct calls.
#include "device/function_numbers.h"
#include "device/pipeline.h"

#include "llvm/ADT/MapVector.h"
#include "llvm/ADT/SetVector.h"
#include "llvm/Analysis/TypeMetadataUtils.h"
#include "llvm/Demangle/Demangle.h"
#include "llvm/IR/Constants.h"
#include "llvm/IR/Dominators.h"
#include "llvm/IR/IRBuilder.h"
#include "llvm/IR/InstIterator.h"
#include "llvm/IR/IntrinsicInst.h"
#include "llvm/Transforms/Utils/BasicBlockUtils.h"
#include "llvm/Transforms/Utils/Local.h"

using namespace llvm;

namespace npu {

namespace {

using Targets = SetVector<Function *>;

// Types are compatible when their values are the same bits: what pointers point to does not count.
bool isCompatible(Type *a, Type *b) {
  if (a == b)
    return true;
  if (a->getTypeID() != b->getTypeID())
    return false;
  if (a->isPointerTy())
    return a->getPointerAddressSpace() == b->getPointerAddressSpace();
  if (!isa<StructType>(a) && !isa<ArrayType>(a))
    return false;
  if (a->getNumContainedTypes() != b->getNumContainedTypes() ||
      (isa<ArrayType>(a) && a->getArrayNumElements() != b->getArrayNumElements()))
    return false;
  for (unsigned i = 0; i < a->getNumContainedTypes(); ++i)
    if (!isCompatible(a->getContainedType(i), b->getContainedType(i)))
      return false;
  return true;
}

bool isCompatible(const CallBase &call, const Function &function) {
  FunctionType *a = call.getFunctionType(), *b = function.getFunctionType();
  if (a->isVarArg() || b->isVarArg() || a->getNumParams() != b->getNumParams() ||
      !isCompatible(a->getReturnType(), b->getReturnType()))
    return false;
  for (unsigned i = 0; i < a->getNumParams(); ++i)
    if (!isCompatible(a->getParamType(i), b->getParamType(i)) ||
        call.isByValArgument(i) != function.hasParamAttribute(i, Attribute::ByVal))
      return false;
  return true;
}

Value *convert(IRBuilder<> &builder, Value *value, Type *type) {
  if (value->getType() == type)
    return value;
  if (type->isPointerTy())
    return builder.CreateBitCast(value, type);
  Value *result = PoisonValue::get(type);
  unsigned count =
      isa<ArrayType>(type) ? type->getArrayNumElements() : type->getStructNumElements();
  for (unsigned i = 0; i < count; ++i) {
    Type *part = isa<ArrayType>(type) ? type->getArrayElementType() : type->getStructElementType(i);
    result = builder.CreateInsertValue(
        result, convert(builder, builder.CreateExtractValue(value, i), part), i);
  }
  return result;
}

// The same call of `target`.
Value *callDirectly(IRBuilder<> &builder, CallBase &call, Function &target) {
  FunctionType *type = target.getFunctionType();
  SmallVector<Value *, 8> arguments;
  for (unsigned i = 0; i < call.arg_size(); ++i)
    arguments.push_back(convert(builder, call.getArgOperand(i), type->getParamType(i)));
  CallInst *made = builder.CreateCall(type, &target, arguments);
  made->setCallingConv(target.getCallingConv());
  made->setDebugLoc(call.getDebugLoc());
  AttributeList attributes = call.getAttributes();
  LLVMContext &context = call.getContext();
  for (unsigned i = 0; i < call.arg_size(); ++i)
    for (Attribute::AttrKind kind : {Attribute::ByVal, Attribute::StructRet}) {
      attributes = attributes.removeParamAttribute(context, i, kind);
      if (target.hasParamAttribute(i, kind))
        attributes = attributes.addParamAttribute(context, i, target.getParamAttribute(i, kind));
    }
  made->setAttributes(attributes);
  return call.getType()->isVoidTy() ? nullptr : convert(builder, made, call.getType());
}

class IndirectCalls : public DevicePass {
public:
  void run(Module &module, PassContext &context) override {
    for (const char *list : {"llvm.used", "llvm.compiler.used"})
      if (GlobalVariable *variable = module.getGlobalVariable(list, true))
        variable->eraseFromParent();
    makeCastCallsDirect(module);
    collectTaken(module, context);
    if (context.failed())
      return;
    findVirtualCalls(module);
    std::vector<CallBase *> calls;
    for (Function &function : module)
      for (Instruction &instruction : instructions(function))
        if (auto *call = dyn_cast<CallBase>(&instruction))
          if (!call->isInlineAsm() && !call->getCalledFunction())
            calls.push_back(call);
    for (CallBase *call : calls)
      expand(*call);
    dropTypeTests(module);
    replaceAddresses();
  }

private:
  // Clang casts the function when a call's type differs from it in what pointers point to.
  static void makeCastCallsDirect(Module &module) {
    for (Function &function : module)
      for (Instruction &instruction : make_early_inc_range(instructions(function))) {
        auto *call = dyn_cast<CallBase>(&instruction);
        if (!call || call->isInlineAsm() || call->getCalledFunction())
          continue;
        auto *target = dyn_cast<Function>(call->getCalledOperand()->stripPointerCasts());
        if (!target || !isCompatible(*call, *target))
          continue;
        IRBuilder<> builder(call);
        if (Value *value = callDirectly(builder, *call, *target))
          call->replaceAllUsesWith(value);
        call->eraseFromParent();
      }
  }

  static bool isAddressTaken(Function &function) {
    function.removeDeadConstantUsers();
    return any_of(function.uses(), [](const Use &use) {
      auto *call = dyn_cast<CallBase>(use.getUser());
      return !isa<BlockAddress>(use.getUser()) && (!call || !call->isCallee(&use));
    });
  }

  void collectTaken(Module &module, PassContext &context) {
    DenseMap<uint64_t, Function *> byNumber;
    for (Function &function : module) {
      if (function.isIntrinsic() || !isAddressTaken(function))
        continue;
      uint64_t number = functionNumber(function);
      Function *&other = byNumber[number];
      if (other)
        context.refuse(function, "function-number",
                       "this function's address is the same as that of '" +
                           demangle(other->getName().str()) + "'",
                       "rename one of them");
      other = &function;
      taken[&function] = number;
    }
  }

  // A virtual call is the call of a pointer loaded at a constant place of a vtable whose class a
  // type test names.
  void findVirtualCalls(Module &module) {
    for (Function &function : module) {
      StringRef name = function.getName();
      if (name != "llvm.type.test" && name != "llvm.public.type.test")
        continue;
      DenseMap<Function *, std::unique_ptr<DominatorTree>> dominators;
      for (User *user : function.users()) {
        auto *test = cast<CallInst>(user);
        std::unique_ptr<DominatorTree> &tree = dominators[test->getFunction()];
        if (!tree)
          tree = std::make_unique<DominatorTree>(*test->getFunction());
        SmallVector<DevirtCallSite, 1> sites;
        SmallVector<CallInst *, 1> assumptions;
        findDevirtualizableCallsForTypeTest(sites, assumptions, test, *tree);
        if (assumptions.empty())
          continue;
        const Metadata *type = cast<MetadataAsValue>(test->getArgOperand(1))->getMetadata();
        for (const DevirtCallSite &site : sites)
          addVirtualTargets(module, *type, site.Offset, virtualTargets[&site.CB]);
      }
    }
  }

  static void addVirtualTargets(Module &module, const Metadata &type, uint64_t offset,
                                Targets &targets) {
    for (GlobalVariable &table : module.globals()) {
      SmallVector<MDNode *, 2> types;
      table.getMetadata(LLVMContext::MD_type, types);
      if (types.empty() || !table.hasInitializer())
        continue;
      for (const MDNode *node : types) {
        if (node->getOperand(1).get() != &type)
          continue;
        uint64_t point = mdconst::extract<ConstantInt>(node->getOperand(0))->getZExtValue();
        Constant *entry = getPointerAtOffset(table.getInitializer(), point + offset, module);
        if (auto *function = entry ? dyn_cast<Function>(entry->stripPointerCasts()) : nullptr)
          if (function->getName() != "__cxa_pure_virtual")
            targets.insert(function);
      }
    }
  }

  void expand(CallBase &call) {
    Targets targets;
    if (auto found = virtualTargets.find(&call); found != virtualTargets.end()) {
      for (Function *function : found->second)
        if (isCompatible(call, *function))
          targets.insert(function);
    } else {
      for (auto &[function, number] : taken)
        if (isCompatible(call, *function) && function->getName() != "__cxa_pure_virtual")
          targets.insert(function);
    }
    IRBuilder<> builder(&call);
    Value *address = builder.CreatePtrToInt(call.getCalledOperand(), builder.getInt64Ty());
    BasicBlock *before = call.getParent();
    BasicBlock *after = SplitBlock(before, &call);
    LLVMContext &context = call.getContext();
    Function *caller = before->getParent();
    BasicBlock *bad = BasicBlock::Create(context, "no.function", caller, after);
    before->getTerminator()->eraseFromParent();
    builder.SetInsertPoint(before);
    SwitchInst *choice = builder.CreateSwitch(address, bad, targets.size());
    builder.SetInsertPoint(&after->front());
    PHINode *result = nullptr;
    if (!call.getType()->isVoidTy())
      result = builder.CreatePHI(call.getType(), targets.size());
    for (Function *target : targets) {
      BasicBlock *block = BasicBlock::Create(context, "call", caller, after);
      choice->addCase(builder.getInt64(taken.lookup(target)), block);
      builder.SetInsertPoint(block);
      builder.SetCurrentDebugLocation(call.getDebugLoc());
      Value *value = callDirectly(builder, call, *target);
      builder.CreateBr(after);
      if (result)
        result->addIncoming(value, block);
    }
    builder.SetInsertPoint(bad);
    builder.SetCurrentDebugLocation(call.getDebugLoc());
    FunctionCallee failure = caller->getParent()->getOrInsertFunction(
        "__npu_bad_call", FunctionType::get(builder.getVoidTy(), {builder.getInt64Ty()}, false));
    builder.CreateCall(failure, {address});
    builder.CreateUnreachable();
    if (result) {
      if (targets.empty())
        call.replaceAllUsesWith(PoisonValue::get(call.getType()));
      else
        call.replaceAllUsesWith(result);
      if (targets.empty())
        result->eraseFromParent();
    }
    call.eraseFromParent();
  }

  static void dropTypeTests(Module &module) {
    for (Function &function : make_early_inc_range(module)) {
      StringRef name = function.getName();
      if (name != "llvm.type.test" && name != "llvm.public.type.test")
        continue;
      for (User *user : make_early_inc_range(function.users())) {
        auto *test = cast<CallInst>(user);
        for (User *assumption : make_early_inc_range(test->users()))
          if (isa<AssumeInst>(assumption))
            cast<Instruction>(assumption)->eraseFromParent();
        test->replaceAllUsesWith(ConstantInt::getTrue(test->getContext()));
        test->eraseFromParent();
      }
      function.eraseFromParent();
    }
    for (GlobalVariable &variable : module.globals())
      variable.eraseMetadata(LLVMContext::MD_type);
  }

  void replaceAddresses() {
    for (auto &[function, number] : taken) {
      std::vector<Use *> callees;
      for (Use &use : function->uses())
        if (auto *call = dyn_cast<CallBase>(use.getUser()); call && call->isCallee(&use))
          callees.push_back(&use);
      // Direct calls keep the function: they look away while the address is replaced.
      Function *aside = Function::Create(function->getFunctionType(), GlobalValue::ExternalLinkage,
                                         "", function->getParent());
      for (Use *use : callees)
        use->set(aside);
      Constant *word = ConstantInt::get(Type::getInt64Ty(function->getContext()), number);
      function->replaceNonMetadataUsesWith(ConstantExpr::getIntToPtr(word, function->getType()));
      aside->replaceAllUsesWith(function);
      aside->eraseFromParent();
    }
  }

  MapVector<Function *, uint64_t> taken; // -> its number
  DenseMap<CallBase *, Targets> virtualTargets;
};

} // namespace

std::unique_ptr<DevicePass> makeIndirectCalls() { return std::make_unique<IndirectCalls>(); }

} // namespace npu
