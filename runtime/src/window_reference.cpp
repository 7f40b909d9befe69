// Convolutions and pooling, by their definitions in ops.def.
#include "dense.h"

#include <algorithm>
#include <cmath>
#include <limits>

namespace npu::core {
namespace {

using Index = std::vector<int64_t>;

Index windowSizes(const TensorOp &op) {
  Index sizes;
  for (const WindowDimension &dimension : op.window)
    sizes.push_back(dimension.size);
  return sizes;
}

// The image element under window element `w` of output `o` (both spatial); false when outside.
bool under(const TensorOp &op, const Index &image, const Index &o, const Index &w, Index &place) {
  for (size_t d = 0; d < op.window.size(); ++d) {
    const WindowDimension &dimension = op.window[d];
    place[d + 2] = o[d + 2] * dimension.stride - dimension.padBefore + w[d] * dimension.dilation;
    if (place[d + 2] < 0 || place[d + 2] >= image[d + 2])
      return false;
  }
  return true;
}

// Calls visit(place in X, in W, in Y) for every product of the convolution.
template <class Visit>
void forEachProduct(const TensorOp &op, const Dense &x, const Dense &w, const Dense &y,
                    Visit visit) {
  const int64_t channels = w.sizes[1], perGroup = w.sizes[0] / std::max<int64_t>(op.groups, 1);
  const Index window = windowSizes(op);
  forEachIndex(y.sizes, [&](const Index &o) {
    Index image(o.size()), filter(o.size());
    image[0] = o[0], filter[0] = o[1];
    const int64_t placeY = placeOf(y, o);
    forEachIndex(window, [&](const Index &at) {
      if (!under(op, x.sizes, o, at, image))
        return;
      std::copy(at.begin(), at.end(), filter.begin() + 2);
      for (int64_t c = 0; c < channels; ++c) {
        image[1] = o[1] / perGroup * channels + c, filter[1] = c;
        visit(placeOf(x, image), placeOf(w, filter), placeY);
      }
    });
  });
}

Status checkWindow(const TensorOp &op, const Tensor &image) {
  if (image.sizes.size() < 3 || image.sizes.size() > 5)
    return misfit(op, "images have one, two or three spatial dimensions");
  if (op.window.size() + 2 != image.sizes.size())
    return misfit(op, "there must be one window dimension per spatial dimension");
  for (const WindowDimension &dimension : op.window)
    if (dimension.size < 1 || dimension.stride < 1 || dimension.dilation < 1)
      return misfit(op, "a window's size, stride and dilation are at least 1");
  return {};
}

} // namespace

Status checkConvolution(const TensorOp &op) {
  using Kind = TensorOp::Kind;
  const Tensor &x = op.kind == Kind::convolution_data_gradient ? op.dst[0] : op.src[0];
  const Tensor &w = op.kind == Kind::convolution_filter_gradient ? op.dst[0] : op.src[1];
  const Tensor &y = op.kind == Kind::convolution                 ? op.dst[0]
                    : op.kind == Kind::convolution_data_gradient ? op.src[0]
                                                                 : op.src[1];
  if (Status status = checkWindow(op, x); !status)
    return status;
  const size_t rank = x.sizes.size();
  if (w.sizes.size() != rank || y.sizes.size() != rank)
    return misfit(op, "image, filter and result differ in rank");
  if (op.groups < 1 || w.sizes[1] * op.groups != x.sizes[1] || w.sizes[0] != y.sizes[1] ||
      w.sizes[0] % op.groups || x.sizes[0] != y.sizes[0])
    return misfit(op, "image " + sizesText(x) + ", filter " + sizesText(w) + " and result " +
                          sizesText(y) + " do not fit with " + std::to_string(op.groups) +
                          " group(s)");
  for (size_t d = 0; d < op.window.size(); ++d)
    if (w.sizes[d + 2] != op.window[d].size)
      return misfit(op, "the filter does not have the window's sizes");
  if (op.beta.real() != 0 && op.src[2].sizes != op.dst[0].sizes)
    return misfit(op, "C does not have the result's sizes");
  if (op.biasAxis >= 0 &&
      (op.biasAxis != 1 || op.kind == Kind::convolution_filter_gradient || op.src.size() != 4 ||
       op.src[3].sizes.size() != 1 || op.src[3].sizes[0] != op.dst[0].sizes[1]))
    return misfit(op, "a bias has one value per channel of the result");
  return {};
}

void convolution(const TensorOp &op) {
  const Dense x(op.src[0]), w(op.src[1]);
  Dense y(op.dst[0].sizes);
  forEachProduct(op, x, w, y, [&](int64_t atX, int64_t atW, int64_t atY) {
    y.values[size_t(atY)] += x.values[size_t(atX)] * w.values[size_t(atW)];
  });
  storeResult(op, 2, y);
}

void convolutionDataGradient(const TensorOp &op) {
  const Dense y(op.src[0]), w(op.src[1]);
  Dense x(op.dst[0].sizes);
  forEachProduct(op, x, w, y, [&](int64_t atX, int64_t atW, int64_t atY) {
    x.values[size_t(atX)] += y.values[size_t(atY)] * w.values[size_t(atW)];
  });
  storeResult(op, 2, x);
}

void convolutionFilterGradient(const TensorOp &op) {
  const Dense x(op.src[0]), y(op.src[1]);
  Dense w(op.dst[0].sizes);
  forEachProduct(op, x, w, y, [&](int64_t atX, int64_t atW, int64_t atY) {
    w.values[size_t(atW)] += x.values[size_t(atX)] * y.values[size_t(atY)];
  });
  storeResult(op, 2, w);
}

Status checkPooling(const TensorOp &op) {
  const bool gradient = op.kind == TensorOp::Kind::pooling_gradient;
  const Tensor &x = gradient ? op.src[1] : op.src[0], &y = gradient ? op.src[0] : op.dst[0];
  if (Status status = checkWindow(op, x); !status)
    return status;
  if (y.sizes.size() != x.sizes.size() || y.sizes[0] != x.sizes[0] || y.sizes[1] != x.sizes[1])
    return misfit(op, "image and result differ in batch or channels");
  if (gradient && op.dst[0].sizes != x.sizes)
    return misfit(op, "the gradient does not have the image's sizes");
  if (op.beta.real() != 0 && op.src[gradient ? 2 : 1].sizes != op.dst[0].sizes)
    return misfit(op, "C does not have the result's sizes");
  for (size_t d = 0; d < op.window.size(); ++d) {
    const WindowDimension &w = op.window[d];
    for (int64_t o = 0; o < y.sizes[d + 2]; ++o) {
      // The first element at or after the image's start must be before its end.
      const int64_t start = o * w.stride - w.padBefore;
      const int64_t skipped = start < 0 ? (-start + w.dilation - 1) / w.dilation : 0;
      if (skipped >= w.size || start + skipped * w.dilation >= x.sizes[d + 2])
        return misfit(op, "a window lies outside the image altogether");
    }
  }
  return {};
}

namespace {

// Calls visit(place in X) for every element of the window of output `o`.
template <class Visit>
void forEachCovered(const TensorOp &op, const Dense &x, const Index &o, const Index &window,
                    Visit visit) {
  Index image = o;
  forEachIndex(window, [&](const Index &at) {
    if (under(op, x.sizes, o, at, image))
      visit(placeOf(x, image));
  });
}

double divisor(const TensorOp &op, const Index &window, int64_t inside) {
  if (op.pooling == PoolingKind::AverageExcludingPadding)
    return double(inside);
  double size = 1;
  for (int64_t extent : window)
    size *= double(extent);
  return size;
}

// The first largest element, NaN being larger than all.
int64_t firstLargest(const TensorOp &op, const Dense &x, const Index &o, const Index &window) {
  int64_t best = -1;
  forEachCovered(op, x, o, window, [&](int64_t place) {
    const double value = x.values[size_t(place)];
    if (best < 0 || value > x.values[size_t(best)] ||
        (std::isnan(value) && !std::isnan(x.values[size_t(best)])))
      best = place;
  });
  return best;
}

} // namespace

void pooling(const TensorOp &op) {
  const Dense x(op.src[0]);
  Dense y(op.dst[0].sizes);
  const Index window = windowSizes(op);
  forEachIndex(y.sizes, [&](const Index &o) {
    double &result = y.values[size_t(placeOf(y, o))];
    if (op.pooling == PoolingKind::Maximum) {
      result = x.values[size_t(firstLargest(op, x, o, window))];
      return;
    }
    int64_t inside = 0;
    forEachCovered(op, x, o, window, [&](int64_t place) {
      result += x.values[size_t(place)];
      ++inside;
    });
    result /= divisor(op, window, inside);
  });
  storeResult(op, 1, y);
}

void poolingGradient(const TensorOp &op) {
  const Dense dy(op.src[0]), x(op.src[1]);
  Dense dx(x.sizes);
  const Index window = windowSizes(op);
  forEachIndex(dy.sizes, [&](const Index &o) {
    const double gradient = dy.values[size_t(placeOf(dy, o))];
    if (op.pooling == PoolingKind::Maximum) {
      dx.values[size_t(firstLargest(op, x, o, window))] += gradient;
      return;
    }
    int64_t inside = 0;
    forEachCovered(op, x, o, window, [&](int64_t) { ++inside; });
    forEachCovered(op, x, o, window, [&](int64_t place) {
      dx.values[size_t(place)] += gradient / divisor(op, window, inside);
    });
  });
  storeResult(op, 2, dx);
}

} // namespace npu::core
