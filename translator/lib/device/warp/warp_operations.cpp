// Shuffles, votes, matches and reductions, after the PTX ISA's definitions. A lane's value is the
// lane's element of a vector, so each is a few vector instructions. Lanes that are off still have
// whatever value they had last, which is also what a GPU's registers would give.
#include "device/warp/vectorizer.h"

#include "llvm/IR/IntrinsicInst.h"

using namespace llvm;

namespace npu::warp {

bool Vectorizer::emitWarpOperation(const CallInst &call, StringRef name) {
  if (name.consume_front("shfl.")) {
    bool sync = name.consume_front("sync.");
    auto [mode, type] = name.split('.');
    if (type != "i32" && type != "f32")
      return false;
    emitShuffle(call, mode, sync);
    return true;
  }
  if (name.consume_front("vote.")) {
    StringRef mode = name.split('.').first;
    emitVote(call, mode, name.endswith(".sync"));
    return true;
  }
  if (name.consume_front("match.")) {
    emitMatch(call, name.startswith("all"));
    return true;
  }
  if (name.consume_front("redux.sync.")) {
    emitReduction(call, name);
    return true;
  }
  return false;
}

// PTX ISA, "shfl": the source lane j, or the lane itself where j is out of the segment.
void Vectorizer::emitShuffle(const CallInst &call, StringRef mode, bool sync) {
  unsigned first = sync ? 1 : 0;
  Value *value = vector(call.getArgOperand(first));
  Value *b = builder.CreateAnd(vector(call.getArgOperand(first + 1)), splat(builder.getInt32(31)));
  Value *c = vector(call.getArgOperand(first + 2));
  Type *word = builder.getInt32Ty();
  auto number = [&](unsigned n) { return splat(builder.getInt32(n)); };
  Value *lane = laneNumbers(word);
  Value *segment = builder.CreateAnd(builder.CreateLShr(c, number(8)), number(31));
  Value *clamp = builder.CreateAnd(c, number(31));
  Value *inside = builder.CreateNot(segment);
  Value *lowest = builder.CreateAnd(lane, segment);
  Value *highest = builder.CreateOr(lowest, builder.CreateAnd(clamp, inside));
  Value *from = nullptr, *taken = nullptr;
  if (mode == "up") {
    from = builder.CreateSub(lane, b);
    taken = builder.CreateICmpSGE(from, highest);
  } else if (mode == "down") {
    from = builder.CreateAdd(lane, b);
    taken = builder.CreateICmpSLE(from, highest);
  } else if (mode == "bfly") {
    from = builder.CreateXor(lane, b);
    taken = builder.CreateICmpSLE(from, highest);
  } else {
    from = builder.CreateOr(lowest, builder.CreateAnd(b, inside));
    taken = builder.CreateICmpSLE(from, highest);
  }
  from = builder.CreateSelect(taken, from, lane);
  if (auto *constant = dyn_cast<Constant>(from)) {
    SmallVector<int, kLanes> lanes;
    for (unsigned i = 0; i < kLanes; ++i) {
      auto *element = dyn_cast_or_null<ConstantInt>(constant->getAggregateElement(i));
      if (!element)
        break;
      lanes.push_back(element->getZExtValue());
    }
    if (lanes.size() == kLanes)
      return setVector(call, builder.CreateShuffleVector(value, lanes));
  }
  // Source lanes known at run time only: through memory.
  AllocaInst *scratch = createScratch(value->getType(), "shuffled");
  builder.CreateStore(value, scratch);
  Value *start = builder.CreateBitCast(scratch, call.getType()->getPointerTo());
  Value *places = builder.CreateGEP(
      call.getType(), start,
      builder.CreateZExt(from, FixedVectorType::get(builder.getInt64Ty(), kLanes)));
  setVector(call, builder.CreateMaskedGather(value->getType(), places, Align(4)));
}

void Vectorizer::emitVote(const CallInst &call, StringRef mode, bool sync) {
  Value *predicate = vector(call.getArgOperand(sync ? 1 : 0));
  Value *active = maskBits(mask);
  Value *on = maskBits(among(mask, predicate));
  LaneValue members = sync ? get(call.getArgOperand(0)) : LaneValue();
  bool vectorMembers = sync && !members.scalar;
  auto restrict = [&](Value *bits) -> Value * {
    if (!sync)
      return bits;
    return vectorMembers ? builder.CreateAnd(splat(bits), members.vector)
                         : builder.CreateAnd(bits, members.scalar);
  };
  if (vectorMembers)
    members.vector = vector(members, builder.getInt32Ty());
  active = restrict(active);
  on = restrict(on);
  Value *zero = Constant::getNullValue(on->getType());
  Value *value = nullptr;
  if (mode == "ballot")
    value = on;
  else if (mode == "any")
    value = builder.CreateICmpNE(on, zero);
  else if (mode == "all")
    value = builder.CreateICmpEQ(on, active);
  else
    value = builder.CreateOr(builder.CreateICmpEQ(on, active), builder.CreateICmpEQ(on, zero));
  LaneValue result;
  if (shapes.isUniform(call)) {
    if (vectorMembers)
      return refuse(call, "internal error: a uniform vote over members that differ");
    result.scalar = value;
  } else {
    result.vector = vectorMembers ? value : splat(value);
  }
  set(call, result);
}

// PTX ISA, "match.sync": masks of threads that are there, whatever members are named. `all` also
// gives whether all were equal.
void Vectorizer::emitMatch(const CallInst &call, bool all) {
  Value *members = vector(call.getArgOperand(0));
  Value *value = vector(call.getArgOperand(1));
  Value *same = PoisonValue::get(FixedVectorType::get(builder.getInt32Ty(), kLanes));
  for (unsigned lane = 0; lane < kLanes; ++lane) {
    Value *equal = builder.CreateICmpEQ(value, splat(builder.CreateExtractElement(value, lane)));
    same = builder.CreateInsertElement(same, maskBits(among(mask, equal)), lane);
  }
  Value *others = builder.CreateAnd(splat(maskBits(mask)), members);
  same = builder.CreateAnd(same, members);
  if (!all)
    return setVector(call, same);
  Value *everyone = builder.CreateICmpEQ(same, others);
  Value *zero = Constant::getNullValue(same->getType());
  LaneValue result;
  result.fields = {builder.CreateSelect(everyone, others, zero), everyone};
  set(call, result);
}

// PTX ISA, "redux.sync".
void Vectorizer::emitReduction(const CallInst &call, StringRef operation) {
  LaneValue members = get(call.getArgOperand(1));
  Value *value = vector(call.getArgOperand(0));
  struct Row {
    StringRef name;
    uint32_t identity;
    Value *(*reduce)(IRBuilder<> &, Value *);
  };
  static const Row kRows[] = {
      {"add", 0, [](IRBuilder<> &b, Value *v) -> Value * { return b.CreateAddReduce(v); }},
      {"min", 0x7fffffff,
       [](IRBuilder<> &b, Value *v) -> Value * { return b.CreateIntMinReduce(v, true); }},
      {"umin", 0xffffffff,
       [](IRBuilder<> &b, Value *v) -> Value * { return b.CreateIntMinReduce(v, false); }},
      {"max", 0x80000000,
       [](IRBuilder<> &b, Value *v) -> Value * { return b.CreateIntMaxReduce(v, true); }},
      {"umax", 0,
       [](IRBuilder<> &b, Value *v) -> Value * { return b.CreateIntMaxReduce(v, false); }},
      {"and", 0xffffffff, [](IRBuilder<> &b, Value *v) -> Value * { return b.CreateAndReduce(v); }},
      {"or", 0, [](IRBuilder<> &b, Value *v) -> Value * { return b.CreateOrReduce(v); }},
      {"xor", 0, [](IRBuilder<> &b, Value *v) -> Value * { return b.CreateXorReduce(v); }},
  };
  auto row = find_if(kRows, [&](const Row &row) { return operation == row.name; });
  if (row == std::end(kRows))
    return refuse(call, "the reduction " + operation);
  auto reduce = [&](Value *bits) {
    auto *lanes = FixedVectorType::get(builder.getInt1Ty(), kLanes);
    Value *on = builder.CreateAnd(mask, builder.CreateBitCast(bits, lanes));
    Value *identity = splat(builder.getInt32(row->identity));
    return row->reduce(builder, builder.CreateSelect(on, value, identity));
  };
  LaneValue result;
  if (members.scalar) {
    Value *reduced = reduce(members.scalar);
    if (shapes.isUniform(call))
      result.scalar = reduced;
    else
      result.vector = splat(reduced);
    return set(call, result);
  }
  // Several groups of members: each lane's own. Of lanes that are off the members may be poison.
  Value *all = builder.CreateFreeze(vector(members, builder.getInt32Ty()));
  result.vector = PoisonValue::get(value->getType());
  for (unsigned lane = 0; lane < kLanes; ++lane)
    result.vector = builder.CreateInsertElement(
        result.vector, reduce(builder.CreateExtractElement(all, lane)), lane);
  set(call, result);
}

} // namespace npu::warp
