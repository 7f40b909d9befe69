// cublasXt: the operands are the host's, the result is there on return.
#include "blas_fixture.h"
#include "npu/blas_xt.h"

using namespace npu;

namespace {

class BlasXt : public BlasTest {};

TEST_F(BlasXt, HostMatricesGoThereAndBack) {
  const std::vector<double> a = numbers<double>(12), b = numbers<double>(20, 3);
  std::vector<double> c = numbers<double>(15, 5);
  const double alpha = 2, beta = -1;
  const std::vector<double> expected =
      product(NPUBLAS_OP_T, NPUBLAS_OP_N, 3, 5, 4, alpha, a, 4, b, 4, beta, c, 3);
  ASSERT_EQ(npublasXtDgemm(handle, NPUBLAS_OP_T, NPUBLAS_OP_N, 3, 5, 4, &alpha, a.data(), 4,
                           b.data(), 4, &beta, c.data(), 3),
            NPUBLAS_STATUS_SUCCESS);
  EXPECT_EQ(c, expected);
}

TEST_F(BlasXt, DeviceMatricesAreUsedWhereTheyAre) {
  const float one = 1;
  const std::vector<float> a = {1, 2, 0, 1}; // by columns: lower triangle
  float *x = device<float>({3, 10});
  ASSERT_EQ(npublasXtStrsm(handle, NPUBLAS_SIDE_LEFT, NPUBLAS_FILL_MODE_LOWER, NPUBLAS_OP_N,
                           NPUBLAS_DIAG_NON_UNIT, 2, 1, &one, a.data(), 2, x, 2),
            NPUBLAS_STATUS_SUCCESS);
  EXPECT_EQ(x[1], 4);
}

TEST_F(BlasXt, SettingsAreRememberedAndWrongOnesRefused) {
  int dimension = 0;
  EXPECT_EQ(npublasXtSetBlockDim(handle, 64), NPUBLAS_STATUS_SUCCESS);
  EXPECT_EQ(npublasXtGetBlockDim(handle, &dimension), NPUBLAS_STATUS_SUCCESS);
  EXPECT_EQ(dimension, 64);
  EXPECT_EQ(npublasXtSetBlockDim(handle, 0), NPUBLAS_STATUS_INVALID_VALUE);
  int devices[] = {0, 99};
  EXPECT_EQ(npublasXtDeviceSelect(handle, 1, devices), NPUBLAS_STATUS_SUCCESS);
  EXPECT_EQ(npublasXtDeviceSelect(handle, 2, devices), NPUBLAS_STATUS_INVALID_VALUE);
  EXPECT_EQ(npublasXtDeviceSelect(nullptr, 1, devices), NPUBLAS_STATUS_NOT_INITIALIZED);
  const float one = 1, host[1] = {1};
  float out[1] = {1};
  EXPECT_EQ(npublasXtSgemm(handle, NPUBLAS_OP_N, NPUBLAS_OP_N, 2, 1, 1, &one, host, 1, host, 1,
                           &one, out, 1),
            NPUBLAS_STATUS_INVALID_VALUE);
}

} // namespace
