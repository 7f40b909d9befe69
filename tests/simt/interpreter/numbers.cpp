#include "numbers.h"

#include "memory.h"

#include "llvm/IR/Operator.h"

#include <cmath>

using llvm::CmpInst;
using llvm::Instruction;

namespace simt {

namespace {

bool isNegativeOne(Wide value, unsigned width) { return value == maskOf(width); }

Wide divide(unsigned opcode, unsigned width, Wide a, Wide b) {
  bool isQuotient = opcode == Instruction::SDiv || opcode == Instruction::UDiv;
  if (b == 0)
    return isQuotient ? maskOf(width) : a;
  if (opcode == Instruction::UDiv)
    return a / b;
  if (opcode == Instruction::URem)
    return a % b;
  if (isNegativeOne(b, width))
    return isQuotient ? -a : 0;
  __int128 dividend = signExtend(a, width), divisor = signExtend(b, width);
  return isQuotient ? dividend / divisor : dividend % divisor;
}

Wide shift(unsigned opcode, unsigned width, Wide a, Wide b) {
  bool out = b >= width;
  if (opcode == Instruction::Shl)
    return out ? 0 : a << unsigned(b);
  if (opcode == Instruction::LShr)
    return out ? 0 : a >> unsigned(b);
  return Wide(signExtend(a, width) >> (out ? width - 1 : unsigned(b)));
}

// The exact value of a sum, difference or product of numbers of at most 64 bits, or of a shift.
__int128 exactly(unsigned opcode, __int128 a, __int128 b) {
  switch (opcode) {
  case Instruction::Add:
    return a + b;
  case Instruction::Sub:
    return a - b;
  case Instruction::Mul:
    return a * b;
  default:
    return b < 63 ? a * (__int128(1) << int(b)) : 0;
  }
}

void checkFlags(const Instruction &instruction, unsigned width, Wide a, Wide b, Wide result) {
  auto *flags = llvm::dyn_cast<llvm::OverflowingBinaryOperator>(&instruction);
  if (!flags || width > 63)
    return;
  unsigned opcode = instruction.getOpcode();
  if (flags->hasNoSignedWrap() &&
      exactly(opcode, signExtend(a, width),
              opcode == Instruction::Shl ? __int128(b) : signExtend(b, width)) !=
          signExtend(result, width))
    throw Error("a signed overflow");
  if (flags->hasNoUnsignedWrap() && exactly(opcode, __int128(a), __int128(b)) != __int128(result))
    throw Error("an unsigned overflow that the code promises not to have");
}

} // namespace

Wide integerOperation(const Instruction &instruction, unsigned width, Wide a, Wide b,
                      bool checked) {
  Wide result = 0;
  switch (unsigned opcode = instruction.getOpcode()) {
  case Instruction::Add:
    result = a + b;
    break;
  case Instruction::Sub:
    result = a - b;
    break;
  case Instruction::Mul:
    result = a * b;
    break;
  case Instruction::UDiv:
  case Instruction::SDiv:
  case Instruction::URem:
  case Instruction::SRem:
    result = divide(opcode, width, a, b);
    break;
  case Instruction::Shl:
  case Instruction::LShr:
  case Instruction::AShr:
    result = shift(opcode, width, a, b);
    break;
  case Instruction::And:
    result = a & b;
    break;
  case Instruction::Or:
    result = a | b;
    break;
  case Instruction::Xor:
    result = a ^ b;
    break;
  default:
    throw Error(std::string("the interpreter has no instruction ") + instruction.getOpcodeName());
  }
  result &= maskOf(width);
  if (checked)
    checkFlags(instruction, width, a, b, result);
  return result;
}

bool compareIntegers(CmpInst::Predicate predicate, unsigned width, Wide a, Wide b) {
  __int128 x = signExtend(a, width), y = signExtend(b, width);
  switch (predicate) {
  case CmpInst::ICMP_EQ:
    return a == b;
  case CmpInst::ICMP_NE:
    return a != b;
  case CmpInst::ICMP_UGT:
    return a > b;
  case CmpInst::ICMP_UGE:
    return a >= b;
  case CmpInst::ICMP_ULT:
    return a < b;
  case CmpInst::ICMP_ULE:
    return a <= b;
  case CmpInst::ICMP_SGT:
    return x > y;
  case CmpInst::ICMP_SGE:
    return x >= y;
  case CmpInst::ICMP_SLT:
    return x < y;
  default:
    return x <= y;
  }
}

double floatValue(bool isDouble, uint64_t bits) {
  return isDouble ? bitsAs<double>(bits) : double(bitsAs<float>(bits));
}

namespace {

template <class T> uint64_t operate(unsigned opcode, T a, T b) {
  switch (opcode) {
  case Instruction::FAdd:
    return bitsOf(T(a + b));
  case Instruction::FSub:
    return bitsOf(T(a - b));
  case Instruction::FMul:
    return bitsOf(T(a * b));
  case Instruction::FDiv:
    return bitsOf(T(a / b));
  case Instruction::FRem:
    return bitsOf(T(std::fmod(a, b)));
  default:
    throw Error("the interpreter does not have this operation on floating point");
  }
}

} // namespace

uint64_t floatOperation(unsigned opcode, bool isDouble, uint64_t a, uint64_t b) {
  return isDouble ? operate(opcode, bitsAs<double>(a), bitsAs<double>(b))
                  : operate(opcode, bitsAs<float>(a), bitsAs<float>(b));
}

// The predicate's bits say which of "equal", "greater", "less" and "unordered" it accepts
// (llvm/IR/InstrTypes.h).
bool compareFloats(CmpInst::Predicate predicate, bool isDouble, uint64_t a, uint64_t b) {
  double x = floatValue(isDouble, a), y = floatValue(isDouble, b);
  unsigned outcome = x == y ? 1 : x > y ? 2 : x < y ? 4 : 8;
  return unsigned(predicate) & outcome;
}

uint64_t floatFromInteger(bool isDouble, bool isSigned, unsigned width, Wide value) {
  if (isSigned) {
    int64_t number = int64_t(signExtend(value, width));
    return isDouble ? bitsOf(double(number)) : bitsOf(float(number));
  }
  uint64_t number = uint64_t(value);
  return isDouble ? bitsOf(double(number)) : bitsOf(float(number));
}

uint64_t saturate(bool isSigned, unsigned width, double value) {
  if (value != value)
    return 0;
  double whole = std::trunc(value), limit = std::ldexp(1.0, int(width) - isSigned);
  uint64_t greatest = uint64_t(maskOf(width - isSigned));
  if (whole >= limit)
    return greatest;
  if (!isSigned)
    return whole <= 0 ? 0 : uint64_t(whole);
  if (whole < -limit)
    return uint64_t(Wide(1) << (width - 1));
  return uint64_t(Wide(__int128(whole)) & maskOf(width));
}

// PTX ISA, "cvt": out of range gives the nearest; not a number gives 0 for 32 bits from a float and
// the top bit otherwise. The machine converts to words; narrower results are cut from them.
uint64_t integerFromFloat(bool isDouble, bool isSigned, unsigned width, uint64_t bits) {
  double value = floatValue(isDouble, bits);
  unsigned word = width < 32 ? 32 : width;
  uint64_t result = saturate(isSigned, word, value);
  if (value != value && (isDouble || word == 64))
    result = uint64_t(Wide(1) << (word - 1));
  return uint64_t(result & maskOf(width));
}

} // namespace simt
