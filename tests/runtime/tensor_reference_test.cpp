// The reference of every tensor op against plain loops over plain arrays: the oracle's own test.
// Values are doubles, so that results must be equal, not near.
#include "src/tensor_reference.h"

#include <gtest/gtest.h>

#include <cmath>

using namespace npu;
using namespace npu::core;
using Complex = std::complex<double>;

namespace {

// A[b][i][j] as the op sees it; storage is row-major with a gap, so that strides matter.
template <class Value> struct Matrix {
  int64_t batch, rows, columns;
  std::vector<Value> storage;
  bool transposed;

  Matrix(int64_t batch, int64_t rows, int64_t columns, bool transposed = false)
      : batch(batch), rows(rows), columns(columns),
        storage(size_t(batch * (rows + 2) * (columns + 2)), Value(NAN)), transposed(transposed) {}

  std::vector<int64_t> strides() const {
    const int64_t slice = (rows + 2) * (columns + 2);
    return transposed ? std::vector<int64_t>{slice, 1, rows + 2}
                      : std::vector<int64_t>{slice, columns + 2, 1};
  }
  Value &at(int64_t b, int64_t i, int64_t j) {
    const auto s = strides();
    return storage[size_t(b * s[0] + i * s[1] + j * s[2])];
  }
  Tensor tensor() {
    const Format format = sizeof(Value) == 16 ? Format::C64 : Format::F64;
    return {storage.data(), format, {batch, rows, columns}, strides()};
  }
  void fill(double seed) {
    for (int64_t b = 0; b < batch; ++b)
      for (int64_t i = 0; i < rows; ++i)
        for (int64_t j = 0; j < columns; ++j)
          set(at(b, i, j), std::sin(seed + double(b * 100 + i * 10 + j)), seed);
  }

private:
  static void set(double &value, double x, double) { value = x; }
  static void set(Complex &value, double x, double seed) { value = {x, std::cos(seed * x)}; }
};

TensorOp gemm(Tensor a, Tensor b, Tensor c, Tensor d) {
  TensorOp op;
  op.kind = TensorOp::Kind::gemm;
  op.src = {std::move(a), std::move(b), std::move(c)};
  op.dst = {std::move(d)};
  return op;
}

TensorOp vectorOp(TensorOp::Kind kind, std::vector<double> &a, std::vector<double> &b,
                  std::vector<double> &d) {
  TensorOp op;
  op.kind = kind;
  auto tensor = [](std::vector<double> &v) {
    return Tensor{v.data(), Format::F64, {int64_t(v.size())}, {1}};
  };
  op.src = {tensor(a)};
  if (kind == TensorOp::Kind::binary)
    op.src.push_back(tensor(b));
  op.dst = {tensor(d)};
  op.beta = 1;
  return op;
}

} // namespace

TEST(TensorReference, GemmEqualsThePlainLoops) {
  for (int bits = 0; bits < 8; ++bits) {
    Matrix<double> a(2, 4, 5, bits & 1), b(2, 5, 3, bits & 2), c(2, 4, 3), d(2, 4, 3, bits & 4);
    a.fill(1), b.fill(2), c.fill(3);
    TensorOp op = gemm(a.tensor(), b.tensor(), c.tensor(), d.tensor());
    op.alpha = 1.5, op.beta = -0.5;
    ASSERT_TRUE(checkTensorOp(op).ok()) << checkTensorOp(op).message();
    runReference(op);
    for (int64_t n = 0; n < 2; ++n)
      for (int64_t i = 0; i < 4; ++i)
        for (int64_t j = 0; j < 3; ++j) {
          double sum = 0;
          for (int64_t k = 0; k < 5; ++k)
            sum += a.at(n, i, k) * b.at(n, k, j);
          EXPECT_DOUBLE_EQ(d.at(n, i, j), 1.5 * sum - 0.5 * c.at(n, i, j)) << bits;
        }
  }
}

