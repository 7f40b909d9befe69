// See functions.h. What a warp function's body needs of the vectoriser is here too: its arguments,
// its results and its calls.
#include "device/warp/functions.h"

#include "device/pipeline.h"
#include "device/warp/copies.h"
#include "device/warp/interleave.h"
#include "device/warp/vectorizer.h"

#include "llvm/Analysis/ValueTracking.h"
#include "llvm/Transforms/Utils/Cloning.h"

using namespace llvm;

namespace npu::warp {

namespace {

// Of a function: in kernels with conditions, usually one with and one without a mask.
constexpr unsigned kForms = 2;

Type *vectorOf(Type *type) {
  if (auto *structure = dyn_cast<StructType>(type)) {
    SmallVector<Type *, 4> parts;
    for (Type *part : structure->elements())
      parts.push_back(vectorOf(part));
    return StructType::get(type->getContext(), parts);
  }
  return FixedVectorType::get(type, kLanes);
}

// The result is one vector, or a struct of them.
FunctionType *typeOf(const Function &function, const FunctionForm &form) {
  SmallVector<Type *, 8> types;
  for (const Argument &argument : function.args())
    types.push_back(form.isUniform[argument.getArgNo()] ? argument.getType()
                                                        : vectorOf(argument.getType()));
  if (!form.isFull)
    types.push_back(vectorOf(Type::getInt8Ty(function.getContext())));
  return FunctionType::get(vectorOf(function.getReturnType()), types, false);
}

} // namespace

Function *WarpFunctions::formFor(Function &function, FunctionForm &form) {
  std::map<FunctionForm, Function *> &known = forms[&function];
  const auto fits = [&form](const FunctionForm &other) {
    if (other.isFull != form.isFull)
      return false;
    for (unsigned i = 0; i < form.isUniform.size(); ++i)
      if (other.isUniform[i] && !form.isUniform[i])
        return false;
    return true;
  };
  // The more forms, the less they gain: the third takes as numbers what all take so.
  if (!known.count(form) && known.size() >= kForms) {
    for (const auto &[other, made] : known)
      if (fits(other)) {
        form = other;
        return made;
      }
    for (const auto &[other, made] : known)
      for (unsigned i = 0; i < form.isUniform.size(); ++i)
        form.isUniform[i] = form.isUniform[i] && other.isUniform[i];
  }
  auto found = known.find(form);
  if (found == known.end())
    found = known.emplace(form, make(function, form)).first;
  return found->second;
}

Function *WarpFunctions::make(Function &function, const FunctionForm &form) {
  ValueToValueMapTy map;
  Function *lanes = CloneFunction(&function, map);
  interleaveArrays(*lanes);
  separateCopies(*lanes);
  Function *made = Vectorizer(*lanes, *this, form).run();
  lanes->eraseFromParent();
  if (made) {
    made->setName(function.getName() + ".warp");
    all.push_back(made);
  }
  return made;
}

void Vectorizer::startFunction() {
  result =
      Function::Create(typeOf(source, *form), GlobalValue::InternalLinkage, "", source.getParent());
  for (Attribute::AttrKind kind : {Attribute::NoInline, Attribute::NoUnwind})
    result->addFnAttr(kind);
  result->addFnAttr(kScalarFunction);
  result->addFnAttr(kWarpFunction);
  for (Argument &argument : source.args()) {
    Argument *own = result->getArg(argument.getArgNo());
    own->setName(argument.getName());
    LaneValue value;
    (form->isUniform[argument.getArgNo()] ? value.scalar : value.vector) = own;
    set(argument, value);
  }
}

void Vectorizer::enterFunction() {
  Type *bit = builder.getInt1Ty();
  mask = form->isFull ? Constant::getAllOnesValue(FixedVectorType::get(bit, kLanes))
                      : builder.CreateTrunc(result->getArg(result->arg_size() - 1),
                                            FixedVectorType::get(bit, kLanes), "called");
}

void Vectorizer::leaveFunction(const ReturnInst &leave) {
  Value *value = leave.getReturnValue();
  if (!value->getType()->isStructTy()) {
    builder.CreateRet(vector(value));
    return;
  }
  LaneValue lanes = get(value);
  Value *all = PoisonValue::get(result->getReturnType());
  for (unsigned i = 0; i < value->getType()->getStructNumElements(); ++i)
    all = builder.CreateInsertValue(
        all, lanes.scalar ? splat(builder.CreateExtractValue(lanes.scalar, i)) : lanes.fields[i],
        i);
  builder.CreateRet(all);
}

// false: there is no such form.
bool Vectorizer::emitWarpFunction(const CallInst &call) {
  FunctionForm form;
  form.isFull = isFull(mask);
  for (const Use &argument : call.args())
    form.isUniform.push_back(get(argument.get()).scalar != nullptr);
  Function *callee = functions.formFor(*call.getCalledFunction(), form);
  if (!callee)
    return false;
  SmallVector<Value *, 8> arguments;
  for (const Use &argument : call.args())
    arguments.push_back(form.isUniform[argument.getOperandNo()] ? scalar(argument.get())
                                                                : vector(argument.get()));
  if (!form.isFull)
    arguments.push_back(
        builder.CreateSExt(mask, FixedVectorType::get(builder.getInt8Ty(), kLanes)));
  CallInst *made = builder.CreateCall(callee, arguments);
  auto *structure = dyn_cast<StructType>(call.getType());
  LaneValue value;
  if (!structure)
    value.vector = made;
  else
    for (unsigned i = 0; i < structure->getNumElements(); ++i)
      value.fields.push_back(builder.CreateExtractValue(made, i));
  set(call, value);
  return true;
}

} // namespace npu::warp
