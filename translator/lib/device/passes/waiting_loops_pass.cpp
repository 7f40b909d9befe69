// Loops in which a lane waits for what another lane of its warp does after the same loop: locks,
// tickets, flags. Lanes in lockstep would wait for ever, because the lane that may go on stays with
// those that may not. So what comes between the loop and the release becomes part of the loop:
//
//   while (!attempt());          do { done = attempt();
//   critical; release();    ->        if (done) { critical; release(); }
//   rest                         } while (!done);
//                                rest
//
// A lane that passes goes through the release in the same turn. For a single thread nothing
// changes. Where a barrier or a warp operation lies between, all lanes must come to it before any
// passes it: the wait is then for nobody of the same warp, and the loop stays as it is.
//
// A wait for what nothing after the loop sets is for another warp. Every waiting loop gets a
// marker, at which warps that take turns give way to others (warp/turns.h); where there is such a
// loop, so do all others that may wait.
#include "device/pipeline.h"
#include "device/warp/block_uniformity.h"
#include "device/warp/joins_lanes.h"
#include "device/warp/turns.h"

#include "llvm/Analysis/LoopInfo.h"
#include "llvm/Analysis/PostDominators.h"
#include "llvm/Analysis/ValueTracking.h"
#include "llvm/IR/Dominators.h"
#include "llvm/IR/IRBuilder.h"
#include "llvm/IR/InstIterator.h"
#include "llvm/Transforms/Utils/BasicBlockUtils.h"
#include "llvm/Transforms/Utils/Local.h"
#include "llvm/Transforms/Utils/LoopSimplify.h"
#include "llvm/Transforms/Utils/PromoteMemToReg.h"

using namespace llvm;

namespace npu {

using warp::joinsLanes;

namespace {

constexpr unsigned kSharedSpace = 3;

// The same attempt on the same place in each turn.
bool isRepeatedAttempt(const Instruction &instruction, const Loop &loop) {
  if (isa<AtomicCmpXchgInst>(instruction))
    return !instruction.use_empty() && loop.hasLoopInvariantOperands(&instruction);
  auto *update = dyn_cast<AtomicRMWInst>(&instruction);
  return update && !update->use_empty() && update->getOperation() != AtomicRMWInst::Add &&
         update->getOperation() != AtomicRMWInst::Sub && loop.hasLoopInvariantOperands(update);
}

// The first instruction of the loop on which its end depends and which `isIt`. What a value read
// from memory depends on counts with `throughLoads` alone.
template <class Predicate>
const Instruction *findBehindExits(const Loop &loop, bool throughLoads, Predicate isIt) {
  SmallPtrSet<const Value *, 16> seen;
  SmallVector<BasicBlock *, 4> exiting;
  loop.getExitingBlocks(exiting);
  std::vector<const Value *> work;
  for (const BasicBlock *block : exiting)
    work.push_back(block->getTerminator());
  while (!work.empty()) {
    auto *instruction = dyn_cast<Instruction>(work.back());
    work.pop_back();
    if (!instruction || !loop.contains(instruction) || !seen.insert(instruction).second)
      continue;
    if (isIt(*instruction))
      return instruction;
    if (isa<LoadInst>(instruction) && !throughLoads)
      continue;
    for (const Value *operand : instruction->operands())
      if (!isa<BasicBlock>(operand))
        work.push_back(operand);
  }
  return nullptr;
}

// What the loop's end depends on: an attempt, or a volatile or atomic read of the same place.
const Instruction *findAttempt(const Loop &loop) {
  return findBehindExits(loop, /*throughLoads=*/true, [&](const Instruction &instruction) {
    auto *load = dyn_cast<LoadInst>(&instruction);
    return isRepeatedAttempt(instruction, loop) ||
           (load && (load->isVolatile() || load->isAtomic()) &&
            loop.hasLoopInvariantOperands(load));
  });
}

// Whether a count that each turn advances decides when the loop ends, or nothing does.
bool counts(const Loop &loop) {
  SmallVector<BasicBlock *, 4> exiting;
  loop.getExitingBlocks(exiting);
  return exiting.empty() ||
         findBehindExits(loop, /*throughLoads=*/false, [&](const Instruction &instruction) {
           auto *phi = dyn_cast<PHINode>(&instruction);
           if (!phi || phi->getParent() != loop.getHeader())
             return false;
           auto *next = dyn_cast<Instruction>(phi->getIncomingValueForBlock(loop.getLoopLatch()));
           return next && (isa<BinaryOperator>(next) || isa<GetElementPtrInst>(next)) &&
                  is_contained(next->operand_values(), phi);
         });
}

const Value *addressOf(const Instruction &instruction) {
  if (auto *exchange = dyn_cast<AtomicCmpXchgInst>(&instruction))
    return exchange->getPointerOperand();
  if (auto *update = dyn_cast<AtomicRMWInst>(&instruction))
    return update->getPointerOperand();
  return getLoadStorePointerOperand(&instruction);
}

bool isSameAddress(const Value *a, const Value *b) {
  a = a->stripPointerCasts(), b = b->stripPointerCasts();
  auto *first = dyn_cast<Instruction>(a), *second = dyn_cast<Instruction>(b);
  return a == b || (first && second && first->isIdenticalTo(second));
}

// A loop that looks again and again at what other threads write, at many places: it works on what
// is ready and is over when all is. The read by which it does so; nullptr: it is none.
const Instruction *findPoll(const Loop &loop) {
  if (!loop.getLoopLatch() || counts(loop))
    return nullptr;
  SmallPtrSet<const Value *, 4> written;
  std::vector<const Instruction *> reads;
  for (const BasicBlock *block : loop.blocks())
    for (const Instruction &instruction : *block) {
      const Value *address = addressOf(instruction);
      if (!address)
        continue;
      const Value *object = getUnderlyingObject(address, 0);
      auto *load = dyn_cast<LoadInst>(&instruction);
      auto *variable = dyn_cast<GlobalVariable>(object);
      if (load && (load->isVolatile() || load->isAtomic()) &&
          !(variable && variable->getAddressSpace() == kSharedSpace) && !isa<AllocaInst>(object))
        reads.push_back(load);
      else if (!load)
        written.insert(object);
    }
  auto found = find_if(reads, [&](const Instruction *read) {
    return written.count(getUnderlyingObject(addressOf(*read), 0));
  });
  return found == reads.end() ? nullptr : *found;
}

// Whether this may release what `attempt` waits for.
bool isRelease(const Instruction &instruction, const Instruction &attempt) {
  if (&instruction == &attempt || isa<LoadInst>(instruction) || !instruction.mayWriteToMemory())
    return false;
  const Value *address = addressOf(instruction);
  return address && getUnderlyingObject(address, 0) == getUnderlyingObject(addressOf(attempt), 0);
}

class Waits {
public:
  explicit Waits(Function &function) : function(function) { analyse(); }

