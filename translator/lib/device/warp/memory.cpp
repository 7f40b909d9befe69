// Loads, stores and private memory.
#include "device/warp/interleave.h"
#include "device/warp/vectorizer.h"

#include "llvm/Analysis/VectorUtils.h"
#include "llvm/IR/MDBuilder.h"

using namespace llvm;

namespace npu::warp {

namespace {

// Masked accesses cannot be volatile themselves. Between two compiler-only fences an access is
// neither moved, merged nor repeated, which is what a volatile one promises.
class VolatileAccess {
public:
  VolatileAccess(IRBuilder<> &builder, bool isVolatile) : builder(builder), isVolatile(isVolatile) {
    fence();
  }
  ~VolatileAccess() { fence(); }
  VolatileAccess(const VolatileAccess &) = delete;

private:
  void fence() {
    if (isVolatile)
      builder.CreateFence(AtomicOrdering::SequentiallyConsistent, SyncScope::SingleThread);
  }
  IRBuilder<> &builder;
  bool isVolatile;
};

} // namespace

// Emits both ways behind a branch and joins their values (nullptr for none). The slow way is rare.
template <class Fast, class Slow>
Value *Vectorizer::choose(Value *condition, Fast fast, Slow slow) {
  LLVMContext &context = source.getContext();
  BasicBlock *yes = BasicBlock::Create(context, "contiguous", result);
  BasicBlock *no = BasicBlock::Create(context, "scattered", result);
  BasicBlock *join = BasicBlock::Create(context, "accessed", result);
  builder.CreateCondBr(condition, yes, no, MDBuilder(context).createBranchWeights(2000, 1));
  builder.SetInsertPoint(yes);
  Value *first = fast();
  builder.CreateBr(join);
  yes = builder.GetInsertBlock();
  builder.SetInsertPoint(no);
  Value *second = slow();
  builder.CreateBr(join);
  no = builder.GetInsertBlock();
  builder.SetInsertPoint(join);
  if (!first)
    return nullptr;
  PHINode *value = builder.CreatePHI(first->getType(), 2);
  value->addIncoming(first, yes);
  value->addIncoming(second, no);
  return value;
}

// Whether the lanes of a row read neighbouring elements, or all the same one.
bool Vectorizer::isContiguous(const LaneValue &address, Type *element) const {
  uint64_t bytes = layout.getTypeStoreSize(element);
  return address.base && !element->isIntegerTy(1) && bytes == layout.getTypeAllocSize(element) &&
         (address.step == int64_t(bytes) || (address.step == 0 && address.rowStep));
}

Value *Vectorizer::contiguous(Value *base, Type *element, unsigned lanes) {
  unsigned space = base->getType()->getPointerAddressSpace();
  Type *type = lanes == 1 ? element : FixedVectorType::get(element, lanes);
  return builder.CreateBitCast(base, type->getPointerTo(space));
}

Value *Vectorizer::rowAddress(const LaneValue &address, unsigned row) {
  if (!row)
    return address.base;
  Type *bytes = builder.getInt8PtrTy(address.base->getType()->getPointerAddressSpace());
  Value *offset = builder.CreateMul(address.rowStep, builder.getInt64(row));
  return builder.CreateGEP(builder.getInt8Ty(), builder.CreateBitCast(address.base, bytes), offset);
}

Value *Vectorizer::rowMask(unsigned row) {
  SmallVector<int, kLanes> lanes;
  for (unsigned lane = 0; lane < shapes.width(); ++lane)
    lanes.push_back(row * shapes.width() + lane);
  return builder.CreateShuffleVector(mask, lanes);
}

Value *Vectorizer::loadPattern(const LoadInst &load, const LaneValue &address) {
  Type *type = load.getType();
  unsigned lanes = address.rowStep ? shapes.width() : kLanes;
  auto *part = FixedVectorType::get(type, lanes);
  SmallVector<Value *, 4> rows;
  for (unsigned row = 0; row < kLanes / lanes; ++row) {
    Value *base = address.rowStep ? rowAddress(address, row) : address.base;
    Value *some = lanes == kLanes || isFull(mask) ? mask : rowMask(row);
    if (address.step == 0) { // the whole row reads one element
      Value *pointer = contiguous(base, type, 1);
      if (!isFull(mask)) {
        pointer = builder.CreateSelect(builder.CreateOrReduce(builder.CreateFreeze(some)), pointer,
                                       nowhere(pointer->getType()));
      }
      rows.push_back(builder.CreateVectorSplat(
          lanes, builder.CreateAlignedLoad(type, pointer, load.getAlign())));
      continue;
    }
    Value *pointer = contiguous(base, type, lanes);
    rows.push_back(isFull(mask) ? static_cast<Value *>(
                                      builder.CreateAlignedLoad(part, pointer, load.getAlign()))
                                : builder.CreateMaskedLoad(part, pointer, load.getAlign(), some,
                                                           PoisonValue::get(part)));
  }
  return concatenateVectors(builder, rows);
}

void Vectorizer::storePattern(const StoreInst &store, const LaneValue &address, Value *all) {
  unsigned lanes = address.rowStep ? shapes.width() : kLanes;
  Type *type = store.getValueOperand()->getType();
  for (unsigned row = 0; row < kLanes / lanes; ++row) {
    Value *pointer =
        contiguous(address.rowStep ? rowAddress(address, row) : address.base, type, lanes);
    SmallVector<int, kLanes> part;
    for (unsigned lane = 0; lane < lanes; ++lane)
      part.push_back(row * lanes + lane);
    Value *values = lanes == kLanes ? all : builder.CreateShuffleVector(all, part);
    if (isFull(mask))
      builder.CreateAlignedStore(values, pointer, store.getAlign());
    else
      builder.CreateMaskedStore(values, pointer, store.getAlign(),
                                lanes == kLanes ? mask : rowMask(row));
  }
}

// Memory that accesses for nobody go to.
Value *Vectorizer::nowhere(Type *pointer) {
  if (!nowhereBytes)
    nowhereBytes = createScratch(ArrayType::get(builder.getInt8Ty(), 64), "nowhere");
  return builder.CreatePointerBitCastOrAddrSpaceCast(nowhereBytes, pointer);
}

// For a hot access: lanes that are off go nowhere, which a processor without masked gathers (AVX2)
// does faster than a loop over the lanes that are on. nullptr: the addresses have no vector.
Value *Vectorizer::scatteredPointers(const LaneValue &address, Type *pointer) {
  if (address.valid && !address.vector)
    return nullptr;
  Value *lanes = vector(address, pointer);
  return isa<Constant>(mask) ? lanes : builder.CreateSelect(mask, lanes, splat(nowhere(pointer)));
}

// The mask of such an access: one that is known costs nothing.
Value *Vectorizer::scatteredMask() const { return isa<Constant>(mask) ? mask : nullptr; }

Value *Vectorizer::loadScattered(const LoadInst &load, const LaneValue &address, LaneLoop kind) {
  auto *lanes = FixedVectorType::get(load.getType(), kLanes);
  if (kind == LaneLoop::Hot)
    if (Value *pointers = scatteredPointers(address, load.getPointerOperandType()))
      return builder.CreateMaskedGather(lanes, pointers, load.getAlign(), scatteredMask());
  emitPerLane(load, kind);
  Value *all = values[&load].vector;
  return all ? all : PoisonValue::get(lanes);
}

void Vectorizer::emitLoad(const LoadInst &load) {
  Type *type = load.getType();
  LaneValue address = get(const_cast<Value *>(load.getPointerOperand()));
  if (load.isAtomic() && !address.scalar)
    return emitPerLane(load, LaneLoop::Cold);
  if (address.scalar) {
    auto *copy = cast<LoadInst>(load.clone());
    copy->setOperand(0, address.scalar);
    builder.Insert(copy);
    LaneValue value;
    value.scalar = copy;
    if (!shapes.isUniform(load)) {
      if (!type->isIntegerTy() && !type->isFloatingPointTy() && !type->isPointerTy())
        return refuse(load, "a value of a type that has no vector form");
      value.vector = splat(copy);
      value.scalar = nullptr;
    }
    return set(load, value);
  }
  if (!type->isIntegerTy() && !type->isFloatingPointTy() && !type->isPointerTy())
    return refuse(load, "a value of a type that has no vector form");
  VolatileAccess order(builder, load.isVolatile());
  if (!isContiguous(address, type))
    return setVector(load, loadScattered(load, address, LaneLoop::Hot));
  auto together = [&] { return loadPattern(load, address); };
  auto scattered = [&] { return loadScattered(load, address, LaneLoop::Cold); };
  setVector(load, address.valid ? choose(address.valid, together, scattered) : together());
}

void Vectorizer::emitStore(const StoreInst &store) {
  Value *stored = const_cast<Value *>(store.getValueOperand());
  Type *type = stored->getType();
  LaneValue address = get(const_cast<Value *>(store.getPointerOperand())), lanes = get(stored);
  if (store.isAtomic() && !(address.scalar && lanes.scalar))
    return emitPerLane(store, LaneLoop::Cold);
  const auto storeOne = [&](Value *value, Value *place) {
    auto *copy = cast<StoreInst>(store.clone());
    copy->setOperand(0, value);
    copy->setOperand(1, place);
    builder.Insert(copy);
  };
  if (address.scalar && lanes.scalar)
    return storeOne(lanes.scalar, address.scalar);
  if (!lanes.fields.empty() ||
      !(type->isIntegerTy() || type->isFloatingPointTy() || type->isPointerTy()))
    return refuse(store, "a value of a type that has no vector form");
  // Of lanes that write to one place, the last one's value stays.
  if (address.scalar)
    return storeOne(builder.CreateExtractElement(vector(lanes, type), lastLane()), address.scalar);
  VolatileAccess order(builder, store.isVolatile());
  if (!isContiguous(address, type) || address.step == 0) {
    Value *pointers = scatteredPointers(address, store.getPointerOperandType());
    if (!pointers)
      return emitPerLane(store, LaneLoop::Hot);
    builder.CreateMaskedScatter(vector(lanes, type), pointers, store.getAlign(), scatteredMask());
    return;
  }
  Value *all = vector(lanes, type);
  auto scattered = [&]() -> Value * {
    emitPerLane(store, LaneLoop::Cold);
    return nullptr;
  };
  auto together = [&]() -> Value * {
    storePattern(store, address, all);
    return nullptr;
  };
  if (address.valid)
    choose(address.valid, together, scattered);
  else
    together();
}

// Each lane has its own copy, one after the other or word by word.
void Vectorizer::emitAllocation(const AllocaInst &allocation) {
  auto *count = dyn_cast<ConstantInt>(allocation.getArraySize());
  if (!count || !count->isOne())
    return refuse(allocation, "an array of variable length");
  Type *type = allocation.getAllocatedType();
  if (allocation.hasMetadata("npu.warp")) { // one for all lanes
    LaneValue value;
    value.scalar = createScratch(type, "warp");
    return set(allocation, value);
  }
  bool isWhole = isInterleaved(allocation);
  AllocaInst *all = createScratch(isWhole ? type : ArrayType::get(type, kLanes), "private");
  all->setAlignment(std::max(all->getAlign(), allocation.getAlign()));
  LaneValue value;
  value.base = isWhole ? static_cast<Value *>(all)
                       : builder.CreateConstInBoundsGEP2_32(all->getAllocatedType(), all, 0, 0);
  value.step = int64_t(laneStride(allocation, layout));
  set(allocation, value);
}

} // namespace npu::warp
