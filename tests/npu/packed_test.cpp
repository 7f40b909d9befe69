// Matrix products in formats whose elements share bytes on chip: int4 and the MX formats.
#include "numerics.h"
#include "op_runner.h"
#include "packed.h"
#include "quantize.h"

#include <algorithm>
#include <cmath>
#include <fstream>

using namespace npu;
using namespace npu::backend;
using namespace npu::test;

namespace {

constexpr MxElement kElements[] = {MxElement::E5M2, MxElement::E4M3, MxElement::E3M2,
                                   MxElement::E2M3, MxElement::E2M1};

struct Shape {
  int64_t batch, m, n, k;
};
constexpr Shape kShapes[] = {{1, 1, 1, 1},    {1, 7, 5, 3},       {3, 33, 17, 65},
                             {1, 1, 129, 64}, {2, 211, 193, 307}, {1, 16, 16, 1021}};

// Random operands in any of eight layouts, with gaps between rows and batches.
struct Operands {
  std::vector<float> a, b, d;
  TensorOp op;

  Operands(const Shape &s, int layout) {
    op.src = {tensor(a, s.batch, s.m, s.k, layout & 1, 1),
              tensor(b, s.batch, s.k, s.n, layout & 2, 2)};
    op.dst = {tensor(d, s.batch, s.m, s.n, layout & 4, 3)};
  }

  static Tensor tensor(std::vector<float> &data, int64_t batch, int64_t rows, int64_t columns,
                       bool columnMajor, unsigned seed) {
    const int64_t pitch = (columnMajor ? rows : columns) + 1;
    const int64_t plane = pitch * (columnMajor ? columns : rows);
    data = randomNormal(size_t(batch * plane), seed);
    Tensor result{data.data(), Format::F32, {batch, rows, columns}, {plane, pitch, 1}};
    if (columnMajor)
      std::swap(result.strides[1], result.strides[2]);
    return result;
  }

  template <typename Visit> void eachResult(Visit visit) const {
    const auto &sizes = op.dst[0].sizes;
    for (int64_t batch = 0; batch < sizes[0]; ++batch)
      for (int64_t i = 0; i < sizes[1]; ++i)
        for (int64_t j = 0; j < sizes[2]; ++j)
          visit(batch, i, j, floatAt(op.dst[0], batch, i, j));
  }
};

// Small memories, so that products of a few hundred are cut in all three dimensions.
std::string configFile(const std::string &dataflow) {
  const std::string path = testing::TempDir() + "packed_" + dataflow + ".json";
  std::ofstream(path)
      << R"({"preset": "mobile", "array": {"rows": 24, "columns": 16, "dataflow": ")" << dataflow
      << R"("}, "scratchpad": {"kib": 16}, "accumulator": {"kib": 16}})";
  return path;
}

std::vector<std::string> configs() {
  return {"server", configFile("weight_stationary"), configFile("output_stationary")};
}

std::vector<float> elementsOf(const Tensor &tensor) {
  std::vector<float> values;
  for (int64_t batch = 0; batch < tensor.sizes[0]; ++batch)
    for (int64_t i = 0; i < tensor.sizes[1]; ++i)
      for (int64_t j = 0; j < tensor.sizes[2]; ++j)
        values.push_back(floatAt(tensor, batch, i, j));
  return values;
}

TEST(Packed, Int4ProductsAreThoseOfTheCodes) {
  for (const std::string &config : configs()) {
    auto device = makeDevice({{"NPU_CONFIG", config}, {"NPU_MATMUL_FORMAT", "int4"}});
    for (const Shape &shape : kShapes)
      for (int layout = 0; layout < 8; ++layout) {
        Operands operands(shape, layout);
        OpCost cost;
        Status status = runOp(*device, operands.op, &cost);
        ASSERT_TRUE(status) << status.message();
        EXPECT_EQ(cost.format, "int4");
        const Tensor &a = operands.op.src[0], &b = operands.op.src[1];
        const auto valuesA = elementsOf(a), valuesB = elementsOf(b);
        const auto scaleA = symmetricQuantization(valuesA.data(), valuesA.size(), 4);
        const auto scaleB = symmetricQuantization(valuesB.data(), valuesB.size(), 4);
        uint64_t wrong = 0;
        operands.eachResult([&](int64_t batch, int64_t i, int64_t j, float got) {
          int32_t sum = 0;
          for (int64_t p = 0; p < shape.k; ++p)
            sum += quantize(floatAt(a, batch, i, p), scaleA) *
                   quantize(floatAt(b, batch, p, j), scaleB);
          wrong += got != float(sum) * (scaleA.scale * scaleB.scale);
        });
        EXPECT_EQ(wrong, 0u) << config << " " << shape.k << " layout " << layout;
      }
  }
}

