// See stop_values.h.
#include "device/warp/stop_values.h"

#include "llvm/ADT/BitVector.h"
#include "llvm/ADT/PostOrderIterator.h"
#include "llvm/IR/CFG.h"
#include "llvm/IR/IRBuilder.h"
#include "llvm/IR/InstIterator.h"
#include "llvm/IR/IntrinsicInst.h"

using namespace llvm;

namespace npu::warp {

namespace {

// How many instructions may be repeated instead of a store and a load.
constexpr unsigned kMostRepeated = 8;

class Keeper {
public:
  Keeper(Function &function, function_ref<bool(const BasicBlock &)> isStop,
         function_ref<bool(const CallInst &)> isKnown)
      : function(function), isKnown(isKnown) {
    findCrossings(isStop);
  }

  void run() {
    std::vector<Instruction *> all;
    for (Instruction &instruction : instructions(function))
      if (isValue(instruction))
        all.push_back(&instruction);
    for (Instruction *instruction : all) {
      std::vector<Use *> uses;
      for (Use &use : instruction->uses())
        if (crosses(*instruction, use))
          uses.push_back(&use);
      if (!uses.empty())
        keep(*instruction, uses);
    }
  }

private:
  using Kept = SmallPtrSet<const Instruction *, 4>;

  static bool isValue(const Instruction &instruction) {
    auto *intrinsic = dyn_cast<IntrinsicInst>(&instruction);
    return !isa<AllocaInst>(instruction) && !instruction.getType()->isVoidTy() &&
           !instruction.getType()->isTokenTy() &&
           !(intrinsic && intrinsic->getIntrinsicID() == Intrinsic::coro_begin);
  }

  // For each block, those from which a way leads to it through a stop, and not back through
  // themselves.
  void findCrossings(function_ref<bool(const BasicBlock &)> isStop) {
    ReversePostOrderTraversal<Function *> order(&function);
    for (BasicBlock *block : order) {
      unsigned number = unsigned(numbers.size());
      numbers[block] = number;
    }
    unsigned count = unsigned(numbers.size());
    std::vector<BitVector> reaching(count, BitVector(count));
    across.assign(count, BitVector(count));
    for (unsigned i = 0; i < count; ++i)
      reaching[i].set(i);
    for (bool changed = true; changed;) {
      changed = false;
      for (BasicBlock *block : order) {
        unsigned to = numbers[block];
        BitVector reached = reaching[to], crossed = across[to];
        for (BasicBlock *before : predecessors(block)) {
          auto found = numbers.find(before);
          if (found == numbers.end())
            continue;
          reached |= reaching[found->second];
          crossed |= isStop(*before) ? reaching[found->second] : across[found->second];
        }
        crossed.reset(to);
        changed |= reached != reaching[to] || crossed != across[to];
        reaching[to] = std::move(reached);
        across[to] = std::move(crossed);
      }
    }
  }

  static BasicBlock *blockOf(const Use &use) {
    auto *user = cast<Instruction>(use.getUser());
    auto *phi = dyn_cast<PHINode>(user);
    return phi ? phi->getIncomingBlock(use) : user->getParent();
  }

  bool crosses(const Instruction &definition, const Use &use) const {
    auto from = numbers.find(definition.getParent()), to = numbers.find(blockOf(use));
    return from != numbers.end() && to != numbers.end() && across[to->second].test(from->second);
  }

  void keep(Instruction &value, ArrayRef<Use *> uses) {
    Kept kept;
    bool repeat = isRepeated(value, kept);
    DenseMap<BasicBlock *, Value *> here; // one for each block
    for (Use *use : uses) {
      Value *&again = here[blockOf(*use)];
      if (!again) {
        IRBuilder<> builder(&*blockOf(*use)->getFirstInsertionPt());
        again = repeat ? copy(builder, value, kept) : load(builder, value);
      }
      use->set(again);
    }
  }

  Value *load(IRBuilder<> &builder, Instruction &value) {
    AllocaInst *&variable = variables[&value];
    if (!variable) {
      IRBuilder<> entry(&*function.getEntryBlock().getFirstInsertionPt());
      variable = entry.CreateAlloca(value.getType(), nullptr, "kept");
      entry.SetInsertPoint(isa<PHINode>(value) ? &*value.getParent()->getFirstInsertionPt()
                                               : value.getNextNode());
      entry.CreateAlignedStore(&value, variable, variable->getAlign());
    }
    return builder.CreateAlignedLoad(value.getType(), variable, variable->getAlign());
  }

  // Whether to compute the value again: from known values and from scalars that are kept, since
  // those cost less to keep than a value of all lanes, and one of them often serves for many values
  // (addresses above all).
  bool isRepeated(const Instruction &value, Kept &kept) const {
    return isKnownValue(value) ||
           (sizeOf(value, kMostRepeated, kept) <= kMostRepeated && !kept.contains(&value) &&
            (value.getType()->isVectorTy() || kept.size() <= 1));
  }

  // How many instructions make the value anew (more than `budget`: too many), from which scalars.
  unsigned sizeOf(const Instruction &value, unsigned budget, Kept &kept) const {
    bool simple =
        isa<CastInst>(value) || isa<GetElementPtrInst>(value) || isa<CmpInst>(value) ||
        isa<SelectInst>(value) || isa<InsertElementInst>(value) || isa<ShuffleVectorInst>(value) ||
        (isa<BinaryOperator>(value) && !value.isIntDivRem() &&
         value.getOpcode() != Instruction::FDiv && value.getOpcode() != Instruction::FRem);
    unsigned size = 1;
    Kept own;
    for (const Use &use : value.operands()) {
      auto *operand = dyn_cast<Instruction>(use.get());
      if (simple && size <= budget && operand && !isKnownValue(*operand))
        size += sizeOf(*operand, budget - size, own);
    }
    if (simple && size <= budget) {
      kept.insert(own.begin(), own.end());
      return size;
    }
    if (value.getType()->isVectorTy())
      return budget + 1;
    kept.insert(&value);
    return 0;
  }
  bool isKnownValue(const Value &value) const {
    auto *call = dyn_cast<CallInst>(&value);
    return isa<AllocaInst>(value) || (call && isKnown(*call));
  }

  Value *copy(IRBuilder<> &builder, Value &value, const Kept &kept) {
    auto *instruction = dyn_cast<Instruction>(&value);
    if (!instruction || isa<AllocaInst>(instruction))
      return &value;
    if (kept.contains(instruction))
      return load(builder, *instruction);
    Instruction *made = instruction->clone();
    if (!isKnownValue(value))
      for (Use &operand : made->operands())
        operand.set(copy(builder, *operand.get(), kept));
    return builder.Insert(made);
  }

  Function &function;
  function_ref<bool(const CallInst &)> isKnown;
  DenseMap<const Instruction *, AllocaInst *> variables;
  DenseMap<const BasicBlock *, unsigned> numbers;
  std::vector<BitVector> across;
};

} // namespace

void keepAcrossStops(Function &function, function_ref<bool(const BasicBlock &)> isStop,
                     function_ref<bool(const CallInst &)> isKnown) {
  Keeper(function, isStop, isKnown).run();
}

} // namespace npu::warp
