// Rewrites a kernel so that one execution is one warp: 32 lanes as vectors, control flow as masks.
//
// The source is in structured form (structure_pass.cpp): every conditional branch either skips a
// region that ends at the branch's post-dominator, or is the one exit of a loop at its latch. A
// divergent branch then means: the region runs with fewer lanes; a divergent latch: the loop runs
// until no lane is left. A warp is in lockstep, so that warp operations see what they see on a GPU.
//
// Karrenberg, Hack: "Whole-Function Vectorization" (CGO 2011); lanes leave loops through
// accumulators.
#pragma once

#include "device/warp/functions.h"
#include "device/warp/shapes.h"
#include "device/warp/turns.h"

#include "llvm/IR/IRBuilder.h"

#include <string>

namespace npu::warp {

// A source value in the vector function. Exactly one of `scalar` (the same in all lanes), `base`
// (a pattern of shapes.h: base + lane * step, or base + column * step + row * rowStep) and `vector`
// leads; `vector` may accompany `base`, which then only holds when `valid` is true (an index that
// could wrap before it was extended).
struct LaneValue {
  llvm::Value *scalar = nullptr;
  llvm::Value *base = nullptr;
  int64_t step = 0;
  llvm::Value *rowStep = nullptr; // of the value's type, i64 bytes for pointers; nullptr: no rows
  llvm::Value *valid = nullptr;   // i1; nullptr: always
  llvm::Value *vector = nullptr;
  llvm::SmallVector<llvm::Value *, 2> fields; // of a struct: one vector each
};

class Vectorizer {
public:
  // Of a kernel; warps stop where `waits` says by pipeline.h's kTurn.
  Vectorizer(llvm::Function &source, WarpFunctions &functions, BlockShape block, Waits waits);
  // Of a function that warps call.
  Vectorizer(llvm::Function &source, WarpFunctions &functions, const FunctionForm &form);

  // The vector function, with a kernel's own signature or the form's; nullptr when something has no
  // vector form, and `reason` and `place` say what.
  llvm::Function *run();
  const std::string &reason() const { return refusalReason; }
  const llvm::Instruction *place() const { return refusalPlace; }

private:
  struct Block {
    llvm::BasicBlock *first = nullptr, *last = nullptr;
    llvm::Value *mask = nullptr; // <32 x i1>; the lanes that are here
  };

  // Control flow (vectorizer.cpp)
  bool checkStructure();
  void startKernel();
  void createBlocks();
  void emitBlock(const llvm::BasicBlock &block);
  void emitEntry();
  void emitTerminator(const llvm::BasicBlock &block);
  void emitBranch(const llvm::BranchInst &branch);
  void endWarp();
  llvm::Value *lanesWhere(llvm::Value &condition, bool isTrue);
  void emitUniformBranch(const llvm::BranchInst &branch);
  void emitLatch(const llvm::BranchInst &branch, const llvm::Loop &loop);
  llvm::Value *maskOf(const llvm::BasicBlock &block);
  llvm::Value *maskOfHeader(const llvm::Loop &loop);
  void emitPhi(const llvm::PHINode &phi);
  void completePhis();
  void completePhi(const llvm::PHINode &phi);
  bool isDivergentJoin(const llvm::BasicBlock &block) const;

  // Functions that warps call (functions.cpp)
  void startFunction();
  void enterFunction();
  void leaveFunction(const llvm::ReturnInst &leave);
  bool emitWarpFunction(const llvm::CallInst &call);

  // Barriers and waits (stops.cpp)
  bool emitStop(const llvm::Instruction &instruction);
  llvm::Value *ofAnyLane(const llvm::Value *value);
  llvm::Value *lastLane();

  // Values (lane_values.cpp)
  LaneValue get(llvm::Value *value);
  llvm::Value *scalar(llvm::Value *value) { return get(value).scalar; }
  llvm::Value *vector(llvm::Value *value);
  llvm::Value *vector(const LaneValue &value, llvm::Type *type);
  void set(const llvm::Value &source, LaneValue value) { values[&source] = std::move(value); }
  void setVector(const llvm::Value &source, llvm::Value *vector);
  llvm::Value *laneNumbers(llvm::Type *element);
  // Offsets of the lanes from a pattern's base, as integers of the type.
  llvm::Value *offsets(const LaneValue &value, llvm::Type *integer);
  llvm::Value *rowStepOf(const LaneValue &value, llvm::Type *integer);
  llvm::Value *splat(llvm::Value *scalar) { return builder.CreateVectorSplat(kLanes, scalar); }
  llvm::Value *anyLane(llvm::Value *mask);
  // The lanes of `mask` whose condition holds.
  llvm::Value *among(llvm::Value *mask, llvm::Value *condition);
  llvm::Value *maskBits(llvm::Value *mask);
  bool isFull(llvm::Value *mask) const;

