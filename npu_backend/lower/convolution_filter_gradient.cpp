// convolution_filter_gradient: dW[k, c, w] = alpha * sum over images and positions of dY times the
// image under the window, + beta * C. A tile of dW stays in the accumulator while positions stream:
// dY [k, positions] times windows of X read as [positions, c x w].
#include "lower/convolution_view.h"
#include "lower/epilogue.h"
#include "lower/measure.h"
#include "numerics.h"
#include "timing.h"

#include <algorithm>

namespace npu::backend {
namespace {

constexpr uint64_t kAlignment = 64, kMostField = 65535, kMostElements = (1 << 24) - 1;
constexpr uint64_t kDeepestTile = 65536; // int8 sums of one tile stay within int32
constexpr uint64_t kMostStageElements = 1 << 17;

uint64_t divideUp(uint64_t value, uint64_t by) { return (value + by - 1) / by; }
uint64_t aligned(uint64_t bytes) { return divideUp(bytes, kAlignment) * kAlignment; }
Status refuse(const std::string &what) {
  return {npuErrorNotSupported, "NPU convolution: " + what};
}

struct Tiling {
  uint64_t outputs = 0, channels = 0, rows = 0, columns = 0; // the last two of dY
  uint64_t slopeBytes = 0, imageBytes = 0, stageElements = 0, sumBytes = 0;
};

// Rows of the filter that are one run of memory are one problem; else each is its own.
bool rowsJoin(const ViewTensor &filter) {
  return filter.size[1] == 1 || filter.size[2] == 1 ||
         filter.stride[1] == filter.stride[2] * filter.size[2];
}

class Chooser {
public:
  Chooser(const NpuConfig &config, const ConvolutionView &view, const ProductChoice &choice)
      : config(config), view(view), choice(choice),
        taps(uint64_t((rowsJoin(view.filter) ? view.filter.size[1] : 1) * view.filter.size[2])) {}

  Status choose(Tiling &best) const {
    bool found = false;
    uint64_t least = 0, outputs = uint64_t(view.outputs), channels = uint64_t(view.channels);
    constexpr int64_t kMostPadding = 1023;
    for (size_t d = 1; d < kSpatial && view.products; ++d) {
      NeededRange all = neededRange(view, d, 0, view.result.size[d]);
      if (all.padBefore > kMostPadding || all.padAfter > kMostPadding)
        return refuse("padding of more than 1023 elements on one side");
    }
    Tiling tiling;
    for (uint64_t m = std::min(outputs, kMostField);; m = divideUp(m, 2)) {
      for (uint64_t c = std::min(channels, kMostField);; c = divideUp(c, 2)) {
        // The image is read for each tile of outputs, the slopes for each tile of channels.
        uint64_t traffic = divideUp(outputs, m) * uint64_t(view.channels * view.image.size[1]) *
                               uint64_t(view.image.size[2]) +
                           divideUp(channels, c) * outputs * uint64_t(view.result.size[1]) *
                               uint64_t(view.result.size[2]);
        if ((!found || traffic < least) && choosePositions(m, c, tiling))
          best = tiling, least = traffic, found = true;
        if (c == 1)
          break;
      }
      if (m == 1)
        break;
    }
    return found ? Status() : tooSmall();
  }

private:
  bool choosePositions(uint64_t m, uint64_t c, Tiling &t) const {
    uint64_t rows = std::min(uint64_t(view.result.size[1]), kMostField);
    uint64_t columns = std::min(uint64_t(view.result.size[2]), kMostField);
    for (;;) {
      layOut(m, c, rows, columns, t);
      if (fits(t))
        return true;
      if (rows > 1)
        rows = divideUp(rows, 2);
      else if (columns > 1)
        columns = divideUp(columns, 2);
      else
        return false;
    }
  }

  uint64_t blockExtent(size_t d, uint64_t size) const {
    uint64_t most = 1, total = view.products ? uint64_t(view.result.size[d]) : 0;
    for (uint64_t first = 0; first < total; first += size)
      most = std::max(most, uint64_t(neededRange(view, d, int64_t(first),
                                                 int64_t(std::min(size, total - first)))
                                         .extent()));
    return most;
  }

