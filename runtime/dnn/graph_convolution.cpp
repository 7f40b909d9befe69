// Convolutions and pooling of graphs: windows that slide, as tensor ops.
#include "graph.h"

#include <algorithm>

namespace npu::dnn {
namespace {

struct Windows {
  std::vector<int64_t> sizes, strides, dilations, before, after;
};

// Refuses results of other sizes than the windows give.
std::vector<WindowDimension> checkWindows(const Windows &windows, const Layout &image,
                                          const Layout &result) {
  const size_t spatial = windows.sizes.size();
  if (spatial < 1 || spatial > 3)
    unsupported("there are one to three spatial dimensions");
  require(image.dims.size() == spatial + 2 && result.dims.size() == spatial + 2,
          "a tensor has not two dimensions more than the spatial ones");
  for (const auto *values : {&windows.strides, &windows.dilations, &windows.before, &windows.after})
    require(values->size() == spatial, "an attribute has not one value per spatial dimension");
  std::vector<WindowDimension> dimensions;
  for (size_t i = 0; i < spatial; ++i) {
    const WindowDimension window = {windows.sizes[i], windows.strides[i], windows.dilations[i],
                                    windows.before[i]};
    require(window.size > 0 && window.stride > 0 && window.dilation > 0 && window.padBefore >= 0 &&
                windows.after[i] >= 0,
            "a window, stride or dilation is not positive, or a padding is negative");
    const int64_t room = image.dims[i + 2] + window.padBefore + windows.after[i] -
                         (window.size - 1) * window.dilation - 1;
    require(room >= 0 && result.dims[i + 2] == room / window.stride + 1,
            "the result's sizes are not those that the windows give");
    dimensions.push_back(window);
  }
  return dimensions;
}

// A convolution proper is a correlation with the filter's spatial dimensions run backwards.
Tensor flipped(Tensor filter) {
  int64_t last = 0;
  for (size_t i = 2; i < filter.sizes.size(); ++i) {
    last += (filter.sizes[i] - 1) * filter.strides[i];
    filter.strides[i] = -filter.strides[i];
  }
  filter.data = static_cast<char *>(filter.data) + last * int64_t(formatBits(filter.format) / 8);
  return filter;
}

// The three products of one convolution, by the roles of its tensors.
GraphRun prepareConvolution(TensorOp::Kind kind, const GraphDescriptor &descriptor,
                            const GraphTensor &x, const GraphTensor &w, const GraphTensor &y,
                            double alpha, double beta) {
  require(descriptor.kind == NPUDNN_BACKEND_CONVOLUTION_DESCRIPTOR,
          "the operation has no convolution's descriptor");
  require(w.layout.dims.size() == x.layout.dims.size(),
          "x and w have different numbers of dimensions");
  Windows windows;
  windows.sizes.assign(w.layout.dims.begin() + 2, w.layout.dims.end());
  windows.strides = descriptor.integers(NPUDNN_ATTR_CONVOLUTION_FILTER_STRIDES);
  windows.dilations = descriptor.integers(NPUDNN_ATTR_CONVOLUTION_DILATIONS);
  windows.before = descriptor.integers(NPUDNN_ATTR_CONVOLUTION_PRE_PADDINGS);
  windows.after = descriptor.integers(NPUDNN_ATTR_CONVOLUTION_POST_PADDINGS);
  TensorOp op;
  op.kind = kind;
  op.window = checkWindows(windows, x.layout, y.layout);
  require(x.layout.dims[1] % w.layout.dims[1] == 0, "x's channels are no multiple of the filter's");
  op.groups = x.layout.dims[1] / w.layout.dims[1];
  require(w.layout.dims[0] % op.groups == 0 && y.layout.dims[1] == w.layout.dims[0] &&
              y.layout.dims[0] == x.layout.dims[0],
          "y has not x's images and the filter's channels");
  op.alpha = alpha, op.beta = beta;
  op.math.compute = computeFormat(x.layout.type);
  for (const GraphTensor *tensor : {&x, &w, &y})
    operandOf(*tensor, nullptr);
  const bool flips = descriptor.enumerator(NPUDNN_ATTR_CONVOLUTION_CONV_MODE,
                                           NPUDNN_CROSS_CORRELATION) == NPUDNN_CONVOLUTION;
  return [=](const GraphMemory &memory) {
    const Tensor image = operandOf(x, memory.at(x)), result = operandOf(y, memory.at(y));
    const Tensor stored = operandOf(w, memory.at(w)), filter = flips ? flipped(stored) : stored;
    TensorOp call = op;
    if (kind == TensorOp::Kind::convolution)
      call.src = {image, filter, result}, call.dst = {result};
    else if (kind == TensorOp::Kind::convolution_data_gradient)
      call.src = {result, filter, image}, call.dst = {image};
    else
      call.src = {image, result, filter}, call.dst = {filter};
    performGraphOp(std::move(call));
  };
}

struct Pool {
  TensorOp op;
  bool isMaximum;
};
Pool makePool(const GraphDescriptor &resample, const Layout &x, const Layout &y, double alpha,
              double beta) {
  require(resample.kind == NPUDNN_BACKEND_RESAMPLE_DESCRIPTOR,
          "the operation has no resampling's descriptor");
  const auto mode = resample.enumerator(NPUDNN_ATTR_RESAMPLE_MODE, NPUDNN_RESAMPLE_MAXPOOL);
  Pool pool;
  pool.isMaximum = mode == NPUDNN_RESAMPLE_MAXPOOL;
  if (pool.isMaximum)
    pool.op.pooling = PoolingKind::Maximum;
  else if (mode == NPUDNN_RESAMPLE_AVGPOOL_INCLUDE_PADDING)
    pool.op.pooling = PoolingKind::AverageIncludingPadding;
  else if (mode == NPUDNN_RESAMPLE_AVGPOOL_EXCLUDE_PADDING)
    pool.op.pooling = PoolingKind::AverageExcludingPadding;
  else
    unsupported("resampling is pooling alone: nearest and bilinear are not there");
  Windows windows;
  windows.sizes = resample.integers(NPUDNN_ATTR_RESAMPLE_WINDOW_DIMS);
  windows.strides = resample.integers(NPUDNN_ATTR_RESAMPLE_STRIDES);
  windows.dilations.assign(windows.sizes.size(), 1);
  windows.before = windows.after = std::vector<int64_t>(windows.sizes.size(), 0);
  if (resample.has(NPUDNN_ATTR_RESAMPLE_PRE_PADDINGS))
    windows.before = resample.integers(NPUDNN_ATTR_RESAMPLE_PRE_PADDINGS);
  if (resample.has(NPUDNN_ATTR_RESAMPLE_POST_PADDINGS))
    windows.after = resample.integers(NPUDNN_ATTR_RESAMPLE_POST_PADDINGS);
  pool.op.window = checkWindows(windows, x, y);
  require(x.dims[0] == y.dims[0] && x.dims[1] == y.dims[1], "y has not x's images and channels");
  const bool pads =
      std::any_of(windows.before.begin(), windows.before.end(),
                  [](int64_t pad) { return pad != 0; }) ||
      std::any_of(windows.after.begin(), windows.after.end(), [](int64_t pad) { return pad != 0; });
  const auto padding = resample.enumerator(NPUDNN_ATTR_RESAMPLE_PADDING_MODE,
                                           pool.isMaximum ? NPUDNN_NEG_INF_PAD : NPUDNN_ZERO_PAD);
  if (pads && padding != (pool.isMaximum ? NPUDNN_NEG_INF_PAD : NPUDNN_ZERO_PAD))
    unsupported("maxima are padded with minus infinity, averages with zeros");
  pool.op.alpha = alpha, pool.op.beta = beta;
  pool.op.math.compute = computeFormat(x.type);
  return pool;
}

} // namespace

GraphRun prepareConvolutionForward(const GraphDescriptor &operation) {
  return prepareConvolution(
      TensorOp::Kind::convolution,
      *operation.descriptor(NPUDNN_ATTR_OPERATION_CONVOLUTION_FORWARD_CONV_DESC),
      tensorAttribute(operation, NPUDNN_ATTR_OPERATION_CONVOLUTION_FORWARD_X),
      tensorAttribute(operation, NPUDNN_ATTR_OPERATION_CONVOLUTION_FORWARD_W),
      tensorAttribute(operation, NPUDNN_ATTR_OPERATION_CONVOLUTION_FORWARD_Y),
      operation.real(NPUDNN_ATTR_OPERATION_CONVOLUTION_FORWARD_ALPHA, 1),
      operation.real(NPUDNN_ATTR_OPERATION_CONVOLUTION_FORWARD_BETA, 0));
}
GraphRun prepareConvolutionBackwardData(const GraphDescriptor &operation) {
  return prepareConvolution(
      TensorOp::Kind::convolution_data_gradient,
      *operation.descriptor(NPUDNN_ATTR_OPERATION_CONVOLUTION_BWD_DATA_CONV_DESC),
      tensorAttribute(operation, NPUDNN_ATTR_OPERATION_CONVOLUTION_BWD_DATA_DX),
      tensorAttribute(operation, NPUDNN_ATTR_OPERATION_CONVOLUTION_BWD_DATA_W),
      tensorAttribute(operation, NPUDNN_ATTR_OPERATION_CONVOLUTION_BWD_DATA_DY),
      operation.real(NPUDNN_ATTR_OPERATION_CONVOLUTION_BWD_DATA_ALPHA, 1),
      operation.real(NPUDNN_ATTR_OPERATION_CONVOLUTION_BWD_DATA_BETA, 0));
}
GraphRun prepareConvolutionBackwardFilter(const GraphDescriptor &operation) {
  return prepareConvolution(
      TensorOp::Kind::convolution_filter_gradient,
      *operation.descriptor(NPUDNN_ATTR_OPERATION_CONVOLUTION_BWD_FILTER_CONV_DESC),
      tensorAttribute(operation, NPUDNN_ATTR_OPERATION_CONVOLUTION_BWD_FILTER_X),
      tensorAttribute(operation, NPUDNN_ATTR_OPERATION_CONVOLUTION_BWD_FILTER_DW),
      tensorAttribute(operation, NPUDNN_ATTR_OPERATION_CONVOLUTION_BWD_FILTER_DY),
      operation.real(NPUDNN_ATTR_OPERATION_CONVOLUTION_BWD_FILTER_ALPHA, 1),
      operation.real(NPUDNN_ATTR_OPERATION_CONVOLUTION_BWD_FILTER_BETA, 0));
}

GraphRun prepareResampleForward(const GraphDescriptor &operation) {
  if (operation.has(NPUDNN_ATTR_OPERATION_RESAMPLE_FWD_IDXDESC))
    unsupported("the places of maxima are not kept: give the gradient x instead");
  const GraphTensor x = tensorAttribute(operation, NPUDNN_ATTR_OPERATION_RESAMPLE_FWD_XDESC);
  const GraphTensor y = tensorAttribute(operation, NPUDNN_ATTR_OPERATION_RESAMPLE_FWD_YDESC);
  Pool pool = makePool(*operation.descriptor(NPUDNN_ATTR_OPERATION_RESAMPLE_FWD_DESC), x.layout,
                       y.layout, operation.real(NPUDNN_ATTR_OPERATION_RESAMPLE_FWD_ALPHA, 1),
                       operation.real(NPUDNN_ATTR_OPERATION_RESAMPLE_FWD_BETA, 0));
  pool.op.kind = TensorOp::Kind::pooling;
  return [=](const GraphMemory &memory) {
    TensorOp op = pool.op;
    const Tensor result = operandOf(y, memory.at(y));
    op.src = {operandOf(x, memory.at(x)), result};
    op.dst = {result};
    performGraphOp(std::move(op));
  };
}

GraphRun prepareResampleBackward(const GraphDescriptor &operation) {
  const GraphTensor dx = tensorAttribute(operation, NPUDNN_ATTR_OPERATION_RESAMPLE_BWD_DXDESC);
  const GraphTensor dy = tensorAttribute(operation, NPUDNN_ATTR_OPERATION_RESAMPLE_BWD_DYDESC);
  Pool pool = makePool(*operation.descriptor(NPUDNN_ATTR_OPERATION_RESAMPLE_BWD_DESC), dx.layout,
                       dy.layout, operation.real(NPUDNN_ATTR_OPERATION_RESAMPLE_BWD_ALPHA, 1),
                       operation.real(NPUDNN_ATTR_OPERATION_RESAMPLE_BWD_BETA, 0));
  pool.op.kind = TensorOp::Kind::pooling_gradient;
  if (pool.isMaximum && !operation.has(NPUDNN_ATTR_OPERATION_RESAMPLE_BWD_XDESC))
    unsupported("the gradient of a maximum needs x");
  // An average's gradient does not read x; dx has its sizes.
  const GraphTensor x = operation.has(NPUDNN_ATTR_OPERATION_RESAMPLE_BWD_XDESC)
                            ? tensorAttribute(operation, NPUDNN_ATTR_OPERATION_RESAMPLE_BWD_XDESC)
                            : dx;
  return [=](const GraphMemory &memory) {
    TensorOp op = pool.op;
    const Tensor result = operandOf(dx, memory.at(dx));
    op.src = {operandOf(dy, memory.at(dy)), operandOf(x, memory.at(x)), result};
    op.dst = {result};
    performGraphOp(std::move(op));
  };
}

} // namespace npu::dnn
