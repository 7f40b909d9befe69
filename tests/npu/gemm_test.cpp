// gemm against a double-precision reference: shapes, strides, scalars, batches, epilogues, formats.
#include "numerics.h"
#include "op_runner.h"

#include <cmath>

using namespace npu;
using namespace npu::test;

namespace {

struct Case {
  int64_t batch, m, n, k;
  bool columnMajorA, columnMajorB, columnMajorD;
  float alpha, beta;
  int biasAxis = -1;
  Activation activation = Activation::None;
};

Tensor layout(std::vector<float> &data, int64_t batch, int64_t rows, int64_t columns,
              bool columnMajor, int64_t pad, unsigned seed) {
  int64_t pitch = (columnMajor ? rows : columns) + pad;
  int64_t plane = pitch * (columnMajor ? columns : rows);
  data = randomNormal(size_t(batch * plane), seed);
  Tensor tensor{data.data(), Format::F32, {batch, rows, columns}, {plane, pitch, 1}};
  if (columnMajor)
    std::swap(tensor.strides[1], tensor.strides[2]);
  return tensor;
}

double activated(double x, Activation activation) {
  switch (activation) {
  case Activation::Relu:
    return x < 0 ? 0 : x;
  case Activation::Sigmoid:
    return 1 / (1 + std::exp(-x));
  case Activation::Tanh:
    return std::tanh(x);
  case Activation::Gelu:
    return 0.5 * x * std::erfc(-x / std::sqrt(2.0));
  default:
    return x;
  }
}

// Largest error relative to the sum of magnitudes that an element was made of.
void checkCase(Device &device, const Case &c, double tolerance) {
  SCOPED_TRACE(testing::Message() << c.batch << "x" << c.m << "x" << c.n << "x" << c.k << " "
                                  << c.columnMajorA << c.columnMajorB << c.columnMajorD);
  std::vector<float> dataA, dataB, dataD, dataBias = randomNormal(size_t(std::max(c.m, c.n)), 4);
  TensorOp op;
  op.src = {layout(dataA, c.batch, c.m, c.k, c.columnMajorA, 3, 1),
            layout(dataB, c.batch, c.k, c.n, c.columnMajorB, 1, 2)};
  Tensor dst = layout(dataD, c.batch, c.m, c.n, c.columnMajorD, 2, 3);
  op.alpha = c.alpha, op.beta = c.beta;
  op.src.push_back(dst);
  op.dst = {dst};
  op.activation = c.activation;
  if (c.biasAxis > 0) {
    op.biasAxis = c.biasAxis;
    op.src.push_back({dataBias.data(), Format::F32, {c.biasAxis == 1 ? c.m : c.n}, {1}});
  }
  if (c.beta == 0)
    std::fill(dataD.begin(), dataD.end(), NAN); // must not be read
  std::vector<float> before = dataD;
  ASSERT_TRUE(device.accepts(op)) << device.accepts(op).message();
  Status status = runOp(device, op);
  ASSERT_TRUE(status) << status.message();
  double worst = 0;
  std::vector<bool> written(dataD.size());
  for (int64_t b = 0; b < c.batch; ++b)
    for (int64_t i = 0; i < c.m; ++i)
      for (int64_t j = 0; j < c.n; ++j) {
        double sum = 0, magnitude = 1e-30;
        for (int64_t p = 0; p < c.k && c.alpha != 0; ++p) {
          double term = double(floatAt(op.src[0], b, i, p)) * floatAt(op.src[1], b, p, j);
          sum += term, magnitude += std::fabs(term);
        }
        int64_t index = b * dst.strides[0] + i * dst.strides[1] + j * dst.strides[2];
        written[size_t(index)] = true;
        double want = c.alpha * sum;
        if (c.beta != 0)
          want += double(c.beta) * before[size_t(index)];
        if (c.biasAxis > 0)
          want += dataBias[size_t(c.biasAxis == 1 ? i : j)];
        magnitude = magnitude * std::fabs(c.alpha) + std::fabs(want) + 1e-3 +
                    (c.biasAxis > 0 || c.activation != Activation::None);
        double error = std::fabs(activated(want, c.activation) - dataD[size_t(index)]) / magnitude;
        worst = std::max(worst, error == error ? error : 1e9);
      }
  EXPECT_LT(worst, tolerance);
  for (size_t i = 0; i < dataD.size(); ++i)
    if (!written[i]) {
      EXPECT_EQ(backend::floatBits(dataD[i]), backend::floatBits(before[i]))
          << "padding was overwritten";
    }
}

constexpr double kFloatTolerance = 4e-7;

TEST(Gemm, AnyShapeAndLayoutMatchesTheReference) {
  auto device = makeDevice({{"NPU_CONFIG", "server"}});
  const int64_t shapes[][4] = {{1, 1, 1, 1},       {1, 7, 5, 3},     {1, 1, 129, 64},
                               {1, 131, 1, 17},    {1, 64, 64, 64},  {3, 33, 17, 65},
                               {1, 127, 257, 101}, {2, 128, 130, 1}, {1, 16, 16, 1021}};
  for (const auto &s : shapes)
    for (int layout = 0; layout < 8; ++layout)
      checkCase(*device,
                {s[0], s[1], s[2], s[3], (layout & 1) != 0, (layout & 2) != 0, (layout & 4) != 0,
                 1.0f, 0.0f},
                kFloatTolerance);
}

TEST(Gemm, TilesOfASmallScratchpadGiveTheSameValues) {
  for (const char *preset : {"edge", "mobile", "tpu_v1_like"}) {
    auto device = makeDevice({{"NPU_CONFIG", preset}});
    for (int layout = 0; layout < 8; ++layout)
      checkCase(*device,
                {2, 211, 193, 307, (layout & 1) != 0, (layout & 2) != 0, (layout & 4) != 0, 1.5f,
                 -0.75f, 1 + layout % 2, Activation::Relu},
                kFloatTolerance);
  }
}

TEST(Gemm, ScalarsBiasAndActivations) {
  auto device = makeDevice({{"NPU_CONFIG", "edge"}});
  for (bool columnMajor : {false, true})
    for (float alpha : {0.0f, 1.0f, -2.5f})
      for (float beta : {0.0f, 1.0f, 0.5f})
        for (int biasAxis : {-1, 1, 2})
          for (Activation activation :
               {Activation::None, Activation::Sigmoid, Activation::Tanh, Activation::Gelu})
            checkCase(
                *device,
                {1, 37, 41, 29, false, columnMajor, columnMajor, alpha, beta, biasAxis, activation},
                1e-6);
}

TEST(Gemm, ZeroDepthScalesC) {
  auto device = makeDevice({});
  checkCase(*device, {1, 5, 6, 0, false, false, false, 1.0f, 0.5f}, kFloatTolerance);
  checkCase(*device, {1, 5, 6, 0, false, false, false, 1.0f, 0.0f}, kFloatTolerance);
}

} // namespace
