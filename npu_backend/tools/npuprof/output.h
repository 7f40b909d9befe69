// The forms that a profile is written in.
#pragma once

#include "comparison.h"

namespace npu::profile {

// Tables for a terminal. `everyOp`: no grouping of equal ops.
std::string textReport(const Profile &profile, const std::vector<Line> &lines, const Prices &prices,
                       bool everyOp);
// Every figure, each with what it is: measured, modelled, assumed.
Json jsonReport(const Profile &profile, const std::vector<Line> &lines, const Prices &prices);
// One page that needs nothing else: roofline, ops, energy, units and buffers over time.
std::string htmlReport(const Profile &profile, const std::vector<Line> &lines,
                       const Prices &prices);
// Chrome's trace event format, which Perfetto reads too: ops one after the other in the NPU's time,
// with counters of its units and buffers.
Json traceEvents(const Profile &profile);

} // namespace npu::profile
