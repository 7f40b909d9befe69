// Which products cublasLt has and what it says of ways to compute them. Devices choose for
// themselves: there is one algorithm, 0, that needs no workspace; its configuration is remembered
// for programs that search through the choices.
#include "compute_class.h"
#include "lt_matrix.h"

#include <algorithm>
#include <cstddef>
#include <cstring>

namespace npu::blas {
namespace {

struct Row {
  Sums sums;
  int scale, factors, c, d;
};
constexpr Row kRows[] = {
    {Sums::Half, NPU_R_16F, NPU_R_16F, NPU_R_16F, NPU_R_16F},
    {Sums::Int, NPU_R_32I, NPU_R_8I, NPU_R_32I, NPU_R_32I},
    {Sums::Int, NPU_R_32F, NPU_R_8I, NPU_R_8I, NPU_R_8I},
    {Sums::Single, NPU_R_32F, NPU_R_16BF, NPU_R_16BF, NPU_R_16BF},
    {Sums::Single, NPU_R_32F, NPU_R_16F, NPU_R_16F, NPU_R_16F},
    {Sums::Single, NPU_R_32F, NPU_R_8I, NPU_R_32F, NPU_R_32F},
    {Sums::Single, NPU_R_32F, NPU_R_16BF, NPU_R_32F, NPU_R_32F},
    {Sums::Single, NPU_R_32F, NPU_R_16F, NPU_R_32F, NPU_R_32F},
    {Sums::Single, NPU_R_32F, NPU_R_32F, NPU_R_32F, NPU_R_32F},
    {Sums::Single, NPU_C_32F, NPU_C_16F, NPU_C_16F, NPU_C_16F},
    {Sums::Single, NPU_C_32F, NPU_C_16BF, NPU_C_16BF, NPU_C_16BF},
    {Sums::Single, NPU_C_32F, NPU_C_16F, NPU_C_32F, NPU_C_32F},
    {Sums::Single, NPU_C_32F, NPU_C_16BF, NPU_C_32F, NPU_C_32F},
    {Sums::Single, NPU_C_32F, NPU_C_32F, NPU_C_32F, NPU_C_32F},
    {Sums::SingleFast, NPU_R_32F, NPU_R_32F, NPU_R_32F, NPU_R_32F},
    {Sums::SingleFast, NPU_C_32F, NPU_C_32F, NPU_C_32F, NPU_C_32F},
    {Sums::Double, NPU_R_64F, NPU_R_64F, NPU_R_64F, NPU_R_64F},
    {Sums::Double, NPU_C_64F, NPU_C_64F, NPU_C_64F, NPU_C_64F},
};

bool isFp8(int type) { return type == NPU_R_8F_E4M3 || type == NPU_R_8F_E5M2; }

// The table of FP8 kernels: C has 16 or 32 bits; D is of C's type or FP8.
bool hasFp8Product(Sums sums, int scaleType, int a, int b, int c, int d) {
  if (sums != Sums::Single || scaleType != NPU_R_32F || !isFp8(a) || !isFp8(b))
    return false;
  if (a == NPU_R_8F_E5M2 && b == NPU_R_8F_E5M2)
    return false;
  if (c != NPU_R_16BF && c != NPU_R_16F && c != NPU_R_32F)
    return false;
  return d == c || (isFp8(d) && c != NPU_R_32F);
}

struct Types {
  npublasComputeType_t computeType;
  int scale, a, b, c, d;
  bool known() const { return hasProduct(computeType, scale, a, b, c, d); }
};

#define FIELD(attribute, member)                                                                   \
  { NPUBLASLT_ALGO_CONFIG_##attribute, offsetof(LtAlgorithm, member), sizeof(LtAlgorithm::member) }
constexpr LtField kConfiguration[] = {
    FIELD(ID, id),
    FIELD(TILE_ID, tile),
    FIELD(SPLITK_NUM, splitK),
    FIELD(REDUCTION_SCHEME, reduction),
    FIELD(CTA_SWIZZLING, swizzling),
    FIELD(CUSTOM_OPTION, option),
    FIELD(STAGES_ID, stages),
    FIELD(INNER_SHAPE_ID, innerShape),
    FIELD(CLUSTER_SHAPE_ID, clusterShape),
};
#undef FIELD

npublasLtMatmulAlgo_t algorithm() {
  npublasLtMatmulAlgo_t algo = {};
  const LtAlgorithm value;
  static_assert(sizeof value <= sizeof algo);
  std::memcpy(&algo, &value, sizeof value);
  return algo;
}

// What cublasLtMatmul would say of these descriptors, memory aside.
Outcome checkDescriptors(npublasLtMatmulDesc_t operation, npublasLtMatrixLayout_t a,
                         npublasLtMatrixLayout_t b, npublasLtMatrixLayout_t c,
                         npublasLtMatrixLayout_t d) {
  const LtProduct *product = inside<LtProduct>(operation);
  if (!product)
    return invalid("the operation's descriptor is null or was not initialised");
  LtMatrix matrices[4];
  const npublasLtMatrixLayout_t layouts[4] = {a, b, c, d};
  const char *const names[4] = {"A", "B", "C", "D"};
  for (int i = 0; i < 4; ++i)
    if (Outcome bad = describeMatrix(names[i], layouts[i], nullptr, matrices[i]); !bad.ok())
      return bad;
  const auto type = [&](int i) { return int(matrices[i].layout.type); };
  if (!hasProduct(npublasComputeType_t(product->computeType), product->scaleType, type(0), type(1),
                  type(2), type(3)))
    return unsupported("cublasLt's table of types has no such product");
  return {};
}

Outcome capability(int attribute, void *value, size_t bytes, size_t *written) {
  // Lists of tiles and stages: none to choose from.
  if (attribute == NPUBLASLT_ALGO_CAP_TILE_IDS || attribute == NPUBLASLT_ALGO_CAP_STAGES_IDS) {
    if (written)
      *written = 0;
    return written || bytes ? Outcome() : invalid("sizeWritten is null");
  }
  int64_t answer = 0;
  size_t size = 4;
  switch (attribute) {
  case NPUBLASLT_ALGO_CAP_SPLITK_SUPPORT:
  case NPUBLASLT_ALGO_CAP_REDUCTION_SCHEME_MASK:
  case NPUBLASLT_ALGO_CAP_CTA_SWIZZLING_SUPPORT:
  case NPUBLASLT_ALGO_CAP_UPLO_SUPPORT:
  case NPUBLASLT_ALGO_CAP_CUSTOM_OPTION_MAX:
  case NPUBLASLT_ALGO_CAP_LD_NEGATIVE:
  case NPUBLASLT_ALGO_CAP_ATOMIC_SYNC:
    break;
  case NPUBLASLT_ALGO_CAP_STRIDED_BATCH_SUPPORT:
  case NPUBLASLT_ALGO_CAP_OUT_OF_PLACE_RESULT_SUPPORT:
  case NPUBLASLT_ALGO_CAP_CUSTOM_MEMORY_ORDER:
    answer = 1;
    break;
  case NPUBLASLT_ALGO_CAP_POINTER_MODE_MASK:
    answer = 31;
    break;
  case NPUBLASLT_ALGO_CAP_EPILOGUE_MASK:
    answer = 1023;
    break;
  case NPUBLASLT_ALGO_CAP_NUMERICAL_IMPL_FLAGS:
    size = 8;
    break;
  case NPUBLASLT_ALGO_CAP_MIN_ALIGNMENT_A_BYTES:
  case NPUBLASLT_ALGO_CAP_MIN_ALIGNMENT_B_BYTES:
  case NPUBLASLT_ALGO_CAP_MIN_ALIGNMENT_C_BYTES:
  case NPUBLASLT_ALGO_CAP_MIN_ALIGNMENT_D_BYTES:
    answer = 1;
    break;
  default:
    return invalid("no attribute " + std::to_string(attribute));
  }
  const LtField field = {attribute, 0, size};
  return getField(&answer, &field, 1, attribute, value, bytes, written);
}

} // namespace

bool hasProduct(npublasComputeType_t computeType, int scaleType, int a, int b, int c, int d) {
  const Sums sums = sumsOf(computeType);
  if (hasFp8Product(sums, scaleType, a, b, c, d))
    return true;
  return std::any_of(std::begin(kRows), std::end(kRows), [&](const Row &row) {
    return row.sums == sums && row.scale == scaleType && row.factors == a && row.factors == b &&
           row.c == c && row.d == d;
  });
}

} // namespace npu::blas

using namespace npu::blas;

npublasStatus_t npublasLtMatmulAlgoGetHeuristic(
    npublasLtHandle_t lightHandle, npublasLtMatmulDesc_t operationDesc,
    npublasLtMatrixLayout_t Adesc, npublasLtMatrixLayout_t Bdesc, npublasLtMatrixLayout_t Cdesc,
    npublasLtMatrixLayout_t Ddesc, npublasLtMatmulPreference_t preference, int requestedAlgoCount,
    npublasLtMatmulHeuristicResult_t heuristicResultsArray[], int *returnAlgoCount) {
  return ltEntry("cublasLtMatmulAlgoGetHeuristic", lightHandle, [&]() -> Outcome {
    if (!returnAlgoCount || !heuristicResultsArray || requestedAlgoCount <= 0)
      return invalid("there is no room for a result");
    *returnAlgoCount = 0;
    if (!inside<LtPreference>(preference))
      return invalid("the preference is null or was not initialised");
    if (Outcome bad = checkDescriptors(operationDesc, Adesc, Bdesc, Cdesc, Ddesc); !bad.ok())
      return bad;
    npublasLtMatmulHeuristicResult_t result = {};
    result.algo = algorithm();
    result.state = NPUBLAS_STATUS_SUCCESS;
    result.wavesCount = 1;
    heuristicResultsArray[0] = result;
    *returnAlgoCount = 1;
    return {};
  });
}

npublasStatus_t npublasLtMatmulAlgoGetIds(npublasLtHandle_t lightHandle,
                                          npublasComputeType_t computeType, npuDataType scaleType,
                                          npuDataType Atype, npuDataType Btype, npuDataType Ctype,
                                          npuDataType Dtype, int requestedAlgoCount,
                                          int algoIdsArray[], int *returnAlgoCount) {
  return ltEntry("cublasLtMatmulAlgoGetIds", lightHandle, [&]() -> Outcome {
    if (!returnAlgoCount || !algoIdsArray || requestedAlgoCount <= 0)
      return invalid("there is no room for a result");
    *returnAlgoCount = 0;
    if (!Types{computeType, scaleType, Atype, Btype, Ctype, Dtype}.known())
      return unsupported("cublasLt's table of types has no such product");
    algoIdsArray[0] = 0;
    *returnAlgoCount = 1;
    return {};
  });
}

npublasStatus_t npublasLtMatmulAlgoInit(npublasLtHandle_t lightHandle,
                                        npublasComputeType_t computeType, npuDataType scaleType,
                                        npuDataType Atype, npuDataType Btype, npuDataType Ctype,
                                        npuDataType Dtype, int algoId,
                                        npublasLtMatmulAlgo_t *algo) {
  return ltEntry("cublasLtMatmulAlgoInit", lightHandle, [&]() -> Outcome {
    if (!algo)
      return invalid("algo is null");
    if (!Types{computeType, scaleType, Atype, Btype, Ctype, Dtype}.known())
      return unsupported("cublasLt's table of types has no such product");
    if (algoId < 0)
      return invalid("no algorithm " + std::to_string(algoId));
    *algo = algorithm(); // whichever a program remembers from a GPU
    inside<LtAlgorithm>(algo)->id = algoId;
    return {};
  });
}

npublasStatus_t
npublasLtMatmulAlgoCheck(npublasLtHandle_t lightHandle, npublasLtMatmulDesc_t operationDesc,
                         npublasLtMatrixLayout_t Adesc, npublasLtMatrixLayout_t Bdesc,
                         npublasLtMatrixLayout_t Cdesc, npublasLtMatrixLayout_t Ddesc,
                         const npublasLtMatmulAlgo_t *algo,
                         npublasLtMatmulHeuristicResult_t *result) {
  return ltEntry("cublasLtMatmulAlgoCheck", lightHandle, [&]() -> Outcome {
    if (!result || !inside<LtAlgorithm>(algo))
      return invalid(result ? "algo is null or was not initialised" : "result is null");
    if (Outcome bad = checkDescriptors(operationDesc, Adesc, Bdesc, Cdesc, Ddesc); !bad.ok())
      return bad;
    *result = {};
    result->algo = *algo;
    result->state = NPUBLAS_STATUS_SUCCESS;
    result->wavesCount = 1;
    return {};
  });
}

npublasStatus_t npublasLtMatmulAlgoCapGetAttribute(const npublasLtMatmulAlgo_t *algo,
                                                   npublasLtMatmulAlgoCapAttributes_t attr,
                                                   void *buf, size_t sizeInBytes,
                                                   size_t *sizeWritten) {
  return blasEntry("cublasLtMatmulAlgoCapGetAttribute", [&]() -> Outcome {
    if (!inside<LtAlgorithm>(algo))
      return invalid("algo is null or was not initialised");
    return capability(attr, buf, sizeInBytes, sizeWritten);
  });
}

npublasStatus_t npublasLtMatmulAlgoConfigSetAttribute(npublasLtMatmulAlgo_t *algo,
                                                      npublasLtMatmulAlgoConfigAttributes_t attr,
                                                      const void *buf, size_t sizeInBytes) {
  return blasEntry("cublasLtMatmulAlgoConfigSetAttribute", [&]() -> Outcome {
    LtAlgorithm *found = inside<LtAlgorithm>(algo);
    if (!found)
      return invalid("algo is null or was not initialised");
    return setField(found, kConfiguration, std::size(kConfiguration), attr, buf, sizeInBytes);
  });
}

npublasStatus_t npublasLtMatmulAlgoConfigGetAttribute(const npublasLtMatmulAlgo_t *algo,
                                                      npublasLtMatmulAlgoConfigAttributes_t attr,
                                                      void *buf, size_t sizeInBytes,
                                                      size_t *sizeWritten) {
  return blasEntry("cublasLtMatmulAlgoConfigGetAttribute", [&]() -> Outcome {
    const LtAlgorithm *found = inside<LtAlgorithm>(algo);
    if (!found)
      return invalid("algo is null or was not initialised");
    return getField(found, kConfiguration, std::size(kConfiguration), attr, buf, sizeInBytes,
                    sizeWritten);
  });
}