  void run() {
    while (changeOne())
      analyse();
    if (giveWay)
      yieldElsewhere();
  }

private:
  void analyse() {
    dominators.recalculate(function);
    postDominators.recalculate(function);
    loops.releaseMemory();
    loops.analyze(dominators);
  }

  // Where warps give way to others in the middle of what they do, all loops must that may wait for
  // them: attempts on one place after the other, for instance, until one is free.
  void yieldElsewhere() {
    for (Loop *loop : loops.getLoopsInPreorder())
      if (mayAttempt(*loop) && none_of(*loop->getLoopLatch(), isYield))
        yield(*loop, warp::Awaited::Block);
  }

  static bool isYield(const Instruction &instruction) {
    return warp::awaitedBy(instruction).has_value();
  }

  static bool mayAttempt(const Loop &loop) {
    return loop.getLoopLatch() && !counts(loop) && any_of(loop.blocks(), [](BasicBlock *block) {
             return any_of(*block, [](const Instruction &each) {
               return (isa<AtomicCmpXchgInst, AtomicRMWInst>(each) && !each.use_empty()) ||
                      (isa<LoadInst>(each) && (each.isVolatile() || each.isAtomic()));
             });
           });
  }

  bool changeOne() {
    SmallVector<Loop *, 8> order = loops.getLoopsInPreorder();
    for (Loop *loop : reverse(order)) {
      if (!handled.insert(loop->getHeader()).second)
        continue;
      const Instruction *attempt = findAttempt(*loop);
      if (!attempt && findPoll(*loop))
        yield(*loop, warp::Awaited::Grid);
      if (!attempt || !loop->getLoopLatch())
        continue;
      std::vector<Instruction *> releases;
      if (loop->getExitingBlock())
        releases = findReleases(*loop, *attempt);
      if (contains(*loop, *attempt, isLock(*attempt, releases))) {
        yield(*loop, warp::Awaited::Lock);
        continue;
      }
      yield(*loop, isLock(*attempt, releases) ? warp::Awaited::Lock : signallerOf(*attempt));
      if (!releases.empty()) {
        serve(*loop, *attempt);
        return true;
      }
    }
    return false;
  }