// One row or column of an operand as its blocks along the depth hold it.
std::vector<float> throughBlocks(const std::vector<float> &row, MxElement element) {
  std::vector<float> result(row.size());
  for (size_t first = 0; first < row.size(); first += kMxBlock) {
    const size_t count = std::min<size_t>(kMxBlock, row.size() - first);
    float values[kMxBlock] = {}, back[kMxBlock];
    std::copy_n(row.data() + first, count, values);
    decodeMx(encodeMx(values, element), element, back);
    std::copy_n(back, count, result.data() + first);
  }
  return result;
}

std::vector<std::vector<float>> linesOf(const Tensor &tensor, int64_t batch, bool rows,
                                        MxElement element) {
  std::vector<std::vector<float>> lines;
  for (int64_t i = 0; i < tensor.sizes[rows ? 1 : 2]; ++i) {
    std::vector<float> line;
    for (int64_t p = 0; p < tensor.sizes[rows ? 2 : 1]; ++p)
      line.push_back(rows ? floatAt(tensor, batch, i, p) : floatAt(tensor, batch, p, i));
    lines.push_back(throughBlocks(line, element));
  }
  return lines;
}

TEST(Packed, MxProductsAreThoseOfTheBlocks) {
  constexpr double kFloatTolerance = 4e-7; // of the sum of magnitudes, as for fp32
  for (const std::string &config : configs())
    for (MxElement element : kElements) {
      auto device =
          makeDevice({{"NPU_CONFIG", config}, {"NPU_MATMUL_FORMAT", mxElementName(element)}});
      for (const Shape &shape : kShapes)
        for (int layout = 0; layout < 8; ++layout) {
          if (shape.m > 200 && layout != int(element))
            continue; // one layout of the largest for each format
          Operands operands(shape, layout);
          OpCost cost;
          Status status = runOp(*device, operands.op, &cost);
          ASSERT_TRUE(status) << status.message();
          EXPECT_EQ(cost.format, mxElementName(element));
          double worst = 0;
          std::vector<std::vector<float>> a, b;
          operands.eachResult([&](int64_t batch, int64_t i, int64_t j, float got) {
            if (i == 0 && j == 0) {
              a = linesOf(operands.op.src[0], batch, true, element);
              b = linesOf(operands.op.src[1], batch, false, element);
            }
            double sum = 0, magnitude = 1e-30;
            for (size_t p = 0; p < size_t(shape.k); ++p) {
              const double term = double(a[size_t(i)][p]) * b[size_t(j)][p];
              sum += term, magnitude += std::fabs(term);
            }
            worst = std::max(worst, std::fabs(got - sum) / magnitude);
          });
          EXPECT_LT(worst, kFloatTolerance)
              << mxElementName(element) << " " << config << " " << shape.k << " layout " << layout;
        }
    }
}

