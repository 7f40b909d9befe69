// Blocks, threads, and who runs when. See machine.h.
#include "machine.h"

#include "llvm/IR/DebugInfoMetadata.h"

#include <algorithm>

using namespace llvm;

namespace simt {

namespace {

uint64_t next(uint64_t &state) {
  // SplitMix64 (Steele, Lea, Flood: "Fast splittable pseudorandom number generators", 2014).
  uint64_t z = state += 0x9e3779b97f4a7c15;
  z = (z ^ z >> 30) * 0xbf58476d1ce4e5b9;
  z = (z ^ z >> 27) * 0x94d049bb133111eb;
  return z ^ z >> 31;
}

// Long enough for most threads to reach what they wait for, short enough for a thread that waits in
// a loop to let the others on.
constexpr uint64_t kLongTurn = 20000;

} // namespace

Machine::Machine(const Module &module, Options options)
    : program(module), options(options), random(options.schedule) {}

uint8_t Machine::unknownByte() { return uint8_t(0xa5 + 0x3b * options.schedule); }

uint64_t Machine::allocate(uint64_t bytes, bool readOnly) {
  Object object;
  object.bytes.assign(bytes, unknownByte());
  object.readOnly = readOnly;
  program.globals.push_back(std::move(object));
  return addressOf(Space::Global, program.globals.size() - 1);
}

const uint64_t *Machine::value(const Thread &thread, const Operand &operand) const {
  const Frame &frame = thread.frames.back();
  return operand.isConstant ? frame.code->constants.data() + operand.place
                            : thread.words.data() + frame.base + operand.place;
}

void Machine::launch(const std::string &name, Dimensions gridSize, Dimensions blockSize,
                     const std::vector<std::vector<uint8_t>> &arguments, uint64_t dynamicShared) {
  const Function &function = program.kernel(name);
  if (arguments.size() != function.arg_size())
    throw Error("the kernel has another number of parameters");
  grid = gridSize;
  block = blockSize;
  std::vector<uint64_t> sizes = program.sharedBytes;
  if (program.dynamicShared >= 0)
    sizes[program.dynamicShared] = dynamicShared;
  for (unsigned i = 0; i < grid.count(); ++i) {
    blockIndex = {i % grid.x, i / grid.x % grid.y, i / grid.x / grid.y};
    shared.assign(sizes.size(), {});
    for (size_t variable = 0; variable < sizes.size(); ++variable)
      shared[variable].bytes.assign(sizes[variable], unknownByte());
    runBlock(program.code(function), arguments);
  }
}

void Machine::startThread(Thread &thread, unsigned linear, const Code &kernel,
                          const std::vector<std::vector<uint8_t>> &arguments) {
  thread = Thread();
  thread.linear = linear;
  thread.index = {linear % block.x, linear / block.x % block.y, linear / block.x / block.y};
  thread.words.resize(kernel.frameWords);
  for (unsigned i = 0; i < arguments.size(); ++i) {
    const Argument &parameter = *kernel.function->getArg(i);
    uint64_t *words = thread.words.data() + kernel.arguments[i].place;
    bool byValue = parameter.hasByValAttr();
    Type *type = byValue ? parameter.getParamByValType() : parameter.getType();
    if (arguments[i].size() < program.storeBytes(type))
      throw Error("an argument is smaller than its parameter");
    if (byValue) {
      *words = addressOf(Space::Local, thread.locals.size());
      thread.locals.push_back({arguments[i], false});
    } else {
      program.read(type, arguments[i].data(), words);
    }
  }
  Frame frame;
  frame.code = &kernel;
  thread.frames.push_back(frame);
}

void Machine::runBlock(const Code &kernel, const std::vector<std::vector<uint8_t>> &arguments) {
  threads.resize(block.count());
  for (unsigned linear = 0; linear < threads.size(); ++linear)
    startThread(threads[linear], linear, kernel, arguments);
  for (;;) {
    bool ran = runReady();
    if (std::all_of(threads.begin(), threads.end(),
                    [](const Thread &thread) { return thread.state == Thread::State::Returned; }))
      return;
    if (resolveWarps() || resolveBarrier() || ran)
      continue;
    for (const Thread &thread : threads)
      if (thread.state == Thread::State::AtWarpOperation)
        throw Error("lanes wait for lanes that do not come, " + place(thread));
    throw Error("threads wait for ever");
  }
}

bool Machine::runReady() {
  std::vector<Thread *> order;
  for (Thread &thread : threads)
    if (thread.state == Thread::State::Ready)
      order.push_back(&thread);
  if (options.schedule)
    for (size_t i = order.size(); i > 1; --i)
      std::swap(order[i - 1], order[next(random) % i]);
  for (Thread *thread : order) {
    bool isShort = options.schedule && next(random) % 4 == 0;
    run(*thread, isShort ? 1 + next(random) % 60 : kLongTurn);
  }
  return !order.empty();
}

void Machine::run(Thread &thread, uint64_t steps) {
  for (uint64_t i = 0; i < steps && thread.state == Thread::State::Ready; ++i) {
    if (++executed > options.limit)
      throw Error("the kernel does not end, " + place(thread));
    size_t frame = thread.frames.size() - 1;
    try {
      if (!execute(thread) && thread.state == Thread::State::Ready)
        ++thread.frames[frame].step;
    } catch (const Error &error) {
      if (StringRef(error.what()).contains(", line "))
        throw;
      throw Error(error.what() + (", " + place(thread)));
    }
  }
}

// The innermost line that has one, outermost call last.
std::string Machine::place(const Thread &thread) const {
  std::string text = "thread " + std::to_string(thread.linear) + " of block " +
                     std::to_string(blockIndex.x) + ", line ";
  for (auto frame = thread.frames.rbegin(); frame != thread.frames.rend(); ++frame)
    if (const DILocation *location = frame->code->steps[frame->step].instruction->getDebugLoc())
      text += std::to_string(location->getLine()) + " ";
  return text;
}

} // namespace simt
