// See tiler.h.
#include "tiler.h"
#include "packed.h"
#include "timing.h"

#include <algorithm>
#include <cmath>

namespace npu::backend {
namespace {

constexpr uint64_t kAlignment = 64;
constexpr uint64_t kLargestExtent = (1 << 24) - 1; // of the instruction fields
constexpr uint64_t kDeepestTile = 65536;           // int8 sums of one tile stay within int32
constexpr uint64_t kMostStageBytes = 512 * 1024;

uint64_t divideUp(uint64_t value, uint64_t by) { return (value + by - 1) / by; }
uint64_t roundUp(uint64_t value, uint64_t to) { return divideUp(value, to) * to; }

// Rows begin at multiples of the format's unit.
uint64_t tileBytes(Format format, uint64_t rows, uint64_t columns, bool transposed) {
  if (transposed)
    std::swap(rows, columns);
  return rows * rowBytes(format, roundUp(columns, packUnit(format)));
}

// Balanced ways to cut `extent`: whole, then in more and more parts, in multiples of `unit`.
std::vector<uint64_t> candidates(uint64_t extent, uint64_t unit, uint64_t most) {
  std::vector<uint64_t> sizes;
  for (uint64_t parts = divideUp(extent, most);; parts += 1 + parts / 16) {
    uint64_t size = std::min(extent, roundUp(divideUp(extent, parts), unit));
    if (size <= most && (sizes.empty() || size < sizes.back()))
      sizes.push_back(size);
    if (size <= unit)
      return sizes;
  }
}

class Chooser {
public:
  Chooser(const NpuConfig &config, const GemmShape &shape, std::vector<TilingCandidate> *considered)
      : config(config), shape(shape), considered(considered) {
    bool weights = config.dataflow != Dataflow::OutputStationary;
    unitM = std::min(shape.m, weights ? uint64_t(8) : config.arrayRows());
    unitN = std::min(shape.n, config.arrayColumns());
    // A block of an MX format is never cut.
    uint64_t blocks = isMx(shape.operandA) ? uint64_t(kMxBlock) : 1;
    unitK = std::min(shape.k, roundUp(weights ? config.arrayRows() : uint64_t(16), blocks));
  }

  Status choose(GemmTiling &best) {
    GemmTiling smallest;
    layOut(unitM, unitN, unitK, 1, smallest);
    if (sumBytes(smallest) > config.accumulatorBytes())
      return tooSmall("accumulator", "accumulator/kib", sumBytes(smallest));
    if (scratchpadNeed(smallest) > config.scratchpadBytes())
      return tooSmall("scratchpad", "scratchpad/kib", scratchpadNeed(smallest));
    bool found = false;
    uint64_t bestTraffic = 0;
    double bestCycles = 0;
    for (uint64_t m : candidates(shape.m, unitM, kLargestExtent))
      for (uint64_t n : candidates(shape.n, unitN, kLargestExtent)) {
        uint64_t traffic = trafficOf(m, n);
        if (!considered && found && traffic > bestTraffic)
          continue;
        GemmTiling tiling;
        double cycles;
        bool fitting = chooseDepth(m, n, tiling, cycles);
        if (considered)
          considered->push_back(
              {std::to_string(m) + "x" + std::to_string(n) + "x" + std::to_string(tiling.k),
               traffic, cycles, fitting});
        if (!fitting || (found && traffic > bestTraffic))
          continue;
        if (found && traffic == bestTraffic && cycles >= bestCycles)
          continue;
        best = tiling, bestTraffic = traffic, bestCycles = cycles, found = true;
      }
    best.operandTrafficBytes = bestTraffic;
    if (!found) // the smallest candidates are the units, which fit
      return {npuErrorUnknown, "NPU compiler: no tiling was found"};
    return {};
  }

private:
  uint64_t tilesOf(uint64_t m, uint64_t n) const {
    return shape.batch * divideUp(shape.m, m) * divideUp(shape.n, n);
  }

  uint64_t trafficOf(uint64_t m, uint64_t n) const {
    return shape.batch * (divideUp(shape.n, n) * shape.m * shape.k * shape.dramBytesA +
                          divideUp(shape.m, m) * shape.k * shape.n * shape.dramBytesB);
  }

  uint64_t sumBytes(const GemmTiling &tiling) const {
    return tiling.sumBuffers * tiling.m * tiling.n * 4;
  }

