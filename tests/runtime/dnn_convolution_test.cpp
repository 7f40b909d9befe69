// Convolutions against seven plain loops in double.
#include "dnn_fixture.h"

using namespace npu;

namespace {

struct Case {
  const char *name;
  std::vector<int> x, w; // n, c, spatial...; k, c of a group, spatial...
  std::vector<int> pad, stride, dilation;
  int groups = 1;
  npudnnConvolutionMode_t mode = NPUDNN_CROSS_CORRELATION;
  npudnnTensorFormat_t xFormat = NPUDNN_TENSOR_NCHW, wFormat = NPUDNN_TENSOR_NCHW,
                       yFormat = NPUDNN_TENSOR_NCHW;
};

std::vector<Case> cases() {
  const auto nchw = NPUDNN_TENSOR_NCHW, nhwc = NPUDNN_TENSOR_NHWC;
  const auto cross = NPUDNN_CROSS_CORRELATION, proper = NPUDNN_CONVOLUTION;
  return {
      {"plain", {2, 3, 6, 5}, {4, 3, 3, 2}, {0, 0}, {1, 1}, {1, 1}},
      {"padded", {1, 2, 5, 5}, {3, 2, 3, 3}, {1, 2}, {1, 1}, {1, 1}},
      {"strided", {2, 2, 7, 8}, {3, 2, 3, 3}, {1, 1}, {2, 3}, {1, 1}},
      {"dilated", {1, 2, 9, 9}, {2, 2, 3, 3}, {2, 2}, {1, 2}, {2, 3}},
      {"pointwise", {2, 4, 3, 3}, {5, 4, 1, 1}, {0, 0}, {1, 1}, {1, 1}},
      {"groups", {2, 4, 5, 5}, {6, 2, 3, 3}, {1, 1}, {1, 1}, {1, 1}, 2},
      {"depthwise", {2, 3, 5, 5}, {3, 1, 3, 3}, {1, 1}, {2, 2}, {1, 1}, 3},
      {"convolution mode", {1, 2, 5, 6}, {2, 2, 3, 2}, {1, 0}, {1, 1}, {1, 1}, 1, proper},
      {"channels last",
       {2, 4, 5, 5},
       {3, 4, 3, 3},
       {1, 1},
       {1, 2},
       {1, 1},
       1,
       cross,
       nhwc,
       nhwc,
       nhwc},
      {"channels last, proper, groups",
       {1, 4, 5, 4},
       {4, 2, 2, 3},
       {1, 1},
       {1, 1},
       {1, 1},
       2,
       proper,
       nhwc,
       nhwc,
       nhwc},
      {"mixed orders",
       {1, 3, 4, 5},
       {2, 3, 2, 2},
       {0, 1},
       {1, 1},
       {1, 1},
       1,
       cross,
       nhwc,
       nchw,
       nhwc},
      {"mixed filter",
       {1, 3, 4, 5},
       {2, 3, 2, 2},
       {0, 1},
       {1, 1},
       {1, 1},
       1,
       cross,
       nchw,
       nhwc,
       nchw},
      {"one dimension", {2, 3, 9}, {2, 3, 4}, {1}, {2}, {1}},
      {"three dimensions", {1, 2, 4, 5, 3}, {3, 2, 2, 3, 2}, {1, 1, 0}, {1, 2, 1}, {1, 1, 2}},
  };
}

// Sizes as three spatial dimensions.
std::vector<int> wide(const std::vector<int> &values, int fill, size_t kept) {
  std::vector<int> result(values.begin(), values.begin() + std::ptrdiff_t(kept));
  result.insert(result.end(), 3 - (values.size() - kept), fill);
  result.insert(result.end(), values.begin() + std::ptrdiff_t(kept), values.end());
  return result;
}

// Where element [n, c, d, h, w] is.
size_t at(const std::vector<int> &dims, npudnnTensorFormat_t format, int n, int c, int d, int h,
          int w) {
  return size_t(format == NPUDNN_TENSOR_NHWC
                    ? (((n * dims[2] + d) * dims[3] + h) * dims[4] + w) * dims[1] + c
                    : (((n * dims[1] + c) * dims[2] + d) * dims[3] + h) * dims[4] + w);
}

// Calls visit(index of x, of w, of y) for each product of the convolution.
template <class Visit>
void forEachProduct(const Case &test, const std::vector<int> &ySizes, Visit visit) {
  const std::vector<int> x = wide(test.x, 1, 2), w = wide(test.w, 1, 2), y = wide(ySizes, 1, 2);
  const std::vector<int> pad = wide(test.pad, 0, 0), stride = wide(test.stride, 1, 0),
                         dilation = wide(test.dilation, 1, 0);
  const int channels = w[1], filters = w[0] / test.groups;
  for (int n = 0; n < y[0]; ++n)
    for (int k = 0; k < y[1]; ++k)
      for (int d = 0; d < y[2]; ++d)
        for (int h = 0; h < y[3]; ++h)
          for (int v = 0; v < y[4]; ++v)
            for (int c = 0; c < channels; ++c)
              for (int i = 0; i < w[2] * w[3] * w[4]; ++i) {
                const int kernel[3] = {i / w[4] / w[3], i / w[4] % w[3], i % w[4]};
                const int out[3] = {d, h, v};
                int in[3];
                bool inside = true;
                for (size_t axis = 0; axis < 3; ++axis) {
                  const int tap = test.mode == NPUDNN_CONVOLUTION ? w[axis + 2] - 1 - kernel[axis]
                                                                  : kernel[axis];
                  in[axis] = out[axis] * stride[axis] - pad[axis] + tap * dilation[axis];
                  inside &= in[axis] >= 0 && in[axis] < x[axis + 2];
                }
                if (inside)
                  visit(at(x, test.xFormat, n, k / filters * channels + c, in[0], in[1], in[2]),
                        at(w, test.wFormat, k, c, kernel[0], kernel[1], kernel[2]),
                        at(y, test.yFormat, n, k, d, h, v));
              }
}

class DnnConvolution : public DnnTest {
protected:
  void describe(const Case &test, npudnnDataType_t type) {
    x = tensor(test.x, test.xFormat, type);
    EXPECT_DNN(npudnnCreateFilterDescriptor(&w));
    EXPECT_DNN(
        npudnnSetFilterNdDescriptor(w, type, test.wFormat, int(test.w.size()), test.w.data()));
    EXPECT_DNN(npudnnCreateConvolutionDescriptor(&convolution));
    EXPECT_DNN(npudnnSetConvolutionNdDescriptor(convolution, int(test.pad.size()), test.pad.data(),
                                                test.stride.data(), test.dilation.data(), test.mode,
                                                type == NPUDNN_DATA_DOUBLE ? NPUDNN_DATA_DOUBLE
                                                                           : NPUDNN_DATA_FLOAT));
    EXPECT_DNN(npudnnSetConvolutionGroupCount(convolution, test.groups));
    ySizes.resize(test.x.size());
    EXPECT_DNN(npudnnGetConvolutionNdForwardOutputDim(convolution, x, w, int(ySizes.size()),
                                                      ySizes.data()));
    y = tensor(ySizes, test.yFormat, type);
  }

