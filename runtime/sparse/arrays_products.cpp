// Products of a matrix in arrays of CSR with a vector and with a dense matrix.
#include "arrays.h"
#include "products.h"

namespace npu::sparse {
namespace {

template <class T>
npusparseStatus_t
vectorProduct(const char *name, npusparseHandle_t handle, npusparseOperation_t transA, int m, int n,
              int nnz, const void *alpha, npusparseMatDescr_t descrA, const T *values,
              const int *offsets, const int *indices, const T *x, const void *beta, T *y) {
  return entry(name, handle, [&](const Settings &settings) -> Outcome {
    if (Outcome bad = general(descrA); !bad.ok())
      return bad;
    Arguments check;
    check.that(m >= 0 && n >= 0 && nnz >= 0, "a size is negative");
    const SparseMatrix A = csr(m, n, nnz, descrA->base, kType<T>, values, offsets, indices);
    const bool plain = transA == NPUSPARSE_OPERATION_NON_TRANSPOSE;
    const int ySize = plain ? m : n;
    memoryOf(check, A).memory("x", x, plain ? n : m, sizeof(T)).memory("y", y, ySize, sizeof(T));
    Scalar a, b;
    Outcome bad = a.set(settings, "alpha", alpha, kType<T>);
    if (bad.ok())
      bad = b.set(settings, "beta", beta, kType<T>);
    if (!bad.ok())
      return bad;
    return enqueueChecked(settings, check, [=] {
      withLines<T>(A, [&](const auto &lines) {
        multiplyVector(lines, accessOf(A, transA), a.get<T>(), x, b.get<T>(), y, ySize);
      });
    });
  });
}

template <class T>
npusparseStatus_t
matrixProduct(const char *name, npusparseHandle_t handle, npusparseOperation_t transA,
              npusparseOperation_t transB, int m, int n, int k, int nnz, const void *alpha,
              npusparseMatDescr_t descrA, const T *values, const int *offsets, const int *indices,
              const T *B, int ldb, const void *beta, T *C, int ldc) {
  return entry(name, handle, [&](const Settings &settings) -> Outcome {
    if (Outcome bad = general(descrA); !bad.ok())
      return bad;
    const bool plainA = transA == NPUSPARSE_OPERATION_NON_TRANSPOSE,
               plainB = transB == NPUSPARSE_OPERATION_NON_TRANSPOSE;
    const int64_t cRows = plainA ? m : k, depth = plainA ? k : m;
    Arguments check;
    check.that(m >= 0 && n >= 0 && k >= 0 && nnz >= 0, "a size is negative")
        .that(ldb >= std::max<int64_t>(1, plainB ? depth : n), "ldb is too small")
        .that(ldc >= std::max<int64_t>(1, cRows), "ldc is too small");
    const SparseMatrix A = csr(m, k, nnz, descrA->base, kType<T>, values, offsets, indices);
    const int64_t bColumns = plainB ? n : depth, bRows = plainB ? depth : n;
    memoryOf(check, A)
        .memory("B", B, bColumns && bRows ? (bColumns - 1) * ldb + bRows : 0, sizeof(T))
        .memory("C", C, n && cRows ? int64_t(n - 1) * ldc + cRows : 0, sizeof(T));
    Scalar a, b;
    Outcome bad = a.set(settings, "alpha", alpha, kType<T>);
    if (bad.ok())
      bad = b.set(settings, "beta", beta, kType<T>);
    if (!bad.ok())
      return bad;
    return enqueueChecked(settings, check, [=] {
      withLines<T>(A, [&](const auto &lines) {
        multiplyMatrix(lines, accessOf(A, transA), a.get<T>(),
                       plainB ? Strided<const T>{B, 1, ldb} : Strided<const T>{B, ldb, 1},
                       transB == NPUSPARSE_OPERATION_CONJUGATE_TRANSPOSE, b.get<T>(),
                       Strided<T>{C, 1, ldc}, cRows, n);
      });
    });
  });
}

} // namespace
} // namespace npu::sparse

using namespace npu::sparse;

#define FUNCTIONS(letter, T)                                                                       \
  npusparseStatus_t npusparse##letter##csrmv_mp NPU_SPARSE_CSRMV(T) {                              \
    return vectorProduct("cusparse" #letter "csrmv_mp", handle, transA, m, n, nnz, alpha, descrA,  \
                         elements(csrSortedValA), csrSortedRowPtrA, csrSortedColIndA, elements(x), \
                         beta, elements(y));                                                       \
  }                                                                                                \
  npusparseStatus_t npusparse##letter##csrmv NPU_SPARSE_CSRMV(T) {                                 \
    return vectorProduct("cusparse" #letter "csrmv", handle, transA, m, n, nnz, alpha, descrA,     \
                         elements(csrSortedValA), csrSortedRowPtrA, csrSortedColIndA, elements(x), \
                         beta, elements(y));                                                       \
  }                                                                                                \
  npusparseStatus_t npusparse##letter##csrmm NPU_SPARSE_CSRMM(T) {                                 \
    return matrixProduct("cusparse" #letter "csrmm", handle, transA,                               \
                         NPUSPARSE_OPERATION_NON_TRANSPOSE, m, n, k, nnz, alpha, descrA,           \
                         elements(csrSortedValA), csrSortedRowPtrA, csrSortedColIndA, elements(B), \
                         ldb, beta, elements(C), ldc);                                             \
  }                                                                                                \
  npusparseStatus_t npusparse##letter##csrmm2 NPU_SPARSE_CSRMM2(T) {                               \
    return matrixProduct("cusparse" #letter "csrmm2", handle, transA, transB, m, n, k, nnz, alpha, \
                         descrA, elements(csrSortedValA), csrSortedRowPtrA, csrSortedColIndA,      \
                         elements(B), ldb, beta, elements(C), ldc);                                \
  }

extern "C" {
FOR_EACH_TYPE(FUNCTIONS)
}
