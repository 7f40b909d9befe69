// The model's promises: closed forms hold exactly, traffic follows the tile-reuse formula, is never
// below compulsory and never grows with the scratchpad; the event order is exact.
#include "energy.h"
#include "op_runner.h"
#include "tiler.h"

#include <nlohmann/json.hpp>

using namespace npu;
using namespace npu::backend;

namespace {

uint64_t divideUp(uint64_t value, uint64_t by) { return (value + by - 1) / by; }

NpuConfig configOf(const std::string &json) {
  NpuConfig config;
  Status status = parseConfig(json, "test", config);
  EXPECT_TRUE(status) << status.message();
  return config;
}

GemmShape shapeOf(uint64_t m, uint64_t n, uint64_t k, Product product = Product::Bf16) {
  GemmShape shape;
  shape.m = m, shape.n = n, shape.k = k, shape.product = product;
  shape.operandA = shape.operandB = Format::Bf16;
  shape.dramBytesA = shape.dramBytesB = 2;
  return shape;
}

// Times a bf16 product without computing it.
Activity timeGemm(const NpuConfig &config, uint64_t m, uint64_t n, uint64_t k,
                  GemmTiling *tiling = nullptr) {
  // Windows are described, never touched.
  char *base = reinterpret_cast<char *>(uintptr_t(1) << 40);
  TensorOp op;
  op.src = {test::rowMajor(base, Format::Bf16, 1, int64_t(m), int64_t(k)),
            test::rowMajor(base, Format::Bf16, 1, int64_t(k), int64_t(n))};
  op.dst = {test::rowMajor(base, Format::Bf16, 1, int64_t(m), int64_t(n))};
  Lowered lowered;
  PrecisionPolicy policy;
  Status status = lowerGemm(op, {config, policy}, lowered);
  EXPECT_TRUE(status) << status.message();
  std::vector<Instruction> program(lowered.program.words.size());
  for (size_t i = 0; i < program.size(); ++i)
    EXPECT_TRUE(decode(lowered.program.words[i], program[i]));
  Activity activity;
  EXPECT_TRUE(simulate(
      config, program, [](const Instruction &) { return Status(); }, activity));
  if (tiling) {
    EXPECT_TRUE(chooseTiling(config, shapeOf(m, n, k), *tiling));
  }
  return activity;
}

const char *kFreeMemory = R"("clock_mhz": 1, "dram": {"gb_per_s": 100000, "latency_cycles": 0},
  "vector_lanes": 65536, "scratchpad": {"kib": 65536}, "accumulator": {"kib": 65536})";

TEST(Timing, WeightStationaryLayersTakeTheClosedForm) {
  NpuConfig config =
      configOf(std::string(R"({"array": {"rows": 8, "columns": 16}, )") + kFreeMemory + "}");
  const uint64_t shapes[][3] = {{1, 1, 1}, {7, 16, 8}, {100, 33, 70}, {257, 129, 65}, {1000, 5, 9}};
  for (const auto &[m, n, k] : shapes) {
    Activity activity = timeGemm(config, m, n, k);
    uint64_t closed = divideUp(k, 8) * divideUp(n, 16) * (2 * 8 + 16 + m - 2);
    EXPECT_EQ(activity.matrixCycles, closed) << m << " " << n << " " << k;
    // Two loads before, a vector instruction and a store after: one cycle each or a few for rows.
    EXPECT_LE(activity.cycles - activity.matrixCycles, 8u);
    EXPECT_EQ(activity.macs, m * n * k);
  }
}

TEST(Timing, OutputStationaryLayersTakeTheClosedForm) {
  NpuConfig config = configOf(
      std::string(R"({"array": {"rows": 8, "columns": 16, "dataflow": "output_stationary"}, )") +
      kFreeMemory + "}");
  const uint64_t shapes[][3] = {{1, 1, 1}, {7, 16, 8}, {100, 33, 70}, {257, 129, 65}, {10, 5, 999}};
  for (const auto &[m, n, k] : shapes) {
    Activity activity = timeGemm(config, m, n, k);
    EXPECT_EQ(activity.matrixCycles, divideUp(m, 8) * divideUp(n, 16) * (8 + 16 + k - 2))
        << m << " " << n << " " << k;
    EXPECT_LE(activity.cycles - activity.matrixCycles, 8u);
  }
}

