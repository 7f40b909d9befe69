// C = alpha * A + beta * B of matrices in CSR. The rows of C are sorted, whatever those of A and B
// are.
#include "arrays.h"

#include <map>

namespace npu::sparse {
namespace {

// The row `line` of both, merged: `add` gets the sum at a column from A and then from B.
template <class T, class LinesA, class LinesB>
std::map<int64_t, T> rowSum(const LinesA &a, T alpha, const LinesB &b, T beta, int64_t line,
                            bool withValues) {
  std::map<int64_t, T> row;
  for (int64_t i = a.begin(line); i < a.end(line); ++i)
    row[a.index(i)] += withValues ? alpha * a.values[i] : T(0);
  for (int64_t i = b.begin(line); i < b.end(line); ++i)
    row[b.index(i)] += withValues ? beta * b.values[i] : T(0);
  return row;
}

// The pattern of a matrix: its values are not read.
SparseMatrix pattern(int m, int n, int nnz, npusparseIndexBase_t base, const int *offsets,
                     const int *indices) {
  return csr(m, n, nnz, base, NPU_R_32F, nullptr, offsets, indices);
}
Outcome checkPattern(const SparseMatrix &A) {
  Arguments check;
  return check.that(A.rows >= 0 && A.columns >= 0 && A.nonzeros >= 0, "a size is negative")
      .memory("a matrix's offsets", A.offsets, A.rows + 1, sizeof(int))
      .memory("a matrix's indices", A.indices, A.nonzeros, sizeof(int))
      .outcome();
}

template <class T>
Outcome sum(const Settings &settings, const void *alpha, const SparseMatrix &A, const void *beta,
            const SparseMatrix &B, int baseC, T *values, const int *offsets, int *indices) {
  Outcome bad = checkPattern(A);
  if (bad.ok())
    bad = checkPattern(B);
  Scalar a, b;
  if (bad.ok())
    bad = a.set(settings, "alpha", alpha, kType<T>);
  if (bad.ok())
    bad = b.set(settings, "beta", beta, kType<T>);
  Arguments check;
  check.memory("A's values", A.values, A.nonzeros, sizeof(T))
      .memory("B's values", B.values, B.nonzeros, sizeof(T))
      .memory("C's offsets", offsets, A.rows + 1, sizeof(int));
  if (!bad.ok())
    return bad;
  return enqueueChecked(settings, check, [=] {
    const int64_t nonzeros = offsets[A.rows] - baseC;
    if (nonzeros < 0 || !core::deviceCanReach(values, size_t(nonzeros) * sizeof(T)) ||
        !core::deviceCanReach(indices, size_t(nonzeros) * sizeof(int)))
      failOnIndices("C");
    withLines<T>(A, [&](const auto &linesA) {
      withLines<T>(B, [&](const auto &linesB) {
        for (int64_t line = 0; line < A.rows; ++line) {
          int64_t at = offsets[line] - baseC;
          for (const auto &[column, value] :
               rowSum<T>(linesA, a.get<T>(), linesB, b.get<T>(), line, true)) {
            if (at < 0 || at >= offsets[line + 1] - baseC)
              failOnIndices("C has not the pattern of cusparseXcsrgeam2Nnz: it");
            indices[at] = int(column + baseC);
            values[at++] = value;
          }
        }
      });
    });
  });
}

Outcome generalOnes(std::initializer_list<npusparseMatDescr_t> descrs) {
  for (npusparseMatDescr_t descr : descrs)
    if (Outcome bad = general(descr); !bad.ok())
      return bad;
  return {};
}

npusparseStatus_t countSum(const char *name, npusparseHandle_t handle, int m, int n,
                           npusparseMatDescr_t descrA, int nnzA, const int *csrRowPtrA,
                           const int *csrColIndA, npusparseMatDescr_t descrB, int nnzB,
                           const int *csrRowPtrB, const int *csrColIndB, npusparseMatDescr_t descrC,
                           int *csrRowPtrC, int *nnzTotal) {
  return entry(name, handle, [&](const Settings &settings) -> Outcome {
    if (Outcome bad = generalOnes({descrA, descrB, descrC}); !bad.ok())
      return bad;
    const SparseMatrix A = pattern(m, n, nnzA, descrA->base, csrRowPtrA, csrColIndA),
                       B = pattern(m, n, nnzB, descrB->base, csrRowPtrB, csrColIndB);
    Outcome bad = checkPattern(A);
    if (bad.ok())
      bad = checkPattern(B);
    Arguments check;
    check.that(nnzTotal, "the total's address is null")
        .memory("C's offsets", csrRowPtrC, int64_t(m) + 1, sizeof(int));
    const bool device = settings.pointerMode == NPUSPARSE_POINTER_MODE_DEVICE;
    if (device)
      check.memory("the total", nnzTotal, 1, sizeof(int));
    if (!bad.ok() || !check.ok())
      return bad.ok() ? check.outcome() : bad;
    const auto work = [=, base = int(descrC->base)] {
      withLines<float>(A, [&](const auto &a) {
        withLines<float>(B, [&](const auto &b) {
          int total = 0;
          for (int line = 0; line < m; ++line) {
            csrRowPtrC[line] = total + base;
            total += int(rowSum<float>(a, 0, b, 0, line, false).size());
          }
          csrRowPtrC[m] = total + base;
          *nnzTotal = total;
        });
      });
    };
    return device ? enqueue(settings, work) : runNow(settings, work);
  });
}

} // namespace
} // namespace npu::sparse

