// Unary and binary ops of every format that a device takes, in every rank and stride, compared with
// the same arithmetic in double.
#include "activations.h"
#include "tensor_values.h"

#include <cmath>

namespace npu::conformance {
namespace {

struct Problem {
  TensorOp::Kind kind = TensorOp::Kind::unary;
  Format source = Format::F32, result = Format::F32;
  Index sizes = {3, 5, 7};
  std::vector<size_t> orderA = {0, 1, 2}, orderB = {0, 1, 2}, orderD = {0, 1, 2};
  bool reversed = false;
  int repeated = -1; // the axis along which B (the only source: A) repeats
  int64_t padding = 2;
  double alpha = 1, beta = 1;
  Activation activation = Activation::None;
  BinaryKind binary = BinaryKind::Add;
};

std::string text(const Problem &p) {
  return std::string(p.kind == TensorOp::Kind::unary ? "unary " : "binary ") + nameOf(p.source) +
         " -> " + nameOf(p.result) + ", rank " + std::to_string(p.sizes.size()) + ", reversed " +
         std::to_string(p.reversed) + ", repeated axis " + std::to_string(p.repeated) +
         ", activation " + std::to_string(int(p.activation)) + ", function " +
         std::to_string(int(p.binary));
}

Complex combined(BinaryKind kind, Complex a, Complex b) {
  switch (kind) {
  case BinaryKind::Add:
    return a + b;
  case BinaryKind::Subtract:
    return a - b;
  case BinaryKind::Multiply:
    return a * b;
  case BinaryKind::Divide:
    return a / b;
  case BinaryKind::Minimum:
    return std::min(a.real(), b.real());
  case BinaryKind::Maximum:
    return std::max(a.real(), b.real());
  }
  return 0;
}

class Elementwise {
public:
  Elementwise(Device &device, const Problem &p)
      : p(p), a(make(device, p.source, p.orderA, p.kind == TensorOp::Kind::unary)),
        b(make(device, p.source, p.orderB, true)), d(make(device, p.result, p.orderD, false)) {
    a.randomize(1, 8), b.randomize(2, 8);
    op.kind = p.kind;
    op.caller = "conformance";
    op.src = {a.tensor};
    if (p.kind == TensorOp::Kind::binary)
      op.src.push_back(b.tensor);
    op.dst = {d.tensor};
    op.alpha = p.alpha, op.beta = p.beta;
    op.activation = p.activation, op.binary = p.binary;
  }

  void compare() {
    forEachIndex(p.sizes, [&](const Index &i) {
      if (!testing::Test::HasFatalFailure())
        compareElement(i);
    });
    EXPECT_TRUE(a.intact() && b.intact() && d.intact()) << "memory beyond a tensor was written";
  }

  TensorOp op;

private:
  TestTensor make(Device &device, Format format, const std::vector<size_t> &order,
                  bool mayRepeat) const {
    std::vector<int64_t> strides = stridesFor(p.sizes, order, p.padding, p.reversed);
    if (mayRepeat && p.repeated >= 0)
      strides[size_t(p.repeated)] = 0;
    return TestTensor(device, format, p.sizes, strides);
  }

  void compareElement(const Index &i) {
    const Complex left = p.alpha * a.at(i), right = p.beta * b.at(i);
    Complex want = left;
    double size = std::abs(left);
    if (p.kind == TensorOp::Kind::binary) {
      want = combined(p.binary, left, right);
      size += std::abs(right) + std::abs(want);
    }
    want = saturated(
        p.result, p.activation == Activation::None ? want : activated(p.activation, want.real()));
    const bool doubles = (p.source == Format::F64 || p.source == Format::C64) &&
                         (p.result == Format::F64 || p.result == Format::C64);
    const double own = isWhole(p.result) ? 0.5 : roundingOf(p.result, want);
    const double unit = std::ldexp(1, doubles ? -49 : -21);
    const Complex got = d.at(i);
    ASSERT_LE(std::abs(got - want), (size + std::abs(want)) * unit + own)
        << text(p) << ": " << got << " instead of " << want << " from " << a.at(i) << " and "
        << b.at(i);
  }

