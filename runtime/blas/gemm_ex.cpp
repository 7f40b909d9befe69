// The matrix products whose formats and arithmetic are arguments. The combinations are those of the
// cuBLAS documentation (cublasGemmEx, table of supported types); others are not supported, as
// there.
#include "compute_class.h"
#include "entry_points.h"
#include "gemm.h"

#include <algorithm>
#include <optional>

namespace npu::blas {

std::optional<Format> formatOf(npuDataType type) {
  switch (type) {
  case NPU_R_32F:
    return Format::F32;
  case NPU_R_64F:
    return Format::F64;
  case NPU_R_16F:
    return Format::F16;
  case NPU_R_16BF:
    return Format::Bf16;
  case NPU_R_8I:
    return Format::Int8;
  case NPU_R_32I:
    return Format::Int32;
  case NPU_C_32F:
    return Format::C32;
  case NPU_C_64F:
    return Format::C64;
  default:
    return std::nullopt;
  }
}

namespace {

struct Combination {
  Sums sums;
  Format factors, result, scale;
};

constexpr Combination kCombinations[] = {
    {Sums::Half, Format::F16, Format::F16, Format::F16},
    {Sums::Int, Format::Int8, Format::Int32, Format::Int32},
    {Sums::Single, Format::Bf16, Format::Bf16, Format::F32},
    {Sums::Single, Format::F16, Format::F16, Format::F32},
    {Sums::Single, Format::Int8, Format::F32, Format::F32},
    {Sums::Single, Format::Bf16, Format::F32, Format::F32},
    {Sums::Single, Format::F16, Format::F32, Format::F32},
    {Sums::Single, Format::F32, Format::F32, Format::F32},
    {Sums::Single, Format::C32, Format::C32, Format::C32},
    {Sums::SingleFast, Format::F32, Format::F32, Format::F32},
    {Sums::SingleFast, Format::C32, Format::C32, Format::C32},
    {Sums::Double, Format::F64, Format::F64, Format::F64},
    {Sums::Double, Format::C64, Format::C64, Format::C64},
};

MathMode mathOf(const Settings &settings, npublasComputeType_t type, Format factors) {
  Settings plain = settings;
  plain.mathMode = NPUBLAS_DEFAULT_MATH; // the compute type says it all
  MathMode math = mathFor(plain, factors);
  switch (type) {
  case NPUBLAS_COMPUTE_16F_PEDANTIC:
  case NPUBLAS_COMPUTE_32F_PEDANTIC:
  case NPUBLAS_COMPUTE_64F_PEDANTIC:
  case NPUBLAS_COMPUTE_32I_PEDANTIC:
    math.pedantic = true;
    return math;
  case NPUBLAS_COMPUTE_32F_FAST_16F:
    math.compute = Format::F16;
    return math;
  case NPUBLAS_COMPUTE_32F_FAST_16BF:
    math.compute = Format::Bf16;
    return math;
  case NPUBLAS_COMPUTE_32F_FAST_TF32:
    math.compute = Format::Tf32;
    return math;
  default:
    return math;
  }
}

bool isAlgorithm(npublasGemmAlgo_t algorithm) {
  const int value = algorithm;
  return (value >= NPUBLAS_GEMM_DEFAULT && value <= NPUBLAS_GEMM_ALGO23) ||
         (value >= NPUBLAS_GEMM_DEFAULT_TENSOR_OP && value <= NPUBLAS_GEMM_ALGO15_TENSOR_OP) ||
         value == NPUBLAS_GEMM_AUTOTUNE;
}

struct DataTypes {
  npuDataType a, b, c;
};

// Fills the formats and the arithmetic of `call`.
Outcome choose(const Settings &settings, const DataTypes &types, npublasComputeType_t computeType,
               GemmCall &call) {
  const Sums sums = sumsOf(computeType);
  if (sums == Sums::Unknown)
    return invalid("computeType " + std::to_string(computeType) + " is none of the enumerators");
  const auto a = formatOf(types.a), b = formatOf(types.b), c = formatOf(types.c);
  const auto *found = std::find_if(std::begin(kCombinations), std::end(kCombinations),
                                   [&](const Combination &combination) {
                                     return combination.sums == sums && a == combination.factors &&
                                            b == combination.factors && c == combination.result;
                                   });
  if (found == std::end(kCombinations))
    return unsupported("no product of data types A " + std::to_string(types.a) + ", B " +
                       std::to_string(types.b) + ", C " + std::to_string(types.c) +
                       " with computeType " + std::to_string(computeType));
  call.a.format = call.b.format = found->factors;
  call.c.format = found->result;
  call.scale = found->scale;
  call.math = mathOf(settings, computeType, found->factors);
  return {};
}

GemmCall describe(const char *caller, npublasOperation_t transA, npublasOperation_t transB,
                  int64_t m, int64_t n, int64_t k, const void *alpha, const void *beta,
                  int64_t batchCount = 1) {
  GemmCall call;
  call.caller = caller;
  call.transA = transA, call.transB = transB;
  call.m = m, call.n = n, call.k = k;
  call.alpha = alpha, call.beta = beta;
  call.batchCount = batchCount;
  return call;
}

npublasStatus_t productOfTypes(npublasHandle_t handle, GemmCall call, const DataTypes &types,
                               npublasComputeType_t computeType, npublasGemmAlgo_t algorithm) {
  return blasEntry(call.caller, handle, [&](const Settings &settings) -> Outcome {
    if (!isAlgorithm(algorithm))
      return invalid("algo " + std::to_string(algorithm) + " is none of the enumerators");
    if (Outcome bad = choose(settings, types, computeType, call); !bad.ok())
      return bad;
    return runGemm(settings, call);
  });
}

// The typed forms: the arithmetic is fp32 under the handle's math mode.
npublasStatus_t productOfSingles(npublasHandle_t handle, GemmCall call, const DataTypes &types) {
  return blasEntry(call.caller, handle, [&](const Settings &settings) -> Outcome {
    if (Outcome bad = choose(settings, types, NPUBLAS_COMPUTE_32F, call); !bad.ok())
      return bad;
    call.math = mathFor(settings, call.a.format);
    return runGemm(settings, call);
  });
}

template <bool kComplex>
npublasStatus_t typedEx(const char *caller, npublasHandle_t handle, npublasOperation_t transA,
                        npublasOperation_t transB, int64_t m, int64_t n, int64_t k,
                        const void *alpha, const void *A, npuDataType aType, int64_t lda,
                        const void *B, npuDataType bType, int64_t ldb, const void *beta, void *C,
                        npuDataType cType, int64_t ldc) {
  if ((cType == NPU_C_32F) != kComplex) // the scalars would be read as something else
    return blasEntry(caller, handle, [](const Settings &) {
      return unsupported(kComplex ? "C is not of type C_32F" : "C is complex; use cublasCgemmEx");
    });
  GemmCall call = describe(caller, transA, transB, m, n, k, alpha, beta);
  call.a = {A, {}, lda}, call.b = {B, {}, ldb}, call.c = {C, {}, ldc};
  return productOfSingles(handle, call, {aType, bType, cType});
}

npublasStatus_t gemmEx(const char *caller, npublasHandle_t handle, npublasOperation_t transA,
                       npublasOperation_t transB, int64_t m, int64_t n, int64_t k,
                       const void *alpha, const void *A, npuDataType aType, int64_t lda,
                       const void *B, npuDataType bType, int64_t ldb, const void *beta, void *C,
                       npuDataType cType, int64_t ldc, npublasComputeType_t computeType,
                       npublasGemmAlgo_t algorithm) {
  GemmCall call = describe(caller, transA, transB, m, n, k, alpha, beta);
  call.a = {A, {}, lda}, call.b = {B, {}, ldb}, call.c = {C, {}, ldc};
  return productOfTypes(handle, call, {aType, bType, cType}, computeType, algorithm);
}

npublasStatus_t batchedEx(const char *caller, npublasHandle_t handle, npublasOperation_t transA,
                          npublasOperation_t transB, int64_t m, int64_t n, int64_t k,
                          const void *alpha, const void *const A[], npuDataType aType, int64_t lda,
                          const void *const B[], npuDataType bType, int64_t ldb, const void *beta,
                          void *const C[], npuDataType cType, int64_t ldc, int64_t batchCount,
                          npublasComputeType_t computeType, npublasGemmAlgo_t algorithm) {
  GemmCall call = describe(caller, transA, transB, m, n, k, alpha, beta, batchCount);
  call.pointerArrays = true;
  call.a = {nullptr, {}, lda, 0, A}, call.b = {nullptr, {}, ldb, 0, B};
  call.c = {nullptr, {}, ldc, 0, C};
  return productOfTypes(handle, call, {aType, bType, cType}, computeType, algorithm);
}

npublasStatus_t stridedEx(const char *caller, npublasHandle_t handle, npublasOperation_t transA,
                          npublasOperation_t transB, int64_t m, int64_t n, int64_t k,
                          const void *alpha, const void *A, npuDataType aType, int64_t lda,
                          int64_t strideA, const void *B, npuDataType bType, int64_t ldb,
                          int64_t strideB, const void *beta, void *C, npuDataType cType,
                          int64_t ldc, int64_t strideC, int64_t batchCount,
                          npublasComputeType_t computeType, npublasGemmAlgo_t algorithm) {
  GemmCall call = describe(caller, transA, transB, m, n, k, alpha, beta, batchCount);
  call.a = {A, {}, lda, strideA}, call.b = {B, {}, ldb, strideB}, call.c = {C, {}, ldc, strideC};
  return productOfTypes(handle, call, {aType, bType, cType}, computeType, algorithm);
}

} // namespace

Outcome chooseProduct(const Settings &settings, npuDataType a, npuDataType b, npuDataType c,
                      npublasComputeType_t computeType, GemmCall &call) {
  return choose(settings, {a, b, c}, computeType, call);
}

} // namespace npu::blas

