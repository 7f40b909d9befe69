// Matrix products of every pair of formats that a device takes, compared with sums in double.
//
// Tolerance, from the promise of MathMode: products at least as accurate as `compute` and sums at
// least in fp32 (double for f64, exact for integers): |error| <= S (2u + (k+4) s) + the rounding of
// the result, with S = |alpha| sum |a||b| + |beta||c|; u and s the unit roundoffs of products and
// sums.
#include "activations.h"
#include "tensor_values.h"

#include <cmath>

namespace npu::conformance {
namespace {

constexpr Format kReal = Format::F32;

// A product and its operands. Bits: how A, B and D lie in memory.
struct Problem {
  int64_t batch = 1, rows = 5, columns = 7, depth = 9;
  Format a = kReal, b = kReal, d = kReal;
  bool transposeA = false, transposeB = false, transposeD = false, reversed = false;
  bool repeatsA = false; // one matrix A for every batch
  int64_t padding = 3;
  Complex alpha = 1, beta = 0;
  bool ownC = false; // else C is D
  bool conjugateA = false, conjugateB = false;
  int biasAxis = -1;
  Activation activation = Activation::None;
};

std::string text(const Problem &p) {
  return std::string(nameOf(p.a)) + " x " + nameOf(p.b) + " -> " + nameOf(p.d) + ", " +
         std::to_string(p.batch) + "*" + std::to_string(p.rows) + "x" + std::to_string(p.columns) +
         "x" + std::to_string(p.depth) + ", transposed " + std::to_string(p.transposeA) +
         std::to_string(p.transposeB) + std::to_string(p.transposeD) + ", reversed " +
         std::to_string(p.reversed) + ", repeats A " + std::to_string(p.repeatsA) + ", bias axis " +
         std::to_string(p.biasAxis) + ", activation " + std::to_string(int(p.activation));
}

class Product {
public:
  Product(Device &device, const Problem &p)
      : p(p), a(matrix(device, p.a, p.rows, p.depth, p.transposeA, p.repeatsA)),
        b(matrix(device, p.b, p.depth, p.columns, p.transposeB)),
        c(matrix(device, p.d, p.rows, p.columns, !p.transposeD)),
        d(matrix(device, p.d, p.rows, p.columns, p.transposeD)),
        bias(device, p.d, {p.biasAxis == 2 ? p.columns : p.rows}, {2}) {
    const int64_t largestWhole = p.d == Format::Int32 || p.d == Format::F64 ? 100 : 8;
    a.randomize(1, largestWhole), b.randomize(2, largestWhole), bias.randomize(4, largestWhole);
    if (p.beta != 0.0) // else C and D stay NaN
      (p.ownC ? c : d).randomize(3, largestWhole);
    op.kind = TensorOp::Kind::gemm;
    op.caller = "conformance";
    op.src = {a.tensor, b.tensor, p.ownC ? c.tensor : d.tensor};
    op.dst = {d.tensor};
    op.alpha = p.alpha, op.beta = p.beta;
    op.conjugateA = p.conjugateA, op.conjugateB = p.conjugateB;
    op.activation = p.activation;
    if (p.biasAxis > 0) {
      op.biasAxis = p.biasAxis;
      op.src.push_back(bias.tensor);
    }
    op.math.compute = isDouble() ? Format::F64 : isWhole(p.a) ? Format::Int32 : Format::F32;
    before = (p.ownC ? c : d).values();
  }

  void compare() {
    size_t at = 0;
    forEachIndex(d.tensor.sizes, [&](const Index &i) {
      if (!testing::Test::HasFatalFailure())
        compareElement(i, before[at++]);
    });
    EXPECT_TRUE(a.intact() && b.intact() && d.intact()) << "memory beyond a tensor was written";
  }

  TensorOp op;

private:
  TestTensor matrix(Device &device, Format format, int64_t rows, int64_t columns, bool transposed,
                    bool repeats = false) const {
    const Index sizes = {p.batch, rows, columns};
    using Order = std::vector<size_t>;
    auto strides =
        stridesFor(sizes, transposed ? Order{0, 2, 1} : Order{0, 1, 2}, p.padding, p.reversed);
    if (repeats)
      strides[0] = 0;
    return TestTensor(device, format, sizes, strides);
  }