TEST(Packed, RowsHoldScalesAndCodesInTheirRealSize) {
  const auto values = randomNormal(70, 5);
  for (MxElement element : kElements) {
    const Format format = mxFormat(element);
    const unsigned bits = codeBits(format), block = 1 + kMxBlock * bits / 8;
    ASSERT_EQ(rowBytes(format, 70), 3u * block);
    EXPECT_EQ(rowBytes(format, 64), 2u * block);
    std::vector<uint8_t> row(3 * block + 1, 0xee);
    packRow(values.data(), Format::F32, 1, 70, 1.0f, format, row.data());
    EXPECT_EQ(row.back(), 0xee);
    float back[70];
    unpackRow(row.data(), format, 70, back);
    for (unsigned b = 0; b < 3; ++b) {
      float padded[kMxBlock] = {}, want[kMxBlock];
      std::copy_n(values.data() + b * kMxBlock, b < 2 ? 32 : 6, padded);
      const MxBlock made = encodeMx(padded, element);
      decodeMx(made, element, want);
      const uint8_t *bytes = row.data() + b * block;
      EXPECT_EQ(bytes[0], made.scale);
      for (unsigned i = 0; i < kMxBlock; ++i) {
        unsigned code = 0;
        for (unsigned bit = 0; bit < bits; ++bit)
          code |= unsigned(bytes[1 + (i * bits + bit) / 8] >> (i * bits + bit) % 8 & 1) << bit;
        EXPECT_EQ(code, made.codes[i]) << mxElementName(element) << " " << i;
        if (b * kMxBlock + i < 70) {
          EXPECT_EQ(back[b * kMxBlock + i], want[i]);
        }
      }
    }
  }
  EXPECT_EQ(rowBytes(Format::Int4, 7), 4u);
  uint8_t nibbles[4] = {0xee, 0xee, 0xee, 0xee};
  const float seven[] = {-7, 3, 0.5f, 1.5f, 99, -99, NAN};
  packRow(seven, Format::F32, 1, 7, 1.0f, Format::Int4, nibbles);
  EXPECT_EQ(nibbles[0], 0x39);
  EXPECT_EQ(nibbles[1], 0x20); // ties to even
  EXPECT_EQ(nibbles[2], 0x97);
  EXPECT_EQ(nibbles[3], 0x00);
}

// One tile on a weight-stationary array: what is read, and what goes through the chip's memories.
TEST(Packed, TrafficFollowsTheClosedForms) {
  constexpr uint64_t m = 48, n = 41, k = 100;
  for (const char *name :
       {"int4", "mxfp8_e5m2", "mxfp8_e4m3", "mxfp6_e3m2", "mxfp6_e2m3", "mxfp4"}) {
    auto device = makeDevice({{"NPU_CONFIG", "server"}, {"NPU_MATMUL_FORMAT", name}});
    auto a = randomNormal(m * k, 1), b = randomNormal(k * n, 2);
    std::vector<float> d(m * n);
    TensorOp op;
    op.src = {rowMajor(a.data(), Format::F32, 1, m, k), rowMajor(b.data(), Format::F32, 1, k, n)};
    op.dst = {rowMajor(d.data(), Format::F32, 1, m, n)};
    OpCost cost;
    ASSERT_TRUE(runOp(*device, op, &cost));
    const std::string format = name;
    const bool measured = format == "int4";
    const uint64_t blockBytes = format[4] == '8' ? 33 : format[4] == '6' ? 25 : 17;
    const uint64_t operands = measured ? m * (k / 2) + k * (n + 1) / 2 : (m + n) * 4 * blockBytes;
    const uint64_t source = (m * k + k * n) * 4, result = m * n * 4;
    EXPECT_EQ(cost.dramReadBytes, source * (measured ? 2 : 1)) << name;
    EXPECT_EQ(cost.dramWriteBytes, result) << name;
    // Operands are written and read once; sums are written, read and staged, and the stage is read.
    EXPECT_EQ(cost.sramBytes, 2 * operands + 4 * result + (measured ? 2 * source : 0)) << name;
    EXPECT_EQ(cost.macs, m * n * k);
  }
}

// Codes of a quarter of the size leave room for more: what does not fit as bf16 fits whole.
TEST(Packed, SmallerOperandsAreReadLessOften) {
  uint64_t read[2];
  for (int i : {0, 1}) {
    auto device = makeDevice({{"NPU_CONFIG", configFile("weight_stationary")},
                              {"NPU_MATMUL_FORMAT", i ? "mxfp4" : "bf16"}});
    Operands operands({1, 128, 32, 2048}, 0);
    OpCost cost;
    ASSERT_TRUE(runOp(*device, operands.op, &cost));
    read[i] = cost.dramReadBytes;
  }
  EXPECT_LE(read[1], read[0]);
}

