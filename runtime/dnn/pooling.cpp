// Pooling: maximum and average, one to three spatial dimensions.
//
// A gradient of a maximum goes to the first element in the window that equals it, so every mode is
// deterministic.
#include "layer_op.h"

#include <algorithm>
#include <cmath>
#include <limits>

namespace npu::dnn {
namespace {

struct Pooling {
  npudnnPoolingMode_t mode;
  bool propagatesNan;
  Window window;
  int64_t planes = 0; // images times channels
};

void setPooling(npudnnPoolingDescriptor_t descriptor, npudnnPoolingMode_t mode,
                npudnnNanPropagation_t nan, std::vector<int64_t> windows, std::vector<int64_t> pads,
                std::vector<int64_t> strides) {
  auto object = get<PoolingDescriptor>(descriptor, "the pooling descriptor");
  require(mode >= NPUDNN_POOLING_MAX && mode <= NPUDNN_POOLING_MAX_DETERMINISTIC,
          "there is no such pooling mode");
  require(nan == NPUDNN_NOT_PROPAGATE_NAN || nan == NPUDNN_PROPAGATE_NAN,
          "there is no such propagation of NaN");
  for (size_t i = 0; i < windows.size(); ++i) {
    require(windows[i] >= 1 && strides[i] >= 1, "a window or stride is less than 1");
    require(pads[i] >= 0, "a padding is negative");
    require(pads[i] < windows[i], "a padding is not smaller than its window");
  }
  object->mode = mode, object->nan = nan;
  object->windows = std::move(windows), object->pads = std::move(pads);
  object->strides = std::move(strides);
  object->set = true;
}

std::vector<int64_t> poolingSizes(const PoolingDescriptor &pooling, const Layout &x) {
  require(x.dims.size() == pooling.windows.size() + 2,
          "the tensor and the pooling have different numbers of dimensions");
  std::vector<int64_t> sizes = {x.dims[0], x.dims[1]};
  for (size_t i = 0; i < pooling.windows.size(); ++i) {
    sizes.push_back(
        windowOutput(x.dims[i + 2], pooling.windows[i], pooling.pads[i], pooling.strides[i], 1));
    require(sizes.back() >= 1, "the window is larger than the padded tensor");
  }
  return sizes;
}

Pooling makePooling(npudnnPoolingDescriptor_t descriptor, const Layout &x, const Layout &y) {
  const auto object = getSet<PoolingDescriptor>(descriptor, "poolingDesc");
  if (object->windows.size() > 3)
    unsupported("pooling has at most 3 spatial dimensions");
  const std::vector<int64_t> sizes = poolingSizes(*object, x);
  require(sizes[0] == y.size(0) && sizes[1] == y.size(1) && y.dims.size() == sizes.size(),
          "y has not x's images and channels");
  // Other sizes of y are taken as given, as long as every window touches the tensor.
  for (size_t i = 2; i < sizes.size(); ++i)
    require(y.dims[i] <= sizes[i] ||
                (y.dims[i] - 1) * object->strides[i - 2] - object->pads[i - 2] < x.dims[i],
            "y is larger than this pooling's result");
  require(x.type == y.type, "x and y have different data types");
  Pooling pooling;
  pooling.mode = object->mode;
  pooling.propagatesNan = object->nan == NPUDNN_PROPAGATE_NAN;
  pooling.window = {spatialSizes(x),
                    spatialSizes(y),
                    toExtent(object->windows, 1),
                    toExtent(object->pads, 0),
                    toExtent(object->strides, 1),
                    {1, 1, 1}};
  pooling.planes = x.dims[0] * x.dims[1];
  return pooling;
}

// The same as an op of a device; false when NaN counts otherwise there.
bool poolingOp(const Pooling &pooling, size_t rank, TensorOp &op) {
  switch (pooling.mode) {
  case NPUDNN_POOLING_AVERAGE_COUNT_INCLUDE_PADDING:
    op.pooling = PoolingKind::AverageIncludingPadding;
    break;
  case NPUDNN_POOLING_AVERAGE_COUNT_EXCLUDE_PADDING:
    op.pooling = PoolingKind::AverageExcludingPadding;
    break;
  default:
    op.pooling = PoolingKind::Maximum;
    if (!pooling.propagatesNan)
      return false;
  }
  const Window &window = pooling.window;
  for (size_t i = 5 - rank; i < 3; ++i)
    op.window.push_back({window.kernel[i], window.stride[i], 1, window.pad[i]});
  return true;
}

// The part of one output's window that lies inside the tensor.
struct Region {
  Extent first, last;
};
Region regionOf(const Window &window, int64_t output) {
  const Extent at = {output / window.out[2] / window.out[1], output / window.out[2] % window.out[1],
                     output % window.out[2]};
  Region region;
  for (size_t i = 0; i < 3; ++i) {
    const int64_t start = at[i] * window.stride[i] - window.pad[i];
    region.first[i] = std::max<int64_t>(0, start);
    region.last[i] = std::min(window.in[i], start + window.kernel[i]);
  }
  return region;
}

template <class Visit> void forEachInside(const Window &window, const Region &region, Visit visit) {
  for (int64_t d = region.first[0]; d < region.last[0]; ++d)
    for (int64_t h = region.first[1]; h < region.last[1]; ++h) {
      const int64_t row = (d * window.in[1] + h) * window.in[2];
      for (int64_t w = region.first[2]; w < region.last[2]; ++w)
        visit(row + w);
    }
}

bool isMaximum(const Pooling &pooling) {
  return pooling.mode == NPUDNN_POOLING_MAX || pooling.mode == NPUDNN_POOLING_MAX_DETERMINISTIC;
}

int64_t divisor(const Pooling &pooling, const Region &region) {
  if (pooling.mode == NPUDNN_POOLING_AVERAGE_COUNT_INCLUDE_PADDING)
    return pooling.window.kernelCount();
  int64_t count = 1;
  for (size_t i = 0; i < 3; ++i)
    count *= region.last[i] - region.first[i];
  return count;
}

// The maximum's place in the plane.
template <class Real>
int64_t maximumOf(const Pooling &pooling, const Region &region, const Real *plane) {
  int64_t best = -1;
  forEachInside(pooling.window, region, [&](int64_t at) {
    const Real value = plane[at];
    if (best < 0)
      best = at;
    else if (std::isnan(plane[best])
                 ? !pooling.propagatesNan && !std::isnan(value)
                 : value > plane[best] || (std::isnan(value) && pooling.propagatesNan))
      best = at;
  });
  return best;
}

template <class Real>
void poolForward(const Pooling &pooling, const Layout &xLayout, const void *xData,
                 const Layout &yLayout, void *yData, double alpha, double beta) {
  const Values<Real> x(xLayout, xData);
  const int64_t inCount = pooling.window.inCount(), outCount = pooling.window.outCount();
  std::vector<Real> y(size_t(pooling.planes * outCount));
  for (int64_t output = 0; output < outCount; ++output) {
    const Region region = regionOf(pooling.window, output);
    for (int64_t plane = 0; plane < pooling.planes; ++plane) {
      const Real *from = x.data() + plane * inCount;
      Real &to = y[size_t(plane * outCount + output)];
      if (isMaximum(pooling)) {
        to = from[maximumOf(pooling, region, from)];
        continue;
      }
      Real sum = 0;
      forEachInside(pooling.window, region, [&](int64_t at) { sum += from[at]; });
      to = sum / Real(divisor(pooling, region));
    }
  }
  scatter(yLayout, yData, y.data(), alpha, beta);
}

template <class Real>
void poolBackward(const Pooling &pooling, const Layout &xLayout, const void *xData,
                  const Layout &dyLayout, const void *dyData, const Layout &dxLayout, void *dxData,
                  double alpha, double beta) {
  const Values<Real> x(xLayout, xData), dy(dyLayout, dyData);
  const int64_t inCount = pooling.window.inCount(), outCount = pooling.window.outCount();
  std::vector<Real> dx(size_t(pooling.planes * inCount), Real(0));
  for (int64_t output = 0; output < outCount; ++output) {
    const Region region = regionOf(pooling.window, output);
    for (int64_t plane = 0; plane < pooling.planes; ++plane) {
      const Real gradient = dy[plane * outCount + output];
      Real *to = dx.data() + plane * inCount;
      if (isMaximum(pooling)) {
        to[maximumOf(pooling, region, x.data() + plane * inCount)] += gradient;
        continue;
      }
      const Real share = gradient / Real(divisor(pooling, region));
      forEachInside(pooling.window, region, [&](int64_t at) { to[at] += share; });
    }
  }
  scatter(dxLayout, dxData, dx.data(), alpha, beta);
}

} // namespace
} // namespace npu::dnn

