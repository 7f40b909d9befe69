// Addresses of shared memory as numbers, and the questions which memory an address is in.
//
// PTX's shared addresses are 32 bits wide; ours are pointers. A handle is what the machine's
// address is: an offset into the block's shared memory, where the kernel's static variables lie one
// after the other and dynamic memory follows. The variables need not lie so here: an offset tells
// which variable is meant. Runs on optimised code, where most pointers show their variable.
#include "device/pipeline.h"
#include "device/ptx/lower.h"

#include "llvm/ADT/SetVector.h"
#include "llvm/Analysis/ValueTracking.h"
#include "llvm/IR/InstIterator.h"

using namespace llvm;

namespace npu {

namespace {

constexpr unsigned kSharedSpace = 3, kConstantSpace = 4;

struct Region {
  Value *object = nullptr; // a shared variable
  uint64_t offset = 0, bytes = 0;
  bool isDynamic = false;
};

// The shared variable that an address is in, as far as the code shows.
GlobalVariable *sharedVariable(const Value *pointer) {
  auto *variable = dyn_cast<GlobalVariable>(getUnderlyingObject(pointer, 0));
  return variable && variable->getAddressSpace() == kSharedSpace
             ? const_cast<GlobalVariable *>(variable)
             : nullptr;
}

// The variable whose handle `handle` is computed from.
GlobalVariable *originOf(const Value *handle, unsigned depth = 0) {
  if (auto *call = dyn_cast<CallInst>(handle)) {
    const Function *callee = call->getCalledFunction();
    return callee && callee->getName() == ptx::kSharedHandle
               ? sharedVariable(call->getArgOperand(0))
               : nullptr;
  }
  auto *instruction = dyn_cast<Instruction>(handle);
  if (!instruction || depth > 8)
    return nullptr;
  switch (instruction->getOpcode()) {
  case Instruction::Add:
  case Instruction::Or:
  case Instruction::ZExt:
  case Instruction::Trunc:
    for (const Use &operand : instruction->operands())
      if (GlobalVariable *found = originOf(operand.get(), depth + 1))
        return found;
    return nullptr;
  default:
    return nullptr;
  }
}

class KernelWindows {
public:
  KernelWindows(Function &kernel, PassContext &context)
      : kernel(kernel), context(context), layout(kernel.getParent()->getDataLayout()) {}

  bool run() {
    std::vector<CallInst *> calls;
    for (Instruction &instruction : instructions(kernel))
      if (auto *call = dyn_cast<CallInst>(&instruction))
        if (const Function *callee = call->getCalledFunction())
          if (callee->getName() == ptx::kSharedHandle || callee->getName() == ptx::kSharedAddress ||
              callee->getName().startswith("llvm.nvvm.isspacep."))
            calls.push_back(call);
    if (calls.empty())
      return false;
    findRegions();
    // Addresses first: they look at the handles that they come from.
    for (StringRef name : {StringRef(ptx::kSharedAddress), StringRef(ptx::kSharedHandle),
                           StringRef("llvm.nvvm.isspacep.")})
      for (CallInst *&call : calls)
        if (call && call->getCalledFunction()->getName().startswith(name)) {
          replace(*call, name);
          call = nullptr;
        }
    return true;
  }

private:
  void findRegions() {
    SetVector<GlobalVariable *> variables;
    for (Instruction &instruction : instructions(kernel))
      for (const Use &operand : instruction.operands())
        collect(operand.get(), variables);
    uint64_t end = 0;
    for (bool dynamic : {false, true})
      for (GlobalVariable *variable : variables) {
        if (variable->isDeclaration() != dynamic || variable->getAddressSpace() != kSharedSpace)
          continue;
        uint64_t bytes = layout.getTypeAllocSize(variable->getValueType());
        // Vector accesses count on what the machine aligns to.
        uint64_t start = alignTo(end, std::max<uint64_t>(16, variable->getAlignment()));
        regions.push_back({variable, start, bytes, dynamic});
        if (!dynamic) // all dynamic variables are the same memory
          end = start + bytes;
      }
    for (GlobalVariable *variable : variables)
      if (variable->getAddressSpace() == kConstantSpace)
        constants.push_back(variable);
  }

