// See convolution_tiler.h.
#include "lower/convolution_tiler.h"
#include "lower/epilogue.h"
#include "numerics.h"
#include "timing.h"

#include <algorithm>
#include <map>

namespace npu::backend {
namespace {

constexpr uint64_t kAlignment = 64;
constexpr uint64_t kMostField = 65535, kMostElements = (1 << 24) - 1; // instruction fields
constexpr uint64_t kMostStageElements = 1 << 17;
constexpr uint64_t kDeepestTile = 65536; // int8 sums of one tile stay within int32

uint64_t divideUp(uint64_t value, uint64_t by) { return (value + by - 1) / by; }
uint64_t aligned(uint64_t bytes) { return divideUp(bytes, kAlignment) * kAlignment; }

// Balanced ways to cut `extent`: whole, then in more and more parts, in multiples of `unit` as long
// as they are larger.
std::vector<uint64_t> parts(uint64_t extent, uint64_t most, uint64_t unit = 1) {
  std::vector<uint64_t> sizes;
  for (uint64_t count = divideUp(extent, most);; count += 1 + count / 8) {
    uint64_t size = divideUp(extent, count), rounded = divideUp(size, unit) * unit;
    if (size > unit && rounded <= std::min(extent, most))
      size = rounded;
    if (sizes.empty() || size < sizes.back())
      sizes.push_back(size);
    if (size == 1)
      return sizes;
  }
}

class Chooser {
public:
  Chooser(const NpuConfig &config, const std::vector<ConvolutionView> &views,
          const ProductChoice &choice, const TensorOp &op, std::vector<TilingCandidate> *considered)
      : considered(considered), config(config), views(views), view(hullOf(views)), choice(choice),
        bias(op.biasAxis > 0), dramImage(formatBytes(op.src[0].format)),
        dramFilter(formatBytes(op.src[1].format)),
        window(uint64_t(view.filter.size[1] * view.filter.size[2])),
        depth(uint64_t(view.filter.size[0])),
        channelParts(parts(uint64_t(std::max<int64_t>(view.channels, 1)), kMostField)) {}

  Status choose(ConvolutionTiling &best) {
    if (Status status = checkFields(); !status)
      return status;
    bool found = false;
    double bestCycles = 0;
    auto consider = [&](uint64_t outputs, uint64_t rows, uint64_t columns) {
      ConvolutionTiling tiling;
      tiling.outputs = outputs, tiling.rows = rows, tiling.columns = columns;
      bool fitting = chooseChannels(tiling);
      double cycles = fitting ? estimate(tiling) : 0;
      if (considered)
        considered->push_back({std::to_string(outputs) + " outputs x " + std::to_string(rows) +
                                   "x" + std::to_string(columns) + " positions x " +
                                   std::to_string(tiling.channels) + " channels",
                               tiling.trafficBytes, cycles, fitting});
      if (!fitting || (found && tiling.trafficBytes > best.trafficBytes))
        return;
      if (found && tiling.trafficBytes == best.trafficBytes && cycles >= bestCycles)
        return;
      best = tiling, bestCycles = cycles, found = true;
    };
    uint64_t rows = uint64_t(view.result.size[1]), columns = uint64_t(view.result.size[2]);
    for (uint64_t outputs : parts(uint64_t(view.outputs), kMostField, config.arrayColumns())) {
      if (columns <= kMostField)
        for (uint64_t size : parts(rows, kMostField))
          consider(outputs, size, columns);
      for (uint64_t size : parts(columns, kMostField))
        consider(outputs, 1, size);
    }
    return found ? Status() : tooSmall();
  }

private:
  Status refuse(const std::string &what) const {
    return {npuErrorNotSupported, "NPU convolution: " + what};
  }

  // The largest result and window of all views, and else the first view that has products.
  static ConvolutionView hullOf(const std::vector<ConvolutionView> &views) {
    ConvolutionView hull = views[0];
    for (size_t i = views.size(); i-- > 0;)
      if (views[i].products)
        hull = views[i];
    for (const ConvolutionView &one : views)
      for (size_t d = 0; d < kSpatial; ++d) {
        hull.result.size[d] = std::max(hull.result.size[d], one.result.size[d]);
        if (one.products)
          hull.filter.size[d] = std::max(hull.filter.size[d], one.filter.size[d]);
      }
    return hull;
  }

  Status checkFields() const {
    constexpr int64_t kMostPadding = 1023;
    for (const ConvolutionView &one : views)
      for (size_t d = 0; one.products && d < kSpatial; ++d) {
        NeededRange all = neededRange(one, d, 0, one.result.size[d]);
        // Depth is walked slice by slice, and slices outside are skipped.
        if (d > 0 && (all.padBefore > kMostPadding || all.padAfter > kMostPadding))
          return refuse("padding of more than 1023 elements on one side");
        if (one.filter.size[d] > int64_t(kMostField))
          return refuse("a window of more than 65535 elements in one dimension");
      }
    if (window > kMostElements)
      return refuse("a window of more than 2^24 elements");
    return {};
  }

  // What a dimension cut into tiles of one size needs of the image.
  struct Cut {
    uint64_t block = 1; // the largest padded block that any tile of any view needs
    uint64_t read = 0;  // elements that the hull's tiles read, overlaps counted each time
  };
  // Every number of outputs asks again for the same sizes.
  const Cut &cut(size_t d, uint64_t size) const {
    const auto [place, isNew] = cuts[d].try_emplace(size);
    Cut &result = place->second;
    if (!isNew)
      return result;
    const auto forTiles = [&](const ConvolutionView &one, auto use) {
      const uint64_t total = one.products ? uint64_t(one.result.size[d]) : 0;
      for (uint64_t first = 0; first < total; first += size)
        use(neededRange(one, d, int64_t(first), int64_t(std::min(size, total - first))));
    };
    for (const ConvolutionView &one : views)
      forTiles(one, [&](const NeededRange &range) {
        result.block = std::max(result.block, uint64_t(range.extent()));
      });
    forTiles(view, [&](const NeededRange &range) { result.read += uint64_t(range.count); });
    return result;
  }

