// Tables for a terminal. See output.h.
#include "output.h"

#include <algorithm>
#include <sstream>

namespace npu::profile {
namespace {

using Row = std::vector<std::string>;

// Columns as wide as their widest cell; the first `left` ones start at the left.
std::string table(const std::vector<Row> &rows, size_t left) {
  std::vector<size_t> widths;
  for (const Row &row : rows)
    for (size_t i = 0; i < row.size(); ++i) {
      widths.resize(std::max(widths.size(), i + 1));
      widths[i] = std::max(widths[i], row[i].size());
    }
  std::string text;
  for (const Row &row : rows) {
    std::string line;
    for (size_t i = 0; i < row.size(); ++i) {
      const std::string gap(widths[i] - row[i].size(), ' ');
      line += i ? "  " : "";
      line += i < left ? row[i] + gap : gap + row[i];
    }
    text += line.substr(0, line.find_last_not_of(' ') + 1) + "\n";
  }
  return text;
}

std::string errorText(const Op &op) {
  if (op.error < 0)
    return "-";
  char text[32];
  std::snprintf(text, sizeof text, "%.2g", op.error);
  return text;
}

Row opRow(const Op &op, uint64_t count) {
  Row row{op.op, op.shape, op.format, op.device, std::to_string(count)};
  if (!op.onNpu())
    row.insert(row.end(), {"-", "-", "-", "-", "-", "-", errorText(op), ""});
  else
    row.insert(row.end(),
               {std::to_string(op.cycles), op.macs ? percent(op.utilization) : "-",
                percent(op.cycles ? double(op.stallCycles) / double(op.cycles) : 0),
                withPrefix(double(op.dramBytes), "B"), withPrefix(double(op.sramBytes), "B"),
                withPrefix(op.energyPicojoules * 1e-12, "J"), errorText(op), op.stallReason});
  return row;
}

std::string opTable(const Profile &profile, bool everyOp) {
  std::vector<Row> rows{{"op", "shape", "format", "device", "times", "cycles", "array", "stalls",
                         "DRAM", "SRAM", "energy", "error", "waits most for"}};
  if (everyOp)
    for (const Op &op : profile.ops)
      rows.push_back(opRow(op, 1));
  else
    for (const Group &group : grouped(profile.ops))
      rows.push_back(opRow(group.total, group.count));
  const Group total = npuTotal(profile);
  if (total.count)
    rows.push_back(opRow(total.total, total.count));
  // The reason comes last and starts at the left: pad it by hand.
  size_t widest = 0;
  for (const Row &row : rows)
    widest = std::max(widest, row.back().size());
  for (Row &row : rows)
    row.back().resize(widest, ' ');
  return table(rows, 4);
}

std::string reasons(const Profile &profile) {
  std::vector<std::pair<std::string, uint64_t>> list;
  for (const Op &op : profile.ops) {
    const std::string line = op.op + " on " + op.device + ": " + op.reason;
    auto found = std::find_if(list.begin(), list.end(),
                              [&](const auto &entry) { return entry.first == line; });
    if (found == list.end())
      list.push_back({line, 1});
    else
      ++found->second;
  }
  std::string text;
  for (const auto &[line, count] : list)
    text += "  " + line + (count > 1 ? " (" + std::to_string(count) + " times)" : "") + "\n";
  return text;
}

std::string kernelTable(const Profile &profile) {
  std::vector<Row> rows{{"kernel", "device", "launches", "seconds"}};
  for (const Kernel &kernel : profile.kernels)
    rows.push_back({kernel.name, kernel.device, std::to_string(kernel.launches),
                    withPrefix(kernel.measuredSeconds, "s")});
  return table(rows, 2);
}

std::string comparisonTable(const std::vector<Line> &lines, const Prices &prices) {
  std::vector<Row> rows{{"device", "time", "energy"}};
  if (prices.given())
    rows[0].push_back("cost of 10^6 runs");
  for (const Line &line : lines) {
    Row row{line.device, withPrefix(line.seconds, "s"), withPrefix(line.joules, "J")};
    if (prices.given()) {
      char cost[48];
      std::snprintf(cost, sizeof cost, "%.4g %s", line.cost * 1e6, prices.currency.c_str());
      row.push_back(line.cost < 0 ? "no price" : cost);
    }
    rows.push_back(row);
  }
  // What each line rests on follows it.
  std::istringstream text(table(rows, 1));
  std::string result, tableLine;
  std::getline(text, tableLine);
  result = tableLine + "\n";
  for (size_t i = 0; std::getline(text, tableLine); ++i)
    result += tableLine + "   " + lines[i].basis + "\n";
  if (prices.given())
    result += "Costs are computed from the prices given: time x price per hour + energy x price "
              "per kWh.\n";
  return result;
}

std::string corrections(const Profile &profile) {
  std::string text;
  for (const Op &op : profile.ops)
    if (!op.corrections.empty())
      text += "  " + op.op + " " + op.shape + ": " + op.corrections + "\n";
  return text;
}

} // namespace

std::string textReport(const Profile &profile, const std::vector<Line> &lines, const Prices &prices,
                       bool everyOp) {
  std::ostringstream out;
  out << "npuprof: " << profile.program << ": " << withPrefix(profile.wallSeconds, "s")
      << " on this machine (measured)\n";
  if (profile.ops.empty()) {
    out << "\nNo tensor operation ran: the program called no BLAS or DNN function.\n";
  } else {
    out << "\nTensor operations. Modelled: cycles, array (utilisation), stalls, DRAM and SRAM "
           "traffic, energy. Measured: error\n(NPU_SHADOW; against double precision, relative). "
           "'-': not counted, or not measured.\n"
        << opTable(profile, everyOp) << "\nWhere and why\n"
        << reasons(profile);
    if (const std::string text = corrections(profile); !text.empty())
      out << "\nComputed again because of NPU_TOLERANCE\n" << text;
  }
  if (!profile.kernels.empty())
    out << "\nKernels (measured on this machine)\n" << kernelTable(profile);
  if (npuTotal(profile).count)
    out << "\nThe operations that ran on the NPU, elsewhere\n" << comparisonTable(lines, prices);
  return out.str();
}

Json jsonReport(const Profile &profile, const std::vector<Line> &lines, const Prices &prices) {
  auto opJson = [&](const Op &op) {
    Json json = {
        {"op", op.op},         {"shape", op.shape},
        {"format", op.format}, {"device", op.device},
        {"reason", op.reason}, {"measured", {{"seconds_on_this_machine", op.measuredSeconds}}}};
    if (op.error >= 0)
      json["measured"]["relative_error"] = op.error;
    if (!op.corrections.empty())
      json["corrections"] = op.corrections;
    if (op.onNpu()) {
      json["modelled"] = {{"cycles", op.cycles},
                          {"seconds", profile.secondsOf(op)},
                          {"utilization", op.utilization},
                          {"stall_cycles", op.stallCycles},
                          {"stall_reason", op.stallReason},
                          {"dram_bytes", op.dramBytes},
                          {"compulsory_bytes", op.tensorBytes},
                          {"sram_bytes", op.sramBytes},
                          {"macs", op.macs},
                          {"energy_pj", op.energyPicojoules},
                          {"tiling", op.tiling}};
      Json split = Json::object();
      for (const auto &[part, energy] : op.energySplit)
        split[part] = energy;
      json["modelled"]["energy_split_pj"] = split;
    }
    return json;
  };
  Json ops = Json::array(), kernels = Json::array();
  for (const Op &op : profile.ops)
    ops.push_back(opJson(op));
  for (const Kernel &kernel : profile.kernels)
    kernels.push_back({{"kernel", kernel.name},
                       {"device", kernel.device},
                       {"launches", kernel.launches},
                       {"measured", {{"seconds_on_this_machine", kernel.measuredSeconds}}}});
  return {{"program", profile.program},
          {"exit_code", profile.exitCode},
          {"measured", {{"seconds_on_this_machine", profile.wallSeconds}}},
          {"npu", profile.config},
          {"ops", ops},
          {"total_on_npu", opJson(npuTotal(profile).total)},
          {"kernels", kernels},
          {"elsewhere", comparisonJson(lines, prices)}};
}

} // namespace npu::profile
