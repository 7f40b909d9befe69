// See interleave.h.
#include "device/warp/interleave.h"

#include "device/warp/shapes.h"

#include "llvm/ADT/SetVector.h"
#include "llvm/Analysis/ValueTracking.h"
#include "llvm/IR/IRBuilder.h"
#include "llvm/IR/InstIterator.h"
#include "llvm/IR/IntrinsicInst.h"
#include "llvm/Support/KnownBits.h"

using namespace llvm;

namespace npu::warp {

namespace {

constexpr const char *kWords = "npu.words";
constexpr uint64_t kMostCopiedWords = 64; // of one memcpy or memset; more stays a call per lane

class Interleaving {
public:
  explicit Interleaving(AllocaInst &allocation)
      : allocation(allocation), layout(allocation.getModule()->getDataLayout()) {}

  bool isPossible() {
    if (!allocation.isStaticAlloca() || allocation.isArrayAllocation() ||
        allocation.hasMetadata("npu.warp") || !findPointers() || !word)
      return false;
    bytes = layout.getTypeAllocSize(allocation.getAllocatedType());
    return bytes > word && all_of(pointers, [&](Value *pointer) { return keepsWords(*pointer); }) &&
           all_of(copies, [&](MemIntrinsic *copy) { return isCopiable(*copy); });
  }

  void apply() {
    for (MemIntrinsic *copy : copies)
      expand(*copy);
    for (Instruction *marker : markers)
      marker->eraseFromParent();
    for (Value *pointer : pointers)
      if (auto *address = dyn_cast<GetElementPtrInst>(pointer))
        scale(*address);
    for (Instruction *access : accesses)
      align(*access);
    IRBuilder<> builder(&allocation);
    auto *all =
        builder.CreateAlloca(ArrayType::get(builder.getInt8Ty(), alignTo(bytes, word) * kLanes));
    all->setAlignment(std::max(allocation.getAlign(), Align(64)));
    LLVMContext &context = builder.getContext();
    all->setMetadata(kWords, MDNode::get(context, ConstantAsMetadata::get(builder.getInt64(word))));
    all->takeName(&allocation);
    allocation.replaceAllUsesWith(builder.CreateBitCast(all, allocation.getType()));
    allocation.eraseFromParent();
  }

private:
  // Everything that points into the array. False: a use that is not known here.
  bool findPointers() {
    pointers.insert(&allocation);
    for (unsigned i = 0; i < pointers.size(); ++i)
      for (Use &use : pointers[i]->uses())
        if (!note(use))
          return false;
    // What may point elsewhere as well cannot be scaled.
    for (Instruction *join : joins)
      for (Value *operand : join->operand_values())
        if (operand->getType()->isPointerTy() && !pointers.count(operand))
          return false;
    return true;
  }

  bool note(Use &use) {
    auto *user = cast<Instruction>(use.getUser());
    if (isa<GetElementPtrInst>(user) || isa<BitCastInst>(user)) {
      pointers.insert(user);
      return !user->getType()->isVectorTy();
    }
    if (isa<PHINode>(user) || isa<SelectInst>(user)) {
      pointers.insert(user);
      joins.insert(user);
      return true;
    }
    if (auto *compare = dyn_cast<ICmpInst>(user)) {
      joins.insert(compare);
      return true;
    }
    if (auto *load = dyn_cast<LoadInst>(user))
      return load->isSimple() && noteAccess(*load, load->getType());
    if (auto *store = dyn_cast<StoreInst>(user))
      return store->isSimple() && use.getOperandNo() == store->getPointerOperandIndex() &&
             noteAccess(*store, store->getValueOperand()->getType());
    if (auto *copy = dyn_cast<MemIntrinsic>(user)) {
      copies.insert(copy);
      return use.getOperandNo() < 2;
    }
    auto *intrinsic = dyn_cast<IntrinsicInst>(user);
    if (!intrinsic || !intrinsic->isLifetimeStartOrEnd())
      return false;
    markers.insert(intrinsic);
    return true;
  }

  bool noteAccess(Instruction &access, Type *type) {
    accesses.push_back(&access);
    uint64_t size = layout.getTypeStoreSize(type);
    bool isScalar = type->isIntegerTy() || type->isFloatingPointTy() || type->isPointerTy();
    if (!isScalar || !isPowerOf2_64(size) || size > 8 || size != layout.getTypeAllocSize(type) ||
        (word && word != size))
      return false;
    word = size;
    return true;
  }

  // Whether the pointer is whole words away from what it is made of.
  bool keepsWords(Value &pointer) const {
    auto *address = dyn_cast<GetElementPtrInst>(&pointer);
    if (!address)
      return true;
    MapVector<Value *, APInt> scales;
    APInt constant(64, 0);
    if (!address->collectOffset(layout, 64, scales, constant) ||
        constant.getSExtValue() % int64_t(word) != 0)
      return false;
    return all_of(scales, [&](const auto &part) {
      unsigned zeros = part.second.countTrailingZeros();
      return zeros >= Log2_64(word) ||
             zeros + computeKnownBits(part.first, layout).countMinTrailingZeros() >= Log2_64(word);
    });
  }

