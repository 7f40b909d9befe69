// The patterns of single instructions from those of their operands; see shapes.h.
#include "device/ir.h"
#include "device/warp/interleave.h"
#include "device/warp/shapes.h"

#include "llvm/Analysis/ValueTracking.h"
#include "llvm/IR/GetElementPtrTypeIterator.h"
#include "llvm/IR/Instructions.h"
#include "llvm/Support/KnownBits.h"
#include "llvm/Support/MathExtras.h"

using namespace llvm;

namespace npu::warp {

// base + lane * step and base + column * step + row * (width * step) are the same.
Pattern Shapes::normalized(Pattern pattern) const {
  if (pattern.hasRows && pattern.rowKnown && pattern.row == int64_t(rowWidth) * pattern.step) {
    pattern.hasRows = pattern.rowKnown = false;
    pattern.row = 0;
  }
  return pattern;
}

std::optional<unsigned> Shapes::lowBits(const Pattern &pattern, unsigned width) const {
  if (pattern.isAssumed || pattern.step < 0 ||
      (pattern.hasRows && (!pattern.rowKnown || pattern.row < 0)))
    return std::nullopt;
  bool columnsOverflow = false, rowsOverflow = false, overflows = false;
  uint64_t columns = pattern.hasRows ? rowWidth : kLanes, rows = kLanes / columns;
  uint64_t across = SaturatingMultiply<uint64_t>(columns - 1, pattern.step, &columnsOverflow);
  uint64_t down = SaturatingMultiply<uint64_t>(rows - 1, pattern.row, &rowsOverflow);
  uint64_t last = SaturatingAdd(across, down, &overflows);
  unsigned bits = last ? Log2_64(last) + 1 : 0;
  if (columnsOverflow || rowsOverflow || overflows || bits > pattern.zeros || bits > width)
    return std::nullopt;
  return bits;
}

bool Shapes::fillsLowBits(const Pattern &pattern, unsigned width, bool isSigned) const {
  return lowBits(pattern, isSigned ? width - 1 : width).has_value();
}

unsigned Shapes::knownZeros(const Value &value) const {
  const auto [place, isNew] = zeros.try_emplace(&value, 0);
  if (isNew) {
    SmallPtrSet<const PHINode *, 4> assumed;
    place->second = knownZeros(value, assumed, 0);
  }
  return place->second;
}

// Rows of whole warps make blockDim.x, and what is computed of it, a multiple of 32.
unsigned Shapes::knownZeros(const Value &value, SmallPtrSetImpl<const PHINode *> &assumed,
                            unsigned depth) const {
  constexpr unsigned kMost = 32, kDeepest = 8;
  if (!value.getType()->isIntegerTy())
    return 0;
  const auto *instruction = dyn_cast<Instruction>(&value);
  const auto of = [&](unsigned operand) {
    return knownZeros(*instruction->getOperand(operand), assumed, depth + 1);
  };
  unsigned zeros = computeKnownBits(&value, layout).countMinTrailingZeros();
  if (!instruction || block != BlockShape::WholeRows || depth == kDeepest)
    return std::min(zeros, kMost);
  switch (instruction->getOpcode()) {
  case Instruction::Call:
    if (calleeName(*instruction) == "llvm.nvvm.read.ptx.sreg.ntid.x")
      zeros = Log2_32(kLanes);
    break;
  case Instruction::Add:
  case Instruction::Sub:
  case Instruction::Or:
    zeros = std::max(zeros, std::min(of(0), of(1)));
    break;
  case Instruction::And:
    zeros = std::max({zeros, of(0), of(1)});
    break;
  case Instruction::Mul:
    zeros = std::max(zeros, of(0) + of(1));
    break;
  case Instruction::Shl:
    zeros = std::max(zeros, of(0));
    break;
  case Instruction::SExt:
  case Instruction::ZExt:
  case Instruction::Trunc:
  case Instruction::Freeze:
    zeros = std::max(zeros, of(0));
    break;
  case Instruction::Select:
    zeros = std::max(zeros, std::min(of(1), of(2)));
    break;
  case Instruction::PHI: {
    // Optimistic about cycles: every step keeps what the start has, or less, and that counts.
    const auto &phi = cast<PHINode>(*instruction);
    if (!assumed.insert(&phi).second)
      return kMost;
    unsigned least = kMost;
    for (unsigned i = 0; i < phi.getNumIncomingValues(); ++i)
      least = std::min(least, of(i));
    assumed.erase(&phi);
    zeros = std::max(zeros, least);
    break;
  }
  default:
    break;
  }
  return std::min(zeros, kMost);
}

Shapes::State Shapes::stateOf(const Value &value) const {
  if (isUniform(value)) {
    Pattern pattern;
    pattern.zeros = knownZeros(value);
    return {State::Known, pattern};
  }
  auto found = states.find(&value);
  if (found != states.end())
    return found->second;
  return {isa<Instruction>(value) ? State::Unknown : State::Varying, {}};
}

Shapes::State Shapes::sum(const State &a, const State &b, int sign) const {
  if (a.kind == State::Varying || b.kind == State::Varying)
    return {State::Varying, {}};
  if (a.kind == State::Unknown || b.kind == State::Unknown)
    return {};
  Pattern x = a.pattern, y = b.pattern, result;
  result.step = x.step + sign * y.step;
  result.zeros = std::min(x.zeros, y.zeros);
  result.isAssumed = x.isAssumed || y.isAssumed;
  result.hasRows = x.hasRows || y.hasRows;
  if (result.hasRows) {
    auto rowOf = [&](const Pattern &p) { return p.hasRows ? p.row : p.step * int64_t(rowWidth); };
    result.rowKnown = (!x.hasRows || x.rowKnown) && (!y.hasRows || y.rowKnown);
    if (result.rowKnown)
      result.row = rowOf(x) + sign * rowOf(y);
  }
  return {State::Known, normalized(result)};
}

Shapes::State Shapes::scaled(const State &state, int64_t factor) const {
  if (state.kind != State::Known)
    return state;
  Pattern result = state.pattern;
  result.step = int64_t(uint64_t(result.step) * uint64_t(factor)); // wraps, as its values do
  result.row = int64_t(uint64_t(result.row) * uint64_t(factor));
  result.zeros =
      factor ? std::min(result.zeros + unsigned(countTrailingZeros(uint64_t(factor))), 32u) : 32;
  return {State::Known, normalized(result)};
}

Shapes::State Shapes::transferProduct(const Instruction &product) const {
  State state = stateOf(*product.getOperand(0));
  if (auto *factor = dyn_cast<ConstantInt>(product.getOperand(1))) {
    if (factor->getBitWidth() > 64)
      return {State::Varying, {}};
    if (product.getOpcode() == Instruction::Mul)
      return scaled(state, factor->getSExtValue());
    return factor->getZExtValue() > 31 ? State{State::Varying, {}}
                                       : scaled(state, int64_t(1) << factor->getZExtValue());
  }
  // The row's number times a uniform value, as in y * width.
  State other = stateOf(*product.getOperand(1));
  if (product.getOpcode() != Instruction::Mul && !isUniform(*product.getOperand(1)))
    return {State::Varying, {}};
  if (isUniform(*product.getOperand(0)))
    std::swap(state, other);
  if (state.kind == State::Unknown)
    return state;
  if (state.kind == State::Varying || !state.pattern.hasRows || state.pattern.step != 0 ||
      other.kind != State::Known || other.pattern.step != 0 || other.pattern.hasRows)
    return {State::Varying, {}};
  Pattern result;
  result.hasRows = true;
  result.isAssumed = state.pattern.isAssumed || other.pattern.isAssumed;
  return {State::Known, result};
}

// x & mask, where the mask keeps or clears all bits that tell the lanes apart.
Shapes::State Shapes::transferMask(const Instruction &conjunction) const {
  auto *mask = dyn_cast<ConstantInt>(conjunction.getOperand(1));
  State state = stateOf(*conjunction.getOperand(0));
  if (state.kind == State::Unknown)
    return state;
  std::optional<unsigned> bits =
      state.kind == State::Known
          ? lowBits(state.pattern, conjunction.getType()->getScalarSizeInBits())
          : std::nullopt;
  if (!mask || mask->getBitWidth() > 64 || !bits)
    return {State::Varying, {}};
  uint64_t value = mask->getZExtValue(), low = maskTrailingOnes<uint64_t>(*bits);
  if ((value & low) != low)
    return {State::Varying, {}};
  if ((value >> state.pattern.zeros) == 0)
    state.pattern.zeros = 32;
  return state;
}

Shapes::State Shapes::transferPhi(const PHINode &phi) const {
  constexpr State::Kind varying = State::Varying;
  // A join of divergent control flow mixes lanes of both sides.
  const auto *node = dominators.getNode(phi.getParent());
  const Loop *loop = loops.getLoopFor(phi.getParent());
  bool isHeader = loop && loop->getHeader() == phi.getParent();
  if (!isHeader && phi.getNumIncomingValues() > 1 && node->getIDom() &&
      divergence->isDivergent(*node->getIDom()->getBlock()->getTerminator()))
    return {varying, {}};
  // A value that leaves a divergent loop comes from a different iteration in each lane.
  if (phi.getNumIncomingValues() == 1) {
    const Loop *inner = loops.getLoopFor(phi.getIncomingBlock(0));
    if (inner && !inner->contains(phi.getParent()) &&
        divergence->isDivergent(*phi.getIncomingBlock(0)->getTerminator()))
      return {varying, {}};
  }
  State result;
  for (const Value *incoming : phi.incoming_values()) {
    State state = stateOf(*incoming);
    if (state.kind == State::Unknown)
      continue;
    if (state.kind == varying)
      return state;
    if (result.kind == State::Known) {
      if (!result.pattern.sameSteps(state.pattern))
        return {varying, {}};
      state.pattern.zeros = std::min(state.pattern.zeros, result.pattern.zeros);
      state.pattern.isAssumed |= result.pattern.isAssumed;
    }
    result = state;
  }
  return result;
}

Shapes::State Shapes::transferAddress(const GetElementPtrInst &address) const {
  State total = stateOf(*address.getPointerOperand());
  for (gep_type_iterator type = gep_type_begin(address), end = gep_type_end(address); type != end;
       ++type)
    if (!type.isStruct())
      total = sum(total,
                  scaled(stateOf(*type.getOperand()),
                         int64_t(layout.getTypeAllocSize(type.getIndexedType()))),
                  1);
  return total;
}

Shapes::State Shapes::transfer(const Instruction &instruction) const {
  constexpr State::Kind varying = State::Varying;
  auto operand = [&](unsigned i) { return stateOf(*instruction.getOperand(i)); };
  switch (instruction.getOpcode()) {
  case Instruction::PHI:
    return transferPhi(cast<PHINode>(instruction));
  case Instruction::GetElementPtr:
    return instruction.getType()->isVectorTy()
               ? State{varying, {}}
               : transferAddress(cast<GetElementPtrInst>(instruction));
  case Instruction::Alloca: {
    Pattern pattern;
    pattern.step = laneStride(cast<AllocaInst>(instruction), layout);
    return {State::Known, pattern};
  }
  case Instruction::Call:
    return source(instruction);
  case Instruction::Add:
    return sum(operand(0), operand(1), 1);
  case Instruction::Sub:
    return sum(operand(0), operand(1), -1);
  case Instruction::Or:
    return haveNoCommonBitsSet(instruction.getOperand(0), instruction.getOperand(1), layout)
               ? sum(operand(0), operand(1), 1)
               : State{varying, {}};
  case Instruction::Mul:
  case Instruction::Shl:
    return transferProduct(instruction);
  case Instruction::And:
    return transferMask(instruction);
  case Instruction::SExt:
  case Instruction::ZExt: {
    if (instruction.getOperand(0)->getType()->isIntegerTy(1))
      return {varying, {}};
    State state = operand(0);
    // Known only while nothing can wrap; a wrap is looked for when the program runs.
    if (state.kind == State::Known &&
        !fillsLowBits(state.pattern, instruction.getOperand(0)->getType()->getIntegerBitWidth(),
                      isa<SExtInst>(instruction))) {
      state.pattern.zeros = 0;
      state.pattern.isAssumed = true;
    }
    return state;
  }
  case Instruction::Trunc:
    return instruction.getType()->getScalarSizeInBits() < 8 ? State{varying, {}} : operand(0);
  case Instruction::BitCast:
  case Instruction::AddrSpaceCast:
  case Instruction::PtrToInt:
  case Instruction::IntToPtr:
  case Instruction::Freeze:
    return instruction.getOperand(0)->getType()->isIntegerTy() ||
                   instruction.getOperand(0)->getType()->isPointerTy()
               ? operand(0)
               : State{varying, {}};
  default:
    return {varying, {}};
  }
}

// Whether the bits by which the lanes differ do not matter for the result.
bool Shapes::collapses(const Instruction &instruction) const {
  if (instruction.getNumOperands() != 2 || !instruction.getType()->isIntegerTy())
    return false;
  const Pattern *pattern = this->pattern(*instruction.getOperand(0));
  auto *constant = dyn_cast<ConstantInt>(instruction.getOperand(1));
  // An order of signed values counts the sign bit the other way round.
  auto *compare = dyn_cast<ICmpInst>(&instruction);
  unsigned width = layout.getTypeSizeInBits(instruction.getOperand(0)->getType());
  std::optional<unsigned> bits =
      pattern ? lowBits(*pattern, compare && compare->isSigned() ? width - 1 : width)
              : std::nullopt;
  if (!bits || !constant || constant->getBitWidth() > 64)
    return false;
  uint64_t value = constant->getZExtValue(), low = maskTrailingOnes<uint64_t>(*bits);
  if (instruction.getOpcode() == Instruction::LShr || instruction.getOpcode() == Instruction::AShr)
    return value >= *bits && value < constant->getBitWidth();
  if (instruction.getOpcode() == Instruction::And)
    return (value & low) == 0;
  if (!compare)
    return false;
  switch (compare->getPredicate()) {
  case CmpInst::ICMP_ULT:
  case CmpInst::ICMP_UGE:
  case CmpInst::ICMP_SLT:
  case CmpInst::ICMP_SGE:
    return (value & low) == 0;
  case CmpInst::ICMP_UGT:
  case CmpInst::ICMP_ULE:
  case CmpInst::ICMP_SGT:
  case CmpInst::ICMP_SLE:
    return (value & low) == low;
  default:
    return false;
  }
}

} // namespace npu::warp
