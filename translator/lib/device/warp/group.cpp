// See group.h.
#include "device/warp/group.h"

#include "device/pipeline.h"
#include "device/warp/strips.h"

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

Group::Group(IRBuilder<> &builder, BlockShape shape, bool isStrip)
    : isStrip(isStrip), warps(warpsOfBlock(builder)) {
  if (!isStrip)
    return;
  Value *blocks = read(builder, kStripBlocks);
  columns = read(builder, kGridColumns);
  first = builder.CreateMul(read(builder, kBlockColumn), blocks, "", true);
  end = builder.CreateBinaryIntrinsic(Intrinsic::umin, builder.CreateAdd(first, blocks, "", true),
                                      columns);
  blockColumns = builder.CreateSub(end, first, "", true);
  rows = warps; // where a warp is some rows
  rowWarps = builder.getInt32(1);
  if (shape == BlockShape::WholeRows) {
    rowWarps = builder.CreateLShr(read(builder, "llvm.nvvm.read.ptx.sreg.ntid.x"), 5);
    rows = builder.CreateUDiv(warps, rowWarps);
  }
  warps = builder.CreateMul(warps, blockColumns, "", true);
}

void Group::forEach(IRBuilder<> &builder, Body body) const {
  Value *zero = builder.getInt32(0);
  if (!isStrip)
    return forRange(builder, zero, warps, "warp", [&](Value *warp) { body(warp, {warp}); });
  forRange(builder, zero, rows, "row", [&](Value *row) {
    Value *begin = builder.CreateMul(row, rowWarps, "", true, true);
    Value *rowEnd = builder.CreateAdd(begin, rowWarps, "", true, true);
    Value *above = builder.CreateMul(begin, blockColumns, "", true);
    forRange(builder, first, end, "column", [&](Value *column) {
      Value *left = builder.CreateMul(builder.CreateSub(column, first), rowWarps, "", true);
      Value *before = builder.CreateAdd(above, left, "", true);
      forRange(builder, begin, rowEnd, "warp", [&](Value *warp) {
        Value *slot = builder.CreateAdd(before, builder.CreateSub(warp, begin), "", true);
        body(slot, {warp, column, columns});
      });
    });
  });
}

} // namespace npu::warp
