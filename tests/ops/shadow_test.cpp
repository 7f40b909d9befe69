// The precision contract on the NPU: what is recomputed, which error is told, what is repeated in a
// more accurate format.
#include "src/shadow.h"

#include "npu/device.h"

#include <gtest/gtest.h>

#include <cmath>
#include <cstdlib>
#include <future>
#include <limits>
#include <random>

using namespace npu;

namespace {

std::unique_ptr<Device> makeDevice(const char *format, double rate, double tolerance) {
  if (format)
    setenv("NPU_MATMUL_FORMAT", format, 1);
  setenv("NPU_CONFIG", "server", 1);
  std::unique_ptr<Device> device;
  const Status status = makeNpuDevice(device);
  EXPECT_TRUE(status) << status.message();
  unsetenv("NPU_MATMUL_FORMAT");
  unsetenv("NPU_CONFIG");
  return core::withShadow(std::move(device), rate, tolerance);
}

struct Product {
  static constexpr int64_t kSize = 64, kDepth = 256;
  std::vector<float> a, b, c, d;
  TensorOp op;

  Product() : a(kSize * kDepth), b(kDepth * kSize), c(kSize * kSize), d(kSize * kSize) {
    std::mt19937 generator(3);
    std::normal_distribution<float> normal;
    for (auto *values : {&a, &b, &c})
      for (float &value : *values)
        value = normal(generator);
    d = c;
    op.src = {matrix(a, kSize, kDepth), matrix(b, kDepth, kSize), matrix(d, kSize, kSize)};
    op.dst = {matrix(d, kSize, kSize)}; // C and D are one tensor
    op.beta = 2.0;
  }
  static Tensor matrix(std::vector<float> &values, int64_t rows, int64_t columns) {
    return {values.data(), Format::F32, {1, rows, columns}, {rows * columns, columns, 1}};
  }
  // Relative, against sums in double.
  double error() const {
    double differences = 0, squares = 0;
    for (int64_t i = 0; i < kSize; ++i)
      for (int64_t j = 0; j < kSize; ++j) {
        double want = 2.0 * c[size_t(i * kSize + j)];
        for (int64_t p = 0; p < kDepth; ++p)
          want += double(a[size_t(i * kDepth + p)]) * b[size_t(p * kSize + j)];
        differences += std::pow(d[size_t(i * kSize + j)] - want, 2), squares += want * want;
      }
    return std::sqrt(differences / squares);
  }
};

OpCost run(Device &device, TensorOp op) {
  op.cost = std::make_shared<OpCost>();
  std::promise<Status> promise;
  device.execute(op, [&](Status status) { promise.set_value(status); });
  const Status status = promise.get_future().get();
  EXPECT_TRUE(status) << status.message();
  return *op.cost;
}

TEST(Shadow, TellsTheErrorThatTheResultHas) {
  for (const char *format : {"bf16", "fp16", "fp8_e4m3", "int8"}) {
    Product product;
    auto device = makeDevice(format, 1, 0);
    const OpCost cost = run(*device, product.op);
    ASSERT_EQ(cost.errors.size(), 1u);
    EXPECT_NEAR(cost.errors[0] / product.error(), 1, 1e-6) << format;
    EXPECT_GT(cost.errors[0], 1e-4);
    EXPECT_EQ(cost.corrections, "");
    EXPECT_EQ(cost.format, format);
  }
}

TEST(Shadow, RecomputesTheShareThatItIsAskedFor) {
  auto device = makeDevice("bf16", 0.25, 0);
  int recomputed = 0;
  for (int i = 0; i < 12; ++i) {
    Product product;
    recomputed += !run(*device, product.op).errors.empty();
  }
  EXPECT_EQ(recomputed, 3);
}

TEST(Tolerance, AnOpThatBreaksItIsRunAgainFromItsOwnOperands) {
  Product plain, corrected;
  auto device = makeDevice("fp8_e4m3", 1, 0);
  const OpCost first = run(*device, plain.op);
  device = makeDevice("fp8_e4m3", 1, 0.01);
  const OpCost cost = run(*device, corrected.op);
  EXPECT_EQ(cost.format, "bf16");
  EXPECT_LT(cost.errors[0], 0.01);
  EXPECT_LT(corrected.error(), 0.01) << "C was overwritten by the first attempt and must come back";
  EXPECT_NE(cost.corrections.find("error in fp8_e4m3 0.0"), std::string::npos) << cost.corrections;
  EXPECT_NE(cost.corrections.find("in bf16"), std::string::npos) << cost.corrections;
  EXPECT_GT(cost.cycles, first.cycles) << "both attempts cost";
  EXPECT_LT(cost.utilization, 1);
}

TEST(Tolerance, GoesAsFarUpAsItTakes) {
  Product product;
  auto device = makeDevice("int8", 1, 1e-6);
  const OpCost cost = run(*device, product.op);
  EXPECT_EQ(cost.format, "bf16x9");
  EXPECT_LT(product.error(), 1e-6);
}

TEST(Tolerance, WithoutAMoreAccurateFormatTheBestResultStaysAndIsToldOf) {
  Product product;
  auto device = makeDevice(nullptr, 1, 1e-12);
  const OpCost once = run(*makeDevice(nullptr, 1, 0), Product().op);
  const OpCost cost = run(*device, product.op);
  EXPECT_EQ(cost.format, "bf16x9");
  EXPECT_NE(cost.corrections.find("no more accurate format"), std::string::npos);
  EXPECT_EQ(cost.cycles, once.cycles);
  EXPECT_LT(product.error(), 1e-6);
}

TEST(Tolerance, OperationsWithoutProductsAreCheckedToo) {
  std::vector<float> x{1, 2, 3, 4}, y(4);
  TensorOp op;
  op.kind = TensorOp::Kind::softmax, op.axes = {1};
  op.src = {{x.data(), Format::F32, {2, 2}, {2, 1}}, {}};
  op.dst = {{y.data(), Format::F32, {2, 2}, {2, 1}}};
  op.src[1] = op.dst[0];
  const OpCost cost = run(*makeDevice(nullptr, 1, 1e-3), op);
  ASSERT_EQ(cost.errors.size(), 1u);
  EXPECT_LT(cost.errors[0], 1e-6);
}

TEST(RelativeError, NonFiniteValuesAreEqualToThemselvesAlone) {
  const float inf = std::numeric_limits<float>::infinity(), nan = std::nanf("");
  auto error = [](std::vector<float> got, std::vector<float> want) {
    const int64_t count = int64_t(got.size());
    return core::relativeError({got.data(), Format::F32, {count}, {1}},
                               {want.data(), Format::F32, {count}, {1}});
  };
  EXPECT_EQ(error({1, inf, nan}, {1, inf, nan}), 0);
  EXPECT_EQ(error({1, inf}, {1, 2}), std::numeric_limits<double>::max());
  EXPECT_EQ(error({nan}, {2}), std::numeric_limits<double>::max());
  EXPECT_NEAR(error({3, 4.5f}, {3, 4}), 0.1, 1e-12);
  EXPECT_EQ(error({0.5f}, {0}), 0.5);
}

} // namespace
