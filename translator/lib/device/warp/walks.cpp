#include "device/warp/walks.h"

#include "device/pipeline.h"

#include "llvm/Analysis/ScalarEvolutionExpressions.h"
#include "llvm/Analysis/ValueTracking.h"
#include "llvm/IR/IntrinsicInst.h"

using namespace llvm;

namespace npu::warp {

namespace {

constexpr uint64_t kFar = 4096; // bytes: a page
constexpr unsigned kSharedSpace = 3;

// A block's own width is near; a grid's, or what the kernel is told, is not.
bool isUnbounded(const SCEV &distance) {
  return SCEVExprContains(&distance, [](const SCEV *part) {
    auto *unknown = dyn_cast<SCEVUnknown>(part);
    auto *value = unknown ? dyn_cast<Instruction>(unknown->getValue()) : nullptr;
    return unknown && !(value && calleeName(*value).startswith("llvm.nvvm.read.ptx.sreg.ntid."));
  });
}

Value *vectorPointer(Instruction &instruction) {
  if (auto *intrinsic = dyn_cast<IntrinsicInst>(&instruction)) {
    if (intrinsic->getIntrinsicID() == Intrinsic::masked_load)
      return intrinsic->getArgOperand(0);
    return intrinsic->getIntrinsicID() == Intrinsic::masked_store ? intrinsic->getArgOperand(1)
                                                                  : nullptr;
  }
  Value *pointer = getLoadStorePointerOperand(&instruction);
  return pointer && getLoadStoreType(&instruction)->isVectorTy() ? pointer : nullptr;
}

} // namespace

Walks::Walks(Function &kernel)
    : dominators(kernel), loops(dominators), assumptions(kernel),
      evolution(kernel, library, assumptions, dominators, loops) {}

Value *Walks::lanesPointer(Instruction &instruction) {
  Value *pointer = vectorPointer(instruction);
  const Value *object = pointer ? getUnderlyingObject(pointer, 0) : nullptr;
  bool isOwn = object && (isa<AllocaInst>(object) ||
                          object->getType()->getPointerAddressSpace() == kSharedSpace);
  return isOwn ? nullptr : pointer;
}

bool Walks::isFar(Value &pointer, const Loop &loop) {
  return isFar(*evolution.getSCEV(&pointer), 1, loop);
}

bool Walks::isFar(const SCEV &place, uint64_t scale, const Loop &loop) {
  if (auto *walk = dyn_cast<SCEVAddRecExpr>(&place)) {
    if (walk->getLoop() != &loop || !walk->isAffine())
      return false;
    const SCEV *distance = walk->getStepRecurrence(evolution);
    if (auto *constant = dyn_cast<SCEVConstant>(distance))
      return constant->getAPInt().abs().getLimitedValue(kFar) * scale >= kFar;
    return isUnbounded(*distance);
  }
  if (auto *cast = dyn_cast<SCEVCastExpr>(&place))
    return isFar(*cast->getOperand(), scale, loop);
  if (auto *product = dyn_cast<SCEVMulExpr>(&place))
    if (auto *factor = dyn_cast<SCEVConstant>(product->getOperand(0)))
      scale *= factor->getAPInt().abs().getLimitedValue(kFar);
  auto *parts = dyn_cast<SCEVNAryExpr>(&place);
  return parts &&
         any_of(parts->operands(), [&](const SCEV *part) { return isFar(*part, scale, loop); });
}

int64_t Walks::distance(Value &pointer, const Loop &loop) {
  int64_t sum = 0;
  return addDistance(*evolution.getSCEV(&pointer), 1, loop, sum) ? sum : 0;
}

// Adds what `place` times `scale` moves; false: not known.
bool Walks::addDistance(const SCEV &place, int64_t scale, const Loop &loop, int64_t &sum) {
  if (evolution.isLoopInvariant(&place, &loop))
    return true;
  const auto small = [](const SCEV *value) -> std::optional<int64_t> {
    auto *constant = dyn_cast_or_null<SCEVConstant>(value);
    if (!constant || constant->getAPInt().abs().ugt(kFar))
      return std::nullopt;
    return constant->getAPInt().getSExtValue();
  };
  if (auto *walk = dyn_cast<SCEVAddRecExpr>(&place)) {
    auto step = walk->getLoop() == &loop && walk->isAffine()
                    ? small(walk->getStepRecurrence(evolution))
                    : std::nullopt;
    sum += scale * step.value_or(0);
    return step.has_value();
  }
  if (auto *cast = dyn_cast<SCEVCastExpr>(&place))
    return addDistance(*cast->getOperand(), scale, loop, sum);
  if (auto *parts = dyn_cast<SCEVAddExpr>(&place))
    return all_of(parts->operands(),
                  [&](const SCEV *part) { return addDistance(*part, scale, loop, sum); });
  auto *product = dyn_cast<SCEVMulExpr>(&place);
  auto factor =
      product && product->getNumOperands() == 2 ? small(product->getOperand(0)) : std::nullopt;
  return factor && scale <= int64_t(kFar) &&
         addDistance(*product->getOperand(1), scale * *factor, loop, sum);
}

} // namespace npu::warp