using namespace npu::dnn;

NPU_DNN_LIFETIME(PoolingDescriptor, PoolingDescriptor)

npudnnStatus_t npudnnSetPooling2dDescriptor(npudnnPoolingDescriptor_t poolingDesc,
                                            npudnnPoolingMode_t mode,
                                            npudnnNanPropagation_t maxpoolingNanOpt,
                                            int windowHeight, int windowWidth, int verticalPadding,
                                            int horizontalPadding, int verticalStride,
                                            int horizontalStride) {
  return dnnEntry("cudnnSetPooling2dDescriptor", [&] {
    setPooling(poolingDesc, mode, maxpoolingNanOpt, {windowHeight, windowWidth},
               {verticalPadding, horizontalPadding}, {verticalStride, horizontalStride});
  });
}

npudnnStatus_t npudnnGetPooling2dDescriptor(const npudnnPoolingDescriptor_t poolingDesc,
                                            npudnnPoolingMode_t *mode,
                                            npudnnNanPropagation_t *maxpoolingNanOpt,
                                            int *windowHeight, int *windowWidth,
                                            int *verticalPadding, int *horizontalPadding,
                                            int *verticalStride, int *horizontalStride) {
  return dnnEntry("cudnnGetPooling2dDescriptor", [&] {
    const auto object = getSet<PoolingDescriptor>(poolingDesc, "the pooling descriptor");
    require(object->windows.size() == 2, "the pooling is not of 2 dimensions");
    if (mode)
      *mode = object->mode;
    if (maxpoolingNanOpt)
      *maxpoolingNanOpt = object->nan;
    int *windows[] = {windowHeight, windowWidth}, *pads[] = {verticalPadding, horizontalPadding},
        *strides[] = {verticalStride, horizontalStride};
    for (size_t i = 0; i < 2; ++i) {
      if (windows[i])
        *windows[i] = int(object->windows[i]);
      if (pads[i])
        *pads[i] = int(object->pads[i]);
      if (strides[i])
        *strides[i] = int(object->strides[i]);
    }
  });
}

