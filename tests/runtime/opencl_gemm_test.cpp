// Matrix products of the OpenCL device against a plain triple loop in double precision.
#include "npu/device.h"

#include <gtest/gtest.h>

#include <cmath>
#include <complex>
#include <cstdlib>
#include <cstring>
#include <future>

namespace npu {
namespace {

using Complex = std::complex<double>;

Device &device() {
  static Device *instance = [] {
    std::unique_ptr<Device> made;
    Status status = makeOpenclDevice(made);
    if (!status.ok()) {
      fprintf(stderr, "the tests need an OpenCL device: %s\n", status.message().c_str());
      exit(1);
    }
    return made.release();
  }();
  return *instance;
}

Status run(const TensorOp &op) {
  std::promise<Status> ended;
  device().execute(op, [&](Status status) { ended.set_value(std::move(status)); });
  return ended.get_future().get();
}

// Values here are small multiples of 1/8, which every format holds exactly.
void store(void *data, Format format, int64_t i, Complex value) {
  const float real = float(value.real());
  uint32_t bits;
  std::memcpy(&bits, &real, 4);
  switch (format) {
  case Format::F32:
    static_cast<float *>(data)[i] = real;
    break;
  case Format::F64:
    static_cast<double *>(data)[i] = value.real();
    break;
  case Format::C32:
    static_cast<std::complex<float> *>(data)[i] = std::complex<float>(value);
    break;
  case Format::C64:
    static_cast<Complex *>(data)[i] = value;
    break;
  case Format::Bf16:
    static_cast<uint16_t *>(data)[i] = uint16_t(bits >> 16);
    break;
  default: // F16, normal numbers and zero
    static_cast<uint16_t *>(data)[i] =
        real == 0 ? 0 : uint16_t((bits >> 16 & 0x8000) | ((bits >> 13 & 0x3FFFF) - (112 << 10)));
  }
}

Complex load(const void *data, Format format, int64_t i) {
  const uint16_t small =
      format == Format::F16 || format == Format::Bf16 ? static_cast<const uint16_t *>(data)[i] : 0;
  switch (format) {
  case Format::F32:
    return double(static_cast<const float *>(data)[i]);
  case Format::F64:
    return static_cast<const double *>(data)[i];
  case Format::C32:
    return Complex(static_cast<const std::complex<float> *>(data)[i]);
  case Format::C64:
    return static_cast<const Complex *>(data)[i];
  case Format::Bf16: {
    const uint32_t bits = uint32_t(small) << 16;
    float value;
    std::memcpy(&value, &bits, 4);
    return double(value);
  }
  default: {
    const int exponent = small >> 10 & 31;
    const double magnitude =
        std::ldexp((small & 1023) + (exponent ? 1024 : 0), (exponent ? exponent : 1) - 25);
    return small & 0x8000 ? -magnitude : magnitude;
  }
  }
}

bool isComplex(Format format) { return format == Format::C32 || format == Format::C64; }

// A tensor with its own memory; gaps and reversed directions are made by strides.
struct Operand {
  Operand(Format format, std::vector<int64_t> sizes, std::vector<int64_t> strides) {
    int64_t lowest = 0, highest = 0;
    for (size_t i = 0; i < sizes.size(); ++i)
      (strides[i] < 0 ? lowest : highest) += (sizes[i] - 1) * strides[i];
    elements = highest - lowest + 1;
    memory = static_cast<char *>(device().allocate(size_t(elements) * 16, 256));
    elementBytes = format == Format::C64                            ? 16
                   : format == Format::F64 || format == Format::C32 ? 8
                   : format == Format::F32                          ? 4
                                                                    : 2;
    std::memset(memory, 0xFF, size_t(elements) * 16); // NaN in every format
    tensor = {memory - lowest * elementBytes, format, std::move(sizes), std::move(strides)};
  }
  ~Operand() { device().release(memory); }
  Operand(const Operand &) = delete;