  bool isDouble() const { return p.a == Format::F64 || p.a == Format::C64; }

  void compareElement(const Index &i, Complex previous) {
    Complex sum = 0;
    double size = 0;
    for (int64_t k = 0; k < p.depth && p.alpha != 0.0; ++k) {
      const Complex x = a.at({i[0], i[1], k}), y = b.at({i[0], k, i[2]});
      sum += (p.conjugateA ? std::conj(x) : x) * (p.conjugateB ? std::conj(y) : y);
      size += std::abs(x) * std::abs(y);
    }
    Complex want = p.alpha != 0.0 ? p.alpha * sum : 0;
    size *= std::abs(p.alpha);
    if (p.beta != 0.0)
      want += p.beta * previous, size += std::abs(p.beta * previous);
    if (p.biasAxis > 0) {
      const Complex added = bias.at({i[size_t(p.biasAxis)]});
      want += added, size += std::abs(added);
    }
    if (p.activation != Activation::None)
      want = activated(p.activation, want.real()); // whose slope is at most 1.13
    want = saturated(p.d, want);
    const bool exact =
        isWhole(p.a) && isWhole(p.b) && isWhole(p.d) && p.activation <= Activation::Relu;
    const double unit = exact ? 0 : std::ldexp(1, isDouble() ? -53 : -24);
    const double parts = isPair(p.a) || isPair(p.d) ? 4 : 1.2;
    const double own = exact ? 0 : isWhole(p.d) ? 0.5 : roundingOf(p.d, want);
    const Complex got = d.at(i);
    ASSERT_LE(std::abs(got - want), parts * size * unit * double(2 + p.depth + 4) + own)
        << text(p) << " at [" << i[0] << "," << i[1] << "," << i[2] << "]: " << got
        << " instead of " << want;
  }

