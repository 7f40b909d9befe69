// See turns.h.
#include "device/warp/turns.h"

#include "device/pipeline.h"
#include "device/warp/block_uniformity.h"

#include "npu/warp_turns.h"

#include "llvm/IR/CFG.h"
#include "llvm/IR/Constants.h"
#include "llvm/IR/InstIterator.h"
#include "llvm/IR/Instructions.h"

using namespace llvm;

namespace npu::warp {

namespace {

bool isZero(const Value *value) {
  auto *constant = dyn_cast<ConstantInt>(value);
  return constant && constant->isZero();
}

bool reachesBarrier(const BasicBlock *from, const BasicBlock *end) {
  SmallPtrSet<const BasicBlock *, 16> seen;
  std::vector<const BasicBlock *> work = {from};
  while (!work.empty()) {
    const BasicBlock *block = work.back();
    work.pop_back();
    if (block == end || !seen.insert(block).second)
      continue;
    if (any_of(*block, isBarrier))
      return true;
    work.insert(work.end(), succ_begin(block), succ_end(block));
  }
  return false;
}

// Whether threads of a block may come to different barriers next. Then barriers have to be counted,
// and lanes of one warp that come apart to be noticed.
bool decidesApart(Function &kernel) {
  Shapes shapes(kernel, BlockShape::General);
  BlockUniformity uniformity(kernel, shapes, shapes.syncDependences());
  return any_of(kernel, [&](const BasicBlock &block) {
    auto *branch = dyn_cast<BranchInst>(block.getTerminator());
    if (!branch || branch->isUnconditional() || uniformity.isUniform(*branch->getCondition()))
      return false;
    const auto *node = shapes.postDominatorTree().getNode(&block);
    const BasicBlock *join = node && node->getIDom() ? node->getIDom()->getBlock() : nullptr;
    return any_of(successors(&block), [&](auto *next) { return reachesBarrier(next, join); }) &&
           all_of(successors(&block), [](auto *next) { return reachesBarrier(next, nullptr); });
  });
}

// Frames of a whole block lie on the stack where warps do not take turns: of all lanes of a warp,
// at most this much.
constexpr uint64_t kMostFrameBytes = 64 << 10;

uint64_t privateBytes(const Function &kernel) {
  uint64_t bytes = 0;
  for (const Instruction &instruction : instructions(kernel))
    if (auto *allocation = dyn_cast<AllocaInst>(&instruction))
      if (auto bits = allocation->getAllocationSizeInBits(kernel.getParent()->getDataLayout()))
        bytes += *bits / 8;
  return bytes;
}

// Its place among the others is asked for: of clusters.
bool asksForPlaces(const Function &kernel) {
  const GlobalVariable *launch = kernel.getParent()->getGlobalVariable(kTurnsLaunch);
  if (!launch)
    return false;
  std::vector<const User *> work(launch->user_begin(), launch->user_end());
  while (!work.empty()) {
    const User *user = work.back();
    work.pop_back();
    auto *instruction = dyn_cast<Instruction>(user);
    if (instruction && instruction->getFunction() == &kernel)
      return true;
    if (!instruction)
      work.insert(work.end(), user->user_begin(), user->user_end());
  }
  return false;
}

} // namespace

std::optional<Meeting> meetingOf(const Instruction &instruction) {
  StringRef name = calleeName(instruction);
  if (name == kArrive) {
    auto &call = cast<CallBase>(instruction);
    return Meeting{call.getArgOperand(0), call.getArgOperand(1), false};
  }
  if (!name.consume_front("llvm.nvvm.bar"))
    return std::nullopt;
  if (name == "rier0")
    return Meeting();
  if (name != ".sync" && name != "rier" && name != "rier.n" && name != "rier.sync" &&
      name != "rier.sync.cnt")
    return std::nullopt;
  auto &call = cast<CallBase>(instruction);
  Meeting meeting;
  meeting.barrier = isZero(call.getArgOperand(0)) ? nullptr : call.getArgOperand(0);
  meeting.threads = call.arg_size() > 1 ? call.getArgOperand(1) : nullptr;
  return meeting;
}

std::optional<Awaited> awaitedBy(const Instruction &instruction) {
  if (calleeName(instruction) != kYield)
    return std::nullopt;
  return Awaited(cast<ConstantInt>(cast<CallBase>(instruction).getArgOperand(0))->getZExtValue());
}

WaitsOf waitsOf(Function &kernel) {
  WaitsOf waits;
  bool hasBarrier = false, hasOther = asksForPlaces(kernel);
  for (const Instruction &instruction : instructions(kernel)) {
    std::optional<Awaited> awaited = awaitedBy(instruction);
    std::optional<Meeting> meeting = meetingOf(instruction);
    hasBarrier |= meeting.has_value();
    hasOther |= meeting ? meeting->barrier || meeting->threads || !meeting->waits
                        : awaited && *awaited != Awaited::Lock;
    auto *number = meeting ? dyn_cast_or_null<ConstantInt>(meeting->barrier) : nullptr;
    waits.forGrid |= number && number->equalsInt(turns::kGridBarrier);
    waits.forBlocks |= waits.forGrid || (awaited && *awaited == Awaited::Grid) ||
                       (number && number->uge(turns::kClusterBarrier));
  }
  if (hasOther ||
      (hasBarrier && (decidesApart(kernel) || privateBytes(kernel) * kLanes > kMostFrameBytes)))
    waits.kind = Waits::Turns;
  else if (hasBarrier)
    waits.kind = Waits::Barriers;
  return waits;
}

} // namespace npu::warp
