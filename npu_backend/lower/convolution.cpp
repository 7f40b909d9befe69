// convolution and convolution_data_gradient: correlations of images with filters
// (convolution_view.h). The image block of a tile is loaded once, with zeros around it; the array
// reads windows of it in place. Depth, the third spatial dimension, is walked slice by slice.
#include "lower/convolution_tiler.h"
#include "lower/epilogue.h"
#include "lower/measure.h"
#include "numerics.h"
#include "timing.h"

#include <algorithm>

namespace npu::backend {
namespace {

class ConvolutionLowering {
public:
  ConvolutionLowering(const TensorOp &op, const ProductChoice &choice, ProgramBuilder &builder,
                      const BoundTensor &image, const BoundTensor &filter,
                      const ConvolutionTiling &tiling)
      : op(op), choice(choice), builder(builder), image(image), filter(filter), tiling(&tiling) {}

  // Buffers and tokens go on from one view to the next.
  void run(const ConvolutionView &viewToRun, Epilogue &out) {
    view = &viewToRun;
    for (int64_t group = 0; group < view->groups; ++group)
      for (int64_t m = 0; m < view->outputs; m += int64_t(tiling->outputs)) {
        filterLoaded = false;
        for (int64_t n = 0; n < view->batch; ++n)
          for (int64_t depth = 0; depth < view->result.size[0]; ++depth)
            slice(group, m, n, depth, out);
      }
  }

  bool waitsForScale = false;

private:
  struct Tile {
    int64_t group, m, n, depth, row, column;
    uint64_t outputs, rows, columns;
  };

  void slice(int64_t group, int64_t m, int64_t n, int64_t depth, Epilogue &out) {
    int64_t rows = view->result.size[1], columns = view->result.size[2];
    for (int64_t row = 0; row < rows; row += int64_t(tiling->rows))
      for (int64_t column = 0; column < columns; column += int64_t(tiling->columns)) {
        Tile tile{group, m, n, depth, row, column, 0, 0, 0};
        tile.outputs = std::min(tiling->outputs, uint64_t(view->outputs - m));
        tile.rows = std::min(tiling->rows, uint64_t(rows - row));
        tile.columns = std::min(tiling->columns, uint64_t(columns - column));
        bool products = view->products && multiply(tile);
        finish(tile, products, out);
        if (products)
          ++sumIndex;
      }
  }

  // False when no slice of the image lies under the window.
  bool multiply(const Tile &tile) {
    std::vector<std::pair<int64_t, int64_t>> taps; // of depth, with the image's slice
    for (int64_t tap = 0; tap < view->filter.size[0]; ++tap) {
      int64_t at = view->start[0] + tile.depth * view->stride[0] + tap * view->dilation[0];
      if (at >= 0 && at < view->image.size[0])
        taps.push_back({tap, at});
    }
    for (size_t i = 0; i < taps.size(); ++i)
      for (int64_t c = 0; c < view->channels; c += int64_t(tiling->channels)) {
        bool first = i == 0 && c == 0;
        bool last = i + 1 == taps.size() && c + int64_t(tiling->channels) >= view->channels;
        step(tile, taps[i].first, taps[i].second, c, first, last);
      }
    return !taps.empty();
  }

  void step(const Tile &tile, int64_t tap, int64_t at, int64_t channel, bool first, bool last) {
    uint64_t channels = std::min(tiling->channels, uint64_t(view->channels - channel));
    unsigned waits = (steps >= 2 ? kOperandsFree : 0) | (waitsForScale ? kScaleReady : 0);
    waitsForScale = false;
    if (!tiling->filterStays || !filterLoaded) {
      ++filterIndex;
      filterAddress = 2 * tiling->imageBytes + filterIndex % 2 * tiling->filterBytes;
      loadFilter(tile, tap, channel, channels, waits);
      waits = 0, filterLoaded = true;
    }
    NeededRange rows = neededRange(*view, 1, tile.row, int64_t(tile.rows));
    NeededRange columns = neededRange(*view, 2, tile.column, int64_t(tile.columns));
    LoadInstruction load;
    load.window = image.window;
    load.offset =
        image.at(view->image.offset + tile.group * view->image.group + tile.n * view->image.outer +
                 channel * view->image.channel + at * view->image.stride[0] +
                 rows.begin * view->image.stride[1] + columns.begin * view->image.stride[2]);
    load.planes = channels, load.rows = uint64_t(rows.count);
    load.columns = uint64_t(columns.count);
    load.planeStride = view->image.channel;
    load.rowStride = view->image.stride[1], load.columnStride = view->image.stride[2];
    load.padTop = uint64_t(rows.padBefore), load.padBottom = uint64_t(rows.padAfter);
    load.padLeft = uint64_t(columns.padBefore), load.padRight = uint64_t(columns.padAfter);
    load.pitch = uint64_t(columns.extent());
    load.address = steps % 2 * tiling->imageBytes;
    load.from = op.src[0].format, load.to = choice.operandA;
    if (choice.scaled)
      load.scale = 1;
    builder.emit(load, waits, kOperandsReady);
    convolve(tile, channels, rows, columns, first, last);
    ++steps;
  }