  void layOut(uint64_t m, uint64_t c, uint64_t rows, uint64_t columns, Tiling &t) const {
    t.outputs = m, t.channels = c, t.rows = rows, t.columns = columns;
    uint64_t image = c * blockExtent(1, rows) * blockExtent(2, columns);
    t.imageBytes = aligned(image * formatBytes(choice.operandA));
    t.slopeBytes = aligned(m * rows * columns * formatBytes(choice.operandB));
    t.sumBytes = m * c * taps * 4;
    t.stageElements = std::max(
        std::min({config.scratchpadBytes() / 64, kMostStageElements, m * c * taps}), c * taps);
  }

  uint64_t need(const Tiling &t) const {
    return 2 * (t.imageBytes + t.slopeBytes) + Epilogue::bytes(false, t.stageElements, 0);
  }

  bool fits(const Tiling &t) const {
    uint64_t width = blockExtent(2, t.columns);
    return 2 * t.sumBytes <= config.accumulatorBytes() && need(t) <= config.scratchpadBytes() &&
           t.rows * t.columns <= kDeepestTile && t.channels * taps <= kMostElements &&
           blockExtent(1, t.rows) * width <= kMostElements &&
           uint64_t(view.stride[1]) * width <= kMostElements &&
           uint64_t(view.dilation[1]) * width <= kMostElements;
  }

  Status tooSmall() const {
    Tiling t;
    layOut(1, 1, 1, 1, t);
    bool accumulator = 2 * t.sumBytes > config.accumulatorBytes();
    uint64_t bytes = accumulator ? 2 * t.sumBytes : need(t);
    return {npuErrorNotSupported, std::string("the NPU's ") +
                                      (accumulator ? "accumulator" : "scratchpad") +
                                      " is too small for one tile of this convolution: " +
                                      (accumulator ? "accumulator/kib" : "scratchpad/kib") +
                                      " must be at least " + std::to_string(divideUp(bytes, 1024))};
  }

  const NpuConfig &config;
  const ConvolutionView &view;
  const ProductChoice &choice;
  const uint64_t taps;
};

class FilterGradientLowering {
public:
  FilterGradientLowering(const TensorOp &op, const ConvolutionView &view,
                         const ProductChoice &choice, const Tiling &tiling, ProgramBuilder &builder,
                         Epilogue &out)
      : op(op), view(view), choice(choice), tiling(tiling), builder(builder), out(out) {
    if (view.products) {
      image = builder.bind(op.src[0], false);
      slopes = builder.bind(op.src[1], false);
    }
  }

  void measure(const NpuConfig &config) {
    uint64_t measured = 0;
    measureTensor(config, builder, image, op.src[0], 1, choice.operandA, false, measured);
    measureTensor(config, builder, slopes, op.src[1], 2, choice.operandB, true, measured);
    waitsForScale = true;
  }

  void run() {
    int64_t runs = rowsJoin(view.filter) ? 1 : view.filter.size[1];
    for (int64_t group = 0; group < view.groups; ++group)
      for (int64_t depth = 0; depth < view.filter.size[0]; ++depth)
        for (int64_t row = 0; row < runs; ++row)
          for (int64_t m = 0; m < view.outputs; m += int64_t(tiling.outputs))
            for (int64_t c = 0; c < view.channels; c += int64_t(tiling.channels))
              tile({group, depth, row, m, c, std::min(tiling.outputs, uint64_t(view.outputs - m)),
                    std::min(tiling.channels, uint64_t(view.channels - c))});
  }

private:
  struct Tile {
    int64_t group, depth, row, m, c;
    uint64_t outputs, channels;
  };
  struct Position {
    int64_t n, depth, row, column;
  };

  // The windows' part that one tile covers: all rows, or row `tile.row` alone.
  ConvolutionView windowOf(const Tile &tile) const {
    ConvolutionView part = view;
    if (!rowsJoin(view.filter)) {
      part.filter.size[1] = 1;
      part.start[1] += tile.row * view.dilation[1];
    }
    return part;
  }

