// See copies.h.
#include "device/warp/copies.h"

#include "device/warp/shapes.h"

#include "llvm/Analysis/ValueTracking.h"
#include "llvm/IR/IRBuilder.h"
#include "llvm/IR/InstIterator.h"
#include "llvm/IR/IntrinsicInst.h"

using namespace llvm;

namespace npu::warp {

namespace {

constexpr uint64_t kMostCopiedBytes = 1024; // what GPUs copy in one go, too; more is a loop there
const Align kAlign(16);

uint64_t lengthOf(const MemTransferInst &copy) {
  auto *length = dyn_cast<ConstantInt>(copy.getLength());
  return length && !copy.isVolatile() ? length->getZExtValue() : 0;
}

// Whether a lane may write what another lane reads. What two parameters point to is taken for two
// arrays, whether they say __restrict__ or not.
bool mayMeet(const MemTransferInst &copy) {
  const Value *source = getUnderlyingObject(copy.getRawSource(), 0);
  const Value *target = getUnderlyingObject(copy.getRawDest(), 0);
  auto isOwn = [](const Value *object) { return isa<AllocaInst>(object); };
  auto isKnown = [](const Value *object) {
    return isa<Argument>(object) || isa<GlobalVariable>(object);
  };
  if (isOwn(source) || isOwn(target))
    return false;
  return source == target || !isKnown(source) || !isKnown(target);
}

// One place serves all copies: each is written and read at once.
AllocaInst *placeFor(ArrayRef<MemTransferInst *> copies) {
  uint64_t bytes = 0;
  for (MemTransferInst *copy : copies)
    bytes = std::max(bytes, lengthOf(*copy));
  Function &kernel = *copies.front()->getFunction();
  IRBuilder<> builder(&*kernel.getEntryBlock().getFirstInsertionPt());
  bytes = alignTo(bytes, kAlign.value());
  AllocaInst *place = builder.CreateAlloca(ArrayType::get(builder.getInt8Ty(), bytes));
  place->setAlignment(kAlign);
  return place;
}

void separate(MemTransferInst &copy, AllocaInst *place) {
  IRBuilder<> builder(&copy);
  uint64_t bytes = lengthOf(copy);
  builder.CreateMemCpy(place, kAlign, copy.getRawSource(), copy.getSourceAlign(), bytes);
  builder.CreateMemCpy(copy.getRawDest(), copy.getDestAlign(), place, kAlign, bytes);
  copy.eraseFromParent();
}

} // namespace

void separateCopies(Function &kernel) {
  SmallVector<MemTransferInst *, 8> copies;
  for (Instruction &instruction : instructions(kernel))
    if (auto *copy = dyn_cast<MemTransferInst>(&instruction))
      if (uint64_t length = lengthOf(*copy); length && length <= kMostCopiedBytes && mayMeet(*copy))
        copies.push_back(copy);
  if (copies.empty())
    return;
  Shapes shapes(kernel, BlockShape::General);
  // What all lanes copy from one place to one other needs one execution.
  erase_if(copies, [&](MemTransferInst *copy) {
    return shapes.isUniform(*copy->getRawSource()) && shapes.isUniform(*copy->getRawDest());
  });
  if (copies.empty())
    return;
  AllocaInst *place = placeFor(copies);
  for (MemTransferInst *copy : copies)
    separate(*copy, place);
}

} // namespace npu::warp
