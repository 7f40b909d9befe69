// Busy units and full buffers over an op's time, why units wait, and problems as text.
#include "op_details.h"
#include "op_runner.h"
#include "problem.h"

#include <nlohmann/json.hpp>

using namespace npu;
using namespace npu::backend;

namespace {

LoadInstruction loadAt(uint64_t address, uint64_t elements) {
  LoadInstruction load;
  load.planes = load.rows = 1, load.columns = load.pitch = elements, load.columnStride = 1;
  load.address = address;
  load.from = load.to = Format::F32;
  return load;
}

VectorInstruction copyOf(uint64_t from, uint64_t to, uint64_t elements) {
  VectorInstruction vector;
  vector.function = VectorFunction::Copy;
  vector.rows = 1, vector.columns = vector.pitchA = vector.pitchDst = elements;
  vector.a = from, vector.dst = to;
  vector.formatA = vector.formatDst = vector.formatB = Format::F32;
  return vector;
}

TEST(Usage, BuffersCountFromTheirWritingToTheirLastReading) {
  UsageRecorder recorder(16);
  recorder.add({0, 0, loadAt(0, 25)}, 2, 0, 4);      // 100 bytes from 0 on
  recorder.add({0, 0, copyOf(0, 200, 25)}, 6, 6, 8); // until 8; its copy from 6 to 8
  Usage usage = recorder.finish(12);
  ASSERT_EQ(usage.cyclesPerInterval, 1u);
  ASSERT_EQ(usage.scratchpadBytes.size(), 12u);
  EXPECT_EQ(usage.scratchpadBytes[0], 100);
  EXPECT_EQ(usage.scratchpadBytes[5], 100);
  EXPECT_EQ(usage.scratchpadBytes[7], 200);
  EXPECT_EQ(usage.scratchpadBytes[8], 0);
  EXPECT_EQ(usage.busy[unsigned(Queue::Load)][1], 0);
  EXPECT_EQ(usage.busy[unsigned(Queue::Load)][3], 1);
  EXPECT_EQ(usage.busy[unsigned(Queue::Vector)][6], 1);
}

TEST(Usage, OverwritingABufferEndsItAndItsOwnUpdateDoesNot) {
  UsageRecorder recorder(64);
  recorder.add({0, 0, loadAt(0, 25)}, 0, 0, 4);
  recorder.add({0, 0, copyOf(0, 400, 25)}, 4, 4, 6);
  recorder.add({0, 0, loadAt(0, 25)}, 20, 20, 24); // the first buffer was free from 6 to 20
  recorder.add({0, 0, copyOf(0, 0, 25)}, 24, 24, 30);
  Usage usage = recorder.finish(30);
  EXPECT_EQ(usage.scratchpadBytes[10], 0);
  EXPECT_EQ(usage.scratchpadBytes[22], 100);
  EXPECT_EQ(usage.scratchpadBytes[26], 100);
}

TEST(Usage, LongTimesAreToldInNoMoreIntervalsAndLoseNothing) {
  UsageRecorder recorder(8);
  uint64_t busy = 0;
  for (uint64_t i = 0; i < 1000; ++i, busy += 3)
    recorder.add({0, 0, loadAt(0, 1)}, 10 * i, 10 * i, 10 * i + 3);
  Usage usage = recorder.finish(10000);
  ASSERT_LE(usage.busy[0].size(), 8u);
  double sum = 0;
  for (size_t i = 0; i < usage.busy[0].size(); ++i)
    sum += usage.busy[0][i] *
           double(std::min(usage.cyclesPerInterval, 10000 - i * usage.cyclesPerInterval));
  EXPECT_NEAR(sum, double(busy), 1e-6);
}

nlohmann::json detailsOf(const std::map<std::string, std::string> &variables, int64_t m, int64_t n,
                         int64_t k, OpCost &cost) {
  auto device = test::makeDevice(variables);
  std::vector<float> a = test::randomNormal(size_t(m * k), 1), d(size_t(m * n));
  std::vector<float> b = test::randomNormal(size_t(k * n), 2);
  TensorOp op;
  op.src = {test::rowMajor(a.data(), Format::F32, 1, m, k),
            test::rowMajor(b.data(), Format::F32, 1, k, n)};
  op.dst = {test::rowMajor(d.data(), Format::F32, 1, m, n)};
  Status status = test::runDetailed(*device, op, cost);
  EXPECT_TRUE(status) << status.message();
  return nlohmann::json::parse(cost.details);
}

TEST(Details, StallsAndEnergyAddUpToTheOpsOwn) {
  for (const char *preset : {"edge", "server"}) {
    OpCost cost;
    auto details =
        detailsOf({{"NPU_CONFIG", preset}, {"NPU_REPORT_INTERVALS", "32"}}, 200, 150, 300, cost);
    uint64_t stalls = 0;
    for (const auto &[cause, cycles] : details["stalls"].items())
      stalls += cycles.get<uint64_t>();
    EXPECT_EQ(stalls, cost.stallCycles) << preset;
    EXPECT_NE(details["stall_reason"], "");
    double energy = 0;
    for (const auto &[part, picojoules] : details["energy_split_pj"].items())
      energy += picojoules.get<double>();
    EXPECT_NEAR(energy, cost.energyPicojoules, 1e-6 * energy);
    EXPECT_LE(details["usage"]["matrix"].size(), 32u);
    uint64_t most = 0;
    for (uint64_t bytes : details["usage"]["scratchpad_bytes"])
      most = std::max(most, bytes);
    EXPECT_GT(most, 1000u);
    EXPECT_NE(details["tiling"].get<std::string>().find("tiles of"), std::string::npos);
  }
}

TEST(Details, AreNotMadeUnlessAskedFor) {
  auto device = test::makeDevice({});
  float a[4] = {1, 2, 3, 4}, d[4];
  TensorOp op;
  op.src = {test::rowMajor(a, Format::F32, 1, 2, 2), test::rowMajor(a, Format::F32, 1, 2, 2)};
  op.dst = {test::rowMajor(d, Format::F32, 1, 2, 2)};
  OpCost cost;
  ASSERT_TRUE(test::runOp(*device, op, &cost));
  EXPECT_EQ(cost.details, "");
}

TEST(Details, VariablesOutOfRangeAreRefused) {
  const std::pair<const char *, const char *> cases[] = {
      {"NPU_REPORT_INTERVALS", "0"}, {"NPU_PROGRESS", "soon"}, {"NPU_PROGRESS", "0"}};
  for (const auto &[name, value] : cases) {
    test::Environment environment(std::map<std::string, std::string>{{name, value}});
    std::unique_ptr<Device> device;
    Status status = makeNpuDevice(device);
    EXPECT_NE(status.message().find(name), std::string::npos) << status.message();
  }
}

TEST(Problem, TextReadsBackToTheSameText) {
  for (const char *text :
       {"op=gemm f=f32 d=f32 m=256 n=64 k=784", "op=gemm f=int8 d=int32 b=3 m=5 n=6 k=7 ta=1 tb=1",
        "op=gemm f=f16 d=f32 m=2 n=3 k=4 compute=tf32 pedantic=1 bias=2 beta=1",
        "op=convolution f=f32 d=f32 x=2x8x9x9 w=4x8x3x3 y=2x4x9x9 stride=1x1 dilation=1x1 pad=1x1 "
        "groups=1 order=nhwc",
        "op=convolution_filter_gradient f=f32 d=f32 x=2x8x9x9 w=4x8x3x3 y=2x4x9x9 stride=1x1 "
        "dilation=1x1 pad=1x1 groups=1"}) {
    TensorOp op;
    Status status = parseProblem(text, op);
    ASSERT_TRUE(status) << status.message();
    EXPECT_EQ(problemText(op), text);
  }
}

TEST(Problem, WhatCannotBeReadIsNamed) {
  const std::pair<const char *, const char *> cases[] = {
      {"m=4 n=4 k=4 f=f99", "f99"},
      {"m=4 n=4", "k"},
      {"m=4 n=4 k=4 q=1", "q"},
      {"op=softmax x=4x4", "softmax"},
      {"m=4 n=-1 k=4", "n"},
      {"word", "word"},
      {"op=convolution x=1x2 w=1 y=1", "dimensions"}};
  for (const auto &[text, what] : cases) {
    TensorOp op;
    Status status = parseProblem(text, op);
    EXPECT_FALSE(status) << text;
    EXPECT_NE(status.message().find(what), std::string::npos) << status.message();
  }
}

} // namespace
