// See block_uniformity.h.
#include "device/warp/block_uniformity.h"

#include "device/warp/turns.h"

#include "device/ir.h"

#include "llvm/Analysis/ValueTracking.h"
#include "llvm/IR/GlobalVariable.h"
#include "llvm/IR/InstIterator.h"
#include "llvm/IR/IntrinsicInst.h"

using namespace llvm;

namespace npu::warp {

namespace {

bool isUniformRegister(StringRef name) {
  return name.startswith("ctaid.") || name.startswith("nctaid.") || name.startswith("ntid.") ||
         name == "warpsize";
}

bool differsInBlock(const Instruction &instruction) {
  if (isa<AllocaInst>(instruction) || instruction.isAtomic())
    return true;
  if (auto *load = dyn_cast<LoadInst>(&instruction))
    return load->isVolatile();
  StringRef name = calleeName(instruction);
  if (name.consume_front("llvm.nvvm.read.ptx.sreg."))
    return !isUniformRegister(name);
  auto *call = dyn_cast<CallBase>(&instruction);
  // Exchanges in a warp, atomics of the library, reads through functions.
  return call && !isBarrier(instruction) && !isa<DbgInfoIntrinsic>(instruction) &&
         (call->mayReadOrWriteMemory() || call->isConvergent() ||
          name.startswith("llvm.nvvm.shfl") || name.startswith("llvm.nvvm.vote") ||
          name.startswith("llvm.nvvm.match") || name.startswith("llvm.nvvm.redux"));
}

} // namespace

bool isBarrier(const Instruction &instruction) { return meetingOf(instruction).has_value(); }

BlockUniformity::BlockUniformity(Function &function, const Shapes &shapes,
                                 SyncDependenceAnalysis &dependences)
    : divergence(function, nullptr, shapes.dominatorTree(), shapes.loopInfo(), dependences, true) {
  for (const Instruction &instruction : instructions(function))
    if (differsInBlock(instruction))
      divergence.markDivergent(instruction);
  divergence.compute();
}

} // namespace npu::warp