  static void collect(const Value *value, SetVector<GlobalVariable *> &variables) {
    if (auto *variable = dyn_cast<GlobalVariable>(value))
      variables.insert(const_cast<GlobalVariable *>(variable));
    else if (auto *expression = dyn_cast<Constant>(value); expression && !isa<GlobalValue>(value))
      for (const Use &operand : expression->operands())
        collect(operand.get(), variables);
  }

  const Region *regionOf(const Value *variable) const {
    for (const Region &region : regions)
      if (region.object == variable)
        return &region;
    return nullptr;
  }

  void replace(CallInst &call, StringRef name) {
    IRBuilder<> builder(&call);
    Value *result = nullptr;
    if (name == ptx::kSharedAddress)
      result = address(builder, call);
    else if (name == ptx::kSharedHandle)
      result = handle(builder, call);
    else
      result = isIn(builder, call, call.getCalledFunction()->getName().substr(name.size()));
    call.replaceAllUsesWith(result ? result : UndefValue::get(call.getType()));
    call.eraseFromParent();
  }

  Value *place(IRBuilder<> &builder, const Region &region, Value *handle) {
    Value *offset = builder.CreateSub(handle, builder.getInt32(region.offset));
    Value *base = builder.CreateBitCast(region.object, builder.getInt8PtrTy(kSharedSpace));
    return builder.CreateGEP(builder.getInt8Ty(), base,
                             builder.CreateZExt(offset, builder.getInt64Ty()));
  }

  Value *address(IRBuilder<> &builder, CallInst &call) {
    Value *handle = call.getArgOperand(0);
    if (regions.empty()) {
      context.refuse(call, "inline-asm",
                     "inline PTX: an address in shared memory, of which the kernel has none",
                     "declare a __shared__ variable");
      return nullptr;
    }
    if (const Region *known = regionOf(originOf(handle)))
      return place(builder, *known, handle);
    Value *result = place(builder, regions.back(), handle);
    for (unsigned i = regions.size() - 1; i-- > 0;) {
      Value *before = builder.CreateICmpULT(handle, builder.getInt32(regions[i + 1].offset));
      if (regions[i].offset != regions[i + 1].offset)
        result = builder.CreateSelect(before, place(builder, regions[i], handle), result);
    }
    return result;
  }

  // The distance of an address from a region's start, in 64 bits.
  static Value *distance(IRBuilder<> &builder, Value *pointer, Value *object) {
    Type *number = builder.getInt64Ty();
    if (auto *cast = dyn_cast<AddrSpaceCastOperator>(pointer))
      if (cast->getSrcAddressSpace() == object->getType()->getPointerAddressSpace())
        return builder.CreateSub(builder.CreatePtrToInt(cast->getPointerOperand(), number),
                                 builder.CreatePtrToInt(object, number));
    Value *start = builder.CreatePointerBitCastOrAddrSpaceCast(object, builder.getInt8PtrTy());
    return builder.CreateSub(builder.CreatePtrToInt(pointer, number),
                             builder.CreatePtrToInt(start, number));
  }

  Value *offsetIn(IRBuilder<> &builder, Value *pointer, const Region &region) {
    Value *inside =
        builder.CreateTrunc(distance(builder, pointer, region.object), builder.getInt32Ty());
    return builder.CreateAdd(inside, builder.getInt32(region.offset));
  }

  // An address that is in none of the static variables is in dynamic memory, or a mistake.
  Value *handle(IRBuilder<> &builder, CallInst &call) {
    Value *pointer = call.getArgOperand(0);
    if (regions.empty())
      return builder.getInt32(0);
    if (const Region *known = regionOf(sharedVariable(pointer)))
      return offsetIn(builder, pointer, *known);
    Value *result = offsetIn(builder, pointer, regions.back());
    for (unsigned i = regions.size() - 1; i-- > 0;) {
      if (regions[i].isDynamic)
        continue;
      Value *within = builder.CreateICmpULE(distance(builder, pointer, regions[i].object),
                                            builder.getInt64(regions[i].bytes));
      result = builder.CreateSelect(within, offsetIn(builder, pointer, regions[i]), result);
    }
    return result;
  }

