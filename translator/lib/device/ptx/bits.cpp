// Logic, shifts and bit fields.
#include "device/ptx/lower.h"

using namespace llvm;

namespace npu::ptx {

namespace {

constexpr ValueType kWord = {'b', 32, 1};

Value *zeroExtended(Lowering &l, Value *value, unsigned width) {
  return l.builder.CreateZExtOrTrunc(value, l.builder.getIntNTy(width));
}

// Shifts of 64 bits by at most 32 or, of twice the width, by at most the width: always defined.
Value *lowBits(Lowering &l, Value *count, unsigned width) {
  Value *one = ConstantInt::get(l.builder.getIntNTy(2 * width), 1);
  Value *shifted = l.builder.CreateShl(one, zeroExtended(l, count, 2 * width));
  return l.builder.CreateTrunc(l.builder.CreateSub(shifted, one), l.builder.getIntNTy(width));
}

Value *smaller(Lowering &l, Value *value, unsigned limit) {
  Value *most = ConstantInt::get(value->getType(), limit);
  return l.builder.CreateSelect(l.builder.CreateICmpULT(value, most), value, most);
}

} // namespace

void lowerLogic(Lowering &l) {
  ValueType type = l.takeType();
  Value *a = l.read(1, type), *b = l.read(2, type);
  l.write(0,
          l.opcode() == "and"  ? l.builder.CreateAnd(a, b)
          : l.opcode() == "or" ? l.builder.CreateOr(a, b)
                               : l.builder.CreateXor(a, b),
          type);
}

void lowerNot(Lowering &l) {
  ValueType type = l.takeType();
  Value *value = l.read(1, type);
  if (l.opcode() == "not")
    return l.write(0, l.builder.CreateNot(value), type);
  Value *isZero = l.builder.CreateICmpEQ(value, Constant::getNullValue(value->getType()));
  l.write(0, l.builder.CreateZExt(isZero, value->getType()), type);
}

void lowerShift(Lowering &l) {
  ValueType type = l.takeType();
  Value *value = l.read(1, type), *count = l.read(2, {'u', 32, 1});
  // Narrow registers must not cut a large count.
  Value *amount = zeroExtended(l, smaller(l, count, type.width), type.width);
  l.write(0,
          l.opcode() == "shl" ? l.builder.CreateShl(value, amount)
          : type.isSigned()   ? l.builder.CreateAShr(value, amount)
                              : l.builder.CreateLShr(value, amount),
          type);
}

void lowerFunnelShift(Lowering &l) {
  StringRef direction = l.takeOneOf({"l", "r"}), mode = l.takeOneOf({"clamp", "wrap"});
  ValueType type = l.takeType();
  if (direction.empty() || mode.empty())
    return l.fail("no direction or no '.clamp' or '.wrap'");
  Value *both = l.builder.CreateOr(zeroExtended(l, l.read(1, kWord), 64),
                                   l.builder.CreateShl(zeroExtended(l, l.read(2, kWord), 64), 32));
  Value *count = l.read(3, kWord);
  count = mode == "wrap" ? l.builder.CreateAnd(count, 31) : smaller(l, count, 32);
  Value *amount = zeroExtended(l, count, 64);
  Value *result = direction == "l" ? l.builder.CreateLShr(l.builder.CreateShl(both, amount), 32)
                                   : l.builder.CreateLShr(both, amount);
  l.write(0, zeroExtended(l, result, 32), type);
}

// lop3{.or|.and}.b32 d{|p}, a, b, c, table{, q}
void lowerLogic3(Lowering &l) {
  StringRef operation = l.takeOneOf({"or", "and"});
  ValueType type = l.takeType();
  unsigned first = operation.empty() ? 1 : 2;
  uint64_t table = 0;
  if (l.operandCount() != (operation.empty() ? 5u : 7u) || !l.isConstant(first + 3, table))
    return l.fail("the operands");
  Value *inputs[3] = {l.read(first, type), l.read(first + 1, type), l.read(first + 2, type)};
  Value *result = ConstantInt::get(l.irType(type), 0);
  for (unsigned row = 0; row < 8; ++row) {
    if (!(table >> row & 1))
      continue;
    Value *term = nullptr;
    for (unsigned i = 0; i < 3; ++i) {
      Value *input = row >> (2 - i) & 1 ? inputs[i] : l.builder.CreateNot(inputs[i]);
      term = term ? l.builder.CreateAnd(term, input) : input;
    }
    result = l.builder.CreateOr(result, term);
  }
  l.write(0, result, type);
  if (operation.empty())
    return;
  constexpr ValueType kPredicate = {'p', 1, 1};
  Value *any = l.builder.CreateICmpNE(result, ConstantInt::get(l.irType(type), 0));
  Value *other = l.read(first + 4, kPredicate);
  l.write(1, operation == "or" ? l.builder.CreateOr(any, other) : l.builder.CreateAnd(any, other),
          kPredicate);
}

void lowerPermute(Lowering &l) {
  ValueType type = l.takeType();
  StringRef mode = l.takeOneOf({"f4e", "b4e", "rc8", "ecl", "ecr", "rc16"});
  Value *a = l.read(1, kWord), *b = l.read(2, kWord), *selector = l.read(3, kWord);
  if (!mode.empty()) {
    // Each mode is a table of byte selectors, four nibbles for each of the four low selector
    // values.
    struct Row {
      StringRef name;
      uint64_t selectors;
    };
    const Row kRows[] = {{"f4e", 0x6543'5432'4321'3210}, {"b4e", 0x0123'7012'6701'5670},
                         {"rc8", 0x3333'2222'1111'0000}, {"ecl", 0x3333'3222'3211'3210},
                         {"ecr", 0x3210'2210'1110'0000}, {"rc16", 0x3232'1010'3232'1010}};
    uint64_t table = 0;
    for (const Row &row : kRows)
      if (mode == row.name)
        table = row.selectors;
    Value *shift = l.builder.CreateShl(l.builder.CreateAnd(selector, 3), 4);
    selector = zeroExtended(
        l, l.builder.CreateLShr(l.builder.getInt64(table), zeroExtended(l, shift, 64)), 32);
    selector = l.builder.CreateAnd(selector, 0xffff);
  }
  l.write(0, l.library("__npu_prmt", l.builder.getInt32Ty(), {a, b, selector}), type);
}

// PTX ISA, "bfe", "bfi": positions and lengths are bytes; what lies beyond the word is the sign or
// zero.
void lowerBitField(Lowering &l) {
  ValueType type = l.takeType();
  bool inserts = l.opcode() == "bfi";
  unsigned width = type.width, at = inserts ? 3 : 2;
  Value *position = l.builder.CreateAnd(l.read(at, kWord), 255);
  Value *length = l.builder.CreateAnd(l.read(at + 1, kWord), 255);
  Value *fits = smaller(l, position, width);
  Value *mask = lowBits(l, smaller(l, length, width), width);
  unsigned wide = 2 * width;
  if (inserts) {
    Value *shift = zeroExtended(l, fits, wide);
    Value *places = zeroExtended(l, l.builder.CreateShl(zeroExtended(l, mask, wide), shift), width);
    Value *field =
        zeroExtended(l, l.builder.CreateShl(zeroExtended(l, l.read(1, type), wide), shift), width);
    Value *result =
        l.builder.CreateOr(l.builder.CreateAnd(l.read(2, type), l.builder.CreateNot(places)),
                           l.builder.CreateAnd(field, places));
    return l.write(0, result, type);
  }
  Value *value = l.read(1, type);
  Type *wideType = l.builder.getIntNTy(wide);
  Value *extended = type.isSigned() ? l.builder.CreateSExt(value, wideType)
                                    : l.builder.CreateZExt(value, wideType);
  Value *field = l.builder.CreateAnd(
      zeroExtended(l, l.builder.CreateLShr(extended, zeroExtended(l, fits, wide)), width), mask);
  if (type.isSigned()) {
    // The sign is the bit at min(position + length - 1, top).
    Value *end = smaller(l, l.builder.CreateSub(l.builder.CreateAdd(position, length), l.word(1)),
                         width - 1);
    Value *sign = l.builder.CreateTrunc(l.builder.CreateLShr(value, zeroExtended(l, end, width)),
                                        l.builder.getInt1Ty());
    sign = l.builder.CreateAnd(sign, l.builder.CreateICmpNE(length, l.word(0)));
    Value *above = l.builder.CreateAnd(l.builder.CreateSExt(sign, value->getType()),
                                       l.builder.CreateNot(mask));
    field = l.builder.CreateOr(field, above);
  }
  l.write(0, field, type);
}

void lowerBits(Lowering &l) {
  bool shiftAmount = l.opcode() == "bfind" && l.take("shiftamt");
  ValueType type = l.takeType();
  bool isWide = type.width == 64;
  Value *value = l.read(1, type);
  Type *word = l.builder.getInt32Ty();
  if (l.opcode() == "brev")
    return l.write(0, l.library(isWide ? "__nv_brevll" : "__nv_brev", value->getType(), {value}),
                   type);
  if (l.opcode() == "popc")
    return l.write(0, l.library(isWide ? "__nv_popcll" : "__nv_popc", word, {value}), kWord);
  if (l.opcode() == "bfind" && type.isSigned()) // of a negative number, the highest 0
    value = l.builder.CreateXor(value, l.builder.CreateAShr(value, type.width - 1));
  Value *leading = l.library(isWide ? "__nv_clzll" : "__nv_clz", word, {value});
  if (l.opcode() == "clz")
    return l.write(0, leading, kWord);
  // 0xffffffff when there is none.
  Value *none = l.builder.CreateICmpEQ(leading, l.word(type.width));
  Value *found = shiftAmount ? leading : l.builder.CreateSub(l.word(type.width - 1), leading);
  l.write(0, l.builder.CreateSelect(none, l.word(~0u), found), kWord);
}

void lowerFindNthSet(Lowering &l) {
  l.takeType();
  l.write(0,
          l.library("__npu_ptx_find_nth_set", l.builder.getInt32Ty(),
                    {l.read(1, kWord), l.read(2, kWord), l.read(3, kWord)}),
          kWord);
}

// Extends from a bit position; the whole word stays for 32 and more.
void lowerExtend(Lowering &l) {
  StringRef mode = l.takeOneOf({"clamp", "wrap"});
  ValueType type = l.takeType();
  Value *value = l.read(1, type), *length = l.read(2, kWord);
  length = mode == "wrap" ? l.builder.CreateAnd(length, 31) : smaller(l, length, 32);
  Value *shift = l.builder.CreateSub(l.word(32), length);
  Value *wide = l.builder.CreateShl(zeroExtended(l, value, 64),
                                    zeroExtended(l, l.builder.CreateAdd(shift, l.word(32)), 64));
  Value *amount = zeroExtended(l, shift, 64);
  wide = type.isSigned() ? l.builder.CreateAShr(wide, amount) : l.builder.CreateLShr(wide, amount);
  Value *result = zeroExtended(l, l.builder.CreateLShr(wide, 32), 32);
  // A length of 0 shifts everything out.
  result = l.builder.CreateSelect(l.builder.CreateICmpEQ(length, l.word(0)), l.word(0), result);
  l.write(0, result, type);
}

void lowerBitMask(Lowering &l) {
  StringRef mode = l.takeOneOf({"clamp", "wrap"});
  ValueType type = l.takeType();
  Value *start = l.read(1, kWord), *length = l.read(2, kWord);
  if (mode == "wrap")
    start = l.builder.CreateAnd(start, 31), length = l.builder.CreateAnd(length, 31);
  else
    start = smaller(l, start, 32), length = smaller(l, length, 32);
  Value *mask = zeroExtended(l, lowBits(l, length, 32), 64);
  l.write(0, zeroExtended(l, l.builder.CreateShl(mask, zeroExtended(l, start, 64)), 32), type);
}

} // namespace npu::ptx
