// Loops that LLVM has made of one: where a condition that no round changes stands at the end of a
// loop and at its start (`if (threadIdx.x == 0)`), simplifycfg sends the threads for which it is
// false past the start:
//
//   for (;;) {                                for (;;) {
//     if (first) take();                        if (first) take();
//     barrier; work; barrier;           ->      do { barrier; work; barrier; } while (!first);
//     if (first) give();                        give();
//   }                                         }
//
// For threads that go their own ways that is the same. Lanes in lockstep, and PoCL's work-items,
// come out of the inner loop together or never: those that stay in it would go through its barriers
// and warp operations without the one that has left and comes back. So the two loops become one
// again, whose rounds begin at one place: there the lanes that left and those that stayed meet.
//
// Threads for which the condition is true may be sent past its test alone, to what it guards
// (take()); that is a second way into a loop without a header, and is led through one place, too.
#include "device/pipeline.h"
#include "device/warp/joins_lanes.h"
#include "device/warp/rounds.h"

#include "llvm/Analysis/LoopInfo.h"
#include "llvm/IR/Dominators.h"
#include "llvm/IR/IRBuilder.h"
#include "llvm/IR/IntrinsicInst.h"
#include "llvm/IR/IntrinsicsNVPTX.h"
#include "llvm/Transforms/Utils/Local.h"
#include "llvm/Transforms/Utils/PromoteMemToReg.h"

using namespace llvm;

namespace npu {

using warp::joinsLanes;

namespace {

// Made of constants, arguments and what a launch gives all threads, in a few steps.
bool isSameForAll(const Value &value, int steps = 6) {
  if (isa<Constant>(value) || isa<Argument>(value))
    return true;
  if (!steps)
    return false;
  auto *instruction = dyn_cast<Instruction>(&value);
  if (auto *call = dyn_cast_or_null<IntrinsicInst>(instruction))
    switch (call->getIntrinsicID()) {
    case Intrinsic::nvvm_read_ptx_sreg_ctaid_x:
    case Intrinsic::nvvm_read_ptx_sreg_ctaid_y:
    case Intrinsic::nvvm_read_ptx_sreg_ctaid_z:
    case Intrinsic::nvvm_read_ptx_sreg_ntid_x:
    case Intrinsic::nvvm_read_ptx_sreg_ntid_y:
    case Intrinsic::nvvm_read_ptx_sreg_ntid_z:
    case Intrinsic::nvvm_read_ptx_sreg_nctaid_x:
    case Intrinsic::nvvm_read_ptx_sreg_nctaid_y:
    case Intrinsic::nvvm_read_ptx_sreg_nctaid_z:
      return true;
    default:
      return false;
    }
  return instruction &&
         isa<BinaryOperator, CmpInst, CastInst, SelectInst, FreezeInst>(instruction) &&
         all_of(instruction->operand_values(),
                [&](const Value *each) { return isSameForAll(*each, steps - 1); });
}

class LoopJoiner {
public:
  explicit LoopJoiner(Function &function) : function(function) {}

  void run() {
    while (joinOne()) {
    }
  }

private:
  // Whether it has made a change; the analyses are old then.
  bool joinOne() {
    DominatorTree dominators(function);
    LoopInfo loops(dominators);
    SmallVector<Loop *, 8> order = loops.getLoopsInPreorder();
    for (Loop *loop : reverse(order))
      if (loop->getParentLoop() && isDivided(*loop)) {
        join(*loop);
        return true;
      }
    for (Loop *loop : reverse(order))
      for (BasicBlock *block : loop->blocks())
        if (BasicBlock *guarded = skipsTest(*block, *loop, dominators)) {
          joinAt(*loop, *guarded, {block});
          return true;
        }
    return false;
  }

  // Where `block` goes on the condition that the loop's header goes there on; nullptr: nowhere.
  static BasicBlock *skipsTest(const BasicBlock &block, const Loop &loop,
                               const DominatorTree &dominators) {
    const BasicBlock *header = loop.getHeader();
    auto *test = dyn_cast<BranchInst>(header->getTerminator());
    auto *branch = dyn_cast<BranchInst>(block.getTerminator());
    if (!test || !branch || test == branch || test->isUnconditional() ||
        branch->isUnconditional() || test->getCondition() != branch->getCondition() ||
        !loop.isLoopInvariant(test->getCondition()) || isSameForAll(*test->getCondition()) ||
        none_of(loop.blocks(), joinsLanesIn) || joinsLanesIn(header))
      return nullptr;
    for (unsigned side : {0, 1}) {
      BasicBlock *next = test->getSuccessor(side);
      if (next == branch->getSuccessor(side) && next != branch->getSuccessor(1 - side) &&
          next != header && loop.contains(next) && !dominators.dominates(next, &block))
        return next;
    }
    return nullptr;
  }

