// Warp matrices, on shuffles. Who holds which element is PTX ISA's, "Matrix fragments for mma":
// with g = lane / 4, t = lane % 4 and P elements in a 32-bit register,
//   A, register r: row g + 8 (r % 2), or row g of 8 rows; k from (r / 2) 4P + P t, or r 4P + P t
//   B, register r: k from r 4P + P t, column g
//   C, D:          rows g and g + 8, columns 2t and 2t + 1
#include "device/ptx/lower.h"

using namespace llvm;

namespace npu::ptx {

namespace {

constexpr ValueType kWord = {'b', 32, 1};

Value *shuffled(Lowering &l, Value *value, Value *fromLane) {
  IRBuilder<> &b = l.builder;
  Type *type = value->getType(), *word = b.getInt32Ty();
  auto one = [&](Value *part) {
    return l.intrinsic("llvm.nvvm.shfl.sync.idx.i32", word,
                       {l.word(~0u), part, fromLane, l.word(31)});
  };
  if (type->getPrimitiveSizeInBits() == 32)
    return b.CreateBitCast(one(b.CreateBitCast(value, word)), type);
  Value *bits = b.CreateBitCast(value, b.getInt64Ty());
  Value *low = one(b.CreateTrunc(bits, word));
  Value *high = one(b.CreateTrunc(b.CreateLShr(bits, 32), word));
  bits = b.CreateOr(b.CreateZExt(low, b.getInt64Ty()),
                    b.CreateShl(b.CreateZExt(high, b.getInt64Ty()), 32));
  return b.CreateBitCast(bits, type);
}

Value *handleOf(Lowering &l, const Operand &operand, StringRef space) {
  Value *pointer = l.address(operand, space, l.builder.getInt8Ty());
  return l.library(kSharedHandle, l.builder.getInt32Ty(),
                   {l.builder.CreateAddrSpaceCast(pointer, l.builder.getInt8PtrTy())});
}

Value *sharedPointer(Lowering &l, Value *handle, Type *type) {
  Value *pointer = l.library(kSharedAddress, l.builder.getInt8PtrTy(3), {handle});
  return l.builder.CreateBitCast(pointer, type->getPointerTo(3));
}

struct Shape {
  unsigned count = 0;
  bool transposed = false;
  StringRef space; // of the address: "shared", or none for a generic one, of shared memory too
};

Shape takeShape(Lowering &l) {
  l.take("sync");
  l.take("aligned");
  Shape shape;
  StringRef count = l.takeOneOf({"x1", "x2", "x4"});
  shape.count = count.empty() ? 0 : count[1] - '0';
  shape.transposed = l.take("trans");
  shape.space = l.takeOneOf({"shared", "shared::cta"}).empty() ? "" : "shared";
  if (!l.take("m8n8") || !shape.count || !l.take("b16"))
    l.fail("no matrices of m8n8, .b16");
  return shape;
}

// Where this lane's two elements of matrix i are: rows begin at the addresses of lanes 8i to 8i
// + 7.
SmallVector<Value *, 2> places(Lowering &l, Value *handle, unsigned i, bool transposed) {
  IRBuilder<> &b = l.builder;
  Value *lane = l.laneNumber();
  Value *group = b.CreateLShr(lane, 2), *inGroup = b.CreateAnd(lane, 3);
  if (!transposed) {
    Value *row = shuffled(l, handle, b.CreateAdd(group, l.word(8 * i)));
    return {b.CreateAdd(row, b.CreateShl(inGroup, 2))};
  }
  SmallVector<Value *, 2> result;
  for (unsigned half = 0; half < 2; ++half) {
    Value *row = shuffled(l, handle, b.CreateAdd(b.CreateShl(inGroup, 1), l.word(8 * i + half)));
    result.push_back(b.CreateAdd(row, b.CreateShl(group, 1)));
  }
  return result;
}

} // namespace

void lowerLoadMatrix(Lowering &l) {
  Shape shape = takeShape(l);
  ArrayRef<Operand> targets = l.elements(l.operand(0));
  if (l.failed() || targets.size() != shape.count)
    return l.fail("the number of registers");
  Value *handle = handleOf(l, l.operand(1), shape.space);
  SmallVector<Value *, 4> results;
  for (unsigned i = 0; i < shape.count; ++i) {
    Value *result = nullptr;
    for (Value *place : places(l, handle, i, shape.transposed)) {
      Type *type = l.builder.getIntNTy(shape.transposed ? 16 : 32);
      Value *loaded = l.builder.CreateZExt(
          l.builder.CreateAlignedLoad(type, sharedPointer(l, place, type), Align(2)),
          l.builder.getInt32Ty());
      result = result ? l.builder.CreateOr(result, l.builder.CreateShl(loaded, 16)) : loaded;
    }
    results.push_back(result);
  }
  for (unsigned i = 0; i < shape.count; ++i)
    l.write(targets[i], results[i], kWord);
}

void lowerStoreMatrix(Lowering &l) {
  Shape shape = takeShape(l);
  ArrayRef<Operand> sources = l.elements(l.operand(1));
  if (l.failed() || sources.size() != shape.count)
    return l.fail("the number of registers");
  Value *handle = handleOf(l, l.operand(0), shape.space);
  for (unsigned i = 0; i < shape.count; ++i) {
    Value *value = l.read(sources[i], kWord);
    for (Value *place : places(l, handle, i, shape.transposed)) {
      Type *type = l.builder.getIntNTy(shape.transposed ? 16 : 32);
      l.builder.CreateAlignedStore(l.builder.CreateTrunc(value, type),
                                   sharedPointer(l, place, type), Align(2));
      value = l.builder.CreateLShr(value, 16);
    }
  }
}

void lowerMoveMatrix(Lowering &l) {
  for (StringRef suffix : {"sync", "aligned"})
    l.take(suffix);
  if (!l.take("m8n8") || !l.take("trans") || !l.take("b16"))
    return l.fail("a matrix other than .m8n8.trans.b16");
  IRBuilder<> &b = l.builder;
  Value *value = l.read(1, kWord), *lane = l.laneNumber();
  Value *column = b.CreateLShr(lane, 2), *inGroup = b.CreateAnd(lane, 3);
  Value *result = nullptr;
  for (unsigned half = 0; half < 2; ++half) {
    Value *row = b.CreateAdd(b.CreateShl(inGroup, 1), l.word(half));
    Value *from = b.CreateAdd(b.CreateShl(row, 2), b.CreateLShr(column, 1));
    Value *pair = shuffled(l, value, from);
    Value *element =
        b.CreateAnd(b.CreateLShr(pair, b.CreateShl(b.CreateAnd(column, 1), 4)), 0xffff);
    result = result ? b.CreateOr(result, b.CreateShl(element, 16)) : element;
  }
  l.write(0, result, kWord);
}

namespace {

class Multiplication {
public:
  explicit Multiplication(Lowering &l) : l(l), b(l.builder) {}

