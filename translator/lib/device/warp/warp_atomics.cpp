// Atomic operations.
//
// All lanes at one place make one update, of what theirs come to together: CUDA leaves their order
// open. Kernels that count or sum in one word are up to thirty-two times as fast that way.
//
// A block runs on one thread of the processor, in this form always (npu/kernel_image.h). An atomic
// operation on the block's own memory is then a load and a store with nothing between them. They
// stay atomic accesses, so that no compiler joins them over lanes or warps.
#include "device/warp/vectorizer.h"

#include "llvm/IR/IntrinsicInst.h"
#include "llvm/IR/Operator.h"

using namespace llvm;

namespace npu::warp {

namespace {

using Operation = AtomicRMWInst::BinOp;

constexpr unsigned kSharedSpace = 3;

// Whether an address is known to be in the block's own memory.
bool isShared(const Value *pointer) {
  while (pointer->getType()->getPointerAddressSpace() != kSharedSpace) {
    auto *step = dyn_cast<Operator>(pointer);
    bool derives = step && (step->getOpcode() == Instruction::AddrSpaceCast ||
                            step->getOpcode() == Instruction::BitCast ||
                            step->getOpcode() == Instruction::GetElementPtr);
    if (!derives)
      return false;
    pointer = step->getOperand(0);
  }
  return true;
}

Value *combine(IRBuilder<> &builder, Operation operation, Value *old, Value *operand) {
  auto select = [&](CmpInst::Predicate predicate) {
    return builder.CreateSelect(builder.CreateICmp(predicate, old, operand), old, operand);
  };
  switch (operation) {
  case AtomicRMWInst::Xchg:
    return operand;
  case AtomicRMWInst::Add:
    return builder.CreateAdd(old, operand);
  case AtomicRMWInst::Sub:
    return builder.CreateSub(old, operand);
  case AtomicRMWInst::And:
    return builder.CreateAnd(old, operand);
  case AtomicRMWInst::Nand:
    return builder.CreateNot(builder.CreateAnd(old, operand));
  case AtomicRMWInst::Or:
    return builder.CreateOr(old, operand);
  case AtomicRMWInst::Xor:
    return builder.CreateXor(old, operand);
  case AtomicRMWInst::Max:
    return select(CmpInst::ICMP_SGT);
  case AtomicRMWInst::Min:
    return select(CmpInst::ICMP_SLE);
  case AtomicRMWInst::UMax:
    return select(CmpInst::ICMP_UGT);
  case AtomicRMWInst::UMin:
    return select(CmpInst::ICMP_ULE);
  case AtomicRMWInst::FAdd:
    return builder.CreateFAdd(old, operand);
  case AtomicRMWInst::FSub:
    return builder.CreateFSub(old, operand);
  default:
    return nullptr;
  }
}

// What changes nothing; nullptr: the lanes' operands cannot be put together.
Constant *identityOf(Operation operation, Type *type) {
  switch (operation) {
  case AtomicRMWInst::Add:
  case AtomicRMWInst::Sub:
  case AtomicRMWInst::Or:
  case AtomicRMWInst::Xor:
  case AtomicRMWInst::UMax:
    return Constant::getNullValue(type);
  case AtomicRMWInst::And:
  case AtomicRMWInst::UMin:
    return Constant::getAllOnesValue(type);
  case AtomicRMWInst::Max:
    return ConstantInt::get(type, APInt::getSignedMinValue(type->getIntegerBitWidth()));
  case AtomicRMWInst::Min:
    return ConstantInt::get(type, APInt::getSignedMaxValue(type->getIntegerBitWidth()));
  case AtomicRMWInst::FAdd:
  case AtomicRMWInst::FSub: // halves would round too often
    return type->isFloatTy() || type->isDoubleTy() ? ConstantFP::getNegativeZero(type) : nullptr;
  default:
    return nullptr;
  }
}

// Floats in pairs, always the same: the sum does not depend on the machine's vectors.
Value *sumOf(IRBuilder<> &builder, Value *all) {
  for (unsigned half = kLanes / 2; half; half /= 2) {
    SmallVector<int, kLanes> low, high;
    for (unsigned i = 0; i < half; ++i)
      low.push_back(int(i)), high.push_back(int(i + half));
    all = builder.CreateFAdd(builder.CreateShuffleVector(all, low),
                             builder.CreateShuffleVector(all, high));
  }
  return builder.CreateExtractElement(all, uint64_t(0));
}

Value *together(IRBuilder<> &builder, Operation operation, Value *all) {
  switch (operation) {
  case AtomicRMWInst::And:
    return builder.CreateAndReduce(all);
  case AtomicRMWInst::Or:
    return builder.CreateOrReduce(all);
  case AtomicRMWInst::Xor:
    return builder.CreateXorReduce(all);
  case AtomicRMWInst::Max:
  case AtomicRMWInst::UMax:
    return builder.CreateIntMaxReduce(all, operation == AtomicRMWInst::Max);
  case AtomicRMWInst::Min:
  case AtomicRMWInst::UMin:
    return builder.CreateIntMinReduce(all, operation == AtomicRMWInst::Min);
  case AtomicRMWInst::FAdd:
  case AtomicRMWInst::FSub:
    return sumOf(builder, all);
  default:
    return builder.CreateAddReduce(all);
  }
}

} // namespace

Value *Vectorizer::updateShared(const AtomicRMWInst &update, Value *place, Value *operand) {
  auto *old = builder.CreateAlignedLoad(operand->getType(), place, update.getAlign());
  old->setAtomic(AtomicOrdering::Monotonic);
  builder
      .CreateAlignedStore(combine(builder, update.getOperation(), old, operand), place,
                          update.getAlign())
      ->setAtomic(AtomicOrdering::Monotonic);
  return old;
}

// One update for the warp. False: the lanes' places, or what they want back, differ too much.
bool Vectorizer::emitAtomicOfWarp(const AtomicRMWInst &update) {
  Operation operation = update.getOperation();
  Type *type = update.getType();
  Value *place = scalar(const_cast<Value *>(update.getPointerOperand()));
  Value *operand = const_cast<Value *>(update.getValOperand());
  Value *same = scalar(operand);
  Constant *identity = place ? identityOf(operation, type) : nullptr;
  bool isSum = operation == AtomicRMWInst::Add || operation == AtomicRMWInst::Sub;
  if (!identity || update.isVolatile() || (!update.use_empty() && !(isSum && same)))
    return false;
  Value *bits = maskBits(mask);
  Value *total = nullptr;
  if (isSum && same) {
    Value *lanes = builder.CreateUnaryIntrinsic(Intrinsic::ctpop, bits);
    total = builder.CreateMul(same, builder.CreateZExtOrTrunc(lanes, type));
  } else {
    Value *all = vector(operand);
    total = together(builder, operation,
                     isFull(mask) ? all : builder.CreateSelect(mask, all, splat(identity)));
  }
  LLVMContext &context = source.getContext();
  BasicBlock *before = builder.GetInsertBlock();
  BasicBlock *once = BasicBlock::Create(context, "once", result);
  BasicBlock *after = BasicBlock::Create(context, "once.done", result);
  builder.CreateCondBr(builder.CreateICmpNE(bits, builder.getInt32(0)), once, after);
  builder.SetInsertPoint(once);
  Value *old = nullptr;
  if (isShared(const_cast<Value *>(update.getPointerOperand()))) {
    old = updateShared(update, place, total);
  } else {
    auto *copy = cast<AtomicRMWInst>(builder.Insert(update.clone()));
    copy->setOperand(0, place);
    copy->setOperand(1, total);
    old = copy;
  }
  builder.CreateBr(after);
  builder.SetInsertPoint(after);
  if (update.use_empty())
    return true;
  PHINode *first = builder.CreatePHI(type, 2);
  first->addIncoming(Constant::getNullValue(type), before);
  first->addIncoming(old, once);
  // What a lane finds includes the lanes before it.
  SmallVector<Constant *, kLanes> lower;
  for (unsigned lane = 0; lane < kLanes; ++lane)
    lower.push_back(builder.getInt32((1u << lane) - 1));
  Value *earlier = builder.CreateUnaryIntrinsic(
      Intrinsic::ctpop, builder.CreateAnd(splat(bits), ConstantVector::get(lower)));
  Value *ofEarlier = builder.CreateMul(
      builder.CreateZExtOrTrunc(earlier, FixedVectorType::get(type, kLanes)), splat(same));
  LaneValue value;
  value.vector = operation == AtomicRMWInst::Add ? builder.CreateAdd(splat(first), ofEarlier)
                                                 : builder.CreateSub(splat(first), ofEarlier);
  set(update, value);
  return true;
}

void Vectorizer::emitAtomic(const Instruction &instruction) {
  auto *update = dyn_cast<AtomicRMWInst>(&instruction);
  auto *exchange = dyn_cast<AtomicCmpXchgInst>(&instruction);
  if (update && emitAtomicOfWarp(*update))
    return;
  Value *pointer = instruction.getOperand(0);
  bool known = !update || update->getOperation() <= AtomicRMWInst::FSub;
  if (!isShared(pointer) || !known)
    return emitPerLane(instruction, LaneLoop::Cold);
  emitLanes(instruction, LaneLoop::Hot, [&](Value *lane) -> SmallVector<Value *, 2> {
    Value *place = laneOf(pointer, lane);
    Value *operand = laneOf(instruction.getOperand(1), lane);
    if (update)
      return {updateShared(*update, place, operand)};
    auto *old = builder.CreateAlignedLoad(operand->getType(), place, exchange->getAlign());
    old->setAtomic(AtomicOrdering::Monotonic);
    Value *equal = builder.CreateICmpEQ(old, operand);
    Value *next = builder.CreateSelect(equal, laneOf(instruction.getOperand(2), lane), old);
    builder.CreateAlignedStore(next, place, old->getAlign())->setAtomic(AtomicOrdering::Monotonic);
    return {old, equal};
  });
}

} // namespace npu::warp