  uint64_t tilesOf(const ConvolutionTiling &t) const {
    return uint64_t(view.batch * view.groups * view.result.size[0]) *
           divideUp(uint64_t(view.outputs), t.outputs) *
           divideUp(uint64_t(view.result.size[1]), t.rows) *
           divideUp(uint64_t(view.result.size[2]), t.columns);
  }

  uint64_t scratchpadNeed(const ConvolutionTiling &t) const {
    return 2 * (t.imageBytes + t.filterBytes) +
           Epilogue::bytes(bias, t.stageElements, bias ? t.outputs : 0);
  }

  void layOut(uint64_t blockElements, uint64_t channels, ConvolutionTiling &t) const {
    uint64_t pixels = t.rows * t.columns;
    t.channels = channels;
    t.imageBytes = aligned(channels * blockElements * formatBytes(choice.operandA));
    t.filterBytes = aligned(t.outputs * channels * window * formatBytes(choice.operandB));
    t.stageElements =
        std::clamp<uint64_t>(std::min(config.scratchpadBytes() / 64, kMostStageElements), pixels,
                             std::max(pixels, t.outputs * pixels));
    t.sumBuffers = views.size() * tilesOf(t) > 1 ? 2 : 1;
    t.sumBytes = t.outputs * pixels * 4;
  }

  bool fits(const ConvolutionTiling &t) const {
    return t.sumBuffers * t.sumBytes <= config.accumulatorBytes() &&
           scratchpadNeed(t) <= config.scratchpadBytes() && t.channels * window <= kDeepestTile &&
           t.outputs * t.rows * t.columns <= kMostElements;
  }

  bool chooseChannels(ConvolutionTiling &t) const {
    uint64_t width = cut(2, t.columns).block, block = cut(1, t.rows).block * width;
    uint64_t rowReach = uint64_t(view.stride[1]) * width;
    if (block > kMostElements || rowReach > kMostElements ||
        uint64_t(view.dilation[1]) * width > kMostElements)
      return false;
    for (uint64_t channels : channelParts) {
      layOut(block, channels, t);
      if (!fits(t))
        continue;
      t.filterStays = channels == uint64_t(view.channels) && depth == 1;
      t.trafficBytes = trafficOf(t);
      return true;
    }
    return false;
  }

  // Image reads with the overlap of neighbouring tiles; filters once or per tile of results.
  uint64_t trafficOf(const ConvolutionTiling &t) const {
    uint64_t pixels = 1, tiles = 1;
    for (size_t d = 1; d < kSpatial; ++d) {
      uint64_t size = d == 1 ? t.rows : t.columns;
      pixels *= cut(d, size).read, tiles *= divideUp(uint64_t(view.result.size[d]), size);
    }
    uint64_t outputTiles = divideUp(uint64_t(view.outputs), t.outputs);
    uint64_t slices = uint64_t(view.batch * view.result.size[0]);
    uint64_t image = uint64_t(view.groups * view.channels) * pixels * slices * depth * outputTiles;
    uint64_t filter = uint64_t(view.groups * view.channels * view.outputs) * window * depth *
                      (t.filterStays ? 1 : slices * tiles);
    return image * dramImage + filter * dramFilter;
  }

  double estimate(const ConvolutionTiling &t) const {
    uint64_t steps = divideUp(uint64_t(view.channels), t.channels) * depth;
    double compute = double(tilesOf(t)) * double(steps) *
                     double(multiplyCycles(config, choice.product, t.rows * t.columns, t.outputs,
                                           t.channels * window));
    double transfer =
        double(t.trafficBytes) / config.dramBytesPerCycle() +
        2.0 * double(tilesOf(t) * steps) * config.dramLatencyCycles / config.dmaChannels;
    return std::max(compute, transfer);
  }

  Status tooSmall() const {
    ConvolutionTiling t;
    layOut(cut(1, 1).block * cut(2, 1).block, 1, t);
    uint64_t sums = divideUp(t.sumBuffers * t.sumBytes, 1024);
    uint64_t scratch = divideUp(scratchpadNeed(t), 1024);
    bool accumulator = sums * 1024 > config.accumulatorBytes();
    return {npuErrorNotSupported,
            std::string("the NPU's ") + (accumulator ? "accumulator" : "scratchpad") +
                " is too small for one tile of this convolution: " +
                (accumulator ? "accumulator/kib" : "scratchpad/kib") + " must be at least " +
                std::to_string(accumulator ? sums : scratch)};
  }

  std::vector<TilingCandidate> *considered;
  const NpuConfig &config;
  const std::vector<ConvolutionView> &views;
  const ConvolutionView view; // hull
  const ProductChoice &choice;
  const bool bias;
  const uint64_t dramImage, dramFilter, window, depth; // window: taps within a slice
  const std::vector<uint64_t> channelParts;
  mutable std::map<uint64_t, Cut> cuts[kSpatial]; // by dimension and size
};

} // namespace

Status chooseConvolutionTiling(const NpuConfig &config, const std::vector<ConvolutionView> &views,
                               const ProductChoice &choice, const TensorOp &op,
                               ConvolutionTiling &tiling,
                               std::vector<TilingCandidate> *considered) {
  return Chooser(config, views, choice, op, considered).choose(tiling);
}

} // namespace npu::backend
