// See strips.h.
#include "device/warp/strips.h"

#include "device/variables.h"
#include "device/warp/walks.h"

#include "llvm/ADT/MapVector.h"
#include "llvm/IR/CFG.h"
#include "llvm/IR/InstIterator.h"
#include "llvm/IR/IntrinsicInst.h"

using namespace llvm;

namespace npu::warp {
namespace {

constexpr unsigned kSharedSpace = 3;
constexpr uint64_t kRare = 100; // one time of so many

// Not the ways into code that is there for numbers that wrap around: memory.cpp gives these
// weights, and structure-control-flow has left no others.
SmallVector<BasicBlock *, 2> usualSuccessors(BasicBlock &block) {
  uint64_t first = 1, second = 1;
  if (auto *branch = dyn_cast<BranchInst>(block.getTerminator()))
    if (branch->isConditional() && branch->extractProfMetadata(first, second)) {
      if (first / kRare > second)
        return {branch->getSuccessor(0)};
      if (second / kRare > first)
        return {branch->getSuccessor(1)};
    }
  return SmallVector<BasicBlock *, 2>(successors(&block));
}

// The blocks that are usually run, and the ways into each from these.
using Blocks = MapVector<BasicBlock *, unsigned>;
Blocks usualBlocks(Function &kernel) {
  Blocks waysIn;
  waysIn[&kernel.getEntryBlock()] = 0;
  for (unsigned i = 0; i < waysIn.size(); ++i)
    for (BasicBlock *next : usualSuccessors(*(waysIn.begin() + i)->first))
      ++waysIn[next];
  return waysIn;
}

// Whether no order has all of them, each behind those before it.
bool hasLoop(Blocks waysIn) {
  SmallVector<BasicBlock *, 16> order = {waysIn.front().first};
  for (unsigned i = 0; i < order.size(); ++i)
    for (BasicBlock *next : usualSuccessors(*order[i]))
      if (--waysIn[next] == 0)
        order.push_back(next);
  return order.size() != waysIn.size();
}

bool isUniformLoad(const Instruction &instruction) {
  auto *load = dyn_cast<LoadInst>(&instruction);
  return load && load->isSimple() && !load->getType()->isVectorTy();
}

bool isHint(const Instruction &instruction) {
  auto *intrinsic = dyn_cast<IntrinsicInst>(&instruction);
  return intrinsic &&
         (intrinsic->isAssumeLikeIntrinsic() || intrinsic->getIntrinsicID() == Intrinsic::prefetch);
}

// It may ask for blockIdx itself, which is the strip's.
bool callsFunction(const Instruction &instruction) {
  auto *call = dyn_cast<CallBase>(&instruction);
  return call && (!call->getCalledFunction() || !call->getCalledFunction()->isDeclaration());
}

// Blocks have their own; a strip has one.
bool hasSharedMemory(const Function &kernel) {
  return any_of(variablesIn(kernel), [](const GlobalVariable *variable) {
    return variable->getAddressSpace() == kSharedSpace;
  });
}

} // namespace

bool walksRows(Function &kernel, BlockShape shape, bool steps) {
  // Warps of other blocks begin and end anywhere in rows, or there is one row.
  if (shape != BlockShape::WholeRows && shape != BlockShape::Rows16 && shape != BlockShape::Rows8)
    return false;
  const Blocks blocks = usualBlocks(kernel);
  if (hasSharedMemory(kernel) || (!steps && hasLoop(blocks)))
    return false;
  bool readsColumn = false, readsRow = false, walks = false;
  if (any_of(instructions(kernel), callsFunction))
    return false;
  for (auto &[block, waysIn] : blocks)
    for (Instruction &instruction : *block) {
      StringRef name = calleeName(instruction);
      if (name.consume_front("llvm.nvvm.read.ptx.sreg.ctaid."))
        (name == "x" ? readsColumn : readsRow) = true;
      else if (Walks::lanesPointer(instruction))
        walks = true;
      else if (name != kWarpNumber && name != kTurn && instruction.mayReadOrWriteMemory() &&
               !isUniformLoad(instruction) && !isHint(instruction))
        return false;
    }
  return readsColumn && readsRow && walks;
}

} // namespace npu::warp
