// See profile.h.
#include "profile.h"

#include <algorithm>
#include <cmath>
#include <fstream>

namespace npu::profile {
namespace {

Op readOp(const Json &json) {
  Op op;
  op.op = json.at("op"), op.shape = json.at("shape"), op.format = json.at("format");
  op.device = json.at("device"), op.reason = json.at("reason");
  op.cycles = json.at("cycles"), op.computeCycles = json.at("compute_cycles");
  op.stallCycles = json.at("stall_cycles");
  op.dramBytes =
      json.at("dram_read_bytes").get<uint64_t>() + json.at("dram_write_bytes").get<uint64_t>();
  op.sramBytes = json.at("sram_bytes"), op.macs = json.at("macs");
  op.utilization = json.at("utilization"), op.energyPicojoules = json.at("energy_pj");
  op.tensorBytes = json.at("tensor_bytes"), op.measuredSeconds = json.at("measured_seconds");
  op.stallReason = json.value("stall_reason", ""), op.tiling = json.value("tiling", "");
  op.problem = json.value("problem", ""), op.corrections = json.value("corrections", "");
  op.peakMacsPerCycle = json.value("peak_macs_per_cycle", 0.0);
  for (const Json &error : json.value("errors", Json::array()))
    op.error = std::max(op.error, error.get<double>());
  const Json split = json.value("energy_split_pj", Json::object());
  for (const auto &[part, energy] : split.items())
    op.energySplit.push_back({part, energy.get<double>()});
  if (json.contains("usage"))
    op.usage = json["usage"];
  return op;
}

void add(Op &total, const Op &op) {
  // A weighted mean: what the array did over what it could have done.
  double possible = (total.utilization > 0 ? double(total.macs) / total.utilization : 0) +
                    (op.utilization > 0 ? double(op.macs) / op.utilization : 0);
  total.cycles += op.cycles, total.computeCycles += op.computeCycles;
  total.stallCycles += op.stallCycles, total.dramBytes += op.dramBytes;
  total.sramBytes += op.sramBytes, total.macs += op.macs, total.tensorBytes += op.tensorBytes;
  total.energyPicojoules += op.energyPicojoules, total.measuredSeconds += op.measuredSeconds;
  total.utilization = possible > 0 ? double(total.macs) / possible : 0;
  total.error = std::max(total.error, op.error);
  for (const auto &[part, energy] : op.energySplit) {
    auto found = std::find_if(total.energySplit.begin(), total.energySplit.end(),
                              [&](const auto &entry) { return entry.first == part; });
    if (found == total.energySplit.end())
      total.energySplit.push_back({part, energy});
    else
      found->second += energy;
  }
}

} // namespace

double Profile::clockHz() const { return config.value("clock_mhz", 1.0) * 1e6; }
std::string Profile::npuName() const { return config.value("name", std::string("npu")); }

Status readProfile(const std::string &path, Profile &profile) {
  std::ifstream file(path);
  if (!file)
    return {npuErrorFileNotFound, "there is no report at " + path};
  try {
    const Json report = Json::parse(file);
    profile.config = report.at("config");
    for (const Json &op : report.at("ops"))
      profile.ops.push_back(readOp(op));
    for (const Json &kernel : report.at("kernels"))
      profile.kernels.push_back({kernel.at("kernel"), kernel.at("device"), kernel.at("launches"),
                                 kernel.at("measured_seconds")});
  } catch (const Json::exception &error) {
    return {npuErrorInvalidValue, path + " is not a report of libnpurt: " + error.what()};
  }
  return {};
}

std::vector<Group> grouped(const std::vector<Op> &ops) {
  std::vector<Group> groups;
  std::map<std::string, size_t> places;
  std::vector<uint64_t> longestStall;
  for (const Op &op : ops) {
    const std::string key = op.op + '\n' + op.shape + '\n' + op.format + '\n' + op.device;
    auto [place, isNew] = places.try_emplace(key, groups.size());
    if (isNew) {
      groups.push_back({op, 1});
      longestStall.push_back(op.stallCycles);
      continue;
    }
    Group &group = groups[place->second];
    add(group.total, op);
    ++group.count;
    if (op.stallCycles > longestStall[place->second]) {
      longestStall[place->second] = op.stallCycles;
      group.total.stallReason = op.stallReason;
    }
  }
  return groups;
}

Group npuTotal(const Profile &profile) {
  Group result;
  result.total.op = "total", result.total.device = "npu";
  std::map<std::string, uint64_t> stalls;
  for (const Op &op : profile.ops)
    if (op.onNpu()) {
      add(result.total, op);
      ++result.count;
      stalls[op.stallReason] += op.stallCycles;
    }
  uint64_t most = 0;
  for (const auto &[reason, cycles] : stalls)
    if (cycles > most)
      most = cycles, result.total.stallReason = reason;
  return result;
}

std::string withPrefix(double value, const std::string &unit) {
  const std::pair<double, const char *> prefixes[] = {
      {1e15, "P"}, {1e12, "T"}, {1e9, "G"},  {1e6, "M"},  {1e3, "k"},
      {1, ""},     {1e-3, "m"}, {1e-6, "u"}, {1e-9, "n"}, {1e-12, "p"}};
  char text[64];
  for (const auto &[size, prefix] : prefixes)
    if (std::fabs(value) >= 0.9995 * size) {
      std::snprintf(text, sizeof text, "%.3g %s%s", value / size, prefix, unit.c_str());
      return text;
    }
  std::snprintf(text, sizeof text, "%.3g %s", value, unit.c_str());
  return text;
}

std::string percent(double share) {
  char text[32];
  std::snprintf(text, sizeof text, share < 0.0005 && share > 0 ? "%.1e %%" : "%.1f %%",
                100 * share);
  return text;
}

} // namespace npu::profile
