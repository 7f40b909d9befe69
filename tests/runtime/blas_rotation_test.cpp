// Plane rotations and level 1 of chosen formats.
#include "blas_fixture.h"
#include "src/formats.h"

#include <cmath>

using namespace npu;
using Complex = std::complex<double>;

namespace {

class BlasRotations : public BlasTest {};

double2 *pairs(Complex *values) { return reinterpret_cast<double2 *>(values); }

TEST_F(BlasRotations, AMadeRotationClearsTheSecondNumber) {
  double a = 3, b = 4, c = 0, s = 0;
  ASSERT_EQ(npublasDrotg(handle, &a, &b, &c, &s), NPUBLAS_STATUS_SUCCESS);
  EXPECT_DOUBLE_EQ(std::abs(a), 5);
  EXPECT_NEAR(c * 4 - s * 3, 0, 1e-15);
  Complex za(1, 2), zb(3, -1), zs = 0;
  double zc = 0;
  const Complex oldA = za, oldB = zb;
  ASSERT_EQ(npublasZrotg(handle, pairs(&za), pairs(&zb), &zc, pairs(&zs)), NPUBLAS_STATUS_SUCCESS);
  EXPECT_NEAR(std::abs(zc * oldB - std::conj(zs) * oldA), 0, 1e-14);
  EXPECT_NEAR(std::abs(zc * oldA + zs * oldB - za), 0, 1e-14);
}

TEST_F(BlasRotations, ScalarsOfTheDeviceAreMadeInStreamOrder) {
  float *memory = device<float>({0, 4, 9, 9});
  ASSERT_EQ(npublasSetPointerMode(handle, NPUBLAS_POINTER_MODE_DEVICE), NPUBLAS_STATUS_SUCCESS);
  ASSERT_TRUE(core::enqueue(nullptr, HostCall{[=] { memory[0] = 3; }}).ok());
  ASSERT_EQ(npublasSrotg(handle, memory, memory + 1, memory + 2, memory + 3),
            NPUBLAS_STATUS_SUCCESS);
  EXPECT_EQ(memory[2], 9); // not yet
  EXPECT_NEAR(read(memory, 4)[2], 0.6f, 1e-6);
  float host = 0;
  EXPECT_EQ(npublasSrotg(handle, &host, &host, &host, &host), NPUBLAS_STATUS_MAPPING_ERROR);
}

TEST_F(BlasRotations, ComplexVectorsTurnByConjugates) {
  Complex *x = device<Complex>({{1, 2}, {0, 0}}), *y = device<Complex>({{3, -1}, {1, 1}});
  const double c = 0.6;
  const Complex s(0, 0.8);
  ASSERT_EQ(
      npublasZrot(handle, 2, pairs(x), 1, pairs(y), -1, &c, reinterpret_cast<const double2 *>(&s)),
      NPUBLAS_STATUS_SUCCESS);
  const Complex x0(1, 2), y0(1, 1); // y is read backwards
  EXPECT_NEAR(std::abs(read(x, 2)[0] - (c * x0 + s * y0)), 0, 1e-15);
  EXPECT_NEAR(std::abs(y[1] - (c * y0 - std::conj(s) * x0)), 0, 1e-15);
}

TEST_F(BlasRotations, ModifiedRotationsHaveTheirFourForms) {
  const std::vector<float> forms[] = {
      {-2, 9, 9, 9, 9}, {-1, 2, 3, 4, 5}, {0, 9, 3, 4, 9}, {1, 2, 9, 9, 5}};
  const float expected[][2] = {{7, 11},
                               {2 * 7 + 4 * 11, 3 * 7 + 5 * 11},
                               {7 + 4 * 11, 3 * 7 + 11},
                               {2 * 7 + 11, -7 + 5 * 11}};
  for (int form = 0; form < 4; ++form) {
    float *x = device<float>({7}), *y = device<float>({11});
    ASSERT_EQ(npublasSrotm(handle, 1, x, 1, y, 1, forms[form].data()), NPUBLAS_STATUS_SUCCESS);
    EXPECT_EQ(read(x, 1)[0], expected[form][0]);
    EXPECT_EQ(y[0], expected[form][1]);
  }
}

TEST_F(BlasRotations, AMadeModifiedRotationClearsTheSecondNumber) {
  double d1 = 2, d2 = 3, x1 = 1.5, param[5] = {0, 0, 0, 0, 0};
  const double y1 = -0.5;
  ASSERT_EQ(npublasDrotmg(handle, &d1, &d2, &x1, &y1, param), NPUBLAS_STATUS_SUCCESS);
  double *x = device<double>({1.5}), *y = device<double>({-0.5});
  ASSERT_EQ(npublasDrotm(handle, 1, x, 1, y, 1, param), NPUBLAS_STATUS_SUCCESS);
  EXPECT_NEAR(read(y, 1)[0], 0, 1e-15);
  EXPECT_NEAR(x[0], x1, 1e-15);
}

TEST_F(BlasRotations, HalvesAreSummedWithoutRounding) {
  std::vector<uint16_t> halves(3000);
  for (size_t i = 0; i < halves.size(); ++i)
    core::storeElement(halves.data(), Format::F16, int64_t(i), 1);
  uint16_t *x = device(halves), result = 0;
  ASSERT_EQ(
      npublasDotEx(handle, 3000, x, NPU_R_16F, 1, x, NPU_R_16F, 1, &result, NPU_R_16F, NPU_R_32F),
      NPUBLAS_STATUS_SUCCESS);
  EXPECT_EQ(core::loadElement(&result, Format::F16, 0).real(), 3000); // 2048 in halves alone
  ASSERT_EQ(npublasNrm2Ex(handle, 2500, x, NPU_R_16F, 1, &result, NPU_R_16F, NPU_R_32F),
            NPUBLAS_STATUS_SUCCESS);
  EXPECT_EQ(core::loadElement(&result, Format::F16, 0).real(), 50);
  const float two = 2;
  ASSERT_EQ(npublasScalEx(handle, 3000, &two, NPU_R_32F, x, NPU_R_16F, 1, NPU_R_32F),
            NPUBLAS_STATUS_SUCCESS);
  ASSERT_EQ(
      npublasAxpyEx(handle, 1, &two, NPU_R_32F, x + 1, NPU_R_16F, 1, x, NPU_R_16F, 1, NPU_R_32F),
      NPUBLAS_STATUS_SUCCESS);
  wait();
  EXPECT_EQ(core::loadElement(x, Format::F16, 0).real(), 6);
  int64_t at = 0;
  ASSERT_EQ(npublasIamaxEx_64(handle, 3000, x, NPU_R_16F, 1, &at), NPUBLAS_STATUS_SUCCESS);
  EXPECT_EQ(at, 1);
}

TEST_F(BlasRotations, OtherCombinationsOfTypesAreRefused) {
  float *x = device<float>({1, 2});
  float result = 0;
  EXPECT_EQ(
      npublasDotEx(handle, 2, x, NPU_R_32F, 1, x, NPU_R_16F, 1, &result, NPU_R_32F, NPU_R_32F),
      NPUBLAS_STATUS_NOT_SUPPORTED);
  EXPECT_EQ(npublasNrm2Ex(handle, 2, x, NPU_R_8I, 1, &result, NPU_R_32F, NPU_R_32F),
            NPUBLAS_STATUS_NOT_SUPPORTED);
  EXPECT_EQ(
      npublasDotEx(handle, 2, x, NPU_R_32F, 1, x, NPU_R_32F, 1, &result, NPU_R_32F, NPU_R_32F),
      NPUBLAS_STATUS_SUCCESS);
  EXPECT_EQ(result, 5);
}

} // namespace
