// Chrome's trace events. See output.h. Times are the NPU's modelled ones, in microseconds.
#include "output.h"

namespace npu::profile {
namespace {

// One counter event per interval and series.
void addUsage(const Op &op, double start, double microsecondsPerCycle, Json &events) {
  const double width = op.usage.value("cycles_per_interval", 1.0) * microsecondsPerCycle;
  auto counter = [&](const char *title, const std::vector<std::string> &series) {
    size_t count = 0;
    for (const std::string &name : series)
      count = std::max(count, op.usage[name].size());
    for (size_t i = 0; i < count; ++i) {
      Json values = Json::object();
      for (const std::string &name : series)
        values[name] = i < op.usage[name].size() ? op.usage[name][i] : Json(0);
      events.push_back({{"name", title},
                        {"ph", "C"},
                        {"pid", 1},
                        {"ts", start + double(i) * width},
                        {"args", values}});
    }
  };
  for (const char *unit : {"load", "matrix", "vector", "store"})
    counter(unit, {unit});
  counter("buffers", {"scratchpad_bytes", "accumulator_bytes"});
}

} // namespace

Json traceEvents(const Profile &profile) {
  Json events = Json::array();
  events.push_back({{"name", "process_name"},
                    {"ph", "M"},
                    {"pid", 1},
                    {"args", {{"name", "NPU '" + profile.npuName() + "' (modelled time)"}}}});
  events.push_back({{"name", "thread_name"},
                    {"ph", "M"},
                    {"pid", 1},
                    {"tid", 1},
                    {"args", {{"name", "operations"}}}});
  const double microsecondsPerCycle = 1e6 / profile.clockHz();
  double now = 0;
  for (const Op &op : profile.ops) {
    if (!op.onNpu())
      continue;
    const double length = double(op.cycles) * microsecondsPerCycle;
    events.push_back({{"name", op.op + " " + op.shape},
                      {"cat", "op"},
                      {"ph", "X"},
                      {"pid", 1},
                      {"tid", 1},
                      {"ts", now},
                      {"dur", length},
                      {"args",
                       {{"format", op.format},
                        {"cycles", op.cycles},
                        {"utilization", op.utilization},
                        {"waits_most_for", op.stallReason},
                        {"dram_bytes", op.dramBytes},
                        {"energy_pj", op.energyPicojoules},
                        {"tiling", op.tiling}}}});
    if (!op.usage.is_null())
      addUsage(op, now, microsecondsPerCycle, events);
    now += length;
  }
  return {{"displayTimeUnit", "ns"}, {"traceEvents", events}};
}

} // namespace npu::profile
