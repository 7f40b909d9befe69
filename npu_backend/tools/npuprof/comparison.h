// The same work on GPUs, from their data sheets, and what either costs at given prices. A GPU's
// time is a lower bound: each op takes its peak arithmetic or its peak memory traffic, whichever is
// longer, with every operand and result moved once; its energy is that time at full board power.
#pragma once

#include "profile.h"

namespace npu::profile {

struct Prices {
  std::map<std::string, double> perHour; // by device: "npu", "T4", ...
  double perKilowattHour = 0;
  std::string currency = "USD";
  bool given() const { return !perHour.empty() || perKilowattHour > 0; }
};

struct Line {
  std::string device;
  double seconds = 0, joules = 0;
  double cost = -1;  // of one run; below 0: no price was given for the device
  std::string basis; // "modelled" or "assumed", and from what
};

// The NPU first. Covers the ops that ran on the NPU.
std::vector<Line> compare(const Profile &profile, const Prices &prices);
// The names that prices may have.
std::vector<std::string> deviceNames();
Json comparisonJson(const std::vector<Line> &lines, const Prices &prices);

} // namespace npu::profile
