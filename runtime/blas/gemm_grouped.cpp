// Groups of matrix products: each group is one batched product, the arrays of pointers of all
// groups lie one behind the other. Sizes, leading dimensions and scalars are arrays of the host,
// one element a group.
#include "arguments.h"
#include "entry_points.h"
#include "gemm.h"

namespace npu::blas {
namespace {

template <typename I> struct Groups {
  const npublasOperation_t *transA, *transB;
  const I *m, *n, *k;
  const void *alpha;
  const void *const *A;
  const I *lda;
  const void *const *B;
  const I *ldb;
  const void *beta;
  const void *const *C;
  const I *ldc;
  I count;
  const I *sizes;
};

template <typename I>
Outcome runGroups(const Settings &settings, GemmCall call, const Groups<I> &groups) {
  Arguments check;
  if (!check.size("group_count", groups.count).ok() || groups.count == 0)
    return check.outcome();
  for (const void *array : {(const void *)groups.transA, (const void *)groups.transB,
                            (const void *)groups.m, (const void *)groups.n, (const void *)groups.k,
                            groups.alpha, (const void *)groups.lda, (const void *)groups.ldb,
                            groups.beta, (const void *)groups.ldc, (const void *)groups.sizes})
    if (!check.notNull("an array of the groups", array).ok())
      return check.outcome();
  const size_t scalarBytes = formatBits(call.scale) / 8;
  Settings host = settings; // the scalars are the host's in either pointer mode
  host.pointerMode = NPUBLAS_POINTER_MODE_HOST;
  int64_t first = 0;
  for (int64_t group = 0; group < int64_t(groups.count); ++group) {
    call.pointerArrays = true;
    call.transA = groups.transA[group], call.transB = groups.transB[group];
    call.m = groups.m[group], call.n = groups.n[group], call.k = groups.k[group];
    call.alpha = static_cast<const char *>(groups.alpha) + size_t(group) * scalarBytes;
    call.beta = static_cast<const char *>(groups.beta) + size_t(group) * scalarBytes;
    call.a.leading = groups.lda[group], call.b.leading = groups.ldb[group];
    call.c.leading = groups.ldc[group];
    call.batchCount = groups.sizes[group];
    call.a.array = groups.A ? groups.A + first : nullptr;
    call.b.array = groups.B ? groups.B + first : nullptr;
    call.c.array = groups.C ? groups.C + first : nullptr;
    if (Outcome bad = runGemm(host, call); !bad.ok())
      return bad;
    first += call.batchCount;
  }
  return {};
}

template <Format kFormat, typename I, typename Array, typename Results>
npublasStatus_t grouped(const char *caller, npublasHandle_t handle,
                        const npublasOperation_t *transA, const npublasOperation_t *transB,
                        const I *m, const I *n, const I *k, const void *alpha, Array A,
                        const I *lda, Array B, const I *ldb, const void *beta, Results C,
                        const I *ldc, I groupCount, const I *groupSize) {
  return blasEntry(caller, handle, [&](const Settings &settings) {
    GemmCall call;
    call.caller = caller;
    call.a.format = call.b.format = call.c.format = call.scale = kFormat;
    call.math = mathFor(settings, kFormat);
    return runGroups<I>(settings, call,
                        {transA, transB, m, n, k, alpha, (const void *const *)A, lda,
                         (const void *const *)B, ldb, beta, (const void *const *)C, ldc, groupCount,
                         groupSize});
  });
}

template <typename I>
npublasStatus_t
groupedEx(const char *caller, npublasHandle_t handle, const npublasOperation_t *transA,
          const npublasOperation_t *transB, const I *m, const I *n, const I *k, const void *alpha,
          const void *const *A, npuDataType aType, const I *lda, const void *const *B,
          npuDataType bType, const I *ldb, const void *beta, void *const *C, npuDataType cType,
          const I *ldc, I groupCount, const I *groupSize, npublasComputeType_t computeType) {
  return blasEntry(caller, handle, [&](const Settings &settings) -> Outcome {
    GemmCall call;
    call.caller = caller;
    if (Outcome bad = chooseProduct(settings, aType, bType, cType, computeType, call); !bad.ok())
      return bad;
    return runGroups<I>(
        settings, call,
        {transA, transB, m, n, k, alpha, A, lda, B, ldb, beta, C, ldc, groupCount, groupSize});
  });
}

} // namespace
} // namespace npu::blas

using namespace npu;
using namespace npu::blas;

#define GROUPED(name, T, format)                                                                   \
  BLAS_SIZED(name, GEMM_GROUPED, grouped<Format::format>,                                          \
             (handle, transa_array, transb_array, m_array, n_array, k_array, alpha_array, Aarray,  \
              lda_array, Barray, ldb_array, beta_array, Carray, ldc_array, group_count,            \
              group_size),                                                                         \
             T)
GROUPED(SgemmGroupedBatched, float, F32)
GROUPED(DgemmGroupedBatched, double, F64)
BLAS_SIZED(GemmGroupedBatchedEx, GEMM_GROUPED_EX, groupedEx,
           (handle, transa_array, transb_array, m_array, n_array, k_array, alpha_array, Aarray,
            Atype, lda_array, Barray, Btype, ldb_array, beta_array, Carray, Ctype, ldc_array,
            group_count, group_size, computeType),
           void)
