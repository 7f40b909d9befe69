// See window.h.
#include "window.h"

#include <algorithm>
#include <cstring>

namespace npu::dnn {

Extent toExtent(const std::vector<int64_t> &values, int64_t fill) {
  Extent extent = {fill, fill, fill};
  for (size_t i = 0; i < values.size(); ++i)
    extent[3 - values.size() + i] = values[i];
  return extent;
}

Extent spatialSizes(const Layout &layout) {
  return toExtent({layout.dims.begin() + 2, layout.dims.end()}, 1);
}

Extent spatialStrides(const Layout &layout) {
  return toExtent({layout.strides.begin() + 2, layout.strides.end()}, 0);
}

int64_t windowOutput(int64_t in, int64_t kernel, int64_t pad, int64_t stride, int64_t dilation) {
  const int64_t room = in + 2 * pad - ((kernel - 1) * dilation + 1);
  return room < 0 ? 0 : 1 + room / stride;
}

bool spatialStep(const Layout &layout, int64_t &step) {
  if (layout.vector != 1)
    return false;
  int64_t expected = 0; // of the next outer dimension; 0: not known yet
  step = 1;
  for (size_t i = layout.dims.size(); i-- > 2;) {
    if (layout.dims[i] == 1)
      continue;
    if (expected == 0)
      step = layout.strides[i];
    else if (layout.strides[i] != expected)
      return false;
    expected = layout.strides[i] * layout.dims[i];
  }
  return true;
}

namespace {

// The outputs along the width whose tap lies inside the image: [first, last).
struct Range {
  int64_t first, last;
};
Range inside(const Window &window, int64_t offset) {
  const int64_t stride = window.stride[2], width = window.in[2];
  // 0 <= o * stride + offset < width
  const int64_t first = offset >= 0 ? 0 : (-offset + stride - 1) / stride;
  const int64_t last = offset >= width ? 0 : (width - 1 - offset) / stride + 1;
  const int64_t begin = std::min(first, window.out[2]);
  return {begin, std::max(begin, std::min(last, window.out[2]))};
}

// Calls tap(row of the result, index of the tap's first row in the image or -1, width offset,
// output row) for every channel, tap and output row.
template <class Tap> void forEachTap(const ColumnCall &call, Tap tap) {
  const Window &window = call.window;
  const Extent &kernel = window.kernel;
  for (int64_t channel = 0; channel < call.channels; ++channel)
    for (int64_t k = 0; k < window.kernelCount(); ++k) {
      const int64_t at = call.flipped ? window.kernelCount() - 1 - k : k;
      const int64_t kw = at % kernel[2], kh = at / kernel[2] % kernel[1],
                    kd = at / kernel[2] / kernel[1];
      const int64_t row =
          call.channelsInner ? k * call.channels + channel : channel * window.kernelCount() + k;
      for (int64_t output = call.firstRow; output < call.lastRow; ++output) {
        const int64_t d =
            output / window.out[1] * window.stride[0] - window.pad[0] + kd * window.dilation[0];
        const int64_t h =
            output % window.out[1] * window.stride[1] - window.pad[1] + kh * window.dilation[1];
        const bool in = d >= 0 && d < window.in[0] && h >= 0 && h < window.in[1];
        tap(row, in ? channel * call.channelStride + d * call.spatial[0] + h * call.spatial[1] : -1,
            kw * window.dilation[2] - window.pad[2], output - call.firstRow);
      }
    }
}

template <class T> void toColumns(const ColumnCall &call, const T *image, T *columns) {
  const int64_t width = call.window.out[2], step = call.spatial[2] * call.window.stride[2];
  forEachTap(call, [&](int64_t row, int64_t at, int64_t offset, int64_t output) {
    T *to = columns + row * call.leading + output * width;
    if (at < 0) {
      std::fill(to, to + width, T(0));
      return;
    }
    const Range range = inside(call.window, offset);
    std::fill(to, to + range.first, T(0));
    std::fill(to + range.last, to + width, T(0));
    if (range.first == range.last)
      return;
    const T *from = image + at + (range.first * call.window.stride[2] + offset) * call.spatial[2];
    if (step == 1)
      std::memcpy(to + range.first, from, size_t(range.last - range.first) * sizeof(T));
    else
      for (int64_t i = range.first; i < range.last; ++i, from += step)
        to[i] = *from;
  });
}

// Channels are contiguous in the image and in the result.
template <class T> void toTransposedColumns(const ColumnCall &call, const T *image, T *columns) {
  const Window &window = call.window;
  const int64_t taps = window.kernelCount();
  const size_t bytes = size_t(call.channels) * sizeof(T);
  for (int64_t output = call.firstRow; output < call.lastRow; ++output)
    for (int64_t w = 0; w < window.out[2]; ++w) {
      T *to = columns + ((output - call.firstRow) * window.out[2] + w) * call.leading;
      for (int64_t k = 0; k < taps; ++k, to += call.channels) {
        const int64_t tap = call.flipped ? taps - 1 - k : k;
        const Extent at = {output / window.out[1] * window.stride[0] - window.pad[0] +
                               tap / window.kernel[2] / window.kernel[1] * window.dilation[0],
                           output % window.out[1] * window.stride[1] - window.pad[1] +
                               tap / window.kernel[2] % window.kernel[1] * window.dilation[1],
                           w * window.stride[2] - window.pad[2] +
                               tap % window.kernel[2] * window.dilation[2]};
        bool in = true;
        int64_t element = 0;
        for (size_t i = 0; i < 3; ++i) {
          in &= at[i] >= 0 && at[i] < window.in[i];
          element += at[i] * call.spatial[i];
        }
        if (in)
          std::memcpy(to, image + element, bytes);
        else
          std::memset(to, 0, bytes);
      }
    }
}

} // namespace

void imageToColumns(const ColumnCall &call, const void *image, void *columns, size_t bytes) {
  auto run = [&](auto sample) {
    using T = decltype(sample);
    if (call.transposed)
      toTransposedColumns(call, static_cast<const T *>(image), static_cast<T *>(columns));
    else
      toColumns(call, static_cast<const T *>(image), static_cast<T *>(columns));
  };
  switch (bytes) {
  case 1:
    return run(uint8_t());
  case 2:
    return run(uint16_t());
  case 4:
    return run(uint32_t());
  default:
    return run(uint64_t());
  }
}

template <class Real>
void columnsToImage(const ColumnCall &call, const Real *columns, Real *image) {
  const int64_t width = call.window.out[2], step = call.spatial[2] * call.window.stride[2];
  forEachTap(call, [&](int64_t row, int64_t at, int64_t offset, int64_t output) {
    if (at < 0)
      return;
    const Range range = inside(call.window, offset);
    const Real *from = columns + row * call.leading + output * width;
    Real *to = image + at + (range.first * call.window.stride[2] + offset) * call.spatial[2];
    for (int64_t i = range.first; i < range.last; ++i, to += step)
      *to += from[i];
  });
}

template void columnsToImage<float>(const ColumnCall &, const float *, float *);
template void columnsToImage<double>(const ColumnCall &, const double *, double *);

} // namespace npu::dnn
