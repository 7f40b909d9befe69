// Where patterns hold in wider types too; see shapes.h.
//
// A vote over a comparison with a uniform value fails when the pattern wraps between the lanes
// (full_votes.cpp): behind it, the pattern is known not to.
#include "device/ir.h"
#include "device/warp/full_warps.h"
#include "device/warp/shapes.h"

#include "llvm/IR/InstIterator.h"
#include "llvm/IR/Instructions.h"
#include "llvm/IR/Operator.h"
#include "llvm/IR/PatternMatch.h"

using namespace llvm;
using namespace llvm::PatternMatch;

namespace npu::warp {

std::optional<Comparison> comparisonOf(const Value &condition, bool isTrue, const Shapes &shapes) {
  auto *compare = dyn_cast<ICmpInst>(&condition);
  if (!compare || compare->isEquality() || shapes.isUniform(condition) ||
      !compare->getOperand(0)->getType()->isIntegerTy())
    return std::nullopt;
  Comparison result = {compare->getOperand(0), compare->getOperand(1), compare->getPredicate()};
  if (shapes.isUniform(*result.pattern)) {
    std::swap(result.pattern, result.other);
    result.predicate = CmpInst::getSwappedPredicate(result.predicate);
  }
  const Pattern *pattern = shapes.pattern(*result.pattern);
  if (shapes.isUniform(*result.pattern) || !pattern || (pattern->hasRows && !pattern->rowKnown) ||
      !shapes.isUniform(*result.other))
    return std::nullopt;
  if (!isTrue)
    result.predicate = CmpInst::getInversePredicate(result.predicate);
  return result;
}

// Whether a condition that is the same in all lanes proves that the value does not wrap between
// them.
static bool provesRange(const Value &condition, bool isTrue, const Value &value, bool isSigned,
                        const Shapes &shapes) {
  const Value *a = nullptr, *b = nullptr;
  if (match(&condition, m_Not(m_Value(a))))
    return provesRange(*a, !isTrue, value, isSigned, shapes);
  if (isTrue ? match(&condition, m_LogicalAnd(m_Value(a), m_Value(b)))
             : match(&condition, m_LogicalOr(m_Value(a), m_Value(b))))
    return provesRange(*a, isTrue, value, isSigned, shapes) ||
           provesRange(*b, isTrue, value, isSigned, shapes);
  std::optional<Comparison> comparison = comparisonOf(condition, isTrue, shapes);
  return comparison && comparison->pattern == &value &&
         CmpInst::isSigned(comparison->predicate) == isSigned;
}

// Whether no lane's value wraps where control comes from `from` to `to` (nullptr: in `from`).
bool Shapes::isProvenOn(const BasicBlock &from, const BasicBlock *to, const Value &value,
                        bool isSigned) const {
  auto proves = [&](const BasicBlock &after) {
    auto *branch = cast<BranchInst>(after.getSinglePredecessor()->getTerminator());
    return provesRange(*cast<CallInst>(branch->getCondition())->getArgOperand(0), true, value,
                       isSigned, *this);
  };
  if (to && isFullVoteEdge(from, *to)) {
    auto *branch = cast<BranchInst>(from.getTerminator());
    if (provesRange(*cast<CallInst>(branch->getCondition())->getArgOperand(0), true, value,
                    isSigned, *this))
      return true;
  }
  const auto *node = dominators.getNode(&from);
  for (; node; node = node->getIDom())
    if (isAfterFullVote(*node->getBlock()) && proves(*node->getBlock()))
      return true;
  return false;
}

bool Shapes::isProven(const Value &value, const BasicBlock &at, bool isSigned) const {
  if (isUniform(value) || isProvenOn(at, nullptr, value, isSigned))
    return true;
  auto *phi = dyn_cast<PHINode>(&value);
  if (!phi)
    return false;
  for (unsigned i = 0; i < phi->getNumIncomingValues(); ++i)
    if (!isUniform(*phi->getIncomingValue(i)) &&
        !isProvenOn(*phi->getIncomingBlock(i), phi->getParent(), *phi->getIncomingValue(i),
                    isSigned))
      return false;
  return true;
}

// Flags hold for lanes that are on, and lane 0 may be off; and they say nothing about what the
// operands did before. But signed values wrap far from any address that memory has, so a flag is
// enough for what only serves to make addresses.
static bool hasNoSignedWrap(const Value &value) {
  auto *binary = dyn_cast<OverflowingBinaryOperator>(&value);
  return binary && binary->hasNoSignedWrap();
}

// Whether all that is computed of the value ends in the addresses of accesses.
static bool isOnlyAddress(const Value &value, SmallPtrSetImpl<const Value *> &seen) {
  if (!seen.insert(&value).second)
    return true;
  return all_of(value.uses(), [&](const Use &use) {
    const auto *user = cast<Instruction>(use.getUser());
    if (isa<LoadInst>(user) || calleeName(*user).startswith("llvm.nvvm.ldg.global."))
      return true;
    if (isa<StoreInst>(user))
      return use.getOperandNo() == StoreInst::getPointerOperandIndex();
    if (isa<AtomicRMWInst>(user) || isa<AtomicCmpXchgInst>(user))
      return use.getOperandNo() == 0;
    return (isa<GetElementPtrInst>(user) || isa<BitCastInst>(user) ||
            isa<AddrSpaceCastInst>(user) || isa<PHINode>(user) ||
            isa<OverflowingBinaryOperator>(user)) &&
           isOnlyAddress(*user, seen);
  });
}
static bool isOnlyAddress(const Value &value) {
  SmallPtrSet<const Value *, 8> seen;
  return isOnlyAddress(value, seen);
}

// Unsigned ones wrap at 0, as (lane - 4) * 8 does in lanes 0 to 3: nothing may have wrapped on the
// way from the lane's number, and what grows from lane to lane is smallest in lane 0.
bool Shapes::neverWraps(const Value &value) const {
  if (isUniform(value))
    return true;
  if (auto *call = dyn_cast<CallInst>(&value))
    return pattern(*call);
  auto *binary = dyn_cast<OverflowingBinaryOperator>(&value);
  const Pattern *own = pattern(value);
  return binary && binary->getOpcode() != Instruction::Sub && binary->hasNoUnsignedWrap() && own &&
         own->step >= 0 && own->row >= 0 && neverWraps(*binary->getOperand(0)) &&
         neverWraps(*binary->getOperand(1));
}

bool Shapes::staysInRange(const Instruction &extension) const {
  const Value &value = *extension.getOperand(0);
  const Pattern *narrow = pattern(value);
  bool isSigned = isa<SExtInst>(extension);
  return (narrow && fillsLowBits(*narrow, value.getType()->getIntegerBitWidth(), isSigned)) ||
         (isSigned ? hasNoSignedWrap(value) && isOnlyAddress(extension) : neverWraps(value)) ||
         isProven(value, *extension.getParent(), isSigned);
}

void Shapes::findConditional() {
  std::vector<const Instruction *> work;
  auto add = [&](const Instruction &instruction) {
    if (pattern(instruction) && conditional.insert(&instruction).second)
      work.push_back(&instruction);
  };
  for (const Instruction &instruction : instructions(function))
    if ((isa<SExtInst>(instruction) || isa<ZExtInst>(instruction)) && !staysInRange(instruction))
      add(instruction);
  while (!work.empty()) {
    const Instruction *instruction = work.back();
    work.pop_back();
    for (const User *user : instruction->users())
      if (auto *next = dyn_cast<Instruction>(user))
        add(*next);
  }
}

} // namespace npu::warp
