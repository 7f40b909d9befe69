// Executes encoded instructions on a bounded scratchpad and accumulator, with real values. It
// trusts no instruction: every address, extent, format and register is checked first, and what does
// not hold is a trap (npuErrorLaunchFailure, with the instruction in the message). Used by one
// thread at a time.
#pragma once

#include "isa.h"
#include "npu_config.h"
#include "tile_math.h"
#include "timing.h"
#include "worker_pool.h"

#include <cstdlib>

namespace npu::backend {

// Host memory that a program may reach: one tensor of the op.
struct Window {
  char *data = nullptr; // lowest byte
  uint64_t bytes = 0;
  bool writable = false;
};

struct Program {
  std::vector<Word> words;
  std::vector<Window> windows;
};

class Emulator {
public:
  // `threads` = 0: one per CPU.
  explicit Emulator(const NpuConfig &config, unsigned threads = 0);
  // Called before instruction `done` of `total`.
  using Progress = std::function<void(size_t done, size_t total)>;
  Status run(const Program &program, Activity &activity, UsageRecorder *usage = nullptr,
             const Progress &progress = {});

private:
  // A rectangle of elements in one of the on-chip memories.
  struct Block {
    bool accumulator;
    uint64_t address, rows, columns, pitch;
    Format format;
    bool packed = false; // the formats of packed.h, too
  };
  struct FreeDeleter {
    void operator()(char *memory) const { std::free(memory); }
  };
  using Memory = std::unique_ptr<char, FreeDeleter>;

  Status locate(const Block &block, char *&data) const;
  template <typename Transfer>
  Status locateDram(const Transfer &transfer, Format format, bool write, char *&data) const;
  Status execute(const LoadInstruction &load);
  Status execute(const StoreInstruction &store);
  Status execute(const MultiplyInstruction &multiply);
  Status execute(const VectorInstruction &vector);
  Status execute(const MeasureInstruction &measure);
  Status execute(const ConvolveInstruction &convolve);
  Status execute(const ReduceInstruction &reduce);
  Status execute(const PoolInstruction &pool);
  Status execute(const GatherInstruction &gather);
  Status execute(const std::monostate &);
  Status checkProduct(Product product, Format a, Format b, uint64_t depth) const;

  const NpuConfig config;
  std::vector<char> packed; // windows of a Convolve, laid out as a matrix
  WorkerPool pool;
  TileMath tileMath;
  Memory scratchpad, accumulator;
  float scales[kScaleRegisters], largest[kScaleRegisters];
  const Program *program = nullptr;
};

} // namespace npu::backend
