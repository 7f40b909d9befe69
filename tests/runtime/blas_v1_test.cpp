// The BLAS interface without handles. In a file of its own: npu/blas.h has the same names.
#include "fake_core.h"
#include "npu/blas_v1.h"
#include "src/core.h"

#include <gtest/gtest.h>

using namespace npu;

namespace {

float *device(std::initializer_list<float> values) {
  auto *memory = static_cast<float *>(fake_core::allocate(values.size() * sizeof(float)));
  std::copy(values.begin(), values.end(), memory);
  return memory;
}

class BlasV1 : public ::testing::Test {
protected:
  void SetUp() override {
    fake_core::reset();
    ASSERT_EQ(npublasInit(), NPUBLAS_STATUS_SUCCESS);
    ASSERT_EQ(npublasGetError(), NPUBLAS_STATUS_SUCCESS);
  }
  void TearDown() override { EXPECT_EQ(npublasShutdown(), NPUBLAS_STATUS_SUCCESS); }
};

TEST_F(BlasV1, ScalarsModesAndResultsAreValues) {
  float *a = device({1, 2, 3, 4}), *c = device({0, 0, 0, 0});
  npublasSgemm('T', 'n', 2, 2, 2, 2.0f, a, 2, a, 2, 0.0f, c, 2);
  EXPECT_EQ(npublasSdot(4, c, 1, a, 1), 2 * (5 * 1 + 11 * 2 + 11 * 3 + 25 * 4));
  EXPECT_EQ(npublasIsamax(4, c, 1), 4);
  npublasStrsm('L', 'u', 'N', 'u', 2, 1, 1.0f, a, 2, c, 2);
  EXPECT_EQ(npublasGetError(), NPUBLAS_STATUS_SUCCESS);
  ASSERT_TRUE(core::synchronize(nullptr).ok());
  EXPECT_EQ(c[0], 10 - 3 * 22);
}

TEST_F(BlasV1, TheFirstErrorIsKeptUntilItIsRead) {
  float *x = device({1, 2});
  npublasSgemm('X', 'N', 1, 1, 1, 1.0f, x, 1, x, 1, 0.0f, x, 1);
  npublasSscal(2, 2.0f, x, 1);
  EXPECT_EQ(npublasGetError(), NPUBLAS_STATUS_INVALID_VALUE);
  EXPECT_EQ(npublasGetError(), NPUBLAS_STATUS_SUCCESS);
}

TEST_F(BlasV1, MemoryIsOfTheDevice) {
  void *memory = nullptr;
  ASSERT_EQ(npublasAlloc(4, sizeof(float), &memory), NPUBLAS_STATUS_SUCCESS);
  const float values[4] = {1, 2, 3, 4};
  float back[2] = {0, 0};
  EXPECT_EQ(npublasSetVector(4, sizeof(float), values, 1, memory, 1), NPUBLAS_STATUS_SUCCESS);
  EXPECT_EQ(npublasGetVector(2, sizeof(float), memory, 2, back, 1), NPUBLAS_STATUS_SUCCESS);
  EXPECT_EQ(back[1], 3);
  EXPECT_EQ(npublasFree(memory), NPUBLAS_STATUS_SUCCESS);
  EXPECT_EQ(npublasAlloc(-1, 4, &memory), NPUBLAS_STATUS_INVALID_VALUE);
}

TEST(BlasV1Context, WithoutInitCallsFail) {
  fake_core::reset();
  npublasSscal(2, 2.0f, device({1, 2}), 1);
  EXPECT_EQ(npublasGetError(), NPUBLAS_STATUS_NOT_INITIALIZED);
}

} // namespace
