// A run's report (NPU_REPORT) as npuprof reads it. Figures of ops that ran on the NPU are modelled;
// seconds are measured on the machine that ran the program.
#pragma once

#include "npu/status.h"

#include <map>
#include <nlohmann/json.hpp>
#include <string>
#include <vector>

namespace npu::profile {

using Json = nlohmann::ordered_json;

struct Op {
  std::string op, shape, format, device, reason, stallReason, tiling, problem, corrections;
  uint64_t cycles = 0, computeCycles = 0, stallCycles = 0, dramBytes = 0, sramBytes = 0, macs = 0;
  uint64_t tensorBytes = 0;
  double utilization = 0, energyPicojoules = 0, measuredSeconds = 0, peakMacsPerCycle = 0;
  double error = -1; // the largest of its results, relative; below 0: not recomputed
  std::vector<std::pair<std::string, double>> energySplit;
  Json usage; // null: not recorded
  bool onNpu() const { return device == "npu"; }
};

struct Kernel {
  std::string name, device;
  uint64_t launches = 0;
  double measuredSeconds = 0;
};

struct Profile {
  std::string program; // its command line
  int exitCode = 0;
  double wallSeconds = 0; // of the whole program, measured
  Json config;
  std::vector<Op> ops;
  std::vector<Kernel> kernels;

  double clockHz() const;
  double secondsOf(const Op &op) const { return double(op.cycles) / clockHz(); }
  std::string npuName() const;
};

// Fails when the file is no report; the message says what is missing.
Status readProfile(const std::string &path, Profile &profile);

// Ops of the same kind, shape, format and device together, in order of first appearance; counts
// and sums; the error is the largest, the reason for stalls that of most cycles.
struct Group {
  Op total;
  uint64_t count = 0;
};
std::vector<Group> grouped(const std::vector<Op> &ops);
// Everything that ran on the NPU.
Group npuTotal(const Profile &profile);

// "1.2 M", "3.4 ms": three digits with a unit's prefix.
std::string withPrefix(double value, const std::string &unit);
std::string percent(double share);

} // namespace npu::profile