using namespace npu;
using namespace npu::blas;

#define TYPED                                                                                      \
  (handle, transa, transb, m, n, k, alpha, A, Atype, lda, B, Btype, ldb, beta, C, Ctype, ldc)
BLAS_SIZED(SgemmEx, TYPED_GEMM_EX, typedEx<false>, TYPED, float)
BLAS_SIZED(CgemmEx, TYPED_GEMM_EX, typedEx<true>, TYPED, float2)
// cuBLAS's 3m products save a multiplication by losing accuracy; here they are the plain ones.
BLAS_SIZED(Cgemm3mEx, TYPED_GEMM_EX, typedEx<true>, TYPED, float2)
BLAS_SIZED(GemmEx, GEMM_EX, gemmEx,
           (handle, transa, transb, m, n, k, alpha, A, Atype, lda, B, Btype, ldb, beta, C, Ctype,
            ldc, computeType, algo),
           void)
BLAS_SIZED(GemmBatchedEx, GEMM_BATCHED_EX, batchedEx,
           (handle, transa, transb, m, n, k, alpha, Aarray, Atype, lda, Barray, Btype, ldb, beta,
            Carray, Ctype, ldc, batchCount, computeType, algo),
           void)
BLAS_SIZED(GemmStridedBatchedEx, GEMM_STRIDED_EX, stridedEx,
           (handle, transa, transb, m, n, k, alpha, A, Atype, lda, strideA, B, Btype, ldb, strideB,
            beta, C, Ctype, ldc, strideC, batchCount, computeType, algo),
           void)