TEST(TensorReference, ComplexGemmConjugates) {
  for (int bits = 0; bits < 4; ++bits) {
    Matrix<Complex> a(1, 3, 4), b(1, 4, 2), d(1, 3, 2);
    a.fill(1), b.fill(2);
    TensorOp op = gemm(a.tensor(), b.tensor(), d.tensor(), d.tensor());
    op.alpha = {0.5, 2};
    op.conjugateA = bits & 1, op.conjugateB = bits & 2;
    runReference(op);
    for (int64_t i = 0; i < 3; ++i)
      for (int64_t j = 0; j < 2; ++j) {
        Complex sum = 0;
        for (int64_t k = 0; k < 4; ++k) {
          const Complex x = a.at(0, i, k), y = b.at(0, k, j);
          sum += (bits & 1 ? std::conj(x) : x) * (bits & 2 ? std::conj(y) : y);
        }
        EXPECT_NEAR(std::abs(d.at(0, i, j) - Complex(0.5, 2) * sum), 0, 1e-14);
      }
  }
}

TEST(TensorReference, ZeroScalarsReadNothing) {
  Matrix<double> nan(1, 2, 2), c(1, 2, 2), d(1, 2, 2);
  c.fill(3);
  for (bool noFactors : {false, true}) {
    TensorOp op = gemm(nan.tensor(), nan.tensor(), c.tensor(), d.tensor());
    op.alpha = 0, op.beta = noFactors ? 2 : 0;
    op.src[0].data = op.src[1].data = nullptr;
    if (!noFactors)
      op.src[2] = {};
    ASSERT_TRUE(checkTensorOp(op).ok()) << checkTensorOp(op).message();
    runReference(op);
    EXPECT_EQ(d.at(0, 1, 0), noFactors ? 2 * c.at(0, 1, 0) : 0.0);
  }
}

TEST(TensorReference, BiasThenActivationAndTheEpilogueAgrees) {
  for (int axis : {1, 2})
    for (Activation activation : {Activation::None, Activation::Relu, Activation::Tanh}) {
      Matrix<double> a(2, 3, 4), b(2, 4, 2), d(2, 3, 2), separate(2, 3, 2);
      a.fill(1), b.fill(2);
      std::vector<double> bias = {-1, NAN, 0.25, NAN, 2};
      TensorOp op = gemm(a.tensor(), b.tensor(), {}, separate.tensor());
      runReference(op);
      op.src.push_back({bias.data(), Format::F64, {axis == 1 ? 3 : 2}, {2}});
      op.biasAxis = axis, op.activation = activation;
      runGemmEpilogue(op);
      op.dst[0] = d.tensor();
      runReference(op);
      for (int64_t n = 0; n < 2; ++n)
        for (int64_t i = 0; i < 3; ++i)
          for (int64_t j = 0; j < 2; ++j) {
            double want = bias[size_t(2 * (axis == 1 ? i : j))];
            double sum = 0;
            for (int64_t k = 0; k < 4; ++k)
              sum += a.at(n, i, k) * b.at(n, k, j);
            want += sum;
            if (activation == Activation::Relu)
              want = want > 0 ? want : 0;
            if (activation == Activation::Tanh)
              want = std::tanh(want);
            EXPECT_NEAR(d.at(n, i, j), want, 1e-14);
            EXPECT_EQ(separate.at(n, i, j), d.at(n, i, j));
          }
    }
}

TEST(TensorReference, ActivationsAtKnownPoints) {
  struct {
    Activation activation;
    double x, want;
  } const points[] = {{Activation::None, -3, -3},
                      {Activation::Relu, -3, 0},
                      {Activation::Relu, 2, 2},
                      {Activation::Sigmoid, 0, 0.5},
                      {Activation::Sigmoid, 1, 0.7310585786300049},
                      {Activation::Tanh, 1, 0.7615941559557649},
                      {Activation::Gelu, 1, 0.8413447460685429},
                      {Activation::Gelu, -1, -0.15865525393145705},
                      {Activation::Gelu, 0, 0}};
  for (const auto &[activation, x, want] : points) {
    std::vector<double> a = {x / 2}, d = {7};
    TensorOp op = vectorOp(TensorOp::Kind::unary, a, a, d);
    op.alpha = 2, op.activation = activation;
    runReference(op);
    EXPECT_NEAR(d[0], want, 1e-15) << int(activation) << " of " << x;
  }
  std::vector<double> nan = {NAN}, d = {0};
  TensorOp op = vectorOp(TensorOp::Kind::unary, nan, nan, d);
  op.activation = Activation::Relu;
  runReference(op);
  EXPECT_TRUE(std::isnan(d[0]));
}

