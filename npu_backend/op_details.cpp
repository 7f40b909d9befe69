// See op_details.h.
#include "op_details.h"
#include "problem.h"

#include <algorithm>
#include <cmath>
#include <nlohmann/json.hpp>

namespace npu::backend {
namespace {

using Json = nlohmann::ordered_json;

constexpr const char *kQueueNames[kQueueCount] = {"load", "matrix", "vector", "store"};

// Three digits: a report of many ops stays small.
Json rounded(const std::vector<double> &values) {
  Json list = Json::array();
  for (double value : values)
    list.push_back(std::round(value * 1000) / 1000);
  return list;
}

Json usageJson(const Usage &usage) {
  Json json = {{"cycles_per_interval", usage.cyclesPerInterval}};
  for (unsigned queue = 0; queue < kQueueCount; ++queue)
    json[kQueueNames[queue]] = rounded(usage.busy[queue]);
  auto whole = [](const std::vector<double> &values) {
    return std::vector<uint64_t>(values.begin(), values.end());
  };
  json["scratchpad_bytes"] = whole(usage.scratchpadBytes);
  json["accumulator_bytes"] = whole(usage.accumulatorBytes);
  return json;
}

} // namespace

Stalls stallsOf(const Activity &activity) {
  bool array = activity.matrixCycles > 0;
  const uint64_t *waits = array ? activity.matrixWaits : activity.vectorWaits;
  uint64_t end = array ? activity.matrixEnd : activity.vectorEnd;
  Stalls stalls;
  for (unsigned queue = 0; queue < kQueueCount; ++queue)
    stalls.cycles.push_back({kQueueNames[queue], waits[queue]});
  stalls.cycles.push_back({"drain", activity.cycles - std::min(activity.cycles, end)});
  const char *words[] = {"operands from DRAM", "the array", "the vector unit",
                         "results on their way to DRAM", "the last results to leave"};
  auto longest = std::max_element(stalls.cycles.begin(), stalls.cycles.end(),
                                  [](auto &a, auto &b) { return a.second < b.second; });
  if (longest->second)
    stalls.reason = words[longest - stalls.cycles.begin()];
  return stalls;
}

std::string opDetails(const TensorOp &op, const Lowered &lowered, const Activity &activity,
                      const EnergySplit &energy, const std::optional<Usage> &usage) {
  Stalls stalls = stallsOf(activity);
  Json json = {{"problem", problemText(op)},
               {"tiling", lowered.tiling},
               {"stall_reason", stalls.reason},
               {"stalls", Json::object()},
               {"vector_cycles", activity.vectorCycles},
               {"dram_cycles", activity.dramCycles},
               {"peak_macs_per_cycle", lowered.peakPerCycle},
               {"energy_split_pj",
                {{"products", energy.products},
                 {"vector", energy.vector},
                 {"scratchpad", energy.scratchpad},
                 {"accumulator", energy.accumulator},
                 {"dram", energy.dram},
                 {"idle", energy.idle}}}};
  for (const auto &[name, cycles] : stalls.cycles)
    json["stalls"][name] = cycles;
  if (usage)
    json["usage"] = usageJson(*usage);
  return json.dump();
}

} // namespace npu::backend
