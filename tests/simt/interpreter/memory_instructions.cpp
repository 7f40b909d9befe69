// Loads, stores, local objects, atomics, and moves from block to block.
#include "machine.h"
#include "numbers.h"

#include <algorithm>

using namespace llvm;

namespace simt {

void Machine::loadOrStore(Thread &thread) {
  const Step &step = thread.step();
  bool isStore = step.opcode == Instruction::Store;
  Type *type = isStore ? step.instruction->getOperand(0)->getType() : step.instruction->getType();
  uint64_t address = *value(thread, isStore ? 1u : 0u);
  uint64_t alignment = isStore ? cast<StoreInst>(step.instruction)->getAlign().value()
                               : cast<LoadInst>(step.instruction)->getAlign().value();
  if (offsetOf(address) % alignment)
    throw Error("a misaligned access");
  uint8_t *bytes = view(thread).at(address, program.storeBytes(type), isStore);
  if (isStore)
    program.write(type, value(thread, 0u), bytes);
  else
    program.read(type, bytes, result(thread));
}

void Machine::allocate(Thread &thread) {
  const Step &step = thread.step();
  Type *type = cast<AllocaInst>(step.instruction)->getAllocatedType();
  *result(thread) = addressOf(Space::Local, thread.locals.size());
  Object object;
  object.bytes.assign(program.layout().getTypeAllocSize(type) * *value(thread, 0u), unknownByte());
  thread.locals.push_back(std::move(object));
}

void Machine::updateAtomically(Thread &thread) {
  const Step &step = thread.step();
  auto &update = *cast<AtomicRMWInst>(step.instruction);
  unsigned width = step.width;
  uint8_t *bytes = view(thread).at(*value(thread, 0u), width / 8, true);
  uint64_t old = 0, operand = *value(thread, 1u), now = 0;
  program.read(update.getType(), bytes, &old);
  bool less = signExtend(old, width) < signExtend(operand, width);
  switch (update.getOperation()) {
  case AtomicRMWInst::Xchg:
    now = operand;
    break;
  case AtomicRMWInst::Add:
    now = old + operand;
    break;
  case AtomicRMWInst::Sub:
    now = old - operand;
    break;
  case AtomicRMWInst::And:
    now = old & operand;
    break;
  case AtomicRMWInst::Or:
    now = old | operand;
    break;
  case AtomicRMWInst::Xor:
    now = old ^ operand;
    break;
  case AtomicRMWInst::Min:
    now = less ? old : operand;
    break;
  case AtomicRMWInst::Max:
    now = less ? operand : old;
    break;
  case AtomicRMWInst::UMin:
    now = std::min(old, operand);
    break;
  case AtomicRMWInst::UMax:
    now = std::max(old, operand);
    break;
  case AtomicRMWInst::FAdd:
    now = floatOperation(Instruction::FAdd, width == 64, old, operand);
    break;
  default:
    throw Error("the interpreter does not know this atomic operation");
  }
  program.write(update.getType(), &now, bytes);
  *result(thread) = old;
}

void Machine::exchangeAtomically(Thread &thread) {
  Type *type = cast<AtomicCmpXchgInst>(thread.step().instruction)->getCompareOperand()->getType();
  uint8_t *bytes = view(thread).at(*value(thread, 0u), program.storeBytes(type), true);
  uint64_t old = 0;
  program.read(type, bytes, &old);
  bool same = old == *value(thread, 1u);
  if (same)
    program.write(type, value(thread, 2u), bytes);
  result(thread)[0] = old;
  result(thread)[1] = same;
}

// Phis read their values before any of them is written.
void Machine::jump(Thread &thread, const BasicBlock &to) {
  Frame &frame = thread.frames.back();
  const BasicBlock *from = thread.step().instruction->getParent();
  frame.step = frame.code->starts.find(&to)->second;
  std::vector<uint64_t> values;
  uint32_t first = frame.step;
  for (uint32_t at = first; isa<PHINode>(frame.code->steps[at].instruction); ++at) {
    const Step &step = frame.code->steps[at];
    int index = cast<PHINode>(step.instruction)->getBasicBlockIndex(from);
    const uint64_t *words = value(thread, step.operands[index]);
    values.insert(values.end(), words, words + step.words);
  }
  const uint64_t *next = values.data();
  for (; isa<PHINode>(frame.code->steps[frame.step].instruction); ++frame.step) {
    const Step &step = frame.code->steps[frame.step];
    std::copy(next, next + step.words, thread.words.data() + frame.base + step.result);
    next += step.words;
  }
}

void Machine::finish(Thread &thread) {
  const Step &step = thread.step();
  Frame done = thread.frames.back();
  std::vector<uint64_t> returned;
  if (!step.operands.empty())
    returned.assign(value(thread, 0u),
                    value(thread, 0u) + wordsOf(step.instruction->getOperand(0)->getType()));
  thread.frames.pop_back();
  if (thread.frames.empty()) {
    thread.state = Thread::State::Returned;
    // Kept for place(); nothing reads it any more.
    thread.frames.push_back(done);
    return;
  }
  thread.locals.resize(done.locals);
  thread.words.resize(done.base);
  std::copy(returned.begin(), returned.end(), result(thread));
  ++thread.frames.back().step;
}

} // namespace simt
