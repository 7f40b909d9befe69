// What each format gives up, and who may lower what.
#include "numerics.h"
#include "op_runner.h"

#include <cmath>

using namespace npu;
using namespace npu::backend;
using namespace npu::test;

namespace {

constexpr int64_t kSize = 192, kDepth = 1024;

struct Product1024 {
  std::vector<float> a = randomNormal(kSize * kDepth, 11), b = randomNormal(kDepth * kSize, 12);
  std::vector<double> want = std::vector<double>(kSize * kSize);
  Product1024() {
    for (int64_t i = 0; i < kSize; ++i)
      for (int64_t p = 0; p < kDepth; ++p)
        for (int64_t j = 0; j < kSize; ++j)
          want[size_t(i * kSize + j)] +=
              double(a[size_t(i * kDepth + p)]) * b[size_t(p * kSize + j)];
  }
};

const Product1024 &product() {
  static const Product1024 made;
  return made;
}

// RMS error over RMS value, and the format that the report names.
double relativeError(const std::map<std::string, std::string> &variables, std::string &format,
                     MathMode math = {}) {
  auto device = makeDevice(variables);
  std::vector<float> d(kSize * kSize);
  auto &p = product();
  TensorOp op;
  op.src = {rowMajor(const_cast<float *>(p.a.data()), Format::F32, 1, kSize, kDepth),
            rowMajor(const_cast<float *>(p.b.data()), Format::F32, 1, kDepth, kSize)};
  op.dst = {rowMajor(d.data(), Format::F32, 1, kSize, kSize)};
  op.math = math;
  OpCost cost;
  Status status = runOp(*device, op, &cost);
  EXPECT_TRUE(status) << status.message();
  format = cost.format;
  double error = 0, value = 0;
  for (size_t i = 0; i < d.size(); ++i) {
    error += (d[i] - p.want[i]) * (d[i] - p.want[i]);
    value += p.want[i] * p.want[i];
  }
  return std::sqrt(error / value);
}

TEST(Precision, FormatsGiveTheKnownErrors) {
  const struct {
    const char *format;
    double percent;
  } known[] = {{"bf16", 0.236},      {"fp16", 0.030},      {"fp8_e4m3", 3.80},
               {"fp8_e5m2", 7.56},   {"int8", 1.40},       {"int4", 26.1},
               {"mxfp8_e4m3", 4.15}, {"mxfp8_e5m2", 7.67}, {"mxfp6_e2m3", 4.01},
               {"mxfp6_e3m2", 7.67}, {"mxfp4", 16.3}};
  for (const auto &[name, percent] : known) {
    std::string format;
    double error = 100 * relativeError({{"NPU_MATMUL_FORMAT", name}}, format);
    EXPECT_NEAR(error, percent, 0.15 * percent) << name;
    EXPECT_EQ(format, name);
  }
}

TEST(Precision, Float32PolicyChoosesTheNumberOfParts) {
  std::string format;
  EXPECT_LT(relativeError({}, format), 4e-7);
  EXPECT_EQ(format, "bf16x9");
  double high = relativeError({{"NPU_FLOAT32_MATMUL_PRECISION", "high"}}, format);
  EXPECT_EQ(format, "bf16x3");
  EXPECT_LT(high, 2e-5);
  EXPECT_GT(high, 1e-6);
  double medium = relativeError({{"NPU_FLOAT32_MATMUL_PRECISION", "medium"}}, format);
  EXPECT_EQ(format, "bf16");
  EXPECT_GT(medium, 1e-3);
}

TEST(Precision, MathModesLowerAndPedanticForbids) {
  std::string format;
  double tf32 = relativeError({}, format, {Format::Tf32, false});
  EXPECT_EQ(format, "tf32");
  EXPECT_NEAR(tf32, 3e-4, 1e-4);
  relativeError({}, format, {Format::Bf16, false});
  EXPECT_EQ(format, "bf16");
  relativeError({{"NPU_MATMUL_FORMAT", "int8"}, {"NPU_FLOAT32_MATMUL_PRECISION", "medium"}}, format,
                {Format::F32, true});
  EXPECT_EQ(format, "bf16x9");
  relativeError({{"NPU_CONFIG", "edge"}}, format, {Format::Tf32, false});
  EXPECT_EQ(format, "bf16x3") << "an array without tf32 is more accurate, not less";
}

TEST(Precision, SplitProductsKeepInfinitiesAndLargeValues) {
  auto device = makeDevice({{"NPU_FLOAT32_MATMUL_PRECISION", "high"}});
  float a[] = {INFINITY, 3.4e38f, 1.5f}, b[] = {1.0f}, d[3];
  TensorOp op;
  op.src = {rowMajor(a, Format::F32, 1, 3, 1), rowMajor(b, Format::F32, 1, 1, 1)};
  op.dst = {rowMajor(d, Format::F32, 1, 3, 1)};
  ASSERT_TRUE(runOp(*device, op));
  EXPECT_EQ(d[0], INFINITY);
  EXPECT_NEAR(d[1] / 3.4e38f, 1.0f, 1e-4f);
  EXPECT_EQ(d[2], 1.5f);
}

// Small whole numbers are exact in every floating-point format, so results must be exact too.
template <typename Code>
std::vector<Code> codes(const std::vector<float> &values, Code (*encode)(float)) {
  std::vector<Code> result;
  for (float value : values)
    result.push_back(encode(value));
  return result;
}

template <typename Code>
void checkStorage(Format format, Code (*encode)(float), const char *expected) {
  auto device = makeDevice({{"NPU_CONFIG", "mobile"}});
  const int64_t m = 33, n = 29, k = 50;
  std::vector<float> a(m * k), b(k * n), d(m * n);
  for (size_t i = 0; i < a.size(); ++i)
    a[i] = float(int(i * 7 % 9) - 4);
  for (size_t i = 0; i < b.size(); ++i)
    b[i] = float(int(i * 5 % 7) - 3);
  auto codesA = codes(a, encode), codesB = codes(b, encode);
  TensorOp op;
  op.src = {rowMajor(codesA.data(), format, 1, m, k), rowMajor(codesB.data(), format, 1, k, n)};
  op.dst = {rowMajor(d.data(), Format::F32, 1, m, n)};
  OpCost cost;
  Status status = runOp(*device, op, &cost);
  ASSERT_TRUE(status) << status.message();
  EXPECT_EQ(cost.format, expected);
  for (int64_t i = 0; i < m; ++i)
    for (int64_t j = 0; j < n; ++j) {
      float want = 0;
      for (int64_t p = 0; p < k; ++p)
        want += a[size_t(i * k + p)] * b[size_t(p * n + j)];
      ASSERT_EQ(d[size_t(i * n + j)], want) << formatSpelling(format);
    }
}

TEST(Precision, StoredFormatsMultiplyExactly) {
  checkStorage<uint16_t>(Format::F16, encodeFp16, "fp16");
  checkStorage<uint16_t>(Format::Bf16, encodeBf16, "bf16");
  checkStorage<uint8_t>(
      Format::Fp8E4M3, [](float x) { return uint8_t(Fp8E4M3::encode(x)); }, "fp8_e4m3");
  checkStorage<uint8_t>(
      Format::Fp8E5M2, [](float x) { return uint8_t(Fp8E5M2::encode(x)); }, "fp8_e5m2");
}

TEST(Precision, HalfResultsRoundOnce) {
  auto device = makeDevice({});
  uint16_t a[2] = {encodeFp16(2048.0f), encodeFp16(1.0f)},
           b[2] = {encodeFp16(1.0f), encodeFp16(1.0f)};
  uint16_t d[1];
  TensorOp op;
  op.src = {rowMajor(a, Format::F16, 1, 1, 2), rowMajor(b, Format::F16, 1, 2, 1)};
  op.dst = {rowMajor(d, Format::F16, 1, 1, 1)};
  op.alpha = 2.0;
  ASSERT_TRUE(runOp(*device, op));
  EXPECT_EQ(decodeFp16(d[0]), 4096.0f); // 4098 is a tie between 4096 and 4100: even
}

Status integerGemm(int64_t k, int8_t value, int32_t &result, double alpha = 1) {
  auto device = makeDevice({{"NPU_CONFIG", "mobile"}});
  std::vector<int8_t> a(size_t(4 * k), value), b(size_t(k * 4), value);
  std::vector<int32_t> d(16);
  TensorOp op;
  op.src = {rowMajor(a.data(), Format::Int8, 1, 4, k), rowMajor(b.data(), Format::Int8, 1, k, 4)};
  op.dst = {rowMajor(d.data(), Format::Int32, 1, 4, 4)};
  op.alpha = alpha;
  Status status = runOp(*device, op);
  result = d[5];
  return status;
}

TEST(Precision, IntegerSumsAreExactBeyondFloatPrecision) {
  int32_t result = 0;
  ASSERT_TRUE(integerGemm(4099, 127, result));
  EXPECT_EQ(result, 4099 * 127 * 127);
  ASSERT_TRUE(integerGemm(131071, -128, result));
  EXPECT_EQ(result, 131071 * 16384);
  ASSERT_TRUE(integerGemm(100003, 127, result));
  EXPECT_EQ(result, 100003 * 127 * 127);
}

TEST(Precision, IntegerOverflowIsAnErrorNotAWrongAnswer) {
  int32_t result = 0;
  Status status = integerGemm(140000, 127, result);
  EXPECT_EQ(status.code(), npuErrorLaunchFailure);
  EXPECT_NE(status.message().find("overflow"), std::string::npos) << status.message();
  EXPECT_FALSE(integerGemm(131071, -128, result, 3));
}

TEST(Precision, Int8LoweringRefusesInfinities) {
  auto device = makeDevice({{"NPU_MATMUL_FORMAT", "int8"}});
  float a[] = {1.0f, NAN}, b[] = {1.0f, 1.0f}, d[1];
  TensorOp op;
  op.src = {rowMajor(a, Format::F32, 1, 1, 2), rowMajor(b, Format::F32, 1, 2, 1)};
  op.dst = {rowMajor(d, Format::F32, 1, 1, 1)};
  Status status = runOp(*device, op);
  EXPECT_EQ(status.code(), npuErrorLaunchFailure);
  EXPECT_NE(status.message().find("NPU_MATMUL_FORMAT"), std::string::npos);
}

TEST(Precision, Fp8LoweringScalesLargeAndSmallTensors) {
  auto device = makeDevice({{"NPU_MATMUL_FORMAT", "fp8_e4m3"}});
  for (float size : {1e-20f, 1.0f, 1e15f}) {
    std::vector<float> a(64), b(64, 0.5f), d(1);
    for (size_t i = 0; i < a.size(); ++i)
      a[i] = size * float(1 + i % 8);
    TensorOp op;
    op.src = {rowMajor(a.data(), Format::F32, 1, 1, 64), rowMajor(b.data(), Format::F32, 1, 64, 1)};
    op.dst = {rowMajor(d.data(), Format::F32, 1, 1, 1)};
    ASSERT_TRUE(runOp(*device, op));
    EXPECT_NEAR(d[0] / (size * 144.0f), 1.0f, 0.05f);
  }
}

} // namespace