TEST(Timing, PassesAndRatesScaleTheClosedForm) {
  NpuConfig config = configOf(R"({"array": {"rows": 8, "columns": 8},
                                  "multiply_rate": {"int8": 2, "tf32": 0.5}})");
  EXPECT_EQ(multiplyCycles(config, Product::Bf16x9, 10, 8, 8), 9u * (16 + 8 + 10 - 2));
  EXPECT_EQ(multiplyCycles(config, Product::Bf16x3, 10, 8, 8), 3u * (16 + 8 + 10 - 2));
  EXPECT_EQ(multiplyCycles(config, Product::Int8, 10, 8, 16), 16u + 8 + 10 - 2);
  EXPECT_EQ(multiplyCycles(config, Product::Tf32, 10, 8, 8), 16u + 8 + 20 - 2);
}

TEST(Timing, TransfersAndUnitsOverlapExactlyAsTokensAllow) {
  // 10 bytes per cycle, latency 5, array 4 x 4 weight stationary, 8 lanes.
  NpuConfig config = configOf(R"({"array": {"rows": 4, "columns": 4}, "clock_mhz": 1,
    "dram": {"gb_per_s": 0.01, "latency_cycles": 5}, "dma_channels": 2, "vector_lanes": 8})");
  LoadInstruction load;
  load.planes = load.rows = 1, load.columns = 25, load.columnStride = 1, load.pitch = 25;
  load.from = load.to = Format::F32; // 100 bytes: 10 cycles
  MultiplyInstruction multiply;
  multiply.m = multiply.n = multiply.k = 4; // 2*4 + 4 + 4 - 2 = 14 cycles
  multiply.formatA = multiply.formatB = Format::Bf16;
  VectorInstruction vector;
  vector.rows = 4, vector.columns = 4; // 2 cycles
  StoreInstruction store;
  store.planes = store.rows = 1, store.columns = 5, store.columnStride = 1;
  store.from = store.to = Format::F32; // 20 bytes: 2 cycles
  auto cycles = [&](const std::vector<Instruction> &program) {
    Activity activity;
    EXPECT_TRUE(simulate(
        config, program, [](const Instruction &) { return Status(); }, activity));
    return activity.cycles;
  };
  EXPECT_EQ(cycles({{0, 0, load}}), 15u);
  EXPECT_EQ(cycles({{0, 0, load}, {0, 0, load}}), 25u) << "latencies overlap, the bus does not";
  Instruction first{0, kOperandsReady, load}, second{kOperandsReady, kAccumulatorReady, multiply};
  EXPECT_EQ(cycles({first, second}), 15u + 14);
  // The second load runs under the first product.
  EXPECT_EQ(cycles({first, first, second, second}), 15u + 14 + 14);
  EXPECT_EQ(
      cycles({first, second, {kAccumulatorReady, kResultReady, vector}, {kResultReady, 0, store}}),
      15u + 14 + 2 + 5 + 2);
  config.dmaChannels = 1;
  EXPECT_EQ(cycles({{0, 0, load}, {0, 0, load}}), 30u) << "one channel: latencies add up";
}

TEST(Timing, WaitingForATokenNobodySendsTraps) {
  Activity activity;
  VectorInstruction vector;
  vector.rows = vector.columns = 1;
  Status status = simulate(
      configOf("{}"), {{kSourceReady, 0, vector}}, [](const Instruction &) { return Status(); },
      activity);
  EXPECT_EQ(status.code(), npuErrorLaunchFailure);
}

