// One description of every convolution, and its three products where no device takes the whole
// convolution as one op (layer_op.h).
//
// y = conv(x, w) is a matrix product per image and group: [filters x taps] times the image's
// columns [taps x outputs], made and multiplied tile by tile. The products are tensor ops, so the
// NPU runs them; moving elements is the host's part.
#pragma once

#include "activation.h"
#include "window.h"

namespace npu::dnn {

struct Convolution {
  const char *caller = "";
  Layout x, w, y;
  bool channelsLastFilter = false;
  Window window;
  int64_t groups = 1;
  bool flipped = false; // convolution, not cross-correlation
  MathMode math;

  int64_t images() const { return x.dims[0]; }
  int64_t groupChannels() const { return w.dims[1]; }
  int64_t groupFilters() const { return w.dims[0] / groups; }
  int64_t taps() const { return groupChannels() * window.kernelCount(); } // rows of the columns
};

// What follows the product of a fused forward call: y = f(alpha1 conv + alpha2 z + bias).
struct Epilogue {
  double alpha2 = 0;
  Layout z, bias;
  const void *zData = nullptr, *biasData = nullptr;
  Activator activator;
};

enum class ConvolutionUse { Forward, BackwardData, BackwardFilter };

// Checks that shapes and types fit each other and the use.
Convolution makeConvolution(const char *caller, npudnnTensorDescriptor_t x,
                            npudnnFilterDescriptor_t w, npudnnConvolutionDescriptor_t convolution,
                            npudnnTensorDescriptor_t y, ConvolutionUse use);
// The sizes of y.
std::vector<int64_t> outputSizes(const Layout &x, const Layout &w,
                                 const ConvolutionDescriptor &convolution);

// They run inside a host call.
void convolveForward(const Convolution &convolution, const void *x, const void *w, void *y,
                     double alpha, double beta);
void convolveForward(const Convolution &convolution, const void *x, const void *w, void *y,
                     double alpha, const Epilogue &epilogue);
void convolveBackwardData(const Convolution &convolution, const void *w, const void *dy, void *dx,
                          double alpha, double beta);
void convolveBackwardFilter(const Convolution &convolution, const void *x, const void *dy, void *dw,
                            double alpha, double beta);

} // namespace npu::dnn
