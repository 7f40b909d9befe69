// Values between their scalar, affine and vector forms.
#include "device/warp/vectorizer.h"

using namespace llvm;

namespace npu::warp {

LaneValue Vectorizer::get(Value *value) {
  auto found = values.find(value);
  if (found != values.end())
    return found->second;
  LaneValue constant; // constants, globals, blocks: the same everywhere
  constant.scalar = value;
  return constant;
}

Value *Vectorizer::laneNumbers(Type *element) {
  SmallVector<Constant *, kLanes> numbers;
  for (unsigned lane = 0; lane < kLanes; ++lane)
    numbers.push_back(ConstantInt::get(element, lane));
  return ConstantVector::get(numbers);
}

Value *Vectorizer::offsets(const LaneValue &value, Type *integer) {
  unsigned width = shapes.width();
  SmallVector<Constant *, kLanes> columns, rows;
  for (unsigned lane = 0; lane < kLanes; ++lane) {
    unsigned column = value.rowStep ? lane % width : lane;
    columns.push_back(ConstantInt::get(integer, uint64_t(column) * value.step, true));
    rows.push_back(ConstantInt::get(integer, lane / width));
  }
  Value *result = ConstantVector::get(columns);
  if (value.rowStep)
    result = builder.CreateAdd(result,
                               builder.CreateMul(ConstantVector::get(rows), splat(value.rowStep)));
  return result;
}

// What a row adds; of values without rows it is what its lanes add.
Value *Vectorizer::rowStepOf(const LaneValue &value, Type *integer) {
  if (value.rowStep)
    return value.rowStep;
  return ConstantInt::get(integer, value.scalar ? 0 : value.step * int64_t(shapes.width()), true);
}

Value *Vectorizer::vector(Value *value) { return vector(get(value), value->getType()); }

Value *Vectorizer::vector(const LaneValue &value, Type *type) {
  if (value.vector)
    return value.vector;
  if (value.scalar)
    return splat(value.scalar);
  if (!type->isPointerTy())
    return builder.CreateAdd(splat(value.base), offsets(value, type));
  Type *index = builder.getInt64Ty();
  Type *bytes = builder.getInt8PtrTy(type->getPointerAddressSpace());
  Value *lanes = builder.CreateGEP(builder.getInt8Ty(), builder.CreateBitCast(value.base, bytes),
                                   offsets(value, index));
  return builder.CreateBitCast(lanes, FixedVectorType::get(type, kLanes));
}

void Vectorizer::setVector(const Value &source, Value *vector) {
  LaneValue value;
  value.vector = vector;
  set(source, value);
}

bool Vectorizer::isFull(Value *mask) const {
  auto *constant = dyn_cast<Constant>(mask);
  return constant && constant->isAllOnesValue();
}

Value *Vectorizer::maskBits(Value *mask) {
  return builder.CreateBitCast(mask, builder.getInt32Ty());
}

// Lanes that are off may hold poison, which must not spread to the mask's other bits.
Value *Vectorizer::among(Value *mask, Value *condition) {
  return builder.CreateAnd(mask, builder.CreateFreeze(condition));
}

Value *Vectorizer::anyLane(Value *mask) {
  return builder.CreateICmpNE(maskBits(mask), builder.getInt32(0));
}

// The number of the last lane that is here.
Value *Vectorizer::lastLane() {
  Value *zeros = builder.CreateIntrinsic(Intrinsic::ctlz, {builder.getInt32Ty()},
                                         {maskBits(mask), builder.getFalse()});
  return builder.CreateAnd(builder.CreateNot(zeros), kLanes - 1);
}

// Allocations live in the entry block, so that a loop does not repeat them.
AllocaInst *Vectorizer::createScratch(Type *type, const char *name) {
  IRBuilder<> entry(&result->getEntryBlock(), result->getEntryBlock().getFirstInsertionPt());
  AllocaInst *scratch = entry.CreateAlloca(type, nullptr, name);
  scratch->setAlignment(Align(64));
  return scratch;
}

} // namespace npu::warp
