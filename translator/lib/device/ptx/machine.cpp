// Special registers, operations between the threads of a warp or block, control flow.
#include "device/pipeline.h"
#include "device/ptx/lower.h"

#include "npu/warp_turns.h"

using namespace llvm;

namespace npu::ptx {

namespace {

constexpr ValueType kPredicate = {'p', 1, 1};
constexpr ValueType kWord = {'b', 32, 1};

} // namespace

// nullptr for an unknown one.
Value *Lowering::specialRegister(StringRef name) {
  Type *wordType = builder.getInt32Ty();
  auto machine = [&](StringRef what) {
    return intrinsic(("llvm.nvvm.read.ptx.sreg." + what).str(), wordType, {});
  };
  for (StringRef vector : {"tid.", "ntid.", "ctaid.", "nctaid."})
    if (name.startswith(vector) && name.size() == vector.size() + 1 &&
        StringRef("xyz").contains(name.back()))
      return machine(name);
  if (name == "laneid" || name == "warpid")
    return machine(name);
  if (name == "clock")
    return machine("clock");
  if (name == "clock_hi" || name == "clock64") {
    Value *clock = intrinsic("llvm.nvvm.read.ptx.sreg.clock64", builder.getInt64Ty(), {});
    return name == "clock64" ? clock : builder.CreateTrunc(builder.CreateLShr(clock, 32), wordType);
  }
  if (name.startswith("globaltimer")) {
    Value *timer = library("__npu_globaltimer", builder.getInt64Ty(), {});
    if (name == "globaltimer")
      return timer;
    if (name != "globaltimer_lo" && name != "globaltimer_hi")
      return nullptr;
    return builder.CreateTrunc(name.endswith("_hi") ? builder.CreateLShr(timer, 32) : timer,
                               wordType);
  }
  if (name == "nwarpid") {
    Value *threads = builder.CreateMul(machine("ntid.x"),
                                       builder.CreateMul(machine("ntid.y"), machine("ntid.z")));
    return builder.CreateLShr(builder.CreateAdd(threads, word(31)), 5);
  }
  if (name.consume_front("lanemask_")) {
    Value *own = builder.CreateShl(word(1), laneNumber());
    Value *below = builder.CreateSub(own, word(1));
    return name == "eq"   ? own
           : name == "lt" ? below
           : name == "le" ? builder.CreateOr(own, below)
           : name == "ge" ? builder.CreateNot(below)
           : name == "gt" ? builder.CreateNot(builder.CreateOr(own, below))
                          : nullptr;
  }
  // One multiprocessor runs every block.
  if (name == "smid" || name == "nsmid")
    return word(name == "nsmid");
  return clusterRegister(name);
}

Value *Lowering::clusterRegister(StringRef name) {
  struct Row {
    const char *name, *function;
  };
  constexpr Row kOfAxis[] = {{"cluster_ctaid.", "__npu_cluster_place"},
                             {"cluster_nctaid.", "__npu_cluster_extent"},
                             {"clusterid.", "__npu_cluster_index"},
                             {"nclusterid.", "__npu_cluster_count"}};
  constexpr Row kPlain[] = {{"cluster_ctarank", "__npu_cluster_rank"},
                            {"cluster_nctarank", "__npu_cluster_blocks"}};
  Type *wordType = builder.getInt32Ty();
  for (const Row &row : kPlain)
    if (name == row.name)
      return library(row.function, wordType, {});
  size_t axis = name.empty() ? StringRef::npos : StringRef("xyz").find(name.back());
  for (const Row &row : kOfAxis)
    if (axis != StringRef::npos && name.drop_back() == row.name)
      return library(row.function, wordType, {word(unsigned(axis))});
  return nullptr;
}

void lowerShuffle(Lowering &l) {
  bool sync = l.take("sync");
  StringRef mode = l.takeOneOf({"idx", "up", "down", "bfly"});
  l.takeType();
  if (mode.empty())
    return l.fail("no known mode");
  unsigned sources = sync ? 4 : 3;
  if (l.operandCount() < sources + 1 || l.operandCount() > sources + 2)
    return l.fail("the number of operands");
  unsigned first = l.operandCount() - sources;
  Value *value = l.read(first, kWord), *b = l.read(first + 1, kWord), *c = l.read(first + 2, kWord);
  SmallVector<Value *, 4> arguments;
  if (sync)
    arguments.push_back(l.read(first + 3, kWord));
  arguments.append({value, b, c});
  std::string name = std::string("llvm.nvvm.shfl.") + (sync ? "sync." : "") + mode.str() + ".i32";
  l.write(0, l.intrinsic(name, l.builder.getInt32Ty(), arguments), kWord);
  if (first == 1)
    return;
  // Whether the source lane is in range: PTX ISA, "shfl".
  IRBuilder<> &builder = l.builder;
  Value *lane = l.laneNumber(), *segment = builder.CreateAnd(builder.CreateLShr(c, 8), 31);
  Value *inside = builder.CreateNot(segment), *clamp = builder.CreateAnd(c, 31);
  Value *lowest = builder.CreateAnd(lane, segment);
  Value *highest = builder.CreateOr(lowest, builder.CreateAnd(clamp, inside));
  b = builder.CreateAnd(b, 31);
  Value *inRange = nullptr;
  if (mode == "up")
    inRange = builder.CreateICmpSGE(builder.CreateSub(lane, b), highest);
  else if (mode == "down")
    inRange = builder.CreateICmpSLE(builder.CreateAdd(lane, b), highest);
  else if (mode == "bfly")
    inRange = builder.CreateICmpSLE(builder.CreateXor(lane, b), highest);
  else
    inRange =
        builder.CreateICmpSLE(builder.CreateOr(lowest, builder.CreateAnd(b, inside)), highest);
  l.write(1, inRange, kPredicate);
}

void lowerVote(Lowering &l) {
  bool sync = l.take("sync");
  StringRef mode = l.takeOneOf({"all", "any", "uni", "ballot"});
  ValueType type = l.takeType();
  if (mode.empty() || (type.kind == 'p') == (mode == "ballot"))
    return l.fail("no known vote");
  SmallVector<Value *, 2> arguments;
  if (sync)
    arguments.push_back(l.read(2, kWord));
  arguments.push_back(l.read(1, kPredicate));
  std::string name = "llvm.nvvm.vote." + mode.str() + (sync ? ".sync" : "");
  l.write(0, l.intrinsic(name, l.irType(type), arguments), type);
}

void lowerMatch(Lowering &l) {
  bool all = l.take("all");
  if (!l.take("sync") || (!all && !l.take("any")))
    return l.fail("no '.any' or '.all'");
  ValueType type = l.takeType();
  unsigned first = l.operandCount() - 2;
  SmallVector<Value *, 2> arguments = {l.read(first + 1, kWord), l.read(first, type)};
  std::string suffix = type.width == 64 ? "i64" : "i32";
  Type *wordType = l.builder.getInt32Ty();
  if (!all)
    return l.write(0, l.intrinsic("llvm.nvvm.match.any.sync." + suffix, wordType, arguments),
                   kWord);
  auto *pair = StructType::get(wordType, l.builder.getInt1Ty());
  Value *result = l.intrinsic("llvm.nvvm.match.all.sync." + suffix + "p", pair, arguments);
  l.write(0, l.builder.CreateExtractValue(result, 0), kWord);
  if (first == 2)
    l.write(1, l.builder.CreateExtractValue(result, 1), kPredicate);
}

void lowerActiveMask(Lowering &l) {
  l.takeType();
  l.write(0, l.intrinsic("llvm.nvvm.vote.ballot", l.builder.getInt32Ty(), {l.builder.getTrue()}),
          kWord);
}

void lowerReduction(Lowering &l) {
  if (!l.take("sync"))
    return l.fail("no '.sync'");
  StringRef operation = l.takeOneOf({"add", "min", "max", "and", "or", "xor"});
  ValueType type = l.takeType();
  if (operation.empty() || type.bits() != 32 || type.isFloat())
    return l.fail("no known reduction");
  bool ordered = operation == "min" || operation == "max";
  std::string name = "llvm.nvvm.redux.sync." + std::string(ordered && !type.isSigned() ? "u" : "") +
                     operation.str();
  l.write(0, l.intrinsic(name, l.builder.getInt32Ty(), {l.read(1, kWord), l.read(2, kWord)}),
          kWord);
}

// The lowest lane of the mask is elected.
void lowerElect(Lowering &l) {
  l.take("sync");
  Value *mask = l.read(2, kWord);
  Value *lowest =
      l.builder.CreateIntrinsic(Intrinsic::cttz, {mask->getType()}, {mask, l.builder.getFalse()});
  l.write(0, lowest, kWord);
  l.write(1, l.builder.CreateICmpEQ(l.laneNumber(), lowest), kPredicate);
}

// bar.sync a{, b}; bar.red.op d, a{, b}, p; bar.arrive a, b; bar.warp.sync mask.
void lowerBarrier(Lowering &l) {
  Type *nothing = l.builder.getVoidTy();
  l.take("cta");
  l.take("aligned");
  if (l.take("warp")) {
    l.take("sync");
    l.intrinsic("llvm.nvvm.bar.warp.sync", nothing, {l.read(0, kWord)});
    return;
  }
  if (l.take("cluster")) {
    bool waits = l.take("wait");
    if (!waits && !l.take("arrive"))
      return l.fail("no '.arrive' or '.wait'");
    for (StringRef suffix : {"release", "acquire", "relaxed", "aligned"})
      l.take(suffix);
    if (waits)
      l.intrinsic("llvm.nvvm.barrier.sync", nothing, {l.word(turns::kClusterWait)});
    else
      l.library(kArrive, nothing, {l.word(turns::kClusterBarrier), l.word(0)});
    return;
  }
  if (l.take("red")) {
    StringRef operation = l.takeOneOf({"popc", "and", "or"});
    ValueType type = l.takeType();
    uint64_t number = 1;
    if (operation.empty() || l.operandCount() != 3 || !l.isConstant(1, number) || number != 0)
      return l.fail("a reduction at a barrier other than 0 for all threads");
    Value *predicate = l.builder.CreateZExt(l.read(2, kPredicate), l.builder.getInt32Ty());
    Value *result =
        l.intrinsic(("llvm.nvvm.barrier0." + operation).str(), l.builder.getInt32Ty(), {predicate});
    return l.write(0, type.kind == 'p' ? l.builder.CreateICmpNE(result, l.word(0)) : result, type);
  }
  if (l.take("arrive")) {
    if (l.operandCount() != 2)
      return l.fail("the number of operands");
    l.library(kArrive, nothing, {l.read(0, kWord), l.read(1, kWord)});
    return;
  }
  if (!l.take("sync"))
    return l.fail("no '.sync', '.arrive' or '.red'");
  uint64_t number = 1;
  if (l.operandCount() == 1 && l.isConstant(0, number) && number == 0) {
    l.intrinsic("llvm.nvvm.barrier0", nothing, {});
    return;
  }
  if (l.operandCount() == 1)
    l.intrinsic("llvm.nvvm.barrier.n", nothing, {l.read(0, kWord)});
  else if (l.operandCount() == 2)
    l.intrinsic("llvm.nvvm.barrier", nothing, {l.read(0, kWord), l.read(1, kWord)});
  else
    l.fail("the number of operands");
}

void lowerBranch(Lowering &l) {
  l.take("uni");
  l.builder.CreateBr(l.labelBlock(l.operand(0)));
  l.endBlock();
}

void lowerReturn(Lowering &l) {
  if (l.opcode() == "ret")
    return l.fail("a return from within the string");
  l.library(kExit, l.builder.getVoidTy(), {});
  l.builder.CreateUnreachable();
  l.endBlock();
}

void lowerTrap(Lowering &l) { l.builder.CreateIntrinsic(Intrinsic::trap, {}, {}); }

} // namespace npu::ptx