  npudnnTensorDescriptor_t x = nullptr, y = nullptr;
  npudnnFilterDescriptor_t w = nullptr;
  npudnnConvolutionDescriptor_t convolution = nullptr;
  std::vector<int> ySizes;
};

TEST_F(DnnConvolution, ForwardIsTheSumOfProducts) {
  const float alpha = 1.5f, beta = -0.5f;
  for (const Case &test : cases()) {
    SCOPED_TRACE(test.name);
    describe(test, NPUDNN_DATA_FLOAT);
    const auto xs = numbers(product(test.x), 1), ws = numbers(product(test.w), 2),
               before = numbers(product(ySizes), 3);
    std::vector<double> wanted(before.size(), 0.0);
    forEachProduct(test, ySizes, [&](size_t i, size_t k, size_t o) {
      wanted[o] += double(xs[i]) * double(ws[k]);
    });
    for (size_t i = 0; i < wanted.size(); ++i)
      wanted[i] = double(alpha) * wanted[i] + double(beta) * double(before[i]);
    float *result = device(before);
    EXPECT_DNN(npudnnConvolutionForward(handle, &alpha, x, device(xs), w, device(ws), convolution,
                                        NPUDNN_CONVOLUTION_FWD_ALGO_IMPLICIT_GEMM, nullptr, 0,
                                        &beta, y, result));
    expectNear(read(result, wanted.size()), wanted, 1e-5, "y");
  }
}

TEST_F(DnnConvolution, GradientsAreTheAdjoints) {
  const float alpha = 0.5f, beta = 2;
  for (const Case &test : cases()) {
    SCOPED_TRACE(test.name);
    describe(test, NPUDNN_DATA_FLOAT);
    const auto xs = numbers(product(test.x), 1), ws = numbers(product(test.w), 2),
               dys = numbers(product(ySizes), 3);
    std::vector<double> dx(xs.size(), 0.0), dw(ws.size(), 0.0);
    forEachProduct(test, ySizes, [&](size_t i, size_t k, size_t o) {
      dx[i] += double(ws[k]) * double(dys[o]);
      dw[k] += double(xs[i]) * double(dys[o]);
    });
    for (size_t i = 0; i < dx.size(); ++i)
      dx[i] = double(alpha) * dx[i] + double(beta) * double(xs[i]);
    for (size_t i = 0; i < dw.size(); ++i)
      dw[i] = double(alpha) * dw[i] + double(beta) * double(ws[i]);
    float *dxResult = device(xs), *dwResult = device(ws);
    EXPECT_DNN(npudnnConvolutionBackwardData(handle, &alpha, w, device(ws), y, device(dys),
                                             convolution, NPUDNN_CONVOLUTION_BWD_DATA_ALGO_1,
                                             nullptr, 0, &beta, x, dxResult));
    EXPECT_DNN(npudnnConvolutionBackwardFilter(handle, &alpha, x, device(xs), y, device(dys),
                                               convolution, NPUDNN_CONVOLUTION_BWD_FILTER_ALGO_1,
                                               nullptr, 0, &beta, w, dwResult));
    expectNear(read(dxResult, dx.size()), dx, 2e-5, "dx");
    expectNear(read(dwResult, dw.size()), dw, 5e-5, "dw");
  }
}

TEST_F(DnnConvolution, DoubleIsComputedInDouble) {
  const Case test = cases()[2];
  describe(test, NPUDNN_DATA_DOUBLE);
  const auto xs = numbers<double>(product(test.x), 1), ws = numbers<double>(product(test.w), 2);
  std::vector<double> wanted(product(ySizes), 0.0);
  forEachProduct(test, ySizes, [&](size_t i, size_t k, size_t o) { wanted[o] += xs[i] * ws[k]; });
  double *result = device(std::vector<double>(wanted.size(), NAN));
  EXPECT_DNN(npudnnConvolutionForward(handle, &oneDouble, x, device(xs), w, device(ws), convolution,
                                      NPUDNN_CONVOLUTION_FWD_ALGO_GEMM, nullptr, 0, &zeroDouble, y,
                                      result));
  expectNear(read(result, wanted.size()), wanted, 1e-14, "y");
}

TEST_F(DnnConvolution, BytesGiveExactSums) {
  const int dims[] = {2, 8, 5, 5}, filter[] = {4, 8, 3, 3}, pad[] = {1, 1}, ones[] = {1, 1};
  const Case test{"bytes", {2, 8, 5, 5}, {4, 8, 3, 3}, {1, 1}, {1, 1}, {1, 1}};
  std::vector<int8_t> xs(product(test.x)), ws(product(test.w));
  for (size_t i = 0; i < xs.size(); ++i)
    xs[i] = int8_t(i * 37 % 255 - 127);
  for (size_t i = 0; i < ws.size(); ++i)
    ws[i] = int8_t(i * 91 % 255 - 127);
  EXPECT_DNN(npudnnCreateFilterDescriptor(&w));
  EXPECT_DNN(npudnnSetFilterNdDescriptor(w, NPUDNN_DATA_INT8, NPUDNN_TENSOR_NCHW, 4, filter));
  EXPECT_DNN(npudnnCreateConvolutionDescriptor(&convolution));
  EXPECT_DNN(npudnnSetConvolutionNdDescriptor(convolution, 2, pad, ones, ones,
                                              NPUDNN_CROSS_CORRELATION, NPUDNN_DATA_INT32));
  x = tensor({dims, dims + 4}, NPUDNN_TENSOR_NCHW, NPUDNN_DATA_INT8);
  const std::vector<int> sizes = {2, 4, 5, 5};
  y = tensor(sizes, NPUDNN_TENSOR_NCHW, NPUDNN_DATA_FLOAT);
  std::vector<double> wanted(product(sizes), 0.0);
  forEachProduct(test, sizes,
                 [&](size_t i, size_t k, size_t o) { wanted[o] += double(xs[i]) * double(ws[k]); });
  float *result = device(std::vector<float>(wanted.size()));
  EXPECT_DNN(npudnnConvolutionForward(handle, &one, x, device(xs), w, device(ws), convolution,
                                      NPUDNN_CONVOLUTION_FWD_ALGO_IMPLICIT_PRECOMP_GEMM, nullptr, 0,
                                      &zero, y, result));
  expectNear(read(result, wanted.size()), wanted, 0, "y");
}

TEST_F(DnnConvolution, FusedCallAddsAndActivates) {
  const Case test = cases()[1];
  describe(test, NPUDNN_DATA_FLOAT);
  const auto xs = numbers(product(test.x), 1), ws = numbers(product(test.w), 2),
             zs = numbers(product(ySizes), 3), bias = numbers(3, 4);
  std::vector<double> wanted(zs.size(), 0.0);
  forEachProduct(test, ySizes,
                 [&](size_t i, size_t k, size_t o) { wanted[o] += double(xs[i]) * double(ws[k]); });
  const size_t plane = size_t(ySizes[2] * ySizes[3]);
  for (size_t i = 0; i < wanted.size(); ++i)
    wanted[i] = std::max(0.0, 2 * wanted[i] + 0.5 * double(zs[i]) + double(bias[i / plane % 3]));
  npudnnActivationDescriptor_t relu;
  EXPECT_DNN(npudnnCreateActivationDescriptor(&relu));
  EXPECT_DNN(npudnnSetActivationDescriptor(relu, NPUDNN_ACTIVATION_RELU, NPUDNN_PROPAGATE_NAN, 0));
  const float two = 2, half = 0.5f;
  float *result = device(std::vector<float>(wanted.size(), NAN));
  EXPECT_DNN(npudnnConvolutionBiasActivationForward(
      handle, &two, x, device(xs), w, device(ws), convolution,
      NPUDNN_CONVOLUTION_FWD_ALGO_IMPLICIT_PRECOMP_GEMM, nullptr, 0, &half, y, device(zs),
      tensor({1, 3, 1, 1}), device(bias), relu, y, result));
  expectNear(read(result, wanted.size()), wanted, 1e-5, "y");
}

TEST_F(DnnConvolution, BetaZeroReadsNothing) {
  const Case test = cases()[0];
  describe(test, NPUDNN_DATA_FLOAT);
  float *result = device(std::vector<float>(product(ySizes), NAN));
  EXPECT_DNN(npudnnConvolutionForward(
      handle, &one, x, device(numbers(product(test.x))), w, device(numbers(product(test.w))),
      convolution, NPUDNN_CONVOLUTION_FWD_ALGO_IMPLICIT_GEMM, nullptr, 0, &zero, y, result));
  for (float value : read(result, product(ySizes)))
    EXPECT_FALSE(std::isnan(value));
}

TEST_F(DnnConvolution, WrongSizesAndTypesAreRefused) {
  const Case test = cases()[0];
  describe(test, NPUDNN_DATA_FLOAT);
  float *memory = device(std::vector<float>(1000));
  auto forward = [&](npudnnTensorDescriptor_t from, npudnnTensorDescriptor_t to, int algorithm) {
    return npudnnConvolutionForward(handle, &one, from, memory, w, memory, convolution,
                                    npudnnConvolutionFwdAlgo_t(algorithm), nullptr, 0, &zero, to,
                                    memory);
  };
  EXPECT_EQ(forward(tensor({2, 4, 6, 5}), y, 0), NPUDNN_STATUS_BAD_PARAM);
  EXPECT_EQ(forward(x, tensor({2, 4, 4, 5}), 0), NPUDNN_STATUS_BAD_PARAM);
  EXPECT_EQ(forward(x, y, 8), NPUDNN_STATUS_BAD_PARAM);
  EXPECT_EQ(forward(tensor({2, 3, 6, 5}, NPUDNN_TENSOR_NCHW, NPUDNN_DATA_HALF), y, 0),
            NPUDNN_STATUS_BAD_PARAM);
  EXPECT_EQ(npudnnSetConvolutionGroupCount(convolution, 0), NPUDNN_STATUS_BAD_PARAM);
  EXPECT_DNN(npudnnSetConvolutionGroupCount(convolution, 2));
  EXPECT_EQ(forward(x, y, 0), NPUDNN_STATUS_BAD_PARAM);
}

TEST_F(DnnConvolution, EveryQuestionNamesAnAlgorithm) {
  describe(cases()[0], NPUDNN_DATA_FLOAT);
  int count = 0, returned = 0;
  EXPECT_DNN(npudnnGetConvolutionForwardAlgorithmMaxCount(handle, &count));
  std::vector<npudnnConvolutionFwdAlgoPerf_t> perf(static_cast<size_t>(count));
  EXPECT_DNN(npudnnGetConvolutionForwardAlgorithm_v7(handle, x, w, convolution, y, count, &returned,
                                                     perf.data()));
  ASSERT_GE(returned, 1);
  EXPECT_EQ(perf[0].status, NPUDNN_STATUS_SUCCESS);
  EXPECT_DNN(npudnnFindConvolutionForwardAlgorithm(handle, x, w, convolution, y, count, &returned,
                                                   perf.data()));
  ASSERT_GE(returned, 1);
  EXPECT_GE(perf[0].time, 0);
  npudnnConvolutionFwdAlgo_t algorithm;
  EXPECT_DNN(npudnnGetConvolutionForwardAlgorithm(
      handle, x, w, convolution, y, NPUDNN_CONVOLUTION_FWD_NO_WORKSPACE, 0, &algorithm));
  size_t bytes = 1;
  EXPECT_DNN(
      npudnnGetConvolutionForwardWorkspaceSize(handle, x, w, convolution, y, algorithm, &bytes));
  EXPECT_EQ(bytes, 0u);
}

TEST_F(DnnConvolution, ReorderedFiltersAreCopies) {
  npudnnFilterDescriptor_t filter;
  EXPECT_DNN(npudnnCreateFilterDescriptor(&filter));
  EXPECT_DNN(npudnnSetFilter4dDescriptor(filter, NPUDNN_DATA_INT8x32, NPUDNN_TENSOR_NCHW_VECT_C, 32,
                                         32, 1, 1));
  std::vector<int8_t> weights(1024);
  for (size_t i = 0; i < weights.size(); ++i)
    weights[i] = int8_t(i % 251);
  int8_t *reordered = device(std::vector<int8_t>(1024));
  float *bias = device(std::vector<float>(32));
  const auto biases = numbers(32);
  EXPECT_DNN(npudnnReorderFilterAndBias(handle, filter, NPUDNN_DEFAULT_REORDER, device(weights),
                                        reordered, 1, device(biases), bias));
  EXPECT_EQ(read(reordered, 1024), weights);
  EXPECT_EQ(read(bias, 32), biases);
  EXPECT_DNN(
      npudnnSetFilter4dDescriptor(filter, NPUDNN_DATA_FLOAT, NPUDNN_TENSOR_NCHW, 32, 32, 1, 1));
  EXPECT_EQ(npudnnReorderFilterAndBias(handle, filter, NPUDNN_DEFAULT_REORDER, bias, bias, 0,
                                       nullptr, nullptr),
            NPUDNN_STATUS_NOT_SUPPORTED);
}

} // namespace
