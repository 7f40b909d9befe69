// See flat_signatures.h.
#include "device/flat_signatures.h"

#include "llvm/IR/IRBuilder.h"
#include "llvm/IR/Instructions.h"

using namespace llvm;

namespace npu {

namespace {

// More would be handed over in memory anyway.
constexpr unsigned kMostNumbers = 16;

// Structs may be packed; the optimiser knows more of most.
const Align kAnywhere(1);

struct Number {
  Type *type;
  uint64_t offset; // in its struct
};

bool isNumber(const Type &type) { return type.isIntegerTy() || type.isFloatingPointTy(); }

// What lies between fields is handed over, too: a union has the fields of one of its members, and
// the bytes of all.
bool addGap(LLVMContext &context, uint64_t from, uint64_t to, SmallVectorImpl<Number> &numbers) {
  while (from < to) {
    uint64_t bytes = 1;
    while (bytes < 8 && from % (2 * bytes) == 0 && from + 2 * bytes <= to)
      bytes *= 2;
    numbers.push_back({IntegerType::get(context, unsigned(8 * bytes)), from});
    from += bytes;
  }
  return numbers.size() <= kMostNumbers;
}

// false: something in it is no number, or there are too many.
bool addNumbers(Type &type, uint64_t offset, const DataLayout &layout,
                SmallVectorImpl<Number> &numbers) {
  if (!type.isSized())
    return false;
  const uint64_t size = layout.getTypeAllocSize(&type);
  if (isNumber(type)) {
    numbers.push_back({&type, offset});
    return addGap(type.getContext(), offset + layout.getTypeStoreSize(&type), offset + size,
                  numbers);
  }
  if (auto *structure = dyn_cast<StructType>(&type)) {
    const StructLayout &fields = *layout.getStructLayout(structure);
    uint64_t end = offset;
    for (unsigned i = 0; i < structure->getNumElements(); ++i) {
      Type &field = *structure->getElementType(i);
      const uint64_t start = offset + fields.getElementOffset(i);
      if (!addGap(type.getContext(), end, start, numbers) ||
          !addNumbers(field, start, layout, numbers))
        return false;
      end = start + layout.getTypeAllocSize(&field);
    }
    return addGap(type.getContext(), end, offset + size, numbers);
  }
  auto *array = dyn_cast<ArrayType>(&type);
  if (!array || array->getNumElements() > kMostNumbers)
    return false;
  const uint64_t step = layout.getTypeAllocSize(array->getElementType());
  for (unsigned i = 0; i < array->getNumElements(); ++i)
    if (!addNumbers(*array->getElementType(), offset + i * step, layout, numbers))
      return false;
  return true;
}

SmallVector<Number, 8> numbersOf(Type &type, const DataLayout &layout) {
  SmallVector<Number, 8> numbers;
  addNumbers(type, 0, layout, numbers);
  return numbers;
}

bool isFlat(Type &type, const DataLayout &layout) {
  SmallVector<Number, 8> numbers;
  return addNumbers(type, 0, layout, numbers) && !numbers.empty();
}

class Flattening {
public:
  explicit Flattening(Function &function)
      : function(function), layout(function.getParent()->getDataLayout()) {}

  Function *run() {
    Type *result = function.getReturnType();
    if (!isNumber(*result)) {
      SmallVector<Type *, 8> parts;
      for (const Number &number : numbersOf(*result, layout))
        parts.push_back(number.type);
      result = StructType::get(function.getContext(), parts);
    }
    SmallVector<Type *, 8> types;
    for (Argument &argument : function.args()) {
      Type *structure = argument.getParamByValType();
      if (!structure) {
        types.push_back(argument.getType());
        continue;
      }
      for (const Number &number : numbersOf(*structure, layout))
        types.push_back(number.type);
    }
    made = Function::Create(FunctionType::get(result, types, false), function.getLinkage(), "",
                            function.getParent());
    made->copyAttributesFrom(&function);
    made->setAttributes(AttributeList::get(
        function.getContext(), AttributeList::FunctionIndex,
        AttrBuilder(function.getContext(), function.getAttributes().getFnAttrs())));
    made->takeName(&function);
    made->setSubprogram(function.getSubprogram());
    function.setSubprogram(nullptr);
    made->getBasicBlockList().splice(made->begin(), function.getBasicBlockList());
    joinParameters();
    splitResults();
    for (User *user : make_early_inc_range(function.users()))
      rewrite(*cast<CallInst>(user));
    function.eraseFromParent();
    return made;
  }

private:
  Value *place(IRBuilder<> &builder, Value &start, const Number &number) {
    Value *bytes = builder.CreateBitCast(
        &start, builder.getInt8PtrTy(start.getType()->getPointerAddressSpace()));
    Value *at = builder.CreateConstInBoundsGEP1_64(builder.getInt8Ty(), bytes, number.offset);
    return builder.CreateBitCast(
        at, number.type->getPointerTo(start.getType()->getPointerAddressSpace()));
  }