  void tile(const Tile &tile) {
    const ConvolutionView part = windowOf(tile);
    std::vector<Position> positions;
    for (int64_t n = 0; view.products && n < view.batch; ++n)
      for (int64_t d = 0; d < view.result.size[0]; ++d) {
        int64_t at = view.start[0] + d * view.stride[0] + tile.depth * view.dilation[0];
        if (at < 0 || at >= view.image.size[0])
          continue;
        for (int64_t row = 0; row < view.result.size[1]; row += int64_t(tiling.rows))
          for (int64_t column = 0; column < view.result.size[2]; column += int64_t(tiling.columns))
            positions.push_back({n, d, row, column});
      }
    for (size_t i = 0; i < positions.size(); ++i)
      step(tile, part, positions[i], i == 0, i + 1 == positions.size());
    finish(tile, part, !positions.empty());
    if (!positions.empty())
      ++sumIndex;
  }

  void step(const Tile &tile, const ConvolutionView &part, const Position &at, bool first,
            bool last) {
    uint64_t rows = std::min(tiling.rows, uint64_t(view.result.size[1] - at.row));
    uint64_t columns = std::min(tiling.columns, uint64_t(view.result.size[2] - at.column));
    unsigned waits = (steps >= 2 ? kOperandsFree : 0) | (waitsForScale ? kScaleReady : 0);
    waitsForScale = false;
    const ViewTensor &y = view.result, &x = view.image;
    LoadInstruction load;
    load.window = slopes.window;
    load.offset =
        slopes.at(y.offset + tile.group * y.group + at.n * y.outer + tile.m * y.channel +
                  at.depth * y.stride[0] + at.row * y.stride[1] + at.column * y.stride[2]);
    load.planes = tile.outputs, load.rows = rows, load.columns = load.pitch = columns;
    load.planeStride = y.channel, load.rowStride = y.stride[1], load.columnStride = y.stride[2];
    load.address = 2 * tiling.imageBytes + steps % 2 * tiling.slopeBytes;
    load.from = op.src[1].format, load.to = choice.operandB;
    if (choice.scaled)
      load.scale = 2;
    builder.emit(load, waits, 0);
    uint64_t slopeAddress = load.address;
    NeededRange needRows = neededRange(part, 1, at.row, int64_t(rows));
    NeededRange needColumns = neededRange(part, 2, at.column, int64_t(columns));
    int64_t slice = view.start[0] + at.depth * view.stride[0] + tile.depth * view.dilation[0];
    load = {};
    load.window = image.window;
    load.offset = image.at(x.offset + tile.group * x.group + at.n * x.outer + tile.c * x.channel +
                           slice * x.stride[0] + needRows.begin * x.stride[1] +
                           needColumns.begin * x.stride[2]);
    load.planes = tile.channels, load.rows = uint64_t(needRows.count);
    load.columns = uint64_t(needColumns.count);
    load.planeStride = x.channel, load.rowStride = x.stride[1], load.columnStride = x.stride[2];
    load.padTop = uint64_t(needRows.padBefore), load.padBottom = uint64_t(needRows.padAfter);
    load.padLeft = uint64_t(needColumns.padBefore);
    load.padRight = uint64_t(needColumns.padAfter);
    load.pitch = uint64_t(needColumns.extent());
    load.address = steps % 2 * tiling.imageBytes;
    load.from = op.src[0].format, load.to = choice.operandA;
    if (choice.scaled)
      load.scale = 1;
    builder.emit(load, 0, kOperandsReady);

    uint64_t width = load.pitch, plane = uint64_t(needRows.extent()) * width;
    ConvolveInstruction c;
    c.m = tile.outputs;
    c.k0 = 1, c.k1 = rows, c.k2 = columns;
    c.strideK1 = rows == 1 ? 0 : uint64_t(view.stride[1]) * width;
    c.strideK2 = columns == 1 ? 0 : uint64_t(view.stride[2]);
    c.n0 = tile.channels, c.n1 = uint64_t(part.filter.size[1]);
    c.n2 = uint64_t(part.filter.size[2]);
    c.strideN0 = plane;
    c.strideN1 = c.n1 == 1 ? 0 : uint64_t(view.dilation[1]) * width;
    c.strideN2 = c.n2 == 1 ? 1 : uint64_t(view.dilation[2]);
    c.a = slopeAddress, c.pitchA = rows * columns;
    c.b = load.address + (uint64_t(needRows.skip) * width + uint64_t(needColumns.skip)) *
                             formatBytes(choice.operandA);
    c.sums = sumIndex % 2 * tiling.sumBytes;
    c.accumulate = !first;
    c.product = choice.product;
    c.formatA = choice.operandB, c.formatB = choice.operandA;
    builder.emit(c, kOperandsReady | (first && sumIndex >= 2 ? kAccumulatorFree : 0),
                 kOperandsFree | (last ? kAccumulatorReady : 0));
    ++steps;
  }

