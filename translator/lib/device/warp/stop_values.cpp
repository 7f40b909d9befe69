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
  Keeper(Function &function, IsStop isStop, function_ref<bool(const CallInst &)> isKnown)
      : function(function), isKnown(isKnown) {
    findCrossings(isStop);
  }

  // Returns the new variables.
  std::vector<AllocaInst *> run() {
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
    return made;
  }

private:
  using Kept = SmallPtrSet<const Instruction *, 4>;

  static bool isValue(const Instruction &instruction) {
    return !isa<AllocaInst>(instruction) && !instruction.getType()->isVoidTy();
  }

  // For each block, those from which a way leads to it through a stop, and not back through
  // themselves.
  void findCrossings(IsStop isStop) {
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
      made.push_back(variable);
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
    Instruction *again = instruction->clone();
    if (!isKnownValue(value))
      for (Use &operand : again->operands())
        operand.set(copy(builder, *operand.get(), kept));
    return builder.Insert(again);
  }

  Function &function;
  function_ref<bool(const CallInst &)> isKnown;
  DenseMap<const Instruction *, AllocaInst *> variables;
  std::vector<AllocaInst *> made;
  DenseMap<const BasicBlock *, unsigned> numbers;
  std::vector<BitVector> across;
};

// Whether a variable of the source holds something at a stop that is read afterwards.
class Liveness {
public:
  Liveness(const AllocaInst &variable, IsStop isStop) : variable(variable), isStop(isStop) {
    noteUses(variable, true);
  }

  bool crosses() const {
    if (isUnknown)
      return true;
    std::vector<const BasicBlock *> work;
    SmallPtrSet<const BasicBlock *, 16> live; // at the block's begin
    for (const BasicBlock *block : blocks)
      if (firstRole(*block) == Role::Read && live.insert(block).second)
        work.push_back(block);
    while (!work.empty()) {
      const BasicBlock *block = work.back();
      work.pop_back();
      for (const BasicBlock *before : predecessors(block)) {
        if (isStop(*before))
          return true;
        if ((!blocks.contains(before) || firstRole(*before) == Role::None) &&
            live.insert(before).second)
          work.push_back(before);
      }
    }
    return false;
  }

private:
  enum class Role { None, Read, Overwrite }; // a write of a part leaves the rest as it was

  void noteUses(const Value &pointer, bool isWhole) {
    for (const User *user : pointer.users()) {
      auto &instruction = *cast<Instruction>(user);
      if (isa<BitCastInst>(instruction) || isa<AddrSpaceCastInst>(instruction))
        noteUses(instruction, isWhole);
      else if (isa<GetElementPtrInst>(instruction) && !instruction.getType()->isVectorTy())
        noteUses(instruction, false);
      else if (!note(instruction, pointer, isWhole))
        isUnknown = true;
    }
  }

  bool note(const Instruction &access, const Value &pointer, bool isWhole) {
    Role role = Role::None;
    if (isa<LoadInst>(access)) {
      role = Role::Read;
    } else if (auto *store = dyn_cast<StoreInst>(&access)) {
      if (store->getValueOperand() == &pointer)
        return false;
      const DataLayout &layout = access.getModule()->getDataLayout();
      if (isWhole && layout.getTypeStoreSize(store->getValueOperand()->getType()) >=
                         layout.getTypeAllocSize(variable.getAllocatedType()))
        role = Role::Overwrite;
    } else if (isa<MemSetInst>(access)) {
      role = Role::None;
    } else if (auto *intrinsic = dyn_cast<IntrinsicInst>(&access);
               intrinsic && intrinsic->isLifetimeStartOrEnd()) {
      role = isWhole ? Role::Overwrite : Role::None;
    } else {
      return false;
    }
    blocks.insert(access.getParent());
    roles[&access] = role;
    return true;
  }

  Role firstRole(const BasicBlock &block) const {
    for (const Instruction &instruction : block)
      if (Role role = roles.lookup(&instruction); role != Role::None)
        return role;
    return Role::None;
  }

  const AllocaInst &variable;
  IsStop isStop;
  bool isUnknown = false;
  SmallPtrSet<const BasicBlock *, 8> blocks; // with accesses
  DenseMap<const Instruction *, Role> roles;
};

} // namespace

std::vector<AllocaInst *> keepAcrossStops(Function &function, IsStop isStop,
                                          function_ref<bool(const CallInst &)> isKnown) {
  std::vector<AllocaInst *> variables;
  for (Instruction &instruction : function.getEntryBlock())
    if (auto *variable = dyn_cast<AllocaInst>(&instruction))
      if (Liveness(*variable, isStop).crosses())
        variables.push_back(variable);
  std::vector<AllocaInst *> kept = Keeper(function, isStop, isKnown).run();
  variables.insert(variables.end(), kept.begin(), kept.end());
  return variables;
}

} // namespace npu::warp