  const Problem p;
  TestTensor a, b, d;
};

} // namespace

#define RUN_ELEMENTWISE(problem, mustRun)                                                          \
  do {                                                                                             \
    Elementwise elementwise_(device(), problem);                                                   \
    const Status accepted_ = device().accepts(elementwise_.op);                                    \
    if (!accepted_.ok()) {                                                                         \
      ASSERT_EQ(refusalFault(accepted_), "");                                                      \
      ASSERT_FALSE(mustRun) << text(problem) << ": " << accepted_.message();                       \
      break;                                                                                       \
    }                                                                                              \
    const Status ran_ = run(elementwise_.op);                                                      \
    ASSERT_TRUE(ran_.ok()) << text(problem) << ": " << ran_.message();                             \
    elementwise_.compare();                                                                        \
    if (HasFatalFailure())                                                                         \
      return;                                                                                      \
  } while (false)

TEST_P(Conformance, ElementwiseIsRightForEveryFormatPairThatIsAccepted) {
  for (Format source : kAllFormats)
    for (Format result : kAllFormats) {
      bool promised = false;
      for (const FormatPair &pair : GetParam().elementwise)
        promised |= pair.source == source && pair.result == result;
      Problem p;
      p.source = source, p.result = result;
      RUN_ELEMENTWISE(p, promised);
      p.alpha = isWhole(result) ? -2 : 1.5;
      RUN_ELEMENTWISE(p, promised);
      p.kind = TensorOp::Kind::binary;
      RUN_ELEMENTWISE(p, promised);
    }
}

TEST_P(Conformance, EveryActivationAndEveryBinaryFunction) {
  for (const FormatPair &pair : GetParam().elementwise) {
    Problem p;
    p.source = pair.source, p.result = pair.result;
    const bool complex = isPair(pair.source) || isPair(pair.result);
    for (Activation activation : {Activation::None, Activation::Relu, Activation::Sigmoid,
                                  Activation::Tanh, Activation::Gelu}) {
      if (complex && activation != Activation::None)
        continue; // activations are of real numbers
      p.kind = TensorOp::Kind::unary, p.activation = activation;
      RUN_ELEMENTWISE(p, true);
      p.kind = TensorOp::Kind::binary;
      for (BinaryKind binary : {BinaryKind::Add, BinaryKind::Subtract, BinaryKind::Multiply,
                                BinaryKind::Divide, BinaryKind::Minimum, BinaryKind::Maximum}) {
        if (complex && binary >= BinaryKind::Minimum)
          continue; // complex numbers have no order
        p.binary = binary, p.alpha = 2, p.beta = -1;
        RUN_ELEMENTWISE(p, true);
      }
      p.alpha = p.beta = 1;
    }
  }
}

TEST_P(Conformance, ElementwiseOfEveryRankOrderAndStride) {
  for (const FormatPair &pair : GetParam().elementwise)
    for (size_t rank = 0; rank <= 5; ++rank)
      for (int bits = 0; bits < 16; ++bits) {
        Problem p;
        p.source = pair.source, p.result = pair.result;
        p.kind = bits & 1 ? TensorOp::Kind::binary : TensorOp::Kind::unary;
        p.reversed = bits & 2;
        p.sizes = {}, p.orderA = p.orderB = p.orderD = {};
        for (size_t axis = 0; axis < rank; ++axis) {
          p.sizes.push_back(int64_t(axis % 3 + 2));
          p.orderA.push_back(axis);
          p.orderB.push_back(bits & 4 ? rank - 1 - axis : axis);
          p.orderD.push_back((axis + (bits & 8 ? 1 : 0)) % rank);
        }
        p.padding = bits % 3;
        p.repeated = rank && bits & 4 ? int(size_t(bits) % rank) : -1;
        RUN_ELEMENTWISE(p, true);
      }
}

TEST_P(Conformance, ElementwiseOfNothingWritesNothing) {
  for (const FormatPair &pair : GetParam().elementwise)
    for (size_t axis = 0; axis < 3; ++axis) {
      Problem p;
      p.source = pair.source, p.result = pair.result;
      p.sizes[axis] = 0;
      RUN_ELEMENTWISE(p, true);
    }
}

TEST_P(Conformance, MalformedElementwiseOpsAreRefusedWithASentence) {
  Problem p;
  p.kind = TensorOp::Kind::binary;
  Elementwise elementwise(device(), p);
  auto expectRefused = [&](const char *what, auto change) {
    TensorOp bad = elementwise.op;
    change(bad);
    EXPECT_EQ(refusalFault(device().accepts(bad)), "") << what;
    bad.kind = TensorOp::Kind::unary;
    EXPECT_EQ(refusalFault(device().accepts(bad)), "") << what;
  };
  expectRefused("no operands", [](TensorOp &op) { op.src.clear(), op.dst.clear(); });
  expectRefused("no result", [](TensorOp &op) { op.dst.clear(); });
  expectRefused("shapes differ", [](TensorOp &op) { op.src[0].sizes[2] = 6; });
  expectRefused("ranks differ", [](TensorOp &op) { op.src[0].sizes.pop_back(); });
  expectRefused("a stride missing", [](TensorOp &op) { op.dst[0].strides.pop_back(); });
  expectRefused("a negative size", [](TensorOp &op) {
    for (Tensor *tensor : {&op.src[0], &op.src[1], &op.dst[0]})
      tensor->sizes[0] = -3;
  });
}

} // namespace npu::conformance