TEST(TensorReference, BinaryFunctionsScaleTheirOperands) {
  const double want[] = {7, -1, 12, 0.75, 3, 4};
  for (int kind = 0; kind <= int(BinaryKind::Maximum); ++kind) {
    std::vector<double> a = {1.5}, b = {-4}, d = {0};
    TensorOp op = vectorOp(TensorOp::Kind::binary, a, b, d);
    op.alpha = 2, op.beta = -1, op.binary = BinaryKind(kind);
    runReference(op);
    EXPECT_EQ(d[0], want[kind]) << kind;
  }
  for (BinaryKind kind : {BinaryKind::Minimum, BinaryKind::Maximum})
    for (bool first : {false, true}) {
      std::vector<double> a = {first ? NAN : 1}, b = {first ? 1 : NAN}, d = {0};
      TensorOp op = vectorOp(TensorOp::Kind::binary, a, b, d);
      op.binary = kind;
      runReference(op);
      EXPECT_TRUE(std::isnan(d[0])) << "NaN is lost, first operand: " << first;
    }
}

TEST(TensorReference, ElementwiseWalksNegativeAndRepeatedStrides) {
  std::vector<double> a = {1, 2, 3, 4, 5, 6}, b = {10, 20}, d(6, 0);
  TensorOp op;
  op.kind = TensorOp::Kind::binary;
  op.beta = 1;
  op.src = {{&a[5], Format::F64, {2, 3}, {-3, -1}}, {b.data(), Format::F64, {2, 3}, {1, 0}}};
  op.dst = {{d.data(), Format::F64, {2, 3}, {1, 2}}}; // column by column
  ASSERT_TRUE(checkTensorOp(op).ok());
  runReference(op);
  EXPECT_EQ(d, (std::vector<double>{16, 23, 15, 22, 14, 21}));
}

TEST(TensorReference, RankZeroIsOneElementAndASizeOfZeroNone) {
  std::vector<double> a = {3}, d = {0};
  TensorOp op = vectorOp(TensorOp::Kind::unary, a, a, d);
  for (Tensor *tensor : {&op.src[0], &op.dst[0]})
    tensor->sizes = {2, 0}, tensor->strides = {1, 1};
  runReference(op);
  EXPECT_EQ(d[0], 0);
  for (Tensor *tensor : {&op.src[0], &op.dst[0]})
    tensor->sizes.clear(), tensor->strides.clear();
  runReference(op);
  EXPECT_EQ(d[0], 3);
}

TEST(TensorReference, Int8SumsAreExactAndSaturateOnce) {
  std::vector<int8_t> a(1000, 127), b(1000, 127);
  int32_t wide = 0;
  int8_t narrow = 0;
  TensorOp op = gemm({a.data(), Format::Int8, {1, 1, 1000}, {0, 0, 1}},
                     {b.data(), Format::Int8, {1, 1000, 1}, {0, 1, 0}}, {},
                     {&wide, Format::Int32, {1, 1, 1}, {1, 1, 1}});
  runReference(op);
  EXPECT_EQ(wide, 16129000);
  op.dst[0] = {&narrow, Format::Int8, {1, 1, 1}, {1, 1, 1}};
  op.alpha = -1;
  runReference(op);
  EXPECT_EQ(narrow, -128);
}

TEST(TensorReference, MisfitsNameTheOpAndItsCaller) {
  Matrix<double> a(1, 4, 5), b(1, 6, 3), d(1, 4, 3);
  TensorOp op = gemm(a.tensor(), b.tensor(), d.tensor(), d.tensor());
  op.caller = "someCall";
  const Status status = checkTensorOp(op);
  EXPECT_EQ(status.code(), npuErrorInvalidValue);
  EXPECT_EQ(status.message(), "gemm of someCall: 1x4x5 times 1x6x3 does not give 1x4x3");
  op.src[1].sizes[1] = 5;
  EXPECT_TRUE(checkTensorOp(op).ok());
  EXPECT_EQ(shapeText(op), "4x3x5");
  op.activation = Activation::Relu;
  op.dst[0].format = Format::C64;
  EXPECT_FALSE(checkTensorOp(op).ok()) << "activations are of real numbers";
}