  void run() {
    if (!readShape())
      return;
    SmallVector<Value *, 32> a = unpacked(1, aType), bValues = unpacked(2, bType);
    SmallVector<Value *, 4> sums = addends();
    if (l.failed())
      return;
    Value *lane = l.laneNumber();
    Value *group = b.CreateAnd(lane, ~3u), *column = b.CreateShl(b.CreateAnd(lane, 3), 3);
    unsigned rows = m / 8, registers = k / (4 * perRegister);
    for (unsigned r = 0; r < registers; ++r)
      for (unsigned t = 0; t < 4; ++t)
        for (unsigned e = 0; e < perRegister; ++e) {
          Value *factors[2];
          for (unsigned j = 0; j < 2; ++j)
            factors[j] =
                shuffled(l, bValues[r * perRegister + e], b.CreateAdd(column, l.word(4 * j + t)));
          for (unsigned half = 0; half < rows; ++half) {
            Value *x =
                shuffled(l, a[(r * rows + half) * perRegister + e], b.CreateOr(group, l.word(t)));
            for (unsigned j = 0; j < 2; ++j)
              sums[2 * half + j] = multiplyAdd(x, factors[j], sums[2 * half + j]);
          }
        }
    store(sums);
  }

private:
  bool readShape() {
    for (StringRef suffix : {"sync", "aligned"})
      l.take(suffix);
    StringRef shape =
        l.takeOneOf({"m16n8k4", "m16n8k8", "m16n8k16", "m16n8k32", "m8n8k4", "m8n8k16"});
    if (shape.empty() || !l.take("row") || !l.take("col"))
      return l.fail("no known shape with .row.col"), false;
    saturate = l.take("satfinite");
    m = shape.startswith("m16") ? 16 : 8;
    shape.split('k').second.getAsInteger(10, k);
    dType = l.takeType(), aType = l.takeType(), bType = l.takeType(), cType = l.takeType();
    isInteger = aType.isInteger();
    isDouble = aType.width == 64;
    perRegister = isDouble ? 1 : 32 / aType.width;
    bool whole = aType.count == 1 && bType.count == 1 && aType.width == bType.width &&
                 aType.width >= 8 && k % (4 * perRegister) == 0;
    bool results = isInteger ? dType.kind == 's' && dType.width == 32
                             : dType.kind == 'f' && (dType.width == 64) == isDouble;
    if (l.failed() || !whole || !results || cType.kind != dType.kind ||
        cType.width != dType.width || (shape == "m8n8k4" && !isDouble))
      return l.fail("a combination of types and shape that is not supported"), false;
    return true;
  }

