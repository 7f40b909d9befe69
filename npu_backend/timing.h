// When each instruction starts and what it costs: four in-order queues, tokens between them, one
// DRAM bus. The formulas are SCALE-Sim's closed forms for one fold of a systolic array; everything
// here is a model, deterministic, in whole cycles.
#pragma once

#include "isa.h"
#include "npu_config.h"

#include <functional>

namespace npu::backend {

class UsageRecorder;

// What the instructions did, for reports and energy.
struct Activity {
  uint64_t cycles = 0, matrixCycles = 0, vectorCycles = 0;
  uint64_t dramReadBytes = 0, dramWriteBytes = 0;
  uint64_t scratchpadBytes = 0, accumulatorBytes = 0;
  uint64_t macs = 0; // products of the op, counted once whatever the number of passes
  uint64_t vectorElements = 0;
  double productPicojoules = 0;
  uint64_t dramCycles = 0; // the bus was busy
  // How long array and vector unit waited before an instruction, by the queue that they waited for,
  // and when they ended.
  uint64_t matrixWaits[kQueueCount] = {}, vectorWaits[kQueueCount] = {};
  uint64_t matrixEnd = 0, vectorEnd = 0;
};

// Products per processing element and cycle, passes already divided out; 0: the array lacks it.
double productRate(const NpuConfig &config, Product product);

// One Multiply instruction on the array: the sum over its folds. For M rows of output, N columns
// and depth K on R x C elements: output stationary ceil(M/R) ceil(N/C) folds of R+C+K-2; weight
// stationary ceil(K/R) ceil(N/C) folds of 2R+C+M-2. A rate above 1 deepens a processing element (K
// counts less); a rate below 1 stretches the streamed dimension; passes multiply.
uint64_t multiplyCycles(const NpuConfig &config, Product product, uint64_t m, uint64_t n,
                        uint64_t k);

// Runs the queues. `execute` is called for each instruction in the order of their start times and
// its first failure ends the run; so does a program that waits for a token nobody will send.
// `usage`, when set, hears when units are busy and buffers hold something.
Status simulate(const NpuConfig &config, const std::vector<Instruction> &program,
                const std::function<Status(const Instruction &)> &execute, Activity &activity,
                UsageRecorder *usage = nullptr);

} // namespace npu::backend
