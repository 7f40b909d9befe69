// The entry points of the matrix products whose operands all have one format.
#include "entry_points.h"
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

npublasStatus_t product(const char *caller, npublasHandle_t handle, GemmCall call) {
  return blasEntry(caller, handle, [&](const Settings &settings) {
    call.caller = caller;
    call.scale = call.a.format;
    call.math = mathFor(settings, call.a.format);
    return runGemm(settings, call);
  });
}

GemmCall shape(npublasOperation_t transA, npublasOperation_t transB, int64_t m, int64_t n,
               int64_t k, const void *alpha, const void *beta, int64_t batchCount = 1) {
  GemmCall call;
  call.transA = transA, call.transB = transB;
  call.m = m, call.n = n, call.k = k;
  call.alpha = alpha, call.beta = beta;
  call.batchCount = batchCount;
  return call;
}

template <Format kFormat>
npublasStatus_t one(const char *caller, npublasHandle_t handle, npublasOperation_t transA,
                    npublasOperation_t transB, int64_t m, int64_t n, int64_t k, const void *alpha,
                    const void *A, int64_t lda, const void *B, int64_t ldb, const void *beta,
                    const void *C, int64_t ldc) {
  GemmCall call = shape(transA, transB, m, n, k, alpha, beta);
  call.a = matrix(A, kFormat, lda), call.b = matrix(B, kFormat, ldb);
  call.c = matrix(C, kFormat, ldc);
  return product(caller, handle, call);
}

template <Format kFormat, typename Array, typename Results>
npublasStatus_t batch(const char *caller, npublasHandle_t handle, npublasOperation_t transA,
                      npublasOperation_t transB, int64_t m, int64_t n, int64_t k, const void *alpha,
                      Array A, int64_t lda, Array B, int64_t ldb, const void *beta, Results C,
                      int64_t ldc, int64_t batchCount) {
  GemmCall call = shape(transA, transB, m, n, k, alpha, beta, batchCount);
  call.pointerArrays = true;
  call.a = matrices((const void *const *)A, kFormat, lda);
  call.b = matrices((const void *const *)B, kFormat, ldb);
  call.c = matrices((const void *const *)C, kFormat, ldc);
  return product(caller, handle, call);
}

template <Format kFormat>
npublasStatus_t strided(const char *caller, npublasHandle_t handle, npublasOperation_t transA,
                        npublasOperation_t transB, int64_t m, int64_t n, int64_t k,
                        const void *alpha, const void *A, int64_t lda, int64_t strideA,
                        const void *B, int64_t ldb, int64_t strideB, const void *beta,
                        const void *C, int64_t ldc, int64_t strideC, int64_t batchCount) {
  GemmCall call = shape(transA, transB, m, n, k, alpha, beta, batchCount);
  call.a = matrix(A, kFormat, lda, strideA), call.b = matrix(B, kFormat, ldb, strideB);
  call.c = matrix(C, kFormat, ldc, strideC);
  return product(caller, handle, call);
}

} // namespace

// The three forms of one product: a matrix, an array of pointers to matrices, evenly spaced
// matrices.
#define GEMM(name, T, tensorFormat)                                                                \
  BLAS_SIZED(name, GEMM, one<Format::tensorFormat>,                                                \
             (handle, transa, transb, m, n, k, alpha, A, lda, B, ldb, beta, C, ldc), T)
#define GEMM_ARRAY(name, T, tensorFormat)                                                          \
  BLAS_SIZED(name, GEMM_BATCHED, batch<Format::tensorFormat>,                                      \
             (handle, transa, transb, m, n, k, alpha, Aarray, lda, Barray, ldb, beta, Carray, ldc, \
              batchCount),                                                                         \
             T)
#define GEMM_STRIDED(name, T, tensorFormat)                                                        \
  BLAS_SIZED(name, GEMM_STRIDED, strided<Format::tensorFormat>,                                    \
             (handle, transa, transb, m, n, k, alpha, A, lda, strideA, B, ldb, strideB, beta, C,   \
              ldc, strideC, batchCount),                                                           \
             T)

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
