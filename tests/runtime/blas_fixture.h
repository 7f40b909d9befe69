// What the BLAS tests share: a handle, device memory, and a column-major reference product.
#pragma once

#include "fake_core.h"
#include "npu/blas.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <complex>
#include <limits>
#include <vector>

namespace npu {

class BlasTest : public ::testing::Test {
protected:
  void SetUp() override {
    fake_core::reset();
    ASSERT_EQ(npublasCreate(&handle), NPUBLAS_STATUS_SUCCESS);
  }
  void TearDown() override { npublasDestroy(handle); }

  template <typename T> T *device(const std::vector<T> &values) {
    T *memory = static_cast<T *>(fake_core::allocate(values.size() * sizeof(T)));
    std::copy(values.begin(), values.end(), memory);
    return memory;
  }
  template <typename T> std::vector<T> read(const T *memory, size_t count) {
    wait();
    return {memory, memory + count};
  }
  void wait() { ASSERT_TRUE(core::synchronize(nullptr).ok()); }

  npublasHandle_t handle = nullptr;
};

// Distinct small integers, exact in every format and in every order of summation.
template <typename T> std::vector<T> numbers(size_t count, int start = 1) {
  std::vector<T> values(count);
  for (size_t i = 0; i < count; ++i)
    values[i] = T(int((i * 7 + size_t(start)) % 11) - 5);
  return values;
}

inline const float kNan = std::numeric_limits<float>::quiet_NaN();

// op(A)[row, column] of a column-major matrix.
template <typename T>
T element(const std::vector<T> &matrix, npublasOperation_t operation, int leading, int row,
          int column) {
  if (operation == NPUBLAS_OP_N)
    return matrix[size_t(column) * size_t(leading) + size_t(row)];
  const T value = matrix[size_t(row) * size_t(leading) + size_t(column)];
  if constexpr (std::is_floating_point_v<T>)
    return value;
  else
    return operation == NPUBLAS_OP_C ? std::conj(value) : value;
}

template <typename T>
std::vector<T> product(npublasOperation_t transA, npublasOperation_t transB, int m, int n, int k,
                       T alpha, const std::vector<T> &a, int lda, const std::vector<T> &b, int ldb,
                       T beta, std::vector<T> c, int ldc) {
  for (int column = 0; column < n; ++column)
    for (int row = 0; row < m; ++row) {
      T sum = 0;
      for (int depth = 0; depth < k; ++depth)
        sum += element(a, transA, lda, row, depth) * element(b, transB, ldb, depth, column);
      T &out = c[size_t(column) * size_t(ldc) + size_t(row)];
      out = alpha * sum + (beta == T(0) ? T(0) : beta * out);
    }
  return c;
}

} // namespace npu