  int64_t at(int64_t b, int64_t i, int64_t j) const {
    return b * tensor.strides[0] + i * tensor.strides[1] + j * tensor.strides[2];
  }
  Complex get(int64_t b, int64_t i, int64_t j) const {
    return load(tensor.data, tensor.format, at(b, i, j));
  }
  void fill(int seed) {
    for (int64_t b = 0; b < tensor.sizes[0]; ++b)
      for (int64_t i = 0; i < tensor.sizes[1]; ++i)
        for (int64_t j = 0; j < tensor.sizes[2]; ++j) {
          const int64_t mix = (b * 31 + i * 17 + j * 7 + seed) % 15;
          const double imaginary = isComplex(tensor.format) ? double(mix % 5 - 2) / 4 : 0;
          store(tensor.data, tensor.format, at(b, i, j), {double(mix - 7) / 8, imaginary});
        }
  }
  char *memory;
  int64_t elements, elementBytes;
  Tensor tensor;
};

struct Product {
  int64_t batches, rows, columns, depth;
  Format source, result;
  bool transposeA = false, transposeB = false, columnMajorD = false, reversed = false;
};

std::vector<int64_t> stridesOf(int64_t rows, int64_t columns, bool transposed, bool reversed) {
  const int64_t leading = (transposed ? rows : columns) + 3;
  const int64_t batch = leading * (transposed ? columns : rows) + 5;
  const int64_t sign = reversed ? -1 : 1;
  return transposed ? std::vector<int64_t>{batch, 1, sign * leading}
                    : std::vector<int64_t>{batch, sign * leading, 1};
}

TensorOp opOf(const Operand &a, const Operand &b, const Operand &c, const Operand &d) {
  TensorOp op;
  op.src = {a.tensor, b.tensor, c.tensor};
  op.dst = {d.tensor};
  return op;
}

void expectProduct(const Product &p, Complex alpha, Complex beta, bool conjugateA = false,
                   bool conjugateB = false) {
  Operand a(p.source, {p.batches, p.rows, p.depth},
            stridesOf(p.rows, p.depth, p.transposeA, p.reversed));
  Operand b(p.source, {p.batches, p.depth, p.columns},
            stridesOf(p.depth, p.columns, p.transposeB, p.reversed));
  Operand d(p.result, {p.batches, p.rows, p.columns},
            stridesOf(p.rows, p.columns, p.columnMajorD, p.reversed));
  Operand before(p.result, d.tensor.sizes, d.tensor.strides);
  a.fill(1);
  b.fill(2);
  if (beta != 0.0)
    d.fill(3);
  std::memcpy(before.memory, d.memory, size_t(d.elements * d.elementBytes));
  TensorOp op = opOf(a, b, d, d);
  op.alpha = alpha;
  op.beta = beta;
  op.conjugateA = conjugateA;
  op.conjugateB = conjugateB;
  const Status status = run(op);
  ASSERT_TRUE(status.ok()) << status.message();
  const double epsilon = p.result == Format::F16    ? 0x1p-11
                         : p.result == Format::Bf16 ? 0x1p-8
                                                    : 1e-5;
  std::vector<bool> written(size_t(d.elements), false);
  const int64_t origin = (static_cast<char *>(d.tensor.data) - d.memory) / d.elementBytes;
  for (int64_t n = 0; n < p.batches; ++n)
    for (int64_t i = 0; i < p.rows; ++i)
      for (int64_t j = 0; j < p.columns; ++j) {
        Complex sum = 0;
        for (int64_t k = 0; k < p.depth; ++k) {
          const Complex x = a.get(n, i, k), y = b.get(n, k, j);
          sum += (conjugateA ? std::conj(x) : x) * (conjugateB ? std::conj(y) : y);
        }
        const Complex want = alpha * sum + (beta != 0.0 ? beta * before.get(n, i, j) : 0.0);
        const Complex got = d.get(n, i, j);
        ASSERT_LE(std::abs(got - want), epsilon * (1 + std::abs(want)))
            << n << "," << i << "," << j << ": " << got << " instead of " << want;
        written[size_t(origin + d.at(n, i, j))] = true;
      }
  for (int64_t e = 0; e < d.elements; ++e)
    if (!written[size_t(e)]) {
      const int64_t offset = e * d.elementBytes;
      ASSERT_EQ(std::memcmp(d.memory + offset, before.memory + offset, size_t(d.elementBytes)), 0)
          << "padding element " << e << " was written";
    }
}

TEST(OpenclGemm, EveryFormatMatchesTheReference) {
  constexpr Format kPairs[][2] = {{Format::F32, Format::F32},   {Format::F64, Format::F64},
                                  {Format::C32, Format::C32},   {Format::C64, Format::C64},
                                  {Format::F16, Format::F16},   {Format::F16, Format::F32},
                                  {Format::Bf16, Format::Bf16}, {Format::Bf16, Format::F32}};
  for (const auto &[source, result] : kPairs) {
    SCOPED_TRACE(int(source) * 100 + int(result));
    expectProduct({1, 37, 45, 29, source, result}, 1, 0);
    expectProduct({2, 9, 130, 33, source, result}, 0.5, 2);
  }
}

TEST(OpenclGemm, EveryStorageOrderGapAndDirection) {
  for (int bits = 0; bits < 16; ++bits)
    expectProduct({2, 33, 67, 70, Format::F32, Format::F32, bool(bits & 1), bool(bits & 2),
                   bool(bits & 4), bool(bits & 8)},
                  1.5, 0.25);
}

TEST(OpenclGemm, SizesAroundTheBlockEdges) {
  for (int64_t rows : {1, 31, 32, 65})
    for (int64_t columns : {1, 127, 129})
      for (int64_t depth : {1, 256, 513})
        expectProduct({1, rows, columns, depth, Format::F32, Format::F32}, 1, 0);
}

TEST(OpenclGemm, ComplexFactorsAndConjugates) {
  for (Format format : {Format::C32, Format::C64})
    for (int bits = 0; bits < 4; ++bits)
      expectProduct({1, 20, 30, 150, format, format}, {0.5, -1}, {2, 0.25}, bits & 1, bits & 2);
}

TEST(OpenclGemm, AlphaZeroReadsNeitherANorB) {
  Operand nan(Format::F32, {1, 8, 8}, {64, 8, 1}), d(Format::F32, {1, 8, 8}, {64, 8, 1});
  d.fill(3);
  const Complex before = d.get(0, 2, 5);
  TensorOp op = opOf(nan, nan, d, d);
  op.src[0].data = op.src[1].data = nullptr;
  op.alpha = 0;
  op.beta = 2;
  const Status status = run(op);
  ASSERT_TRUE(status.ok()) << status.message();
  EXPECT_EQ(d.get(0, 2, 5), 2.0 * before);
}

TEST(OpenclGemm, AnEmptyDepthScalesAndAnEmptyResultIsNothing) {
  Operand a(Format::F32, {1, 4, 1}, {4, 1, 1}), d(Format::F32, {1, 4, 4}, {16, 4, 1});
  d.fill(3);
  const Complex before = d.get(0, 1, 1);
  TensorOp op = opOf(a, a, d, d);
  op.src[0].sizes = {1, 4, 0};
  op.src[1].sizes = {1, 0, 4};
  op.beta = 3;
  EXPECT_TRUE(run(op).ok());
  EXPECT_EQ(d.get(0, 1, 1), 3.0 * before);
  op.dst[0].sizes = op.src[2].sizes = {0, 4, 4};
  op.src[0].sizes[0] = op.src[1].sizes[0] = 0;
  EXPECT_TRUE(run(op).ok());
}

TEST(OpenclGemm, WhatItCannotDoItRefusesWithTheReason) {
  Operand a(Format::F32, {1, 4, 4}, {16, 4, 1});
  TensorOp op = opOf(a, a, a, a);
  EXPECT_TRUE(device().accepts(op).ok());
  auto expectRefusal = [&](const TensorOp &bad, const char *text) {
    const Status status = device().accepts(bad);
    EXPECT_EQ(status.code(), npuErrorNotSupported);
    EXPECT_NE(status.message().find(text), std::string::npos) << status.message();
  };
  TensorOp bad = op;
  bad.activation = Activation::Relu;
  expectRefusal(bad, "activation");
  bad = op;
  bad.src[0].format = bad.src[1].format = Format::Int8;
  expectRefusal(bad, "f64, f32");
  bad = op;
  bad.math.compute = Format::F64;
  expectRefusal(bad, "f64");
  bad = op;
  bad.src[1].sizes = {1, 5, 4};
  expectRefusal(bad, "shapes");
  bad = op;
  bad.src[1].format = Format::F64;
  expectRefusal(bad, "one format");
  bad = op;
  bad.kind = TensorOp::Kind::unary;
  expectRefusal(bad, "matrix products");
}

} // namespace
} // namespace npu