npudnnStatus_t npudnnSetPoolingNdDescriptor(npudnnPoolingDescriptor_t poolingDesc,
                                            const npudnnPoolingMode_t mode,
                                            const npudnnNanPropagation_t maxpoolingNanOpt,
                                            int nbDims, const int windowDimA[],
                                            const int paddingA[], const int strideA[]) {
  return dnnEntry("cudnnSetPoolingNdDescriptor", [&] {
    require(nbDims >= 1, "nbDims is less than 1");
    if (nbDims > NPUDNN_DIM_MAX - 2)
      unsupported("nbDims is more than CUDNN_DIM_MAX - 2");
    requirePointer(paddingA, "paddingA");
    setPooling(poolingDesc, mode, maxpoolingNanOpt, positive(windowDimA, nbDims, "windowDimA"),
               {paddingA, paddingA + nbDims}, positive(strideA, nbDims, "strideA"));
  });
}

npudnnStatus_t npudnnGetPoolingNdDescriptor(const npudnnPoolingDescriptor_t poolingDesc,
                                            int nbDimsRequested, npudnnPoolingMode_t *mode,
                                            npudnnNanPropagation_t *maxpoolingNanOpt, int *nbDims,
                                            int windowDimA[], int paddingA[], int strideA[]) {
  return dnnEntry("cudnnGetPoolingNdDescriptor", [&] {
    const auto object = getSet<PoolingDescriptor>(poolingDesc, "the pooling descriptor");
    require(nbDimsRequested >= 0, "nbDimsRequested is negative");
    if (mode)
      *mode = object->mode;
    if (maxpoolingNanOpt)
      *maxpoolingNanOpt = object->nan;
    if (nbDims)
      *nbDims = int(object->windows.size());
    for (size_t i = 0; i < std::min(size_t(nbDimsRequested), object->windows.size()); ++i) {
      if (windowDimA)
        windowDimA[i] = int(object->windows[i]);
      if (paddingA)
        paddingA[i] = int(object->pads[i]);
      if (strideA)
        strideA[i] = int(object->strides[i]);
    }
  });
}

npudnnStatus_t npudnnGetPooling2dForwardOutputDim(const npudnnPoolingDescriptor_t poolingDesc,
                                                  const npudnnTensorDescriptor_t inputTensorDesc,
                                                  int *n, int *c, int *h, int *w) {
  return dnnEntry("cudnnGetPooling2dForwardOutputDim", [&] {
    const auto sizes =
        poolingSizes(*getSet<PoolingDescriptor>(poolingDesc, "the pooling descriptor"),
                     layoutOf(inputTensorDesc, "inputTensorDesc"));
    require(sizes.size() == 4, "the pooling is not of 2 dimensions");
    int *results[] = {n, c, h, w};
    for (size_t i = 0; i < 4; ++i) {
      requirePointer(results[i], "a result");
      *results[i] = int(sizes[i]);
    }
  });
}

