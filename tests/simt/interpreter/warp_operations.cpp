// What threads wait for: warp operations and block barriers. The rule is in machine.h; the
// operations are the PTX ISA's ("shfl.sync", "vote.sync", "match.sync", "redux.sync", "barrier").
#include "machine.h"
#include "numbers.h"

#include "llvm/IR/InstrTypes.h"

#include <algorithm>

using namespace llvm;

namespace simt {

namespace {

// Where a thread is: the steps of its calls, outermost first. Steps are in the code's order.
using Place = std::vector<std::pair<unsigned, uint32_t>>;

Place placeOf(const Thread &thread) {
  Place place;
  for (const Frame &frame : thread.frames)
    place.emplace_back(frame.code->number, frame.step);
  return place;
}

StringRef operationOf(const Thread &thread) {
  return cast<CallBase>(thread.step().instruction)
      ->getCalledFunction()
      ->getName()
      .drop_front(strlen("llvm.nvvm."));
}

// Which operand is the mask; -1: the operation has none.
int maskOperand(StringRef name) {
  if (name.startswith("redux.sync."))
    return 1;
  return name.contains("sync") ? 0 : -1;
}

uint32_t reduce(StringRef operation, const std::vector<uint32_t> &values) {
  uint32_t result = values[0];
  for (size_t i = 1; i < values.size(); ++i) {
    uint32_t value = values[i];
    if (operation == "add")
      result += value;
    else if (operation == "min")
      result = uint32_t(std::min(int32_t(result), int32_t(value)));
    else if (operation == "max")
      result = uint32_t(std::max(int32_t(result), int32_t(value)));
    else if (operation == "umin")
      result = std::min(result, value);
    else if (operation == "umax")
      result = std::max(result, value);
    else if (operation == "and")
      result &= value;
    else if (operation == "or")
      result |= value;
    else
      result ^= value;
  }
  return result;
}

} // namespace

bool Machine::resolveWarps() {
  bool any = false;
  for (size_t first = 0; first < threads.size(); first += 32) {
    std::vector<Thread *> waiting;
    bool mayGoOn = false;
    for (size_t i = first; i < std::min(first + 32, threads.size()); ++i) {
      mayGoOn |= threads[i].state == Thread::State::Ready;
      if (threads[i].state == Thread::State::AtWarpOperation)
        waiting.push_back(&threads[i]);
    }
    if (!waiting.empty())
      any |= resolveWarp(waiting, mayGoOn);
  }
  return any;
}

bool Machine::resolveWarp(std::vector<Thread *> &waiting, bool mayGoOn) {
  std::map<std::pair<Place, uint32_t>, std::vector<Thread *>> groups, withoutMask;
  uint32_t running = 0;
  size_t first = waiting[0]->linear / 32 * 32;
  for (size_t i = first; i < std::min(first + 32, threads.size()); ++i)
    if (threads[i].state != Thread::State::Returned)
      running |= 1u << threads[i].lane();
  for (Thread *thread : waiting) {
    int operand = maskOperand(operationOf(*thread));
    if (operand < 0) {
      withoutMask[{placeOf(*thread), 0}].push_back(thread);
      continue;
    }
    uint32_t mask = uint32_t(*value(*thread, unsigned(operand)));
    if (!(mask >> thread->lane() & 1))
      throw Error("a lane that its mask does not name, " + place(*thread));
    groups[{placeOf(*thread), mask}].push_back(thread);
  }
  bool any = false;
  for (auto &[key, lanes] : groups) {
    uint32_t here = 0;
    for (Thread *thread : lanes)
      here |= 1u << thread->lane();
    if (here != (key.second & running))
      continue;
    perform(lanes, here);
    any = true;
  }
  if (any || mayGoOn || withoutMask.empty())
    return any;
  auto &lanes = withoutMask.begin()->second;
  uint32_t here = 0;
  for (Thread *thread : lanes)
    here |= 1u << thread->lane();
  perform(lanes, here);
  return true;
}

// `mask`: the lanes that take part, which are `lanes`.
void Machine::perform(const std::vector<Thread *> &lanes, uint32_t mask) {
  StringRef name = operationOf(*lanes[0]);
  bool sync = maskOperand(name) >= 0;
  unsigned first = sync ? 1 : 0;
  auto in = [&](Thread *thread, unsigned operand) { return *value(*thread, operand); };
  if (name.consume_front("shfl.")) {
    name.consume_front("sync.");
    shuffle(lanes, name, first);
  } else if (name.consume_front("vote.")) {
    uint32_t on = 0;
    for (Thread *thread : lanes)
      on |= uint32_t(in(thread, first) & 1) << thread->lane();
    for (Thread *thread : lanes)
      *result(*thread) = name.startswith("ballot") ? on
                         : name.startswith("any")  ? on != 0
                         : name.startswith("all")  ? on == mask
                                                   : on == mask || on == 0;
  } else if (name.startswith("match.")) {
    for (Thread *thread : lanes) {
      uint32_t same = 0;
      for (Thread *other : lanes)
        if (in(other, 1) == in(thread, 1))
          same |= 1u << other->lane();
      if (name.startswith("match.any")) {
        *result(*thread) = same;
      } else {
        result(*thread)[0] = same == mask ? mask : 0;
        result(*thread)[1] = same == mask;
      }
    }
  } else if (name.consume_front("redux.sync.")) {
    std::vector<uint32_t> values;
    for (Thread *thread : lanes)
      values.push_back(uint32_t(in(thread, 0)));
    for (Thread *thread : lanes)
      *result(*thread) = reduce(name, values);
  }
  for (Thread *thread : lanes) {
    ++thread->frames.back().step;
    thread->state = Thread::State::Ready;
  }
}

void Machine::shuffle(const std::vector<Thread *> &lanes, StringRef mode, unsigned first) {
  uint64_t values[32];
  uint32_t here = 0;
  for (Thread *thread : lanes) {
    values[thread->lane()] = *value(*thread, first);
    here |= 1u << thread->lane();
  }
  std::vector<std::pair<uint64_t, bool>> results;
  for (Thread *thread : lanes) {
    int lane = int(thread->lane()), b = int(*value(*thread, first + 1) & 31);
    uint32_t c = uint32_t(*value(*thread, first + 2));
    int segment = int(c >> 8 & 31), clamp = int(c & 31);
    int lowest = lane & segment, highest = lowest | (clamp & ~segment & 31);
    int from = 0;
    bool inside = true;
    if (mode.startswith("up")) {
      from = lane - b;
      inside = from >= highest;
    } else {
      from = mode.startswith("down")   ? lane + b
             : mode.startswith("bfly") ? lane ^ b
                                       : lowest | (b & ~segment & 31);
      inside = from <= highest;
    }
    if (!inside)
      from = lane;
    // A lane that does not take part has no value.
    uint64_t nothing = uint32_t(0x01010101u * unknownByte());
    results.emplace_back(here >> from & 1 ? values[from] : nothing, inside);
  }
  for (size_t i = 0; i < lanes.size(); ++i) {
    uint64_t *to = result(*lanes[i]);
    to[0] = results[i].first;
    if (lanes[i]->step().words == 2) // ...p: with the predicate
      to[1] = results[i].second;
  }
}

// Threads that have returned do not count.
bool Machine::resolveBarrier() {
  std::vector<Thread *> waiting;
  uint64_t on = 0, asked = 0;
  for (Thread &thread : threads) {
    if (thread.state == Thread::State::Returned)
      continue;
    if (thread.state != Thread::State::AtBarrier)
      return false;
    waiting.push_back(&thread);
    if (operationOf(thread).startswith("barrier0.")) {
      ++asked;
      on += uint32_t(*value(thread, 0u)) != 0;
    }
  }
  for (Thread *thread : waiting) {
    StringRef name = operationOf(*thread);
    if (name == "barrier0.popc")
      *result(*thread) = on;
    else if (name == "barrier0.and")
      *result(*thread) = on == asked;
    else if (name == "barrier0.or")
      *result(*thread) = on != 0;
    ++thread->frames.back().step;
    thread->state = Thread::State::Ready;
  }
  return !waiting.empty();
}

} // namespace simt
