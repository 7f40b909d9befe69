// Integer arithmetic. Division by zero and long shifts keep LLVM's undefined forms here: the pass
// define-results gives them CUDA's results.
#include "device/ptx/lower.h"

using namespace llvm;

namespace npu::ptx {

namespace {

Value *extended(Lowering &l, Value *value, ValueType type, unsigned width) {
  return type.isSigned() ? l.builder.CreateSExt(value, l.builder.getIntNTy(width))
                         : l.builder.CreateZExt(value, l.builder.getIntNTy(width));
}

Value *clampedSigned(Lowering &l, Value *wide, unsigned width) {
  unsigned own = wide->getType()->getIntegerBitWidth();
  Value *high = ConstantInt::get(wide->getType(), APInt::getSignedMaxValue(width).sext(own));
  Value *low = ConstantInt::get(wide->getType(), APInt::getSignedMinValue(width).sext(own));
  wide = l.builder.CreateSelect(l.builder.CreateICmpSGT(wide, high), high, wide);
  wide = l.builder.CreateSelect(l.builder.CreateICmpSLT(wide, low), low, wide);
  return l.builder.CreateTrunc(wide, l.builder.getIntNTy(width));
}

// a + b + carry or a - b - carry, and the new flag: the sum's bit above the top.
Value *withCarry(Lowering &l, Value *a, Value *b, bool subtract, bool carryIn, bool carryOut) {
  unsigned width = a->getType()->getIntegerBitWidth();
  Type *wide = l.builder.getIntNTy(2 * width);
  Value *x = l.builder.CreateZExt(a, wide), *y = l.builder.CreateZExt(b, wide);
  Value *sum = subtract ? l.builder.CreateSub(x, y) : l.builder.CreateAdd(x, y);
  if (carryIn) {
    Value *carry =
        l.builder.CreateZExt(l.builder.CreateLoad(l.builder.getInt1Ty(), l.carryFlag()), wide);
    sum = subtract ? l.builder.CreateSub(sum, carry) : l.builder.CreateAdd(sum, carry);
  }
  if (carryOut)
    l.builder.CreateStore(
        l.builder.CreateTrunc(l.builder.CreateLShr(sum, width), l.builder.getInt1Ty()),
        l.carryFlag());
  return l.builder.CreateTrunc(sum, a->getType());
}

void addPacked(Lowering &l, ValueType type) {
  Value *a = l.read(1, type), *b = l.read(2, type);
  SmallVector<Value *, 2> parts;
  for (unsigned i = 0; i < type.count; ++i) {
    Value *x = l.halfOf(a, type, i), *y = l.halfOf(b, type, i);
    parts.push_back(l.opcode() == "sub" ? l.builder.CreateSub(x, y) : l.builder.CreateAdd(x, y));
  }
  l.write(0, l.packed(parts, type), type);
}

} // namespace

void lowerFloatAdd(Lowering &l, ValueType type);      // floating.cpp
void lowerFloatMultiply(Lowering &l, ValueType type); // floating.cpp
void lowerFloatDivide(Lowering &l, ValueType type);
void lowerFloatSign(Lowering &l, ValueType type);
void lowerFloatMinMax(Lowering &l, ValueType type);

void lowerAdd(Lowering &l) {
  bool carryOut = l.take("cc");
  ValueType type = l.takeType();
  if (l.failed())
    return;
  if (!type.isInteger())
    return lowerFloatAdd(l, type);
  if (type.count > 1)
    return addPacked(l, type);
  bool subtract = l.opcode() == "sub";
  Value *a = l.read(1, type), *b = l.read(2, type);
  if (l.take("sat")) {
    Value *x = extended(l, a, type, 2 * type.width), *y = extended(l, b, type, 2 * type.width);
    Value *sum = subtract ? l.builder.CreateSub(x, y) : l.builder.CreateAdd(x, y);
    return l.write(0, clampedSigned(l, sum, type.width), type);
  }
  l.write(0, withCarry(l, a, b, subtract, false, carryOut), type);
}

void lowerCarry(Lowering &l) {
  bool carryOut = l.take("cc");
  ValueType type = l.takeType();
  if (!l.failed())
    l.write(0, withCarry(l, l.read(1, type), l.read(2, type), l.opcode() == "subc", true, carryOut),
            type);
}

void lowerMultiply(Lowering &l) {
  bool carryOut = l.take("cc"), carryIn = l.opcode() == "madc", adds = l.opcode() != "mul";
  StringRef half = l.takeOneOf({"lo", "hi", "wide"});
  ValueType type = l.takeType();
  if (l.failed())
    return;
  if (!type.isInteger())
    return lowerFloatMultiply(l, type);
  if (half.empty())
    return l.fail("no '.lo', '.hi' or '.wide'");
  unsigned width = type.width;
  Value *x = extended(l, l.read(1, type), type, 2 * width);
  Value *y = extended(l, l.read(2, type), type, 2 * width);
  Value *product = l.builder.CreateMul(x, y);
  ValueType result = type;
  if (half == "wide")
    result.width *= 2;
  else if (half == "hi")
    product = l.builder.CreateLShr(product, width);
  product = l.builder.CreateTrunc(product, l.irType(result));
  if (adds && l.take("sat")) {
    Value *wide = l.builder.CreateAdd(extended(l, product, result, 2 * result.width),
                                      extended(l, l.read(3, result), result, 2 * result.width));
    return l.write(0, clampedSigned(l, wide, result.width), result);
  }
  if (adds)
    product = withCarry(l, product, l.read(3, result), false, carryIn, carryOut);
  l.write(0, product, result);
}

// The product of 24 bits has 48: .lo are its low 32, .hi its high 32.
void lowerMultiply24(Lowering &l) {
  bool high = l.take("hi");
  if (!high && !l.take("lo"))
    return l.fail("no '.lo' or '.hi'");
  bool saturate = l.take("sat");
  ValueType type = l.takeType();
  auto operand = [&](unsigned i) {
    Value *low = l.builder.CreateTrunc(l.read(i, type), l.builder.getIntNTy(24));
    return extended(l, low, type, 64);
  };
  Value *product = l.builder.CreateMul(operand(1), operand(2));
  product = l.builder.CreateTrunc(high ? l.builder.CreateAShr(product, 16) : product,
                                  l.builder.getInt32Ty());
  if (l.opcode() == "mad24") {
    Value *addend = l.read(3, type);
    product = saturate ? clampedSigned(l,
                                       l.builder.CreateAdd(extended(l, product, type, 64),
                                                           extended(l, addend, type, 64)),
                                       32)
                       : l.builder.CreateAdd(product, addend);
  } else if (saturate) {
    l.fail("a saturating mul24");
  }
  l.write(0, product, type);
}

void lowerSumOfDifference(Lowering &l) {
  ValueType type = l.takeType();
  Value *a = l.read(1, type), *b = l.read(2, type);
  Value *less = type.isSigned() ? l.builder.CreateICmpSLT(a, b) : l.builder.CreateICmpULT(a, b);
  Value *difference =
      l.builder.CreateSelect(less, l.builder.CreateSub(b, a), l.builder.CreateSub(a, b));
  l.write(0, l.builder.CreateAdd(difference, l.read(3, type)), type);
}

void lowerDivide(Lowering &l) {
  ValueType type = l.takeType();
  if (l.failed())
    return;
  if (!type.isInteger())
    return lowerFloatDivide(l, type);
  bool remainder = l.opcode() == "rem";
  auto operation = type.isSigned() ? (remainder ? BinaryOperator::SRem : BinaryOperator::SDiv)
                                   : (remainder ? BinaryOperator::URem : BinaryOperator::UDiv);
  l.write(0, l.builder.CreateBinOp(operation, l.read(1, type), l.read(2, type)), type);
}

void lowerSign(Lowering &l) {
  ValueType type = l.takeType();
  if (l.failed())
    return;
  if (!type.isInteger())
    return lowerFloatSign(l, type);
  Value *value = l.read(1, type), *negated = l.builder.CreateNeg(value);
  if (l.opcode() == "abs") {
    Value *isNegative = l.builder.CreateICmpSLT(value, Constant::getNullValue(value->getType()));
    negated = l.builder.CreateSelect(isNegative, negated, value);
  }
  l.write(0, negated, type);
}

void lowerMinMax(Lowering &l) {
  ValueType type = l.takeType();
  if (l.failed())
    return;
  if (!type.isInteger())
    return lowerFloatMinMax(l, type);
  if (l.operandCount() != 3)
    return l.fail("the number of operands");
  bool relu = l.take("relu"), isMin = l.opcode() == "min";
  Value *a = l.read(1, type), *b = l.read(2, type);
  SmallVector<Value *, 2> parts;
  for (unsigned i = 0; i < type.count; ++i) {
    Value *x = l.halfOf(a, type, i), *y = l.halfOf(b, type, i);
    Value *less = type.isSigned() ? l.builder.CreateICmpSLT(x, y) : l.builder.CreateICmpULT(x, y);
    Value *picked = l.builder.CreateSelect(less, isMin ? x : y, isMin ? y : x);
    if (relu) {
      Value *zero = Constant::getNullValue(picked->getType());
      picked = l.builder.CreateSelect(l.builder.CreateICmpSLT(picked, zero), zero, picked);
    }
    parts.push_back(picked);
  }
  l.write(0, l.packed(parts, type), type);
}

// dp4a: four products of bytes; dp2a: two of a's halves and b's low or high bytes.
void lowerDotProduct(Lowering &l) {
  bool four = l.opcode() == "dp4a", high = !four && l.take("hi");
  if (!four && !high && !l.take("lo"))
    return l.fail("no '.lo' or '.hi'");
  ValueType aType = l.takeType(), bType = l.takeType();
  Value *a = l.read(1, {'b', 32, 1}), *b = l.read(2, {'b', 32, 1}), *sum = l.read(3, {'b', 32, 1});
  unsigned count = four ? 4 : 2, width = 32 / count;
  for (unsigned i = 0; i < count; ++i) {
    Value *x =
        l.builder.CreateTrunc(l.builder.CreateLShr(a, i * width), l.builder.getIntNTy(width));
    Value *y = l.builder.CreateTrunc(l.builder.CreateLShr(b, 8 * (i + (high ? 2 : 0))),
                                     l.builder.getInt8Ty());
    sum = l.builder.CreateAdd(
        sum, l.builder.CreateMul(extended(l, x, aType, 32), extended(l, y, bType, 32)));
  }
  l.write(0, sum, {'b', 32, 1});
}

} // namespace npu::ptx