  // Instructions (instructions.cpp, memory.cpp, calls.cpp)
  void emit(const llvm::Instruction &instruction);
  void emitUniform(const llvm::Instruction &instruction);
  bool emitPattern(const llvm::Instruction &instruction, const Pattern &pattern);
  llvm::Value *emitRowStep(const llvm::Instruction &instruction, const Pattern &pattern);
  llvm::Value *staysInRange(const llvm::Instruction &extension, const LaneValue &wide);
  void emitVarying(const llvm::Instruction &instruction);
  void emitInsertion(const llvm::InsertValueInst &insert);
  void emitDivision(const llvm::BinaryOperator &division);
  void emitAddress(const llvm::GetElementPtrInst &address);
  void emitLoad(const llvm::LoadInst &load);
  void emitStore(const llvm::StoreInst &store);
  void emitAllocation(const llvm::AllocaInst &allocation);
  void emitCall(const llvm::CallInst &call);
  bool emitIntrinsic(const llvm::CallInst &call);
  bool emitMachineIntrinsic(const llvm::CallInst &call, llvm::StringRef name);
  bool emitLaneMask(const llvm::CallInst &call, llvm::StringRef relation);
  bool emitWarpOperation(const llvm::CallInst &call, llvm::StringRef name);
  void emitShuffle(const llvm::CallInst &call, llvm::StringRef mode, bool sync);
  void emitVote(const llvm::CallInst &call, llvm::StringRef mode, bool sync);
  void emitReduction(const llvm::CallInst &call, llvm::StringRef operation);
  void emitMatch(const llvm::CallInst &call, bool all);
  // Votes for a way without masks (full_votes.cpp).
  void emitFullVote(const llvm::CallInst &call);
  llvm::Value *inAllLanes(llvm::Value *condition, bool isTrue);
  llvm::Value *compareCorners(const llvm::Value *pattern, const llvm::Value *other,
                              llvm::CmpInst::Predicate predicate);
  // One lane after the other, for what has no vector form (lane_loops.cpp). Cold ones are small.
  enum class LaneLoop { Hot, Cold };
  void emitPerLane(const llvm::Instruction &instruction, LaneLoop kind);
  // Atomic updates (warp_atomics.cpp).
  void emitAtomic(const llvm::Instruction &instruction);
  bool emitAtomicOfWarp(const llvm::AtomicRMWInst &update);
  // Of the block's own memory, by one lane.
  llvm::Value *updateShared(const llvm::AtomicRMWInst &update, llvm::Value *place,
                            llvm::Value *operand);
  using LaneBody = llvm::function_ref<llvm::SmallVector<llvm::Value *, 2>(llvm::Value *lane)>;
  void emitLanes(const llvm::Instruction &instruction, LaneLoop kind, LaneBody body);
  void loopOverPieces(llvm::ArrayRef<llvm::AllocaInst *> results, LaneBody body);
  void loopOverMask(llvm::ArrayRef<llvm::AllocaInst *> results, LaneBody body);
  bool isCheapInLane(const llvm::Value &value) const;
  void prepareLanes(llvm::Value *value);
  llvm::Value *laneOf(llvm::Value *value, llvm::Value *lane);
  llvm::Value *lanePlace(llvm::AllocaInst *scratch, llvm::Value *lane);
  llvm::AllocaInst *laneScratch(llvm::Type *element);
  // Accesses of lanes whose addresses are a pattern (memory.cpp).
  bool isContiguous(const LaneValue &address, llvm::Type *element) const;
  llvm::Value *contiguous(llvm::Value *base, llvm::Type *element, unsigned lanes);
  llvm::Value *rowAddress(const LaneValue &address, unsigned row);
  llvm::Value *rowMask(unsigned row);
  llvm::Value *loadPattern(const llvm::LoadInst &load, const LaneValue &address);
  void storePattern(const llvm::StoreInst &store, const LaneValue &address, llvm::Value *all);
  llvm::Value *nowhere(llvm::Type *pointer);
  llvm::Value *scatteredMask() const;
  llvm::Value *scatteredPointers(const LaneValue &address, llvm::Type *pointer);
  llvm::Value *loadScattered(const llvm::LoadInst &load, const LaneValue &address, LaneLoop kind);
  llvm::AllocaInst *createScratch(llvm::Type *type, const char *name);
  template <class Fast, class Slow>
  llvm::Value *choose(llvm::Value *condition, Fast fast, Slow slow);

  void refuse(const llvm::Instruction &at, const llvm::Twine &why);

  llvm::Function &source;
  WarpFunctions &functions;
  const FunctionForm *form = nullptr; // of a function; nullptr: a kernel
  BlockShape blockShape = BlockShape::General;
  Waits waits = Waits::None;
  Shapes shapes;
  const llvm::DataLayout &layout;
  llvm::Function *result = nullptr;
  llvm::IRBuilder<> builder;
  llvm::Value *mask = nullptr;      // of the block that is being emitted
  llvm::Value *warpIndex = nullptr; // in the block, i32
  LaneValue threadValues[3];        // threadIdx

  llvm::DenseMap<const llvm::BasicBlock *, Block> blocks;
  llvm::DenseMap<const llvm::Value *, LaneValue> values;
  std::vector<const llvm::PHINode *> phis;
  struct Accumulator {
    const llvm::PHINode *exit;
    llvm::PHINode *held;
    const llvm::Loop *loop;
  };
  std::vector<Accumulator> accumulators;
  llvm::DenseMap<const llvm::Loop *, llvm::PHINode *> loopMasks;
  llvm::DenseMap<const llvm::Loop *, llvm::Value *> leavingMasks;
  llvm::AllocaInst *nowhereBytes = nullptr;

  // Memory with an element per lane: what is free, and what holds a value in the lanes' loop.
  llvm::DenseMap<llvm::Type *, std::vector<llvm::AllocaInst *>> laneScratches;
  llvm::DenseMap<llvm::Type *, unsigned> usedScratches;
  llvm::DenseMap<llvm::Value *, llvm::AllocaInst *> heldLanes;

  std::string refusalReason;
  const llvm::Instruction *refusalPlace = nullptr;
};

} // namespace npu::warp
