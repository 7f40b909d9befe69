// Windows that slide over the spatial dimensions of a tensor: what convolution and pooling share.
// One, two or three spatial dimensions; always held as three, with ones in front.
#pragma once

#include "layout.h"

#include <array>

namespace npu::dnn {

using Extent = std::array<int64_t, 3>; // depth, height, width

struct Window {
  Extent in, out, kernel, pad, stride, dilation;
  int64_t inCount() const { return in[0] * in[1] * in[2]; }
  int64_t outCount() const { return out[0] * out[1] * out[2]; }
  int64_t kernelCount() const { return kernel[0] * kernel[1] * kernel[2]; }
};

// The last values in the last places, `fill` in front.
Extent toExtent(const std::vector<int64_t> &values, int64_t fill);
// The spatial part (dimensions 2 and on) of sizes and of strides.
Extent spatialSizes(const Layout &layout);
Extent spatialStrides(const Layout &layout);
// 1 + (in + 2 pad - extent of the kernel) / stride; less than 1 when the window does not fit.
int64_t windowOutput(int64_t in, int64_t kernel, int64_t pad, int64_t stride, int64_t dilation);
// Whether the spatial dimensions are evenly spaced, as one dimension; its step.
bool spatialStep(const Layout &layout, int64_t &step);

// One image's columns: for each kernel tap and channel, what it sees at each output position.
struct ColumnCall {
  Window window;
  int64_t channels = 1;
  int64_t channelStride = 1;
  Extent spatial;                    // strides of the image
  bool flipped = false;              // convolution proper: taps in reverse
  bool channelsInner = false;        // a row is [tap][channel], else [channel][tap]
  bool transposed = false;           // columns are stored as rows; needs channelsInner
  int64_t firstRow = 0, lastRow = 0; // rows of outputs: depth and height as one
  int64_t leading = 0;               // elements from row to row of the result
};
// Elements are only moved: `bytes` of each is 1, 2, 4 or 8.
void imageToColumns(const ColumnCall &call, const void *image, void *columns, size_t bytes);
// image += columns, for untransposed columns.
template <class Real> void columnsToImage(const ColumnCall &call, const Real *columns, Real *image);

} // namespace npu::dnn
