// See comparison.h.
#include "comparison.h"

#include <algorithm>

namespace npu::profile {
namespace {

struct Gpu {
  const char *name;
  double f32, tf32, bf16, fp16, fp8, int8, gigabytesPerSecond, watts;
  const char *source;
};
constexpr Gpu kGpus[] = {
#define GPU(name, f32, tf32, bf16, fp16, fp8, int8, bandwidth, watts, source)                      \
  {name, f32, tf32, bf16, fp16, fp8, int8, bandwidth, watts, source},
#include "gpu_figures.def"
};

// 10^12 operations per second of a format or, where the GPU lacks it, of the next wider one. What
// the NPU makes of bf16 parts is plain fp32 on a GPU.
double rateOf(const Gpu &gpu, const std::string &format) {
  auto first = [](std::initializer_list<double> rates) {
    for (double rate : rates)
      if (rate > 0)
        return rate;
    return 0.0;
  };
  if (format == "int8" || format == "int4")
    return first({gpu.int8, gpu.fp16, gpu.f32});
  if (format.rfind("fp8", 0) == 0 || format.rfind("mxfp", 0) == 0)
    return first({gpu.fp8, gpu.fp16, gpu.f32});
  if (format == "fp16")
    return first({gpu.fp16, gpu.f32});
  if (format == "bf16")
    return first({gpu.bf16, gpu.tf32, gpu.f32});
  if (format == "tf32")
    return first({gpu.tf32, gpu.f32});
  return gpu.f32;
}

double costOf(const std::string &device, double seconds, double joules, const Prices &prices) {
  const auto hour = prices.perHour.find(device);
  const bool hasHour = hour != prices.perHour.end();
  // Energy alone is comparable only when no device's hours are priced.
  if (!hasHour && (!prices.perHour.empty() || prices.perKilowattHour <= 0))
    return -1;
  return (hasHour ? hour->second * seconds / 3600 : 0) + prices.perKilowattHour * joules / 3.6e6;
}

} // namespace

std::vector<std::string> deviceNames() {
  std::vector<std::string> names{"npu"};
  for (const Gpu &gpu : kGpus)
    names.push_back(gpu.name);
  return names;
}

std::vector<Line> compare(const Profile &profile, const Prices &prices) {
  std::vector<Line> lines(1);
  lines[0].device = "npu";
  lines[0].basis = "modelled: NPU '" + profile.npuName() + "'";
  for (const Op &op : profile.ops)
    if (op.onNpu())
      lines[0].seconds += profile.secondsOf(op), lines[0].joules += op.energyPicojoules * 1e-12;
  for (const Gpu &gpu : kGpus) {
    Line line;
    line.device = gpu.name;
    for (const Op &op : profile.ops)
      if (op.onNpu())
        line.seconds += std::max(2 * double(op.macs) / (rateOf(gpu, op.format) * 1e12),
                                 double(op.tensorBytes) / (gpu.gigabytesPerSecond * 1e9));
    line.joules = line.seconds * gpu.watts;
    line.basis =
        std::string("assumed: peak rates and full board power at all times; ") + gpu.source;
    lines.push_back(line);
  }
  for (Line &line : lines)
    line.cost = costOf(line.device, line.seconds, line.joules, prices);
  return lines;
}

Json comparisonJson(const std::vector<Line> &lines, const Prices &prices) {
  Json list = Json::array();
  for (const Line &line : lines) {
    Json json = {{"device", line.device},
                 {"seconds", line.seconds},
                 {"joules", line.joules},
                 {"basis", line.basis}};
    if (line.cost >= 0)
      json["cost"] = {{"per_run", line.cost},
                      {"currency", prices.currency},
                      {"basis", "computed from the prices given"}};
    list.push_back(json);
  }
  return list;
}

} // namespace npu::profile