  static bool joinsLanesIn(const BasicBlock *block) { return any_of(*block, joinsLanes); }

  // Around the inner one of two loops that were written, lanes may meet, too; nothing that joins
  // lanes is threaded past.
  static bool isDivided(const Loop &loop) {
    const Loop &whole = *loop.getParentLoop();
    return any_of(loop.blocks(), joinsLanesIn) &&
           none_of(
               whole.blocks(),
               [&](BasicBlock *block) { return !loop.contains(block) && joinsLanesIn(block); }) &&
           any_of(loop.blocks(), [&](BasicBlock *block) {
             auto *branch = dyn_cast<BranchInst>(block->getTerminator());
             return branch && branch->isConditional() &&
                    loop.isLoopInvariant(branch->getCondition()) &&
                    !isSameForAll(*branch->getCondition()) &&
                    any_of(successors(block), [&](BasicBlock *next) {
                      return !loop.contains(next) && whole.contains(next);
                    });
           });
  }

  void join(const Loop &loop) {
    SmallVector<BasicBlock *, 4> stay;
    for (BasicBlock *before : predecessors(loop.getHeader()))
      if (loop.contains(before))
        stay.push_back(before);
    joinAt(*loop.getParentLoop(), *loop.getHeader(), stay);
  }

  // Rounds of `whole` begin at one place: those that come from `stay` at `inner`.
  void joinAt(const Loop &whole, BasicBlock &inner, ArrayRef<BasicBlock *> stay) {
    BasicBlock *outer = whole.getHeader();
    SmallVector<BasicBlock *, 4> begin(predecessors(outer));
    std::vector<AllocaInst *> places = demote(whole);

    BasicBlock *round = BasicBlock::Create(function.getContext(), "round", &function, outer);
    IRBuilder<> builder(round);
    PHINode *stays = builder.CreatePHI(builder.getInt1Ty(), stay.size() + begin.size(), "stays");
    builder.CreateCondBr(stays, &inner, outer)
        ->setMetadata(kRound, MDNode::get(function.getContext(), {}));
    for (bool staying : {true, false})
      for (BasicBlock *before : staying ? stay : ArrayRef<BasicBlock *>(begin)) {
        BasicBlock *edge = BasicBlock::Create(function.getContext(), "", &function, round);
        BranchInst::Create(round, edge);
        before->getTerminator()->replaceSuccessorWith(staying ? &inner : outer, edge);
        stays->addIncoming(builder.getInt1(staying), edge);
      }
    DominatorTree now(function);
    PromoteMemToReg(places, now);
  }

  // What the loop's blocks give one another goes through memory while control flow changes: values,
  // those of phis too, and then what comes to phis.
  std::vector<AllocaInst *> demote(const Loop &loop) {
    std::vector<PHINode *> phis;
    std::vector<Instruction *> leaving;
    for (BasicBlock *block : loop.blocks())
      for (Instruction &instruction : *block) {
        if (auto *phi = dyn_cast<PHINode>(&instruction))
          phis.push_back(phi);
        if (any_of(instruction.users(), [&](User *user) {
              return cast<Instruction>(user)->getParent() != block || isa<PHINode>(user);
            }))
          leaving.push_back(&instruction);
      }
    std::vector<AllocaInst *> places;
    for (Instruction *instruction : leaving)
      places.push_back(DemoteRegToStack(*instruction));
    for (PHINode *phi : phis)
      places.push_back(DemotePHIToStack(phi));
    erase_value(places, nullptr); // nobody used those
    return places;
  }

  Function &function;
};

class RejoinLoops : public DevicePass {
public:
  void run(Module &module, PassContext &context) override {
    for (Function &function : module)
      if (isKernel(function, context))
        LoopJoiner(function).run();
  }
};

} // namespace

std::unique_ptr<DevicePass> makeRejoinLoops() { return std::make_unique<RejoinLoops>(); }

} // namespace npu