using namespace npu::sparse;

extern "C" {

npusparseStatus_t npusparseXcsrgeam2Nnz(npusparseHandle_t handle, int m, int n,
                                        npusparseMatDescr_t descrA, int nnzA, const int *csrRowPtrA,
                                        const int *csrColIndA, npusparseMatDescr_t descrB, int nnzB,
                                        const int *csrRowPtrB, const int *csrColIndB,
                                        npusparseMatDescr_t descrC, int *csrRowPtrC, int *nnzTotal,
                                        void *) {
  return countSum("cusparseXcsrgeam2Nnz", handle, m, n, descrA, nnzA, csrRowPtrA, csrColIndA,
                  descrB, nnzB, csrRowPtrB, csrColIndB, descrC, csrRowPtrC, nnzTotal);
}
npusparseStatus_t npusparseXcsrgeamNnz NPU_SPARSE_GEAM_NNZ_OLD {
  return countSum("cusparseXcsrgeamNnz", handle, m, n, descrA, nnzA, csrSortedRowPtrA,
                  csrSortedColIndA, descrB, nnzB, csrSortedRowPtrB, csrSortedColIndB, descrC,
                  csrSortedRowPtrC, nnzTotal);
}

#define RUN(name, T)                                                                               \
  return entry("cusparse" #name, handle, [&](const Settings &settings) -> Outcome {                \
    if (Outcome bad = generalOnes({descrA, descrB, descrC}); !bad.ok())                            \
      return bad;                                                                                  \
    const npuDataType type = kType<Element<T>>;                                                    \
    return sum(                                                                                    \
        settings, alpha,                                                                           \
        csr(m, n, nnzA, descrA->base, type, csrSortedValA, csrSortedRowPtrA, csrSortedColIndA),    \
        beta,                                                                                      \
        csr(m, n, nnzB, descrB->base, type, csrSortedValB, csrSortedRowPtrB, csrSortedColIndB),    \
        descrC->base, elements(csrSortedValC), csrSortedRowPtrC, csrSortedColIndC);                \
  });
#define FUNCTIONS(letter, T)                                                                       \
  npusparseStatus_t npusparse##letter##csrgeam2_bufferSizeExt NPU_SPARSE_GEAM_SIZE(T) {            \
    return entry("cusparse" #letter "csrgeam2_bufferSizeExt", handle,                              \
                 [&](const Settings &) -> Outcome {                                                \
                   (void)m, (void)n, (void)alpha, (void)beta, (void)nnzA, (void)nnzB;              \
                   (void)csrSortedValA, (void)csrSortedRowPtrA, (void)csrSortedColIndA;            \
                   (void)csrSortedValB, (void)csrSortedRowPtrB, (void)csrSortedColIndB;            \
                   (void)csrSortedValC, (void)csrSortedRowPtrC, (void)csrSortedColIndC;            \
                   Outcome bad = generalOnes({descrA, descrB, descrC});                            \
                   return bad.ok() ? giveBufferSize(bufferSize) : bad;                             \
                 });                                                                               \
  }                                                                                                \
  npusparseStatus_t npusparse##letter##csrgeam2 NPU_SPARSE_GEAM_RUN(T){                            \
      RUN(letter##csrgeam2, T)} npusparseStatus_t npusparse##letter##csrgeam                       \
  NPU_SPARSE_GEAM_OLD(T) {                                                                         \
    RUN(letter##csrgeam, T)                                                                        \
  }
FOR_EACH_TYPE(FUNCTIONS)

} // extern "C"
