// Energy of an op: products and sums, vector work, bytes moved on chip and to DRAM, idle power.
// Defaults: M. Horowitz, "Computing's energy problem", ISSCC 2014 (45 nm). A model, not a
// measurement.
#pragma once

#include "timing.h"

namespace npu::backend {

// Picojoules per byte of an on-chip memory with banks of `bankBytes`, interpolated between the
// three published sizes on a logarithmic scale and held constant beyond them.
double sramPicojoulesPerByte(const NpuConfig &config, double bankBytes);

struct EnergySplit {
  double products = 0, vector = 0, scratchpad = 0, accumulator = 0, dram = 0, idle = 0; // pJ
  double total() const { return products + vector + scratchpad + accumulator + dram + idle; }
};
EnergySplit energyPicojoules(const NpuConfig &config, const Activity &activity);

} // namespace npu::backend