  const Problem p;
  TestTensor a, b, c, d, bias;
  std::vector<Complex> before;
};

Problem problemOf(Format source, Format result) {
  Problem p;
  p.a = p.b = source, p.d = result;
  return p;
}

// Scalars that an integer result can hold.
void scale(Problem &p) {
  const bool whole = isWhole(p.d), complex = isPair(p.a) && isPair(p.d);
  p.alpha = complex ? Complex(0.5, -1) : whole ? Complex(2) : Complex(1.5);
  p.beta = complex ? Complex(2, 0.25) : whole ? Complex(-1) : Complex(-0.5);
}

} // namespace

#define RUN_PRODUCT(problem, mustRun)                                                              \
  do {                                                                                             \
    Product product_(device(), problem);                                                           \
    const Status accepted_ = device().accepts(product_.op);                                        \
    if (!accepted_.ok()) {                                                                         \
      ASSERT_EQ(refusalFault(accepted_), "");                                                      \
      ASSERT_FALSE(mustRun) << text(problem) << ": " << accepted_.message();                       \
      break;                                                                                       \
    }                                                                                              \
    const Status ran_ = run(product_.op);                                                          \
    ASSERT_TRUE(ran_.ok()) << text(problem) << ": " << ran_.message();                             \
    product_.compare();                                                                            \
    if (HasFatalFailure())                                                                         \
      return;                                                                                      \
  } while (false)

TEST_P(Conformance, GemmIsRightForEveryFormatPairThatIsAccepted) {
  for (Format source : kAllFormats)
    for (Format result : kAllFormats) {
      bool promised = false;
      for (const FormatPair &pair : GetParam().products)
        promised |= pair.source == source && pair.result == result;
      Problem p = problemOf(source, result);
      RUN_PRODUCT(p, promised);
      scale(p);
      RUN_PRODUCT(p, promised);
    }
}

TEST_P(Conformance, GemmOfTwoFactorFormatsIsRightWhereAccepted) {
  for (Format a : kAllFormats)
    for (Format b : kAllFormats) {
      if (a == b || isPair(a) != isPair(b) || a == Format::F64 || b == Format::F64 ||
          a == Format::C64 || b == Format::C64)
        continue; // one math mode would not fit both
      Problem p = problemOf(a, isPair(a) ? Format::C32 : Format::F32);
      p.b = b;
      RUN_PRODUCT(p, false);
    }
}

TEST_P(Conformance, GemmOfEveryLayoutBatchAndScalar) {
  for (const FormatPair &pair : GetParam().products)
    for (int bits = 0; bits < 64; ++bits) {
      Problem p = problemOf(pair.source, pair.result);
      p.transposeA = bits & 1, p.transposeB = bits & 2, p.transposeD = bits & 4;
      p.reversed = bits & 8, p.repeatsA = bits & 16, p.ownC = bits & 32;
      p.batch = 2, p.rows = 3, p.columns = 6, p.depth = 5;
      p.padding = bits % 3;
      if (bits % 2)
        scale(p);
      RUN_PRODUCT(p, true);
    }
}

TEST_P(Conformance, GemmOfOddShapes) {
  const int64_t shapes[][3] = {{1, 1, 1}, {1, 67, 3}, {65, 1, 130}, {33, 129, 1}, {37, 41, 259}};
  for (const FormatPair &pair : GetParam().products)
    for (const auto &[rows, columns, depth] : shapes) {
      Problem p = problemOf(pair.source, pair.result);
      p.rows = rows, p.columns = columns, p.depth = depth;
      scale(p);
      RUN_PRODUCT(p, true);
    }
}

TEST_P(Conformance, GemmConjugatesComplexFactors) {
  for (const FormatPair &pair : GetParam().products)
    for (int bits = 0; bits < 4 && isPair(pair.source); ++bits) {
      Problem p = problemOf(pair.source, pair.result);
      p.conjugateA = bits & 1, p.conjugateB = bits & 2;
      scale(p);
      RUN_PRODUCT(p, true);
    }
}

TEST_P(Conformance, GemmWithoutDepthOrAlphaScalesCAndReadsNoFactor) {
  for (const FormatPair &pair : GetParam().products)
    for (bool noAlpha : {false, true})
      for (bool noBeta : {false, true}) {
        Problem p = problemOf(pair.source, pair.result);
        scale(p);
        if (noAlpha)
          p.alpha = 0;
        else
          p.depth = 0;
        if (noBeta)
          p.beta = 0; // zeros, although D holds NaN
        Product product(device(), p);
        product.op.src[0].data = product.op.src[1].data = nullptr;
        const Status accepted = device().accepts(product.op);
        ASSERT_TRUE(accepted.ok()) << text(p) << ": " << accepted.message();
        const Status ran = run(product.op);
        ASSERT_TRUE(ran.ok()) << text(p) << ": " << ran.message();
        product.compare();
        if (HasFatalFailure())
          return;
      }
}

TEST_P(Conformance, GemmWithBetaZeroIgnoresC) {
  for (const FormatPair &pair : GetParam().products) {
    const Problem p = problemOf(pair.source, pair.result);
    Product product(device(), p);
    product.op.src[2] = Tensor{};
    const Status accepted = device().accepts(product.op);
    ASSERT_TRUE(accepted.ok()) << text(p) << ": " << accepted.message();
    ASSERT_TRUE(run(product.op).ok());
    product.compare();
    if (HasFatalFailure())
      return;
  }
}

TEST_P(Conformance, GemmOfNothingWritesNothing) {
  for (const FormatPair &pair : GetParam().products)
    for (int empty = 0; empty < 3; ++empty) {
      Problem p = problemOf(pair.source, pair.result);
      (empty == 0 ? p.batch : empty == 1 ? p.rows : p.columns) = 0;
      RUN_PRODUCT(p, true);
    }
}

TEST_P(Conformance, GemmBiasAndActivationAreRightWhereAccepted) {
  for (const FormatPair &pair : GetParam().products)
    for (int axis : {-1, 1, 2})
      for (Activation activation : {Activation::None, Activation::Relu, Activation::Sigmoid,
                                    Activation::Tanh, Activation::Gelu})
        for (bool transposed : {false, true}) {
          Problem p = problemOf(pair.source, pair.result);
          p.biasAxis = axis, p.activation = activation, p.transposeD = transposed;
          if (isPair(pair.result) && activation != Activation::None)
            continue; // activations are of real numbers
          const bool whole = isWhole(pair.result) && activation > Activation::Relu;
          RUN_PRODUCT(p, GetParam().epilogues && !whole);
        }
}

TEST_P(Conformance, CostIsThereBeforeCompletion) {
  if (GetParam().products.empty())
    GTEST_SKIP() << GetParam().name << " promises no products.";
  Problem p = problemOf(GetParam().products[0].source, GetParam().products[0].result);
  p.rows = 33, p.columns = 17, p.depth = 65;
  Product product(device(), p);
  auto cost = product.op.cost = std::make_shared<OpCost>();
  OpCost atCompletion;
  Waiter waiter;
  device().execute(product.op, [&, done = waiter.completion()](Status status) {
    atCompletion = *cost;
    done(std::move(status));
  });
  ASSERT_TRUE(waiter.wait().ok());
  const OpCost &c = atCompletion;
  EXPECT_NE(c.format, "");
  if (!GetParam().modelsCost) {
    EXPECT_EQ(c.cycles + c.computeCycles + c.stallCycles + c.dramReadBytes + c.macs, 0u);
    EXPECT_EQ(c.energyPicojoules, 0);
    return;
  }
  EXPECT_GE(c.cycles, c.computeCycles);
  EXPECT_GT(c.computeCycles, 0u);
  EXPECT_EQ(c.cycles, c.computeCycles + c.stallCycles);
  EXPECT_GE(c.macs, 33u * 17 * 65);
  EXPECT_GE(c.dramReadBytes, 4u * (33 * 65 + 65 * 17));
  EXPECT_GE(c.dramWriteBytes, 4u * 33 * 17);
  EXPECT_GT(c.utilization, 0);
  EXPECT_LE(c.utilization, 1);
  EXPECT_GT(c.energyPicojoules, 0);
}

TEST_P(Conformance, MalformedProductsAreRefusedWithASentence) {
  Product product(device(), Problem{});
  auto expectRefused = [&](const char *what, auto change) {
    TensorOp bad = product.op;
    change(bad);
    EXPECT_EQ(refusalFault(device().accepts(bad)), "") << what;
  };
  expectRefused("no operands", [](TensorOp &op) { op.src.clear(), op.dst.clear(); });
  expectRefused("one factor", [](TensorOp &op) { op.src.resize(1); });
  expectRefused("no result", [](TensorOp &op) { op.dst.clear(); });
  expectRefused("rank 2", [](TensorOp &op) {
    op.src[0].sizes = {5, 9}, op.src[0].strides = {9, 1};
  });
  expectRefused("a stride less than sizes", [](TensorOp &op) { op.src[1].strides.pop_back(); });
  expectRefused("D without strides", [](TensorOp &op) { op.dst[0].strides.clear(); });
  expectRefused("a negative size", [](TensorOp &op) {
    op.src[0].sizes[1] = op.dst[0].sizes[1] = op.src[2].sizes[1] = -5;
  });
  expectRefused("depths differ", [](TensorOp &op) { op.src[1].sizes[1] = 8; });
  expectRefused("batches differ", [](TensorOp &op) { op.src[1].sizes[0] = 2; });
  expectRefused("C differs", [](TensorOp &op) { op.beta = 1, op.src[2].sizes[2] = 6; });
  expectRefused("no bias", [](TensorOp &op) { op.biasAxis = 1; });
  expectRefused("a bias axis of 0", [](TensorOp &op) { op.biasAxis = 0; });
  expectRefused("a bias axis of 3", [](TensorOp &op) {
    op.biasAxis = 3, op.src.push_back({op.src[0].data, Format::F32, {5}, {1}});
  });
  expectRefused("a bias too short", [](TensorOp &op) {
    op.biasAxis = 1, op.src.push_back({op.src[0].data, Format::F32, {4}, {1}});
  });
  EXPECT_TRUE(product.op.dst[0].sizes.size() == 3);
}

} // namespace npu::conformance