  bool isCopiable(const MemIntrinsic &copy) const {
    auto *length = dyn_cast<ConstantInt>(copy.getLength());
    return length && !copy.isVolatile() && length->getZExtValue() % word == 0 &&
           length->getZExtValue() <= kMostCopiedWords * word;
  }

  // Word by word. The accesses to the array are noted, and scaled with the others.
  void expand(MemIntrinsic &copy) {
    IRBuilder<> builder(&copy);
    uint64_t count = cast<ConstantInt>(copy.getLength())->getZExtValue() / word;
    Type *type = builder.getIntNTy(unsigned(word * 8));
    auto place = [&](Value *pointer, uint64_t i) {
      bool isOurs = pointers.count(pointer);
      Value *words = builder.CreateBitCast(
          pointer, type->getPointerTo(pointer->getType()->getPointerAddressSpace()));
      Value *element =
          builder.Insert(GetElementPtrInst::Create(type, words, {builder.getInt64(i)}));
      if (isOurs) {
        pointers.insert(words);
        pointers.insert(element);
      }
      return element;
    };
    SmallVector<Value *, 16> values;
    if (auto *set = dyn_cast<MemSetInst>(&copy)) {
      APInt ones = APInt::getSplat(unsigned(word * 8), APInt(8, 1));
      Value *byte = builder.CreateZExt(set->getValue(), type);
      values.assign(count, builder.CreateMul(byte, builder.getInt(ones)));
    } else { // of a move, all is read before a word is written
      auto &transfer = cast<MemTransferInst>(copy);
      Align align = commonAlignment(transfer.getSourceAlign().valueOrOne(), word);
      for (uint64_t i = 0; i < count; ++i)
        values.push_back(builder.CreateAlignedLoad(type, place(transfer.getRawSource(), i), align));
      noteNew(transfer.getRawSource(), values);
    }
    Align align = commonAlignment(copy.getDestAlign().valueOrOne(), word);
    SmallVector<Value *, 16> stores;
    for (uint64_t i = 0; i < count; ++i)
      stores.push_back(builder.CreateAlignedStore(values[i], place(copy.getRawDest(), i), align));
    noteNew(copy.getRawDest(), stores);
    copy.eraseFromParent();
  }

  void noteNew(Value *base, ArrayRef<Value *> made) {
    if (pointers.count(base))
      for (Value *access : made)
        accesses.push_back(cast<Instruction>(access));
  }

  void scale(GetElementPtrInst &address) {
    MapVector<Value *, APInt> scales;
    APInt constant(64, 0);
    address.collectOffset(layout, 64, scales, constant);
    IRBuilder<> builder(&address);
    Value *offset = builder.getInt64(uint64_t(constant.getSExtValue() * int64_t(kLanes)));
    for (auto &[index, factor] : scales) {
      Value *wide = builder.CreateSExtOrTrunc(index, builder.getInt64Ty());
      offset = builder.CreateAdd(
          builder.CreateMul(wide, builder.getInt64(factor.getZExtValue() * kLanes)), offset);
    }
    unsigned space = address.getPointerAddressSpace();
    Value *base = builder.CreateBitCast(address.getPointerOperand(), builder.getInt8PtrTy(space));
    Value *moved = builder.CreateGEP(builder.getInt8Ty(), base, offset);
    address.replaceAllUsesWith(builder.CreateBitCast(moved, address.getType()));
    address.eraseFromParent();
  }

  void align(Instruction &access) const {
    if (auto *load = dyn_cast<LoadInst>(&access))
      load->setAlignment(Align(word));
    else
      cast<StoreInst>(access).setAlignment(Align(word));
  }

  AllocaInst &allocation;
  const DataLayout &layout;
  uint64_t word = 0, bytes = 0;
  SetVector<Value *> pointers;
  SmallSetVector<Instruction *, 4> joins, markers;
  SmallSetVector<MemIntrinsic *, 4> copies;
  std::vector<Instruction *> accesses;
};

} // namespace

void interleaveArrays(Function &kernel) {
  SmallVector<AllocaInst *, 8> allocations;
  for (Instruction &instruction : instructions(kernel))
    if (auto *allocation = dyn_cast<AllocaInst>(&instruction))
      allocations.push_back(allocation);
  for (AllocaInst *allocation : allocations) {
    Interleaving interleaving(*allocation);
    if (interleaving.isPossible())
      interleaving.apply();
  }
}

bool isInterleaved(const AllocaInst &allocation) { return allocation.hasMetadata(kWords); }

uint64_t laneStride(const AllocaInst &allocation, const DataLayout &layout) {
  if (const MDNode *words = allocation.getMetadata(kWords))
    return mdconst::extract<ConstantInt>(words->getOperand(0))->getZExtValue();
  return layout.getTypeAllocSize(allocation.getAllocatedType());
}

} // namespace npu::warp