  // Who passes a lock releases it; a flag that is only read may be another warp's to set, also
  // where those that wait for it set the next one.
  static bool isLock(const Instruction &attempt, const std::vector<Instruction *> &releases) {
    return any_of(releases, [&](const Instruction *release) {
      return !isa<LoadInst>(attempt) || isSameAddress(addressOf(*release), addressOf(attempt));
    });
  }

  static warp::Awaited signallerOf(const Instruction &attempt) {
    auto *variable = dyn_cast<GlobalVariable>(getUnderlyingObject(addressOf(attempt), 0));
    bool isShared = variable && variable->getAddressSpace() == kSharedSpace;
    return isShared ? warp::Awaited::Block : warp::Awaited::Grid;
  }

  // The release is in the loop already. An exchange that decides the loop's end is none where the
  // release comes behind it: the loop looks first and then tries (a semaphore, a lock that is read
  // before it is taken).
  static bool contains(const Loop &loop, const Instruction &attempt, bool releasedBehind) {
    return any_of(loop.blocks(), [&](const BasicBlock *block) {
      return any_of(*block, [&](const Instruction &each) {
        return isRelease(each, attempt) &&
               !(releasedBehind && isa<AtomicCmpXchgInst, AtomicRMWInst>(each) &&
                 findBehindExits(loop, /*throughLoads=*/true,
                                 [&](const Instruction &behind) { return &behind == &each; }));
      });
    });
  }

  // The first releases on each way from the loop's exit to a place where lanes join.
  std::vector<Instruction *> findReleases(const Loop &loop, const Instruction &attempt) const {
    std::vector<Instruction *> same, related;
    for (bool exact : {true, false}) {
      std::vector<Instruction *> &found = exact ? same : related;
      SmallPtrSet<BasicBlock *, 16> seen;
      std::vector<BasicBlock *> work = {loop.getExitBlock()};
      const Loop *parent = loop.getParentLoop();
      while (!work.empty()) {
        BasicBlock *block = work.back();
        work.pop_back();
        if (loop.contains(block) || !seen.insert(block).second ||
            (parent && (!parent->contains(block) || block == parent->getHeader())))
          continue;
        auto stop = find_if(*block, [&](const Instruction &each) {
          return joinsLanes(each) ||
                 (isRelease(each, attempt) &&
                  (!exact || isSameAddress(addressOf(each), addressOf(attempt))));
        });
        if (stop == block->end())
          work.insert(work.end(), succ_begin(block), succ_end(block));
        else if (!joinsLanes(*stop))
          found.push_back(&*stop);
      }
      if (!found.empty())
        return found;
    }
    return {};
  }

  void serve(Loop &loop, const Instruction &attempt) {
    std::vector<Instruction *> releases = findReleases(loop, attempt);
    BasicBlock *start = SplitEdge(loop.getExitingBlock(), loop.getExitBlock(), &dominators, &loops);
    postDominators.recalculate(function);
    const Loop *parent = loop.getParentLoop();
    BasicBlock *end = start;
    for (const Instruction *release : releases)
      end = end ? postDominators.findNearestCommonDominator(
                      end, const_cast<BasicBlock *>(release->getParent()))
                : nullptr;
    while (end && loops.getLoopFor(end) != parent)
      end = immediatePostDominator(end);
    if (!end || end == start)
      return;
    if (releases.size() == 1 && releases[0]->getParent() == end)
      end = SplitBlock(end, releases[0]->getNextNode(), &dominators, &loops);
    SmallPtrSet<BasicBlock *, 16> region;
    if (collect(start, end, region))
      enclose(loop, region, end);
  }

  BasicBlock *immediatePostDominator(BasicBlock *block) const {
    const auto *node = postDominators.getNode(block);
    return node && node->getIDom() ? node->getIDom()->getBlock() : nullptr;
  }

