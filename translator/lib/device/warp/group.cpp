// See group.h.
#include "device/warp/group.h"

#include "device/pipeline.h"
#include "device/warp/strips.h"

#include "llvm/IR/InstIterator.h"

using namespace llvm;

namespace npu::warp {
namespace {

constexpr StringRef kBlockColumn = "llvm.nvvm.read.ptx.sreg.ctaid.x";
constexpr StringRef kColumns = "llvm.nvvm.read.ptx.sreg.nctaid.x";

Value *read(IRBuilder<> &builder, const Twine &name) {
  Module &module = *builder.GetInsertBlock()->getModule();
  return builder.CreateCall(module.getOrInsertFunction(name.str(), builder.getInt32Ty()));
}

Value *warpsOfBlock(IRBuilder<> &builder) {
  Value *threads = nullptr;
  for (const char *axis : {"x", "y", "z"}) {
    Value *extent = read(builder, Twine("llvm.nvvm.read.ptx.sreg.ntid.") + axis);
    threads = threads ? builder.CreateMul(threads, extent, "", true, true) : extent;
  }
  return builder.CreateLShr(builder.CreateAdd(threads, builder.getInt32(31), "", true, true), 5);
}

} // namespace

void forRange(IRBuilder<> &builder, Value *first, Value *end, const Twine &name,
              function_ref<void(Value *)> body) {
  LLVMContext &context = builder.getContext();
  Function *function = builder.GetInsertBlock()->getParent();
  BasicBlock *before = builder.GetInsertBlock();
  BasicBlock *head = BasicBlock::Create(context, name, function);
  builder.CreateBr(head);
  builder.SetInsertPoint(head);
  PHINode *number = builder.CreatePHI(builder.getInt32Ty(), 2, "number");
  number->addIncoming(first, before);
  body(number);
  Value *next = builder.CreateAdd(number, builder.getInt32(1), "", true, true);
  BasicBlock *after = BasicBlock::Create(context, name + "s.end", function);
  number->addIncoming(next, builder.GetInsertBlock());
  keepRolled(*builder.CreateCondBr(builder.CreateICmpEQ(next, end), after, head));
  builder.SetInsertPoint(after);
}

SmallVector<StringRef, 3> Group::told(bool isStrip) {
  if (isStrip)
    return {kWarpNumber, kBlockColumn, kColumns};
  return {kWarpNumber};
}

void Group::replaceTold(Function &body, ArrayRef<StringRef> told, unsigned first) {
  for (Instruction &instruction : make_early_inc_range(instructions(body)))
    if (auto *at = find(told, calleeName(instruction)); at != told.end()) {
      instruction.replaceAllUsesWith(body.getArg(first + unsigned(at - told.begin())));
      instruction.eraseFromParent();
    }
}

Group::Group(IRBuilder<> &builder, BlockShape shape, bool isStrip) : isStrip(isStrip) {
  Value *blockWarps = warpsOfBlock(builder);
  groupWarps = blockWarps;
  if (!isStrip)
    return;
  Value *blocks = read(builder, kStripBlocks);
  gridColumns = read(builder, kGridColumns);
  firstColumn = builder.CreateMul(read(builder, kBlockColumn), blocks, "", true);
  endColumn = builder.CreateBinaryIntrinsic(
      Intrinsic::umin, builder.CreateAdd(firstColumn, blocks, "", true), gridColumns);
  width = builder.CreateSub(endColumn, firstColumn, "", true);
  rows = blockWarps; // where a warp is some rows
  rowWarps = builder.getInt32(1);
  if (shape == BlockShape::WholeRows) {
    rowWarps = builder.CreateLShr(read(builder, "llvm.nvvm.read.ptx.sreg.ntid.x"), 5);
    rows = builder.CreateUDiv(blockWarps, rowWarps);
  }
  groupWarps = builder.CreateMul(blockWarps, width, "", true);
}

void Group::forEach(IRBuilder<> &builder, Body body) const {
  Value *zero = builder.getInt32(0);
  if (!isStrip)
    return forRange(builder, zero, groupWarps, "warp", [&](Value *warp) { body(warp, {warp}); });
  forRange(builder, zero, rows, "row", [&](Value *row) {
    Value *firstWarp = builder.CreateMul(row, rowWarps, "", true, true);
    Value *endWarp = builder.CreateAdd(firstWarp, rowWarps, "", true, true);
    Value *above = builder.CreateMul(firstWarp, width, "", true);
    forRange(builder, firstColumn, endColumn, "column", [&](Value *column) {
      Value *left = builder.CreateMul(builder.CreateSub(column, firstColumn), rowWarps, "", true);
      Value *before = builder.CreateAdd(above, left, "", true);
      forRange(builder, firstWarp, endWarp, "warp", [&](Value *warp) {
        Value *slot = builder.CreateAdd(before, builder.CreateSub(warp, firstWarp), "", true);
        body(slot, {warp, column, gridColumns});
      });
    });
  });
}

} // namespace npu::warp
