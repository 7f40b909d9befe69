// See energy.h.
#include "energy.h"

#include <cmath>

namespace npu::backend {

double sramPicojoulesPerByte(const NpuConfig &config, double bankBytes) {
  const double sizes[] = {13, 15, 20}; // log2 of 8 KiB, 32 KiB, 1 MiB
  const double energies[] = {config.sram8KibPj, config.sram32KibPj, config.sram1MibPj};
  double size = std::log2(bankBytes);
  if (size <= sizes[0])
    return energies[0] / 8;
  for (int i = 1; i < 3; ++i)
    if (size <= sizes[i]) {
      double share = (size - sizes[i - 1]) / (sizes[i] - sizes[i - 1]);
      return (energies[i - 1] + (energies[i] - energies[i - 1]) * share) / 8;
    }
  return energies[2] / 8;
}

EnergySplit energyPicojoules(const NpuConfig &config, const Activity &activity) {
  double scratchpad =
      sramPicojoulesPerByte(config, double(config.scratchpadBytes()) / config.scratchpadBanks);
  double accumulator =
      sramPicojoulesPerByte(config, double(config.accumulatorBytes()) / config.accumulatorBanks);
  double seconds = double(activity.cycles) / (config.clockMhz * 1e6);
  EnergySplit energy;
  energy.products = activity.productPicojoules;
  energy.vector = double(activity.vectorElements) * config.vectorPj;
  energy.scratchpad = double(activity.scratchpadBytes) * scratchpad;
  energy.accumulator = double(activity.accumulatorBytes) * accumulator;
  energy.dram = double(activity.dramReadBytes + activity.dramWriteBytes) * config.dramPj / 8;
  energy.idle = seconds * config.idleWatts * 1e12;
  return energy;
}

} // namespace npu::backend
