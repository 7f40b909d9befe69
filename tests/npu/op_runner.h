// Runs one op on a freshly configured NPU and waits; and the plain double-precision reference.
#pragma once

#include "emulator.h"
#include "energy.h"
#include "lower/lower.h"
#include "npu/device.h"
#include "npu_config.h"

#include <cstdlib>
#include <future>
#include <gtest/gtest.h>
#include <map>
#include <random>

namespace npu::test {

// Sets environment variables for the life of a test.
class Environment {
public:
  explicit Environment(const std::map<std::string, std::string> &variables) : set(variables) {
    for (const auto &[name, value] : set)
      setenv(name.c_str(), value.c_str(), 1);
  }
  ~Environment() {
    for (const auto &[name, value] : set)
      unsetenv(name.c_str());
  }

private:
  std::map<std::string, std::string> set;
};

inline std::unique_ptr<Device> makeDevice(const std::map<std::string, std::string> &variables) {
  Environment environment(variables);
  std::unique_ptr<Device> device;
  Status status = makeNpuDevice(device);
  EXPECT_TRUE(status) << status.message();
  return device;
}

inline Status runOp(Device &device, TensorOp op, OpCost *cost = nullptr, bool detailed = false) {
  op.cost = std::make_shared<OpCost>();
  op.cost->detailed = detailed;
  std::promise<Status> promise;
  auto future = promise.get_future();
  auto kept = op.cost;
  device.execute(op, [&](Status status) { promise.set_value(std::move(status)); });
  Status status = future.get();
  if (cost)
    *cost = *kept;
  return status;
}

inline Status runDetailed(Device &device, const TensorOp &op, OpCost &cost) {
  return runOp(device, op, &cost, true);
}

inline std::vector<float> randomNormal(size_t count, unsigned seed) {
  std::mt19937 generator(seed);
  std::normal_distribution<float> normal;
  std::vector<float> values(count);
  for (float &value : values)
    value = normal(generator);
  return values;
}

inline Tensor rowMajor(void *data, Format format, int64_t batch, int64_t rows, int64_t columns) {
  return {data, format, {batch, rows, columns}, {rows * columns, columns, 1}};
}

inline float floatAt(const Tensor &tensor, int64_t batch, int64_t row, int64_t column) {
  return static_cast<const float *>(
      tensor
          .data)[batch * tensor.strides[0] + row * tensor.strides[1] + column * tensor.strides[2]];
}

} // namespace npu::test