  // False where control can come from elsewhere, or lanes must come together in between.
  bool collect(BasicBlock *start, BasicBlock *end, SmallPtrSetImpl<BasicBlock *> &region) const {
    std::vector<BasicBlock *> work = {start};
    while (!work.empty()) {
      BasicBlock *block = work.back();
      work.pop_back();
      if (block == end || !region.insert(block).second)
        continue;
      if (!dominators.dominates(start, block) || any_of(*block, joinsLanes) || succ_empty(block))
        return false;
      work.insert(work.end(), succ_begin(block), succ_end(block));
    }
    return true;
  }

  void enclose(Loop &loop, SmallPtrSetImpl<BasicBlock *> &region, BasicBlock *end) {
    BasicBlock *header = loop.getHeader(), *latch = loop.getLoopLatch();
    SmallVector<BasicBlock *, 4> leaving;
    for (BasicBlock *before : predecessors(end))
      if (region.contains(before))
        leaving.push_back(before);
    BasicBlock *passed = SplitBlockPredecessors(end, leaving, ".passed");
    BasicBlock *rest = SplitBlock(passed, passed->getTerminator());
    for (BasicBlock *block : loop.blocks())
      region.insert(block);
    region.insert(passed);
    std::vector<AllocaInst *> places = demoteLeaving(region);

    BasicBlock *again = BasicBlock::Create(function.getContext(), "again", &function);
    IRBuilder<> builder(again);
    PHINode *done = builder.CreatePHI(builder.getInt1Ty(), 2, "done");
    done->addIncoming(builder.getFalse(), latch);
    done->addIncoming(builder.getTrue(), passed);
    for (PHINode &phi : header->phis()) {
      int index = phi.getBasicBlockIndex(latch);
      PHINode *next = builder.CreatePHI(phi.getType(), 2);
      next->addIncoming(phi.getIncomingValue(index), latch);
      next->addIncoming(PoisonValue::get(phi.getType()), passed);
      phi.setIncomingValue(index, next);
      phi.setIncomingBlock(index, again);
    }
    builder.CreateCondBr(done, rest, header);
    latch->getTerminator()->replaceSuccessorWith(header, again);
    passed->getTerminator()->replaceSuccessorWith(rest, again);
    DominatorTree now(function);
    PromoteMemToReg(places, now);
  }

  // Values that the region makes and the rest uses go through memory while control flow changes.
  std::vector<AllocaInst *> demoteLeaving(const SmallPtrSetImpl<BasicBlock *> &region) {
    std::vector<Instruction *> leaving;
    for (BasicBlock *block : region)
      for (Instruction &instruction : *block)
        if (any_of(instruction.uses(), [&](const Use &use) {
              auto *user = cast<Instruction>(use.getUser());
              auto *phi = dyn_cast<PHINode>(user);
              return !region.contains(phi ? phi->getIncomingBlock(use) : user->getParent()) ||
                     (phi && !region.contains(phi->getParent()));
            }))
          leaving.push_back(&instruction);
    std::vector<AllocaInst *> places;
    for (Instruction *instruction : leaving)
      if (!isa<AllocaInst>(instruction))
        places.push_back(DemoteRegToStack(*instruction));
    return places;
  }

  // A place where other warps may have their turn (warp/turns.h).
  void yield(Loop &loop, warp::Awaited awaited) {
    giveWay |= awaited != warp::Awaited::Lock;
    IRBuilder<> builder(loop.getLoopLatch()->getTerminator());
    Type *word = builder.getInt32Ty();
    builder.CreateCall(loop.getHeader()->getModule()->getOrInsertFunction(
                           kYield, FunctionType::get(builder.getVoidTy(), {word}, false)),
                       {builder.getInt32(unsigned(awaited))});
  }

  Function &function;
  DominatorTree dominators;
  PostDominatorTree postDominators;
  LoopInfo loops;
  SmallPtrSet<const BasicBlock *, 8> handled; // headers
  bool giveWay = false;                       // some loop waits for other warps
};

class WaitingLoops : public DevicePass {
public:
  void run(Module &module, PassContext &context) override {
    if (!context.options.warps)
      return;
    for (Function &function : module)
      if (isKernel(function, context)) {
        DominatorTree dominators(function);
        LoopInfo loops(dominators);
        for (Loop *loop : loops)
          simplifyLoop(loop, &dominators, &loops, nullptr, nullptr, nullptr, false);
        Waits(function).run();
      }
  }
};

} // namespace

std::unique_ptr<DevicePass> makeWaitingLoops() { return std::make_unique<WaitingLoops>(); }

} // namespace npu