  static AllocaInst *allocate(Function &owner, Type *type) {
    IRBuilder<> builder(&*owner.getEntryBlock().getFirstInsertionPt());
    return builder.CreateAlloca(type);
  }

  void joinParameters() {
    IRBuilder<> builder(&*made->getEntryBlock().getFirstInsertionPt());
    unsigned next = 0;
    for (Argument &argument : function.args()) {
      Type *structure = argument.getParamByValType();
      if (!structure) {
        made->getArg(next)->takeName(&argument);
        argument.replaceAllUsesWith(made->getArg(next++));
        continue;
      }
      AllocaInst *own = allocate(*made, structure);
      own->setAlignment(std::max(own->getAlign(), argument.getParamAlign().valueOrOne()));
      for (const Number &number : numbersOf(*structure, layout))
        builder.CreateAlignedStore(made->getArg(next++), place(builder, *own, number), kAnywhere);
      argument.replaceAllUsesWith(own);
    }
  }

  void splitResults() {
    if (made->getReturnType() == function.getReturnType())
      return;
    for (BasicBlock &block : *made) {
      auto *leave = dyn_cast<ReturnInst>(block.getTerminator());
      if (!leave)
        continue;
      IRBuilder<> builder(leave);
      AllocaInst *whole = allocate(*made, function.getReturnType());
      builder.CreateStore(leave->getReturnValue(), whole);
      Value *result = PoisonValue::get(made->getReturnType());
      unsigned next = 0;
      for (const Number &number : numbersOf(*function.getReturnType(), layout))
        result = builder.CreateInsertValue(
            result,
            builder.CreateAlignedLoad(number.type, place(builder, *whole, number), kAnywhere),
            next++);
      builder.CreateRet(result);
      leave->eraseFromParent();
    }
  }

  void rewrite(CallInst &call) {
    IRBuilder<> builder(&call);
    SmallVector<Value *, 8> arguments;
    for (Argument &argument : function.args()) {
      Value *given = call.getArgOperand(argument.getArgNo());
      Type *structure = argument.getParamByValType();
      if (!structure)
        arguments.push_back(given);
      else
        for (const Number &number : numbersOf(*structure, layout))
          arguments.push_back(
              builder.CreateAlignedLoad(number.type, place(builder, *given, number), kAnywhere));
    }
    CallInst *replacement = builder.CreateCall(made, arguments);
    replacement->setCallingConv(call.getCallingConv());
    replacement->setDebugLoc(call.getDebugLoc());
    if (isa<FPMathOperator>(replacement))
      replacement->copyFastMathFlags(&call);
    Value *result = replacement;
    if (made->getReturnType() != function.getReturnType()) {
      AllocaInst *whole = allocate(*call.getFunction(), function.getReturnType());
      unsigned next = 0;
      for (const Number &number : numbersOf(*function.getReturnType(), layout))
        builder.CreateAlignedStore(builder.CreateExtractValue(replacement, next++),
                                   place(builder, *whole, number), kAnywhere);
      result = builder.CreateLoad(function.getReturnType(), whole);
    }
    call.replaceAllUsesWith(result);
    call.eraseFromParent();
  }

  Function &function;
  const DataLayout &layout;
  Function *made = nullptr;
};

} // namespace

bool hasFlatSignature(const Function &function) {
  const DataLayout &layout = function.getParent()->getDataLayout();
  return isFlat(*function.getReturnType(), layout) &&
         all_of(function.args(), [&](const Argument &argument) {
           Type *structure = argument.getParamByValType();
           return structure ? isFlat(*structure, layout) : isNumber(*argument.getType());
         });
}

Function *flatten(Function &function) {
  bool isAlready =
      !function.getReturnType()->isAggregateType() &&
      none_of(function.args(), [](const Argument &argument) { return argument.hasByValAttr(); });
  return isAlready ? &function : Flattening(function).run();
}

} // namespace npu
