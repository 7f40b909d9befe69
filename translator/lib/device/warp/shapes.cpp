// See shapes.h.
#include "device/warp/shapes.h"

#include "llvm/ADT/PostOrderIterator.h"
#include "llvm/Analysis/ValueTracking.h"
#include "llvm/IR/GetElementPtrTypeIterator.h"
#include "llvm/IR/InstIterator.h"
#include "llvm/IR/IntrinsicInst.h"
#include "llvm/IR/Operator.h"

using namespace llvm;

namespace npu::warp {

namespace {

StringRef calleeName(const Instruction &instruction) {
  auto *call = dyn_cast<CallBase>(&instruction);
  const Function *callee = call ? call->getCalledFunction() : nullptr;
  return callee ? callee->getName() : StringRef();
}

// Whether each lane has a value of its own, whatever the operands.
bool differsInWarp(const Instruction &instruction, BlockShape block) {
  if (isa<AtomicRMWInst>(instruction) || isa<AtomicCmpXchgInst>(instruction))
    return true;
  if (isa<AllocaInst>(instruction))
    return !instruction.hasMetadata("npu.warp"); // the warp's own; see end_threads_pass.cpp
  StringRef name = calleeName(instruction);
  if (name.startswith("__npu_scalar_"))
    return true;
  if (name.startswith("llvm.nvvm.shfl") || name.startswith("llvm.nvvm.match"))
    return true;
  if (!name.consume_front("llvm.nvvm.read.ptx.sreg."))
    return false;
  if (name == "tid.y" || name == "tid.z")
    return block == BlockShape::General;
  return name == "tid.x" || name == "laneid" || name.startswith("lanemask");
}

// Votes over a constant member mask give every participant one value.
bool isWarpWide(const Instruction &instruction) {
  return calleeName(instruction).startswith("llvm.nvvm.vote.") &&
         (!calleeName(instruction).contains(".sync") ||
          isa<Constant>(cast<CallBase>(instruction).getArgOperand(0)));
}

} // namespace

Shapes::Shapes(Function &function, BlockShape block)
    : dominators(function), postDominators(function), loops(dominators),
      dependences(dominators, postDominators, loops),
      divergence(function, nullptr, dominators, loops, dependences, /*IsLCSSAForm=*/true),
      layout(function.getParent()->getDataLayout()) {
  seed(function, block);
  findSteps(function, block);
}

void Shapes::seed(Function &function, BlockShape block) {
  for (const Instruction &instruction : instructions(function))
    if (isWarpWide(instruction))
      divergence.addUniformOverride(instruction);
  for (const Instruction &instruction : instructions(function))
    if (differsInWarp(instruction, block))
      divergence.markDivergent(instruction);
  divergence.compute();
}

std::optional<int64_t> Shapes::step(const Value &value) const {
  auto found = steps.find(&value);
  if (found == steps.end() || found->second.kind != Step::Constant)
    return std::nullopt;
  return found->second.value;
}

void Shapes::findSteps(Function &function, BlockShape block) {
  ReversePostOrderTraversal<Function *> order(&function);
  bool changed = true;
  while (changed) {
    changed = false;
    for (BasicBlock *basicBlock : order)
      for (const Instruction &instruction : *basicBlock) {
        Type *type = instruction.getType();
        if (isUniform(instruction) || !(type->isIntegerTy() || type->isPointerTy()))
          continue;
        Step &old = steps[&instruction];
        if (old.kind == Step::Varying)
          continue;
        Step next = transfer(instruction, block);
        if (old.kind == Step::Constant && (next.kind != Step::Constant || next.value != old.value))
          next.kind = Step::Varying;
        if (next.kind != old.kind) {
          steps[&instruction] = next;
          changed = true;
        }
      }
  }
}

Shapes::Step Shapes::stepOf(const Value &value) const {
  if (isUniform(value))
    return {Step::Constant, 0};
  auto found = steps.find(&value);
  if (found != steps.end())
    return found->second;
  return {isa<Instruction>(value) ? Step::Unknown : Step::Varying, 0};
}

Shapes::Step Shapes::transferPhi(const PHINode &phi) const {
  // A join of divergent control flow mixes lanes of both sides.
  const auto *node = dominators.getNode(phi.getParent());
  const Loop *loop = loops.getLoopFor(phi.getParent());
  bool isHeader = loop && loop->getHeader() == phi.getParent();
  if (!isHeader && phi.getNumIncomingValues() > 1 && node->getIDom() &&
      divergence.isDivergent(*node->getIDom()->getBlock()->getTerminator()))
    return {Step::Varying, 0};
  // A value that leaves a divergent loop comes from a different iteration in each lane.
  if (phi.getNumIncomingValues() == 1) {
    const Loop *inner = loops.getLoopFor(phi.getIncomingBlock(0));
    if (inner && !inner->contains(phi.getParent()) &&
        divergence.isDivergent(*phi.getIncomingBlock(0)->getTerminator()))
      return {Step::Varying, 0};
  }
  Step result;
  for (const Value *incoming : phi.incoming_values()) {
    Step step = stepOf(*incoming);
    if (step.kind == Step::Unknown)
      continue;
    if (step.kind == Step::Varying || (result.kind == Step::Constant && result.value != step.value))
      return {Step::Varying, 0};
    result = step;
  }
  return result;
}

Shapes::Step Shapes::transferAddress(const GetElementPtrInst &address) const {
  Step total = stepOf(*address.getPointerOperand());
  if (total.kind != Step::Constant)
    return total;
  for (gep_type_iterator type = gep_type_begin(address), end = gep_type_end(address); type != end;
       ++type) {
    if (type.isStruct())
      continue;
    Step index = stepOf(*type.getOperand());
    if (index.kind != Step::Constant)
      return index;
    total.value += index.value * int64_t(layout.getTypeAllocSize(type.getIndexedType()));
  }
  return total;
}

Shapes::Step Shapes::transfer(const Instruction &instruction, BlockShape block) const {
  constexpr Step varying = {Step::Varying, 0};
  if (auto *phi = dyn_cast<PHINode>(&instruction))
    return transferPhi(*phi);
  if (auto *address = dyn_cast<GetElementPtrInst>(&instruction))
    return address->getType()->isVectorTy() ? varying : transferAddress(*address);
  if (auto *allocation = dyn_cast<AllocaInst>(&instruction))
    return {Step::Constant, int64_t(layout.getTypeAllocSize(allocation->getAllocatedType()))};
  StringRef name = calleeName(instruction);
  if (name == "llvm.nvvm.read.ptx.sreg.laneid" ||
      (name == "llvm.nvvm.read.ptx.sreg.tid.x" && block == BlockShape::WholeRows))
    return {Step::Constant, 1};

  auto both = [&](auto combine) {
    Step a = stepOf(*instruction.getOperand(0)), b = stepOf(*instruction.getOperand(1));
    if (a.kind != Step::Constant || b.kind != Step::Constant)
      return a.kind == Step::Varying || b.kind == Step::Varying ? varying : Step{};
    return Step{Step::Constant, combine(a.value, b.value)};
  };
  switch (instruction.getOpcode()) {
  case Instruction::Add:
    return both([](int64_t a, int64_t b) { return a + b; });
  case Instruction::Sub:
    return both([](int64_t a, int64_t b) { return a - b; });
  case Instruction::Or:
    if (haveNoCommonBitsSet(instruction.getOperand(0), instruction.getOperand(1), layout))
      return both([](int64_t a, int64_t b) { return a + b; });
    return varying;
  case Instruction::Mul:
  case Instruction::Shl: {
    auto *factor = dyn_cast<ConstantInt>(instruction.getOperand(1));
    Step step = stepOf(*instruction.getOperand(0));
    if (!factor || factor->getBitWidth() > 64 || step.kind != Step::Constant)
      return factor ? step : varying;
    bool shift = instruction.getOpcode() == Instruction::Shl;
    if (shift && factor->getZExtValue() > 31)
      return varying;
    return {Step::Constant,
            shift ? step.value << factor->getZExtValue() : step.value * factor->getSExtValue()};
  }
  case Instruction::SExt:
  case Instruction::ZExt:
    return instruction.getOperand(0)->getType()->isIntegerTy(1)
               ? varying
               : stepOf(*instruction.getOperand(0));
  case Instruction::Trunc:
  case Instruction::BitCast:
  case Instruction::AddrSpaceCast:
  case Instruction::PtrToInt:
  case Instruction::IntToPtr:
  case Instruction::Freeze:
    return stepOf(*instruction.getOperand(0));
  default:
    return varying;
  }
}

} // namespace npu::warp
