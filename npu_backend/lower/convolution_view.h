// Convolutions, forward and data gradients, in one shape: a correlation over three spatial
// dimensions, all offsets and strides in elements of the bound tensors. One- and two-dimensional
// ones have leading dimensions of size 1; the gradient of a strided convolution is one view per
// phase.
#pragma once

#include "lower/lower.h"

namespace npu::backend {

constexpr size_t kSpatial = 3;
using Spatial = std::array<int64_t, kSpatial>; // depth, rows, columns

// A tensor [batch, groups x channels, spatial] (or, of a filter, [groups x outputs, channels,
// window]).
struct ViewTensor {
  int64_t offset = 0, group = 0, outer = 0, channel = 0; // strides but for `offset`
  Spatial stride{}, size{};
};

// result[n, g, m, o] = sum over c, w of filter[g, m, c, w] *
//                      image[n, g, c, o * stride + w * dilation + start], zero outside.
struct ConvolutionView {
  int64_t batch = 1, groups = 1, outputs = 1, channels = 1; // the last two per group
  ViewTensor image, filter, result, c;                      // filter.size: the window
  Spatial stride{1, 1, 1}, dilation{1, 1, 1}, start{};
  bool products = true; // false: nothing reaches these results
};

// The views that make up a convolution or convolution_data_gradient.
std::vector<ConvolutionView> convolutionViews(const TensorOp &op);
// X, W and Y of a filter gradient; `result` is Y.
ConvolutionView filterGradientView(const TensorOp &op);

// Refuses what neither the convolutions nor the filter gradient can take, and chooses the product.
Status checkConvolutionOperands(const TensorOp &op, const LoweringContext &context,
                                ProductChoice &choice);

// The elements of one spatial dimension that outputs first...first+count-1 need, cut to the image.
struct NeededRange {
  int64_t begin, count;        // real elements, at least one
  int64_t padBefore, padAfter; // zeros around them
  int64_t skip;                // elements of the padded block before the first window
  int64_t extent() const { return padBefore + count + padAfter; }
};
NeededRange neededRange(const ConvolutionView &view, size_t dimension, int64_t first,
                        int64_t count);

} // namespace npu::backend
