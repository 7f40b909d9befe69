// What the DNN tests share: a handle, device memory, descriptors, and numbers to compute with.
#pragma once

#include "fake_core.h"
#include "npu/dnn.h"

#include <gtest/gtest.h>

#include <cmath>
#include <cstring>
#include <functional>
#include <vector>

namespace npu {

#define EXPECT_DNN(call) EXPECT_EQ(call, NPUDNN_STATUS_SUCCESS)

class DnnTest : public ::testing::Test {
protected:
  void SetUp() override {
    fake_core::reset();
    ASSERT_EQ(npudnnCreate(&handle), NPUDNN_STATUS_SUCCESS);
  }
  void TearDown() override { npudnnDestroy(handle); }

  template <typename T> T *device(const std::vector<T> &values) {
    T *memory = static_cast<T *>(fake_core::allocate(values.size() * sizeof(T)));
    std::copy(values.begin(), values.end(), memory);
    return memory;
  }
  template <typename T> std::vector<T> read(const T *memory, size_t count) {
    EXPECT_TRUE(core::synchronize(nullptr).ok());
    return {memory, memory + count};
  }

  npudnnTensorDescriptor_t tensor(const std::vector<int> &dims,
                                  npudnnTensorFormat_t format = NPUDNN_TENSOR_NCHW,
                                  npudnnDataType_t type = NPUDNN_DATA_FLOAT) {
    npudnnTensorDescriptor_t descriptor = nullptr;
    EXPECT_DNN(npudnnCreateTensorDescriptor(&descriptor));
    EXPECT_DNN(
        npudnnSetTensorNdDescriptorEx(descriptor, format, type, int(dims.size()), dims.data()));
    return descriptor;
  }
  npudnnTensorDescriptor_t strided(const std::vector<int> &dims, const std::vector<int> &strides) {
    npudnnTensorDescriptor_t descriptor = nullptr;
    EXPECT_DNN(npudnnCreateTensorDescriptor(&descriptor));
    EXPECT_DNN(npudnnSetTensorNdDescriptor(descriptor, NPUDNN_DATA_FLOAT, int(dims.size()),
                                           dims.data(), strides.data()));
    return descriptor;
  }

  npudnnDropoutDescriptor_t dropout(float rate, unsigned long long seed = 7) {
    npudnnDropoutDescriptor_t descriptor = nullptr;
    size_t bytes = 0;
    EXPECT_DNN(npudnnCreateDropoutDescriptor(&descriptor));
    EXPECT_DNN(npudnnDropoutGetStatesSize(handle, &bytes));
    EXPECT_DNN(npudnnSetDropoutDescriptor(descriptor, handle, rate, fake_core::allocate(bytes),
                                          bytes, seed));
    return descriptor;
  }
  // Makes it draw the same numbers again.
  void restart(npudnnDropoutDescriptor_t descriptor) {
    float rate = 0;
    void *states = nullptr;
    unsigned long long seed = 0;
    size_t bytes = 0;
    EXPECT_DNN(npudnnGetDropoutDescriptor(descriptor, handle, &rate, &states, &seed));
    EXPECT_DNN(npudnnDropoutGetStatesSize(handle, &bytes));
    EXPECT_DNN(npudnnSetDropoutDescriptor(descriptor, handle, rate, states, bytes, seed));
  }

  npudnnHandle_t handle = nullptr;
  const float one = 1, zero = 0;
  const double oneDouble = 1, zeroDouble = 0;
};

// Numbers between -1 and 1 that repeat nowhere near.
template <typename T = float> std::vector<T> numbers(size_t count, unsigned seed = 1) {
  std::vector<T> values(count);
  uint32_t state = seed * 2654435761u + 12345;
  for (T &value : values) {
    state = state * 1664525u + 1013904223u;
    value = T(double(state >> 8) / double(1 << 23) - 1);
  }
  return values;
}

inline size_t product(const std::vector<int> &dims) {
  size_t count = 1;
  for (int size : dims)
    count *= size_t(size);
  return count;
}

template <typename A, typename B>
void expectNear(const std::vector<A> &found, const std::vector<B> &wanted, double tolerance,
                const char *what) {
  ASSERT_EQ(found.size(), wanted.size()) << what;
  for (size_t i = 0; i < found.size(); ++i)
    ASSERT_NEAR(double(found[i]), double(wanted[i]), tolerance) << what << " at " << i;
}

// The gradient of sum(weights * f(x)) with respect to x, by central differences. `step` trades the
// error of the difference (its square) for that of rounding; f is computed in double.
inline std::vector<double>
differences(std::vector<double> x, const std::vector<double> &weights,
            const std::function<std::vector<double>(const std::vector<double> &)> &f,
            double step = 1e-5) {
  std::vector<double> gradient(x.size());
  auto value = [&] {
    const std::vector<double> y = f(x);
    double sum = 0;
    for (size_t i = 0; i < y.size(); ++i)
      sum += weights[i] * y[i];
    return sum;
  };
  for (size_t i = 0; i < x.size(); ++i) {
    const double kept = x[i];
    x[i] = kept + step;
    const double above = value();
    x[i] = kept - step;
    gradient[i] = (above - value()) / (2 * step);
    x[i] = kept;
  }
  return gradient;
}

} // namespace npu
