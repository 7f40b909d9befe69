// The preset nvdla_like against what NVDLA's primer publishes: layers take the longer of their MAC
// and their DRAM time, and ResNet-50 in int8 runs 269 times a second (2048 MACs, 512 KiB, 20 GB/s).
#include "lower/dispatch.h"
#include "problem.h"

#include <gtest/gtest.h>

using namespace npu;
using namespace npu::backend;

namespace {

NpuConfig nvdla() {
  NpuConfig config;
  Status status = loadConfig("nvdla_like", config);
  EXPECT_TRUE(status) << status.message();
  return config;
}

Activity timed(const NpuConfig &config, const std::string &text) {
  TensorOp op;
  Status status = parseProblem(text, op);
  EXPECT_TRUE(status) << status.message();
  PrecisionPolicy policy;
  Lowered lowered;
  Activity activity;
  status = timeOp(op, {config, policy}, lowered, activity);
  EXPECT_TRUE(status) << text << ": " << status.message();
  return activity;
}

std::string layer(int64_t channels, int64_t size, int64_t outputs, int64_t window, int64_t stride) {
  auto text = [](int64_t value) { return std::to_string(value); };
  int64_t result = (size + stride - 1) / stride;
  return "op=convolution f=int8 d=f32 x=1x" + text(channels) + "x" + text(size) + "x" + text(size) +
         " w=" + text(outputs) + "x" + text(channels) + "x" + text(window) + "x" + text(window) +
         " y=1x" + text(outputs) + "x" + text(result) + "x" + text(result) +
         " stride=" + text(stride) + " pad=" + text((window - 1) / 2);
}

uint64_t divideUp(uint64_t value, uint64_t by) { return (value + by - 1) / by; }

TEST(Nvdla, LayersTakeTheLongerOfMacAndDramTime) {
  NpuConfig config = nvdla();
  const int64_t layers[][5] = {
      {64, 56, 64, 3, 1}, {256, 56, 64, 1, 1}, {100, 14, 70, 3, 1}, {512, 7, 2048, 1, 1}};
  for (const auto &[c, size, k, window, stride] : layers) {
    Activity activity = timed(config, layer(c, size, k, window, stride));
    uint64_t mac = uint64_t(window * window * size * size) * divideUp(uint64_t(c), 64) *
                   divideUp(uint64_t(k), 32);
    EXPECT_EQ(activity.matrixCycles, mac) << c << " " << k;
    EXPECT_EQ(activity.cycles, std::max({mac, activity.dramCycles, activity.vectorCycles}));
    uint64_t bytes = activity.dramReadBytes + activity.dramWriteBytes;
    EXPECT_NEAR(double(activity.dramCycles), double(bytes) / 20, 0.02 * double(bytes) / 20 + 50);
  }
}

// Results leave as int8 in NVDLA; here they would be fp32, so only what is read and the MACs count.
TEST(Nvdla, ResNet50TakesTheTimeThatIsPublished) {
  NpuConfig config = nvdla();
  double seconds = 0;
  auto add = [&](int64_t channels, int64_t size, int64_t outputs, int64_t window, int64_t stride) {
    Activity activity = timed(config, layer(channels, size, outputs, window, stride));
    int64_t result = (size + stride - 1) / stride;
    double dram = (double(activity.dramReadBytes) + double(outputs * result * result)) / 20;
    seconds += std::max(double(activity.matrixCycles), dram) * 1e-9;
  };
  add(3, 224, 64, 7, 2);
  int64_t channels = 64, size = 56;
  const std::pair<int64_t, int> stages[] = {{64, 3}, {128, 4}, {256, 6}, {512, 3}};
  for (const auto &[width, blocks] : stages)
    for (int block = 0; block < blocks; ++block) {
      int64_t stride = width != 64 && block == 0 ? 2 : 1;
      add(channels, size, width, 1, stride);
      if (block == 0)
        add(channels, size, 4 * width, 1, stride);
      size = (size + stride - 1) / stride;
      add(width, size, width, 3, 1);
      add(width, size, 4 * width, 1, 1);
      channels = 4 * width;
    }
  RecordProperty("frames_per_second", std::to_string(1 / seconds));
  EXPECT_GT(1 / seconds, 0.9 * 269) << 1 / seconds;
  EXPECT_LT(1 / seconds, 1.1 * 269) << 1 / seconds;
}

} // namespace
