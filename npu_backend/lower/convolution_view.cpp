// See convolution_view.h.
#include "lower/convolution_view.h"

#include <algorithm>
#include <numeric>

namespace npu::backend {
namespace {

ViewTensor viewOf(const Tensor &tensor) {
  ViewTensor view;
  view.outer = tensor.strides[0], view.channel = tensor.strides[1];
  view.stride.fill(0), view.size.fill(1);
  size_t lead = kSpatial + 2 - tensor.sizes.size();
  for (size_t d = 2; d < tensor.sizes.size(); ++d)
    view.stride[lead + d - 2] = tensor.strides[d], view.size[lead + d - 2] = tensor.sizes[d];
  return view;
}

void readWindow(const TensorOp &op, ConvolutionView &view) {
  size_t lead = kSpatial - op.window.size();
  for (size_t d = 0; d < op.window.size(); ++d) {
    view.stride[lead + d] = op.window[d].stride;
    view.dilation[lead + d] = op.window[d].dilation;
    view.start[lead + d] = -op.window[d].padBefore;
  }
}

ViewTensor viewOfC(const TensorOp &op) { return op.beta != 0.0 ? viewOf(op.src[2]) : ViewTensor(); }

bool multiplies(const TensorOp &op) {
  return op.alpha != 0.0 && !isEmpty(op.src[0]) && !isEmpty(op.src[1]);
}

ConvolutionView forwardView(const TensorOp &op) {
  ConvolutionView view;
  const Tensor &x = op.src[0], &w = op.src[1], &y = op.dst[0];
  view.image = viewOf(x), view.filter = viewOf(w), view.result = viewOf(y), view.c = viewOfC(op);
  view.batch = y.sizes[0], view.groups = op.groups;
  view.outputs = w.sizes[0] / op.groups, view.channels = w.sizes[1];
  view.image.group = view.channels * x.strides[1];
  view.filter.group = view.outputs * w.strides[0];
  view.result.group = view.outputs * y.strides[1];
  view.c.group = view.outputs * view.c.channel;
  readWindow(op, view);
  view.products = multiplies(op);
  return view;
}

// A window of one element touches only every stride-th image element: then those are the image.
void dropUnusedElements(ConvolutionView &view, size_t d) {
  int64_t stride = view.stride[d];
  if (view.filter.size[d] != 1 || stride == 1 || !view.products)
    return;
  int64_t before = view.start[d] < 0 ? (-view.start[d] + stride - 1) / stride : 0;
  int64_t first = view.start[d] + before * stride;
  if (first >= view.image.size[d])
    return;
  view.image.offset += first * view.image.stride[d];
  view.image.size[d] = (view.image.size[d] - first + stride - 1) / stride;
  view.image.stride[d] *= stride;
  view.start[d] = -before, view.stride[d] = 1;
}

// Rows that continue each other become one long row where windows have one element.
void joinRows(ConvolutionView &view) {
  constexpr size_t kRows = 1, kColumns = 2;
  auto continues = [](const ViewTensor &t) {
    return t.stride[kRows] == t.stride[kColumns] * t.size[kColumns];
  };
  bool plain = view.products;
  for (size_t d : {kRows, kColumns})
    plain &= view.filter.size[d] == 1 && view.stride[d] == 1 && view.start[d] == 0 &&
             view.image.size[d] == view.result.size[d];
  if (!plain || !continues(view.image) || !continues(view.result) ||
      (view.c.size[kColumns] && !continues(view.c)))
    return;
  for (ViewTensor *t : {&view.image, &view.result, &view.c})
    t->size[kColumns] *= t->size[kRows], t->size[kRows] = 1;
}

// How results of one phase (every stride-th from `phase` on) of one dimension are made from dY.
bool makePhase(const ConvolutionView &forward, size_t d, int64_t phase, ConvolutionView &view) {
  int64_t stride = forward.stride[d], dilation = forward.dilation[d];
  int64_t pad = -forward.start[d], window = forward.filter.size[d];
  int64_t step = stride / std::gcd(stride, dilation), tap = 0;
  while (tap < std::min(step, window) && (phase + pad - tap * dilation) % stride != 0)
    ++tap;
  view.result.offset += phase * view.result.stride[d];
  view.c.offset += phase * view.c.stride[d];
  view.result.size[d] = (view.result.size[d] - phase + stride - 1) / stride;
  view.c.size[d] = view.result.size[d];
  view.result.stride[d] *= stride, view.c.stride[d] *= stride;
  view.stride[d] = 1;
  if (tap == std::min(step, window))
    return false;
  int64_t taps = (window - tap + step - 1) / step, spacing = step * dilation / stride;
  view.filter.offset += (tap + (taps - 1) * step) * view.filter.stride[d];
  view.filter.stride[d] *= -step;
  view.filter.size[d] = taps;
  view.dilation[d] = spacing;
  view.start[d] = (phase + pad - tap * dilation) / stride - (taps - 1) * spacing;
  return true;
}

std::vector<ConvolutionView> gradientViews(const TensorOp &op) {
  ConvolutionView base;
  const Tensor &y = op.src[0], &w = op.src[1], &x = op.dst[0];
  base.image = viewOf(y), base.filter = viewOf(w), base.result = viewOf(x), base.c = viewOfC(op);
  base.batch = x.sizes[0], base.groups = op.groups;
  base.outputs = w.sizes[1], base.channels = w.sizes[0] / op.groups;
  std::swap(base.filter.outer, base.filter.channel);
  base.image.group = base.channels * y.strides[1];
  base.filter.group = base.channels * w.strides[0];
  base.result.group = base.outputs * x.strides[1];
  base.c.group = base.outputs * base.c.channel;
  readWindow(op, base);
  base.products = multiplies(op);
  std::vector<ConvolutionView> views;
  for (int64_t i = 0; i < std::min(base.stride[0], base.result.size[0]); ++i)
    for (int64_t j = 0; j < std::min(base.stride[1], base.result.size[1]); ++j)
      for (int64_t k = 0; k < std::min(base.stride[2], base.result.size[2]); ++k) {
        ConvolutionView view = base;
        bool reached = makePhase(base, 0, i, view);
        reached &= makePhase(base, 1, j, view);
        reached &= makePhase(base, 2, k, view);
        view.products &= reached;
        views.push_back(view);
      }
  return views;
}

} // namespace

std::vector<ConvolutionView> convolutionViews(const TensorOp &op) {
  std::vector<ConvolutionView> views = op.kind == TensorOp::Kind::convolution
                                           ? std::vector<ConvolutionView>{forwardView(op)}
                                           : gradientViews(op);
  for (ConvolutionView &view : views)
    for (size_t d = 0; d < kSpatial; ++d)
      dropUnusedElements(view, d);
  if (views.size() == 1)
    joinRows(views[0]);
  return views;
}

ConvolutionView filterGradientView(const TensorOp &op) {
  TensorOp forward = op;
  forward.src = {op.src[0], op.dst[0]};
  forward.dst = {op.src[1]};
  forward.beta = 0;
  ConvolutionView view = forwardView(forward);
  view.c = op.beta != 0.0 ? viewOf(op.src[2]) : ViewTensor();
  view.c.group = view.outputs * view.c.outer;
  view.products = multiplies(op);
  for (size_t d = 0; d < kSpatial; ++d)
    dropUnusedElements(view, d);
  return view;
}

NeededRange neededRange(const ConvolutionView &view, size_t d, int64_t first, int64_t count) {
  int64_t low = view.start[d] + first * view.stride[d];
  int64_t high =
      low + (count - 1) * view.stride[d] + (view.filter.size[d] - 1) * view.dilation[d] + 1;
  // Stretched to hold at least one real element, so that DMA has something to load.
  int64_t begin = std::min(low, view.image.size[d] - 1), end = std::max<int64_t>(high, 1);
  NeededRange range;
  range.begin = std::max<int64_t>(begin, 0);
  range.count = std::min(end, view.image.size[d]) - range.begin;
  range.padBefore = std::max<int64_t>(-begin, 0);
  range.padAfter = std::max<int64_t>(end - view.image.size[d], 0);
  range.skip = low - begin;
  return range;
}

} // namespace npu::backend
