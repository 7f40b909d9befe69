// Pooling, activation, softmax, normalization, dropout, sampling: values against plain formulas,
// gradients against finite differences of the forward call in double.
#include "dnn_fixture.h"

#include <algorithm>

using namespace npu;

namespace {

class DnnLayers : public DnnTest {
protected:
  npudnnTensorDescriptor_t doubles(const std::vector<int> &dims) {
    return tensor(dims, NPUDNN_TENSOR_NCHW, NPUDNN_DATA_DOUBLE);
  }
  npudnnActivationDescriptor_t activation(npudnnActivationMode_t mode, double coefficient = 1,
                                          npudnnNanPropagation_t nan = NPUDNN_PROPAGATE_NAN) {
    npudnnActivationDescriptor_t descriptor = nullptr;
    EXPECT_DNN(npudnnCreateActivationDescriptor(&descriptor));
    EXPECT_DNN(npudnnSetActivationDescriptor(descriptor, mode, nan, coefficient));
    return descriptor;
  }
  npudnnPoolingDescriptor_t pooling(npudnnPoolingMode_t mode, std::vector<int> window,
                                    std::vector<int> pad, std::vector<int> stride) {
    npudnnPoolingDescriptor_t descriptor = nullptr;
    EXPECT_DNN(npudnnCreatePoolingDescriptor(&descriptor));
    EXPECT_DNN(npudnnSetPoolingNdDescriptor(descriptor, mode, NPUDNN_PROPAGATE_NAN,
                                            int(window.size()), window.data(), pad.data(),
                                            stride.data()));
    return descriptor;
  }
};

TEST_F(DnnLayers, PoolingTakesTheWindowsMaximumOrMean) {
  const std::vector<float> xs = {1, 2, 3, 4, 5, 6, 7, 8, 9};
  npudnnTensorDescriptor_t x = tensor({1, 1, 3, 3}), y = tensor({1, 1, 2, 2});
  const struct {
    npudnnPoolingMode_t mode;
    std::vector<float> wanted;
  } cases[] = {
      {NPUDNN_POOLING_MAX, {1, 3, 7, 9}},
      {NPUDNN_POOLING_MAX_DETERMINISTIC, {1, 3, 7, 9}},
      {NPUDNN_POOLING_AVERAGE_COUNT_INCLUDE_PADDING, {0.25f, 1.25f, 2.75f, 7}},
      {NPUDNN_POOLING_AVERAGE_COUNT_EXCLUDE_PADDING, {1, 2.5f, 5.5f, 7}},
  };
  for (const auto &test : cases) {
    npudnnPoolingDescriptor_t pool = pooling(test.mode, {2, 2}, {1, 1}, {2, 2});
    int n, c, h, w;
    EXPECT_DNN(npudnnGetPooling2dForwardOutputDim(pool, x, &n, &c, &h, &w));
    EXPECT_EQ((std::vector<int>{n, c, h, w}), (std::vector<int>{1, 1, 2, 2}));
    float *result = device(std::vector<float>(4, NAN));
    EXPECT_DNN(npudnnPoolingForward(handle, pool, &one, x, device(xs), &zero, y, result));
    expectNear(read(result, 4), test.wanted, 1e-6, "y");
  }
}

TEST_F(DnnLayers, PoolingGradientsAreThoseOfDifferences) {
  const std::vector<int> xDims = {2, 2, 4, 5, 3}, yDims = {2, 2, 3, 3, 2};
  const auto xs = numbers<double>(product(xDims), 5), dys = numbers<double>(product(yDims), 6);
  npudnnTensorDescriptor_t x = doubles(xDims), y = doubles(yDims);
  for (int mode = NPUDNN_POOLING_MAX; mode <= NPUDNN_POOLING_MAX_DETERMINISTIC; ++mode) {
    npudnnPoolingDescriptor_t pool =
        pooling(npudnnPoolingMode_t(mode), {2, 3, 2}, {0, 1, 0}, {1, 2, 1});
    double *yData = device(std::vector<double>(dys.size()));
    auto forward = [&](const std::vector<double> &values) {
      EXPECT_DNN(
          npudnnPoolingForward(handle, pool, &oneDouble, x, device(values), &zeroDouble, y, yData));
      return read(yData, dys.size());
    };
    const auto wanted = differences(xs, dys, forward);
    forward(xs);
    double *dx = device(std::vector<double>(xs.size(), NAN));
    EXPECT_DNN(npudnnPoolingBackward(handle, pool, &oneDouble, y, yData, y, device(dys), x,
                                     device(xs), &zeroDouble, x, dx));
    expectNear(read(dx, xs.size()), wanted, 1e-8, "dx");
  }
}

TEST_F(DnnLayers, ActivationsAreTheirFormulas) {
  const std::vector<float> xs = {-2, -0.5f, 0.25f, 3};
  npudnnTensorDescriptor_t x = tensor({1, 1, 2, 2});
  const struct {
    npudnnActivationMode_t mode;
    double coefficient;
    std::function<double(double)> f;
  } cases[] = {
      {NPUDNN_ACTIVATION_SIGMOID, 0, [](double v) { return 1 / (1 + std::exp(-v)); }},
      {NPUDNN_ACTIVATION_RELU, 0, [](double v) { return std::max(v, 0.0); }},
      {NPUDNN_ACTIVATION_TANH, 0, [](double v) { return std::tanh(v); }},
      {NPUDNN_ACTIVATION_CLIPPED_RELU, 2, [](double v) { return std::clamp(v, 0.0, 2.0); }},
      {NPUDNN_ACTIVATION_ELU, 0.5, [](double v) { return v > 0 ? v : 0.5 * (std::exp(v) - 1); }},
      {NPUDNN_ACTIVATION_IDENTITY, 0, [](double v) { return v; }},
      {NPUDNN_ACTIVATION_SWISH, 0, [](double v) { return v / (1 + std::exp(-v)); }},
  };
  const float alpha = 2, beta = -1;
  for (const auto &test : cases) {
    npudnnActivationDescriptor_t descriptor = activation(test.mode, test.coefficient);
    std::vector<double> plain, blended;
    for (float value : xs) {
      plain.push_back(test.f(double(value)));
      blended.push_back(2 * plain.back() - 1);
    }
    float *y = device(std::vector<float>(4, NAN));
    EXPECT_DNN(npudnnActivationForward(handle, descriptor, &one, x, device(xs), &zero, x, y));
    expectNear(read(y, 4), plain, 1e-6, "y");
    float *z = device(std::vector<float>(4, 1.0f));
    EXPECT_DNN(npudnnActivationForward(handle, descriptor, &alpha, x, device(xs), &beta, x, z));
    expectNear(read(z, 4), blended, 1e-6, "blended y");
  }
}

TEST_F(DnnLayers, ActivationGradientsAreThoseOfDifferences) {
  const std::vector<int> dims = {2, 3, 2, 2};
  const auto xs = numbers<double>(product(dims), 5), dys = numbers<double>(product(dims), 6);
  npudnnTensorDescriptor_t x = doubles(dims);
  for (int mode = NPUDNN_ACTIVATION_SIGMOID; mode <= NPUDNN_ACTIVATION_SWISH; ++mode) {
    npudnnActivationDescriptor_t descriptor = activation(npudnnActivationMode_t(mode), 0.6);
    double *y = device(std::vector<double>(xs.size()));
    auto forward = [&](const std::vector<double> &values) {
      EXPECT_DNN(npudnnActivationForward(handle, descriptor, &oneDouble, x, device(values),
                                         &zeroDouble, x, y));
      return read(y, xs.size());
    };
    const auto wanted = differences(xs, dys, forward);
    forward(xs);
    double *dx = device(std::vector<double>(xs.size(), NAN));
    EXPECT_DNN(npudnnActivationBackward(handle, descriptor, &oneDouble, x, y, x, device(dys), x,
                                        device(xs), &zeroDouble, x, dx));
    expectNear(read(dx, xs.size()), wanted, 1e-8, "dx");
  }
}

TEST_F(DnnLayers, ReluDropsOrKeepsNan) {
  const std::vector<float> xs = {NAN, 1, -1, NAN};
  npudnnTensorDescriptor_t x = tensor({1, 1, 2, 2});
  float *y = device(std::vector<float>(4));
  EXPECT_DNN(npudnnActivationForward(
      handle, activation(NPUDNN_ACTIVATION_RELU, 0, NPUDNN_NOT_PROPAGATE_NAN), &one, x, device(xs),
      &zero, x, y));
  EXPECT_EQ(read(y, 4), (std::vector<float>{0, 1, 0, 0}));
  EXPECT_DNN(npudnnActivationForward(handle, activation(NPUDNN_ACTIVATION_RELU), &one, x,
                                     device(xs), &zero, x, y));
  EXPECT_TRUE(std::isnan(read(y, 4)[0]));
}

TEST_F(DnnLayers, SoftmaxSumsToOneAndItsGradientsAreThoseOfDifferences) {
  const std::vector<int> dims = {2, 3, 2, 2};
  const auto xs = numbers<double>(product(dims), 5), dys = numbers<double>(product(dims), 6);
  npudnnTensorDescriptor_t x = doubles(dims);
  for (int algorithm = NPUDNN_SOFTMAX_FAST; algorithm <= NPUDNN_SOFTMAX_LOG; ++algorithm)
    for (npudnnSoftmaxMode_t mode : {NPUDNN_SOFTMAX_MODE_INSTANCE, NPUDNN_SOFTMAX_MODE_CHANNEL}) {
      const auto kind = npudnnSoftmaxAlgorithm_t(algorithm);
      double *y = device(std::vector<double>(xs.size()));
      auto forward = [&](const std::vector<double> &values) {
        EXPECT_DNN(npudnnSoftmaxForward(handle, kind, mode, &oneDouble, x, device(values),
                                        &zeroDouble, x, y));
        return read(y, xs.size());
      };
      const auto wanted = differences(xs, dys, forward);
      const auto ys = forward(xs);
      double sum = 0;
      for (double value : ys)
        sum += kind == NPUDNN_SOFTMAX_LOG ? std::exp(value) : value;
      EXPECT_NEAR(sum, mode == NPUDNN_SOFTMAX_MODE_INSTANCE ? 2 : 8, 1e-12);
      double *dx = device(std::vector<double>(xs.size(), NAN));
      EXPECT_DNN(npudnnSoftmaxBackward(handle, kind, mode, &oneDouble, x, y, x, device(dys),
                                       &zeroDouble, x, dx));
      expectNear(read(dx, xs.size()), wanted, 1e-8, "dx");
    }
}

TEST_F(DnnLayers, BatchNormalizationTrainsAndInfers) {
  const std::vector<int> dims = {4, 2, 3, 2}, parameters = {1, 2, 1, 1};
  const auto xs = numbers(product(dims), 5), scale = numbers(2, 7), bias = numbers(2, 8);
  std::vector<double> mean(2), variance(2), wanted(xs.size());
  auto channel = [](size_t i) { return i / 6 % 2; };
  for (size_t i = 0; i < xs.size(); ++i)
    mean[channel(i)] += double(xs[i]) / 24;
  for (size_t i = 0; i < xs.size(); ++i)
    variance[channel(i)] += std::pow(double(xs[i]) - mean[channel(i)], 2) / 24;
  for (size_t i = 0; i < xs.size(); ++i)
    wanted[i] = double(scale[channel(i)]) * (double(xs[i]) - mean[channel(i)]) /
                    std::sqrt(variance[channel(i)] + 1e-3) +
                double(bias[channel(i)]);
  npudnnTensorDescriptor_t x = tensor(dims), p = tensor({1, 1, 1, 1});
  EXPECT_DNN(npudnnDeriveBNTensorDescriptor(p, x, NPUDNN_BATCHNORM_SPATIAL));
  float *y = device(std::vector<float>(xs.size(), NAN));
  float *runningMean = device(std::vector<float>(2, 1)),
        *runningVariance = device(std::vector<float>(2, 1)),
        *savedMean = device(std::vector<float>(2)), *savedInverse = device(std::vector<float>(2));
  EXPECT_DNN(npudnnBatchNormalizationForwardTraining(
      handle, NPUDNN_BATCHNORM_SPATIAL, &one, &zero, x, device(xs), x, y, p, device(scale),
      device(bias), 0.25, runningMean, runningVariance, 1e-3, savedMean, savedInverse));
  expectNear(read(y, xs.size()), wanted, 1e-5, "y");
  expectNear(read(savedMean, 2), mean, 1e-6, "mean");
  for (size_t i = 0; i < 2; ++i) {
    EXPECT_NEAR(double(runningMean[i]), 0.75 + 0.25 * mean[i], 1e-6);
    EXPECT_NEAR(double(runningVariance[i]), 0.75 + 0.25 * variance[i] * 24 / 23, 1e-6);
    EXPECT_NEAR(double(savedInverse[i]), 1 / std::sqrt(variance[i] + 1e-3), 1e-4);
  }
  float *inferred = device(std::vector<float>(xs.size(), NAN));
  EXPECT_DNN(npudnnBatchNormalizationForwardInference(
      handle, NPUDNN_BATCHNORM_SPATIAL, &one, &zero, x, device(xs), x, inferred, p, device(scale),
      device(bias), device(std::vector<float>(mean.begin(), mean.end())),
      device(std::vector<float>(variance.begin(), variance.end())), 1e-3));
  expectNear(read(inferred, xs.size()), wanted, 1e-5, "inferred y");
  EXPECT_EQ(npudnnBatchNormalizationForwardInference(
                handle, NPUDNN_BATCHNORM_PER_ACTIVATION, &one, &zero, x, device(xs), x, inferred, p,
                device(scale), device(bias), savedMean, savedMean, 1e-3),
            NPUDNN_STATUS_BAD_PARAM)
      << "parameters of the other mode";
}

TEST_F(DnnLayers, BatchNormalizationsGradientsAreThoseOfDifferences) {
  const std::vector<int> dims = {4, 2, 3, 2};
  const auto xs = numbers<double>(product(dims), 5), dys = numbers<double>(product(dims), 6);
  npudnnTensorDescriptor_t x = doubles(dims), p = doubles({1, 1, 1, 1});
  for (npudnnBatchNormMode_t mode : {NPUDNN_BATCHNORM_SPATIAL, NPUDNN_BATCHNORM_PER_ACTIVATION}) {
    EXPECT_DNN(npudnnDeriveBNTensorDescriptor(p, x, mode));
    const size_t count = mode == NPUDNN_BATCHNORM_SPATIAL ? 2 : 12;
    const auto scale = numbers<double>(count, 7), bias = numbers<double>(count, 8);
    double *y = device(std::vector<double>(xs.size()));
    auto run = [&](const std::vector<double> &values, const std::vector<double> &scales,
                   const std::vector<double> &biases) {
      EXPECT_DNN(npudnnBatchNormalizationForwardTraining(
          handle, mode, &oneDouble, &zeroDouble, x, device(values), x, y, p, device(scales),
          device(biases), 1, nullptr, nullptr, 1e-3, nullptr, nullptr));
      return read(y, xs.size());
    };
    double *dx = device(std::vector<double>(xs.size(), NAN)),
           *dScale = device(std::vector<double>(count, NAN)),
           *dBias = device(std::vector<double>(count, NAN));
    EXPECT_DNN(npudnnBatchNormalizationBackward(
        handle, mode, &oneDouble, &zeroDouble, &oneDouble, &zeroDouble, x, device(xs), x,
        device(dys), x, dx, p, device(scale), dScale, dBias, 1e-3, nullptr, nullptr));
    expectNear(read(dx, xs.size()),
               differences(xs, dys, [&](const auto &v) { return run(v, scale, bias); }), 1e-6,
               "dx");
    expectNear(read(dScale, count),
               differences(scale, dys, [&](const auto &v) { return run(xs, v, bias); }), 1e-6,
               "dScale");
    expectNear(read(dBias, count),
               differences(bias, dys, [&](const auto &v) { return run(xs, scale, v); }), 1e-6,
               "dBias");
  }
}

TEST_F(DnnLayers, FusedBatchNormalizationAddsAndActivates) {
  const std::vector<int> dims = {4, 2, 3, 2};
  const auto xs = numbers<double>(product(dims), 5), zs = numbers<double>(product(dims), 9),
             dys = numbers<double>(product(dims), 6), scale = numbers<double>(2, 7),
             bias = numbers<double>(2, 8);
  npudnnTensorDescriptor_t x = doubles(dims), p = doubles({1, 2, 1, 1});
  npudnnActivationDescriptor_t relu = activation(NPUDNN_ACTIVATION_RELU);
  const auto ops = NPUDNN_BATCHNORM_OPS_BN_ADD_ACTIVATION;
  const auto mode = NPUDNN_BATCHNORM_SPATIAL;
  size_t reserveBytes = 0;
  EXPECT_DNN(npudnnGetBatchNormalizationTrainingExReserveSpaceSize(handle, mode, ops, relu, x,
                                                                   &reserveBytes));
  void *reserve = fake_core::allocate(reserveBytes);
  double *y = device(std::vector<double>(xs.size()));
  auto run = [&](const std::vector<double> &values, const std::vector<double> &added) {
    EXPECT_DNN(npudnnBatchNormalizationForwardTrainingEx(
        handle, mode, ops, &oneDouble, &zeroDouble, x, device(values), x, device(added), x, y, p,
        device(scale), device(bias), 1, nullptr, nullptr, 1e-3, nullptr, nullptr, relu, nullptr, 0,
        reserve, reserveBytes));
    return read(y, xs.size());
  };
  const auto wantedX = differences(xs, dys, [&](const auto &v) { return run(v, zs); });
  const auto wantedZ = differences(zs, dys, [&](const auto &v) { return run(xs, v); });
  run(xs, zs);
  double *dx = device(std::vector<double>(xs.size(), NAN)),
         *dz = device(std::vector<double>(xs.size(), NAN)),
         *dScale = device(std::vector<double>(2)), *dBias = device(std::vector<double>(2));
  EXPECT_DNN(npudnnBatchNormalizationBackwardEx(
      handle, mode, ops, &oneDouble, &zeroDouble, &oneDouble, &zeroDouble, x, device(xs), x, y, x,
      device(dys), x, dz, x, dx, p, device(scale), device(bias), dScale, dBias, 1e-3, nullptr,
      nullptr, relu, nullptr, 0, reserve, reserveBytes));
  expectNear(read(dx, xs.size()), wantedX, 1e-6, "dx");
  expectNear(read(dz, xs.size()), wantedZ, 1e-8, "dz");
}

TEST_F(DnnLayers, LocalResponseIsItsFormulaAndItsGradientThatOfDifferences) {
  const std::vector<int> dims = {2, 6, 2, 2};
  const auto xs = numbers<double>(product(dims), 5), dys = numbers<double>(product(dims), 6);
  npudnnTensorDescriptor_t x = doubles(dims);
  for (unsigned n : {3u, 4u, 5u}) {
    npudnnLRNDescriptor_t lrn;
    EXPECT_DNN(npudnnCreateLRNDescriptor(&lrn));
    EXPECT_DNN(npudnnSetLRNDescriptor(lrn, n, 0.5, 0.75, 1.5));
    double *y = device(std::vector<double>(xs.size()));
    auto forward = [&](const std::vector<double> &values) {
      EXPECT_DNN(npudnnLRNCrossChannelForward(handle, lrn, NPUDNN_LRN_CROSS_CHANNEL_DIM1,
                                              &oneDouble, x, device(values), &zeroDouble, x, y));
      return read(y, xs.size());
    };
    const auto wanted = differences(xs, dys, forward);
    const auto ys = forward(xs);
    // Channel 2 of the first image, first place.
    double sum = 0;
    for (int c = 2 - int(n - 1) / 2; c <= 2 + int(n) / 2; ++c)
      sum += std::pow(xs[size_t(c) * 4], 2);
    EXPECT_NEAR(ys[8], xs[8] * std::pow(1.5 + 0.5 / n * sum, -0.75), 1e-12);
    double *dx = device(std::vector<double>(xs.size(), NAN));
    EXPECT_DNN(npudnnLRNCrossChannelBackward(handle, lrn, NPUDNN_LRN_CROSS_CHANNEL_DIM1, &oneDouble,
                                             x, y, x, device(dys), x, device(xs), &zeroDouble, x,
                                             dx));
    expectNear(read(dx, xs.size()), wanted, 1e-8, "dx");
  }
}

TEST_F(DnnLayers, DropoutKeepsTheExpectedShareAndItsGradientTheSameElements) {
  const std::vector<int> dims = {1, 1, 100, 100};
  npudnnTensorDescriptor_t x = tensor(dims);
  npudnnDropoutDescriptor_t dropout;
  size_t states = 0, reserve = 0;
  EXPECT_DNN(npudnnCreateDropoutDescriptor(&dropout));
  EXPECT_DNN(npudnnDropoutGetStatesSize(handle, &states));
  EXPECT_DNN(npudnnDropoutGetReserveSpaceSize(x, &reserve));
  void *stateMemory = fake_core::allocate(states), *reserveMemory = fake_core::allocate(reserve);
  EXPECT_DNN(npudnnSetDropoutDescriptor(dropout, handle, 0.25f, stateMemory, states, 42));
  const std::vector<float> ones(10000, 1.0f);
  float *y = device(ones), *dx = device(ones), *again = device(ones);
  EXPECT_DNN(npudnnDropoutForward(handle, dropout, x, device(ones), x, y, reserveMemory, reserve));
  EXPECT_DNN(
      npudnnDropoutBackward(handle, dropout, x, device(ones), x, dx, reserveMemory, reserve));
  const auto ys = read(y, ones.size());
  int kept = 0;
  for (float value : ys) {
    kept += value != 0;
    EXPECT_TRUE(value == 0 || std::fabs(value - 4.0f / 3) < 1e-6f);
  }
  EXPECT_NEAR(kept, 7500, 200); // more than four standard deviations
  EXPECT_EQ(read(dx, ones.size()), ys);
  EXPECT_DNN(
      npudnnDropoutForward(handle, dropout, x, device(ones), x, again, reserveMemory, reserve));
  EXPECT_NE(read(again, ones.size()), ys) << "the states have not moved on";
  EXPECT_DNN(npudnnSetDropoutDescriptor(dropout, handle, 0.25f, stateMemory, states, 42));
  EXPECT_DNN(
      npudnnDropoutForward(handle, dropout, x, device(ones), x, again, reserveMemory, reserve));
  EXPECT_EQ(read(again, ones.size()), ys) << "one seed, one result";
}

TEST_F(DnnLayers, SamplerReadsTheGridAndItsGradientsAreThoseOfDifferences) {
  const std::vector<int> xDims = {2, 2, 4, 5}, yDims = {2, 2, 3, 4};
  npudnnSpatialTransformerDescriptor_t st;
  EXPECT_DNN(npudnnCreateSpatialTransformerDescriptor(&st));
  EXPECT_DNN(npudnnSetSpatialTransformerNdDescriptor(st, NPUDNN_SAMPLER_BILINEAR,
                                                     NPUDNN_DATA_DOUBLE, 4, yDims.data()));
  npudnnTensorDescriptor_t x = doubles(xDims), y = doubles(yDims);
  const auto xs = numbers<double>(product(xDims), 5), dys = numbers<double>(product(yDims), 6);
  auto theta = numbers<double>(12, 9);
  double *grid = device(std::vector<double>(48)), *yData = device(std::vector<double>(48));
  auto forward = [&](const std::vector<double> &values, const std::vector<double> &matrices) {
    EXPECT_DNN(npudnnSpatialTfGridGeneratorForward(handle, st, device(matrices), grid));
    EXPECT_DNN(npudnnSpatialTfSamplerForward(handle, st, &oneDouble, x, device(values), grid,
                                             &zeroDouble, y, yData));
    return read(yData, 48);
  };
  const auto wantedX = differences(xs, dys, [&](const auto &v) { return forward(v, theta); });
  const auto wantedTheta = differences(
      theta, dys, [&](const auto &v) { return forward(xs, v); }, 1e-7);
  forward(xs, theta);
  double *dx = device(std::vector<double>(xs.size(), NAN)),
         *dGrid = device(std::vector<double>(48, NAN)),
         *dTheta = device(std::vector<double>(12, NAN));
  EXPECT_DNN(npudnnSpatialTfSamplerBackward(handle, st, &oneDouble, x, device(xs), &zeroDouble, x,
                                            dx, &oneDouble, y, device(dys), grid, &zeroDouble,
                                            dGrid));
  EXPECT_DNN(npudnnSpatialTfGridGeneratorBackward(handle, st, dGrid, dTheta));
  expectNear(read(dx, xs.size()), wantedX, 1e-8, "dx");
  expectNear(read(dTheta, 12), wantedTheta, 1e-6, "dTheta");
}

} // namespace