TEST(Traffic, FollowsTheFormulaAndNeverGrowsWithTheScratchpad) {
  const uint64_t shapes[][3] = {{64, 64, 64},    {500, 700, 300},  {1024, 1024, 1024},
                                {3000, 40, 200}, {40, 3000, 2000}, {97, 1009, 513}};
  for (const char *flow : {"weight_stationary", "output_stationary"})
    for (const auto &[m, n, k] : shapes) {
      uint64_t previous = ~uint64_t(0);
      for (uint64_t kib = 24; kib <= 32768; kib = kib * 3 / 2) {
        nlohmann::json json{{"preset", "edge"},
                            {"array", {{"dataflow", flow}}},
                            {"scratchpad", {{"kib", kib}}},
                            {"accumulator", {{"kib", kib / 2}}}};
        NpuConfig config = configOf(json.dump());
        GemmTiling tiling;
        Activity activity = timeGemm(config, m, n, k, &tiling);
        uint64_t reads = 2 * (divideUp(n, tiling.n) * m * k + divideUp(m, tiling.m) * k * n);
        EXPECT_EQ(activity.dramReadBytes, reads) << m << " " << n << " " << k << " " << kib;
        EXPECT_EQ(activity.dramReadBytes, tiling.operandTrafficBytes);
        EXPECT_EQ(activity.dramWriteBytes, 2 * m * n);
        EXPECT_GE(activity.dramReadBytes, 2 * (m * k + k * n));
        EXPECT_LE(activity.dramReadBytes, previous) << m << " " << n << " " << k << " " << kib;
        previous = activity.dramReadBytes;
        EXPECT_LE(tiling.addressBias + 2 * tiling.strideBias, config.scratchpadBytes());
        EXPECT_LE(tiling.sumBuffers * tiling.strideSums, config.accumulatorBytes());
      }
      EXPECT_EQ(previous, 2 * (m * k + k * n)) << "all fits: each operand is read once";
    }
}

TEST(Tiler, RefusesMemoriesTooSmallAndTheMinimumItNamesWorks) {
  for (const char *which : {"scratchpad", "accumulator"}) {
    nlohmann::json json{{"preset", "server"}, {which, {{"kib", 1}}}};
    GemmTiling tiling;
    Status status = chooseTiling(configOf(json.dump()), shapeOf(512, 512, 512), tiling);
    ASSERT_FALSE(status);
    std::string lead = std::string(which) + "/kib must be at least ";
    size_t at = status.message().find(lead);
    ASSERT_NE(at, std::string::npos) << status.message();
    uint64_t minimum = std::stoull(status.message().substr(at + lead.size()));
    json[which]["kib"] = minimum;
    status = chooseTiling(configOf(json.dump()), shapeOf(512, 512, 512), tiling);
    EXPECT_TRUE(status) << status.message();
    json[which]["kib"] = minimum - 1;
    EXPECT_FALSE(chooseTiling(configOf(json.dump()), shapeOf(512, 512, 512), tiling));
  }
}

TEST(Energy, AddsProductsBytesAndIdlePower) {
  NpuConfig config = configOf(R"({"clock_mhz": 1000, "scratchpad": {"kib": 64, "banks": 8},
    "accumulator": {"kib": 64, "banks": 2},
    "energy": {"idle_watts": 2, "vector_pj": 3, "dram_pj_per_64_bits": 1600}})");
  Activity activity;
  EXPECT_EQ(energyPicojoules(config, activity).total(), 0);
  activity.productPicojoules = 5;
  EXPECT_DOUBLE_EQ(energyPicojoules(config, activity).total(), 5);
  activity.vectorElements = 10;
  EXPECT_DOUBLE_EQ(energyPicojoules(config, activity).total(), 35);
  activity.scratchpadBytes = 8; // one 64-bit access to an 8 KiB bank: 10 pJ
  EXPECT_DOUBLE_EQ(energyPicojoules(config, activity).total(), 45);
  activity.accumulatorBytes = 8; // 32 KiB: 20 pJ
  EXPECT_DOUBLE_EQ(energyPicojoules(config, activity).total(), 65);
  activity.dramReadBytes = activity.dramWriteBytes = 4;
  EXPECT_DOUBLE_EQ(energyPicojoules(config, activity).total(), 1665);
  activity.cycles = 1; // 1 ns at 2 W: 2000 pJ
  EXPECT_DOUBLE_EQ(energyPicojoules(config, activity).total(), 3665);
  EXPECT_DOUBLE_EQ(sramPicojoulesPerByte(config, 1 << 20), 12.5);
  EXPECT_GT(sramPicojoulesPerByte(config, 1 << 17), 2.5);
}

} // namespace
