// A plain model of a CUDA device that runs LLVM IR of the nvptx64 flavour, one thread at a time. It
// knows nothing of vectors of lanes, structured control flow or OpenCL, so it shares no mistake
// with the passes that it is the measure of.
//
// The rule of convergence. A thread has its own program counter and call stack, as on Volta and
// later, and runs on its own until it waits. What it waits for:
//   a block barrier         until every thread of the block that has not returned waits at one
//   a warp operation with   until every lane of the mask that has not returned waits at the same
//   a mask (...sync)        place (instruction and call stack) with the same mask
//   an older one without    until no thread of the warp can go on otherwise; then the lanes that
//                           wait at the place that comes first in the code take part together
// CUDA gives a program one answer exactly when no other freedom of the scheduler can be seen. The
// interpreter has none built in: `schedule` picks the order of threads, how long each runs, and
// what uninitialised memory and undefined shuffles hold, so a program whose results change with it
// has no defined answer, and is not a test.
//
// Anything undefined that is met on the way (an access outside of its object, signed overflow, a
// deadlock) is an Error.
#pragma once

#include "program.h"

#include <functional>

namespace simt {

struct Dimensions {
  unsigned x = 1, y = 1, z = 1;
  unsigned count() const { return x * y * z; }
};

struct Frame {
  const Code *code = nullptr;
  uint32_t step = 0;
  uint32_t base = 0;   // of this frame in Thread::words
  uint32_t locals = 0; // Thread::locals when it was entered
};

struct Thread {
  enum class State { Ready, AtBarrier, AtWarpOperation, Returned };
  State state = State::Ready;
  Dimensions index; // threadIdx
  unsigned linear = 0;
  std::vector<uint64_t> words;
  std::vector<Frame> frames;
  std::vector<Object> locals;

  unsigned lane() const { return linear & 31; }
  const Step &step() const { return frames.back().code->steps[frames.back().step]; }
};

class Machine {
public:
  struct Options {
    uint64_t schedule = 0; // 0: threads in order, each as far as it gets
    bool checked = true;   // flags that code as written by the front end must keep
    uint64_t limit = 400000000;
  };
  Machine(const llvm::Module &module, Options options);

  // Memory that lives as long as the machine; the contents are the caller's to set.
  uint64_t allocate(uint64_t bytes, bool readOnly = false);
  std::vector<uint8_t> &contents(uint64_t address) {
    return program.globals[objectOf(address)].bytes;
  }

  // `arguments`: one entry per parameter, in the parameter's form in memory.
  void launch(const std::string &kernel, Dimensions grid, Dimensions block,
              const std::vector<std::vector<uint8_t>> &arguments, uint64_t dynamicShared = 0);

private:
  void runBlock(const Code &kernel, const std::vector<std::vector<uint8_t>> &arguments);
  void startThread(Thread &thread, unsigned linear, const Code &kernel,
                   const std::vector<std::vector<uint8_t>> &arguments);
  bool runReady();
  void run(Thread &thread, uint64_t steps);
  std::string place(const Thread &thread) const;

  // Values (machine.cpp)
  const uint64_t *value(const Thread &thread, const Operand &operand) const;
  const uint64_t *value(const Thread &thread, unsigned operand) const {
    return value(thread, thread.step().operands[operand]);
  }
  uint64_t *result(Thread &thread) const {
    return thread.words.data() + thread.frames.back().base + thread.step().result;
  }
  View view(Thread &thread) { return {&program.globals, &shared, &thread.locals}; }
  uint8_t unknownByte();

  // Instructions (instructions.cpp). A step that moves the program counter itself returns true.
  bool execute(Thread &thread);
  void elementwise(Thread &thread, const std::function<uint64_t(unsigned element)> &one);
  void integerBinary(Thread &thread);
  void compare(Thread &thread);
  void convert(Thread &thread);
  void select(Thread &thread);
  void aggregate(Thread &thread);
  void loadOrStore(Thread &thread);
  void allocate(Thread &thread);
  void updateAtomically(Thread &thread);
  void exchangeAtomically(Thread &thread);
  void jump(Thread &thread, const llvm::BasicBlock &to);
  void finish(Thread &thread);

  // Calls (calls.cpp, intrinsics.cpp)
  bool call(Thread &thread);
  void enter(Thread &thread, const llvm::Function &function, const llvm::CallBase &call);
  bool intrinsic(Thread &thread, const llvm::Function &function);
  bool machineIntrinsic(Thread &thread, llvm::StringRef name);
  bool libraryFunction(Thread &thread, llvm::StringRef name);
  bool moveMemory(Thread &thread, const llvm::Function &function);
  bool integerIntrinsic(Thread &thread, const llvm::Function &function);
  bool floatIntrinsic(Thread &thread, const llvm::Function &function);

  // What threads wait for (warp_operations.cpp)
  bool resolveWarps();
  bool resolveWarp(std::vector<Thread *> &waiting, bool mayGoOn);
  bool resolveBarrier();
  void perform(const std::vector<Thread *> &lanes, uint32_t mask);
  void shuffle(const std::vector<Thread *> &lanes, llvm::StringRef mode, unsigned first);

  Program program;
  Options options;
  uint64_t random = 0, executed = 0;
  Dimensions grid, block, blockIndex;
  std::vector<Object> shared;
  std::vector<Thread> threads;
};

} // namespace simt
