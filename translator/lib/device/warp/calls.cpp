// Calls: LLVM intrinsics and the machine's registers on vectors; other functions lane by lane.
// Warp operations are in warp_operations.cpp.
#include "device/warp/vectorizer.h"

#include "device/pipeline.h"
#include "device/warp/full_warps.h"
#include "device/warp/turns.h"

#include "llvm/Analysis/VectorUtils.h"
#include "llvm/IR/IntrinsicInst.h"

using namespace llvm;

namespace npu::warp {

namespace {

bool isDropped(const CallInst &call) {
  if (endsThread(call))
    return true; // the block's end returns
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

} // namespace

void Vectorizer::emitCall(const CallInst &call) {
  if (isFullVote(call))
    return emitFullVote(call);
  if (isDropped(call) || emitStop(call))
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
  // Warp functions read memory at most.
  bool pure = isWarpFunction(*call.getCalledFunction()) ||
              (call.doesNotAccessMemory() && !call.mayHaveSideEffects());
  if (pure && shapes.isUniform(call))
    return emitUniform(call);
  if (isWarpFunction(*call.getCalledFunction()) && emitWarpFunction(call))
    return;
  // Moves between uniform places need one execution.
  bool sameForAll = isa<MemIntrinsic>(call) &&
                    all_of(call.args(), [&](const Use &use) { return get(use.get()).scalar; });
  if (sameForAll)
    return emitUniform(call);
  emitPerLane(call, LaneLoop::Cold);
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

} // namespace npu::warp
