// cublasLt: descriptors, products with their epilogues, storage orders. Values are small integers
// or their fractions, exact in every format, unless a test says otherwise.
#include "blas_fixture.h"
#include "npu/blas_lt.h"
#include "src/formats.h"

#include <cmath>
#include <cstring>

using namespace npu;

namespace {

class BlasLt : public BlasTest {
protected:
  void SetUp() override {
    BlasTest::SetUp();
    ASSERT_EQ(npublasLtCreate(&lt), NPUBLAS_STATUS_SUCCESS);
  }
  void TearDown() override {
    EXPECT_EQ(npublasLtDestroy(lt), NPUBLAS_STATUS_SUCCESS);
    BlasTest::TearDown();
  }

  npublasLtMatrixLayout_t layout(npuDataType type, uint64_t rows, uint64_t columns, int64_t leading,
                                 npublasLtOrder_t order = NPUBLASLT_ORDER_COL) {
    layouts.emplace_back(new npublasLtMatrixLayoutOpaque_t);
    npublasLtMatrixLayout_t made = layouts.back().get();
    EXPECT_EQ(npublasLtMatrixLayoutInit(made, type, rows, columns, leading),
              NPUBLAS_STATUS_SUCCESS);
    set(made, NPUBLASLT_MATRIX_LAYOUT_ORDER, order);
    return made;
  }
  template <typename V>
  void set(npublasLtMatrixLayout_t made, npublasLtMatrixLayoutAttribute_t attribute, V value) {
    EXPECT_EQ(npublasLtMatrixLayoutSetAttribute(made, attribute, &value, sizeof value),
              NPUBLAS_STATUS_SUCCESS);
  }
  void batch(npublasLtMatrixLayout_t made, int32_t count, int64_t stride) {
    set(made, NPUBLASLT_MATRIX_LAYOUT_BATCH_COUNT, count);
    set(made, NPUBLASLT_MATRIX_LAYOUT_STRIDED_BATCH_OFFSET, stride);
  }
  void product(npublasComputeType_t compute, npuDataType scale) {
    ASSERT_EQ(npublasLtMatmulDescInit(&description, compute, scale), NPUBLAS_STATUS_SUCCESS);
  }
  template <typename V> void set(npublasLtMatmulDescAttributes_t attribute, V value) {
    EXPECT_EQ(npublasLtMatmulDescSetAttribute(&description, attribute, &value, sizeof value),
              NPUBLAS_STATUS_SUCCESS);
  }
  template <typename S>
  npublasStatus_t multiply(S alpha, const void *a, npublasLtMatrixLayout_t aLayout, const void *b,
                           npublasLtMatrixLayout_t bLayout, S beta, const void *c, void *d,
                           npublasLtMatrixLayout_t dLayout,
                           npublasLtMatrixLayout_t cLayout = nullptr) {
    return npublasLtMatmul(lt, &description, &alpha, a, aLayout, b, bLayout, &beta, c,
                           cLayout ? cLayout : dLayout, d, dLayout, nullptr, nullptr, 0, nullptr);
  }

