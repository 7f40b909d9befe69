// Local response normalization across channels:
// y = x * (k + alpha / n * sum of x^2 over n channels)^-beta.
#include "layer_op.h"

#include <algorithm>
#include <cmath>

namespace npu::dnn {
namespace {

struct Lrn {
  double scale, beta, k; // scale: alpha / n
  int64_t before, after; // channels of the window beside its center
  int64_t images, channels, plane;

  int64_t first(int64_t channel) const { return std::max<int64_t>(0, channel - before); }
  int64_t last(int64_t channel) const { return std::min(channels, channel + after + 1); }
  int64_t at(int64_t image, int64_t channel, int64_t place) const {
    return (image * channels + channel) * plane + place;
  }
  // Calls visit(image, channel, place) for every element.
  template <class Visit> void forEach(Visit visit) const {
    for (int64_t image = 0; image < images; ++image)
      for (int64_t channel = 0; channel < channels; ++channel)
        for (int64_t place = 0; place < plane; ++place)
          visit(image, channel, place);
  }
};

Lrn makeLrn(npudnnLRNDescriptor_t descriptor, npudnnLRNMode_t mode, const Layout &x) {
  const auto object = get<LrnDescriptor>(descriptor, "normDesc");
  require(mode == NPUDNN_LRN_CROSS_CHANNEL_DIM1, "there is no such mode");
  require(x.dims.size() >= 2, "the tensor has no channels");
  const int64_t n = object->n, before = (n - 1) / 2;
  return {object->alpha / double(n),
          object->beta,
          object->k,
          before,
          n - before - 1,
          x.dims[0],
          x.dims[1],
          x.count() / x.dims[0] / x.dims[1]};
}

template <class Real> std::vector<double> sums(const Lrn &lrn, const Values<Real> &x) {
  std::vector<double> result(size_t(lrn.images * lrn.channels * lrn.plane));
  lrn.forEach([&](int64_t image, int64_t channel, int64_t place) {
    double sum = 0;
    for (int64_t other = lrn.first(channel); other < lrn.last(channel); ++other) {
      const double value = double(x[lrn.at(image, other, place)]);
      sum += value * value;
    }
    result[size_t(lrn.at(image, channel, place))] = lrn.k + lrn.scale * sum;
  });
  return result;
}

template <class Real> std::vector<Real> forward(const Lrn &lrn, const Values<Real> &x) {
  const std::vector<double> s = sums(lrn, x);
  std::vector<Real> y(s.size());
  for (size_t i = 0; i < y.size(); ++i)
    y[i] = Real(double(x[int64_t(i)]) * std::pow(s[i], -lrn.beta));
  return y;
}

// The channels whose window holds `channel` are those of the mirrored window.
template <class Real>
std::vector<Real> backward(const Lrn &lrn, const Values<Real> &x, const Values<Real> &dy) {
  const std::vector<double> s = sums(lrn, x);
  std::vector<Real> dx(s.size());
  lrn.forEach([&](int64_t image, int64_t channel, int64_t place) {
    const int64_t here = lrn.at(image, channel, place);
    double sum = 0;
    const int64_t last = std::min(lrn.channels, channel + lrn.before + 1);
    for (int64_t other = std::max<int64_t>(0, channel - lrn.after); other < last; ++other) {
      const int64_t at = lrn.at(image, other, place);
      sum += double(dy[at]) * double(x[at]) * std::pow(s[size_t(at)], -lrn.beta - 1);
    }
    dx[size_t(here)] = Real(double(dy[here]) * std::pow(s[size_t(here)], -lrn.beta) -
                            2 * lrn.scale * lrn.beta * double(x[here]) * sum);
  });
  return dx;
}

} // namespace
} // namespace npu::dnn

using namespace npu::dnn;

NPU_DNN_LIFETIME(LRNDescriptor, LrnDescriptor)

npudnnStatus_t npudnnSetLRNDescriptor(npudnnLRNDescriptor_t normDesc, unsigned lrnN,
                                      double lrnAlpha, double lrnBeta, double lrnK) {
  return dnnEntry("cudnnSetLRNDescriptor", [&] {
    auto object = get<LrnDescriptor>(normDesc, "the normalization descriptor");
    require(lrnN >= NPUDNN_LRN_MIN_N && lrnN <= NPUDNN_LRN_MAX_N, "n is not 1 to 16");
    require(lrnK >= NPUDNN_LRN_MIN_K, "k is less than 1e-5");
    require(lrnBeta >= NPUDNN_LRN_MIN_BETA, "beta is less than 0.01");
    object->n = lrnN, object->alpha = lrnAlpha, object->beta = lrnBeta, object->k = lrnK;
  });
}

