// Video instructions: arithmetic on bytes and halves of registers (PTX ISA, "Video Instructions"),
// in 64 bits, where nothing overflows.
#include "device/ptx/lower.h"

using namespace llvm;

namespace npu::ptx {

namespace {

constexpr ValueType kWord = {'b', 32, 1};

Value *word64(Lowering &l, int64_t value) { return l.builder.getInt64(value); }

Value *extended(Lowering &l, Value *part, bool isSigned) {
  return isSigned ? l.builder.CreateSExt(part, l.builder.getInt64Ty())
                  : l.builder.CreateZExt(part, l.builder.getInt64Ty());
}

// A byte (b0...b3), a half (h0, h1) or the whole of an operand.
Value *part(Lowering &l, const Operand &operand, bool isSigned) {
  Operand plain = operand;
  plain.negative = operand.kind == Operand::Integer && operand.negative;
  Value *value = l.read(plain, kWord);
  StringRef selector = operand.selector;
  if (selector.empty())
    return extended(l, value, isSigned);
  unsigned width = selector[0] == 'b' ? 8 : 16, index = 0;
  if ((selector[0] != 'b' && selector[0] != 'h') || selector.drop_front().getAsInteger(10, index) ||
      index >= 32 / width) {
    l.fail("the selector '." + selector + "'");
    return word64(l, 0);
  }
  Value *cut =
      l.builder.CreateTrunc(l.builder.CreateLShr(value, index * width), l.builder.getIntNTy(width));
  return extended(l, cut, isSigned);
}

Value *clamped(Lowering &l, Value *value, unsigned width, bool isSigned) {
  int64_t high = isSigned ? (int64_t(1) << (width - 1)) - 1 : (int64_t(1) << width) - 1;
  int64_t low = isSigned ? -(int64_t(1) << (width - 1)) : 0;
  value = l.builder.CreateSelect(l.builder.CreateICmpSGT(value, word64(l, high)), word64(l, high),
                                 value);
  return l.builder.CreateSelect(l.builder.CreateICmpSLT(value, word64(l, low)), word64(l, low),
                                value);
}

Value *minOrMax(Lowering &l, Value *a, Value *b, bool isMin) {
  Value *less = l.builder.CreateICmpSLT(a, b);
  return l.builder.CreateSelect(less, isMin ? a : b, isMin ? b : a);
}

StringRef takeComparison(Lowering &l) { return l.takeOneOf({"eq", "ne", "lt", "le", "gt", "ge"}); }

Value *compute(Lowering &l, StringRef operation, Value *a, Value *b, StringRef comparison) {
  IRBuilder<> &builder = l.builder;
  if (operation == "add")
    return builder.CreateAdd(a, b);
  if (operation == "sub")
    return builder.CreateSub(a, b);
  if (operation == "absdiff")
    return builder.CreateSelect(builder.CreateICmpSLT(a, b), builder.CreateSub(b, a),
                                builder.CreateSub(a, b));
  if (operation == "min" || operation == "max")
    return minOrMax(l, a, b, operation == "min");
  if (operation == "avrg") {
    Value *sum = builder.CreateAdd(a, b);
    Value *up = builder.CreateZExt(builder.CreateICmpSGE(sum, word64(l, 0)), sum->getType());
    return builder.CreateAShr(builder.CreateAdd(sum, up), 1);
  }
  if (operation == "shl")
    return builder.CreateShl(a, b);
  if (operation == "shr")
    return builder.CreateAShr(a, b);
  CmpInst::Predicate predicate = comparison == "eq"   ? CmpInst::ICMP_EQ
                                 : comparison == "ne" ? CmpInst::ICMP_NE
                                 : comparison == "lt" ? CmpInst::ICMP_SLT
                                 : comparison == "le" ? CmpInst::ICMP_SLE
                                 : comparison == "gt" ? CmpInst::ICMP_SGT
                                                      : CmpInst::ICMP_SGE;
  return builder.CreateZExt(builder.CreateICmp(predicate, a, b), builder.getInt64Ty());
}

// What follows the operation: another one with c, or c around the part that d selects.
Value *finished(Lowering &l, Value *value, bool isSigned, StringRef second) {
  Value *low = l.builder.CreateTrunc(value, l.builder.getInt32Ty());
  if (l.operandCount() != 4)
    return low;
  Value *c = l.read(3, kWord);
  if (second == "add")
    return l.builder.CreateAdd(low, c);
  if (!second.empty())
    return l.builder.CreateTrunc(
        minOrMax(l, extended(l, low, isSigned), extended(l, c, isSigned), second == "min"),
        l.builder.getInt32Ty());
  StringRef selector = l.operand(0).selector;
  unsigned index = 0;
  if (selector.empty() || selector.drop_front().getAsInteger(10, index)) {
    l.fail("a fourth operand without '.add', '.min', '.max' or a part of the target");
    return low;
  }
  uint32_t mask = (selector[0] == 'b' ? 0xffu : 0xffffu);
  unsigned shift = index * (selector[0] == 'b' ? 8 : 16);
  Value *inside = l.builder.CreateShl(l.builder.CreateAnd(low, mask), shift);
  return l.builder.CreateOr(inside, l.builder.CreateAnd(c, ~(mask << shift)));
}

} // namespace

// vop.dtype.atype.btype{.sat}{.op2} d, a, b{, c}
void lowerVideo(Lowering &l) {
  StringRef operation = l.opcode().drop_front();
  bool shifts = operation == "shl" || operation == "shr", compares = operation == "set";
  StringRef comparison = compares ? takeComparison(l) : "";
  StringRef mode = shifts ? l.takeOneOf({"clamp", "wrap"}) : "";
  bool saturate = l.take("sat");
  StringRef second = l.takeOneOf({"add", "min", "max"});
  if ((compares && comparison.empty()) || (shifts && mode.empty()))
    return l.fail("no comparison or no '.clamp' or '.wrap'");
  ValueType type = compares ? ValueType{'u', 32, 1} : l.takeType();
  ValueType aType = l.takeType(), bType = l.takeType();
  Value *a = part(l, l.operand(1), aType.isSigned()), *b = part(l, l.operand(2), bType.isSigned());
  if (mode == "wrap")
    b = l.builder.CreateAnd(b, 31);
  else if (mode == "clamp")
    b = minOrMax(l, b, word64(l, 32), true);
  Value *value = compute(l, operation, a, b, comparison);
  StringRef selector = l.operand(0).selector;
  if (saturate)
    value = clamped(l, value, selector.empty() ? 32 : selector[0] == 'b' ? 8 : 16, type.isSigned());
  Operand target = l.operand(0);
  target.selector.clear();
  l.write(target, finished(l, value, type.isSigned(), second), kWord);
}

// PTX ISA, "vmad": the low bit carries in what a complement lacks to a negation.
void lowerVideoMultiplyAdd(Lowering &l) {
  bool saturate = l.take("sat"), plusOne = l.take("po");
  StringRef scale = l.takeOneOf({"shr7", "shr15"});
  ValueType type = l.takeType(), aType = l.takeType(), bType = l.takeType();
  bool negatesProduct = l.operand(1).negative != l.operand(2).negative;
  bool negatesAddend = l.operand(3).negative;
  Operand cOperand = l.operand(3);
  cOperand.negative = false;
  Value *c = l.read(cOperand, kWord);
  Type *wide = l.builder.getIntNTy(128);
  bool isSigned = aType.isSigned() || bType.isSigned() || negatesProduct || negatesAddend;
  Value *a = l.builder.CreateSExt(part(l, l.operand(1), aType.isSigned()), wide);
  Value *b = l.builder.CreateSExt(part(l, l.operand(2), bType.isSigned()), wide);
  Value *product = l.builder.CreateMul(a, b);
  unsigned low = 0;
  if (plusOne) {
    low = 1;
  } else if (negatesProduct) {
    product = l.builder.CreateNot(product);
    low = 1;
  } else if (negatesAddend) {
    c = l.builder.CreateNot(c);
    low = 1;
  }
  Value *addend = isSigned ? l.builder.CreateSExt(c, wide) : l.builder.CreateZExt(c, wide);
  Value *sum =
      l.builder.CreateAdd(l.builder.CreateAdd(product, addend), ConstantInt::get(wide, low));
  if (!scale.empty())
    sum = l.builder.CreateAShr(sum, scale == "shr7" ? 7 : 15);
  Value *result = l.builder.CreateTrunc(sum, l.builder.getInt64Ty());
  if (saturate)
    result = clamped(l, result, 32, isSigned);
  l.write(0, l.builder.CreateTrunc(result, l.builder.getInt32Ty()), type);
}

// vop2 and vop4: the parts of a and b that selectors pick from both registers; a masked part of d
// is c's, or with .add everything is summed on c.
void lowerVideoVector(Lowering &l) {
  unsigned count = l.opcode().back() - '0', width = 32 / count;
  StringRef operation = l.opcode().drop_front().drop_back();
  bool compares = operation == "set";
  StringRef comparison = compares ? takeComparison(l) : "";
  bool saturate = l.take("sat"), sums = l.take("add");
  if (compares && comparison.empty())
    return l.fail("no known comparison");
  ValueType type = compares ? ValueType{'u', 32, 1} : l.takeType();
  ValueType aType = l.takeType(), bType = l.takeType();
  Value *both = l.builder.CreateOr(
      l.builder.CreateZExt(l.read(1, kWord), l.builder.getInt64Ty()),
      l.builder.CreateShl(l.builder.CreateZExt(l.read(2, kWord), l.builder.getInt64Ty()), 32));
  auto pick = [&](const Operand &operand, unsigned i, unsigned standard, bool isSigned) {
    StringRef selector = operand.selector;
    unsigned index = standard + i;
    if (!selector.empty()) {
      if (selector.size() != count + 1)
        l.fail("the selector '." + selector + "'");
      else
        index = selector[count - i] - '0';
    }
    Value *cut = l.builder.CreateTrunc(l.builder.CreateLShr(both, uint64_t(index % 8) * width),
                                       l.builder.getIntNTy(width));
    return extended(l, cut, isSigned);
  };
  Operand target = l.operand(0);
  StringRef mask = l.operand(0).selector;
  Value *c = l.read(3, kWord), *result = sums ? c : l.word(0);
  for (unsigned i = 0; i < count; ++i) {
    bool isOn = mask.empty() || mask.contains(char('0' + i));
    Value *value = compute(l, operation, pick(l.operand(1), i, 0, aType.isSigned()),
                           pick(l.operand(2), i, count, bType.isSigned()), comparison);
    if (saturate)
      value = clamped(l, value, width, type.isSigned());
    Value *low = l.builder.CreateTrunc(value, l.builder.getInt32Ty());
    uint32_t bits = (width == 8 ? 0xffu : 0xffffu) << (i * width);
    if (sums)
      result = isOn ? l.builder.CreateAdd(result, low) : result;
    else
      result = l.builder.CreateOr(
          result, l.builder.CreateAnd(isOn ? l.builder.CreateShl(low, i * width) : c, bits));
  }
  target.selector.clear();
  l.write(target, result, kWord);
}

} // namespace npu::ptx