TEST(Packed, ArraysWithoutTheProductRefuseIt) {
  const char *cases[][3] = {{"edge", "mxfp4", "multiply_rate/mxfp4"},
                            {"edge", "mxfp6_e3m2", "multiply_rate/mxfp6"},
                            {"nvdla_like", "mxfp8_e4m3", "multiply_rate/mxfp8"},
                            {"tpu_v1_like", "int4", "multiply_rate/int4"}};
  for (const auto &[config, format, text] : cases) {
    auto device = makeDevice({{"NPU_CONFIG", config}, {"NPU_MATMUL_FORMAT", format}});
    Operands operands({1, 4, 4, 4}, 0);
    Status status = device->accepts(operands.op);
    EXPECT_EQ(status.code(), npuErrorNotSupported);
    EXPECT_NE(status.message().find(text), std::string::npos) << status.message();
    operands.op.math.pedantic = true;
    OpCost cost;
    if (std::string(config) == "edge") {
      EXPECT_TRUE(runOp(*device, operands.op, &cost));
      EXPECT_EQ(cost.format, "bf16x9");
    }
  }
}

TEST(Packed, WhatRunsAlongNoRowsTakesTheNextFormat) {
  const char *cases[][2] = {{"int4", "int8"},
                            {"mxfp4", "fp8_e4m3"},
                            {"mxfp6_e3m2", "fp8_e4m3"},
                            {"mxfp8_e5m2", "fp8_e5m2"}};
  for (const auto &[asked, used] : cases) {
    auto device = makeDevice({{"NPU_CONFIG", "server"}, {"NPU_MATMUL_FORMAT", asked}});
    std::vector<float> x(32, 1.0f), w(6, 0.5f), y(48);
    TensorOp op;
    op.kind = TensorOp::Kind::convolution;
    op.src = {{x.data(), Format::F32, {1, 2, 4, 4}, {32, 16, 4, 1}},
              {w.data(), Format::F32, {3, 2, 1, 1}, {2, 1, 1, 1}}};
    op.dst = {{y.data(), Format::F32, {1, 3, 4, 4}, {48, 16, 4, 1}}};
    op.window.resize(2);
    OpCost cost;
    Status status = runOp(*device, op, &cost);
    ASSERT_TRUE(status) << status.message();
    EXPECT_EQ(cost.format, used);
    EXPECT_EQ(y[47], 1.0f);
  }
}

TEST(Packed, ATensorBeyondToleranceIsRaisedToBf16) {
  for (const char *format : {"int4", "mxfp4", "mxfp6_e2m3", "mxfp8_e4m3"}) {
    auto device = makeDevice({{"NPU_MATMUL_FORMAT", format}});
    Operands operands({1, 8, 8, 40}, 0);
    operands.op.math.raised = 1;
    OpCost cost;
    ASSERT_TRUE(runOp(*device, operands.op, &cost));
    EXPECT_EQ(cost.format, "bf16") << format;
  }
}

TEST(Packed, InfinitiesAreErrorsOrNanNeverNumbers) {
  for (const char *format : {"int4", "mxfp4"}) {
    auto device = makeDevice({{"NPU_MATMUL_FORMAT", format}});
    Operands operands({1, 2, 3, 40}, 0);
    operands.a[3] = INFINITY;
    Status status = runOp(*device, operands.op);
    if (std::string(format) == "int4") {
      EXPECT_NE(status.message().find("int4 cannot hold"), std::string::npos) << status.message();
      continue;
    }
    ASSERT_TRUE(status) << status.message();
    operands.eachResult(
        [&](int64_t, int64_t i, int64_t, float got) { EXPECT_EQ(std::isnan(got), i == 0); });
  }
}

TEST(Packed, RatesScaleTheClosedForms) {
  NpuConfig config;
  ASSERT_TRUE(loadConfig("server", config));
  const uint64_t fill = 3 * 128 - 2;
  EXPECT_EQ(multiplyCycles(config, Product::Int4, 10, 128, 512), fill + 10);
  EXPECT_EQ(multiplyCycles(config, Product::Int8, 10, 128, 512), 2 * (fill + 10));
  EXPECT_EQ(multiplyCycles(config, Product::MxFp4, 10, 128, 512), fill + 10);
  EXPECT_EQ(multiplyCycles(config, Product::MxFp8, 10, 128, 512),
            multiplyCycles(config, Product::Fp8, 10, 128, 512));
}

} // namespace
