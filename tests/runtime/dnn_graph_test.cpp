// Operation graphs, as cudnn-frontend builds them: each operation against a plain formula, graphs
// with virtual tensors, and what a descriptor refuses.
#include "dnn_graph_fixture.h"

#include <functional>

using namespace npu;

namespace {

class DnnGraph : public DnnGraphTest {};

TEST_F(DnnGraph, ConvolutionBiasAndReluAreOneGraph) {
  const Descriptor x = operand({2, 4, 5, 5}), w = operand({6, 2, 3, 3});
  const Descriptor bias = operand({1, 6, 1, 1}), y = operand({2, 6, 3, 3});
  const Descriptor conv = operand({2, 6, 3, 3}, Place::Virtual),
                   sum = operand({2, 6, 3, 3}, Place::Virtual);
  const auto xs = numbers(200, 1), ws = numbers(108, 2), bs = numbers(6, 3);
  float *result = device(std::vector<float>(108)), *wanted = device(std::vector<float>(108));
  // The order of a graph's operations does not matter.
  run({unary(NPUDNN_POINTWISE_RELU_FWD, sum, y), binary(NPUDNN_POINTWISE_ADD, conv, bias, sum),
       convolution(convolutionDescriptor(1, 2, 1), x, w, conv)},
      {{x, device(xs)}, {w, device(ws)}, {bias, device(bs)}, {y, result}});

  npudnnConvolutionDescriptor_t descriptor;
  EXPECT_DNN(npudnnCreateConvolutionDescriptor(&descriptor));
  EXPECT_DNN(npudnnSetConvolution2dDescriptor(descriptor, 1, 1, 2, 2, 1, 1,
                                              NPUDNN_CROSS_CORRELATION, NPUDNN_DATA_FLOAT));
  EXPECT_DNN(npudnnSetConvolutionGroupCount(descriptor, 2));
  npudnnFilterDescriptor_t filter;
  EXPECT_DNN(npudnnCreateFilterDescriptor(&filter));
  EXPECT_DNN(
      npudnnSetFilter4dDescriptor(filter, NPUDNN_DATA_FLOAT, NPUDNN_TENSOR_NCHW, 6, 2, 3, 3));
  npudnnActivationDescriptor_t relu;
  EXPECT_DNN(npudnnCreateActivationDescriptor(&relu));
  EXPECT_DNN(npudnnSetActivationDescriptor(relu, NPUDNN_ACTIVATION_RELU, NPUDNN_PROPAGATE_NAN, 0));
  const auto yDesc = tensor({2, 6, 3, 3});
  EXPECT_DNN(npudnnConvolutionBiasActivationForward(
      handle, &one, tensor({2, 4, 5, 5}), device(xs), filter, device(ws), descriptor,
      NPUDNN_CONVOLUTION_FWD_ALGO_IMPLICIT_GEMM, nullptr, 0, &zero, yDesc, wanted,
      tensor({1, 6, 1, 1}), device(bs), relu, yDesc, wanted));
  expectNear(read(result, 108), read(wanted, 108), 1e-6, "y");
}

TEST_F(DnnGraph, ConvolutionGradientsAreThoseOfTheLayer) {
  const Descriptor x = operand({2, 3, 6, 5}), w = operand({4, 3, 3, 2}), y = operand({2, 4, 4, 4});
  const Descriptor what = convolutionDescriptor(0, 1, 1);
  const auto xs = numbers<double>(180, 1), ws = numbers<double>(72, 2),
             dys = numbers<double>(128, 3);
  const std::vector<float> dyFloats(dys.begin(), dys.end());
  float *yData = device(std::vector<float>(128)), *dxData = device(std::vector<float>(180)),
        *dwData = device(std::vector<float>(72));
  const Descriptor forward = plan({convolution(what, x, w, y)});
  auto yOf = [&](const std::vector<double> &at, const std::vector<double> &filter) {
    const std::vector<float> xFloats(at.begin(), at.end()), wFloats(filter.begin(), filter.end());
    EXPECT_DNN(execute(forward, {{x, device(xFloats)}, {w, device(wFloats)}, {y, yData}}));
    const auto found = read(yData, 128);
    return std::vector<double>(found.begin(), found.end());
  };
  // A convolution is linear: a difference with a large step is exact but for rounding.
  const auto dx = differences(
      xs, dys, [&](const auto &at) { return yOf(at, ws); }, 1);
  const auto dw = differences(
      ws, dys, [&](const auto &at) { return yOf(xs, at); }, 1);
  Descriptor data = create(NPUDNN_BACKEND_OPERATION_CONVOLUTION_BACKWARD_DATA_DESCRIPTOR);
  setParts(data, NPUDNN_ATTR_OPERATION_CONVOLUTION_BWD_DATA_CONV_DESC, {what});
  setParts(data, NPUDNN_ATTR_OPERATION_CONVOLUTION_BWD_DATA_DX, {x});
  setParts(data, NPUDNN_ATTR_OPERATION_CONVOLUTION_BWD_DATA_W, {w});
  setParts(data, NPUDNN_ATTR_OPERATION_CONVOLUTION_BWD_DATA_DY, {y});
  Descriptor filter = create(NPUDNN_BACKEND_OPERATION_CONVOLUTION_BACKWARD_FILTER_DESCRIPTOR);
  setParts(filter, NPUDNN_ATTR_OPERATION_CONVOLUTION_BWD_FILTER_CONV_DESC, {what});
  setParts(filter, NPUDNN_ATTR_OPERATION_CONVOLUTION_BWD_FILTER_X, {x});
  setParts(filter, NPUDNN_ATTR_OPERATION_CONVOLUTION_BWD_FILTER_DW, {w});
  setParts(filter, NPUDNN_ATTR_OPERATION_CONVOLUTION_BWD_FILTER_DY, {y});
  const std::vector<float> xFloats(xs.begin(), xs.end()), wFloats(ws.begin(), ws.end());
  run({finalized(data)}, {{x, dxData}, {w, device(wFloats)}, {y, device(dyFloats)}});
  run({finalized(filter)}, {{x, device(xFloats)}, {w, dwData}, {y, device(dyFloats)}});
  expectNear(read(dxData, 180), dx, 2e-5, "dx");
  expectNear(read(dwData, 72), dw, 2e-5, "dw");
}

// softmax(scale Q K^T with what lies ahead masked) V, of its elementwise parts; two heads share
// keys.
TEST_F(DnnGraph, AttentionIsAGraphOfProductsAndRows) {
  const int64_t b = 2, h = 2, s = 4, d = 3;
  const std::vector<int64_t> scoreDims = {b, h, s, s}, rowDims = {b, h, s, 1};
  const Descriptor q = operand({b, h, s, d}), v = operand({b, 1, s, d}), o = operand({b, h, s, d});
  const Descriptor k =
      operand({b, 1, d, s}, Place::Memory, NPUDNN_DATA_FLOAT, {s * d, s * d, 1, d});
  const Descriptor scale = operand({1, 1, 1, 1}, Place::Value),
                   lowest = operand({1, 1, 1, 1}, Place::Value);
  auto scores = [&](npudnnDataType_t type = NPUDNN_DATA_FLOAT) {
    return operand(scoreDims, Place::Virtual, type);
  };
  const Descriptor product = scores(), scaled = scores(), masked = scores(), shifted = scores(),
                   powers = scores(), weights = scores(), rows = scores(NPUDNN_DATA_INT32),
                   columns = scores(NPUDNN_DATA_INT32), behind = scores(NPUDNN_DATA_BOOLEAN);
  const Descriptor most = operand(rowDims, Place::Virtual),
                   total = operand(rowDims, Place::Virtual);
  auto index = [&](int64_t axis, Descriptor y) {
    return pointwise(NPUDNN_POINTWISE_GEN_INDEX,
                     {{NPUDNN_ATTR_OPERATION_POINTWISE_XDESC, scaled},
                      {NPUDNN_ATTR_OPERATION_POINTWISE_YDESC, y}},
                     {}, axis);
  };
  const std::vector<Descriptor> operations = {
      matmul(q, k, product),
      binary(NPUDNN_POINTWISE_MUL, product, scale, scaled),
      index(2, rows),
      index(3, columns),
      binary(NPUDNN_POINTWISE_CMP_GE, rows, columns, behind),
      pointwise(NPUDNN_POINTWISE_BINARY_SELECT, {{NPUDNN_ATTR_OPERATION_POINTWISE_XDESC, scaled},
                                                 {NPUDNN_ATTR_OPERATION_POINTWISE_BDESC, lowest},
                                                 {NPUDNN_ATTR_OPERATION_POINTWISE_TDESC, behind},
                                                 {NPUDNN_ATTR_OPERATION_POINTWISE_YDESC, masked}}),
      reduction(NPUDNN_REDUCE_TENSOR_MAX, masked, most),
      binary(NPUDNN_POINTWISE_SUB, masked, most, shifted),
      unary(NPUDNN_POINTWISE_EXP, shifted, powers),
      reduction(NPUDNN_REDUCE_TENSOR_ADD, powers, total),
      binary(NPUDNN_POINTWISE_DIV, powers, total, weights),
      matmul(weights, v, o)};
  const auto qs = numbers(size_t(b * h * s * d), 1), ks = numbers(size_t(b * s * d), 2),
             vs = numbers(size_t(b * s * d), 3);
  float *result = device(std::vector<float>(qs.size()));
  float factor = 0.5f, least = -1e9f;
  const Descriptor attention = plan(operations);
  EXPECT_DNN(execute(attention, {{q, device(qs)},
                                 {k, device(ks)},
                                 {v, device(vs)},
                                 {o, result},
                                 {scale, &factor},
                                 {lowest, &least}}));
  factor = 7; // a value is read when the graph is executed, not when it runs
  std::vector<double> wanted(qs.size());
  for (int64_t n = 0; n < b * h; ++n)
    for (int64_t i = 0; i < s; ++i) {
      std::vector<double> p;
      double sum = 0;
      for (int64_t j = 0; j <= i; ++j) {
        double dot = 0;
        for (int64_t e = 0; e < d; ++e)
          dot += double(qs[size_t((n * s + i) * d + e)]) * ks[size_t((n / h * s + j) * d + e)];
        p.push_back(std::exp(0.5 * dot));
        sum += p.back();
      }
      for (int64_t j = 0; j <= i; ++j)
        for (int64_t e = 0; e < d; ++e)
          wanted[size_t((n * s + i) * d + e)] +=
              p[size_t(j)] / sum * vs[size_t((n / h * s + j) * d + e)];
    }
  expectNear(read(result, qs.size()), wanted, 1e-6, "o");
}

TEST_F(DnnGraph, PointwiseModesAreTheirFormulasAndDerivatives) {
  const std::vector<double> points = {-2.5, -1, -0.25, 0.125, 0.75, 3};
  const Descriptor x = operand({1, 6, 1}), y = operand({1, 6, 1}), dy = operand({1, 6, 1});
  const std::vector<float> xs(points.begin(), points.end());
  float *result = device(std::vector<float>(6));
  const struct {
    npudnnPointwiseMode_t forward, backward;
    std::function<double(double)> f;
    std::map<npudnnBackendAttributeName_t, double> numbers;
  } cases[] = {
      {NPUDNN_POINTWISE_RELU_FWD,
       NPUDNN_POINTWISE_RELU_BWD,
       [](double v) { return v < -1.5 ? -1.5 + 0.1 * (v + 1.5) : std::min(v, 2.0); },
       {{NPUDNN_ATTR_POINTWISE_RELU_LOWER_CLIP, -1.5},
        {NPUDNN_ATTR_POINTWISE_RELU_UPPER_CLIP, 2},
        {NPUDNN_ATTR_POINTWISE_RELU_LOWER_CLIP_SLOPE, 0.1}}},
      {NPUDNN_POINTWISE_TANH_FWD,
       NPUDNN_POINTWISE_TANH_BWD,
       [](double v) { return std::tanh(v); },
       {}},
      {NPUDNN_POINTWISE_SIGMOID_FWD,
       NPUDNN_POINTWISE_SIGMOID_BWD,
       [](double v) { return 1 / (1 + std::exp(-v)); },
       {}},
      {NPUDNN_POINTWISE_ELU_FWD,
       NPUDNN_POINTWISE_ELU_BWD,
       [](double v) { return v > 0 ? v : 0.5 * std::expm1(v); },
       {{NPUDNN_ATTR_POINTWISE_ELU_ALPHA, 0.5}}},
      {NPUDNN_POINTWISE_GELU_FWD,
       NPUDNN_POINTWISE_GELU_BWD,
       [](double v) { return v / 2 * std::erfc(-v / std::sqrt(2.0)); },
       {}},
      {NPUDNN_POINTWISE_SOFTPLUS_FWD,
       NPUDNN_POINTWISE_SOFTPLUS_BWD,
       [](double v) { return std::log1p(std::exp(2 * v)) / 2; },
       {{NPUDNN_ATTR_POINTWISE_SOFTPLUS_BETA, 2}}},
      {NPUDNN_POINTWISE_SWISH_FWD,
       NPUDNN_POINTWISE_SWISH_BWD,
       [](double v) { return v / (1 + std::exp(-1.5 * v)); },
       {{NPUDNN_ATTR_POINTWISE_SWISH_BETA, 1.5}}},
      {NPUDNN_POINTWISE_GELU_APPROX_TANH_FWD,
       NPUDNN_POINTWISE_GELU_APPROX_TANH_BWD,
       [](double v) {
         return v / 2 * (1 + std::tanh(std::sqrt(2 / M_PI) * (v + 0.044715 * v * v * v)));
       },
       {}},
  };
  for (const auto &test : cases) {
    std::vector<double> values, slopes;
    for (double point : points) {
      values.push_back(test.f(point));
      slopes.push_back(2 * (test.f(point + 1e-6) - test.f(point - 1e-6)) / 2e-6);
    }
    run({unary(test.forward, x, y, test.numbers)}, {{x, device(xs)}, {y, result}});
    expectNear(read(result, 6), values, 1e-6, "f");
    run({pointwise(test.backward,
                   {{NPUDNN_ATTR_OPERATION_POINTWISE_XDESC, x},
                    {NPUDNN_ATTR_OPERATION_POINTWISE_DYDESC, dy},
                    {NPUDNN_ATTR_OPERATION_POINTWISE_DXDESC, y}},
                   test.numbers)},
        {{x, device(xs)}, {dy, device(std::vector<float>(6, 2))}, {y, result}});
    expectNear(read(result, 6), slopes, 2e-6, "dx");
  }
  const struct {
    npudnnPointwiseMode_t mode;
    std::function<double(double, double)> f;
  } pairs[] = {
      {NPUDNN_POINTWISE_ADD, [](double a, double b) { return a + b; }},
      {NPUDNN_POINTWISE_ADD_SQUARE, [](double a, double b) { return a + b * b; }},
      {NPUDNN_POINTWISE_SUB, [](double a, double b) { return a - b; }},
      {NPUDNN_POINTWISE_MUL, [](double a, double b) { return a * b; }},
      {NPUDNN_POINTWISE_DIV, [](double a, double b) { return a / b; }},
      {NPUDNN_POINTWISE_MIN, [](double a, double b) { return std::min(a, b); }},
      {NPUDNN_POINTWISE_MAX, [](double a, double b) { return std::max(a, b); }},
      {NPUDNN_POINTWISE_MOD, [](double a, double b) { return std::fmod(a, b); }},
      {NPUDNN_POINTWISE_POW, [](double a, double b) { return std::pow(a, b); }},
      {NPUDNN_POINTWISE_ATAN2, [](double a, double b) { return std::atan2(a, b); }},
      {NPUDNN_POINTWISE_CMP_EQ, [](double a, double b) { return a == b; }},
      {NPUDNN_POINTWISE_CMP_NEQ, [](double a, double b) { return a != b; }},
      {NPUDNN_POINTWISE_CMP_GT, [](double a, double b) { return a > b; }},
      {NPUDNN_POINTWISE_CMP_GE, [](double a, double b) { return a >= b; }},
      {NPUDNN_POINTWISE_CMP_LT, [](double a, double b) { return a < b; }},
      {NPUDNN_POINTWISE_CMP_LE, [](double a, double b) { return a <= b; }},
      {NPUDNN_POINTWISE_LOGICAL_AND, [](double a, double b) { return a != 0 && b != 0; }},
      {NPUDNN_POINTWISE_LOGICAL_OR, [](double a, double b) { return a != 0 || b != 0; }},
  };
  for (const auto &test : pairs)
    for (float b : {2.0f, 0.75f, 0.0f}) {
      if (b == 0 && test.mode < NPUDNN_POINTWISE_CMP_EQ)
        continue;
      std::vector<float> as = xs;
      for (float &a : as)
        a = std::fabs(a); // powers of negative numbers are NaN
      std::vector<double> wanted;
      for (float a : as)
        wanted.push_back(test.f(double(a), double(b)));
      const Descriptor second = operand({1, 1, 1});
      run({binary(test.mode, x, second, y)},
          {{x, device(as)}, {second, device(std::vector<float>{b})}, {y, result}});
      expectNear(read(result, 6), wanted, 1e-5, "two operands");
    }
  const struct {
    npudnnPointwiseMode_t mode;
    double (*f)(double);
  } singles[] = {
      {NPUDNN_POINTWISE_ABS, [](double v) { return std::fabs(v); }},
      {NPUDNN_POINTWISE_CEIL, [](double v) { return std::ceil(v); }},
      {NPUDNN_POINTWISE_FLOOR, [](double v) { return std::floor(v); }},
      {NPUDNN_POINTWISE_COS, [](double v) { return std::cos(v); }},
      {NPUDNN_POINTWISE_SIN, [](double v) { return std::sin(v); }},
      {NPUDNN_POINTWISE_TAN, [](double v) { return std::tan(v); }},
      {NPUDNN_POINTWISE_EXP, [](double v) { return std::exp(v); }},
      {NPUDNN_POINTWISE_NEG, [](double v) { return -v; }},
      {NPUDNN_POINTWISE_ERF, [](double v) { return std::erf(v); }},
      {NPUDNN_POINTWISE_IDENTITY, [](double v) { return v; }},
      {NPUDNN_POINTWISE_RECIPROCAL, [](double v) { return 1 / v; }},
      {NPUDNN_POINTWISE_LOGICAL_NOT, [](double v) { return double(v == 0); }},
  };
  for (const auto &test : singles) {
    std::vector<double> wanted;
    for (double point : points)
      wanted.push_back(test.f(point));
    run({unary(test.mode, x, y)}, {{x, device(xs)}, {y, result}});
    expectNear(read(result, 6), wanted, 2e-6, "one operand");
  }
}

TEST_F(DnnGraph, NormsAndTheirGradientsAreThoseOfDifferences) {
  const std::vector<int64_t> dims = {3, 4, 2, 2};
  const size_t count = 48;
  const struct {
    npudnnBackendNormMode_t mode;
    std::vector<int64_t> parameters, statistics;
  } cases[] = {{NPUDNN_LAYER_NORM, {1, 4, 2, 2}, {3, 1, 1, 1}},
               {NPUDNN_RMS_NORM, {1, 4, 2, 2}, {3, 1, 1, 1}},
               {NPUDNN_INSTANCE_NORM, {1, 4, 1, 1}, {3, 4, 1, 1}},
               {NPUDNN_BATCH_NORM, {1, 4, 1, 1}, {1, 4, 1, 1}}};
  for (const auto &test : cases) {
    auto sized = [&](const std::vector<int64_t> &sizes) {
      return operand(sizes, Place::Memory, NPUDNN_DATA_DOUBLE);
    };
    const bool rms = test.mode == NPUDNN_RMS_NORM;
    const Descriptor x = sized(dims), y = sized(dims), dx = sized(dims);
    const Descriptor scale = sized(test.parameters), bias = sized(test.parameters);
    const Descriptor dScale = sized(test.parameters), dBias = sized(test.parameters);
    const Descriptor mean = sized(test.statistics), inverse = sized(test.statistics);
    const Descriptor epsilon = operand({1, 1, 1, 1}, Place::Value, NPUDNN_DATA_DOUBLE);
    Descriptor forward = create(NPUDNN_BACKEND_OPERATION_NORM_FORWARD_DESCRIPTOR);
    set<npudnnBackendNormMode_t>(forward, NPUDNN_ATTR_OPERATION_NORM_FWD_MODE,
                                 NPUDNN_TYPE_NORM_MODE, {test.mode});
    set<npudnnBackendNormFwdPhase_t>(forward, NPUDNN_ATTR_OPERATION_NORM_FWD_PHASE,
                                     NPUDNN_TYPE_NORM_FWD_PHASE, {NPUDNN_NORM_FWD_TRAINING});
    setParts(forward, NPUDNN_ATTR_OPERATION_NORM_FWD_XDESC, {x});
    setParts(forward, NPUDNN_ATTR_OPERATION_NORM_FWD_YDESC, {y});
    setParts(forward, NPUDNN_ATTR_OPERATION_NORM_FWD_SCALE_DESC, {scale});
    setParts(forward, NPUDNN_ATTR_OPERATION_NORM_FWD_EPSILON_DESC, {epsilon});
    setParts(forward, NPUDNN_ATTR_OPERATION_NORM_FWD_INV_VARIANCE_DESC, {inverse});
    if (!rms) {
      setParts(forward, NPUDNN_ATTR_OPERATION_NORM_FWD_BIAS_DESC, {bias});
      setParts(forward, NPUDNN_ATTR_OPERATION_NORM_FWD_MEAN_DESC, {mean});
    }
    const Descriptor forwardPlan = plan({finalized(forward)});
    size_t parameters = 1, statistics = 1;
    for (size_t i = 0; i < 4; ++i)
      parameters *= size_t(test.parameters[i]), statistics *= size_t(test.statistics[i]);
    const auto xs = numbers<double>(count, 1), dys = numbers<double>(count, 2);
    const auto scales = numbers<double>(parameters, 3), biases = numbers<double>(parameters, 4);
    double *yData = device(std::vector<double>(count)),
           *meanData = device(std::vector<double>(statistics)),
           *inverseData = device(std::vector<double>(statistics));
    const double floor = 1e-3;
    auto run = [&](const std::vector<double> &at, const std::vector<double> &by,
                   const std::vector<double> &plus) {
      std::map<Descriptor, const void *> data = {{x, device(at)},     {y, yData},
                                                 {scale, device(by)}, {bias, device(plus)},
                                                 {mean, meanData},    {inverse, inverseData},
                                                 {epsilon, &floor}};
      EXPECT_DNN(execute(forwardPlan, data));
      return read(yData, count);
    };
    const auto wantedX =
        differences(xs, dys, [&](const auto &v) { return run(v, scales, biases); });
    const auto wantedScale =
        differences(scales, dys, [&](const auto &v) { return run(xs, v, biases); });
    run(xs, scales, biases);
    Descriptor backward = create(NPUDNN_BACKEND_OPERATION_NORM_BACKWARD_DESCRIPTOR);
    set<npudnnBackendNormMode_t>(backward, NPUDNN_ATTR_OPERATION_NORM_BWD_MODE,
                                 NPUDNN_TYPE_NORM_MODE, {test.mode});
    setParts(backward, NPUDNN_ATTR_OPERATION_NORM_BWD_XDESC, {x});
    setParts(backward, NPUDNN_ATTR_OPERATION_NORM_BWD_DYDESC, {y});
    setParts(backward, NPUDNN_ATTR_OPERATION_NORM_BWD_SCALE_DESC, {scale});
    setParts(backward, NPUDNN_ATTR_OPERATION_NORM_BWD_INV_VARIANCE_DESC, {inverse});
    setParts(backward, NPUDNN_ATTR_OPERATION_NORM_BWD_DXDESC, {dx});
    setParts(backward, NPUDNN_ATTR_OPERATION_NORM_BWD_DSCALE_DESC, {dScale});
    if (!rms) {
      setParts(backward, NPUDNN_ATTR_OPERATION_NORM_BWD_MEAN_DESC, {mean});
      setParts(backward, NPUDNN_ATTR_OPERATION_NORM_BWD_DBIAS_DESC, {dBias});
    }
    double *dxData = device(std::vector<double>(count)),
           *dScaleData = device(std::vector<double>(parameters)),
           *dBiasData = device(std::vector<double>(parameters));
    EXPECT_DNN(execute(plan({finalized(backward)}), {{x, device(xs)},
                                                     {y, device(dys)},
                                                     {scale, device(scales)},
                                                     {mean, meanData},
                                                     {inverse, inverseData},
                                                     {dx, dxData},
                                                     {dScale, dScaleData},
                                                     {dBias, dBiasData}}));
    expectNear(read(dxData, count), wantedX, 1e-7, "dx");
    expectNear(read(dScaleData, parameters), wantedScale, 1e-7, "dscale");
    if (rms)
      continue;
    std::vector<double> wantedBias(parameters, 0);
    for (size_t i = 0; i < count; ++i)
      wantedBias[parameters == 4 ? i / 4 % 4 : i % 16] += dys[i];
    expectNear(read(dBiasData, parameters), wantedBias, 1e-9, "dbias");
  }
}

TEST_F(DnnGraph, PoolingReducingAndMovingElements) {
  const auto xs = numbers(32, 1);
  const Descriptor x = operand({1, 2, 4, 4}), y = operand({1, 2, 2, 2}), dx = operand({1, 2, 4, 4});
  for (auto mode : {NPUDNN_RESAMPLE_MAXPOOL, NPUDNN_RESAMPLE_AVGPOOL_INCLUDE_PADDING}) {
    Descriptor what = create(NPUDNN_BACKEND_RESAMPLE_DESCRIPTOR);
    set<npudnnResampleMode_t>(what, NPUDNN_ATTR_RESAMPLE_MODE, NPUDNN_TYPE_RESAMPLE_MODE, {mode});
    set<npudnnDataType_t>(what, NPUDNN_ATTR_RESAMPLE_COMP_TYPE, NPUDNN_TYPE_DATA_TYPE,
                          {NPUDNN_DATA_FLOAT});
    setInts(what, NPUDNN_ATTR_RESAMPLE_SPATIAL_DIMS, {2});
    set<npudnnFraction_t>(what, NPUDNN_ATTR_RESAMPLE_STRIDES, NPUDNN_TYPE_FRACTION,
                          {{2, 1}, {2, 1}});
    setInts(what, NPUDNN_ATTR_RESAMPLE_WINDOW_DIMS, {2, 2});
    finalized(what);
    Descriptor forward = create(NPUDNN_BACKEND_OPERATION_RESAMPLE_FWD_DESCRIPTOR);
    setParts(forward, NPUDNN_ATTR_OPERATION_RESAMPLE_FWD_DESC, {what});
    setParts(forward, NPUDNN_ATTR_OPERATION_RESAMPLE_FWD_XDESC, {x});
    setParts(forward, NPUDNN_ATTR_OPERATION_RESAMPLE_FWD_YDESC, {y});
    Descriptor backward = create(NPUDNN_BACKEND_OPERATION_RESAMPLE_BWD_DESCRIPTOR);
    setParts(backward, NPUDNN_ATTR_OPERATION_RESAMPLE_BWD_DESC, {what});
    setParts(backward, NPUDNN_ATTR_OPERATION_RESAMPLE_BWD_XDESC, {x});
    setParts(backward, NPUDNN_ATTR_OPERATION_RESAMPLE_BWD_DXDESC, {dx});
    setParts(backward, NPUDNN_ATTR_OPERATION_RESAMPLE_BWD_DYDESC, {y});
    float *result = device(std::vector<float>(8)), *gradient = device(std::vector<float>(32));
    run({finalized(forward)}, {{x, device(xs)}, {y, result}});
    run({finalized(backward)},
        {{x, device(xs)}, {y, device(std::vector<float>(8, 1))}, {dx, gradient}});
    std::vector<float> wanted, slopes(32, 0);
    for (size_t i = 0; i < 8; ++i) {
      const size_t first = i / 4 * 16 + i / 2 % 2 * 8 + i % 2 * 2;
      size_t most = first;
      float sum = 0;
      for (size_t at : {first, first + 1, first + 4, first + 5}) {
        sum += xs[at];
        most = xs[at] > xs[most] ? at : most;
        if (mode != NPUDNN_RESAMPLE_MAXPOOL)
          slopes[at] = 0.25f;
      }
      if (mode == NPUDNN_RESAMPLE_MAXPOOL)
        slopes[most] = 1;
      wanted.push_back(mode == NPUDNN_RESAMPLE_MAXPOOL ? xs[most] : sum / 4);
    }
    expectNear(read(result, 8), wanted, 1e-6, "y");
    expectNear(read(gradient, 32), slopes, 0, "dx");
  }

  const Descriptor sums = operand({1, 2, 1, 1}), squares = operand({1, 2, 1, 1});
  Descriptor statistics = create(NPUDNN_BACKEND_OPERATION_GEN_STATS_DESCRIPTOR);
  set<npudnnGenStatsMode_t>(statistics, NPUDNN_ATTR_OPERATION_GENSTATS_MODE,
                            NPUDNN_TYPE_GENSTATS_MODE, {NPUDNN_GENSTATS_SUM_SQSUM});
  set<npudnnDataType_t>(statistics, NPUDNN_ATTR_OPERATION_GENSTATS_MATH_PREC, NPUDNN_TYPE_DATA_TYPE,
                        {NPUDNN_DATA_FLOAT});
  setParts(statistics, NPUDNN_ATTR_OPERATION_GENSTATS_XDESC, {x});
  setParts(statistics, NPUDNN_ATTR_OPERATION_GENSTATS_SUMDESC, {sums});
  setParts(statistics, NPUDNN_ATTR_OPERATION_GENSTATS_SQSUMDESC, {squares});
  float *sumData = device(std::vector<float>(2)), *squareData = device(std::vector<float>(2)),
        *reduced = device(std::vector<float>(2));
  const Descriptor total = operand({1, 2, 1, 1});
  run({finalized(statistics), reduction(NPUDNN_REDUCE_TENSOR_ADD, x, total)},
      {{x, device(xs)}, {sums, sumData}, {squares, squareData}, {total, reduced}});
  std::vector<double> wanted(2, 0), wantedSquares(2, 0);
  for (size_t i = 0; i < 32; ++i)
    wanted[i / 16] += double(xs[i]), wantedSquares[i / 16] += double(xs[i]) * double(xs[i]);
  expectNear(read(sumData, 2), wanted, 1e-6, "sums");
  expectNear(read(squareData, 2), wantedSquares, 1e-6, "squares");
  expectNear(read(reduced, 2), wanted, 1e-6, "reduction");

  const Descriptor twice = operand({1, 4, 4, 4}), flat = operand({4, 16});
  Descriptor concat = create(NPUDNN_BACKEND_OPERATION_CONCAT_DESCRIPTOR);
  setInts(concat, NPUDNN_ATTR_OPERATION_CONCAT_AXIS, {1});
  setParts(concat, NPUDNN_ATTR_OPERATION_CONCAT_INPUT_DESCS, {x, dx});
  setParts(concat, NPUDNN_ATTR_OPERATION_CONCAT_OUTPUT_DESC, {twice});
  Descriptor reshape = create(NPUDNN_BACKEND_OPERATION_RESHAPE_DESCRIPTOR);
  setParts(reshape, NPUDNN_ATTR_OPERATION_RESHAPE_XDESC, {twice});
  setParts(reshape, NPUDNN_ATTR_OPERATION_RESHAPE_YDESC, {flat});
  const auto others = numbers(32, 9);
  float *joined = device(std::vector<float>(64)), *reshaped = device(std::vector<float>(64));
  run({finalized(concat), finalized(reshape)},
      {{x, device(xs)}, {dx, device(others)}, {twice, joined}, {flat, reshaped}});
  std::vector<float> both = xs;
  both.insert(both.end(), others.begin(), others.end());
  expectNear(read(reshaped, 64), both, 0, "concatenated and reshaped");
}

// As cudnn-frontend transposes: the same memory, seen with other strides; types may differ.
TEST_F(DnnGraph, AReshapeWithOtherStridesTransposes) {
  const Descriptor x = operand({2, 3, 4}), y = operand({2, 4, 3});
  const Descriptor view = operand({2, 4, 3}, Place::Virtual, NPUDNN_DATA_HALF, {12, 1, 4});
  Descriptor reshape = create(NPUDNN_BACKEND_OPERATION_RESHAPE_DESCRIPTOR);
  setParts(reshape, NPUDNN_ATTR_OPERATION_RESHAPE_XDESC, {x});
  setParts(reshape, NPUDNN_ATTR_OPERATION_RESHAPE_YDESC, {view});
  std::vector<float> xs(24), wanted;
  for (size_t i = 0; i < 24; ++i)
    xs[i] = float(i); // exact as halves
  for (size_t i = 0; i < 24; ++i)
    wanted.push_back(xs[i / 12 * 12 + i % 3 * 4 + i % 12 / 3]);
  float *result = device(std::vector<float>(24));
  run({finalized(reshape), unary(NPUDNN_POINTWISE_IDENTITY, view, y)},
      {{x, device(xs)}, {y, result}});
  expectNear(read(result, 24), wanted, 0, "y");
}

TEST_F(DnnGraph, VirtualTensorsMayHaveStridesThatOverlap) {
  const Descriptor x = operand({2, 3, 4}), y = operand({2, 3, 4});
  const Descriptor between =
      operand({2, 3, 4}, Place::Virtual, NPUDNN_DATA_FLOAT, {6, 3, 1}); // (0, 2, 0) is (1, 0, 0)
  const auto xs = numbers(24);
  std::vector<float> wanted = xs;
  for (float &value : wanted)
    value = -std::fabs(value);
  float *result = device(std::vector<float>(24));
  run({unary(NPUDNN_POINTWISE_ABS, x, between), unary(NPUDNN_POINTWISE_NEG, between, y)},
      {{x, device(xs)}, {y, result}});
  expectNear(read(result, 24), wanted, 0, "y");
}

TEST_F(DnnGraph, DescriptorsRefuseWhatDoesNotFit) {
  EXPECT_EQ(npudnnBackendCreateDescriptor(npudnnBackendDescriptorType_t(999), nullptr),
            NPUDNN_STATUS_BAD_PARAM);
  Descriptor descriptor = nullptr;
  EXPECT_EQ(npudnnBackendCreateDescriptor(npudnnBackendDescriptorType_t(999), &descriptor),
            NPUDNN_STATUS_NOT_SUPPORTED);
  descriptor = create(NPUDNN_BACKEND_TENSOR_DESCRIPTOR);
  const int64_t size = 4;
  EXPECT_EQ(npudnnBackendFinalize(descriptor), NPUDNN_STATUS_BAD_PARAM) << "nothing is set";
  EXPECT_EQ(npudnnBackendSetAttribute(descriptor, NPUDNN_ATTR_TENSOR_DIMENSIONS, NPUDNN_TYPE_FLOAT,
                                      1, &size),
            NPUDNN_STATUS_BAD_PARAM);
  EXPECT_EQ(npudnnBackendSetAttribute(descriptor, NPUDNN_ATTR_TENSOR_DIMENSIONS, NPUDNN_TYPE_INT64,
                                      9, &size),
            NPUDNN_STATUS_BAD_PARAM);
  EXPECT_EQ(npudnnBackendSetAttribute(descriptor, NPUDNN_ATTR_POINTWISE_AXIS, NPUDNN_TYPE_INT64, 1,
                                      &size),
            NPUDNN_STATUS_BAD_PARAM);
  EXPECT_EQ(npudnnBackendGetAttribute(descriptor, NPUDNN_ATTR_TENSOR_DIMENSIONS, NPUDNN_TYPE_INT64,
                                      0, nullptr, nullptr),
            NPUDNN_STATUS_NOT_INITIALIZED);
  const Descriptor x = operand({2, 3, 4}), y = operand({2, 3, 5}),
                   hidden = operand({2, 3, 4}, Place::Virtual);
  EXPECT_EQ(npudnnBackendSetAttribute(x, NPUDNN_ATTR_TENSOR_UNIQUE_ID, NPUDNN_TYPE_INT64, 1, &size),
            NPUDNN_STATUS_NOT_INITIALIZED)
      << "it is finalized";
  int64_t dims[3], count = 0;
  EXPECT_DNN(npudnnBackendGetAttribute(x, NPUDNN_ATTR_TENSOR_DIMENSIONS, NPUDNN_TYPE_INT64, 3,
                                       &count, dims));
  EXPECT_EQ(count, 3);
  EXPECT_EQ(dims[2], 4);
  EXPECT_DNN(npudnnBackendInitialize(descriptor));

  Descriptor what = create(NPUDNN_BACKEND_MATMUL_DESCRIPTOR);
  set<npudnnDataType_t>(what, NPUDNN_ATTR_MATMUL_COMP_TYPE, NPUDNN_TYPE_DATA_TYPE,
                        {NPUDNN_DATA_FLOAT});
  Descriptor product = create(NPUDNN_BACKEND_OPERATION_MATMUL_DESCRIPTOR);
  EXPECT_EQ(npudnnBackendSetAttribute(product, NPUDNN_ATTR_OPERATION_MATMUL_DESC,
                                      NPUDNN_TYPE_BACKEND_DESCRIPTOR, 1, &what),
            NPUDNN_STATUS_BAD_PARAM)
      << "it is not finalized";
  setParts(product, NPUDNN_ATTR_OPERATION_MATMUL_DESC, {finalized(what)});
  setParts(product, NPUDNN_ATTR_OPERATION_MATMUL_ADESC, {x});
  setParts(product, NPUDNN_ATTR_OPERATION_MATMUL_BDESC, {x});
  setParts(product, NPUDNN_ATTR_OPERATION_MATMUL_CDESC, {y});
  EXPECT_EQ(npudnnBackendFinalize(product), NPUDNN_STATUS_BAD_PARAM) << "sizes do not fit";

  Descriptor graph = create(NPUDNN_BACKEND_OPERATIONGRAPH_DESCRIPTOR);
  const Descriptor other = operand({2, 3, 4});
  setParts(graph, NPUDNN_ATTR_OPERATIONGRAPH_OPS, {unary(NPUDNN_POINTWISE_EXP, hidden, other)});
  EXPECT_EQ(npudnnBackendFinalize(graph), NPUDNN_STATUS_BAD_PARAM) << "nobody computes `hidden`";

  const Descriptor good = plan({unary(NPUDNN_POINTWISE_EXP, x, other)});
  EXPECT_EQ(execute(good, {{x, device(numbers(24))}}), NPUDNN_STATUS_BAD_PARAM) << "no result";
  float host[24];
  EXPECT_EQ(execute(good, {{x, device(numbers(24))}, {other, host}}), NPUDNN_STATUS_MAPPING_ERROR);
  EXPECT_EQ(npudnnBackendExecute(handle, x, good), NPUDNN_STATUS_BAD_PARAM);
  EXPECT_DNN(npudnnBackendDestroyDescriptor(good));
  EXPECT_EQ(npudnnBackendDestroyDescriptor(good), NPUDNN_STATUS_BAD_PARAM);
}

} // namespace
