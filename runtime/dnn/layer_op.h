// Layers as tensor ops. Each function puts a layer on the stream as one tensor op when a device
// other than the host takes it as it stands, and says so; otherwise the caller computes it in host
// code, which is faster than the host's reference of the op.
#pragma once

#include "convolution.h"

namespace npu::dnn {

using npu::gradientReadsResult;
using npu::TensorOp;

// The device's function of the same meaning, NaN included; false when there is none. Parameters are
// set in `op`.
bool setActivation(const Activator &activator, TensorOp &op);

// `epilogue` null: y = alpha conv + beta y.
bool enqueueConvolution(npuStream_t stream, const Convolution &convolution, const void *x,
                        const void *w, void *y, double alpha, double beta,
                        const Epilogue *epilogue);
bool enqueueDataGradient(npuStream_t stream, const Convolution &convolution, const void *w,
                         const void *dy, void *dx, double alpha, double beta);
bool enqueueFilterGradient(npuStream_t stream, const Convolution &convolution, const void *x,
                           const void *dy, void *dw, double alpha, double beta);

// An operand of an op: a layout and its memory.
struct Stored {
  const Layout &layout;
  const void *data;
};
// Puts `op`, with everything but operands, alpha and beta set, on the stream. The result is the C
// of the op when beta is not 0.
bool enqueueLayer(npuStream_t stream, const char *caller, TensorOp op,
                  std::initializer_list<Stored> sources, const Stored &result, double alpha,
                  double beta);

} // namespace npu::dnn
