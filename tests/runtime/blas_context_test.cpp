// The library context: handles, modes, names, transfers, the logger.
#include "blas_fixture.h"

#include <cstdio>
#include <cstring>
#include <string>

using namespace npu;

namespace {

class BlasContext : public BlasTest {};

TEST_F(BlasContext, DefaultsAreCublasDefaults) {
  npuStream_t stream = reinterpret_cast<npuStream_t>(1);
  npublasPointerMode_t pointers;
  npublasMath_t math;
  npublasAtomicsMode_t atomics;
  ASSERT_EQ(npublasGetStream(handle, &stream), NPUBLAS_STATUS_SUCCESS);
  ASSERT_EQ(npublasGetPointerMode(handle, &pointers), NPUBLAS_STATUS_SUCCESS);
  ASSERT_EQ(npublasGetMathMode(handle, &math), NPUBLAS_STATUS_SUCCESS);
  ASSERT_EQ(npublasGetAtomicsMode(handle, &atomics), NPUBLAS_STATUS_SUCCESS);
  EXPECT_EQ(stream, nullptr);
  EXPECT_EQ(pointers, NPUBLAS_POINTER_MODE_HOST);
  EXPECT_EQ(math, NPUBLAS_DEFAULT_MATH);
  EXPECT_EQ(atomics, NPUBLAS_ATOMICS_NOT_ALLOWED);
}

TEST_F(BlasContext, WrongModesAndNullResultsAreInvalid) {
  EXPECT_EQ(npublasCreate(nullptr), NPUBLAS_STATUS_INVALID_VALUE);
  EXPECT_EQ(npublasSetPointerMode(handle, npublasPointerMode_t(2)), NPUBLAS_STATUS_INVALID_VALUE);
  EXPECT_EQ(npublasSetAtomicsMode(handle, npublasAtomicsMode_t(2)), NPUBLAS_STATUS_INVALID_VALUE);
  EXPECT_EQ(npublasSetSmCountTarget(handle, -1), NPUBLAS_STATUS_INVALID_VALUE);
  EXPECT_EQ(npublasGetStream(handle, nullptr), NPUBLAS_STATUS_INVALID_VALUE);
  EXPECT_EQ(npublasGetVersion(handle, nullptr), NPUBLAS_STATUS_INVALID_VALUE);
  EXPECT_EQ(npublasSetStream(nullptr, nullptr), NPUBLAS_STATUS_NOT_INITIALIZED);
  EXPECT_EQ(npublasDestroy(nullptr), NPUBLAS_STATUS_NOT_INITIALIZED);
}

TEST_F(BlasContext, VersionAndPropertiesAgree) {
  int version = 0, major = 0, minor = 0, patch = 0;
  ASSERT_EQ(npublasGetVersion(handle, &version), NPUBLAS_STATUS_SUCCESS);
  ASSERT_EQ(npublasGetProperty(MAJOR_VERSION, &major), NPUBLAS_STATUS_SUCCESS);
  ASSERT_EQ(npublasGetProperty(MINOR_VERSION, &minor), NPUBLAS_STATUS_SUCCESS);
  ASSERT_EQ(npublasGetProperty(PATCH_LEVEL, &patch), NPUBLAS_STATUS_SUCCESS);
  EXPECT_EQ(version, major * 10000 + minor * 100 + patch);
  EXPECT_EQ(npublasGetCudartVersion(), size_t(major * 1000 + minor * 10));
  EXPECT_EQ(npublasGetProperty(libraryPropertyType(3), &patch), NPUBLAS_STATUS_INVALID_VALUE);
}

TEST_F(BlasContext, EveryStatusHasANameAndASentence) {
  for (int code : {0, 1, 3, 7, 8, 11, 13, 14, 15, 16}) {
    EXPECT_EQ(std::string(npublasGetStatusName(npublasStatus_t(code))).find("CUBLAS_STATUS_"), 0u);
    EXPECT_STRNE(npublasGetStatusString(npublasStatus_t(code)), "unknown BLAS status");
  }
  EXPECT_STREQ(npublasGetStatusName(NPUBLAS_STATUS_INVALID_VALUE), "CUBLAS_STATUS_INVALID_VALUE");
  EXPECT_STREQ(npublasGetStatusName(npublasStatus_t(99)), "unknown BLAS status");
}

TEST_F(BlasContext, VectorsTravelWithAnySteps) {
  const float host[] = {1, 2, 3, 4};
  float *memory = device(std::vector<float>(4, 9)), back[4] = {};
  ASSERT_EQ(npublasSetVector(2, sizeof(float), host, 2, memory, 1), NPUBLAS_STATUS_SUCCESS);
  EXPECT_EQ(std::vector<float>(memory, memory + 4), (std::vector<float>{1, 3, 9, 9}));
  ASSERT_EQ(npublasGetVector(2, sizeof(float), memory, 1, back, 3), NPUBLAS_STATUS_SUCCESS);
  EXPECT_EQ(std::vector<float>(back, back + 4), (std::vector<float>{1, 0, 0, 3}));
  ASSERT_EQ(npublasSetVector(4, sizeof(float), host, 1, memory, 1), NPUBLAS_STATUS_SUCCESS);
  EXPECT_EQ(std::vector<float>(memory, memory + 4), (std::vector<float>{1, 2, 3, 4}));
}

TEST_F(BlasContext, MatricesTravelBetweenLeadingDimensions) {
  const float host[] = {1, 2, -1, 3, 4, -1};
  float *memory = device(std::vector<float>(4, 9)), back[8] = {};
  ASSERT_EQ(npublasSetMatrix(2, 2, sizeof(float), host, 3, memory, 2), NPUBLAS_STATUS_SUCCESS);
  EXPECT_EQ(std::vector<float>(memory, memory + 4), (std::vector<float>{1, 2, 3, 4}));
  ASSERT_EQ(npublasGetMatrix(2, 2, sizeof(float), memory, 2, back, 4), NPUBLAS_STATUS_SUCCESS);
  EXPECT_EQ(std::vector<float>(back, back + 8), (std::vector<float>{1, 2, 0, 0, 3, 4, 0, 0}));
}

TEST_F(BlasContext, TransfersCheckTheirArguments) {
  float host[4] = {}, *memory = device(numbers<float>(4));
  EXPECT_EQ(npublasSetVector(-1, 4, host, 1, memory, 1), NPUBLAS_STATUS_INVALID_VALUE);
  EXPECT_EQ(npublasSetVector(2, 0, host, 1, memory, 1), NPUBLAS_STATUS_INVALID_VALUE);
  EXPECT_EQ(npublasSetVector(2, 4, host, 0, memory, 1), NPUBLAS_STATUS_INVALID_VALUE);
  EXPECT_EQ(npublasSetVector(2, 4, nullptr, 1, memory, 1), NPUBLAS_STATUS_INVALID_VALUE);
  EXPECT_EQ(npublasSetMatrix(2, 2, 4, host, 1, memory, 2), NPUBLAS_STATUS_INVALID_VALUE);
  EXPECT_EQ(npublasSetMatrix(2, 2, 4, host, 2, memory, 1), NPUBLAS_STATUS_INVALID_VALUE);
  EXPECT_EQ(npublasSetVector(2, 4, host, 1, host + 2, 1), NPUBLAS_STATUS_MAPPING_ERROR);
  EXPECT_EQ(npublasGetVector(2, 4, host, 1, memory, 1), NPUBLAS_STATUS_MAPPING_ERROR);
  EXPECT_EQ(npublasSetVector(0, 4, nullptr, 1, nullptr, 1), NPUBLAS_STATUS_SUCCESS);
  EXPECT_TRUE(fake_core::history().empty());
}

TEST_F(BlasContext, AsynchronousTransfersOfPageableMemoryAreDoneOnReturn) {
  float host[2] = {1, 2}, *memory = device<float>({0, 0});
  ASSERT_EQ(npublasSetVectorAsync(2, 4, host, 1, memory, 1, nullptr), NPUBLAS_STATUS_SUCCESS);
  host[0] = 99;
  EXPECT_EQ(read(memory, 2), (std::vector<float>{1, 2}));
  float *pinned = device<float>({5, 6});
  ASSERT_EQ(npublasSetVectorAsync(2, 4, pinned, 1, memory, 1, nullptr), NPUBLAS_STATUS_SUCCESS);
  EXPECT_EQ(memory[0], 1); // pinned memory is copied when the stream gets there
  EXPECT_EQ(read(memory, 2), (std::vector<float>{5, 6}));
}

std::string lastLine;

TEST_F(BlasContext, TheLoggerHearsOfFailures) {
  ASSERT_EQ(npublasSetLoggerCallback([](const char *line) { lastLine = line; }),
            NPUBLAS_STATUS_SUCCESS);
  EXPECT_EQ(npublasSetMatrix(2, 2, 4, nullptr, 1, nullptr, 2), NPUBLAS_STATUS_INVALID_VALUE);
  npublasLogCallback callback = nullptr;
  const std::string heard = lastLine;
  EXPECT_EQ(npublasGetLoggerCallback(&callback), NPUBLAS_STATUS_SUCCESS);
  EXPECT_NE(callback, nullptr);
  EXPECT_EQ(npublasSetLoggerCallback(nullptr), NPUBLAS_STATUS_SUCCESS);
  EXPECT_EQ(npublasLoggerConfigure(0, 0, 0, nullptr), NPUBLAS_STATUS_SUCCESS);
  EXPECT_EQ(heard, "cublasSetMatrix: CUBLAS_STATUS_INVALID_VALUE: lda and ldb must be at least the "
                   "number of rows");
  EXPECT_EQ(npublasLoggerConfigure(1, 0, 0, "/nonexistent/folder/log"),
            NPUBLAS_STATUS_INVALID_VALUE);
}

} // namespace
