// Products whose formats and arithmetic are arguments, and what math modes ask of devices.
#include "blas_fixture.h"

using namespace npu;

namespace {

class BlasFormats : public BlasTest {
protected:
  npublasStatus_t run(npuDataType a, npuDataType b, npuDataType c, npublasComputeType_t compute,
                      npublasGemmAlgo_t algorithm = NPUBLAS_GEMM_DEFAULT) {
    const double one[2] = {}; // scalars of zero in any format
    void *memory = fake_core::allocate(256);
    const float singles[2] = {1, 0};
    const double doubles[2] = {1, 0};
    const int32_t integer = 1;
    const uint16_t half = 0x3c00;
    const void *alpha = compute == NPUBLAS_COMPUTE_16F || compute == NPUBLAS_COMPUTE_16F_PEDANTIC
                            ? static_cast<const void *>(&half)
                        : c == NPU_R_32I                   ? static_cast<const void *>(&integer)
                        : c == NPU_R_64F || c == NPU_C_64F ? static_cast<const void *>(doubles)
                                                           : static_cast<const void *>(singles);
    return npublasGemmEx(handle, NPUBLAS_OP_N, NPUBLAS_OP_N, 2, 2, 2, alpha, memory, a, 2, memory,
                         b, 2, one, fake_core::allocate(256), c, 2, compute, algorithm);
  }
  TensorOp last() { return fake_core::tensorOps().back(); }
};

TEST_F(BlasFormats, DocumentedCombinationsBecomeOpsOfTheirFormats) {
  const struct {
    npuDataType factors, result;
    npublasComputeType_t compute;
    Format factorFormat, resultFormat, products;
    bool pedantic;
  } cases[] = {
      {NPU_R_16F, NPU_R_16F, NPUBLAS_COMPUTE_16F, Format::F16, Format::F16, Format::F16, false},
      {NPU_R_16F, NPU_R_16F, NPUBLAS_COMPUTE_16F_PEDANTIC, Format::F16, Format::F16, Format::F16,
       true},
      {NPU_R_8I, NPU_R_32I, NPUBLAS_COMPUTE_32I, Format::Int8, Format::Int32, Format::Int8, false},
      {NPU_R_16BF, NPU_R_16BF, NPUBLAS_COMPUTE_32F, Format::Bf16, Format::Bf16, Format::Bf16,
       false},
      {NPU_R_16F, NPU_R_16F, NPUBLAS_COMPUTE_32F, Format::F16, Format::F16, Format::F16, false},
      {NPU_R_8I, NPU_R_32F, NPUBLAS_COMPUTE_32F, Format::Int8, Format::F32, Format::Int8, false},
      {NPU_R_16BF, NPU_R_32F, NPUBLAS_COMPUTE_32F, Format::Bf16, Format::F32, Format::Bf16, false},
      {NPU_R_16F, NPU_R_32F, NPUBLAS_COMPUTE_32F, Format::F16, Format::F32, Format::F16, false},
      {NPU_R_32F, NPU_R_32F, NPUBLAS_COMPUTE_32F, Format::F32, Format::F32, Format::F32, false},
      {NPU_R_32F, NPU_R_32F, NPUBLAS_COMPUTE_32F_PEDANTIC, Format::F32, Format::F32, Format::F32,
       true},
      {NPU_C_32F, NPU_C_32F, NPUBLAS_COMPUTE_32F, Format::C32, Format::C32, Format::F32, false},
      {NPU_R_32F, NPU_R_32F, NPUBLAS_COMPUTE_32F_FAST_16F, Format::F32, Format::F32, Format::F16,
       false},
      {NPU_R_32F, NPU_R_32F, NPUBLAS_COMPUTE_32F_FAST_16BF, Format::F32, Format::F32, Format::Bf16,
       false},
      {NPU_C_32F, NPU_C_32F, NPUBLAS_COMPUTE_32F_FAST_TF32, Format::C32, Format::C32, Format::Tf32,
       false},
      {NPU_R_32F, NPU_R_32F, NPUBLAS_COMPUTE_32F_EMULATED_16BFX9, Format::F32, Format::F32,
       Format::F32, false},
      {NPU_R_64F, NPU_R_64F, NPUBLAS_COMPUTE_64F, Format::F64, Format::F64, Format::F64, false},
      {NPU_C_64F, NPU_C_64F, NPUBLAS_COMPUTE_64F_PEDANTIC, Format::C64, Format::C64, Format::F64,
       true},
  };
  for (const auto &c : cases) {
    SCOPED_TRACE(testing::Message() << c.factors << " to " << c.result << " with " << c.compute);
    ASSERT_EQ(run(c.factors, c.factors, c.result, c.compute), NPUBLAS_STATUS_SUCCESS);
    EXPECT_EQ(last().src[0].format, c.factorFormat);
    EXPECT_EQ(last().src[1].format, c.factorFormat);
    EXPECT_EQ(last().dst[0].format, c.resultFormat);
    EXPECT_EQ(last().math.compute, c.products);
    EXPECT_EQ(last().math.pedantic, c.pedantic);
    EXPECT_EQ(last().alpha, std::complex<double>(1));
    EXPECT_EQ(last().beta, std::complex<double>(0));
  }
}

TEST_F(BlasFormats, OtherCombinationsAreNotSupported) {
  EXPECT_EQ(run(NPU_R_16F, NPU_R_32F, NPU_R_32F, NPUBLAS_COMPUTE_32F),
            NPUBLAS_STATUS_NOT_SUPPORTED);
  EXPECT_EQ(run(NPU_R_32F, NPU_R_32F, NPU_R_16F, NPUBLAS_COMPUTE_32F),
            NPUBLAS_STATUS_NOT_SUPPORTED);
  EXPECT_EQ(run(NPU_R_16F, NPU_R_16F, NPU_R_32F, NPUBLAS_COMPUTE_16F),
            NPUBLAS_STATUS_NOT_SUPPORTED);
  EXPECT_EQ(run(NPU_R_16F, NPU_R_16F, NPU_R_16F, NPUBLAS_COMPUTE_32F_FAST_TF32),
            NPUBLAS_STATUS_NOT_SUPPORTED);
  EXPECT_EQ(run(NPU_C_8I, NPU_C_8I, NPU_C_32F, NPUBLAS_COMPUTE_32F), NPUBLAS_STATUS_NOT_SUPPORTED);
  EXPECT_EQ(run(NPU_R_32F, NPU_R_32F, NPU_R_32F, npublasComputeType_t(1)),
            NPUBLAS_STATUS_INVALID_VALUE);
  EXPECT_EQ(run(NPU_R_32F, NPU_R_32F, NPU_R_32F, NPUBLAS_COMPUTE_32F, npublasGemmAlgo_t(50)),
            NPUBLAS_STATUS_INVALID_VALUE);
  EXPECT_TRUE(fake_core::history().empty());
}

TEST_F(BlasFormats, IntegersMultiplyExactly) {
  const auto *a = device<int8_t>({127, -128, 3, 4}), *b = device<int8_t>({127, -128, 1, 2});
  int32_t *c = device<int32_t>({1, 2, 3, 4});
  const int32_t alpha = 1, beta = 1;
  ASSERT_EQ(npublasGemmEx(handle, NPUBLAS_OP_N, NPUBLAS_OP_N, 2, 2, 2, &alpha, a, NPU_R_8I, 2, b,
                          NPU_R_8I, 2, &beta, c, NPU_R_32I, 2, NPUBLAS_COMPUTE_32I,
                          NPUBLAS_GEMM_DEFAULT),
            NPUBLAS_STATUS_SUCCESS);
  EXPECT_EQ(read(c, 4), (std::vector<int32_t>{1 + 127 * 127 - 3 * 128, 2 - 127 * 128 - 4 * 128,
                                              3 + 127 + 6, 4 - 128 + 8}));
}

TEST_F(BlasFormats, HalfScalarsAndOperandsAreDecoded) {
  const uint16_t one = 0x3c00, minusTwo = 0xc000, half = 0x3800;
  auto *c = device<uint16_t>({one});
  ASSERT_EQ(npublasHgemm(handle, NPUBLAS_OP_N, NPUBLAS_OP_N, 1, 1, 1,
                         reinterpret_cast<const __half *>(&minusTwo),
                         reinterpret_cast<const __half *>(device<uint16_t>({one})), 1,
                         reinterpret_cast<const __half *>(device<uint16_t>({half})), 1,
                         reinterpret_cast<const __half *>(&half), reinterpret_cast<__half *>(c), 1),
            NPUBLAS_STATUS_SUCCESS);
  EXPECT_EQ(read(c, 1), (std::vector<uint16_t>{0xb800})); // -2 * 1 * 0.5 + 0.5 * 1
}

TEST_F(BlasFormats, MathModesChooseTheLeastArithmetic) {
  const struct {
    int mode;
    Format products;
    bool pedantic;
  } cases[] = {
      {NPUBLAS_DEFAULT_MATH, Format::F32, false},
      {NPUBLAS_TENSOR_OP_MATH, Format::F16, false},
      {NPUBLAS_PEDANTIC_MATH, Format::F32, true},
      {NPUBLAS_TF32_TENSOR_OP_MATH, Format::Tf32, false},
      {NPUBLAS_FP32_EMULATED_BF16X9_MATH, Format::F32, false},
      {NPUBLAS_TF32_TENSOR_OP_MATH | NPUBLAS_MATH_DISALLOW_REDUCED_PRECISION_REDUCTION,
       Format::Tf32, false},
  };
  const float one = 1, zero = 0;
  float *memory = device(numbers<float>(4)), *c = device(numbers<float>(4));
  for (const auto &test : cases) {
    ASSERT_EQ(npublasSetMathMode(handle, npublasMath_t(test.mode)), NPUBLAS_STATUS_SUCCESS);
    npublasMath_t got;
    ASSERT_EQ(npublasGetMathMode(handle, &got), NPUBLAS_STATUS_SUCCESS);
    EXPECT_EQ(int(got), test.mode);
    ASSERT_EQ(npublasSgemm(handle, NPUBLAS_OP_N, NPUBLAS_OP_N, 2, 2, 2, &one, memory, 2, memory, 2,
                           &zero, c, 2),
              NPUBLAS_STATUS_SUCCESS);
    EXPECT_EQ(last().math.compute, test.products) << test.mode;
    EXPECT_EQ(last().math.pedantic, test.pedantic) << test.mode;
  }
  EXPECT_EQ(npublasSetMathMode(handle, npublasMath_t(7)), NPUBLAS_STATUS_INVALID_VALUE);
}

TEST_F(BlasFormats, ADataTypeAsComputeTypeFollowsTheMathMode) {
  const float one = 1, zero = 0;
  float *memory = device(numbers<float>(4)), *c = device(numbers<float>(4));
  ASSERT_EQ(npublasSetMathMode(handle, NPUBLAS_PEDANTIC_MATH), NPUBLAS_STATUS_SUCCESS);
  ASSERT_EQ(npublasGemmEx(handle, NPUBLAS_OP_N, NPUBLAS_OP_N, 2, 2, 2, &one, memory, NPU_R_32F, 2,
                          memory, NPU_R_32F, 2, &zero, c, NPU_R_32F, 2, NPU_R_32F,
                          NPUBLAS_GEMM_DEFAULT_TENSOR_OP),
            NPUBLAS_STATUS_SUCCESS);
  EXPECT_TRUE(last().math.pedantic);
  EXPECT_EQ(npublasGemmEx(handle, NPUBLAS_OP_N, NPUBLAS_OP_N, 2, 2, 2, &one, memory, NPU_R_32F, 2,
                          memory, NPU_R_32F, 2, &zero, c, NPU_R_32F, 2, NPU_R_8I,
                          NPUBLAS_GEMM_DEFAULT),
            NPUBLAS_STATUS_NOT_SUPPORTED);
}

TEST_F(BlasFormats, BatchesOfFormatsRunAsOneOp) {
  const float one = 1, zero = 0;
  void *memory = fake_core::allocate(256), *c = fake_core::allocate(256);
  ASSERT_EQ(npublasGemmStridedBatchedEx(handle, NPUBLAS_OP_T, NPUBLAS_OP_N, 2, 2, 2, &one, memory,
                                        NPU_R_16F, 2, 4, memory, NPU_R_16F, 2, 4, &zero, c,
                                        NPU_R_32F, 2, 4, 3, NPUBLAS_COMPUTE_32F,
                                        NPUBLAS_GEMM_DEFAULT),
            NPUBLAS_STATUS_SUCCESS);
  EXPECT_EQ(last().src[0].sizes, (std::vector<int64_t>{3, 2, 2}));
  EXPECT_EQ(last().src[0].strides, (std::vector<int64_t>{4, 2, 1}));
  EXPECT_EQ(last().dst[0].format, Format::F32);
  auto **a = device(std::vector<const void *>(2, memory));
  auto **d = device(std::vector<void *>{c, static_cast<char *>(c) + 64});
  ASSERT_EQ(npublasGemmBatchedEx(handle, NPUBLAS_OP_N, NPUBLAS_OP_N, 2, 2, 2, &one, a, NPU_R_16F, 2,
                                 a, NPU_R_16F, 2, &zero, d, NPU_R_32F, 2, 2, NPUBLAS_COMPUTE_32F,
                                 NPUBLAS_GEMM_DEFAULT),
            NPUBLAS_STATUS_SUCCESS);
  EXPECT_EQ(last().dst[0].strides, (std::vector<int64_t>{16, 1, 2}));
}

} // namespace
