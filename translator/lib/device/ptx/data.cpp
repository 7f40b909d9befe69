// Moves, address spaces, comparisons and selections.
#include "device/ptx/lower.h"

using namespace llvm;

namespace npu::ptx {

namespace {

constexpr ValueType kPredicate = {'p', 1, 1};

struct Comparison {
  StringRef name;
  CmpInst::Predicate ofSigned, ofUnsigned, ofFloats; // BAD_*: not for such operands
};

const Comparison kComparisons[] = {
    {"eq", CmpInst::ICMP_EQ, CmpInst::ICMP_EQ, CmpInst::FCMP_OEQ},
    {"ne", CmpInst::ICMP_NE, CmpInst::ICMP_NE, CmpInst::FCMP_ONE},
    {"lt", CmpInst::ICMP_SLT, CmpInst::ICMP_ULT, CmpInst::FCMP_OLT},
    {"le", CmpInst::ICMP_SLE, CmpInst::ICMP_ULE, CmpInst::FCMP_OLE},
    {"gt", CmpInst::ICMP_SGT, CmpInst::ICMP_UGT, CmpInst::FCMP_OGT},
    {"ge", CmpInst::ICMP_SGE, CmpInst::ICMP_UGE, CmpInst::FCMP_OGE},
    {"lo", CmpInst::ICMP_ULT, CmpInst::ICMP_ULT, CmpInst::BAD_FCMP_PREDICATE},
    {"ls", CmpInst::ICMP_ULE, CmpInst::ICMP_ULE, CmpInst::BAD_FCMP_PREDICATE},
    {"hi", CmpInst::ICMP_UGT, CmpInst::ICMP_UGT, CmpInst::BAD_FCMP_PREDICATE},
    {"hs", CmpInst::ICMP_UGE, CmpInst::ICMP_UGE, CmpInst::BAD_FCMP_PREDICATE},
    {"equ", CmpInst::BAD_ICMP_PREDICATE, CmpInst::BAD_ICMP_PREDICATE, CmpInst::FCMP_UEQ},
    {"neu", CmpInst::BAD_ICMP_PREDICATE, CmpInst::BAD_ICMP_PREDICATE, CmpInst::FCMP_UNE},
    {"ltu", CmpInst::BAD_ICMP_PREDICATE, CmpInst::BAD_ICMP_PREDICATE, CmpInst::FCMP_ULT},
    {"leu", CmpInst::BAD_ICMP_PREDICATE, CmpInst::BAD_ICMP_PREDICATE, CmpInst::FCMP_ULE},
    {"gtu", CmpInst::BAD_ICMP_PREDICATE, CmpInst::BAD_ICMP_PREDICATE, CmpInst::FCMP_UGT},
    {"geu", CmpInst::BAD_ICMP_PREDICATE, CmpInst::BAD_ICMP_PREDICATE, CmpInst::FCMP_UGE},
    {"num", CmpInst::BAD_ICMP_PREDICATE, CmpInst::BAD_ICMP_PREDICATE, CmpInst::FCMP_ORD},
    {"nan", CmpInst::BAD_ICMP_PREDICATE, CmpInst::BAD_ICMP_PREDICATE, CmpInst::FCMP_UNO},
};

const Comparison *takeComparison(Lowering &l) {
  for (const Comparison &row : kComparisons)
    if (l.take(row.name))
      return &row;
  l.fail("no known comparison");
  return nullptr;
}

Value *compare(Lowering &l, const Comparison &comparison, Value *a, Value *b, ValueType type) {
  bool isFloat = a->getType()->isFloatingPointTy();
  CmpInst::Predicate predicate = isFloat           ? comparison.ofFloats
                                 : type.isSigned() ? comparison.ofSigned
                                                   : comparison.ofUnsigned;
  if (predicate == CmpInst::BAD_FCMP_PREDICATE || predicate == CmpInst::BAD_ICMP_PREDICATE) {
    l.fail("the comparison '" + comparison.name + "' of such operands");
    return l.builder.getFalse();
  }
  return isFloat ? l.builder.CreateFCmp(predicate, a, b) : l.builder.CreateICmp(predicate, a, b);
}

// The comparison of each packed value: one but for .f16x2 and .bf16x2.
SmallVector<Value *, 2> compareAll(Lowering &l, const Comparison &comparison, unsigned first,
                                   ValueType type, bool flush) {
  Value *a = l.read(first, type), *b = l.read(first + 1, type);
  SmallVector<Value *, 2> results;
  if (!type.isSmallFloat()) {
    if (flush && type.isFloat() && type.width == 32)
      a = l.flushed(a), b = l.flushed(b);
    return {compare(l, comparison, a, b, type)};
  }
  for (unsigned i = 0; i < type.count; ++i)
    results.push_back(compare(l, comparison, l.widened(l.halfOf(a, type, i), type),
                              l.widened(l.halfOf(b, type, i), type), type));
  return results;
}

Value *combine(Lowering &l, StringRef operation, Value *result, Value *other) {
  if (operation == "and")
    return l.builder.CreateAnd(result, other);
  if (operation == "or")
    return l.builder.CreateOr(result, other);
  return operation == "xor" ? l.builder.CreateXor(result, other) : result;
}

} // namespace

// Also packs and unpacks: mov.b32 d, {a, b}.
void lowerMove(Lowering &l) {
  ValueType type = l.takeType();
  const Operand &target = l.operand(0), &source = l.operand(1);
  if (type.kind == 'p')
    return l.write(0, l.read(1, kPredicate), kPredicate);
  if (source.kind == Operand::Vector) {
    SmallVector<Value *, 4> parts;
    ValueType part = {'b', type.bits() / unsigned(source.elements.size()), 1};
    Value *value = ConstantInt::get(l.builder.getIntNTy(type.bits()), 0);
    for (unsigned i = 0; i < source.elements.size(); ++i) {
      Value *wide = l.builder.CreateZExt(l.read(source.elements[i], part), value->getType());
      value = l.builder.CreateOr(value, l.builder.CreateShl(wide, i * part.width));
    }
    return l.write(0, l.builder.CreateBitCast(value, l.irType(type)), type);
  }
  if (target.kind == Operand::Vector) {
    ValueType part = {'b', type.bits() / unsigned(target.elements.size()), 1};
    Value *value = l.read(1, {'b', type.bits(), 1});
    for (unsigned i = 0; i < target.elements.size(); ++i)
      l.write(target.elements[i],
              l.builder.CreateTrunc(l.builder.CreateLShr(value, i * part.width),
                                    l.builder.getIntNTy(part.width)),
              part);
    return;
  }
  l.write(0, l.read(1, type), type);
}

// Only shared memory has addresses of its own here: handles (docs/translator.md).
void lowerConvertAddress(Lowering &l) {
  bool toSpace = l.take("to");
  StringRef space = l.takeOneOf({"shared", "shared::cta", "global", "local", "const", "param"});
  ValueType type = l.takeType();
  if (space.empty())
    return l.fail("no known state space");
  if (!space.startswith("shared")) {
    if (type.width != 64)
      l.fail("a 32-bit address that is not in shared memory");
    return l.write(0, l.read(1, type), type);
  }
  if (toSpace) {
    Value *handle = l.library(kSharedHandle, l.builder.getInt32Ty(), {l.pointerOf(l.operand(1))});
    return l.write(0, l.builder.CreateZExt(handle, l.irType(type)), type);
  }
  Type *shared = l.builder.getInt8PtrTy(3);
  Value *pointer = l.library(kSharedAddress, shared, {l.read(1, {'u', 32, 1})});
  pointer = l.builder.CreateAddrSpaceCast(pointer, l.builder.getInt8PtrTy());
  l.write(0, l.builder.CreatePtrToInt(pointer, l.irType(type)), type);
}

void lowerIsSpace(Lowering &l) {
  StringRef space = l.takeOneOf({"shared", "shared::cta", "global", "local", "const"});
  if (space.empty())
    return l.fail("no known state space");
  std::string name = "llvm.nvvm.isspacep." + space.split(':').first.str();
  l.write(0, l.intrinsic(name, l.builder.getInt1Ty(), {l.pointerOf(l.operand(1))}), kPredicate);
}

void lowerSelect(Lowering &l) {
  ValueType type = l.takeType();
  l.write(0, l.builder.CreateSelect(l.read(3, kPredicate), l.read(1, type), l.read(2, type)), type);
}

void lowerSelectBySign(Lowering &l) {
  bool flush = l.take("ftz");
  ValueType type = l.takeType(), signType = l.takeType();
  Value *sign = l.read(3, signType);
  if (flush)
    sign = l.flushed(sign);
  Value *first = sign->getType()->isFloatTy()
                     ? l.builder.CreateFCmpOGE(sign, ConstantFP::get(sign->getType(), 0))
                     : l.builder.CreateICmpSGE(sign, l.word(0));
  l.write(0, l.builder.CreateSelect(first, l.read(1, type), l.read(2, type)), type);
}

void lowerSetPredicate(Lowering &l) {
  const Comparison *comparison = takeComparison(l);
  StringRef operation = l.takeOneOf({"and", "or", "xor"});
  bool flush = l.take("ftz");
  ValueType type = l.takeType();
  if (!comparison || l.failed())
    return;
  unsigned sources = operation.empty() ? 2 : 3;
  if (l.operandCount() < sources + 1 || l.operandCount() > sources + 2)
    return l.fail("the number of operands");
  unsigned targets = l.operandCount() - sources;
  SmallVector<Value *, 2> results = compareAll(l, *comparison, targets, type, flush);
  Value *other = operation.empty() ? nullptr : l.read(targets + 2, kPredicate);
  for (unsigned i = 0; i < targets; ++i) {
    // The second target is the complement, or the comparison of the upper halves.
    Value *result = i < results.size() ? results[i] : l.builder.CreateNot(results[0]);
    l.write(i, combine(l, operation, result, other), kPredicate);
  }
}

void lowerSet(Lowering &l) {
  const Comparison *comparison = takeComparison(l);
  StringRef operation = l.takeOneOf({"and", "or", "xor"});
  bool flush = l.take("ftz");
  ValueType target = l.takeType(), type = l.takeType();
  if (!comparison || l.failed())
    return;
  SmallVector<Value *, 2> results = compareAll(l, *comparison, 1, type, flush);
  if (!operation.empty())
    for (Value *&result : results)
      result = combine(l, operation, result, l.read(3, kPredicate));
  if (target.isFloat())
    return l.write(0, l.builder.CreateUIToFP(results[0], l.irType(target)), target);
  if (target.isInteger() && results.size() == 1)
    return l.write(0, l.builder.CreateSExt(results[0], l.irType(target)), target);
  unsigned one = target.kind == 'h' ? 0x3f80 : 0x3c00;
  SmallVector<Value *, 2> parts;
  for (Value *result : results)
    parts.push_back(target.isInteger() ? l.builder.CreateSExt(result, l.builder.getInt16Ty())
                                       : l.builder.CreateSelect(result, l.builder.getInt16(one),
                                                                l.builder.getInt16(0)));
  ValueType packed = {'f', 16, unsigned(parts.size())};
  l.write(0, l.packed(parts, packed), packed);
}

} // namespace npu::ptx
