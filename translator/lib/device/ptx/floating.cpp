// Floating-point arithmetic. Roundings other than to nearest and the small formats are functions of
// the device library; approximations are its accurate functions.
#include "device/ptx/lower.h"

using namespace llvm;

namespace npu::ptx {

namespace {

// The library's number of a small format and of a rounding (device_library/ptx_formats.cu).
unsigned formatOf(ValueType type) {
  switch (type.kind) {
  case 'h':
    return 1;
  case 't':
    return 2;
  case '3':
    return 3;
  case '2':
    return 4;
  default:
    return 0;
  }
}

unsigned roundingNumber(StringRef rounding) {
  StringRef kNames[] = {"rn", "rz", "rp", "rm", "rna"};
  return find(kNames, rounding) - std::begin(kNames);
}

// "rn" -> "rn", "rm" -> "rd", "rp" -> "ru": PTX's names and CUDA's.
std::string cudaRounding(StringRef rounding) {
  return rounding == "rm" ? "rd" : rounding == "rp" ? "ru" : rounding.str();
}

bool isNearest(StringRef rounding) { return rounding.empty() || rounding == "rn"; }

struct Modifiers {
  bool flush, saturate;
  StringRef rounding;
};

Modifiers takeModifiers(Lowering &l) {
  StringRef rounding = l.takeRounding();
  bool flush = l.take("ftz");
  return {flush, l.take("sat"), rounding};
}

Value *readFloat(Lowering &l, unsigned i, ValueType type, const Modifiers &modifiers) {
  Value *value = l.read(i, type);
  return modifiers.flush && type.width == 32 ? l.flushed(value) : value;
}

void writeFloat(Lowering &l, Value *value, ValueType type, const Modifiers &modifiers) {
  if (modifiers.flush && type.width == 32)
    value = l.flushed(value);
  if (modifiers.saturate)
    value = l.saturated(value);
  l.write(0, value, type);
}

// `f` and `d`: the library's prefixes for float and double, as in __nv_fadd_rz, __nv_dadd_rz.
Value *rounded(Lowering &l, StringRef operation, ValueType type, StringRef rounding,
               ArrayRef<Value *> operands) {
  std::string name = "__nv_";
  name += type.width == 32 ? "f" : "d";
  name += operation.str() + "_" + cudaRounding(rounding);
  return l.library(name, l.irType(type), operands);
}

bool checkFloat(Lowering &l, ValueType type) {
  if (!type.isFloat())
    l.fail("a type that this instruction does not have");
  return !l.failed();
}

Value *saturatedSmall(Lowering &l, Value *value, bool saturate) {
  return saturate ? l.saturated(value) : value;
}

} // namespace

// Small numbers become zeros of their sign.
Value *Lowering::flushed(Value *value) {
  Type *type = value->getType();
  Value *magnitude = builder.CreateUnaryIntrinsic(Intrinsic::fabs, value);
  Value *zero = builder.CreateBinaryIntrinsic(Intrinsic::copysign, ConstantFP::get(type, 0), value);
  return builder.CreateSelect(builder.CreateFCmpOLT(magnitude, ConstantFP::get(type, 0x1p-126)),
                              zero, value);
}

// To 0...1; not-a-number becomes 0.
Value *Lowering::saturated(Value *value) {
  Value *zero = ConstantFP::get(value->getType(), 0), *one = ConstantFP::get(value->getType(), 1);
  Value *positive = builder.CreateSelect(builder.CreateFCmpOGT(value, zero), value, zero);
  return builder.CreateSelect(builder.CreateFCmpOGE(positive, one), one, positive);
}

Value *Lowering::halfOf(Value *packedValue, ValueType type, unsigned i) {
  return builder.CreateTrunc(builder.CreateLShr(packedValue, i * type.width),
                             builder.getIntNTy(type.width));
}

Value *Lowering::packed(ArrayRef<Value *> parts, ValueType type) {
  Type *whole = builder.getIntNTy(type.width * parts.size());
  Value *result = ConstantInt::get(whole, 0);
  for (unsigned i = 0; i < parts.size(); ++i)
    result = builder.CreateOr(
        result, builder.CreateShl(builder.CreateZExt(parts[i], whole), i * type.width));
  return result;
}

Value *Lowering::widened(Value *value, ValueType type) {
  return library("__npu_ptx_widen", builder.getFloatTy(),
                 {builder.CreateZExtOrTrunc(value, builder.getInt32Ty()), word(formatOf(type))});
}

Value *Lowering::narrowed(Value *value, ValueType type, StringRef rounding, unsigned flags) {
  if (value->getType()->isFloatTy())
    value = builder.CreateFPExt(value, builder.getDoubleTy());
  Value *result =
      library("__npu_ptx_narrow", builder.getInt32Ty(),
              {value, word(formatOf(type)), word(roundingNumber(rounding)), word(flags)});
  return builder.CreateTrunc(result, builder.getIntNTy(type.width));
}

Value *Lowering::perSmallFloat(ValueType type, unsigned first, unsigned count,
                               const std::function<Value *(ArrayRef<Value *>)> &compute) {
  SmallVector<Value *, 3> operands;
  for (unsigned i = 0; i < count; ++i)
    operands.push_back(read(first + i, type));
  SmallVector<Value *, 2> parts;
  for (unsigned i = 0; i < type.count; ++i) {
    SmallVector<Value *, 3> floats;
    for (Value *operand : operands)
      floats.push_back(widened(halfOf(operand, type, i), type));
    parts.push_back(narrowed(compute(floats), type));
  }
  return packed(parts, type);
}

// A sum or product of half-precision numbers, computed in float and rounded again, is correctly
// rounded: float has more than twice the digits.
void lowerFloatAdd(Lowering &l, ValueType type) {
  Modifiers modifiers = takeModifiers(l);
  bool subtract = l.opcode() == "sub";
  auto compute = [&](Value *a, Value *b) {
    return subtract ? l.builder.CreateFSub(a, b) : l.builder.CreateFAdd(a, b);
  };
  if (type.isSmallFloat())
    return l.write(0,
                   l.perSmallFloat(type, 1, 2,
                                   [&](ArrayRef<Value *> x) {
                                     return saturatedSmall(l, compute(x[0], x[1]),
                                                           modifiers.saturate);
                                   }),
                   type);
  if (!checkFloat(l, type))
    return;
  Value *a = readFloat(l, 1, type, modifiers), *b = readFloat(l, 2, type, modifiers);
  Value *sum = isNearest(modifiers.rounding) ? compute(a, b)
                                             : rounded(l, "add", type, modifiers.rounding,
                                                       {a, subtract ? l.builder.CreateFNeg(b) : b});
  writeFloat(l, sum, type, modifiers);
}

void lowerFusedMultiplyAdd(Lowering &l) {
  Modifiers modifiers = takeModifiers(l);
  bool relu = l.take("relu");
  ValueType type = l.takeType();
  if (l.failed())
    return;
  if (type.isSmallFloat())
    return l.write(0,
                   l.perSmallFloat(type, 1, 3,
                                   [&](ArrayRef<Value *> x) {
                                     Value *sum =
                                         l.library("__npu_ptx_fused", l.builder.getDoubleTy(),
                                                   {x[0], x[1], x[2]});
                                     if (relu) {
                                       Value *zero = ConstantFP::get(sum->getType(), 0);
                                       sum = l.builder.CreateSelect(
                                           l.builder.CreateFCmpOLT(sum, zero), zero, sum);
                                     }
                                     return saturatedSmall(l, sum, modifiers.saturate);
                                   }),
                   type);
  if (!checkFloat(l, type))
    return;
  Value *a = readFloat(l, 1, type, modifiers), *b = readFloat(l, 2, type, modifiers),
        *c = readFloat(l, 3, type, modifiers);
  Value *sum = nullptr;
  if (isNearest(modifiers.rounding))
    sum = l.builder.CreateIntrinsic(Intrinsic::fma, {l.irType(type)}, {a, b, c});
  else
    sum = l.library((type.width == 32 ? "__nv_fmaf_" : "__nv_fma_") +
                        cudaRounding(modifiers.rounding),
                    l.irType(type), {a, b, c});
  writeFloat(l, sum, type, modifiers);
}

// mul, and mad, which is fused from sm_20 on.
void lowerFloatMultiply(Lowering &l, ValueType type) {
  if (l.opcode() == "mad")
    return [&] {
      Modifiers modifiers = takeModifiers(l);
      if (!checkFloat(l, type))
        return;
      Value *a = readFloat(l, 1, type, modifiers), *b = readFloat(l, 2, type, modifiers),
            *c = readFloat(l, 3, type, modifiers);
      Value *sum = isNearest(modifiers.rounding)
                       ? l.builder.CreateIntrinsic(Intrinsic::fma, {l.irType(type)}, {a, b, c})
                       : l.library((type.width == 32 ? "__nv_fmaf_" : "__nv_fma_") +
                                       cudaRounding(modifiers.rounding),
                                   l.irType(type), {a, b, c});
      writeFloat(l, sum, type, modifiers);
    }();
  Modifiers modifiers = takeModifiers(l);
  if (type.isSmallFloat())
    return l.write(0,
                   l.perSmallFloat(type, 1, 2,
                                   [&](ArrayRef<Value *> x) {
                                     return saturatedSmall(l, l.builder.CreateFMul(x[0], x[1]),
                                                           modifiers.saturate);
                                   }),
                   type);
  if (!checkFloat(l, type))
    return;
  Value *a = readFloat(l, 1, type, modifiers), *b = readFloat(l, 2, type, modifiers);
  writeFloat(l,
             isNearest(modifiers.rounding) ? l.builder.CreateFMul(a, b)
                                           : rounded(l, "mul", type, modifiers.rounding, {a, b}),
             type, modifiers);
}

void lowerFloatDivide(Lowering &l, ValueType type) {
  l.takeOneOf({"approx", "full"});
  Modifiers modifiers = takeModifiers(l);
  if (!checkFloat(l, type))
    return;
  Value *a = readFloat(l, 1, type, modifiers), *b = readFloat(l, 2, type, modifiers);
  writeFloat(l,
             isNearest(modifiers.rounding) ? l.builder.CreateFDiv(a, b)
                                           : rounded(l, "div", type, modifiers.rounding, {a, b}),
             type, modifiers);
}

void lowerFloatSign(Lowering &l, ValueType type) {
  bool flush = l.take("ftz"), isAbs = l.opcode() == "abs";
  if (type.isSmallFloat()) {
    uint32_t signs = type.count == 2 ? 0x80008000u : 0x8000u;
    Value *value = l.read(1, type);
    return l.write(0,
                   isAbs ? l.builder.CreateAnd(value, type.count == 2 ? ~signs : 0x7fffu)
                         : l.builder.CreateXor(value, signs),
                   type);
  }
  if (!checkFloat(l, type))
    return;
  Value *value = readFloat(l, 1, type, {flush, false, ""});
  l.write(0,
          isAbs ? l.builder.CreateUnaryIntrinsic(Intrinsic::fabs, value)
                : l.builder.CreateFNeg(value),
          type);
}

// The number where one is none; -0 is smaller than 0. With .NaN, not-a-number wins.
void lowerFloatMinMax(Lowering &l, ValueType type) {
  bool flush = l.take("ftz"), keepsNan = l.take("NaN"), isMin = l.opcode() == "min";
  auto compute = [&](Value *a, Value *b) {
    Type *own = a->getType();
    std::string name = isMin ? "__nv_fmin" : "__nv_fmax";
    Value *picked = l.library(own->isFloatTy() ? name + "f" : name, own, {a, b});
    // Equal numbers can differ in the sign of zero.
    Type *integer = l.builder.getIntNTy(own->getPrimitiveSizeInBits());
    Value *x = l.builder.CreateBitCast(a, integer), *y = l.builder.CreateBitCast(b, integer);
    Value *both = isMin ? l.builder.CreateOr(x, y) : l.builder.CreateAnd(x, y);
    picked = l.builder.CreateSelect(l.builder.CreateFCmpOEQ(a, b),
                                    l.builder.CreateBitCast(both, own), picked);
    if (keepsNan)
      picked =
          l.builder.CreateSelect(l.builder.CreateFCmpUNO(a, b), ConstantFP::getNaN(own), picked);
    return picked;
  };
  if (type.isSmallFloat())
    return l.write(
        0, l.perSmallFloat(type, 1, 2, [&](ArrayRef<Value *> x) { return compute(x[0], x[1]); }),
        type);
  if (!checkFloat(l, type))
    return;
  Modifiers modifiers = {flush, false, ""};
  Value *result = compute(readFloat(l, 1, type, modifiers), readFloat(l, 2, type, modifiers));
  if (l.operandCount() == 4)
    result = compute(result, readFloat(l, 3, type, modifiers));
  l.write(0, result, type);
}

// Approximations are computed accurately: the machine's are allowed to differ from them.
void lowerFloatUnary(Lowering &l) {
  bool approximate = l.take("approx");
  Modifiers modifiers = takeModifiers(l);
  ValueType type = l.takeType();
  if (l.failed())
    return;
  auto compute = [&](Value *x) -> Value * {
    Type *own = x->getType();
    bool isFloat = own->isFloatTy();
    if (l.opcode() == "rcp")
      return l.builder.CreateFDiv(ConstantFP::get(own, 1), x);
    struct Row {
      StringRef opcode, name;
    };
    const Row kRows[] = {{"sqrt", "__nv_sqrt"}, {"rsqrt", "__nv_rsqrt"}, {"ex2", "__nv_exp2"},
                         {"lg2", "__nv_log2"},  {"sin", "__nv_sin"},     {"cos", "__nv_cos"},
                         {"tanh", "__nv_tanh"}};
    for (const Row &row : kRows)
      if (l.opcode() == row.opcode)
        return l.library(row.name.str() + (isFloat ? "f" : ""), own, {x});
    l.fail("the function");
    return x;
  };
  if (type.isSmallFloat())
    return l.write(
        0, l.perSmallFloat(type, 1, 1, [&](ArrayRef<Value *> x) { return compute(x[0]); }), type);
  if (!checkFloat(l, type))
    return;
  Value *x = readFloat(l, 1, type, modifiers);
  Value *result = approximate || isNearest(modifiers.rounding)
                      ? compute(x)
                      : rounded(l, l.opcode(), type, modifiers.rounding, {x});
  writeFloat(l, result, type, modifiers);
}

// d has a's sign and b's magnitude.
void lowerCopySign(Lowering &l) {
  ValueType type = l.takeType();
  if (checkFloat(l, type))
    l.write(0,
            l.builder.CreateBinaryIntrinsic(Intrinsic::copysign, l.read(2, type), l.read(1, type)),
            type);
}

void lowerTestFloat(Lowering &l) {
  StringRef test =
      l.takeOneOf({"finite", "infinite", "number", "notanumber", "normal", "subnormal"});
  ValueType type = l.takeType();
  if (!checkFloat(l, type))
    return;
  Value *magnitude = l.builder.CreateUnaryIntrinsic(Intrinsic::fabs, l.read(1, type));
  Type *own = magnitude->getType();
  Value *infinity = ConstantFP::getInfinity(own), *zero = ConstantFP::get(own, 0);
  Value *least = ConstantFP::get(own, type.width == 32 ? 0x1p-126 : 0x1p-1022);
  IRBuilder<> &b = l.builder;
  Value *result = nullptr;
  if (test == "finite")
    result = b.CreateFCmpOLT(magnitude, infinity);
  else if (test == "infinite")
    result = b.CreateFCmpOEQ(magnitude, infinity);
  else if (test == "number")
    result = b.CreateFCmpORD(magnitude, magnitude);
  else if (test == "notanumber")
    result = b.CreateFCmpUNO(magnitude, magnitude);
  else if (test == "normal")
    result = b.CreateAnd(b.CreateFCmpOGE(magnitude, least), b.CreateFCmpOLT(magnitude, infinity));
  else if (test == "subnormal")
    result = b.CreateAnd(b.CreateFCmpOGT(magnitude, zero), b.CreateFCmpOLT(magnitude, least));
  else
    return l.fail("no known test");
  l.write(0, result, {'p', 1, 1});
}

// --- Conversions ---

namespace {

Value *roundedToWhole(Lowering &l, Value *value, StringRef rounding) {
  Intrinsic::ID id = rounding == "rni"   ? Intrinsic::rint
                     : rounding == "rzi" ? Intrinsic::trunc
                     : rounding == "rmi" ? Intrinsic::floor
                                         : Intrinsic::ceil;
  return l.builder.CreateUnaryIntrinsic(id, value);
}

// PTX clamps to the target's range; not-a-number is 0, in 64 bits the top bit (as the optimiser's
// define-results has it for casts).
Value *toInteger(Lowering &l, Value *value, ValueType to) {
  Type *type = l.irType(to);
  if (value->getType()->isFloatTy())
    value = l.builder.CreateFPExt(value, l.builder.getDoubleTy());
  Value *result =
      l.builder.CreateIntrinsic(to.isSigned() ? Intrinsic::fptosi_sat : Intrinsic::fptoui_sat,
                                {type, value->getType()}, {value});
  if (to.width != 64)
    return result;
  return l.builder.CreateSelect(l.builder.CreateFCmpUNO(value, value),
                                ConstantInt::get(type, APInt::getSignMask(64)), result);
}

Value *fromInteger(Lowering &l, Value *value, ValueType from, ValueType to, StringRef rounding) {
  bool wide = from.width == 64;
  if (!wide)
    value = from.isSigned() ? l.builder.CreateSExt(value, l.builder.getInt32Ty())
                            : l.builder.CreateZExt(value, l.builder.getInt32Ty());
  bool exact = to.width == 64 && !wide;
  if (isNearest(rounding) || exact)
    return from.isSigned() ? l.builder.CreateSIToFP(value, l.irType(to))
                           : l.builder.CreateUIToFP(value, l.irType(to));
  std::string name = std::string("__nv_") + (from.isSigned() ? "" : "u") + (wide ? "ll" : "int") +
                     (to.width == 32 ? "2float_" : "2double_") + cudaRounding(rounding);
  return l.library(name, l.irType(to), {value});
}

Value *integerToInteger(Lowering &l, Value *value, ValueType from, ValueType to, bool saturate) {
  unsigned width = std::max(from.width, to.width) + 1;
  Value *wide = from.isSigned() ? l.builder.CreateSExt(value, l.builder.getIntNTy(width))
                                : l.builder.CreateZExt(value, l.builder.getIntNTy(width));
  if (saturate) {
    APInt high = to.isSigned() ? APInt::getSignedMaxValue(to.width).sext(width)
                               : APInt::getMaxValue(to.width).zext(width);
    APInt low = to.isSigned() ? APInt::getSignedMinValue(to.width).sext(width) : APInt(width, 0);
    Value *most = ConstantInt::get(wide->getType(), high);
    Value *least = ConstantInt::get(wide->getType(), low);
    wide = l.builder.CreateSelect(l.builder.CreateICmpSGT(wide, most), most, wide);
    wide = l.builder.CreateSelect(l.builder.CreateICmpSLT(wide, least), least, wide);
  }
  return l.builder.CreateTrunc(wide, l.irType(to));
}

bool isMinifloat(ValueType type) { return type.kind == '3' || type.kind == '2'; }

// d, a, b: a becomes the upper half. Or one packed operand.
void convertPacked(Lowering &l, ValueType to, ValueType from, StringRef rounding, unsigned flags) {
  SmallVector<Value *, 2> parts;
  ValueType one = {to.kind, to.width, 1}, oneFrom = {from.kind, from.width, 1};
  for (unsigned i = 0; i < to.count; ++i) {
    Value *value = nullptr;
    if (from.count == 2)
      value = l.widened(l.halfOf(l.read(1, from), from, i), oneFrom);
    else
      value = l.read(l.operandCount() == 3 ? 2 - i : 1, from);
    parts.push_back(l.narrowed(value, one, rounding.empty() ? "rn" : rounding, flags));
  }
  l.write(0, l.packed(parts, one), to);
}

} // namespace

void lowerConvert(Lowering &l) {
  StringRef rounding = l.takeOneOf({"rn", "rz", "rm", "rp", "rna"});
  StringRef whole = l.takeOneOf({"rni", "rzi", "rmi", "rpi"});
  bool flush = l.take("ftz"), saturate = l.take("sat");
  unsigned flags = (l.take("relu") ? 1 : 0) | (l.take("satfinite") ? 2 : 0);
  ValueType to = l.takeType(), from = l.takeType();
  if (l.failed())
    return;
  if (to.count == 2 || isMinifloat(to) || isMinifloat(from))
    return convertPacked(l, to, from, rounding, flags);
  if (l.operandCount() != 2)
    return l.fail("the number of operands");
  if (from.isInteger() && to.isInteger())
    return l.write(0, integerToInteger(l, l.read(1, from), from, to, saturate), to);
  if (to.kind == 't')
    return l.write(0, l.narrowed(l.read(1, from), to, rounding.empty() ? "rn" : rounding, flags),
                   {'b', 32, 1});
  Value *value = l.read(1, from);
  if (from.isInteger()) {
    ValueType wide = to.isFloat() ? to : ValueType{'f', 64, 1};
    value = fromInteger(l, value, from, wide, to.isFloat() ? rounding : "rn");
  } else if (!from.isFloat()) {
    value = l.widened(value, from);
  } else if (flush && from.width == 32) {
    value = l.flushed(value);
  }
  if (!whole.empty())
    value = roundedToWhole(l, value, whole);
  if (to.isInteger())
    return l.write(0, toInteger(l, value, to), to);
  if (saturate)
    value = l.saturated(value);
  if (!to.isFloat())
    return l.write(0, l.narrowed(value, to, rounding.empty() ? "rn" : rounding, flags), to);
  if (to.width == 64)
    return l.write(0, l.builder.CreateFPExt(value, l.irType(to)), to);
  if (value->getType()->isDoubleTy())
    value = isNearest(rounding)
                ? l.builder.CreateFPTrunc(value, l.irType(to))
                : l.library("__nv_double2float_" + cudaRounding(rounding), l.irType(to), {value});
  if (flush)
    value = l.flushed(value);
  l.write(0, value, to);
}

} // namespace npu::ptx
