// Calls: LLVM intrinsics, the machine's registers and OpenCL's math functions on vectors.
// Warp operations are in warp_operations.cpp.
#include "device/warp/vectorizer.h"

#include "llvm/Analysis/VectorUtils.h"
#include "llvm/IR/IntrinsicInst.h"

using namespace llvm;

namespace npu::warp {

namespace {

// OpenCL implementations for CPUs pass vectors as C does: in a register where one is wide enough,
// else in memory. Calls must not be wider than the processor's registers, or caller and callee
// disagree.
unsigned lanesOfBuiltin(const CallInst &call, unsigned registerBits) {
  unsigned elementBits = call.getType()->getPrimitiveSizeInBits();
  for (const Use &argument : call.args())
    elementBits = std::max<unsigned>(elementBits, argument->getType()->getPrimitiveSizeInBits());
  return elementBits ? std::min(registerBits / elementBits, 16u) : 0;
}

bool isDropped(const CallInst &call) {
  if (call.isInlineAsm())
    return true; // only empty ones are left: compiler barriers
  switch (call.getIntrinsicID()) {
  case Intrinsic::lifetime_start:
  case Intrinsic::lifetime_end:
  case Intrinsic::assume:
  case Intrinsic::sideeffect:
  case Intrinsic::experimental_noalias_scope_decl:
  case Intrinsic::invariant_start:
  case Intrinsic::invariant_end:
    return true;
  default:
    return isa<DbgInfoIntrinsic>(call);
  }
}

// "_Z3powff" on scalars -> "_Z3powDv16_fS_": Itanium mangling of OpenCL's overload on vectors.
// Empty for parameters other than plain numbers.
std::string vectorBuiltinName(StringRef name, unsigned lanes) {
  // PoCL 3.1's float vectors of these are wrong in small lanes when another lane is large.
  if (name == "_Z3sinf" || name == "_Z3cosf" || name == "_Z3tanf" || !name.consume_front("_Z"))
    return "";
  unsigned length = 0;
  if (name.consumeInteger(10, length) || name.size() < length)
    return "";
  std::string result = "_Z" + std::to_string(length) + name.take_front(length).str();
  std::string seen;
  for (char type : name.drop_front(length)) {
    if (!StringRef("fdijlm").contains(type))
      return "";
    size_t index = seen.find(type);
    if (index == std::string::npos) {
      seen += type;
      result += "Dv" + std::to_string(lanes) + "_" + type;
    } else {
      result += index == 0 ? "S_" : "S" + std::to_string(index - 1) + "_";
    }
  }
  return result;
}

} // namespace

void Vectorizer::emitCall(const CallInst &call) {
  if (isDropped(call))
    return;
  if (call.getCalledFunction()->isIntrinsic()) {
    StringRef name = call.getCalledFunction()->getName();
    if (name.consume_front("llvm.nvvm.")) {
      if (!emitMachineIntrinsic(call, name))
        refuse(call, "the machine instruction " + name);
      return;
    }
    if (emitIntrinsic(call))
      return;
  }
  bool pure = call.doesNotAccessMemory() && !call.mayHaveSideEffects();
  if (pure && shapes.isUniform(call))
    return emitUniform(call);
  if (pure && emitBuiltin(call))
    return;
  // Moves between uniform places need one execution.
  bool sameForAll = isa<MemIntrinsic>(call) && !mayBeEmpty &&
                    all_of(call.args(), [&](const Use &use) { return get(use.get()).scalar; });
  if (sameForAll)
    return emitUniform(call);
  emitPerLane(call);
}

bool Vectorizer::emitIntrinsic(const CallInst &call) {
  Intrinsic::ID id = call.getIntrinsicID();
  if (!isTriviallyVectorizable(id))
    return false;
  if (shapes.isUniform(call)) {
    emitUniform(call);
    return true;
  }
  SmallVector<Value *, 4> arguments;
  SmallVector<Type *, 2> overloads = {FixedVectorType::get(call.getType(), kLanes)};
  for (unsigned i = 0; i < call.arg_size(); ++i) {
    Value *argument = call.getArgOperand(i);
    if (isVectorIntrinsicWithScalarOpAtArg(id, i)) {
      arguments.push_back(scalar(argument));
      if (!arguments.back()) // powi by a power that differs: one lane at a time
        return false;
      if (isVectorIntrinsicWithOverloadTypeAtArg(id, i))
        overloads.push_back(argument->getType());
    } else {
      arguments.push_back(vector(argument));
      if (isVectorIntrinsicWithOverloadTypeAtArg(id, i))
        overloads.push_back(arguments.back()->getType());
    }
  }
  Function *declaration = Intrinsic::getDeclaration(source.getParent(), id, overloads);
  CallInst *made = builder.CreateCall(declaration, arguments);
  if (isa<FPMathOperator>(made))
    made->copyFastMathFlags(&call);
  setVector(call, made);
  return true;
}

bool Vectorizer::emitMachineIntrinsic(const CallInst &call, StringRef name) {
  LaneValue value;
  if (name == "barrier0" || name == "bar.sync" || name.startswith("membar.")) {
    builder.Insert(call.clone());
    return true;
  }
  if (name == "bar.warp.sync") // lanes are in lockstep; memory keeps its order
    return true;
  if (name.startswith("ldg.global.")) {
    auto *pointer = const_cast<Value *>(call.getArgOperand(0));
    auto *load = new LoadInst(call.getType(), pointer, "", /*isVolatile=*/false,
                              cast<ConstantInt>(call.getArgOperand(1))->getAlignValue());
    emitLoad(*load);
    values[&call] = values[load];
    values.erase(load);
    load->deleteValue();
    return true;
  }
  if (name.consume_front("read.ptx.sreg.")) {
    if (name == "tid.x" || name == "tid.y" || name == "tid.z") {
      set(call, threadValues[name.back() - 'x']);
    } else if (name == "laneid") {
      value.base = builder.getInt32(0);
      value.step = 1;
      set(call, value);
    } else if (name == "warpid") {
      value.scalar = warpIndex;
      set(call, value);
    } else if (name.startswith("lanemask.")) {
      return emitLaneMask(call, name.drop_front(strlen("lanemask.")));
    } else {
      emitUniform(call);
    }
    return true;
  }
  return emitWarpOperation(call, name);
}

bool Vectorizer::emitLaneMask(const CallInst &call, StringRef relation) {
  auto value = [&](auto bits) {
    SmallVector<Constant *, kLanes> lanes;
    for (unsigned lane = 0; lane < kLanes; ++lane)
      lanes.push_back(builder.getInt32(bits(lane)));
    setVector(call, ConstantVector::get(lanes));
    return true;
  };
  if (relation == "eq")
    return value([](unsigned lane) { return 1u << lane; });
  if (relation == "lt")
    return value([](unsigned lane) { return (1u << lane) - 1; });
  if (relation == "le")
    return value([](unsigned lane) { return (2u << lane) - 1; });
  if (relation == "gt")
    return value([](unsigned lane) { return ~((2u << lane) - 1); });
  if (relation == "ge")
    return value([](unsigned lane) { return ~((1u << lane) - 1); });
  return false;
}

bool Vectorizer::emitBuiltin(const CallInst &call) {
  unsigned lanes = lanesOfBuiltin(call, registerBits);
  std::string name = lanes < 2 ? "" : vectorBuiltinName(call.getCalledFunction()->getName(), lanes);
  if (name.empty() || !(call.getType()->isFloatTy() || call.getType()->isDoubleTy() ||
                        call.getType()->isIntegerTy(32) || call.getType()->isIntegerTy(64)))
    return false;
  SmallVector<Type *, 3> types;
  SmallVector<Value *, 3> arguments;
  for (const Use &argument : call.args()) {
    arguments.push_back(vector(argument.get()));
    types.push_back(FixedVectorType::get(argument->getType(), lanes));
  }
  auto *type = FunctionType::get(FixedVectorType::get(call.getType(), lanes), types, false);
  FunctionCallee callee = source.getParent()->getOrInsertFunction(name, type);
  auto *function = cast<Function>(callee.getCallee());
  function->setCallingConv(call.getCalledFunction()->getCallingConv());
  function->setDoesNotAccessMemory();
  function->setDoesNotThrow();
  widthUsed = std::max(widthUsed, registerBits);
  SmallVector<Value *, kLanes> parts;
  for (unsigned first = 0; first < kLanes; first += lanes) {
    SmallVector<int, 16> part;
    for (unsigned lane = 0; lane < lanes; ++lane)
      part.push_back(first + lane);
    SmallVector<Value *, 3> some;
    for (Value *argument : arguments)
      some.push_back(builder.CreateShuffleVector(argument, part));
    CallInst *made = builder.CreateCall(callee, some);
    made->setCallingConv(function->getCallingConv());
    if (isa<FPMathOperator>(made))
      made->copyFastMathFlags(&call);
    parts.push_back(made);
  }
  setVector(call, concatenateVectors(builder, parts));
  return true;
}

} // namespace npu::warp