  npublasLtHandle_t lt = nullptr;
  npublasLtMatmulDescOpaque_t description = {};
  std::vector<std::unique_ptr<npublasLtMatrixLayoutOpaque_t>> layouts;
};

// 2 x 3 times 3 x 2
const std::vector<float> kA = {1, 2, 3, 4, 5, 6}, kB = {1, 0, 2, -1, 1, 0};
const std::vector<float> kProduct = {1 + 10, 2 + 12, -1 + 3, -2 + 4};

TEST_F(BlasLt, AttributesHaveTheirSizes) {
  product(NPUBLAS_COMPUTE_32F, NPU_R_32F);
  const int32_t transposed = NPUBLAS_OP_T;
  EXPECT_EQ(
      npublasLtMatmulDescSetAttribute(&description, NPUBLASLT_MATMUL_DESC_TRANSA, &transposed, 2),
      NPUBLAS_STATUS_INVALID_VALUE);
  set(NPUBLASLT_MATMUL_DESC_TRANSA, transposed);
  size_t size = 0;
  EXPECT_EQ(npublasLtMatmulDescGetAttribute(&description, NPUBLASLT_MATMUL_DESC_TRANSA, nullptr, 0,
                                            &size),
            NPUBLAS_STATUS_SUCCESS);
  EXPECT_EQ(size, 4u);
  int32_t read = -1;
  EXPECT_EQ(npublasLtMatmulDescGetAttribute(&description, NPUBLASLT_MATMUL_DESC_TRANSA, &read, 4,
                                            nullptr),
            NPUBLAS_STATUS_SUCCESS);
  EXPECT_EQ(read, NPUBLAS_OP_T);
  EXPECT_EQ(npublasLtMatmulDescGetAttribute(&description, npublasLtMatmulDescAttributes_t(9999),
                                            &read, 4, nullptr),
            NPUBLAS_STATUS_INVALID_VALUE);
  npublasLtMatmulDescOpaque_t never = {};
  EXPECT_EQ(npublasLtMatmulDescSetAttribute(&never, NPUBLASLT_MATMUL_DESC_TRANSA, &transposed, 4),
            NPUBLAS_STATUS_INVALID_VALUE);
}

TEST_F(BlasLt, AProductIsOneTensorOperation) {
  product(NPUBLAS_COMPUTE_32F, NPU_R_32F);
  float *d = device<float>({kNan, kNan, kNan, kNan});
  ASSERT_EQ(multiply(2.0f, device(kA), layout(NPU_R_32F, 2, 3, 2), device(kB),
                     layout(NPU_R_32F, 3, 2, 3), 0.0f, nullptr, d, layout(NPU_R_32F, 2, 2, 2)),
            NPUBLAS_STATUS_SUCCESS);
  EXPECT_EQ(read(d, 4), (std::vector<float>{22, 28, 4, 4}));
  ASSERT_EQ(fake_core::history().size(), 1u);
  EXPECT_EQ(fake_core::tensorOps().size(), 1u);
}

TEST_F(BlasLt, BiasGradientsSumAFactorWhateverAlphaIs) {
  product(NPUBLAS_COMPUTE_32F, NPU_R_32F);
  set(NPUBLASLT_MATMUL_DESC_EPILOGUE, NPUBLASLT_EPILOGUE_BGRADA);
  float *bias = device<float>({kNan, kNan}), *d = device<float>({kNan, kNan, kNan, kNan});
  set(NPUBLASLT_MATMUL_DESC_BIAS_POINTER, bias);
  ASSERT_EQ(multiply(0.0f, device(kA), layout(NPU_R_32F, 2, 3, 2), device(kB),
                     layout(NPU_R_32F, 3, 2, 3), 0.0f, nullptr, d, layout(NPU_R_32F, 2, 2, 2)),
            NPUBLAS_STATUS_SUCCESS);
  EXPECT_EQ(read(bias, 2), (std::vector<float>{1 + 3 + 5, 2 + 4 + 6}));
  EXPECT_EQ(read(d, 4), (std::vector<float>{0, 0, 0, 0}));
}

TEST_F(BlasLt, RowsOrTransposesAreStrides) {
  product(NPUBLAS_COMPUTE_32F, NPU_R_32F);
  set(NPUBLASLT_MATMUL_DESC_TRANSA, int32_t(NPUBLAS_OP_T));
  // A is stored by rows and transposed: 3 x 2 by rows of 2.
  float *d = device<float>({0, 0, 0, 0}), *c = device<float>({1, 1, 1, 1});
  ASSERT_EQ(multiply(1.0f, device(kA), layout(NPU_R_32F, 3, 2, 2, NPUBLASLT_ORDER_ROW), device(kB),
                     layout(NPU_R_32F, 3, 2, 3), 3.0f, c, d,
                     layout(NPU_R_32F, 2, 2, 2, NPUBLASLT_ORDER_ROW)),
            NPUBLAS_STATUS_SUCCESS);
  EXPECT_EQ(read(d, 4), (std::vector<float>{14, 5, 17, 5})); // by rows
}

TEST_F(BlasLt, BiasAndReluAreOfTheRows) {
  product(NPUBLAS_COMPUTE_32F, NPU_R_32F);
  set(NPUBLASLT_MATMUL_DESC_EPILOGUE, uint32_t(NPUBLASLT_EPILOGUE_RELU_BIAS));
  set(NPUBLASLT_MATMUL_DESC_BIAS_POINTER, device<float>({-3, 1}));
  float *d = device<float>({0, 0, 0, 0});
  ASSERT_EQ(multiply(1.0f, device(kA), layout(NPU_R_32F, 2, 3, 2), device(kB),
                     layout(NPU_R_32F, 3, 2, 3), 0.0f, d, d, layout(NPU_R_32F, 2, 2, 2)),
            NPUBLAS_STATUS_SUCCESS);
  EXPECT_EQ(read(d, 4), (std::vector<float>{8, 15, 0, 3}));
  EXPECT_EQ(fake_core::history().size(), 1u);
}

double gelu(double x) {
  return 0.5 * x * (1 + std::tanh(std::sqrt(2 / M_PI) * (x + 0.044715 * x * x * x)));
}

TEST_F(BlasLt, GeluKeepsItsArgumentAndTheGradientUsesIt) {
  product(NPUBLAS_COMPUTE_32F, NPU_R_32F);
  set(NPUBLASLT_MATMUL_DESC_EPILOGUE, uint32_t(NPUBLASLT_EPILOGUE_GELU_AUX_BIAS));
  float *bias = device<float>({0.5f, -10}), *auxiliary = device<float>(std::vector<float>(6, kNan));
  set(NPUBLASLT_MATMUL_DESC_BIAS_POINTER, bias);
  set(NPUBLASLT_MATMUL_DESC_EPILOGUE_AUX_POINTER, auxiliary);
  set(NPUBLASLT_MATMUL_DESC_EPILOGUE_AUX_LD, int64_t(3));
  float *d = device<float>({0, 0, 0, 0});
  auto run = [&] {
    ASSERT_EQ(multiply(0.125f, device(kA), layout(NPU_R_32F, 2, 3, 2), device(kB),
                       layout(NPU_R_32F, 3, 2, 3), 0.0f, d, d, layout(NPU_R_32F, 2, 2, 2)),
              NPUBLAS_STATUS_SUCCESS);
  };
  run();
  const std::vector<float> out = read(d, 4), kept = read(auxiliary, 6);
  for (size_t i = 0; i < 4; ++i) {
    const float x = kProduct[i] / 8 + (i % 2 ? -10 : 0.5f);
    EXPECT_FLOAT_EQ(out[i], float(gelu(x)));
    EXPECT_EQ(kept[i / 2 * 3 + i % 2], x);
  }
  EXPECT_TRUE(std::isnan(kept[2]));
  set(NPUBLASLT_MATMUL_DESC_EPILOGUE, uint32_t(NPUBLASLT_EPILOGUE_DGELU_BGRAD));
  run();
  const std::vector<float> gradient = read(d, 4), sums = read(bias, 2);
  for (size_t i = 0; i < 4; ++i) {
    const double x = kept[i / 2 * 3 + i % 2], h = 1e-5;
    const double slope = (gelu(x + h) - gelu(x - h)) / (2 * h); // exact to about h * h
    EXPECT_NEAR(gradient[i], kProduct[i] / 8 * slope, 1e-6);
  }
  EXPECT_FLOAT_EQ(sums[0], gradient[0] + gradient[2]);
  EXPECT_FLOAT_EQ(sums[1], gradient[1] + gradient[3]);
}

TEST_F(BlasLt, ReluKeepsAMaskOfBits) {
  product(NPUBLAS_COMPUTE_32F, NPU_R_32F);
  set(NPUBLASLT_MATMUL_DESC_EPILOGUE, uint32_t(NPUBLASLT_EPILOGUE_RELU_AUX_BIAS));
  uint8_t *mask = device<uint8_t>(std::vector<uint8_t>(32, 0xff));
  set(NPUBLASLT_MATMUL_DESC_BIAS_POINTER, device<float>({-12, 0}));
  set(NPUBLASLT_MATMUL_DESC_EPILOGUE_AUX_POINTER, mask);
  set(NPUBLASLT_MATMUL_DESC_EPILOGUE_AUX_LD, int64_t(128));
  float *d = device<float>({0, 0, 0, 0});
  auto run = [&] {
    ASSERT_EQ(multiply(1.0f, device(kA), layout(NPU_R_32F, 2, 3, 2), device(kB),
                       layout(NPU_R_32F, 3, 2, 3), 0.0f, d, d, layout(NPU_R_32F, 2, 2, 2)),
              NPUBLAS_STATUS_SUCCESS);
  };
  run();
  EXPECT_EQ(read(d, 4), (std::vector<float>{0, 14, 0, 2}));
  EXPECT_EQ(mask[0], 0xfe);
  EXPECT_EQ(mask[16], 0xfe);
  set(NPUBLASLT_MATMUL_DESC_EPILOGUE, uint32_t(NPUBLASLT_EPILOGUE_DRELU));
  run();
  EXPECT_EQ(read(d, 4), (std::vector<float>{0, 14, 0, 2}));
}

TEST_F(BlasLt, GradientsOfABiasAreSumsOverTheDepth) {
  for (bool ofA : {true, false}) {
    product(NPUBLAS_COMPUTE_32F, NPU_R_32F);
    float *bias = device<float>({0, 0});
    set(NPUBLASLT_MATMUL_DESC_EPILOGUE,
        uint32_t(ofA ? NPUBLASLT_EPILOGUE_BGRADA : NPUBLASLT_EPILOGUE_BGRADB));
    set(NPUBLASLT_MATMUL_DESC_BIAS_POINTER, bias);
    float *d = device<float>({0, 0, 0, 0});
    ASSERT_EQ(multiply(1.0f, device(kA), layout(NPU_R_32F, 2, 3, 2), device(kB),
                       layout(NPU_R_32F, 3, 2, 3), 0.0f, d, d, layout(NPU_R_32F, 2, 2, 2)),
              NPUBLAS_STATUS_SUCCESS);
    EXPECT_EQ(read(d, 4), kProduct);
    EXPECT_EQ(read(bias, 2), ofA ? (std::vector<float>{9, 12}) : (std::vector<float>{3, 0}));
  }
}

TEST_F(BlasLt, Fp8HasScalesOfTheDeviceAndTheLargestMagnitude) {
  auto encode = [](const std::vector<float> &values) {
    std::vector<uint8_t> bytes(values.size());
    for (size_t i = 0; i < values.size(); ++i)
      core::storeElement(bytes.data(), Format::Fp8E4M3, int64_t(i), values[i]);
    return bytes;
  };
  product(NPUBLAS_COMPUTE_32F, NPU_R_32F);
  set(NPUBLASLT_MATMUL_DESC_TRANSA, int32_t(NPUBLAS_OP_T));
  float *scale = device<float>({kNan, 4, 0.5f}), *largest = device<float>({0});
  set(NPUBLASLT_MATMUL_DESC_A_SCALE_POINTER, scale);
  set(NPUBLASLT_MATMUL_DESC_B_SCALE_POINTER, scale + 1);
  set(NPUBLASLT_MATMUL_DESC_D_SCALE_POINTER, scale + 2);
  set(NPUBLASLT_MATMUL_DESC_AMAX_D_POINTER, largest);
  const std::vector<float> transposed = {1, 3, 5, 2, 4, 6};
  uint8_t *d = device<uint8_t>({0, 0, 0, 0});
  ASSERT_TRUE(core::enqueue(nullptr, HostCall{[=] { scale[0] = 2; }}).ok());
  ASSERT_EQ(multiply(1.0f, device(encode(transposed)), layout(NPU_R_8F_E4M3, 3, 2, 3),
                     device(encode(kB)), layout(NPU_R_8F_E4M3, 3, 2, 3), 0.0f, nullptr, d,
                     layout(NPU_R_8F_E4M3, 2, 2, 2), layout(NPU_R_16BF, 2, 2, 2)),
            NPUBLAS_STATUS_SUCCESS);
  wait();
  EXPECT_EQ(*largest, 14 * 8);
  for (size_t i = 0; i < 4; ++i)
    EXPECT_EQ(core::loadElement(d, Format::Fp8E4M3, int64_t(i)).real(), kProduct[i] * 4);
}

TEST_F(BlasLt, IntegersAreExactAndRoundedOnce) {
  product(NPUBLAS_COMPUTE_32I, NPU_R_32F);
  const std::vector<int8_t> a = {100, -100, 50, 25}, b = {127, 1, 3, -2};
  int8_t *d = device<int8_t>({0, 0, 0, 0});
  ASSERT_EQ(multiply(1.0f / 64, device(a), layout(NPU_R_8I, 2, 2, 2), device(b),
                     layout(NPU_R_8I, 2, 2, 2), 0.0f, nullptr, d, layout(NPU_R_8I, 2, 2, 2)),
            NPUBLAS_STATUS_SUCCESS);
  // 12750, -12675, 200, -350 over 64
  EXPECT_EQ(read(d, 4), (std::vector<int8_t>{127, -128, 3, -5}));
}

TEST_F(BlasLt, StorageOrdersOf32ColumnsGoThereAndBack) {
  const int m = 40, n = 40, k = 96;
  const std::vector<int8_t> a = numbers<int8_t>(size_t(m * k)),
                            b = numbers<int8_t>(size_t(n * k), 3);
  int8_t *turnedA = device(std::vector<int8_t>(size_t(32 * m * 3)));
  int8_t *turnedB = device(std::vector<int8_t>(size_t(32 * 40 * 3)));
  int32_t *turnedC = device(std::vector<int32_t>(size_t(32 * m * 2)));
  int32_t *c = device(std::vector<int32_t>(size_t(m * n)));
  npublasLtMatrixTransformDescOpaque_t transform;
  ASSERT_EQ(npublasLtMatrixTransformDescInit(&transform, NPU_R_32F), NPUBLAS_STATUS_SUCCESS);
  const float one = 1, zero = 0;
  auto turn = [&](const void *from, npublasLtMatrixLayout_t fromLayout, void *to,
                  npublasLtMatrixLayout_t toLayout) {
    ASSERT_EQ(npublasLtMatrixTransform(lt, &transform, &one, from, fromLayout, &zero, nullptr,
                                       nullptr, to, toLayout, nullptr),
              NPUBLAS_STATUS_SUCCESS);
  };
  auto aTurned = layout(NPU_R_8I, m, k, 32 * m, NPUBLASLT_ORDER_COL32);
  auto bTurned = layout(NPU_R_8I, n, k, 32 * 40, NPUBLASLT_ORDER_COL4_4R2_8C);
  auto cTurned = layout(NPU_R_32I, m, n, 32 * m, NPUBLASLT_ORDER_COL32);
  turn(device(a), layout(NPU_R_8I, m, k, m), turnedA, aTurned);
  turn(device(b), layout(NPU_R_8I, n, k, n), turnedB, bTurned);
  product(NPUBLAS_COMPUTE_32I, NPU_R_32I);
  set(NPUBLASLT_MATMUL_DESC_TRANSB, int32_t(NPUBLAS_OP_T));
  ASSERT_EQ(multiply(1, turnedA, aTurned, turnedB, bTurned, 0, turnedC, turnedC, cTurned),
            NPUBLAS_STATUS_SUCCESS);
  turn(turnedC, cTurned, c, layout(NPU_R_32I, m, n, m));
  const std::vector<int32_t> result = read(c, size_t(m * n));
  for (int column = 0; column < n; ++column)
    for (int row = 0; row < m; ++row) {
      int32_t sum = 0;
      for (int i = 0; i < k; ++i)
        sum += a[size_t(i * m + row)] * b[size_t(i * n + column)];
      ASSERT_EQ(result[size_t(column * m + row)], sum) << row << ", " << column;
    }
}

TEST_F(BlasLt, EachStorageOrderHoldsEveryElementOnce) {
  const int rows = 64, columns = 96;
  for (auto order : {NPUBLASLT_ORDER_ROW, NPUBLASLT_ORDER_COL32, NPUBLASLT_ORDER_COL4_4R2_8C,
                     NPUBLASLT_ORDER_COL32_2R_4R4}) {
    std::vector<float> values(size_t(rows * columns));
    for (size_t i = 0; i < values.size(); ++i)
      values[i] = float(i + 1);
    float *turned = device(std::vector<float>(values.size(), -1));
    npublasLtMatrixTransformDescOpaque_t transform;
    ASSERT_EQ(npublasLtMatrixTransformDescInit(&transform, NPU_R_32F), NPUBLAS_STATUS_SUCCESS);
    const float one = 1, zero = 0;
    const int64_t leading = order == NPUBLASLT_ORDER_ROW ? columns : 32 * rows;
    ASSERT_EQ(npublasLtMatrixTransform(lt, &transform, &one, device(values),
                                       layout(NPU_R_32F, rows, columns, rows), &zero, nullptr,
                                       nullptr, turned,
                                       layout(NPU_R_32F, rows, columns, leading, order), nullptr),
              NPUBLAS_STATUS_SUCCESS);
    std::vector<float> sorted = read(turned, values.size());
    EXPECT_NE(sorted, values);
    std::sort(sorted.begin(), sorted.end());
    EXPECT_EQ(sorted, values);
  }
}

TEST_F(BlasLt, PlanesOfComplexHalves) {
  // (1 + 2i) * (3 - i) = 5 + 5i
  auto half = [](float value) {
    uint16_t bits = 0;
    core::storeElement(&bits, Format::F16, 0, value);
    return bits;
  };
  uint16_t *a = device<uint16_t>({half(1), half(2)}), *b = device<uint16_t>({half(3), half(-1)});
  uint16_t *d = device<uint16_t>({0, 0});
  auto one = layout(NPU_C_16F, 1, 1, 1);
  set(one, NPUBLASLT_MATRIX_LAYOUT_PLANE_OFFSET, int64_t(2));
  product(NPUBLAS_COMPUTE_32F, NPU_C_32F);
  ASSERT_EQ(multiply(std::complex<float>(1), a, one, b, one, std::complex<float>(0), d, d, one),
            NPUBLAS_STATUS_SUCCESS);
  EXPECT_EQ(read(d, 2), (std::vector<uint16_t>{half(5), half(5)}));
}

TEST_F(BlasLt, BatchesByStrideOrByPointers) {
  product(NPUBLAS_COMPUTE_32F, NPU_R_32F);
  std::vector<float> a = kA, b = kB;
  a.insert(a.end(), kA.begin(), kA.end());
  b.insert(b.end(), {0, 0, 0, 1, 0, 0});
  float *as = device(a), *bs = device(b), *d = device(std::vector<float>(8));
  const std::vector<float> expected = {11, 14, 2, 2, 0, 0, 1, 2};
  auto la = layout(NPU_R_32F, 2, 3, 2), lb = layout(NPU_R_32F, 3, 2, 3),
       ld = layout(NPU_R_32F, 2, 2, 2);
  batch(la, 2, 6), batch(lb, 2, 6), batch(ld, 2, 4);
  ASSERT_EQ(multiply(1.0f, as, la, bs, lb, 0.0f, d, d, ld), NPUBLAS_STATUS_SUCCESS);
  EXPECT_EQ(read(d, 8), expected);
  float *e = device(std::vector<float>(8));
  float **pa = device<float *>({as, as + 6}), **pb = device<float *>({bs, bs + 6}),
        **pe = device<float *>({e, e + 4});
  for (auto made : {la, lb, ld})
    set(made, NPUBLASLT_MATRIX_LAYOUT_BATCH_MODE, int32_t(NPUBLASLT_BATCH_MODE_POINTER_ARRAY));
  ASSERT_EQ(multiply(1.0f, pa, la, pb, lb, 0.0f, pe, pe, ld), NPUBLAS_STATUS_SUCCESS);
  EXPECT_EQ(read(e, 8), expected);
}

TEST_F(BlasLt, ScalarsOfTheDeviceAreReadInStreamOrder) {
  product(NPUBLAS_COMPUTE_32F, NPU_R_32F);
  set(NPUBLASLT_MATMUL_DESC_POINTER_MODE, int32_t(NPUBLASLT_POINTER_MODE_DEVICE));
  float *scalars = device<float>({kNan, kNan}), *d = device<float>({1, 1, 1, 1});
  ASSERT_TRUE(core::enqueue(nullptr, HostCall{[=] { scalars[0] = 2, scalars[1] = 10; }}).ok());
  auto ld = layout(NPU_R_32F, 2, 2, 2);
  ASSERT_EQ(npublasLtMatmul(lt, &description, scalars, device(kA), layout(NPU_R_32F, 2, 3, 2),
                            device(kB), layout(NPU_R_32F, 3, 2, 3), scalars + 1, d, ld, d, ld,
                            nullptr, nullptr, 0, nullptr),
            NPUBLAS_STATUS_SUCCESS);
  EXPECT_EQ(d[0], 1); // nobody waited
  EXPECT_EQ(read(d, 4), (std::vector<float>{32, 38, 14, 14}));
}

TEST_F(BlasLt, TheHeuristicKnowsTheTableOfTypes) {
  npublasLtMatmulPreference_t preference = nullptr;
  ASSERT_EQ(npublasLtMatmulPreferenceCreate(&preference), NPUBLAS_STATUS_SUCCESS);
  npublasLtMatmulHeuristicResult_t result[2];
  int found = -1;
  auto ask = [&](npuDataType type) {
    auto one = layout(type, 2, 2, 2);
    return npublasLtMatmulAlgoGetHeuristic(lt, &description, one, one, one, one, preference, 2,
                                           result, &found);
  };
  product(NPUBLAS_COMPUTE_32F, NPU_R_32F);
  EXPECT_EQ(ask(NPU_R_16BF), NPUBLAS_STATUS_SUCCESS);
  EXPECT_EQ(found, 1);
  EXPECT_EQ(result[0].state, NPUBLAS_STATUS_SUCCESS);
  EXPECT_EQ(ask(NPU_R_64F), NPUBLAS_STATUS_NOT_SUPPORTED);
  EXPECT_EQ(found, 0);
  auto one = layout(NPU_R_16BF, 2, 2, 2);
  EXPECT_EQ(
      npublasLtMatmulAlgoCheck(lt, &description, one, one, one, one, &result[0].algo, &result[1]),
      NPUBLAS_STATUS_SUCCESS);
  const int32_t tile = 20;
  int32_t read = 0;
  EXPECT_EQ(npublasLtMatmulAlgoConfigSetAttribute(&result[0].algo, NPUBLASLT_ALGO_CONFIG_TILE_ID,
                                                  &tile, 4),
            NPUBLAS_STATUS_SUCCESS);
  EXPECT_EQ(npublasLtMatmulAlgoConfigGetAttribute(&result[0].algo, NPUBLASLT_ALGO_CONFIG_TILE_ID,
                                                  &read, 4, nullptr),
            NPUBLAS_STATUS_SUCCESS);
  EXPECT_EQ(read, 20);
  // Programs try every cluster's shape; each is kept and changes nothing.
  for (uint16_t shape = NPUBLASLT_CLUSTER_SHAPE_AUTO; shape < NPUBLASLT_CLUSTER_SHAPE_END; ++shape)
    EXPECT_EQ(npublasLtMatmulAlgoConfigSetAttribute(
                  &result[0].algo, NPUBLASLT_ALGO_CONFIG_CLUSTER_SHAPE_ID, &shape, sizeof shape),
              NPUBLAS_STATUS_SUCCESS);
  EXPECT_EQ(npublasLtMatmulPreferenceDestroy(preference), NPUBLAS_STATUS_SUCCESS);
}

TEST_F(BlasLt, WrongCallsAreRefused) {
  product(NPUBLAS_COMPUTE_32F, NPU_R_32F);
  float *d = device<float>({0, 0, 0, 0, 0, 0});
  auto la = layout(NPU_R_32F, 2, 3, 2), lb = layout(NPU_R_32F, 3, 2, 3),
       ld = layout(NPU_R_32F, 2, 2, 2);
  const float one = 1;
  EXPECT_EQ(npublasLtMatmul(nullptr, &description, &one, d, la, d, lb, &one, d, ld, d, ld, nullptr,
                            nullptr, 0, nullptr),
            NPUBLAS_STATUS_NOT_INITIALIZED);
  EXPECT_EQ(npublasLtMatmul(lt, nullptr, &one, d, la, d, lb, &one, d, ld, d, ld, nullptr, nullptr,
                            0, nullptr),
            NPUBLAS_STATUS_INVALID_VALUE);
  EXPECT_EQ(multiply(1.0f, d, lb, d, lb, 0.0f, d, d, ld), NPUBLAS_STATUS_INVALID_VALUE);
  EXPECT_EQ(multiply(1.0f, d, layout(NPU_R_32F, 2, 3, 1), d, lb, 0.0f, d, d, ld),
            NPUBLAS_STATUS_INVALID_VALUE);
  EXPECT_EQ(multiply(1.0f, d, layout(NPU_R_64F, 2, 3, 2), d, lb, 0.0f, d, d, ld),
            NPUBLAS_STATUS_NOT_SUPPORTED);
  set(NPUBLASLT_MATMUL_DESC_EPILOGUE, uint32_t(77));
  EXPECT_EQ(multiply(1.0f, d, la, d, lb, 0.0f, d, d, ld), NPUBLAS_STATUS_INVALID_VALUE);
  set(NPUBLASLT_MATMUL_DESC_EPILOGUE, uint32_t(NPUBLASLT_EPILOGUE_BIAS));
  EXPECT_EQ(multiply(1.0f, d, la, d, lb, 0.0f, d, d, ld), NPUBLAS_STATUS_INVALID_VALUE);
  EXPECT_TRUE(fake_core::history().empty());
}

} // namespace