  void convolve(const Tile &tile, uint64_t channels, const NeededRange &rows,
                const NeededRange &columns, bool first, bool last) {
    uint64_t width = uint64_t(columns.extent()), plane = uint64_t(rows.extent()) * width;
    uint64_t taps = uint64_t(view->filter.size[1] * view->filter.size[2]);
    ConvolveInstruction c;
    c.m = tile.outputs;
    c.k0 = taps == 1 ? 1 : channels, c.strideK0 = taps == 1 ? 0 : plane;
    c.k1 = uint64_t(view->filter.size[1]);
    c.strideK1 = c.k1 == 1 ? 0 : uint64_t(view->dilation[1]) * width;
    c.k2 = uint64_t(view->filter.size[2]);
    c.strideK2 = c.k2 == 1 ? 0 : uint64_t(view->dilation[2]);
    if (taps == 1) // channels alone: an ordinary matrix when rows are whole
      c.k2 = channels, c.strideK2 = plane;
    c.n0 = 1, c.n1 = tile.rows, c.n2 = tile.columns;
    c.strideN1 = c.n1 == 1 ? 0 : uint64_t(view->stride[1]) * width;
    c.strideN2 = c.n2 == 1 ? 1 : uint64_t(view->stride[2]);
    uint64_t corner = uint64_t(rows.skip) * width + uint64_t(columns.skip);
    c.b = steps % 2 * tiling->imageBytes + corner * formatBytes(choice.operandA);
    c.a = filterAddress, c.pitchA = channels * taps;
    c.sums = sumIndex % tiling->sumBuffers * tiling->sumBytes;
    c.accumulate = !first;
    c.product = choice.product;
    c.formatA = choice.operandB, c.formatB = choice.operandA;
    bool reuses = first && sumIndex >= tiling->sumBuffers;
    builder.emit(c, kOperandsReady | (reuses ? kAccumulatorFree : 0),
                 kOperandsFree | (last ? kAccumulatorReady : 0));
  }

  // The tile [outputs, channels x window] with as few transfers as its strides allow.
  void loadFilter(const Tile &tile, int64_t tap, int64_t channel, uint64_t channels,
                  unsigned waits) {
    const ViewTensor &f = view->filter;
    uint64_t rows = uint64_t(f.size[1]), columns = uint64_t(f.size[2]), taps = rows * columns;
    LoadInstruction load;
    load.window = filter.window;
    int64_t offset = f.offset + tile.group * f.group + tile.m * f.outer + channel * f.channel +
                     tap * f.stride[0];
    load.from = op.src[1].format, load.to = choice.operandB;
    if (choice.scaled)
      load.scale = 2;
    load.planes = tile.outputs, load.planeStride = f.outer;
    load.planePitch = channels * taps;
    bool joined = columns == 1 || rows == 1 || f.stride[1] == f.stride[2] * int64_t(columns);
    int64_t inner = columns == 1 ? f.stride[1] : f.stride[2];
    if (joined) {
      load.rows = channels, load.rowStride = f.channel;
      load.columns = load.pitch = taps, load.columnStride = inner;
      bool whole = taps == 1 || f.channel == inner * int64_t(taps);
      if (whole) { // one row per output
        load.rows = tile.outputs, load.rowStride = f.outer, load.planes = 1, load.planePitch = 0;
        load.columns = load.pitch = channels * taps;
        load.columnStride = taps == 1 ? f.channel : inner;
      }
      load.offset = filter.at(offset), load.address = filterAddress;
      builder.emit(load, waits, 0);
      return;
    }
    for (uint64_t row = 0; row < rows; ++row) {
      load.rows = channels, load.rowStride = f.channel;
      load.columns = columns, load.columnStride = f.stride[2], load.pitch = taps;
      load.offset = filter.at(offset + int64_t(row) * f.stride[1]);
      load.address = filterAddress + row * columns * formatBytes(choice.operandB);
      builder.emit(load, row == 0 ? waits : 0, 0);
    }
  }