  // Rows of a tile n wide that leave at once: enough to keep DMA busy, few enough to leave room.
  uint64_t wantedStageRows(uint64_t m, uint64_t n) const {
    uint64_t bytes = std::min(config.scratchpadBytes() / 16, kMostStageBytes);
    return std::clamp<uint64_t>(bytes / (n * 4), 1, m);
  }

  void layOut(uint64_t m, uint64_t n, uint64_t k, uint64_t stageRows, GemmTiling &tiling) const {
    uint64_t tiles = tilesOf(m, n);
    tiling.m = m, tiling.n = n, tiling.k = k;
    tiling.sumBuffers = tiles > 1 ? 2 : 1;
    tiling.operandBuffers = tiles * divideUp(shape.k, k) > 1 ? 2 : 1;
    tiling.stageRows = stageRows;
    tiling.strideA = roundUp(tileBytes(shape.operandA, m, k, shape.transposedA), kAlignment);
    tiling.strideB = roundUp(tileBytes(shape.operandB, k, n, shape.transposedB), kAlignment);
    tiling.strideStage = roundUp(tiling.stageRows * n * 4, kAlignment);
    tiling.strideBias = shape.bias ? roundUp(std::max(m, n) * 4, kAlignment) : 0;
    tiling.strideSums = m * n * 4;
    tiling.addressB = tiling.operandBuffers * tiling.strideA;
    tiling.addressStage = tiling.addressB + tiling.operandBuffers * tiling.strideB;
    tiling.addressBias = tiling.addressStage + 2 * tiling.strideStage;
  }

  static uint64_t scratchpadNeed(const GemmTiling &tiling) {
    return tiling.addressBias + 2 * tiling.strideBias;
  }

  bool fits(const GemmTiling &tiling) const {
    return sumBytes(tiling) <= config.accumulatorBytes() &&
           scratchpadNeed(tiling) <= config.scratchpadBytes();
  }

  // The depth of tiles m x n: of those that fit, the one with the fewest estimated cycles. Whether
  // there is one depends on the smallest need alone, so more memory never takes a choice away.
  bool chooseDepth(uint64_t m, uint64_t n, GemmTiling &best, double &bestCycles) const {
    layOut(m, n, unitK, 1, best);
    bestCycles = 0;
    if (!fits(best))
      return false;
    bestCycles = estimate(best);
    bool found = false;
    for (uint64_t k : candidates(shape.k, unitK, kDeepestTile)) {
      GemmTiling tiling;
      layOut(m, n, k, wantedStageRows(m, n), tiling);
      if (!fits(tiling))
        continue;
      double cycles = estimate(tiling);
      if (found && cycles >= bestCycles)
        continue;
      best = tiling, bestCycles = cycles, found = true;
    }
    return true;
  }

  // The slower of compute and DMA, and the part of the other that nothing hides.
  double estimate(const GemmTiling &tiling) const {
    double compute = 0;
    forParts(shape.m, tiling.m, [&](uint64_t countM, uint64_t m) {
      forParts(shape.n, tiling.n, [&](uint64_t countN, uint64_t n) {
        forParts(shape.k, tiling.k, [&](uint64_t countK, uint64_t k) {
          compute += double(countM * countN * countK) *
                     double(multiplyCycles(config, shape.product, m, n, k));
        });
      });
    });
    compute *= double(shape.batch);
    double transfer = double(trafficOf(tiling.m, tiling.n)) / config.dramBytesPerCycle();
    double steps = double(tilesOf(tiling.m, tiling.n) * divideUp(shape.k, tiling.k));
    // Every step issues two transfers, whose latency the channels share.
    double latency = 2 * steps * config.dramLatencyCycles / config.dmaChannels;
    transfer = std::max(transfer, latency);
    return std::max(compute, transfer) + std::min(compute, transfer) / steps;
  }

  template <typename Function>
  static void forParts(uint64_t extent, uint64_t size, Function function) {
    if (extent / size)
      function(extent / size, size);
    if (extent % size)
      function(1, extent % size);
  }

  Status tooSmall(const char *what, const char *field, uint64_t needed) const {
    return {npuErrorNotSupported,
            std::string("the NPU's ") + what + " is too small for one tile of this product: " +
                field + " must be at least " + std::to_string(divideUp(needed, 1024))};
  }

  const NpuConfig &config;
  const GemmShape &shape;
  std::vector<TilingCandidate> *considered;
  uint64_t unitM, unitN, unitK;
};

} // namespace

Status chooseTiling(const NpuConfig &config, const GemmShape &shape, GemmTiling &tiling,
                    std::vector<TilingCandidate> *considered) {
  return Chooser(config, shape, considered).choose(tiling);
}

} // namespace npu::backend
