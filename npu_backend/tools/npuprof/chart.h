// The drawings of the HTML report, as SVG text.
#pragma once

#include "profile.h"

namespace npu::profile {

std::string escaped(const std::string &text); // for HTML and SVG

// Operations per second over operations per byte of DRAM traffic, both logarithmic: the NPU's roofs
// and a point for each group of ops with products, as large as its share of the time.
std::string rooflineChart(const Profile &profile);
// One bar for each group: its energy, split.
std::string energyChart(const std::vector<Group> &groups);
// How busy the units and how full the buffers are, over the NPU's time; empty when not recorded.
std::string usageChart(const Profile &profile);

} // namespace npu::profile
