// The entry points of the matrix products whose operands all have one format.
#include "gemm.h"

using namespace npu;
using namespace npu::blas;

namespace {

GemmOperand matrix(const void *data, Format format, int64_t leading, int64_t stride = 0) {
  GemmOperand operand;
  operand.data = data;
  operand.format = format;
  operand.leading = leading;
  operand.stride = stride;
  return operand;
}

GemmOperand matrices(const void *const *array, Format format, int64_t leading) {
  GemmOperand operand = matrix(nullptr, format, leading);
  operand.array = array;
  return operand;
}

} // namespace

// The three forms of one product: a matrix, an array of pointers to matrices, evenly spaced
// matrices.
#define GEMM(name, type, tensorFormat)                                                             \
  npublasStatus_t npublas##name(npublasHandle_t handle, npublasOperation_t transa,                 \
                                npublasOperation_t transb, int m, int n, int k, const type *alpha, \
                                const type *A, int lda, const type *B, int ldb, const type *beta,  \
                                type *C, int ldc) {                                                \
    return blasEntry("cublas" #name, handle, [&](const Settings &settings) {                       \
      return runGemm(settings,                                                                     \
                     {"cublas" #name, transa, transb, m, n, k, alpha, beta, Format::tensorFormat,  \
                      matrix(A, Format::tensorFormat, lda), matrix(B, Format::tensorFormat, ldb),  \
                      matrix(C, Format::tensorFormat, ldc), 1, false,                              \
                      mathFor(settings, Format::tensorFormat)});                                   \
    });                                                                                            \
  }

#define GEMM_ARRAY(name, type, tensorFormat)                                                       \
  npublasStatus_t npublas##name(                                                                   \
      npublasHandle_t handle, npublasOperation_t transa, npublasOperation_t transb, int m, int n,  \
      int k, const type *alpha, const type *const Aarray[], int lda, const type *const Barray[],   \
      int ldb, const type *beta, type *const Carray[], int ldc, int batchCount) {                  \
    return blasEntry("cublas" #name, handle, [&](const Settings &settings) {                       \
      return runGemm(settings,                                                                     \
                     {"cublas" #name, transa, transb, m, n, k, alpha, beta, Format::tensorFormat,  \
                      matrices((const void *const *)Aarray, Format::tensorFormat, lda),            \
                      matrices((const void *const *)Barray, Format::tensorFormat, ldb),            \
                      matrices((const void *const *)Carray, Format::tensorFormat, ldc),            \
                      batchCount, true, mathFor(settings, Format::tensorFormat)});                 \
    });                                                                                            \
  }

#define GEMM_STRIDED(name, type, tensorFormat)                                                     \
  npublasStatus_t npublas##name(npublasHandle_t handle, npublasOperation_t transa,                 \
                                npublasOperation_t transb, int m, int n, int k, const type *alpha, \
                                const type *A, int lda, long long int strideA, const type *B,      \
                                int ldb, long long int strideB, const type *beta, type *C,         \
                                int ldc, long long int strideC, int batchCount) {                  \
    return blasEntry("cublas" #name, handle, [&](const Settings &settings) {                       \
      return runGemm(settings,                                                                     \
                     {"cublas" #name, transa, transb, m, n, k, alpha, beta, Format::tensorFormat,  \
                      matrix(A, Format::tensorFormat, lda, strideA),                               \
                      matrix(B, Format::tensorFormat, ldb, strideB),                               \
                      matrix(C, Format::tensorFormat, ldc, strideC), batchCount, false,            \
                      mathFor(settings, Format::tensorFormat)});                                   \
    });                                                                                            \
  }

GEMM(Sgemm, float, F32)
GEMM(Dgemm, double, F64)
GEMM(Cgemm, float2, C32)
GEMM(Zgemm, double2, C64)
GEMM(Hgemm, __half, F16)
// cuBLAS's 3m products save a multiplication by losing accuracy; here they are the plain ones.
GEMM(Cgemm3m, float2, C32)
GEMM(Zgemm3m, double2, C64)

GEMM_ARRAY(SgemmBatched, float, F32)
GEMM_ARRAY(DgemmBatched, double, F64)
GEMM_ARRAY(CgemmBatched, float2, C32)
GEMM_ARRAY(ZgemmBatched, double2, C64)
GEMM_ARRAY(HgemmBatched, __half, F16)
GEMM_ARRAY(Cgemm3mBatched, float2, C32)

GEMM_STRIDED(SgemmStridedBatched, float, F32)
GEMM_STRIDED(DgemmStridedBatched, double, F64)
GEMM_STRIDED(CgemmStridedBatched, float2, C32)
GEMM_STRIDED(ZgemmStridedBatched, double2, C64)
GEMM_STRIDED(HgemmStridedBatched, __half, F16)
GEMM_STRIDED(Cgemm3mStridedBatched, float2, C32)
