// Layers and their gradients against PyTorch's values in double (tests/golden). The files hold 12
// digits, so results agree to 1e-11 of values around 1, with some room for sums of large ones.
#include "dnn_rnn_fixture.h"
#include "golden.h"

using namespace npu;

namespace {

constexpr double kTolerance = 2e-10;

class DnnGolden : public DnnRnnTest {
protected:
  npudnnTensorDescriptor_t doubles(const std::vector<int> &dims) {
    return tensor(dims, NPUDNN_TENSOR_NCHW, NPUDNN_DATA_DOUBLE);
  }
  double *result(const std::vector<double> &like) {
    return device(std::vector<double>(like.size(), NAN));
  }
  void expectSame(const double *found, const GoldenCase &golden, const char *array) {
    expectNear(read(found, golden[array].size()), golden[array], kTolerance,
               (golden.name + " " + array).c_str());
  }
};

TEST_F(DnnGolden, Convolution) {
  for (const GoldenCase &golden : goldenCases("convolution")) {
    const std::vector<int> options = golden.integers("options");
    const int spatial = int(golden.dims("x").size()) - 2;
    const std::vector<int> pads(size_t(spatial), options[0]), strides(size_t(spatial), options[1]),
        dilations(size_t(spatial), options[2]);
    npudnnConvolutionDescriptor_t what;
    EXPECT_DNN(npudnnCreateConvolutionDescriptor(&what));
    EXPECT_DNN(npudnnSetConvolutionNdDescriptor(what, spatial, pads.data(), strides.data(),
                                                dilations.data(), NPUDNN_CROSS_CORRELATION,
                                                NPUDNN_DATA_DOUBLE));
    EXPECT_DNN(npudnnSetConvolutionGroupCount(what, options[3]));
    npudnnFilterDescriptor_t filter;
    EXPECT_DNN(npudnnCreateFilterDescriptor(&filter));
    EXPECT_DNN(npudnnSetFilterNdDescriptor(filter, NPUDNN_DATA_DOUBLE, NPUDNN_TENSOR_NCHW,
                                           spatial + 2, golden.dims("w").data()));
    const auto x = doubles(golden.dims("x")), y = doubles(golden.dims("y"));
    double *yData = result(golden["y"]), *dx = result(golden["x"]), *dw = result(golden["w"]);
    EXPECT_DNN(npudnnConvolutionForward(
        handle, &oneDouble, x, device(golden["x"]), filter, device(golden["w"]), what,
        NPUDNN_CONVOLUTION_FWD_ALGO_IMPLICIT_GEMM, nullptr, 0, &zeroDouble, y, yData));
    EXPECT_DNN(npudnnConvolutionBackwardData(
        handle, &oneDouble, filter, device(golden["w"]), y, device(golden["dy"]), what,
        NPUDNN_CONVOLUTION_BWD_DATA_ALGO_1, nullptr, 0, &zeroDouble, x, dx));
    EXPECT_DNN(npudnnConvolutionBackwardFilter(
        handle, &oneDouble, x, device(golden["x"]), y, device(golden["dy"]), what,
        NPUDNN_CONVOLUTION_BWD_FILTER_ALGO_1, nullptr, 0, &zeroDouble, filter, dw));
    expectSame(yData, golden, "y");
    expectSame(dx, golden, "dx");
    expectSame(dw, golden, "dw");
  }
}

TEST_F(DnnGolden, Pooling) {
  for (const GoldenCase &golden : goldenCases("pooling")) {
    const std::vector<int> options = golden.integers("options");
    const int window[] = {options[1], options[1]}, pad[] = {options[2], options[2]},
              stride[] = {options[3], options[3]};
    npudnnPoolingDescriptor_t what;
    EXPECT_DNN(npudnnCreatePoolingDescriptor(&what));
    EXPECT_DNN(npudnnSetPoolingNdDescriptor(what, npudnnPoolingMode_t(options[0]),
                                            NPUDNN_PROPAGATE_NAN, 2, window, pad, stride));
    const auto x = doubles(golden.dims("x")), y = doubles(golden.dims("y"));
    double *yData = result(golden["y"]), *dx = result(golden["x"]);
    EXPECT_DNN(npudnnPoolingForward(handle, what, &oneDouble, x, device(golden["x"]), &zeroDouble,
                                    y, yData));
    EXPECT_DNN(npudnnPoolingBackward(handle, what, &oneDouble, y, yData, y, device(golden["dy"]), x,
                                     device(golden["x"]), &zeroDouble, x, dx));
    expectSame(yData, golden, "y");
    expectSame(dx, golden, "dx");
  }
}

TEST_F(DnnGolden, BatchNorm) {
  const GoldenCase golden = goldenCases("normalization").at(0);
  const auto mode = NPUDNN_BATCHNORM_SPATIAL;
  const auto x = doubles(golden.dims("x")), p = doubles({1, 4, 1, 1});
  double *y = result(golden["y"]), *mean = device(golden["oldMean"]),
         *variance = device(golden["oldVariance"]), *saved = result(golden["scale"]),
         *inverse = result(golden["scale"]), *dx = result(golden["x"]),
         *dScale = result(golden["scale"]), *dBias = result(golden["scale"]);
  const double *xData = device(golden["x"]), *scale = device(golden["scale"]),
               *bias = device(golden["bias"]);
  double *given = result(golden["y"]);
  EXPECT_DNN(npudnnBatchNormalizationForwardInference(
      handle, mode, &oneDouble, &zeroDouble, x, xData, x, given, p, scale, bias,
      device(golden["oldMean"]), device(golden["oldVariance"]), 1e-3));
  EXPECT_DNN(npudnnBatchNormalizationForwardTraining(handle, mode, &oneDouble, &zeroDouble, x,
                                                     xData, x, y, p, scale, bias, 0.3, mean,
                                                     variance, 1e-3, saved, inverse));
  EXPECT_DNN(npudnnBatchNormalizationBackward(handle, mode, &oneDouble, &zeroDouble, &oneDouble,
                                              &zeroDouble, x, xData, x, device(golden["dy"]), x, dx,
                                              p, scale, dScale, dBias, 1e-3, saved, inverse));
  expectSame(given, golden, "inference");
  expectSame(y, golden, "y");
  expectSame(mean, golden, "mean");
  expectSame(variance, golden, "variance");
  expectSame(dx, golden, "dx");
  expectSame(dScale, golden, "dscale");
  expectSame(dBias, golden, "dbias");
}

TEST_F(DnnGolden, LocalResponseAndSoftmax) {
  for (const GoldenCase &golden : goldenCases("normalization")) {
    const bool isResponse = golden.name == "local_response";
    if (!isResponse && golden.name.find("softmax") == std::string::npos)
      continue;
    const auto x = doubles(golden.dims("x"));
    double *y = result(golden["y"]), *dx = result(golden["x"]);
    const double *xData = device(golden["x"]), *dy = device(golden["dy"]);
    if (isResponse) {
      npudnnLRNDescriptor_t what;
      EXPECT_DNN(npudnnCreateLRNDescriptor(&what));
      EXPECT_DNN(npudnnSetLRNDescriptor(what, 5, 0.5, 0.75, 1.5));
      const auto mode = NPUDNN_LRN_CROSS_CHANNEL_DIM1;
      EXPECT_DNN(npudnnLRNCrossChannelForward(handle, what, mode, &oneDouble, x, xData, &zeroDouble,
                                              x, y));
      EXPECT_DNN(npudnnLRNCrossChannelBackward(handle, what, mode, &oneDouble, x, y, x, dy, x,
                                               xData, &zeroDouble, x, dx));
    } else {
      const auto algorithm =
          golden.name == "softmax" ? NPUDNN_SOFTMAX_ACCURATE : NPUDNN_SOFTMAX_LOG;
      EXPECT_DNN(npudnnSoftmaxForward(handle, algorithm, NPUDNN_SOFTMAX_MODE_CHANNEL, &oneDouble, x,
                                      xData, &zeroDouble, x, y));
      EXPECT_DNN(npudnnSoftmaxBackward(handle, algorithm, NPUDNN_SOFTMAX_MODE_CHANNEL, &oneDouble,
                                       x, y, x, dy, &zeroDouble, x, dx));
    }
    expectSame(y, golden, "y");
    expectSame(dx, golden, "dx");
  }
}

TEST_F(DnnGolden, RecurrentNetworks) {
  for (const GoldenCase &golden : goldenCases("recurrent")) {
    const std::vector<int> options = golden.integers("options");
    RnnShape shape;
    shape.cell = npudnnRNNMode_t(options[0]), shape.layers = options[1];
    shape.bidirectional = options[2] == 2, shape.projection = options[3];
    shape.lengths = golden.integers("lengths");
    Rnn rnn = make(shape);
    double nothing = 0;
    rnn.y = data(shape, shape.directions() * shape.output(), &nothing);
    ASSERT_EQ(rnn.weights(), golden["weights"].size()) << golden.name;
    const bool lstm = shape.cell == NPUDNN_LSTM;
    const Values<double> in = {golden["x"], golden["hx"],
                               lstm ? golden["cx"] : std::vector<double>(), golden["weights"]};
    const auto out = forward(rnn, in);
    const auto gradients = backward(
        rnn, in, out, {golden["dy"], golden["dhy"], lstm ? golden["dcy"] : std::vector<double>()});
    auto expectArray = [&](const std::vector<double> &found, const char *array) {
      expectNear(found, golden[array], kTolerance, (golden.name + " " + array).c_str());
    };
    expectArray(out.y, "y");
    expectArray(out.hy, "hy");
    expectArray(gradients.x, "dx");
    expectArray(gradients.hx, "dhx");
    expectArray(gradients.weights, "dweights");
    if (lstm) {
      expectArray(out.cy, "cy");
      expectArray(gradients.cx, "dcx");
    }
  }
}

} // namespace