npudnnStatus_t npudnnGetPoolingNdForwardOutputDim(const npudnnPoolingDescriptor_t poolingDesc,
                                                  const npudnnTensorDescriptor_t inputTensorDesc,
                                                  int nbDims, int outputTensorDimA[]) {
  return dnnEntry("cudnnGetPoolingNdForwardOutputDim", [&] {
    const auto sizes =
        poolingSizes(*getSet<PoolingDescriptor>(poolingDesc, "the pooling descriptor"),
                     layoutOf(inputTensorDesc, "inputTensorDesc"));
    requirePointer(outputTensorDimA, "the result");
    require(nbDims == int(sizes.size()), "nbDims is not the number of the result's dimensions");
    std::copy(sizes.begin(), sizes.end(), outputTensorDimA);
  });
}

npudnnStatus_t npudnnPoolingForward(npudnnHandle_t handle,
                                    const npudnnPoolingDescriptor_t poolingDesc, const void *alpha,
                                    const npudnnTensorDescriptor_t xDesc, const void *x,
                                    const void *beta, const npudnnTensorDescriptor_t yDesc,
                                    void *y) {
  return dnnEntry("cudnnPoolingForward", [&] {
    const npuStream_t stream = streamOf(handle);
    const Layout from = layoutOf(xDesc, "xDesc"), to = layoutOf(yDesc, "yDesc");
    const Pooling pooling = makePooling(poolingDesc, from, to);
    const double a = scalarOf(to.type, alpha, "alpha"), b = scalarOf(to.type, beta, "beta");
    requireMemory(from, x, "x");
    requireMemory(to, y, "y");
    TensorOp op;
    op.kind = TensorOp::Kind::pooling;
    if (poolingOp(pooling, from.dims.size(), op) &&
        enqueueLayer(stream, "cudnnPoolingForward", op, {{from, x}}, {to, y}, a, b))
      return;
    enqueueHost(stream, "cudnnPoolingForward", [=] {
      withReal(from.type,
               [&](auto real) { poolForward<decltype(real)>(pooling, from, x, to, y, a, b); });
    });
  });
}

npudnnStatus_t npudnnPoolingBackward(npudnnHandle_t handle,
                                     const npudnnPoolingDescriptor_t poolingDesc, const void *alpha,
                                     const npudnnTensorDescriptor_t yDesc, const void *y,
                                     const npudnnTensorDescriptor_t dyDesc, const void *dy,
                                     const npudnnTensorDescriptor_t xDesc, const void *x,
                                     const void *beta, const npudnnTensorDescriptor_t dxDesc,
                                     void *dx) {
  return dnnEntry("cudnnPoolingBackward", [&] {
    const npuStream_t stream = streamOf(handle);
    const Layout yLayout = layoutOf(yDesc, "yDesc"), dyLayout = layoutOf(dyDesc, "dyDesc");
    const Layout xLayout = layoutOf(xDesc, "xDesc"), dxLayout = layoutOf(dxDesc, "dxDesc");
    const Pooling pooling = makePooling(poolingDesc, xLayout, yLayout);
    require(dyLayout.dims == yLayout.dims && dxLayout.dims == xLayout.dims,
            "a gradient has not the sizes of its tensor");
    require(dyLayout.type == xLayout.type && dxLayout.type == xLayout.type,
            "the tensors have different data types");
    const double a = scalarOf(dxLayout.type, alpha, "alpha");
    const double b = scalarOf(dxLayout.type, beta, "beta");
    requireMemory(yLayout, y, "y");
    requireMemory(dyLayout, dy, "dy");
    requireMemory(xLayout, x, "x");
    requireMemory(dxLayout, dx, "dx");
    TensorOp op;
    op.kind = TensorOp::Kind::pooling_gradient;
    if (poolingOp(pooling, xLayout.dims.size(), op) &&
        enqueueLayer(stream, "cudnnPoolingBackward", op, {{dyLayout, dy}, {xLayout, x}},
                     {dxLayout, dx}, a, b))
      return;
    enqueueHost(stream, "cudnnPoolingBackward", [=] {
      withReal(xLayout.type, [&](auto real) {
        poolBackward<decltype(real)>(pooling, xLayout, x, dyLayout, dy, dxLayout, dx, a, b);
      });
    });
  });
}
