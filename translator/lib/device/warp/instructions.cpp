// Arithmetic, casts, selections, addresses.
#include "device/warp/vectorizer.h"

#include "llvm/IR/GetElementPtrTypeIterator.h"
#include "llvm/IR/IntrinsicInst.h"
#include "llvm/IR/Operator.h"

using namespace llvm;

namespace npu::warp {

namespace {

bool isVectorElement(Type *type) {
  return type->isIntegerTy() || type->isFloatingPointTy() || type->isPointerTy();
}

} // namespace

void Vectorizer::emit(const Instruction &instruction) {
  if (auto *load = dyn_cast<LoadInst>(&instruction))
    return emitLoad(*load);
  if (auto *store = dyn_cast<StoreInst>(&instruction))
    return emitStore(*store);
  if (auto *allocation = dyn_cast<AllocaInst>(&instruction))
    return emitAllocation(*allocation);
  if (auto *call = dyn_cast<CallInst>(&instruction))
    return emitCall(*call);
  if (isa<FenceInst>(instruction)) {
    builder.Insert(instruction.clone());
    return;
  }
  if (isa<AtomicRMWInst>(instruction) || isa<AtomicCmpXchgInst>(instruction))
    return emitAtomic(instruction);
  if (shapes.isUniform(instruction))
    return emitUniform(instruction);
  if (const Pattern *pattern = shapes.pattern(instruction);
      pattern && emitPattern(instruction, *pattern))
    return;
  emitVarying(instruction);
}

void Vectorizer::emitUniform(const Instruction &instruction) {
  Instruction *copy = instruction.clone();
  for (Use &operand : copy->operands()) {
    LaneValue all = get(operand.get());
    Value *lane = all.scalar;
    // The lanes' differences do not matter then: lane 0's value stands for all.
    if (!lane && shapes.isCollapsed(instruction))
      lane = all.base ? all.base : builder.CreateExtractElement(all.vector, uint64_t(0));
    if (!lane)
      return refuse(instruction, "internal error: a uniform value depends on the lane");
    operand.set(lane);
  }
  builder.Insert(copy);
  LaneValue value;
  value.scalar = copy;
  set(instruction, value);
}

// What one row adds to the result of an instruction whose operands are patterns.
Value *Vectorizer::emitRowStep(const Instruction &instruction, const Pattern &pattern) {
  if (!pattern.hasRows)
    return nullptr;
  Type *type = instruction.getType();
  Type *integer = type->isPointerTy() ? builder.getInt64Ty() : type;
  if (pattern.rowKnown)
    return ConstantInt::get(integer, pattern.row, /*signed=*/true);
  auto rows = [&](unsigned operand) {
    Type *from = instruction.getOperand(operand)->getType();
    return rowStepOf(get(instruction.getOperand(operand)),
                     from->isPointerTy() ? builder.getInt64Ty() : from);
  };
  if (auto *address = dyn_cast<GetElementPtrInst>(&instruction)) {
    Value *total = rows(0);
    unsigned operand = 1;
    for (auto part = gep_type_begin(*address), end = gep_type_end(*address); part != end;
         ++part, ++operand)
      if (!part.isStruct()) {
        Value *index = builder.CreateSExtOrTrunc(rows(operand), integer);
        uint64_t bytes = layout.getTypeAllocSize(part.getIndexedType());
        total =
            builder.CreateAdd(total, builder.CreateMul(index, ConstantInt::get(integer, bytes)));
      }
    return total;
  }
  switch (instruction.getOpcode()) {
  case Instruction::Add:
  case Instruction::Or:
    return builder.CreateAdd(rows(0), rows(1));
  case Instruction::Sub:
    return builder.CreateSub(rows(0), rows(1));
  case Instruction::Shl:
    return builder.CreateShl(rows(0), scalar(instruction.getOperand(1)));
  case Instruction::Mul: {
    unsigned factor = scalar(instruction.getOperand(0)) ? 0 : 1;
    return builder.CreateMul(rows(1 - factor), scalar(instruction.getOperand(factor)));
  }
  case Instruction::And: // the mask keeps all bits that differ
  case Instruction::Freeze:
    return rows(0);
  default: // casts; differences are signed
    return builder.CreateSExtOrTrunc(rows(0), integer);
  }
}

// A pattern that wraps in the narrow type is none in the wide one. It is one when the corners of
// the warp's rectangle are where they should be, since all other lanes lie between them. nullptr:
// nothing can wrap.
Value *Vectorizer::staysInRange(const Instruction &extension, const LaneValue &wide) {
  if (shapes.staysInRange(extension))
    return nullptr;
  bool isSigned = isa<SExtInst>(extension);
  LaneValue narrow = get(extension.getOperand(0));
  Type *from = extension.getOperand(0)->getType(), *to = extension.getType();
  unsigned columns = wide.rowStep ? shapes.width() : kLanes, rows = kLanes / columns;
  Value *holds = nullptr;
  auto check = [&](unsigned column, unsigned row) {
    auto at = [&](const LaneValue &value, Type *type) {
      Value *sum =
          builder.CreateAdd(value.base, ConstantInt::get(type, value.step * int64_t(column), true));
      if (wide.rowStep && row)
        sum = builder.CreateAdd(
            sum, builder.CreateMul(rowStepOf(value, type), ConstantInt::get(type, row)));
      return sum;
    };
    Value *extended = isSigned ? builder.CreateSExt(at(narrow, from), to)
                               : builder.CreateZExt(at(narrow, from), to);
    Value *same = builder.CreateICmpEQ(extended, at(wide, to));
    holds = holds ? builder.CreateAnd(holds, same) : same;
  };
  check(columns - 1, rows - 1);
  if (rows > 1) {
    check(0, rows - 1);
    check(columns - 1, 0);
  }
  return holds;
}

// The scalar form of lane 0, when the operands have one. False: nothing was emitted.
bool Vectorizer::emitPattern(const Instruction &instruction, const Pattern &pattern) {
  LaneValue value;
  value.step = pattern.step;
  Instruction *copy = instruction.clone();
  for (Use &operand : copy->operands()) {
    LaneValue lane = get(operand.get());
    Value *first = lane.scalar ? lane.scalar : lane.base;
    if (!first) {
      copy->deleteValue();
      return false;
    }
    if (lane.valid)
      value.valid = value.valid ? builder.CreateAnd(value.valid, lane.valid) : lane.valid;
    operand.set(first);
  }
  // The flags hold for lanes that are on; lane 0 may be off.
  copy->dropPoisonGeneratingFlags();
  if (auto *address = dyn_cast<GetElementPtrInst>(copy))
    address->setIsInBounds(false);
  value.base = builder.Insert(copy);
  if (auto *integer = dyn_cast<IntegerType>(instruction.getType()))
    if (pattern.zeros >= integer->getBitWidth())
      value.base = ConstantInt::get(integer, 0);
  value.rowStep = emitRowStep(instruction, pattern);
  if (isa<SExtInst>(instruction) || isa<ZExtInst>(instruction))
    if (Value *holds = staysInRange(instruction, value))
      value.valid = value.valid ? builder.CreateAnd(value.valid, holds) : holds;
  set(instruction, value);
  if (value.valid) {
    emitVarying(instruction);
    value.vector = values[&instruction].vector;
    if (!value.vector)
      return true;
    set(instruction, value);
  }
  return true;
}

void Vectorizer::emitVarying(const Instruction &instruction) {
  if (auto *address = dyn_cast<GetElementPtrInst>(&instruction))
    return emitAddress(*address);
  if (instruction.isIntDivRem())
    return emitDivision(*cast<BinaryOperator>(&instruction));
  if (auto *part = dyn_cast<ExtractValueInst>(&instruction)) {
    LaneValue aggregate = get(part->getOperand(0));
    if (part->getNumIndices() != 1 || aggregate.fields.size() <= part->getIndices()[0])
      return refuse(instruction, "a struct value that differs between the lanes of a warp");
    return setVector(instruction, aggregate.fields[part->getIndices()[0]]);
  }
  if (auto *insert = dyn_cast<InsertValueInst>(&instruction))
    return emitInsertion(*insert);
  if (!isVectorElement(instruction.getType()))
    return refuse(instruction, "a value of a type that has no vector form");
  auto lanes = [&](unsigned operand) { return vector(instruction.getOperand(operand)); };
  Value *value = nullptr;
  if (auto *binary = dyn_cast<BinaryOperator>(&instruction)) {
    value = builder.CreateBinOp(binary->getOpcode(), lanes(0), lanes(1));
  } else if (auto *unary = dyn_cast<UnaryOperator>(&instruction)) {
    value = builder.CreateUnOp(unary->getOpcode(), lanes(0));
  } else if (auto *cast = dyn_cast<CastInst>(&instruction)) {
    value = builder.CreateCast(cast->getOpcode(), lanes(0),
                               FixedVectorType::get(cast->getType(), kLanes));
  } else if (auto *compare = dyn_cast<CmpInst>(&instruction)) {
    value = builder.CreateCmp(compare->getPredicate(), lanes(0), lanes(1));
  } else if (isa<SelectInst>(instruction)) {
    LaneValue condition = get(instruction.getOperand(0));
    value =
        builder.CreateSelect(condition.scalar ? condition.scalar : lanes(0), lanes(1), lanes(2));
  } else if (isa<FreezeInst>(instruction)) {
    value = builder.CreateFreeze(lanes(0));
  } else {
    return refuse(instruction, Twine("the instruction ") + instruction.getOpcodeName() +
                                   " on values that differ between the lanes of a warp");
  }
  // Lanes that are off may break what integer flags promise; fast-math flags promise nothing about
  // them that a select would not hide.
  if (auto *made = dyn_cast<Instruction>(value))
    if (isa<FPMathOperator>(made))
      made->copyFastMathFlags(&instruction);
  setVector(instruction, value);
}

// A struct of numbers, as functions return it.
void Vectorizer::emitInsertion(const InsertValueInst &insert) {
  auto *structure = dyn_cast<StructType>(insert.getType());
  if (!structure || insert.getNumIndices() != 1 ||
      !all_of(structure->elements(), [](Type *part) { return isVectorElement(part); }))
    return refuse(insert, "a value of a type that has no vector form");
  LaneValue value = get(const_cast<Value *>(insert.getAggregateOperand()));
  if (value.fields.empty())
    for (unsigned i = 0; i < structure->getNumElements(); ++i)
      value.fields.push_back(splat(builder.CreateExtractValue(value.scalar, i)));
  value.scalar = nullptr;
  value.fields[insert.getIndices()[0]] =
      vector(const_cast<Value *>(insert.getInsertedValueOperand()));
  set(insert, value);
}

// Integer division traps on CPUs, for lanes that are off too; on a GPU it never does: x / 0 is all
// ones, x % 0 is x, and the smallest integer divided by -1 wraps.
void Vectorizer::emitDivision(const BinaryOperator &division) {
  Value *dividend = vector(division.getOperand(0)), *divisor = vector(division.getOperand(1));
  // Of a lane that is off the divisor may be poison: no guard would hold.
  if (!isa<Constant>(divisor))
    divisor = builder.CreateFreeze(divisor);
  Type *type = dividend->getType();
  bool isSigned =
      division.getOpcode() == Instruction::SDiv || division.getOpcode() == Instruction::SRem;
  bool isQuotient =
      division.getOpcode() == Instruction::SDiv || division.getOpcode() == Instruction::UDiv;
  auto *constant = dyn_cast<ConstantInt>(division.getOperand(1));
  if (constant && !constant->isZero() && !constant->isMinusOne())
    return setVector(division, builder.CreateBinOp(division.getOpcode(), dividend, divisor));
  Value *one = ConstantInt::get(type, 1), *zero = Constant::getNullValue(type);
  Value *isZero = builder.CreateICmpEQ(divisor, zero);
  Value *special = isZero;
  Value *isMinusOne = nullptr;
  if (isSigned) {
    isMinusOne = builder.CreateICmpEQ(divisor, Constant::getAllOnesValue(type));
    special = builder.CreateOr(special, isMinusOne);
  }
  Value *value = builder.CreateBinOp(division.getOpcode(), dividend,
                                     builder.CreateSelect(special, one, divisor));
  if (isSigned)
    value =
        builder.CreateSelect(isMinusOne, isQuotient ? builder.CreateNeg(dividend) : zero, value);
  value =
      builder.CreateSelect(isZero, isQuotient ? Constant::getAllOnesValue(type) : dividend, value);
  setVector(division, value);
}

void Vectorizer::emitAddress(const GetElementPtrInst &address) {
  // A scalar base with vector indices keeps the address arithmetic narrow.
  LaneValue base = get(const_cast<Value *>(address.getPointerOperand()));
  Value *pointer = base.scalar ? base.scalar : vector(base, address.getPointerOperandType());
  SmallVector<Value *, 4> indices;
  bool anyVector = !base.scalar;
  for (const Use &index : address.indices()) {
    LaneValue lanes = get(index.get());
    anyVector |= !lanes.scalar;
    indices.push_back(lanes.scalar ? lanes.scalar : vector(lanes, index->getType()));
  }
  Value *value = builder.CreateGEP(address.getSourceElementType(), pointer, indices);
  setVector(address, anyVector ? value : splat(value));
}

} // namespace npu::warp