  void finish(const Tile &tile, const ConvolutionView &part, bool products) {
    ResultBlock block;
    block.m = tile.outputs, block.rows = tile.channels;
    block.columns = uint64_t(part.filter.size[1] * part.filter.size[2]);
    auto place = [&](const ViewTensor &t) {
      return t.offset + tile.group * t.group + tile.m * t.outer + tile.c * t.channel +
             tile.depth * t.stride[0] + tile.row * t.stride[1];
    };
    const ViewTensor &w = view.filter, &c = view.c;
    bool single = w.size[2] == 1;
    block.offset = place(w), block.strideM = w.outer, block.strideRows = w.channel;
    block.strideColumns = single ? w.stride[1] : w.stride[2];
    block.offsetC = place(c), block.strideMC = c.outer, block.strideRowsC = c.channel;
    block.strideColumnsC = single ? c.stride[1] : c.stride[2];
    block.sums = sumIndex % 2 * tiling.sumBytes;
    block.products = products;
    out.emit(block);
  }

  const TensorOp &op;
  const ConvolutionView &view;
  const ProductChoice &choice;
  const Tiling &tiling;
  ProgramBuilder &builder;
  Epilogue &out;
  BoundTensor image, slopes;
  bool waitsForScale = false;
  uint64_t steps = 0, sumIndex = 0;
};

} // namespace

Status checkConvolutionFilterGradient(const TensorOp &op, const LoweringContext &context) {
  ProductChoice choice;
  if (Status status = checkConvolutionOperands(op, context, choice); !status)
    return status;
  if (isEmpty(op.dst[0]))
    return {};
  const ConvolutionView view = filterGradientView(op);
  // C goes out by the same transfers as the result.
  if (op.beta != 0.0 && rowsJoin(view.filter)) {
    ViewTensor c = view.c;
    c.size = view.filter.size;
    if (!rowsJoin(c))
      return refuse("C and the result differ in their order in memory");
  }
  Tiling tiling;
  return Chooser(context.config, view, choice).choose(tiling);
}

Status lowerConvolutionFilterGradient(const TensorOp &op, const LoweringContext &context,
                                      Lowered &lowered) {
  ProductChoice choice;
  if (Status status = chooseProduct(op, context.config, context.policy, choice); !status)
    return status;
  lowered.format = choice.name;
  lowered.peakPerCycle = productRate(context.config, choice.product) *
                         double(context.config.arrayRows() * context.config.arrayColumns());
  if (isEmpty(op.dst[0]))
    return {};
  const ConvolutionView view = filterGradientView(op);
  Tiling tiling;
  if (Status status = Chooser(context.config, view, choice).choose(tiling); !status)
    return status;
  ProgramBuilder builder(lowered.program);
  Epilogue out(op, choice, builder, tiling.stageElements, 0,
               2 * (tiling.imageBytes + tiling.slopeBytes));
  FilterGradientLowering lowering(op, view, choice, tiling, builder, out);
  if (view.products && choice.scaled)
    lowering.measure(context.config);
  lowering.run();
  return builder.finish();
}

} // namespace npu::backend
