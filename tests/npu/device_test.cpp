// The device contract: what is refused and why, elementwise ops, concurrency.
#include "numerics.h"
#include "op_runner.h"

#include <cmath>

using namespace npu;
using namespace npu::test;

namespace {

void expectRefusal(const Device &device, const Command &command, const char *text) {
  Status status = device.accepts(command);
  EXPECT_EQ(status.code(), npuErrorNotSupported);
  EXPECT_NE(status.message().find(text), std::string::npos) << status.message();
}

TensorOp smallGemm(void *data, Format format) {
  TensorOp op;
  op.src = {rowMajor(data, format, 1, 4, 4), rowMajor(data, format, 1, 4, 4)};
  op.dst = {rowMajor(data, format, 1, 4, 4)};
  return op;
}

TEST(Device, RefusalsSayWhy) {
  auto device = makeDevice({});
  std::vector<double> data(64);
  expectRefusal(*device, Launch(), "runs no kernel launches");
  expectRefusal(*device, Copy(), "runs no memory copies");
  expectRefusal(*device, smallGemm(data.data(), Format::F64), "f64");
  expectRefusal(*device, smallGemm(data.data(), Format::C32), "c32");
  TensorOp op = smallGemm(data.data(), Format::F32);
  EXPECT_TRUE(device->accepts(op));
  op.alpha = {0, 1};
  expectRefusal(*device, op, "complex");
  op = smallGemm(data.data(), Format::F32), op.src[1].sizes[1] = 3;
  expectRefusal(*device, op, "sizes");
  op = smallGemm(data.data(), Format::F32), op.src[0].data = nullptr;
  expectRefusal(*device, op, "no address");
  op = smallGemm(data.data(), Format::F32), op.src.clear();
  expectRefusal(*device, op, "missing");
  op = smallGemm(data.data(), Format::F32), op.dst[0].format = Format::Int32;
  expectRefusal(*device, op, "int32");
  op = smallGemm(data.data(), Format::Int32);
  expectRefusal(*device, op, "int32");
  op = smallGemm(data.data(), Format::F32), op.src[0].sizes.pop_back();
  expectRefusal(*device, op, "rank");
}

TEST(Device, EmptyResultsAreANoOp) {
  auto device = makeDevice({});
  TensorOp op;
  op.src = {rowMajor(nullptr, Format::F32, 1, 0, 4), rowMajor(nullptr, Format::F32, 1, 4, 5)};
  op.dst = {rowMajor(nullptr, Format::F32, 1, 0, 5)};
  op.src[1].sizes[2] = op.dst[0].sizes[2] = 0;
  OpCost cost;
  EXPECT_TRUE(runOp(*device, op, &cost));
  EXPECT_EQ(cost.cycles, 0u);
}

TEST(Device, CostIsFilledAndAddsUp) {
  auto device = makeDevice({{"NPU_CONFIG", "mobile"}});
  const int64_t n = 96;
  std::vector<float> a = randomNormal(n * n, 1), d(n * n);
  TensorOp op;
  op.src = {rowMajor(a.data(), Format::F32, 1, n, n), rowMajor(a.data(), Format::F32, 1, n, n)};
  op.dst = {rowMajor(d.data(), Format::F32, 1, n, n)};
  OpCost cost;
  ASSERT_TRUE(runOp(*device, op, &cost));
  EXPECT_EQ(cost.cycles, cost.computeCycles + cost.stallCycles);
  EXPECT_EQ(cost.macs, uint64_t(n * n * n));
  EXPECT_EQ(cost.dramReadBytes, uint64_t(2 * n * n * 4));
  EXPECT_EQ(cost.dramWriteBytes, uint64_t(n * n * 4));
  EXPECT_GT(cost.sramBytes, cost.dramReadBytes);
  EXPECT_GT(cost.utilization, 0);
  EXPECT_LE(cost.utilization, 1);
  EXPECT_GT(cost.energyPicojoules, 0);
}

TEST(Device, ManyThreadsMayEnqueueAndAllComplete) {
  auto device = makeDevice({{"NPU_CONFIG", "edge"}});
  std::vector<std::thread> threads;
  std::atomic<int> completed{0};
  for (int t = 0; t < 4; ++t)
    threads.emplace_back([&, t] {
      for (int i = 0; i < 20; ++i) {
        std::vector<float> a(64, float(t)), b(64, 1.0f), d(64);
        TensorOp op;
        op.src = {rowMajor(a.data(), Format::F32, 1, 8, 8),
                  rowMajor(b.data(), Format::F32, 1, 8, 8)};
        op.dst = {rowMajor(d.data(), Format::F32, 1, 8, 8)};
        completed += runOp(*device, op).ok() && d[63] == float(8 * t);
      }
    });
  for (std::thread &thread : threads)
    thread.join();
  EXPECT_EQ(completed, 80);
}

TEST(Device, DestructionFinishesQueuedWork) {
  std::atomic<int> completed{0};
  std::vector<float> a(64, 1.0f), d(64);
  {
    auto device = makeDevice({{"NPU_CONFIG", "edge"}});
    TensorOp op = smallGemm(a.data(), Format::F32);
    op.dst[0].data = d.data();
    for (int i = 0; i < 10; ++i)
      device->execute(op, [&](Status status) { completed += status.ok(); });
  }
  EXPECT_EQ(completed, 10);
}

// Elements of a strided tensor in index order, for comparing.
template <typename Function> void eachIndex(const std::vector<int64_t> &sizes, Function function) {
  std::vector<int64_t> index(sizes.size(), 0);
  for (;;) {
    function(index);
    size_t dim = sizes.size();
    while (dim > 0 && ++index[dim - 1] == sizes[dim - 1])
      index[--dim] = 0;
    if (dim == 0)
      return;
  }
}

int64_t offsetOf(const Tensor &tensor, const std::vector<int64_t> &index) {
  int64_t offset = 0;
  for (size_t i = 0; i < index.size(); ++i)
    offset += index[i] * tensor.strides[i];
  return offset;
}

struct Strided {
  std::vector<int64_t> sizes, a, b, d;
};

void checkElementwise(Device &device, const Strided &s, TensorOp op,
                      const std::function<double(double, double)> &want) {
  const size_t room = 1 << 18;
  std::vector<float> dataA = randomNormal(room, 1), dataB = randomNormal(room, 2), dataD(room, NAN);
  // Strides may be negative: start in the middle.
  op.src = {{dataA.data() + room / 2, Format::F32, s.sizes, s.a}};
  if (op.kind == TensorOp::Kind::binary)
    op.src.push_back({dataB.data() + room / 2, Format::F32, s.sizes, s.b});
  op.dst = {{dataD.data() + room / 2, Format::F32, s.sizes, s.d}};
  ASSERT_TRUE(device.accepts(op)) << device.accepts(op).message();
  Status status = runOp(device, op);
  ASSERT_TRUE(status) << status.message();
  size_t wrong = 0, count = 0;
  eachIndex(s.sizes, [&](const std::vector<int64_t> &index) {
    double a = static_cast<float *>(op.src[0].data)[offsetOf(op.src[0], index)];
    double b =
        op.src.size() > 1 ? static_cast<float *>(op.src[1].data)[offsetOf(op.src[1], index)] : 0;
    double got = static_cast<float *>(op.dst[0].data)[offsetOf(op.dst[0], index)];
    double expected = want(a, b);
    wrong += !(std::fabs(got - expected) <= 1e-6 * (1 + std::fabs(expected)));
    ++count;
  });
  EXPECT_EQ(wrong, 0u) << "of " << count;
  size_t written = 0;
  for (float value : dataD)
    written += !std::isnan(value);
  EXPECT_EQ(written, count) << "wrote outside the destination";
}

TEST(Elementwise, AnyRankAndStridesMatchTheReference) {
  const Strided cases[] = {
      {{1}, {1}, {1}, {1}},
      {{100001}, {1}, {1}, {1}},
      {{70, 90}, {90, 1}, {0, 1}, {1, 70}},
      {{5, 6, 7}, {42, 7, 1}, {1, 5, 30}, {50, 8, 1}},
      {{3, 4, 5, 6}, {120, 30, 6, 1}, {0, 6, 0, 1}, {121, 30, 6, 1}},
      {{2, 3, 2, 3, 2}, {36, 12, 6, 2, 1}, {1, 2, 6, 12, 36}, {-36, 12, -6, 2, -1}},
      {{40, 1, 50}, {-50, 7, 1}, {50, 0, 0}, {50, 9, 1}},
      {{3, 30000}, {30000, 1}, {30000, 1}, {30001, 1}}};
  for (const char *preset : {"edge", "server"}) {
    auto device = makeDevice({{"NPU_CONFIG", preset}});
    for (const Strided &s : cases) {
      TensorOp unary;
      unary.kind = TensorOp::Kind::unary;
      unary.alpha = 2.0, unary.activation = Activation::Tanh;
      checkElementwise(*device, s, unary, [](double a, double) { return std::tanh(2 * a); });
      TensorOp binary;
      binary.kind = TensorOp::Kind::binary;
      binary.alpha = 2.0, binary.beta = -0.5;
      checkElementwise(*device, s, binary, [](double a, double b) { return 2 * a - 0.5 * b; });
    }
  }
}

TEST(Elementwise, EveryBinaryFunction) {
  auto device = makeDevice({});
  Strided s{{123}, {1}, {1}, {1}};
  const std::pair<BinaryKind, double (*)(double, double)> kinds[] = {
      {BinaryKind::Add, [](double a, double b) { return a + b; }},
      {BinaryKind::Subtract, [](double a, double b) { return a - b; }},
      {BinaryKind::Multiply, [](double a, double b) { return a * b; }},
      {BinaryKind::Divide, [](double a, double b) { return a / b; }},
      {BinaryKind::Minimum, [](double a, double b) { return std::min(a, b); }},
      {BinaryKind::Maximum, [](double a, double b) { return std::max(a, b); }}};
  for (const auto &[kind, want] : kinds) {
    TensorOp op;
    op.kind = TensorOp::Kind::binary;
    op.binary = kind, op.beta = 1.0;
    checkElementwise(*device, s, op, want);
  }
}

TEST(Elementwise, ActivationsOfSpecialValues) {
  auto device = makeDevice({});
  float src[] = {-INFINITY, -100.0f, -0.0f, 0.0f, 100.0f, INFINITY, NAN}, dst[7];
  auto run = [&](Activation activation) {
    TensorOp op;
    op.kind = TensorOp::Kind::unary;
    op.activation = activation;
    op.src = {{src, Format::F32, {7}, {1}}};
    op.dst = {{dst, Format::F32, {7}, {1}}};
    EXPECT_TRUE(runOp(*device, op));
    EXPECT_TRUE(std::isnan(dst[6]));
  };
  run(Activation::Relu);
  EXPECT_EQ(dst[0], 0.0f);
  EXPECT_EQ(dst[5], INFINITY);
  run(Activation::Sigmoid);
  EXPECT_EQ(dst[0], 0.0f);
  EXPECT_EQ(dst[3], 0.5f);
  EXPECT_EQ(dst[5], 1.0f);
  EXPECT_NEAR(dst[1] / 3.72e-44f, 1.0f, 0.05f);
  run(Activation::Gelu);
  EXPECT_EQ(dst[0], 0.0f);
  EXPECT_EQ(dst[4], 100.0f);
  EXPECT_EQ(dst[5], INFINITY);
  run(Activation::Tanh);
  EXPECT_EQ(dst[0], -1.0f);
}

} // namespace
