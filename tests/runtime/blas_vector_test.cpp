// Vectors, matrix with vector, sums of matrices.
#include "blas_fixture.h"

#include <cmath>

using namespace npu;
using Complex = std::complex<float>;

namespace {

const float2 *pairs(const Complex *values) { return reinterpret_cast<const float2 *>(values); }
float2 *pairs(Complex *values) { return reinterpret_cast<float2 *>(values); }

class BlasVectors : public BlasTest {};

TEST_F(BlasVectors, ReductionsWaitForEarlierWorkAndReturnToTheHost) {
  float *x = device<float>({0, 0, 0}), result = 0;
  ASSERT_TRUE(core::enqueue(nullptr, HostCall{[=] { x[0] = 3, x[1] = -4, x[2] = 12; }}).ok());
  ASSERT_EQ(npublasSnrm2(handle, 3, x, 1, &result), NPUBLAS_STATUS_SUCCESS);
  EXPECT_EQ(result, 13);
  ASSERT_EQ(npublasSasum(handle, 3, x, 1, &result), NPUBLAS_STATUS_SUCCESS);
  EXPECT_EQ(result, 19);
  ASSERT_EQ(npublasSdot(handle, 3, x, 1, x, 1, &result), NPUBLAS_STATUS_SUCCESS);
  EXPECT_EQ(result, 169);
  int index = 0;
  ASSERT_EQ(npublasIsamax(handle, 3, x, 1, &index), NPUBLAS_STATUS_SUCCESS);
  EXPECT_EQ(index, 3);
  ASSERT_EQ(npublasIsamin(handle, 3, x, 1, &index), NPUBLAS_STATUS_SUCCESS);
  EXPECT_EQ(index, 1);
  ASSERT_EQ(npublasIsamax(handle, 2, x, 2, &index), NPUBLAS_STATUS_SUCCESS);
  EXPECT_EQ(index, 2);
}

TEST_F(BlasVectors, ReductionsOfNothingAreZero) {
  float result = 5;
  int index = 5;
  EXPECT_EQ(npublasSnrm2(handle, 0, nullptr, 1, &result), NPUBLAS_STATUS_SUCCESS);
  EXPECT_EQ(result, 0);
  result = 5;
  EXPECT_EQ(npublasSdot(handle, -1, nullptr, 1, nullptr, 1, &result), NPUBLAS_STATUS_SUCCESS);
  EXPECT_EQ(result, 0);
  EXPECT_EQ(npublasIsamax(handle, 3, device<float>({1, 2, 3}), 0, &index), NPUBLAS_STATUS_SUCCESS);
  EXPECT_EQ(index, 0);
}

TEST_F(BlasVectors, ADeviceResultIsWrittenInStreamOrder) {
  const float *x = device<float>({1, 2, 3});
  float *result = device<float>({-1});
  ASSERT_EQ(npublasSetPointerMode(handle, NPUBLAS_POINTER_MODE_DEVICE), NPUBLAS_STATUS_SUCCESS);
  ASSERT_EQ(npublasSdot(handle, 3, x, 1, x, 1, result), NPUBLAS_STATUS_SUCCESS);
  EXPECT_EQ(*result, -1); // not yet
  EXPECT_EQ(read(result, 1)[0], 14);
  float host = 0;
  EXPECT_EQ(npublasSdot(handle, 3, x, 1, x, 1, &host), NPUBLAS_STATUS_MAPPING_ERROR);
}

TEST_F(BlasVectors, AFailedStreamFailsTheReductionAndKeepsTheResult) {
  float result = 7;
  fake_core::failNextWait({npuErrorLaunchFailure, "asked for by the test"});
  EXPECT_EQ(npublasSdot(handle, 1, device<float>({1}), 1, device<float>({1}), 1, &result),
            NPUBLAS_STATUS_EXECUTION_FAILED);
  EXPECT_EQ(result, 7);
}

TEST_F(BlasVectors, NormsNeitherOverflowNorVanishNorHideNan) {
  double result = 0;
  ASSERT_EQ(npublasDnrm2(handle, 2, device<double>({3e200, 4e200}), 1, &result),
            NPUBLAS_STATUS_SUCCESS);
  EXPECT_DOUBLE_EQ(result, 5e200);
  ASSERT_EQ(npublasDnrm2(handle, 2, device<double>({3e-200, 4e-200}), 1, &result),
            NPUBLAS_STATUS_SUCCESS);
  EXPECT_DOUBLE_EQ(result, 5e-200);
  const double infinity = std::numeric_limits<double>::infinity();
  ASSERT_EQ(npublasDnrm2(handle, 3, device<double>({infinity, 1, -infinity}), 1, &result),
            NPUBLAS_STATUS_SUCCESS);
  EXPECT_EQ(result, infinity);
  ASSERT_EQ(npublasDnrm2(handle, 3, device<double>({1, std::nan(""), 2}), 1, &result),
            NPUBLAS_STATUS_SUCCESS);
  EXPECT_TRUE(std::isnan(result));
}

TEST_F(BlasVectors, NegativeStepsStartFromTheFarEnd) {
  const float alpha = 10;
  float *y = device<float>({1, 2, 3});
  ASSERT_EQ(npublasSaxpy(handle, 3, &alpha, device<float>({1, 2, 3}), -1, y, 1),
            NPUBLAS_STATUS_SUCCESS);
  EXPECT_EQ(read(y, 3), (std::vector<float>{31, 22, 13}));
  ASSERT_EQ(npublasScopy(handle, 2, device<float>({7, 0, 8}), 2, y, -1), NPUBLAS_STATUS_SUCCESS);
  EXPECT_EQ(read(y, 3), (std::vector<float>{8, 7, 13}));
}

TEST_F(BlasVectors, ScalarsOfTheDeviceAreReadInStreamOrder) {
  float *alpha = device<float>({kNan}), *x = device<float>({1, 2});
  ASSERT_EQ(npublasSetPointerMode(handle, NPUBLAS_POINTER_MODE_DEVICE), NPUBLAS_STATUS_SUCCESS);
  ASSERT_TRUE(core::enqueue(nullptr, HostCall{[=] { *alpha = 4; }}).ok());
  ASSERT_EQ(npublasSscal(handle, 2, alpha, x, 1), NPUBLAS_STATUS_SUCCESS);
  EXPECT_EQ(x[0], 1); // nobody waited
  EXPECT_EQ(read(x, 2), (std::vector<float>{4, 8}));
}

TEST_F(BlasVectors, ComplexVectorsConjugateWhereTheNameSays) {
  const std::vector<Complex> x = {{1, 2}, {3, -1}}, y = {{0, 1}, {2, 2}};
  Complex result;
  ASSERT_EQ(npublasCdotu(handle, 2, pairs(device(x)), 1, pairs(device(y)), 1, pairs(&result)),
            NPUBLAS_STATUS_SUCCESS);
  EXPECT_EQ(result, x[0] * y[0] + x[1] * y[1]);
  ASSERT_EQ(npublasCdotc(handle, 2, pairs(device(x)), 1, pairs(device(y)), 1, pairs(&result)),
            NPUBLAS_STATUS_SUCCESS);
  EXPECT_EQ(result, std::conj(x[0]) * y[0] + std::conj(x[1]) * y[1]);
  float norm = 0;
  ASSERT_EQ(npublasScnrm2(handle, 2, pairs(device(x)), 1, &norm), NPUBLAS_STATUS_SUCCESS);
  EXPECT_FLOAT_EQ(norm, std::sqrt(15.0f));
  const float by = 2;
  Complex *scaled = device(x);
  ASSERT_EQ(npublasCsscal(handle, 2, &by, pairs(scaled), 1), NPUBLAS_STATUS_SUCCESS);
  EXPECT_EQ(read(scaled, 2), (std::vector<Complex>{{2, 4}, {6, -2}}));
}

TEST_F(BlasVectors, SwapAndRotateWorkOnBothVectors) {
  double *x = device<double>({1, 2}), *y = device<double>({3, 4});
  ASSERT_EQ(npublasDswap(handle, 2, x, 1, y, 1), NPUBLAS_STATUS_SUCCESS);
  EXPECT_EQ(read(x, 2), (std::vector<double>{3, 4}));
  const double c = 0, s = 1;
  ASSERT_EQ(npublasDrot(handle, 2, x, 1, y, 1, &c, &s), NPUBLAS_STATUS_SUCCESS);
  EXPECT_EQ(read(x, 2), (std::vector<double>{1, 2}));
  EXPECT_EQ(read(y, 2), (std::vector<double>{-3, -4}));
}

TEST_F(BlasVectors, GemvIsAProductWithAnyStepsAndTransposes) {
  const int m = 3, n = 2;
  const float alpha = 2, beta = 3;
  const std::vector<float> a = {1, 2, 3, 0, 4, 5, 6, 0}; // lda 4
  float *y = device<float>({1, 0, 1, 0, 1});
  ASSERT_EQ(npublasSgemv(handle, NPUBLAS_OP_N, m, n, &alpha, device(a), 4, device<float>({1, 10}),
                         -1, &beta, y, 2),
            NPUBLAS_STATUS_SUCCESS);
  // x read backwards is {10, 1}
  EXPECT_EQ(read(y, 5), (std::vector<float>{3 + 28, 0, 3 + 50, 0, 3 + 72}));
  float *z = device<float>({kNan, kNan});
  const float zero = 0;
  ASSERT_EQ(npublasSgemv(handle, NPUBLAS_OP_T, m, n, &alpha, device(a), 4, device<float>({1, 1, 1}),
                         1, &zero, z, 1),
            NPUBLAS_STATUS_SUCCESS);
  EXPECT_EQ(read(z, 2), (std::vector<float>{12, 30}));
}

TEST_F(BlasVectors, GemvChecksItsArguments) {
  const float one = 1;
  float *memory = device(numbers<float>(16));
  const struct {
    int operation, m, n, lda, incx, incy;
  } cases[] = {{4, 2, 2, 2, 1, 1}, {0, -1, 2, 2, 1, 1}, {0, 2, -1, 2, 1, 1},
               {0, 3, 2, 2, 1, 1}, {0, 2, 2, 2, 0, 1},  {0, 2, 2, 2, 1, 0}};
  for (const auto &c : cases)
    EXPECT_EQ(npublasSgemv(handle, npublasOperation_t(c.operation), c.m, c.n, &one, memory, c.lda,
                           memory, c.incx, &one, memory, c.incy),
              NPUBLAS_STATUS_INVALID_VALUE);
  EXPECT_TRUE(fake_core::history().empty());
}

TEST_F(BlasVectors, GerAddsAnOuterProduct) {
  const float alpha = 2;
  float *a = device<float>({1, 1, 1, 1, 1, 1});
  ASSERT_EQ(
      npublasSger(handle, 2, 2, &alpha, device<float>({1, 2}), 1, device<float>({3, 4}), 1, a, 3),
      NPUBLAS_STATUS_SUCCESS);
  EXPECT_EQ(read(a, 6), (std::vector<float>{7, 13, 1, 9, 17, 1}));
  const Complex one = 1;
  Complex *z = device<Complex>({0});
  const Complex x(1, 2), y(3, 4);
  ASSERT_EQ(npublasCgerc(handle, 1, 1, pairs(&one), pairs(device<Complex>({x})), 1,
                         pairs(device<Complex>({y})), 1, pairs(z), 1),
            NPUBLAS_STATUS_SUCCESS);
  EXPECT_EQ(read(z, 1)[0], x * std::conj(y));
}

TEST_F(BlasVectors, GeamAddsAndTransposes) {
  const float two = 2, three = 3, zero = 0;
  const float *a = device<float>({1, 2, 3, 4, 5, 6}), *b = device<float>({1, 1, 1, 1, 1, 1});
  float *c = device(std::vector<float>(6, kNan));
  ASSERT_EQ(npublasSgeam(handle, NPUBLAS_OP_T, NPUBLAS_OP_N, 3, 2, &two, a, 2, &three, b, 3, c, 3),
            NPUBLAS_STATUS_SUCCESS);
  EXPECT_EQ(read(c, 6), (std::vector<float>{5, 9, 13, 7, 11, 15}));
  ASSERT_EQ(
      npublasSgeam(handle, NPUBLAS_OP_T, NPUBLAS_OP_N, 3, 2, &two, a, 2, &zero, nullptr, 3, c, 3),
      NPUBLAS_STATUS_SUCCESS);
  EXPECT_EQ(read(c, 6), (std::vector<float>{2, 6, 10, 4, 8, 12}));
  ASSERT_EQ(npublasSgeam(handle, NPUBLAS_OP_N, NPUBLAS_OP_N, 2, 2, &zero, nullptr, 2, &zero,
                         nullptr, 2, c, 3),
            NPUBLAS_STATUS_SUCCESS);
  EXPECT_EQ(read(c, 6), (std::vector<float>{0, 0, 10, 0, 0, 12}));
  EXPECT_EQ(npublasSgeam(handle, NPUBLAS_OP_T, NPUBLAS_OP_N, 2, 2, &two, c, 2, &three, b, 2, c, 2),
            NPUBLAS_STATUS_INVALID_VALUE);
  const Complex one = 1, none = 0;
  Complex *z = device<Complex>({kNan});
  ASSERT_EQ(npublasCgeam(handle, NPUBLAS_OP_C, NPUBLAS_OP_N, 1, 1, pairs(&one),
                         pairs(device<Complex>({{1, 2}})), 1, pairs(&none), nullptr, 1, pairs(z),
                         1),
            NPUBLAS_STATUS_SUCCESS);
  EXPECT_EQ(read(z, 1)[0], Complex(1, -2));
}

} // namespace
