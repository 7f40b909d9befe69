// See copies.h.
#include "device/warp/copies.h"

#include "device/warp/shapes.h"

#include "llvm/IR/IRBuilder.h"
#include "llvm/IR/InstIterator.h"
#include "llvm/IR/IntrinsicInst.h"

using namespace llvm;

namespace npu::warp {

namespace {

constexpr uint64_t kMostCopiedBytes = 256; // more stays a call per lane

struct Word {
  uint64_t offset, bytes;
};

uint64_t lengthOf(const MemTransferInst &copy) {
  auto *length = dyn_cast<ConstantInt>(copy.getLength());
  return length && !copy.isVolatile() ? length->getZExtValue() : 0;
}

// The widest words that keep their alignment; bytes that have none are taken four at a time.
std::vector<Word> wordsOf(const MemTransferInst &copy) {
  uint64_t aligned =
      std::min(copy.getSourceAlign().valueOrOne(), copy.getDestAlign().valueOrOne()).value();
  uint64_t length = lengthOf(copy), most = aligned >= 8 ? 8 : 4;
  std::vector<Word> words;
  for (uint64_t offset = 0; offset < length;) {
    uint64_t bytes = most;
    while (bytes > length - offset)
      bytes /= 2;
    words.push_back({offset, bytes});
    offset += bytes;
  }
  return words;
}

Value *place(IRBuilder<> &builder, Value *pointer, const Word &word) {
  unsigned space = pointer->getType()->getPointerAddressSpace();
  Value *bytes = builder.CreateBitCast(pointer, builder.getInt8PtrTy(space));
  Value *moved = builder.CreateConstInBoundsGEP1_64(builder.getInt8Ty(), bytes, word.offset);
  Type *type = builder.getIntNTy(unsigned(word.bytes * 8));
  return builder.CreateBitCast(moved, type->getPointerTo(space));
}

void expand(MemTransferInst &copy) {
  IRBuilder<> builder(&copy);
  std::vector<Word> words = wordsOf(copy);
  SmallVector<Value *, 16> values;
  for (const Word &word : words)
    values.push_back(builder.CreateAlignedLoad(
        builder.getIntNTy(unsigned(word.bytes * 8)), place(builder, copy.getRawSource(), word),
        commonAlignment(copy.getSourceAlign().valueOrOne(), word.offset)));
  for (auto [word, value] : zip(words, values))
    builder.CreateAlignedStore(value, place(builder, copy.getRawDest(), word),
                               commonAlignment(copy.getDestAlign().valueOrOne(), word.offset));
  copy.eraseFromParent();
}

} // namespace

void expandCopies(Function &kernel) {
  SmallVector<MemTransferInst *, 8> copies;
  for (Instruction &instruction : instructions(kernel))
    if (auto *copy = dyn_cast<MemTransferInst>(&instruction))
      if (uint64_t length = lengthOf(*copy); length && length <= kMostCopiedBytes)
        copies.push_back(copy);
  if (copies.empty())
    return;
  Shapes shapes(kernel, BlockShape::General);
  // What all lanes copy from one place to one other needs one execution.
  erase_if(copies, [&](MemTransferInst *copy) {
    return shapes.isUniform(*copy->getRawSource()) && shapes.isUniform(*copy->getRawDest());
  });
  for (MemTransferInst *copy : copies)
    expand(*copy);
}

} // namespace npu::warp
