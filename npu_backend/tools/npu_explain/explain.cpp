// See explain.h.
#include "explain.h"
#include "numerics.h"
#include "problem.h"

#include <algorithm>
#include <functional>

namespace npu::explain {
namespace {

using namespace backend;

Status timing(const TensorOp &op, const NpuConfig &config, const PrecisionPolicy &policy,
              Timing &result, std::vector<TilingCandidate> *considered = nullptr) {
  result = {};
  return timeOp(op, {config, policy, considered}, result.lowered, result.activity);
}

class Variants {
public:
  Variants(const Timing &base) : base(base) {}

  // Variants that the NPU refuses are none.
  void add(std::vector<Variant> &list, const std::string &what, const TensorOp &op,
           const NpuConfig &config, const PrecisionPolicy &policy) const {
    constexpr double kWorthTelling = 0.005;
    Timing timed;
    if (!timing(op, config, policy, timed) || !timed.activity.cycles)
      return;
    Variant variant{what, timed.productsPerCycle() / base.productsPerCycle() - 1,
                    double(timed.activity.cycles) / double(base.activity.cycles) - 1};
    if (variant.gain > kWorthTelling)
      list.push_back(variant);
  }

  static void sort(std::vector<Variant> &list) {
    std::stable_sort(list.begin(), list.end(),
                     [](const Variant &a, const Variant &b) { return a.gain > b.gain; });
  }

private:
  const Timing &base;
};

// The problem's text with one number changed, read again.
bool changed(const std::string &problem, const std::string &from, const std::string &to,
             TensorOp &op) {
  size_t at = (" " + problem + " ").find(" " + from + " ");
  if (at == std::string::npos)
    return false;
  std::string text = problem;
  text.replace(at, from.size(), to);
  return bool(parseProblem(text, op));
}

// The multiples above `extent` of what array, DMA and people like.
std::vector<int64_t> roundedUp(int64_t extent, const NpuConfig &config) {
  std::vector<int64_t> sizes;
  for (uint64_t unit : {uint64_t(8), uint64_t(16), config.arrayRows(), config.arrayColumns(),
                        2 * config.arrayRows()}) {
    int64_t size = int64_t((uint64_t(extent) + unit - 1) / unit * unit);
    if (size != extent && std::find(sizes.begin(), sizes.end(), size) == sizes.end())
      sizes.push_back(size);
  }
  return sizes;
}

void gemmShapes(const std::string &problem, const TensorOp &op, const NpuConfig &config,
                const PrecisionPolicy &policy, const Variants &variants,
                std::vector<Variant> &list) {
  const int64_t extents[] = {op.dst[0].sizes[1], op.dst[0].sizes[2], op.src[0].sizes[2]};
  const char *keys[] = {"m", "n", "k"}, *names[] = {"M", "N", "K"};
  for (int i = 0; i < 3; ++i) {
    auto tryExtent = [&](int64_t size, const std::string &what) {
      TensorOp other;
      if (changed(problem, std::string(keys[i]) + "=" + std::to_string(extents[i]),
                  std::string(keys[i]) + "=" + std::to_string(size), other))
        variants.add(list, what, other, config, policy);
    };
    auto step = [&](int64_t size) {
      return std::string(names[i]) + " " + std::to_string(extents[i]) + " -> " +
             std::to_string(size);
    };
    for (int64_t size : roundedUp(extents[i], config))
      tryExtent(size, "pad " + step(size));
    if (extents[i] <= 1 << 15)
      tryExtent(4 * extents[i], "more work at once: " + step(4 * extents[i]));
  }
}

// Channels and outputs, which are the array's dimensions, and the batch.
void convolutionShapes(const std::string &problem, const TensorOp &op, const NpuConfig &config,
                       const PrecisionPolicy &policy, const Variants &variants,
                       std::vector<Variant> &list) {
  (void)problem;
  const bool forward = op.kind == TensorOp::Kind::convolution;
  if (!forward || op.groups != 1)
    return;
  auto tryChange = [&](const std::string &what, const std::function<void(TensorOp &)> &change) {
    TensorOp other = op, read;
    change(other);
    if (parseProblem(problemText(other), read))
      variants.add(list, what, read, config, policy);
  };
  const int64_t channels = op.src[1].sizes[1], outputs = op.src[1].sizes[0];
  auto step = [](int64_t from, int64_t to) {
    return std::to_string(from) + " -> " + std::to_string(to);
  };
  for (int64_t size : roundedUp(channels, config))
    tryChange("pad channels " + step(channels, size),
              [&](TensorOp &o) { o.src[0].sizes[1] = o.src[1].sizes[1] = size; });
  for (int64_t size : roundedUp(outputs, config))
    tryChange("pad outputs " + step(outputs, size), [&](TensorOp &o) {
      o.src[1].sizes[0] = o.dst[0].sizes[1] = o.src[2].sizes[1] = size;
    });
  const int64_t batch = op.src[0].sizes[0];
  tryChange("more work at once: batch " + step(batch, 4 * batch), [&](TensorOp &o) {
    o.src[0].sizes[0] = o.dst[0].sizes[0] = o.src[2].sizes[0] = 4 * batch;
  });
}

void formats(const TensorOp &op, const NpuConfig &config, const PrecisionPolicy &policy,
             const Variants &variants, std::vector<Variant> &list) {
  if (op.math.pedantic)
    return;
  for (auto [value, name] : {std::pair(PrecisionPolicy::Float32::High, "high"),
                             std::pair(PrecisionPolicy::Float32::Medium, "medium")}) {
    PrecisionPolicy other = policy;
    other.float32 = value;
    variants.add(list, std::string("NPU_FLOAT32_MATMUL_PRECISION=") + name, op, config, other);
  }
  for (Format format : matmulFormats()) {
    PrecisionPolicy other = policy;
    other.matmulFormat = format;
    variants.add(list, std::string("NPU_MATMUL_FORMAT=") + formatSpelling(format), op, config,
                 other);
  }
}

void hardware(const TensorOp &op, const NpuConfig &config, const PrecisionPolicy &policy,
              const Variants &variants, std::vector<Variant> &list) {
  const std::pair<const char *, double NpuConfig::*> numbers[] = {
      {"scratchpad", &NpuConfig::scratchpadKib},
      {"accumulator", &NpuConfig::accumulatorKib},
      {"DRAM bandwidth", &NpuConfig::dramGbPerSecond},
      {"vector lanes", &NpuConfig::vectorLanes},
      {"DMA channels", &NpuConfig::dmaChannels}};
  for (const auto &[name, member] : numbers) {
    NpuConfig other = config;
    other.*member *= 2;
    variants.add(list, std::string("twice the ") + name, op, other, policy);
  }
}

std::string percent(double share) {
  char text[32];
  std::snprintf(text, sizeof text, "%.*f %%", std::abs(share) < 0.0995 ? 1 : 0, 100 * share);
  return text;
}

std::string signedPercent(double share) { return (share > 0 ? "+" : "") + percent(share); }

// Where the cycles go: products, unfilled edges of the array, filling and draining, waiting.
std::string cyclesText(const Explanation &e) {
  const Activity &a = e.timing.activity;
  const double cycles = double(a.cycles), peak = e.timing.lowered.peakPerCycle;
  const double useful = peak > 0 ? double(a.macs) / peak : 0;
  auto part = [&](double amount, const char *name) {
    return "  " + percent(amount / cycles) + " " + name + "\n";
  };
  return part(useful, "products that the op needs") +
         part(std::max(0.0, double(a.streamCycles) - useful),
              "elements of the array without work: extents that are no multiples of its own") +
         part(double(a.matrixCycles - a.streamCycles), "filling and draining the array") +
         part(cycles - double(a.matrixCycles), "waiting for DRAM or the vector unit");
}

std::string tilingText(const Explanation &e, const NpuConfig &config) {
  std::string text = "tiling: " + e.timing.lowered.tiling + "\n";
  if (e.considered.empty())
    return text;
  uint64_t least = ~uint64_t(0);
  std::vector<TilingCandidate> fitting, tooLarge;
  for (const TilingCandidate &candidate : e.considered) {
    (candidate.fits ? fitting : tooLarge).push_back(candidate);
    if (candidate.fits)
      least = std::min(least, candidate.trafficBytes);
  }
  const size_t equal =
      size_t(std::count_if(fitting.begin(), fitting.end(), [&](const TilingCandidate &candidate) {
        return candidate.trafficBytes == least;
      }));
  text += "  why: of " + std::to_string(e.considered.size()) + " ways to cut, " +
          std::to_string(fitting.size()) + " fit " +
          std::to_string(uint64_t(config.scratchpadKib)) + " KiB of scratchpad and " +
          std::to_string(uint64_t(config.accumulatorKib)) + " KiB of accumulator; " +
          std::to_string(equal) + " read the least from DRAM (" + std::to_string(least) +
          " bytes); of these the fewest estimated cycles\n";
  uint64_t refused = ~uint64_t(0);
  std::string best;
  for (const TilingCandidate &candidate : tooLarge)
    if (candidate.trafficBytes < std::min(refused, least))
      refused = candidate.trafficBytes, best = candidate.tiles;
  if (!best.empty())
    text += "  " + best + " would read " + percent(1 - double(refused) / double(least)) +
            " less, but does not fit\n";
  return text;
}

std::string variantsText(const std::string &title, const std::vector<Variant> &list) {
  constexpr size_t kMost = 6;
  std::string text;
  for (size_t i = 0; i < std::min(kMost, list.size()); ++i)
    text += "  " + list[i].what + ": " + signedPercent(list[i].gain) + " products per cycle (" +
            (std::abs(list[i].cyclesChange) < 0.0005
                 ? std::string("the same cycles")
                 : signedPercent(list[i].cyclesChange) + " cycles") +
            ")\n";
  return text.empty() ? "" : title + "\n" + text;
}

} // namespace

Status explain(const TensorOp &op, const NpuConfig &config, const PrecisionPolicy &policy,
               Explanation &explanation) {
  explanation.problem = problemText(op);
  if (Status status = timing(op, config, policy, explanation.timing, &explanation.considered);
      !status)
    return status;
  if (!explanation.timing.activity.macs)
    return {};
  const Variants variants(explanation.timing);
  if (op.kind == TensorOp::Kind::gemm)
    gemmShapes(explanation.problem, op, config, policy, variants, explanation.shapes);
  else
    convolutionShapes(explanation.problem, op, config, policy, variants, explanation.shapes);
  formats(op, config, policy, variants, explanation.formats);
  hardware(op, config, policy, variants, explanation.hardware);
  for (auto *list : {&explanation.shapes, &explanation.formats, &explanation.hardware})
    Variants::sort(*list);
  return {};
}

std::string explanationText(const Explanation &e, const NpuConfig &config) {
  const Activity &a = e.timing.activity;
  std::string text = e.problem + "\non the NPU '" + config.name + "' (modelled)\n";
  text += "format: " + e.timing.lowered.format + "\n";
  if (!a.cycles)
    return text + "nothing to do\n";
  text += tilingText(e, config) + "cycles: " + std::to_string(a.cycles) + "\n";
  if (a.macs)
    text += cyclesText(e);
  text += variantsText("what a better shape would gain", e.shapes);
  text += variantsText("what another precision would gain", e.formats);
  text += variantsText("what another NPU would gain", e.hardware);
  return text;
}

} // namespace npu::explain