  void finish(const Tile &tile, bool products, Epilogue &out) {
    ResultBlock block;
    block.m = tile.outputs, block.rows = tile.rows, block.columns = tile.columns;
    auto place = [&](const ViewTensor &t) {
      return t.offset + tile.group * t.group + tile.n * t.outer + tile.m * t.channel +
             tile.depth * t.stride[0] + tile.row * t.stride[1] + tile.column * t.stride[2];
    };
    const ViewTensor &r = view->result, &c = view->c;
    block.offset = place(r), block.offsetC = place(c);
    block.strideM = r.channel, block.strideRows = r.stride[1], block.strideColumns = r.stride[2];
    block.strideMC = c.channel, block.strideRowsC = c.stride[1], block.strideColumnsC = c.stride[2];
    block.biasFirst = tile.group * view->outputs + tile.m;
    block.sums = sumIndex % tiling->sumBuffers * tiling->sumBytes;
    block.products = products;
    out.emit(block);
  }

  const TensorOp &op;
  const ProductChoice &choice;
  ProgramBuilder &builder;
  const BoundTensor image, filter;
  const ConvolutionTiling *tiling;
  const ConvolutionView *view = nullptr;
  bool filterLoaded = false;
  uint64_t filterAddress = 0, filterIndex = 0, steps = 0, sumIndex = 0;
};

std::string tilingText(const ConvolutionTiling &tiling) {
  return "tiles of " + std::to_string(tiling.outputs) + " outputs x " +
         std::to_string(tiling.rows) + "x" + std::to_string(tiling.columns) + " positions x " +
         std::to_string(tiling.channels) + " channels; " +
         (tiling.filterStays ? "the filter stays on chip" : "the filter is read per tile");
}

} // namespace

Status checkConvolution(const TensorOp &op, const LoweringContext &context) {
  ProductChoice choice;
  if (Status status = checkConvolutionOperands(op, context, choice); !status)
    return status;
  if (isEmpty(op.dst[0]))
    return {};
  ConvolutionTiling tiling;
  return chooseConvolutionTiling(context.config, convolutionViews(op), choice, op, tiling);
}

Status lowerConvolution(const TensorOp &op, const LoweringContext &context, Lowered &lowered) {
  ProductChoice choice;
  if (Status status = chooseProduct(op, context.config, context.policy, choice); !status)
    return status;
  lowered.format = choice.name;
  lowered.peakPerCycle = productRate(context.config, choice.product) *
                         double(context.config.arrayRows() * context.config.arrayColumns());
  if (isEmpty(op.dst[0]))
    return {};
  std::vector<ConvolutionView> views = convolutionViews(op);
  ConvolutionTiling tiling;
  if (Status status =
          chooseConvolutionTiling(context.config, views, choice, op, tiling, context.considered);
      !status)
    return status;
  lowered.tiling = tilingText(tiling);
  bool products = std::any_of(views.begin(), views.end(),
                              [](const ConvolutionView &view) { return view.products; });
  ProgramBuilder builder(lowered.program);
  BoundTensor image, filter;
  if (products) {
    image = builder.bind(op.src[0], false);
    filter = builder.bind(op.src[1], false);
  }
  ConvolutionLowering lowering(op, choice, builder, image, filter, tiling);
  if (products && choice.scaled) {
    uint64_t steps = 0;
    measureTensor(context.config, builder, image, op.src[0], 1, choice.operandA, false, steps);
    measureTensor(context.config, builder, filter, op.src[1], 2, choice.operandB, true, steps);
    lowering.waitsForScale = true;
  }
  uint64_t buffers = 2 * (tiling.imageBytes + tiling.filterBytes);
  Epilogue epilogue(op, choice, builder, tiling.stageElements, op.biasAxis > 0 ? tiling.outputs : 0,
                    buffers);
  for (const ConvolutionView &view : views)
    lowering.run(view, epilogue);
  return builder.finish();
}

} // namespace npu::backend