  Type *element() {
    return isInteger ? b.getInt32Ty() : isDouble ? b.getDoubleTy() : b.getFloatTy();
  }

  SmallVector<Value *, 32> unpacked(unsigned operand, ValueType type) {
    SmallVector<Value *, 32> values;
    for (const Operand &part : l.elements(l.operand(operand))) {
      if (isDouble) {
        values.push_back(l.read(part, type));
        continue;
      }
      Value *word = l.read(part, kWord);
      for (unsigned e = 0; e < perRegister; ++e) {
        Value *bits = b.CreateTrunc(b.CreateLShr(word, e * type.width), b.getIntNTy(type.width));
        if (isInteger)
          values.push_back(type.isSigned() ? b.CreateSExt(bits, b.getInt32Ty())
                                           : b.CreateZExt(bits, b.getInt32Ty()));
        else if (type.width == 32) // tf32: the machine ignores the low bits
          values.push_back(b.CreateBitCast(b.CreateAnd(bits, 0xffffe000), b.getFloatTy()));
        else
          values.push_back(l.widened(bits, type));
      }
    }
    unsigned rows = operand == 1 ? m / 8 : 1;
    if (values.size() != rows * (k / 4)) {
      l.fail("the number of registers");
      values.assign(rows * (k / 4), UndefValue::get(element()));
    }
    return values;
  }

  SmallVector<Value *, 4> addends() {
    SmallVector<Value *, 4> values;
    for (const Operand &part : l.elements(l.operand(3))) {
      if (cType.width != 16) {
        values.push_back(l.read(part, cType));
        continue;
      }
      Value *word = l.read(part, kWord);
      for (unsigned half = 0; half < 2; ++half)
        values.push_back(l.widened(l.halfOf(word, cType, half), cType));
    }
    if (values.size() != m / 4) {
      l.fail("the number of registers");
      values.assign(m / 4, UndefValue::get(element()));
    }
    return values;
  }

  Value *multiplyAdd(Value *x, Value *y, Value *sum) {
    if (isInteger && saturate) {
      Value *product = b.CreateMul(x, y); // of bytes: 16 bits
      return b.CreateBinaryIntrinsic(Intrinsic::sadd_sat, sum, product);
    }
    if (isInteger)
      return b.CreateAdd(sum, b.CreateMul(x, y));
    return b.CreateIntrinsic(Intrinsic::fma, {sum->getType()}, {x, y, sum});
  }

  void store(ArrayRef<Value *> sums) {
    ArrayRef<Operand> targets = l.elements(l.operand(0));
    if (targets.size() != (dType.width == 16 ? sums.size() / 2 : sums.size()))
      return l.fail("the number of registers");
    for (unsigned i = 0; i < targets.size(); ++i) {
      if (dType.width != 16) {
        l.write(targets[i], sums[i], dType);
        continue;
      }
      ValueType half = {'f', 16, 1};
      Value *pair =
          l.packed({l.narrowed(sums[2 * i], half), l.narrowed(sums[2 * i + 1], half)}, half);
      l.write(targets[i], pair, kWord);
    }
  }

  Lowering &l;
  IRBuilder<> &b;
  unsigned m = 0, k = 0, perRegister = 0;
  bool saturate = false, isInteger = false, isDouble = false;
  ValueType dType, aType, bType, cType;
};

} // namespace

void lowerMatrixMultiply(Lowering &l) { Multiplication(l).run(); }

} // namespace npu::ptx
