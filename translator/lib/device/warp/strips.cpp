// See strips.h.
#include "device/warp/strips.h"

#include "device/pipeline.h"
#include "device/warp/walks.h"

#include "llvm/Analysis/CFG.h"
#include "llvm/IR/InstIterator.h"
#include "llvm/IR/IntrinsicInst.h"

using namespace llvm;

namespace npu::warp {
namespace {

bool loops(const Function &kernel) {
  SmallVector<std::pair<const BasicBlock *, const BasicBlock *>, 4> edges;
  FindFunctionBackedges(kernel, edges);
  return !edges.empty();
}

constexpr unsigned kSharedSpace = 3;

// Of one place for all lanes; not the block's memory, which is not the strip's.
bool isUniformLoad(const Instruction &instruction) {
  auto *load = dyn_cast<LoadInst>(&instruction);
  return load && load->isSimple() && !load->getType()->isVectorTy() &&
         load->getPointerAddressSpace() != kSharedSpace;
}

bool isHint(const Instruction &instruction) {
  auto *intrinsic = dyn_cast<IntrinsicInst>(&instruction);
  return intrinsic && intrinsic->isAssumeLikeIntrinsic();
}

} // namespace

bool walksRows(Function &kernel, BlockShape shape) {
  // Warps of other blocks begin and end anywhere in rows, or there is one row.
  const bool hasRows =
      shape == BlockShape::WholeRows || shape == BlockShape::Rows16 || shape == BlockShape::Rows8;
  if (!hasRows || loops(kernel))
    return false;
  bool readsColumn = false, readsRow = false, walks = false;
  for (Instruction &instruction : instructions(kernel)) {
    StringRef name = calleeName(instruction);
    if (name.consume_front("llvm.nvvm.read.ptx.sreg.ctaid."))
      (name == "x" ? readsColumn : readsRow) = true;
    else if (Walks::lanesPointer(instruction))
      walks = true;
    else if (name != kWarpNumber && instruction.mayReadOrWriteMemory() &&
             !isUniformLoad(instruction) && !isHint(instruction))
      return false;
  }
  return readsColumn && readsRow && walks;
}

} // namespace npu::warp