  Value *within(IRBuilder<> &builder, Value *pointer, Value *object, uint64_t bytes) {
    return builder.CreateICmpULT(distance(builder, pointer, object), builder.getInt64(bytes));
  }

  Value *isIn(IRBuilder<> &builder, CallInst &call, StringRef space) {
    Value *pointer = call.getArgOperand(0);
    if (space == "shared")
      return isShared(builder, call, pointer);
    if (space == "local")
      return isLocal(builder, pointer);
    if (space == "const")
      return isConstant(builder, pointer);
    Value *elsewhere = builder.CreateOr(isLocal(builder, pointer), isConstant(builder, pointer));
    Value *shared = isShared(builder, call, pointer);
    return shared ? builder.CreateNot(builder.CreateOr(elsewhere, shared)) : nullptr;
  }

  // The host has no address of shared or local memory to give.
  bool isParameter(const Value *object) const {
    auto *argument = dyn_cast<Argument>(object);
    return argument && !argument->hasByValAttr() && isKernel(kernel, context);
  }

  Value *isShared(IRBuilder<> &builder, CallInst &call, Value *pointer) {
    const Value *object = getUnderlyingObject(pointer, 0);
    if (auto *variable = dyn_cast<GlobalVariable>(object))
      return builder.getInt1(variable->getAddressSpace() == kSharedSpace);
    if (isa<AllocaInst>(object) || isParameter(object))
      return builder.getFalse();
    Value *result = builder.getFalse();
    for (const Region &region : regions) {
      if (region.isDynamic) {
        context.refuse(call, "intrinsic",
                       "whether an unknown address is in dynamic shared memory, whose size is not "
                       "known here",
                       "use a __shared__ array of constant size");
        return nullptr;
      }
      result = builder.CreateOr(result, within(builder, pointer, region.object, region.bytes));
    }
    return result;
  }

  Value *isLocal(IRBuilder<> &builder, Value *pointer) {
    const Value *object = getUnderlyingObject(pointer, 0);
    if (isa<AllocaInst>(object) || isa<GlobalVariable>(object) || isParameter(object))
      return builder.getInt1(isa<AllocaInst>(object));
    Value *result = builder.getFalse();
    for (Instruction &instruction : kernel.getEntryBlock())
      if (auto *variable = dyn_cast<AllocaInst>(&instruction))
        result =
            builder.CreateOr(result, within(builder, pointer, variable,
                                            layout.getTypeAllocSize(variable->getAllocatedType())));
    return result;
  }

  Value *isConstant(IRBuilder<> &builder, Value *pointer) {
    const Value *object = getUnderlyingObject(pointer, 0);
    if (auto *variable = dyn_cast<GlobalVariable>(object))
      return builder.getInt1(variable->getAddressSpace() == kConstantSpace);
    if (isa<AllocaInst>(object))
      return builder.getFalse();
    Value *result = builder.getFalse();
    for (GlobalVariable *variable : constants)
      result = builder.CreateOr(result, within(builder, pointer, variable,
                                               layout.getTypeAllocSize(variable->getValueType())));
    return result;
  }

  Function &kernel;
  PassContext &context;
  const DataLayout &layout;
  std::vector<Region> regions;
  std::vector<GlobalVariable *> constants;
};

class SharedWindows : public DevicePass {
public:
  void run(Module &module, PassContext &context) override {
    for (Function &function : module)
      if (!function.isDeclaration() && KernelWindows(function, context).run())
        clean(function);
  }

private:
  // Folds what is computed from the start of a variable and back.
  static void clean(Function &function) {
    runPasses(function, "early-cse,instcombine,gvn,simplifycfg");
  }
};

} // namespace

std::unique_ptr<DevicePass> makeSharedWindows() { return std::make_unique<SharedWindows>(); }

} // namespace npu