npudnnStatus_t npudnnGetLRNDescriptor(npudnnLRNDescriptor_t normDesc, unsigned *lrnN,
                                      double *lrnAlpha, double *lrnBeta, double *lrnK) {
  return dnnEntry("cudnnGetLRNDescriptor", [&] {
    const auto object = get<LrnDescriptor>(normDesc, "the normalization descriptor");
    if (lrnN)
      *lrnN = object->n;
    if (lrnAlpha)
      *lrnAlpha = object->alpha;
    if (lrnBeta)
      *lrnBeta = object->beta;
    if (lrnK)
      *lrnK = object->k;
  });
}

npudnnStatus_t npudnnLRNCrossChannelForward(npudnnHandle_t handle, npudnnLRNDescriptor_t normDesc,
                                            npudnnLRNMode_t lrnMode, const void *alpha,
                                            const npudnnTensorDescriptor_t xDesc, const void *x,
                                            const void *beta, const npudnnTensorDescriptor_t yDesc,
                                            void *y) {
  return dnnEntry("cudnnLRNCrossChannelForward", [&] {
    const npuStream_t stream = streamOf(handle);
    const Layout from = layoutOf(xDesc, "xDesc"), to = layoutOf(yDesc, "yDesc");
    require(from.dims == to.dims && from.type == to.type,
            "x and y have different sizes or data types");
    const Lrn lrn = makeLrn(normDesc, lrnMode, from);
    const double a = scalarOf(to.type, alpha, "alpha"), b = scalarOf(to.type, beta, "beta");
    requireMemory(from, x, "x");
    requireMemory(to, y, "y");
    TensorOp op;
    op.kind = TensorOp::Kind::response_normalization;
    op.response = {lrn.before + lrn.after + 1, lrn.scale, lrn.beta, lrn.k};
    if (enqueueLayer(stream, "cudnnLRNCrossChannelForward", op, {{from, x}}, {to, y}, a, b))
      return;
    enqueueHost(stream, "cudnnLRNCrossChannelForward", [=] {
      withReal(from.type, [&](auto real) {
        const Values<decltype(real)> values(from, x);
        scatter(to, y, forward(lrn, values).data(), a, b);
      });
    });
  });
}

npudnnStatus_t npudnnLRNCrossChannelBackward(npudnnHandle_t handle, npudnnLRNDescriptor_t normDesc,
                                             npudnnLRNMode_t lrnMode, const void *alpha,
                                             const npudnnTensorDescriptor_t yDesc, const void *y,
                                             const npudnnTensorDescriptor_t dyDesc, const void *dy,
                                             const npudnnTensorDescriptor_t xDesc, const void *x,
                                             const void *beta,
                                             const npudnnTensorDescriptor_t dxDesc, void *dx) {
  return dnnEntry("cudnnLRNCrossChannelBackward", [&] {
    const npuStream_t stream = streamOf(handle);
    const Layout yLayout = layoutOf(yDesc, "yDesc"), dyLayout = layoutOf(dyDesc, "dyDesc");
    const Layout xLayout = layoutOf(xDesc, "xDesc"), dxLayout = layoutOf(dxDesc, "dxDesc");
    for (const Layout *layout : {&yLayout, &dyLayout, &xLayout})
      require(layout->dims == dxLayout.dims && layout->type == dxLayout.type,
              "the tensors have different sizes or data types");
    const Lrn lrn = makeLrn(normDesc, lrnMode, xLayout);
    const double a = scalarOf(dxLayout.type, alpha, "alpha");
    const double b = scalarOf(dxLayout.type, beta, "beta");
    requireMemory(yLayout, y, "y");
    requireMemory(dyLayout, dy, "dy");
    requireMemory(xLayout, x, "x");
    requireMemory(dxLayout, dx, "dx");
    enqueueHost(stream, "cudnnLRNCrossChannelBackward", [=] {
      withReal(dxLayout.type, [&](auto real) {
        using Real = decltype(real);
        const Values<Real> xs(xLayout, x), dys(dyLayout, dy);
        scatter(dxLayout, dx, backward(lrn, xs, dys).data(), a, b);
      });
    });
  });
}
