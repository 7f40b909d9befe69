// One page that needs nothing else. See output.h.
#include "chart.h"
#include "output.h"

namespace npu::profile {
namespace {

constexpr const char *kHead = R"(<!doctype html>
<html lang="en"><meta charset="utf-8"><meta name="viewport" content="width=device-width">
<style>
body { font: 15px/1.5 system-ui, sans-serif; color: #222; max-width: 980px; margin: 2em auto; padding: 0 1em }
h1 { font-size: 1.4em } h2 { font-size: 1.1em; margin-top: 2em }
table { border-collapse: collapse; font-size: 13px } .wide { overflow-x: auto }
th, td { padding: 3px 8px; text-align: right; border-bottom: 1px solid #ddd; white-space: nowrap }
.left { text-align: left } .basis { color: #666; font-size: 13px }
svg { width: 100%; height: auto }
</style>
)";

std::string cell(const std::string &text, bool left = false, bool head = false) {
  const std::string tag = head ? "th" : "td";
  return "<" + tag + (left ? " class=left>" : ">") + escaped(text) + "</" + tag + ">";
}

std::string row(const std::vector<std::string> &cells, const std::vector<bool> &left,
                bool head = false) {
  std::string text = "<tr>";
  for (size_t i = 0; i < cells.size(); ++i)
    text += cell(cells[i], left[i], head);
  return text + "</tr>\n";
}

std::string error(const Op &op) {
  char text[32];
  std::snprintf(text, sizeof text, "%.2g", op.error);
  return op.error < 0 ? "-" : text;
}

std::string opTable(const Profile &profile) {
  const std::vector<bool> left{true,  true,  true,  true,  false, false, false, false,
                               false, false, false, false, false, true,  true};
  std::string out = row({"op", "shape", "format", "device", "times", "cycles", "array", "stalls",
                         "DRAM", "SRAM", "energy", "error", "measured", "waits most for", "tiling"},
                        left, true);
  auto add = [&](const Op &op, uint64_t count) {
    const bool npu = op.onNpu();
    out += row({op.op, op.shape, op.format, op.device, std::to_string(count),
                npu ? std::to_string(op.cycles) : "-", op.macs ? percent(op.utilization) : "-",
                npu && op.cycles ? percent(double(op.stallCycles) / double(op.cycles)) : "-",
                npu ? withPrefix(double(op.dramBytes), "B") : "-",
                npu ? withPrefix(double(op.sramBytes), "B") : "-",
                npu ? withPrefix(op.energyPicojoules * 1e-12, "J") : "-", error(op),
                withPrefix(op.measuredSeconds, "s"), op.stallReason, op.tiling},
               left);
  };
  for (const Group &group : grouped(profile.ops))
    add(group.total, group.count);
  const Group total = npuTotal(profile);
  if (total.count)
    add(total.total, total.count);
  return "<div class=wide><table>" + out + "</table></div>\n";
}

std::string kernelTable(const Profile &profile) {
  const std::vector<bool> left{true, true, false, false};
  std::string out = row({"kernel", "device", "launches", "time"}, left, true);
  for (const Kernel &kernel : profile.kernels)
    out += row({kernel.name, kernel.device, std::to_string(kernel.launches),
                withPrefix(kernel.measuredSeconds, "s")},
               left);
  return "<div class=wide><table>" + out + "</table></div>\n";
}

std::string comparisonTable(const std::vector<Line> &lines, const Prices &prices) {
  const std::vector<bool> left{true, false, false, false, true};
  std::string out = row({"device", "time", "energy", "cost of 10^6 runs", "basis"}, left, true);
  for (const Line &line : lines) {
    char cost[48];
    std::snprintf(cost, sizeof cost, "%.4g ", line.cost * 1e6);
    out += row({line.device, withPrefix(line.seconds, "s"), withPrefix(line.joules, "J"),
                line.cost < 0 ? "no price given" : cost + prices.currency, line.basis},
               left);
  }
  return "<table>" + out + "</table>\n";
}

std::string section(const std::string &title, const std::string &basis, const std::string &body) {
  return "<h2>" + escaped(title) + "</h2>\n<p class=basis>" + escaped(basis) + "</p>\n" + body;
}

} // namespace

std::string htmlReport(const Profile &profile, const std::vector<Line> &lines,
                       const Prices &prices) {
  const Group total = npuTotal(profile);
  std::string out = kHead;
  out += "<title>npuprof " + escaped(profile.program) + "</title>\n<h1>" +
         escaped(profile.program) + "</h1>\n<p>" + std::to_string(total.count) +
         " operations on the NPU '" + escaped(profile.npuName()) +
         "': " + withPrefix(profile.secondsOf(total.total), "s") + ", " +
         withPrefix(total.total.energyPicojoules * 1e-12, "J") + " (modelled). The program took " +
         withPrefix(profile.wallSeconds, "s") + " on this machine (measured).</p>\n";
  out += section("Roofline", "Modelled. A point is an operation, as large as its share of time.",
                 rooflineChart(profile));
  out += section("Operations",
                 "Cycles, array, stalls, traffic and energy are modelled; error (NPU_SHADOW) and "
                 "time on this machine are measured.",
                 opTable(profile));
  out += section("Energy", "Modelled: 45 nm figures per operation and byte, and idle power.",
                 energyChart(grouped(profile.ops)));
  if (const std::string chart = usageChart(profile); !chart.empty())
    out +=
        section("Units and buffers over time",
                "Modelled. How busy each unit is, and how much of each memory is in use.", chart);
  if (total.count)
    out += section("Elsewhere",
                   "The operations that ran on the NPU. GPU times are lower bounds from data "
                   "sheets; costs are computed from the prices given.",
                   comparisonTable(lines, prices));
  if (!profile.kernels.empty())
    out += section("Kernels", "Measured on this machine.", kernelTable(profile));
  out += section("The NPU", "Its configuration.",
                 "<pre>" + escaped(profile.config.dump(2)) + "</pre>\n");
  return out;
}

} // namespace npu::profile
