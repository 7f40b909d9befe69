// Softmax over all of an image (instance mode) or over its channels at each position.
#include "layer_op.h"

#include <cmath>

namespace npu::dnn {
namespace {

struct Softmax {
  npudnnSoftmaxAlgorithm_t algorithm;
  int64_t outer, length, step; // `length` numbers, `step` apart, for each of outer * step places
};

Softmax makeSoftmax(npudnnSoftmaxAlgorithm_t algorithm, npudnnSoftmaxMode_t mode,
                    const Layout &layout) {
  require(algorithm >= NPUDNN_SOFTMAX_FAST && algorithm <= NPUDNN_SOFTMAX_LOG,
          "there is no such softmax algorithm");
  require(mode == NPUDNN_SOFTMAX_MODE_INSTANCE || mode == NPUDNN_SOFTMAX_MODE_CHANNEL,
          "there is no such softmax mode");
  require(layout.dims.size() >= 2, "the tensor has no channels");
  const int64_t image = layout.count() / layout.dims[0];
  if (mode == NPUDNN_SOFTMAX_MODE_INSTANCE)
    return {algorithm, layout.dims[0], image, 1};
  return {algorithm, layout.dims[0], layout.dims[1], image / layout.dims[1]};
}

// The same as an op of a device; kind and operands are the caller's.
TensorOp softmaxOp(const Softmax &softmax, npudnnSoftmaxMode_t mode, size_t rank) {
  TensorOp op;
  op.logarithm = softmax.algorithm == NPUDNN_SOFTMAX_LOG;
  op.axes = {1};
  for (size_t i = 2; mode == NPUDNN_SOFTMAX_MODE_INSTANCE && i < rank; ++i)
    op.axes.push_back(int64_t(i));
  return op;
}

// Calls body(first index) for each set of numbers.
template <class Body> void forEachSet(const Softmax &softmax, Body body) {
  for (int64_t outer = 0; outer < softmax.outer; ++outer)
    for (int64_t inner = 0; inner < softmax.step; ++inner)
      body(outer * softmax.length * softmax.step + inner);
}

template <class Real> void forward(const Softmax &softmax, Real *values) {
  forEachSet(softmax, [&](int64_t first) {
    auto at = [&](int64_t i) -> Real & { return values[first + i * softmax.step]; };
    Real largest = at(0);
    for (int64_t i = 1; i < softmax.length; ++i)
      largest = std::max(largest, at(i));
    // The fast algorithm may overflow on a GPU; here it is the accurate one.
    double sum = 0;
    for (int64_t i = 0; i < softmax.length; ++i)
      sum += std::exp(double(at(i) - largest));
    if (softmax.algorithm == NPUDNN_SOFTMAX_LOG) {
      const double offset = double(largest) + std::log(sum);
      for (int64_t i = 0; i < softmax.length; ++i)
        at(i) = Real(double(at(i)) - offset);
    } else {
      for (int64_t i = 0; i < softmax.length; ++i)
        at(i) = Real(std::exp(double(at(i) - largest)) / sum);
    }
  });
}

template <class Real>
void backward(const Softmax &softmax, const Real *y, const Real *dy, Real *dx) {
  forEachSet(softmax, [&](int64_t first) {
    double sum = 0;
    for (int64_t i = 0; i < softmax.length; ++i) {
      const int64_t at = first + i * softmax.step;
      sum +=
          softmax.algorithm == NPUDNN_SOFTMAX_LOG ? double(dy[at]) : double(dy[at]) * double(y[at]);
    }
    for (int64_t i = 0; i < softmax.length; ++i) {
      const int64_t at = first + i * softmax.step;
      dx[at] = softmax.algorithm == NPUDNN_SOFTMAX_LOG
                   ? Real(double(dy[at]) - std::exp(double(y[at])) * sum)
                   : Real(double(y[at]) * (double(dy[at]) - sum));
    }
  });
}

} // namespace
} // namespace npu::dnn

using namespace npu::dnn;

npudnnStatus_t npudnnSoftmaxForward(npudnnHandle_t handle, npudnnSoftmaxAlgorithm_t algo,
                                    npudnnSoftmaxMode_t mode, const void *alpha,
                                    const npudnnTensorDescriptor_t xDesc, const void *x,
                                    const void *beta, const npudnnTensorDescriptor_t yDesc,
                                    void *y) {
  return dnnEntry("cudnnSoftmaxForward", [&] {
    const npuStream_t stream = streamOf(handle);
    const Layout from = layoutOf(xDesc, "xDesc"), to = layoutOf(yDesc, "yDesc");
    require(from.dims == to.dims, "x and y have different sizes");
    require(from.type == to.type, "x and y have different data types");
    const Softmax softmax = makeSoftmax(algo, mode, from);
    const double a = scalarOf(to.type, alpha, "alpha"), b = scalarOf(to.type, beta, "beta");
    requireMemory(from, x, "x");
    requireMemory(to, y, "y");
    TensorOp op = softmaxOp(softmax, mode, from.dims.size());
    op.kind = TensorOp::Kind::softmax;
    if (enqueueLayer(stream, "cudnnSoftmaxForward", op, {{from, x}}, {to, y}, a, b))
      return;
    enqueueHost(stream, "cudnnSoftmaxForward", [=] {
      withReal(from.type, [&](auto real) {
        std::vector<decltype(real)> values(size_t(from.count()));
        gather(from, x, values.data());
        forward(softmax, values.data());
        scatter(to, y, values.data(), a, b);
      });
    });
  });
}

npudnnStatus_t npudnnSoftmaxBackward(npudnnHandle_t handle, npudnnSoftmaxAlgorithm_t algo,
                                     npudnnSoftmaxMode_t mode, const void *alpha,
                                     const npudnnTensorDescriptor_t yDesc, const void *y,
                                     const npudnnTensorDescriptor_t dyDesc, const void *dy,
                                     const void *beta, const npudnnTensorDescriptor_t dxDesc,
                                     void *dx) {
  return dnnEntry("cudnnSoftmaxBackward", [&] {
    const npuStream_t stream = streamOf(handle);
    const Layout yLayout = layoutOf(yDesc, "yDesc"), dyLayout = layoutOf(dyDesc, "dyDesc");
    const Layout dxLayout = layoutOf(dxDesc, "dxDesc");
    for (const Layout *layout : {&yLayout, &dyLayout})
      require(layout->dims == dxLayout.dims && layout->type == dxLayout.type,
              "the tensors have different sizes or data types");
    const Softmax softmax = makeSoftmax(algo, mode, yLayout);
    const double a = scalarOf(dxLayout.type, alpha, "alpha");
    const double b = scalarOf(dxLayout.type, beta, "beta");
    requireMemory(yLayout, y, "y");
    requireMemory(dyLayout, dy, "dy");
    requireMemory(dxLayout, dx, "dx");
    TensorOp op = softmaxOp(softmax, mode, yLayout.dims.size());
    op.kind = TensorOp::Kind::softmax_gradient;
    if (enqueueLayer(stream, "cudnnSoftmaxBackward", op, {{dyLayout, dy}, {yLayout, y}},
                     {dxLayout, dx}, a, b))
      return;
    enqueueHost(stream, "cudnnSoftmaxBackward", [=] {
      withReal(dxLayout.type, [&](auto real) {
        using Real = decltype(real);
        const Values<Real> ys(yLayout, y), dys(dyLayout, dy);
        std::vector<Real> values(size_t(dxLayout.count()));
        backward(softmax, ys.data(), dys.data(), values.data());
        scatter(dxLayout, dx, values.data(), a, b);
      });
    });
  });
}
