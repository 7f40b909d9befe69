// See chart.h.
#include "chart.h"

#include <algorithm>
#include <cmath>

namespace npu::profile {
namespace {

constexpr double kWidth = 860;
const char *const kColors[] = {"#3b6fb6", "#c8553d", "#4f9d69", "#b08900", "#7a5195", "#888888"};

std::string format(const char *pattern, double a, double b = 0, double c = 0, double d = 0) {
  char text[256];
  std::snprintf(text, sizeof text, pattern, a, b, c, d);
  return text;
}

std::string text(double x, double y, const std::string &content, const char *anchor = "start") {
  return format("<text x='%.1f' y='%.1f'", x, y) + " text-anchor='" + anchor + "'>" +
         escaped(content) + "</text>";
}

std::string line(double x1, double y1, double x2, double y2, const char *style) {
  return format("<line x1='%.1f' y1='%.1f' x2='%.1f' y2='%.1f'", x1, y1, x2, y2) + " class='" +
         style + "'/>";
}

std::string rectangle(double x, double y, double width, double height, const std::string &color,
                      const std::string &title = "") {
  return format("<rect x='%.1f' y='%.1f' width='%.2f' height='%.2f'", x, y, width, height) +
         " fill='" + color + "'>" + (title.empty() ? "" : "<title>" + escaped(title) + "</title>") +
         "</rect>";
}

// With its own style, so that a drawing can be taken out of the page.
std::string svg(double height, const std::string &content) {
  return format("<svg xmlns='http://www.w3.org/2000/svg' viewBox='0 0 %.0f %.0f'>", kWidth,
                height) +
         "<style>text { font: 12px system-ui, sans-serif; fill: #333 } .grid { stroke: #ddd } "
         ".roof { stroke: #c8553d; stroke-width: 2 } "
         ".point { fill: #3b6fb6; fill-opacity: .7; stroke: #fff }</style>" +
         rectangle(0, 0, kWidth, height, "#fff") + content + "</svg>\n";
}

// A logarithmic axis of whole powers of ten.
struct Axis {
  double lowest, highest, from, to; // exponents; pixels
  double at(double value) const {
    return from + (std::log10(value) - lowest) / (highest - lowest) * (to - from);
  }
};

} // namespace

std::string escaped(const std::string &text) {
  std::string result;
  for (char c : text)
    switch (c) {
    case '<':
      result += "&lt;";
      break;
    case '>':
      result += "&gt;";
      break;
    case '&':
      result += "&amp;";
      break;
    case '\'':
      result += "&#39;";
      break;
    case '"':
      result += "&quot;";
      break;
    default:
      result += c;
    }
  return result;
}

std::string rooflineChart(const Profile &profile) {
  struct Point {
    double intensity, rate, share;
    std::string title;
  };
  std::vector<Point> points;
  std::map<std::string, double> roofs; // operations per second, by format
  const double allSeconds = profile.secondsOf(npuTotal(profile).total);
  for (const Group &group : grouped(profile.ops)) {
    const Op &op = group.total;
    if (!op.onNpu() || !op.macs || !op.dramBytes)
      continue;
    const double seconds = profile.secondsOf(op), work = 2 * double(op.macs);
    roofs[op.format] = 2 * op.peakMacsPerCycle * profile.clockHz();
    points.push_back({work / double(op.dramBytes), work / seconds, seconds / allSeconds,
                      op.op + " " + op.shape + " " + op.format + ": " +
                          withPrefix(work / seconds, "op/s") + ", " + percent(op.utilization) +
                          " of the peak"});
  }
  if (points.empty())
    return "<p>No operation with products ran on the NPU.</p>\n";
  const double bandwidth = profile.config["dram"].value("gb_per_s", 1.0) * 1e9;
  double leastX = 1, mostX = 10, leastY = 1e300, mostY = 0;
  for (const Point &point : points) {
    leastX = std::min(leastX, point.intensity), mostX = std::max(mostX, point.intensity);
    leastY = std::min(leastY, point.rate);
  }
  for (const auto &[name, rate] : roofs)
    mostY = std::max(mostY, rate), mostX = std::max(mostX, 2 * rate / bandwidth);
  constexpr double kHeight = 380, kLeft = 90, kBottom = 330;
  const Axis x{std::floor(std::log10(leastX)), std::ceil(std::log10(mostX)), kLeft, kWidth - 20};
  const Axis y{std::floor(std::log10(leastY)), std::ceil(std::log10(mostY)), kBottom, 20};
  std::string out;
  for (double e = x.lowest; e <= x.highest; ++e) {
    const double at = x.at(std::pow(10, e));
    out += line(at, 20, at, kBottom, "grid");
    out += text(at, kBottom + 16, format("%g", std::pow(10, e)), "middle");
  }
  for (double e = y.lowest; e <= y.highest; ++e) {
    const double at = y.at(std::pow(10, e));
    out += line(kLeft, at, kWidth - 20, at, "grid");
    out += text(kLeft - 6, at + 4, withPrefix(std::pow(10, e), "op/s"), "end");
  }
  out += text(kWidth / 2, kBottom + 36, "operations per byte of DRAM traffic (modelled)", "middle");
  const double low = std::pow(10, x.lowest), high = std::pow(10, x.highest);
  for (const auto &[name, rate] : roofs) {
    const double ridge = std::clamp(rate / bandwidth, low, high);
    const double start = std::max(low, std::pow(10, y.lowest) / bandwidth);
    if (start < ridge)
      out +=
          line(x.at(start), y.at(start * bandwidth), x.at(ridge), y.at(ridge * bandwidth), "roof");
    out +=
        line(x.at(ridge), y.at(std::min(rate, ridge * bandwidth)), x.at(high), y.at(rate), "roof");
    out += text(x.at(high) - 4, y.at(rate) - 5, "peak of " + name, "end");
  }
  for (const Point &point : points)
    out += format("<circle cx='%.1f' cy='%.1f' r='%.1f'", x.at(point.intensity), y.at(point.rate),
                  4 + 10 * std::sqrt(point.share)) +
           " class='point'><title>" + escaped(point.title) + "</title></circle>";
  return svg(kHeight, out);
}

std::string energyChart(const std::vector<Group> &groups) {
  std::vector<const Op *> shown;
  for (const Group &group : groups)
    if (group.total.onNpu() && group.total.energyPicojoules > 0)
      shown.push_back(&group.total);
  std::stable_sort(shown.begin(), shown.end(), [](const Op *a, const Op *b) {
    return a->energyPicojoules > b->energyPicojoules;
  });
  constexpr size_t kMostBars = 20;
  const size_t left = shown.size() > kMostBars ? shown.size() - kMostBars : 0;
  shown.resize(shown.size() - left);
  if (shown.empty())
    return "<p>No operation ran on the NPU.</p>\n";
  constexpr double kBar = 24, kLabel = 260, kRoom = kWidth - kLabel - 90;
  std::string out;
  double y = 30;
  for (size_t part = 0; part < shown[0]->energySplit.size(); ++part) {
    const double x = kLabel + 100 * double(part);
    out += rectangle(x, 6, 12, 12, kColors[part % 6]);
    out += text(x + 17, 16, shown[0]->energySplit[part].first);
  }
  for (const Op *op : shown) {
    out += text(kLabel - 8, y + 15, op->op + " " + op->shape + " " + op->format, "end");
    double x = kLabel;
    for (size_t part = 0; part < op->energySplit.size(); ++part) {
      const auto &[name, energy] = op->energySplit[part];
      const double width = kRoom * energy / shown[0]->energyPicojoules;
      out += rectangle(x, y, width, kBar - 6, kColors[part % 6],
                       name + ": " + withPrefix(energy * 1e-12, "J") + ", " +
                           percent(energy / op->energyPicojoules));
      x += width;
    }
    out += text(x + 6, y + 14, withPrefix(op->energyPicojoules * 1e-12, "J"));
    y += kBar;
  }
  if (left)
    out += text(kLabel, y + 14, "and " + std::to_string(left) + " with less"), y += kBar;
  return svg(y + 4, out);
}

namespace {

// A step curve of one series over the time of all ops, resampled to pixels by its largest values.
std::string curve(const Profile &profile, const std::string &series, double full, double bottom,
                  double height, const char *color) {
  constexpr double kLeft = 90;
  constexpr size_t kPixels = size_t(kWidth - kLeft - 20);
  std::vector<double> values(kPixels, 0);
  double all = 0, now = 0;
  for (const Op &op : profile.ops)
    if (op.onNpu())
      all += double(op.cycles);
  for (const Op &op : profile.ops) {
    if (!op.onNpu() || op.usage.is_null())
      continue;
    const double width = op.usage.value("cycles_per_interval", 1.0);
    const Json &list = op.usage[series];
    for (size_t i = 0; i < list.size(); ++i) {
      const double from = now + double(i) * width;
      const double to = std::min(from + width, now + double(op.cycles));
      const size_t first = size_t(from / all * double(kPixels));
      const size_t last = std::min(kPixels - 1, size_t(to / all * double(kPixels)));
      for (size_t pixel = first; pixel <= last; ++pixel)
        values[pixel] = std::max(values[pixel], list[i].get<double>() / full);
    }
    now += double(op.cycles);
  }
  std::string path = format("<path d='M%.1f %.1f", kLeft, bottom);
  auto heightAt = [&](size_t pixel) { return std::min(1.0, values[pixel]); };
  for (size_t pixel = 0; pixel < kPixels; ++pixel) // only where it bends
    if (pixel == 0 || pixel + 1 == kPixels || heightAt(pixel - 1) != heightAt(pixel) ||
        heightAt(pixel + 1) != heightAt(pixel))
      path += format("L%.0f %.1f", kLeft + double(pixel), bottom - height * heightAt(pixel));
  return path + format("L%.1f %.1fZ'", kLeft + double(kPixels - 1), bottom) + " fill='" + color +
         "'/>";
}

} // namespace

std::string usageChart(const Profile &profile) {
  const bool recorded = std::any_of(profile.ops.begin(), profile.ops.end(),
                                    [](const Op &op) { return !op.usage.is_null(); });
  if (!recorded)
    return "";
  struct Strip {
    const char *series, *label;
    double full;
  };
  const double scratchpad = profile.config["scratchpad"].value("kib", 1.0) * 1024;
  const double accumulator = profile.config["accumulator"].value("kib", 1.0) * 1024;
  const Strip strips[] = {{"load", "load", 1},
                          {"matrix", "array", 1},
                          {"vector", "vector", 1},
                          {"store", "store", 1},
                          {"scratchpad_bytes", "scratchpad", scratchpad},
                          {"accumulator_bytes", "accumulator", accumulator}};
  constexpr double kHeight = 52, kLeft = 90;
  std::string out;
  double y = 10;
  for (size_t i = 0; i < 6; ++i) {
    out += line(kLeft, y + kHeight, kWidth - 20, y + kHeight, "grid");
    out += curve(profile, strips[i].series, strips[i].full, y + kHeight, kHeight, kColors[i]);
    out += text(kLeft - 8, y + 30, strips[i].label, "end");
    if (strips[i].full > 1)
      out += text(kLeft - 8, y + 44, "of " + withPrefix(strips[i].full, "B"), "end");
    y += kHeight + 12;
  }
  out += text(kLeft, y + 12, "0");
  out += text(kWidth - 20, y + 12,
              withPrefix(profile.secondsOf(npuTotal(profile).total), "s") + " (modelled)", "end");
  return svg(y + 20, out);
}

} // namespace npu::profile
