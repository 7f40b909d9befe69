// Matrix products through the API: values, arguments, pointer modes, batches, formats.
#include "blas_fixture.h"

#include <cstring>

using namespace npu;
using Complex = std::complex<float>;

namespace {

constexpr npublasOperation_t kOperations[] = {NPUBLAS_OP_N, NPUBLAS_OP_T, NPUBLAS_OP_C};

const float2 *pairs(const Complex *values) { return reinterpret_cast<const float2 *>(values); }
float2 *pairs(Complex *values) { return reinterpret_cast<float2 *>(values); }

class BlasGemm : public BlasTest {
protected:
  npublasStatus_t plain(const float *a, const float *b, float *c, float alpha = 1, float beta = 0) {
    return npublasSgemm(handle, NPUBLAS_OP_N, NPUBLAS_OP_N, 2, 2, 2, &alpha, a, 2, b, 2, &beta, c,
                        2);
  }
};

TEST_F(BlasGemm, EveryTransposeAndLeadingDimensionGivesTheReferenceProduct) {
  const int m = 3, n = 4, k = 5;
  const float alpha = 2, beta = -1;
  for (npublasOperation_t transA : kOperations)
    for (npublasOperation_t transB : kOperations) {
      const int lda = (transA == NPUBLAS_OP_N ? m : k) + 1;
      const int ldb = (transB == NPUBLAS_OP_N ? k : n) + 2, ldc = m + 3;
      const auto a = numbers<float>(64), b = numbers<float>(64, 4), c = numbers<float>(64, 2);
      float *result = device(c);
      ASSERT_EQ(npublasSgemm(handle, transA, transB, m, n, k, &alpha, device(a), lda, device(b),
                             ldb, &beta, result, ldc),
                NPUBLAS_STATUS_SUCCESS);
      EXPECT_EQ(read(result, c.size()),
                product(transA, transB, m, n, k, alpha, a, lda, b, ldb, beta, c, ldc))
          << "transa " << transA << ", transb " << transB;
    }
}

TEST_F(BlasGemm, ConjugateTransposeConjugatesComplexOperands) {
  const int m = 2, n = 3, k = 4;
  std::vector<Complex> a(16), b(16), c(16);
  for (int i = 0; i < 16; ++i)
    a[i] = Complex(i % 5 - 2, i % 3), b[i] = Complex(i % 7 - 3, i % 4 - 2), c[i] = Complex(i, -i);
  const Complex alpha(1, 2), beta(0, 1);
  for (npublasOperation_t transA : kOperations)
    for (npublasOperation_t transB : kOperations) {
      const int lda = transA == NPUBLAS_OP_N ? m : k, ldb = transB == NPUBLAS_OP_N ? k : n;
      Complex *result = device(c);
      ASSERT_EQ(npublasCgemm(handle, transA, transB, m, n, k, pairs(&alpha), pairs(device(a)), lda,
                             pairs(device(b)), ldb, pairs(&beta), pairs(result), m),
                NPUBLAS_STATUS_SUCCESS);
      EXPECT_EQ(read(result, c.size()),
                product(transA, transB, m, n, k, alpha, a, lda, b, ldb, beta, c, m))
          << "transa " << transA << ", transb " << transB;
    }
}

TEST_F(BlasGemm, WrongArgumentsAreRefusedAndNothingIsEnqueued) {
  float *memory = device(numbers<float>(64));
  const float one = 1;
  struct Case {
    const char *what;
    int transA, transB, m, n, k, lda, ldb, ldc;
    const float *alpha, *beta;
  };
  const Case cases[] = {
      {"m < 0", 0, 0, -1, 2, 2, 2, 2, 2, &one, &one},
      {"n < 0", 0, 0, 2, -1, 2, 2, 2, 2, &one, &one},
      {"k < 0", 0, 0, 2, 2, -1, 2, 2, 2, &one, &one},
      {"transa", 3, 0, 2, 2, 2, 2, 2, 2, &one, &one},
      {"transb", 0, 9, 2, 2, 2, 2, 2, 2, &one, &one},
      {"lda < m", 0, 0, 3, 2, 2, 2, 2, 3, &one, &one},
      {"lda < k, transposed", 1, 0, 2, 2, 3, 2, 3, 2, &one, &one},
      {"ldb < k", 0, 0, 2, 2, 3, 2, 2, 2, &one, &one},
      {"ldb < n, transposed", 0, 1, 2, 3, 2, 2, 2, 2, &one, &one},
      {"ldc < m", 0, 0, 3, 2, 2, 3, 2, 2, &one, &one},
      {"lda = 0 with m = 0", 0, 0, 0, 2, 2, 0, 2, 1, &one, &one},
      {"alpha is null", 0, 0, 2, 2, 2, 2, 2, 2, nullptr, &one},
      {"beta is null", 0, 0, 2, 2, 2, 2, 2, 2, &one, nullptr},
  };
  for (const Case &c : cases)
    EXPECT_EQ(npublasSgemm(handle, npublasOperation_t(c.transA), npublasOperation_t(c.transB), c.m,
                           c.n, c.k, c.alpha, memory, c.lda, memory, c.ldb, c.beta, memory, c.ldc),
              NPUBLAS_STATUS_INVALID_VALUE)
        << c.what;
  EXPECT_TRUE(fake_core::history().empty());
}

TEST_F(BlasGemm, ANullOrDestroyedHandleIsNotInitialized) {
  npublasHandle_t destroyed = nullptr;
  ASSERT_EQ(npublasCreate(&destroyed), NPUBLAS_STATUS_SUCCESS);
  ASSERT_EQ(npublasDestroy(destroyed), NPUBLAS_STATUS_SUCCESS);
  for (npublasHandle_t bad : {npublasHandle_t(nullptr), destroyed})
    EXPECT_EQ(npublasSgemm(bad, NPUBLAS_OP_N, NPUBLAS_OP_N, -1, 0, 0, nullptr, nullptr, 0, nullptr,
                           0, nullptr, nullptr, 0),
              NPUBLAS_STATUS_NOT_INITIALIZED);
}

TEST_F(BlasGemm, EmptyResultsTouchNothing) {
  const float one = 1;
  EXPECT_EQ(npublasSgemm(handle, NPUBLAS_OP_N, NPUBLAS_OP_N, 0, 2, 2, &one, nullptr, 1, nullptr, 2,
                         &one, nullptr, 1),
            NPUBLAS_STATUS_SUCCESS);
  EXPECT_EQ(npublasSgemmStridedBatched(handle, NPUBLAS_OP_N, NPUBLAS_OP_N, 2, 2, 2, &one, nullptr,
                                       2, 4, nullptr, 2, 4, &one, nullptr, 2, 4, 0),
            NPUBLAS_STATUS_SUCCESS);
  EXPECT_TRUE(fake_core::history().empty());
}

TEST_F(BlasGemm, NoDepthScalesTheResult) {
  const float alpha = 3, beta = 2;
  float *c = device<float>({1, 2, 3, 4});
  ASSERT_EQ(npublasSgemm(handle, NPUBLAS_OP_N, NPUBLAS_OP_N, 2, 2, 0, &alpha, nullptr, 2, nullptr,
                         1, &beta, c, 2),
            NPUBLAS_STATUS_SUCCESS);
  EXPECT_EQ(read(c, 4), (std::vector<float>{2, 4, 6, 8}));
}

TEST_F(BlasGemm, AlphaZeroReadsNeitherFactor) {
  float *c = device<float>({1, 2, 3, 4});
  ASSERT_EQ(plain(nullptr, nullptr, c, 0, 3), NPUBLAS_STATUS_SUCCESS);
  EXPECT_EQ(read(c, 4), (std::vector<float>{3, 6, 9, 12}));
}

TEST_F(BlasGemm, BetaZeroIgnoresWhatCHeld) {
  float *c = device<float>({kNan, kNan, kNan, kNan});
  ASSERT_EQ(plain(device<float>({1, 0, 0, 1}), device<float>({5, 6, 7, 8}), c),
            NPUBLAS_STATUS_SUCCESS);
  EXPECT_EQ(read(c, 4), (std::vector<float>{5, 6, 7, 8}));
}

TEST_F(BlasGemm, HostMemoryIsAMappingError) {
  float host[4] = {}, *memory = device(numbers<float>(4));
  EXPECT_EQ(plain(host, memory, memory), NPUBLAS_STATUS_MAPPING_ERROR);
  EXPECT_EQ(plain(memory, host, memory), NPUBLAS_STATUS_MAPPING_ERROR);
  EXPECT_EQ(plain(memory, memory, host), NPUBLAS_STATUS_MAPPING_ERROR);
  // Three elements are one too few.
  EXPECT_EQ(plain(memory, memory, device(numbers<float>(3))), NPUBLAS_STATUS_MAPPING_ERROR);
  EXPECT_TRUE(fake_core::history().empty());
}

TEST_F(BlasGemm, DevicePointerModeReadsScalarsAfterEarlierWork) {
  float *scalars = device<float>({kNan, kNan}), *c = device<float>({1, 2, 3, 4});
  ASSERT_TRUE(core::enqueue(nullptr, HostCall{[=] { scalars[0] = 2, scalars[1] = 10; }}).ok());
  ASSERT_EQ(npublasSetPointerMode(handle, NPUBLAS_POINTER_MODE_DEVICE), NPUBLAS_STATUS_SUCCESS);
  ASSERT_EQ(npublasSgemm(handle, NPUBLAS_OP_N, NPUBLAS_OP_N, 2, 2, 2, scalars,
                         device<float>({1, 0, 0, 1}), 2, device<float>({1, 1, 1, 1}), 2,
                         scalars + 1, c, 2),
            NPUBLAS_STATUS_SUCCESS);
  EXPECT_EQ(read(c, 4), (std::vector<float>{12, 22, 32, 42}));
}

TEST_F(BlasGemm, WorkGoesToTheHandlesStream) {
  auto *stream = reinterpret_cast<npuStream_t>(0x40);
  ASSERT_EQ(npublasSetStream(handle, stream), NPUBLAS_STATUS_SUCCESS);
  float *memory = device(numbers<float>(4));
  ASSERT_EQ(plain(memory, memory, device(numbers<float>(4))), NPUBLAS_STATUS_SUCCESS);
  ASSERT_EQ(fake_core::history().size(), 1u);
  EXPECT_EQ(fake_core::history()[0].stream, stream);
  npuStream_t got = nullptr;
  EXPECT_EQ(npublasGetStream(handle, &got), NPUBLAS_STATUS_SUCCESS);
  EXPECT_EQ(got, stream);
}

TEST_F(BlasGemm, FailuresOfTheCoreKeepTheirMeaning) {
  const struct {
    npuError_t error;
    npublasStatus_t status;
  } cases[] = {{npuErrorMemoryAllocation, NPUBLAS_STATUS_ALLOC_FAILED},
               {npuErrorNotSupported, NPUBLAS_STATUS_NOT_SUPPORTED},
               {npuErrorInvalidValue, NPUBLAS_STATUS_INVALID_VALUE},
               {npuErrorNoDevice, NPUBLAS_STATUS_NOT_INITIALIZED},
               {npuErrorLaunchFailure, NPUBLAS_STATUS_EXECUTION_FAILED}};
  float *memory = device(numbers<float>(4));
  for (const auto &c : cases) {
    fake_core::failWith({c.error, "asked for by the test"});
    EXPECT_EQ(plain(memory, memory, memory), c.status) << c.error;
  }
}

class BlasBatch : public BlasTest {
protected:
  npublasStatus_t run(float **a, float **b, float **c, int count) {
    const float alpha = 1, beta = 0;
    return npublasSgemmBatched(handle, NPUBLAS_OP_N, NPUBLAS_OP_T, 2, 2, 2, &alpha, a, 2, b, 2,
                               &beta, c, 2, count);
  }
  // Pointers to 2 x 2 matrices that start every `stride` elements of one allocation.
  std::vector<float *> matrices(int count, int stride, int start) {
    float *memory = device(numbers<float>(size_t(count * stride + 4), start));
    std::vector<float *> pointers;
    for (int i = 0; i < count; ++i)
      pointers.push_back(memory + i * stride);
    return pointers;
  }
  void expectProducts(const std::vector<float *> &a, const std::vector<float *> &b,
                      const std::vector<float *> &c) {
    wait();
    for (size_t i = 0; i < a.size(); ++i)
      EXPECT_EQ(std::vector<float>(c[i], c[i] + 4),
                product<float>(NPUBLAS_OP_N, NPUBLAS_OP_T, 2, 2, 2, 1, {a[i], a[i] + 4}, 2,
                               {b[i], b[i] + 4}, 2, 0, std::vector<float>(4), 2))
          << i;
  }
};

TEST_F(BlasBatch, EvenlySpacedMatricesBecomeOneOp) {
  auto a = matrices(3, 4, 1), b = matrices(3, 5, 2), c = matrices(3, 6, 3);
  ASSERT_EQ(run(device(a), device(b), device(c), 3), NPUBLAS_STATUS_SUCCESS);
  ASSERT_EQ(fake_core::tensorOps().size(), 1u);
  EXPECT_EQ(fake_core::tensorOps()[0].src[1].strides, (std::vector<int64_t>{5, 2, 1}));
  expectProducts(a, b, c);
}

TEST_F(BlasBatch, MatricesOfSeveralAllocationsBecomeOneOpEach) {
  std::vector<float *> a, b, c;
  for (int i = 0; i < 3; ++i) {
    a.push_back(device(numbers<float>(4, i)));
    b.push_back(device(numbers<float>(4, i + 5)));
    c.push_back(device(numbers<float>(4, i + 8)));
  }
  ASSERT_EQ(run(device(a), device(b), device(c), 3), NPUBLAS_STATUS_SUCCESS);
  EXPECT_EQ(fake_core::tensorOps().size(), 3u);
  expectProducts(a, b, c);
}

TEST_F(BlasBatch, OneSharedFactorRepeats) {
  auto a = matrices(3, 0, 1), b = matrices(3, 4, 2), c = matrices(3, 4, 3);
  ASSERT_EQ(run(device(a), device(b), device(c), 3), NPUBLAS_STATUS_SUCCESS);
  ASSERT_EQ(fake_core::tensorOps().size(), 1u);
  expectProducts(a, b, c);
}

TEST_F(BlasBatch, PointersAreReadAfterEarlierWorkWroteThem) {
  auto a = matrices(2, 4, 1), b = matrices(2, 4, 2), c = matrices(2, 4, 3);
  float **late = device(std::vector<float *>(2, nullptr));
  ASSERT_TRUE(core::enqueue(nullptr, HostCall{[=] { std::copy(a.begin(), a.end(), late); }}).ok());
  ASSERT_EQ(run(late, device(b), device(c), 2), NPUBLAS_STATUS_SUCCESS);
  expectProducts(a, b, c);
}

TEST_F(BlasBatch, ArraysInHostMemoryAndNullMatricesAreRefused) {
  auto a = matrices(2, 4, 1), b = matrices(2, 4, 2), c = matrices(2, 4, 3);
  EXPECT_EQ(run(a.data(), device(b), device(c), 2), NPUBLAS_STATUS_MAPPING_ERROR);
  EXPECT_EQ(run(device(a), device(b), nullptr, 2), NPUBLAS_STATUS_INVALID_VALUE);
  b[1] = nullptr;
  EXPECT_EQ(run(device(a), device(b), device(c), 1), NPUBLAS_STATUS_SUCCESS);
  EXPECT_EQ(run(device(a), device(b), device(c), 2), NPUBLAS_STATUS_INVALID_VALUE);
  EXPECT_EQ(run(device(a), device(b), device(c), -1), NPUBLAS_STATUS_INVALID_VALUE);
}

TEST_F(BlasBatch, StridedBatchesMultiplyEachMatrix) {
  const float alpha = 1, beta = 0;
  auto a = matrices(3, 7, 1), b = matrices(3, 0, 2), c = matrices(3, 5, 3);
  ASSERT_EQ(npublasSgemmStridedBatched(handle, NPUBLAS_OP_N, NPUBLAS_OP_T, 2, 2, 2, &alpha, a[0], 2,
                                       7, b[0], 2, 0, &beta, c[0], 2, 5, 3),
            NPUBLAS_STATUS_SUCCESS);
  expectProducts(a, b, c);
}

} // namespace
