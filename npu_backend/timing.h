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
  uint64_t streamCycles = 0; // of matrixCycles: operands stream; the rest fills and drains folds
  uint64_t dramCycles = 0;   // the bus was busy
  // How long array and vector unit waited before an instruction, by the queue that they waited for,
  // and when they ended.
  uint64_t matrixWaits[kQueueCount] = {}, vectorWaits[kQueueCount] = {};
  uint64_t matrixEnd = 0, vectorEnd = 0;
};

// Products per processing element and cycle, passes already divided out; 0: the array lacks it.
double productRate(const NpuConfig &config, Product product);

// How long a product keeps the array: `folds` times the operand's stream, and the fill and drain
// of its elements. For M rows of output, N columns and depth K on R x C elements: output stationary
// ceil(M/R) ceil(N/C) folds of R+C+K-2, of which K stream; weight stationary ceil(K/R) ceil(N/C)
// folds of 2R+C+M-2, of which M stream; dot product ceil(K/R) ceil(N/C) folds of M. A rate above 1
// deepens a processing element (K counts less); a rate below 1 stretches the streamed dimension;
// passes multiply.
struct ArrayTime {
  uint64_t folds = 0, stream = 0, fill = 0; // folds with passes; the others per fold
  uint64_t cycles() const { return folds * (stream + fill); }
};
ArrayTime arrayTime(const NpuConfig &config, Product product, uint64_t m, uint64_t n, uint64_t k);
// A Convolve's: its filter stays in the array and windows stream. A dot product takes the channels
// (k0, or k2 where k0 and k1 are 1) of one tap after the other.
ArrayTime arrayTime(const NpuConfig &config, const ConvolveInstruction &convolve);
uint64_t multiplyCycles(const NpuConfig &config, Product product, uint64_t m, uint64_t n,
                        uint64_t k);

// Runs the queues. `execute` is called for each instruction in the order of their start times and
// its first failure ends the run; so does a program that waits for a token nobody will send.
// `usage`, when set, hears when units are busy and buffers hold something.
Status simulate(const NpuConfig &config, const std::vector<Instruction> &program,
                const std::function<Status(const Instruction &)> &execute, Activity &activity,
                UsageRecorder *usage = nullptr);

} // namespace npu::backend
