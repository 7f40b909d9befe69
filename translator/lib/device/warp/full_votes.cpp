// Votes of warps that may have all their lanes (full_warps.h).
#include "device/warp/full_warps.h"
#include "device/warp/vectorizer.h"

#include "llvm/IR/IntrinsicInst.h"
#include "llvm/IR/PatternMatch.h"

using namespace llvm;
using namespace llvm::PatternMatch;

namespace npu::warp {

// A vote over a comparison of a pattern with a uniform value: the other lanes lie between the
// corners of the warp's rectangle. It fails when the pattern wraps between these.
Value *Vectorizer::compareCorners(const Value *pattern, const Value *other,
                                  CmpInst::Predicate predicate) {
  LaneValue lanes = get(const_cast<Value *>(pattern));
  Value *bound = scalar(const_cast<Value *>(other));
  auto *row = dyn_cast_or_null<ConstantInt>(lanes.rowStep);
  if (!lanes.base || !bound || (lanes.rowStep && !row))
    return builder.getFalse();
  unsigned columns = lanes.rowStep ? shapes.width() : kLanes;
  int64_t across = lanes.step * int64_t(columns - 1);
  int64_t down = row ? row->getSExtValue() * int64_t(kLanes / columns - 1) : 0;
  Value *holds = lanes.valid ? builder.CreateFreeze(lanes.valid) : builder.getTrue();
  bool isSigned = CmpInst::isSigned(predicate);
  auto corner = [&](int64_t offset) -> Value * {
    if (!offset)
      return lanes.base;
    Type *type = lanes.base->getType();
    unsigned width = type->getIntegerBitWidth();
    if (isSigned ? !isIntN(width, offset) : !isUIntN(width, std::abs(offset)))
      holds = builder.getFalse();
    Intrinsic::ID sum = isSigned     ? Intrinsic::sadd_with_overflow
                        : offset > 0 ? Intrinsic::uadd_with_overflow
                                     : Intrinsic::usub_with_overflow;
    Value *distance = ConstantInt::get(type, isSigned ? offset : std::abs(offset), true);
    Value *pair = builder.CreateIntrinsic(sum, {type}, {lanes.base, distance});
    holds = builder.CreateAnd(holds, builder.CreateNot(builder.CreateExtractValue(pair, 1)));
    return builder.CreateExtractValue(pair, 0);
  };
  Value *least = corner(std::min<int64_t>(across, 0) + std::min<int64_t>(down, 0));
  Value *most = corner(std::max<int64_t>(across, 0) + std::max<int64_t>(down, 0));
  bool below = predicate == CmpInst::ICMP_SLT || predicate == CmpInst::ICMP_SLE ||
               predicate == CmpInst::ICMP_ULT || predicate == CmpInst::ICMP_ULE;
  return builder.CreateAnd(holds, builder.CreateICmp(predicate, below ? most : least, bound));
}

Value *Vectorizer::inAllLanes(Value *condition, bool isTrue) {
  LaneValue lanes = get(condition);
  if (lanes.scalar)
    return builder.CreateFreeze(isTrue ? lanes.scalar : builder.CreateNot(lanes.scalar));
  Value *a = nullptr, *b = nullptr;
  if (match(condition, m_Not(m_Value(a))))
    return inAllLanes(a, !isTrue);
  if (isTrue ? match(condition, m_LogicalAnd(m_Value(a), m_Value(b)))
             : match(condition, m_LogicalOr(m_Value(a), m_Value(b))))
    return builder.CreateAnd(inAllLanes(a, isTrue), inAllLanes(b, isTrue));
  if (std::optional<Comparison> comparison = comparisonOf(*condition, isTrue, shapes))
    return builder.CreateFreeze(
        compareCorners(comparison->pattern, comparison->other, comparison->predicate));
  Value *all = builder.CreateFreeze(vector(condition));
  return builder.CreateICmpEQ(maskBits(all), builder.getInt32(isTrue ? ~0u : 0u));
}

void Vectorizer::emitFullVote(const CallInst &call) {
  LaneValue value;
  value.scalar = inAllLanes(call.getArgOperand(0), true);
  if (!isFull(mask))
    value.scalar = builder.CreateAnd(value.scalar,
                                     builder.CreateICmpEQ(maskBits(mask), builder.getInt32(~0u)));
  set(call, value);
}

} // namespace npu::warp
