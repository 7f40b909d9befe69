// See convolution.h. The columns of a tile stay below kTileBytes.
#include "convolution.h"

#include <algorithm>
#include <cstring>

namespace npu::dnn {
namespace {

constexpr int64_t kTileBytes = 32 << 20;

bool isIntegerType(npudnnDataType_t type) {
  return type == NPUDNN_DATA_INT8 || type == NPUDNN_DATA_UINT8 || vectorLength(type) != 1;
}

// An operand in the form that products take: one number per element, formats that multiply.
struct Operand {
  Layout layout;
  const void *data = nullptr;
  std::unique_ptr<core::Scratch> copy;
};

Operand plain(const Layout &layout, const void *data, bool asFloat) {
  Operand operand{layout, data, nullptr};
  if (layout.vector == 1 && !asFloat)
    return operand;
  if (layout.vector == 1) // the same order of elements
    operand.layout.type = NPUDNN_DATA_FLOAT;
  else
    operand.layout = packedLayout(asFloat ? NPUDNN_DATA_FLOAT : NPUDNN_DATA_INT8, layout.dims);
  operand.copy = std::make_unique<core::Scratch>(operand.layout.bytes());
  std::vector<float> values(size_t(layout.count()));
  gather(layout, data, values.data());
  scatter(operand.layout, operand.copy->data(), values.data(), 1, 0);
  operand.data = operand.copy->data();
  return operand;
}

// A copy with other strides, where the spatial dimensions must be one.
Operand evenlySpaced(const Layout &layout, const void *data) {
  int64_t step;
  Operand operand{layout, data, nullptr};
  if (spatialStep(layout, step))
    return operand;
  operand.layout = packedLayout(layout.type, layout.dims);
  operand.copy = std::make_unique<core::Scratch>(operand.layout.bytes());
  withReal(layout.type, [&](auto real) {
    std::vector<decltype(real)> values(size_t(layout.count()));
    gather(layout, data, values.data());
    scatter(operand.layout, operand.copy->data(), values.data(), 1, 0);
  });
  operand.data = operand.copy->data();
  return operand;
}

template <class T> T *offset(T *data, const Layout &layout, int64_t elements) {
  using Byte = std::conditional_t<std::is_const_v<T>, const char, char>;
  return static_cast<Byte *>(data) + elements * int64_t(elementBytes(layout.type));
}

Tensor matrix(const void *data, npudnnDataType_t type, std::vector<int64_t> sizes,
              std::vector<int64_t> strides) {
  Tensor tensor;
  tensor.data = const_cast<void *>(data);
  formatOf(type, tensor.format);
  tensor.sizes = std::move(sizes);
  tensor.strides = std::move(strides);
  return tensor;
}

void multiply(const Convolution &convolution, Tensor a, Tensor b, Tensor d, double alpha,
              double beta) {
  TensorOp op;
  op.kind = TensorOp::Kind::gemm;
  op.caller = convolution.caller;
  op.math = convolution.math;
  op.alpha = alpha, op.beta = beta;
  op.src = {std::move(a), std::move(b), d};
  op.dst = {std::move(d)};
  check(core::perform(std::move(op)));
}

ColumnCall columnsOf(const Convolution &convolution, const Layout &image) {
  ColumnCall call;
  call.window = convolution.window;
  call.channels = convolution.groupChannels();
  call.channelStride = image.strides[1];
  call.spatial = spatialStrides(image);
  call.flipped = convolution.flipped;
  call.channelsInner = convolution.channelsLastFilter;
  call.lastRow = convolution.window.out[0] * convolution.window.out[1];
  return call;
}

// A piece of the work: whole images, or some rows of one image's outputs.
struct Tile {
  int64_t firstImage, images, firstRow, rows;
};
std::vector<Tile> tilesOf(const Convolution &convolution, size_t bytes, bool oneImage) {
  const Window &window = convolution.window;
  const int64_t rows = window.out[0] * window.out[1];
  const int64_t rowBytes = convolution.taps() * convolution.groups * window.out[2] * int64_t(bytes);
  const int64_t perTile = std::max<int64_t>(1, kTileBytes / rowBytes);
  std::vector<Tile> tiles;
  const int64_t imagesAtOnce = oneImage ? 1 : std::max<int64_t>(1, perTile / rows);
  const int64_t rowsAtOnce = std::min(rows, perTile);
  for (int64_t n = 0; n < convolution.images(); n += imagesAtOnce)
    for (int64_t row = 0; row < rows; row += rowsAtOnce)
      tiles.push_back({n, std::min(imagesAtOnce, convolution.images() - n), row,
                       std::min(rowsAtOnce, rows - row)});
  return tiles;
}

// Products straight from the image: one tap, no padding, every position.
bool isPointwise(const Convolution &convolution, const Layout &x) {
  const Window &window = convolution.window;
  int64_t step;
  return window.kernelCount() == 1 && window.in == window.out && window.stride == Extent{1, 1, 1} &&
         spatialStep(x, step);
}

// D = alpha * conv + beta * D, where D's spatial dimensions are evenly spaced.
void forwardProducts(const Convolution &convolution, const Operand &x, const Operand &w,
                     const Layout &dst, void *y, double alpha, double beta) {
  const int64_t groups = convolution.groups, taps = convolution.taps();
  const int64_t filters = convolution.groupFilters(), channels = convolution.groupChannels();
  const size_t bytes = elementBytes(x.layout.type);
  const bool pointwise = isPointwise(convolution, x.layout);
  ColumnCall call = columnsOf(convolution, x.layout);
  call.transposed = call.channelsInner && x.layout.strides[1] == 1 && !pointwise;
  int64_t yStep = 1, xStep = 1;
  spatialStep(dst, yStep);
  spatialStep(x.layout, xStep);
  std::unique_ptr<core::Scratch> columns;
  for (const Tile &tile : tilesOf(convolution, bytes, groups > 1)) {
    const int64_t outputs = tile.rows * convolution.window.out[2];
    const int64_t batch = groups > 1 ? groups : tile.images;
    call.firstRow = tile.firstRow, call.lastRow = tile.firstRow + tile.rows;
    call.leading = call.transposed ? taps : outputs;
    const int64_t first = tile.firstRow * convolution.window.out[2];
    Tensor b;
    if (pointwise) {
      b = matrix(offset(x.data, x.layout, tile.firstImage * x.layout.strides[0] + first * xStep),
                 x.layout.type, {batch, taps, outputs},
                 {groups > 1 ? channels * x.layout.strides[1] : x.layout.strides[0],
                  x.layout.strides[1], xStep});
    } else {
      if (!columns) // the first tile is the largest
        columns = std::make_unique<core::Scratch>(size_t(batch * taps * outputs) * bytes);
      for (int64_t i = 0; i < batch; ++i) {
        const int64_t image = groups > 1 ? tile.firstImage : tile.firstImage + i;
        const int64_t channel = groups > 1 ? i * channels : 0;
        imageToColumns(
            call,
            offset(x.data, x.layout, image * x.layout.strides[0] + channel * x.layout.strides[1]),
            offset(columns->data(), x.layout, i * taps * outputs), bytes);
      }
      b = matrix(columns->data(), x.layout.type, {batch, taps, outputs},
                 {taps * outputs, call.transposed ? 1 : outputs, call.transposed ? taps : 1});
    }
    Tensor a = matrix(w.data, w.layout.type, {batch, filters, taps},
                      {groups > 1 ? filters * taps : 0, taps, 1});
    Tensor d =
        matrix(offset(y, dst, tile.firstImage * dst.strides[0] + first * yStep), dst.type,
               {batch, filters, outputs},
               {groups > 1 ? filters * dst.strides[1] : dst.strides[0], dst.strides[1], yStep});
    multiply(convolution, std::move(a), std::move(b), std::move(d), alpha, beta);
  }
}

// Whether products can be rounded straight into y.
bool writesDirectly(const Convolution &convolution, bool asFloat) {
  int64_t step;
  const npudnnDataType_t y = convolution.y.type;
  return spatialStep(convolution.y, step) && (!isIntegerType(convolution.x.type) || asFloat) &&
         !isIntegerType(y) && y != NPUDNN_DATA_INT32 && y != NPUDNN_DATA_FP8_E4M3 &&
         y != NPUDNN_DATA_FP8_E5M2;
}

// The array multiplies signed bytes; other integers are exact as floats.
bool computesAsFloat(const Convolution &convolution) {
  for (npudnnDataType_t type : {convolution.x.type, convolution.w.type})
    if (type == NPUDNN_DATA_UINT8 || type == NPUDNN_DATA_UINT8x4)
      return true;
  return false;
}

// The sums in a packed array, as float, double or int32.
struct Sums {
  Layout layout;
  std::unique_ptr<core::Scratch> memory;
};
Sums forwardSums(const Convolution &convolution, const Operand &x, const Operand &w) {
  Sums sums;
  sums.layout = packedLayout(convolution.x.type == NPUDNN_DATA_DOUBLE ? NPUDNN_DATA_DOUBLE
                             : x.layout.type == NPUDNN_DATA_INT8      ? NPUDNN_DATA_INT32
                                                                      : NPUDNN_DATA_FLOAT,
                             convolution.y.dims);
  sums.memory = std::make_unique<core::Scratch>(sums.layout.bytes());
  forwardProducts(convolution, x, w, sums.layout, sums.memory->data(), 1, 0);
  return sums;
}

} // namespace

void convolveForward(const Convolution &convolution, const void *x, const void *w, void *y,
                     double alpha, double beta) {
  const bool asFloat = computesAsFloat(convolution);
  const Operand source = plain(convolution.x, x, asFloat),
                filter = plain(convolution.w, w, asFloat);
  if (writesDirectly(convolution, asFloat)) {
    forwardProducts(convolution, source, filter, convolution.y, y, alpha, beta);
    return;
  }
  const Sums sums = forwardSums(convolution, source, filter);
  withReal(sums.layout.type, [&](auto real) {
    const Values<decltype(real)> values(sums.layout, sums.memory->data());
    scatter(convolution.y, y, values.data(), alpha, beta);
  });
}

void convolveForward(const Convolution &convolution, const void *x, const void *w, void *y,
                     double alpha, const Epilogue &epilogue) {
  const bool asFloat = computesAsFloat(convolution);
  const Sums sums =
      forwardSums(convolution, plain(convolution.x, x, asFloat), plain(convolution.w, w, asFloat));
  withReal(sums.layout.type, [&](auto real) {
    using Real = decltype(real);
    const int64_t count = sums.layout.count(), channels = convolution.y.dims[1];
    const int64_t plane = convolution.window.outCount();
    std::vector<Real> values(static_cast<size_t>(count)), z, bias(size_t(channels), Real(0));
    gather(sums.layout, sums.memory->data(), values.data());
    if (epilogue.alpha2 != 0) {
      z.resize(size_t(count));
      gather(epilogue.z, epilogue.zData, z.data());
    }
    gather(epilogue.bias, epilogue.biasData, bias.data());
    for (int64_t i = 0; i < count; ++i) {
      Real value = Real(alpha) * values[size_t(i)] + bias[size_t(i / plane % channels)];
      if (epilogue.alpha2 != 0)
        value += Real(epilogue.alpha2) * z[size_t(i)];
      values[size_t(i)] = activate(epilogue.activator, value);
    }
    scatter(convolution.y, y, values.data(), 1, 0);
  });
}

template <class Real>
static void backwardData(const Convolution &convolution, const Operand &dy, const void *w, void *dx,
                         double alpha, double beta) {
  const npudnnDataType_t type = sizeof(Real) == 8 ? NPUDNN_DATA_DOUBLE : NPUDNN_DATA_FLOAT;
  const int64_t groups = convolution.groups, taps = convolution.taps();
  const int64_t filters = convolution.groupFilters(), channels = convolution.groupChannels();
  const int64_t inCount = convolution.window.inCount();
  Layout image = packedLayout(type, convolution.x.dims);
  image.dims[0] = 1;
  Layout target = convolution.x;
  target.dims[0] = 1;
  ColumnCall call = columnsOf(convolution, image);
  int64_t step = 1;
  spatialStep(dy.layout, step);
  std::vector<Real> sums(size_t(groups * channels * inCount));
  std::unique_ptr<core::Scratch> columns;
  for (const Tile &tile : tilesOf(convolution, sizeof(Real), true)) {
    const int64_t outputs = tile.rows * convolution.window.out[2];
    const int64_t first = tile.firstRow * convolution.window.out[2];
    if (!columns)
      columns = std::make_unique<core::Scratch>(size_t(groups * taps * outputs) * sizeof(Real));
    if (tile.firstRow == 0)
      std::fill(sums.begin(), sums.end(), Real(0));
    const Layout &from = dy.layout;
    multiply(
        convolution,
        matrix(w, convolution.w.type, {groups, taps, filters}, {filters * taps, 1, taps}),
        matrix(offset(dy.data, from, tile.firstImage * from.strides[0] + first * step), from.type,
               {groups, filters, outputs}, {filters * from.strides[1], from.strides[1], step}),
        matrix(columns->data(), type, {groups, taps, outputs}, {taps * outputs, outputs, 1}), 1, 0);
    call.firstRow = tile.firstRow, call.lastRow = tile.firstRow + tile.rows;
    call.leading = outputs;
    for (int64_t group = 0; group < groups; ++group)
      columnsToImage(call, static_cast<const Real *>(columns->data()) + group * taps * outputs,
                     sums.data() + group * channels * inCount);
    if (tile.firstRow + tile.rows == convolution.window.out[0] * convolution.window.out[1])
      scatter(target, offset(dx, target, tile.firstImage * target.strides[0]), sums.data(), alpha,
              beta);
  }
}

void convolveBackwardData(const Convolution &convolution, const void *w, const void *dy, void *dx,
                          double alpha, double beta) {
  const Operand gradient = evenlySpaced(convolution.y, dy);
  withReal(convolution.x.type, [&](auto real) {
    backwardData<decltype(real)>(convolution, gradient, w, dx, alpha, beta);
  });
}

// Gathers the tile's outputs as [channel][image][output].
static void collectOutputs(const Convolution &convolution, const Tile &tile, const Layout &layout,
                           const void *data, int64_t step, void *result) {
  const int64_t outputs = tile.rows * convolution.window.out[2], channels = layout.dims[1];
  const int64_t first = tile.firstRow * convolution.window.out[2];
  const size_t bytes = elementBytes(layout.type);
  char *to = static_cast<char *>(result);
  for (int64_t channel = 0; channel < channels; ++channel)
    for (int64_t image = 0; image < tile.images; ++image, to += size_t(outputs) * bytes) {
      const char *from =
          static_cast<const char *>(offset(data, layout,
                                           (tile.firstImage + image) * layout.strides[0] +
                                               channel * layout.strides[1] + first * step));
      if (step == 1)
        std::memcpy(to, from, size_t(outputs) * bytes);
      else
        for (int64_t i = 0; i < outputs; ++i)
          std::memcpy(to + size_t(i) * bytes, from + size_t(i * step) * bytes, bytes);
    }
}

void convolveBackwardFilter(const Convolution &convolution, const void *x, const void *dyData,
                            void *dw, double alpha, double beta) {
  const Operand dy = evenlySpaced(convolution.y, dyData);
  const npudnnDataType_t sumType =
      convolution.x.type == NPUDNN_DATA_DOUBLE ? NPUDNN_DATA_DOUBLE : NPUDNN_DATA_FLOAT;
  const int64_t groups = convolution.groups, taps = convolution.taps();
  const int64_t filters = convolution.groupFilters(), channels = convolution.groupChannels();
  const size_t bytes = elementBytes(convolution.x.type);
  ColumnCall call = columnsOf(convolution, convolution.x);
  int64_t step = 1;
  spatialStep(dy.layout, step);
  Layout sums = convolution.w; // the same order of elements
  sums.type = sumType;
  const core::Scratch sumMemory(sums.bytes());
  std::unique_ptr<core::Scratch> columns, outputsMemory;
  double keep = 0;
  for (const Tile &tile : tilesOf(convolution, bytes, false)) {
    const int64_t outputs = tile.rows * convolution.window.out[2], depth = tile.images * outputs;
    if (!columns) {
      columns = std::make_unique<core::Scratch>(size_t(groups * taps * depth) * bytes);
      outputsMemory = std::make_unique<core::Scratch>(size_t(groups * filters * depth) * bytes);
    }
    call.firstRow = tile.firstRow, call.lastRow = tile.firstRow + tile.rows;
    call.leading = depth;
    for (int64_t group = 0; group < groups; ++group)
      for (int64_t image = 0; image < tile.images; ++image)
        imageToColumns(
            call,
            offset(x, convolution.x,
                   (tile.firstImage + image) * convolution.x.strides[0] +
                       group * channels * convolution.x.strides[1]),
            offset(columns->data(), convolution.x, group * taps * depth + image * outputs), bytes);
    collectOutputs(convolution, tile, dy.layout, dy.data, step, outputsMemory->data());
    multiply(convolution,
             matrix(outputsMemory->data(), dy.layout.type, {groups, filters, depth},
                    {filters * depth, depth, 1}),
             matrix(columns->data(), convolution.x.type, {groups, depth, taps},
                    {taps * depth, 1, depth}),
             matrix(sumMemory.data(), sumType, {groups, filters, taps}, {filters * taps, taps, 1}),
             1, keep);
    keep = 1;
  }
  withReal(sumType, [&](auto real) {
    std::vector<decltype(real)> values(size_t(sums.count()));
    gather(sums, sumMemory.data(), values.data());
    scatter(convolution.w, dw, values.data(), alpha, beta);
  });
}

} // namespace npu::dnn
