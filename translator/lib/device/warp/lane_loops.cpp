// What has no vector form, for one lane after the other: calls, and most atomic operations.
#include "device/warp/vectorizer.h"

#include "device/ir.h"

using namespace llvm;

namespace npu::warp {

namespace {

// How many lanes a turn of the loop over a full warp has: most of the gain of unrolling all of
// them, in a quarter of the code.
constexpr unsigned kPiece = 8;

} // namespace

// Scratches are shared by all lanes' loops of the function: frames of warps that take turns hold
// them.
AllocaInst *Vectorizer::laneScratch(Type *element) {
  if (element->isIntegerTy(1))
    element = builder.getInt8Ty();
  std::vector<AllocaInst *> &scratches = laneScratches[element];
  unsigned &used = usedScratches[element];
  if (used == scratches.size())
    scratches.push_back(createScratch(ArrayType::get(element, kLanes), "lanes"));
  return scratches[used++];
}

Value *Vectorizer::lanePlace(AllocaInst *scratch, Value *lane) {
  return builder.CreateInBoundsGEP(scratch->getAllocatedType(), scratch,
                                   {builder.getInt32(0), lane});
}

static Type *laneType(AllocaInst *scratch) {
  return cast<ArrayType>(scratch->getAllocatedType())->getElementType();
}

// Whether a value is computed again in each lane: free, or nearly so, beside an access or a call.
// Of an index that may wrap (a conditional pattern) the loop needs no vector then.
bool Vectorizer::isCheapInLane(const Value &value) const {
  auto *instruction = dyn_cast<Instruction>(&value);
  if (!instruction || !values.count(&value))
    return false;
  return isa<GetElementPtrInst>(value) || isa<CastInst>(value) ||
         (isa<BinaryOperator>(value) && shapes.isConditional(value));
}

// Before the loop: puts what lanes differ in where the loop can take one lane's part.
void Vectorizer::prepareLanes(Value *value) {
  LaneValue lanes = get(value);
  if (lanes.scalar || (lanes.base && !lanes.valid) || heldLanes.count(value))
    return;
  if (isCheapInLane(*value)) {
    for (Value *operand : cast<Instruction>(value)->operands())
      prepareLanes(operand);
    return;
  }
  Value *all = vector(lanes, value->getType());
  AllocaInst *scratch = laneScratch(value->getType());
  Type *element = laneType(scratch);
  if (element != value->getType())
    all = builder.CreateZExt(all, FixedVectorType::get(element, kLanes));
  builder.CreateAlignedStore(all, contiguous(scratch, element, kLanes), scratch->getAlign());
  heldLanes[value] = scratch;
}

// In the loop: the value in one lane.
Value *Vectorizer::laneOf(Value *value, Value *lane) {
  LaneValue lanes = get(value);
  if (lanes.scalar)
    return lanes.scalar;
  Type *type = value->getType();
  if (AllocaInst *scratch = heldLanes.lookup(value)) {
    Value *held = builder.CreateLoad(laneType(scratch), lanePlace(scratch, lane));
    return type->isIntegerTy(1) ? builder.CreateTrunc(held, type) : held;
  }
  if (lanes.base && !lanes.valid) {
    Type *integer = type->isPointerTy() ? builder.getInt64Ty() : type;
    unsigned width = lanes.rowStep ? shapes.width() : kLanes;
    Value *column = builder.CreateAnd(lane, width - 1);
    Value *offset = builder.CreateMul(builder.CreateZExtOrTrunc(column, integer),
                                      ConstantInt::get(integer, lanes.step, true));
    if (lanes.rowStep)
      offset = builder.CreateAdd(
          offset, builder.CreateMul(builder.CreateZExtOrTrunc(
                                        builder.CreateUDiv(lane, builder.getInt32(width)), integer),
                                    lanes.rowStep));
    if (!type->isPointerTy())
      return builder.CreateAdd(lanes.base, offset);
    Type *bytes = builder.getInt8PtrTy(type->getPointerAddressSpace());
    return builder.CreateBitCast(
        builder.CreateGEP(builder.getInt8Ty(), builder.CreateBitCast(lanes.base, bytes), offset),
        type);
  }
  Instruction *copy = cast<Instruction>(value)->clone();
  for (Use &operand : copy->operands())
    operand.set(laneOf(operand.get(), lane));
  return builder.Insert(copy);
}

// All lanes, some of them in each turn of a loop.
void Vectorizer::loopOverPieces(ArrayRef<AllocaInst *> results, LaneBody body) {
  LLVMContext &context = source.getContext();
  BasicBlock *before = builder.GetInsertBlock();
  BasicBlock *loop = BasicBlock::Create(context, "lanes", result);
  BasicBlock *after = BasicBlock::Create(context, "lanes.done", result);
  builder.CreateBr(loop);
  builder.SetInsertPoint(loop);
  PHINode *first = builder.CreatePHI(builder.getInt32Ty(), 2, "first");
  SmallVector<Value *, 2> pieces;
  for (AllocaInst *scratch : results)
    pieces.push_back(PoisonValue::get(FixedVectorType::get(laneType(scratch), kPiece)));
  for (unsigned i = 0; i < kPiece; ++i) {
    Value *lane = i ? builder.CreateAdd(first, builder.getInt32(i), "", true, true) : first;
    SmallVector<Value *, 2> made = body(lane);
    for (unsigned part = 0; part < pieces.size(); ++part)
      pieces[part] = builder.CreateInsertElement(
          pieces[part], builder.CreateZExtOrBitCast(made[part], laneType(results[part])), i);
  }
  for (unsigned part = 0; part < pieces.size(); ++part) {
    Value *place = contiguous(lanePlace(results[part], first), laneType(results[part]), kPiece);
    builder.CreateAlignedStore(pieces[part], place,
                               layout.getABITypeAlign(laneType(results[part])));
  }
  Value *next = builder.CreateAdd(first, builder.getInt32(kPiece), "", true, true);
  keepRolled(
      *builder.CreateCondBr(builder.CreateICmpULT(next, builder.getInt32(kLanes)), loop, after));
  first->addIncoming(builder.getInt32(0), before);
  first->addIncoming(next, loop);
  builder.SetInsertPoint(after);
}

// The lanes that are on, one in each turn of a loop.
void Vectorizer::loopOverMask(ArrayRef<AllocaInst *> results, LaneBody body) {
  LLVMContext &context = source.getContext();
  BasicBlock *before = builder.GetInsertBlock();
  BasicBlock *loop = BasicBlock::Create(context, "lane", result);
  BasicBlock *after = BasicBlock::Create(context, "lanes.done", result);
  Value *bits = maskBits(mask);
  builder.CreateCondBr(builder.CreateICmpNE(bits, builder.getInt32(0)), loop, after);
  builder.SetInsertPoint(loop);
  PHINode *rest = builder.CreatePHI(builder.getInt32Ty(), 2, "rest");
  Value *lane =
      builder.CreateIntrinsic(Intrinsic::cttz, {builder.getInt32Ty()}, {rest, builder.getTrue()});
  SmallVector<Value *, 2> made = body(lane);
  for (unsigned part = 0; part < results.size(); ++part)
    builder.CreateStore(builder.CreateZExtOrBitCast(made[part], laneType(results[part])),
                        lanePlace(results[part], lane));
  Value *next = builder.CreateAnd(rest, builder.CreateSub(rest, builder.getInt32(1)));
  keepRolled(*builder.CreateCondBr(builder.CreateICmpNE(next, builder.getInt32(0)), loop, after));
  rest->addIncoming(bits, before);
  rest->addIncoming(next, builder.GetInsertBlock());
  builder.SetInsertPoint(after);
}

// For each lane that is on: body(lane), which gives the parts of the instruction's result.
void Vectorizer::emitLanes(const Instruction &instruction, LaneLoop kind, LaneBody body) {
  Type *type = instruction.getType();
  SmallVector<Type *, 2> parts;
  if (auto *structure = dyn_cast<StructType>(type))
    parts.append(structure->element_begin(), structure->element_end());
  else if (!type->isVoidTy())
    parts.push_back(type);
  if (instruction.use_empty())
    parts.clear();
  for (Type *part : parts)
    if (!part->isIntegerTy() && !part->isFloatingPointTy() && !part->isPointerTy())
      return refuse(instruction, "a result of a type that has no vector form");
  for (const Use &operand : instruction.operands())
    if (!get(operand.get()).fields.empty())
      return refuse(instruction, "a struct value that differs between the lanes of a warp");
  usedScratches.clear();
  heldLanes.clear();
  for (const Use &operand : instruction.operands())
    prepareLanes(operand.get());
  SmallVector<AllocaInst *, 2> results;
  for (Type *part : parts)
    results.push_back(laneScratch(part));
  if (kind == LaneLoop::Hot && isFull(mask))
    loopOverPieces(results, body);
  else
    loopOverMask(results, body);
  LaneValue value;
  for (unsigned i = 0; i < parts.size(); ++i) {
    Type *element = laneType(results[i]);
    Value *all =
        builder.CreateAlignedLoad(FixedVectorType::get(element, kLanes),
                                  contiguous(results[i], element, kLanes), results[i]->getAlign());
    if (element != parts[i])
      all = builder.CreateTrunc(all, FixedVectorType::get(parts[i], kLanes));
    if (type->isStructTy())
      value.fields.push_back(all);
    else
      value.vector = all;
  }
  if (!parts.empty())
    set(instruction, value);
}

void Vectorizer::emitPerLane(const Instruction &instruction, LaneLoop kind) {
  emitLanes(instruction, kind, [&](Value *lane) {
    Instruction *copy = instruction.clone();
    for (Use &operand : copy->operands())
      operand.set(laneOf(operand.get(), lane));
    builder.Insert(copy);
    SmallVector<Value *, 2> parts = {copy};
    if (auto *structure = dyn_cast<StructType>(copy->getType())) {
      parts.clear();
      for (unsigned i = 0; i < structure->getNumElements(); ++i)
        parts.push_back(builder.CreateExtractValue(copy, i));
    }
    return parts;
  });
}

} // namespace npu::warp
