// Conversions of arrays between the formats: offsets and rows, orders, transposes, dense matrices.
#include "arrays.h"

#include <algorithm>

namespace npu::sparse {
namespace {

// Sorts parts of `keys` (and `companions`), and the permutation with them when it is given.
void sortTogether(int64_t begin, int64_t end, int *keys, int *companions, int *permutation) {
  std::vector<int64_t> order(size_t(end - begin));
  std::iota(order.begin(), order.end(), begin);
  std::stable_sort(order.begin(), order.end(), [&](int64_t a, int64_t b) {
    return keys[a] != keys[b] ? keys[a] < keys[b] : companions && companions[a] < companions[b];
  });
  for (int *array : {keys, companions, permutation}) {
    if (!array)
      continue;
    std::vector<int> sorted;
    for (int64_t from : order)
      sorted.push_back(array[from]);
    std::copy(sorted.begin(), sorted.end(), array + begin);
  }
}

npusparseStatus_t sortLines(const char *name, npusparseHandle_t handle, int lines, int nnz,
                            npusparseMatDescr_t descr, const int *offsets, int *indices,
                            int *permutation) {
  return entry(name, handle, [&](const Settings &settings) -> Outcome {
    Arguments check;
    check.live("the matrix's descriptor is not one", descr)
        .that(lines >= 0 && nnz >= 0, "a size is negative")
        .memory("the offsets", offsets, int64_t(lines) + 1, sizeof(int))
        .memory("the indices", indices, nnz, sizeof(int));
    if (permutation)
      check.memory("the permutation", permutation, nnz, sizeof(int));
    const int base = check.ok() ? descr->base : 0;
    return enqueueChecked(settings, check, [=] {
      for (int line = 0; line < lines; ++line) {
        const int64_t begin = offsets[line] - base, end = offsets[line + 1] - base;
        if (begin < 0 || begin > end || end > nnz)
          failOnIndices("a sparse matrix");
        sortTogether(begin, end, indices, nullptr, permutation);
      }
    });
  });
}

npusparseStatus_t sortCoordinates(const char *name, npusparseHandle_t handle, int nnz, int *first,
                                  int *second, int *permutation) {
  return entry(name, handle, [&](const Settings &settings) -> Outcome {
    Arguments check;
    check.that(nnz >= 0, "nnz is negative")
        .memory("the rows", first, nnz, sizeof(int))
        .memory("the columns", second, nnz, sizeof(int));
    if (permutation)
      check.memory("the permutation", permutation, nnz, sizeof(int));
    return enqueueChecked(settings, check,
                          [=] { sortTogether(0, nnz, first, second, permutation); });
  });
}

npusparseStatus_t sortBuffer(const char *name, npusparseHandle_t handle, size_t *bufferSize) {
  return entry(name, handle, [&](const Settings &) { return giveBufferSize(bufferSize); });
}

Outcome transpose(const Settings &settings, const SparseMatrix &A, void *values, int *indices,
                  int *offsets, npusparseAction_t action) {
  Arguments check;
  check.memory("the offsets", A.offsets, A.rows + 1, sizeof(int))
      .memory("the indices", A.indices, A.nonzeros, sizeof(int))
      .memory("the new indices", indices, A.nonzeros, sizeof(int))
      .memory("the new offsets", offsets, A.columns + 1, sizeof(int));
  const bool copies = action == NPUSPARSE_ACTION_NUMERIC;
  const size_t bytes = bytesOf(A.type);
  if (copies)
    check.memory("the values", A.values, A.nonzeros, bytes)
        .memory("the new values", values, A.nonzeros, bytes);
  return enqueueChecked(settings, check, [=] {
    // The values are moved, whatever they are.
    SparseMatrix pattern = A;
    pattern.type = NPU_R_32F;
    pattern.values = nullptr;
    withLines<float>(pattern, [&](const auto &lines) {
      std::vector<int64_t> next(size_t(A.columns) + 1);
      // Elements beyond the last row's are none of the matrix.
      for (int64_t i = 0, last = lines.count ? lines.end(lines.count - 1) : 0; i < last; ++i)
        ++next[size_t(lines.index(i)) + 1];
      std::partial_sum(next.begin(), next.end(), next.begin());
      for (int64_t column = 0; column <= A.columns; ++column)
        offsets[column] = int(next[size_t(column)] + A.base);
      for (int64_t line = 0; line < lines.count; ++line)
        for (int64_t i = lines.begin(line); i < lines.end(line); ++i) {
          const int64_t place = next[size_t(lines.index(i))]++;
          indices[place] = int(line + A.base);
          if (copies)
            std::memcpy(static_cast<char *>(values) + size_t(place) * bytes,
                        static_cast<const char *>(A.values) + size_t(i) * bytes, bytes);
        }
    });
  });
}

template <class T>
npusparseStatus_t
countNonzeros(const char *name, npusparseHandle_t handle, npusparseDirection_t direction, int m,
              int n, npusparseMatDescr_t descr, const T *A, int lda, int *counts, int *total) {
  return entry(name, handle, [&](const Settings &settings) -> Outcome {
    if (Outcome bad = general(descr); !bad.ok())
      return bad;
    const bool byRows = direction == NPUSPARSE_DIRECTION_ROW;
    const bool device = settings.pointerMode == NPUSPARSE_POINTER_MODE_DEVICE;
    Arguments check;
    check.that(m >= 0 && n >= 0 && lda >= std::max(1, m), "a size is negative or lda is too small")
        .that(total, "the total's address is null")
        .memory("A", A, m && n ? int64_t(n - 1) * lda + m : 0, sizeof(T))
        .memory("the counts", counts, byRows ? m : n, sizeof(int));
    if (device)
      check.memory("the total", total, 1, sizeof(int));
    if (!check.ok())
      return check.outcome();
    const auto work = [=] {
      std::fill(counts, counts + (byRows ? m : n), 0);
      int sum = 0;
      for (int column = 0; column < n; ++column)
        for (int row = 0; row < m; ++row)
          if (A[int64_t(column) * lda + row] != T(0))
            ++counts[byRows ? row : column], ++sum;
      *total = sum;
    };
    return device ? enqueue(settings, work) : runNow(settings, work);
  });
}

// A dense matrix by columns as lines: of rows for CSR, of columns for CSC.
template <class T> struct DenseLines {
  T *data;
  int64_t count, across, lineStride, acrossStride;
  DenseLines(T *data, int m, int n, int lda, bool columns)
      : data(data), count(columns ? n : m), across(columns ? m : n), lineStride(columns ? lda : 1),
        acrossStride(columns ? 1 : lda) {}
  T &at(int64_t line, int64_t index) const {
    return data[line * lineStride + index * acrossStride];
  }
};

Outcome checkDense(npusparseMatDescr_t descr, int m, int n, const void *A, int lda, size_t bytes) {
  if (Outcome bad = general(descr); !bad.ok())
    return bad;
  Arguments check;
  return check
      .that(m >= 0 && n >= 0 && lda >= std::max(1, m), "a size is negative or lda is too small")
      .memory("A", A, m && n ? int64_t(n - 1) * lda + m : 0, bytes)
      .outcome();
}

template <class T>
npusparseStatus_t fromDense(const char *name, npusparseHandle_t handle, npusparseMatDescr_t descr,
                            int m, int n, const T *A, int lda, bool columns, const int *counts,
                            T *values, int *offsets, int *indices) {
  return entry(name, handle, [&](const Settings &settings) -> Outcome {
    if (Outcome bad = checkDense(descr, m, n, A, lda, sizeof(T)); !bad.ok())
      return bad;
    const DenseLines<const T> dense(A, m, n, lda, columns);
    Arguments check;
    check.memory("the counts", counts, dense.count, sizeof(int))
        .memory("the offsets", offsets, dense.count + 1, sizeof(int));
    const int base = descr->base;
    return enqueueChecked(settings, check, [=] {
      int count = 0;
      for (int64_t line = 0; line < dense.count; ++line) {
        offsets[line] = count + base;
        const int last = count + counts[line];
        if (!core::deviceCanReach(values, size_t(last) * sizeof(T)) ||
            !core::deviceCanReach(indices, size_t(last) * sizeof(int)))
          failOnIndices("the new matrix is too small: it");
        for (int64_t index = 0; index < dense.across; ++index)
          if (const T value = dense.at(line, index); value != T(0)) {
            if (count == last)
              failOnIndices("a line has more elements than its count says: the matrix");
            indices[count] = int(index + base);
            values[count++] = value;
          }
        count = last;
      }
      offsets[dense.count] = count + base;
    });
  });
}

template <class T>
npusparseStatus_t toDense(const char *name, npusparseHandle_t handle, npusparseMatDescr_t descr,
                          int m, int n, const T *values, const int *offsets, const int *indices,
                          T *A, int lda, bool columns) {
  return entry(name, handle, [&](const Settings &settings) -> Outcome {
    if (Outcome bad = checkDense(descr, m, n, A, lda, sizeof(T)); !bad.ok())
      return bad;
    const DenseLines<T> dense(A, m, n, lda, columns);
    Arguments check;
    check.memory("the offsets", offsets, dense.count + 1, sizeof(int));
    const npusparseIndexBase_t base = descr->base;
    return enqueueChecked(settings, check, [=] {
      const int64_t nonzeros = offsets[dense.count] - base;
      Arguments reach;
      const SparseMatrix matrix =
          csr(dense.count, dense.across, nonzeros, base, kType<T>, values, offsets, indices);
      if (nonzeros < 0 || !memoryOf(reach, matrix).ok())
        failOnIndices("a sparse matrix");
      for (int column = 0; column < n; ++column)
        std::fill_n(A + int64_t(column) * lda, m, T(0));
      withLines<T>(matrix, [&](const auto &lines) {
        for (int64_t line = 0; line < lines.count; ++line)
          for (int64_t i = lines.begin(line); i < lines.end(line); ++i)
            dense.at(line, lines.index(i)) = lines.values[i];
      });
    });
  });
}

} // namespace
} // namespace npu::sparse

using namespace npu::sparse;

extern "C" {

npusparseStatus_t npusparseXcoo2csr(npusparseHandle_t handle, const int *cooRowInd, int nnz, int m,
                                    int *csrRowPtr, npusparseIndexBase_t base) {
  return entry("cusparseXcoo2csr", handle, [&](const Settings &settings) -> Outcome {
    Arguments check;
    check.that(m >= 0 && nnz >= 0, "a size is negative")
        .memory("the rows", cooRowInd, nnz, sizeof(int))
        .memory("the offsets", csrRowPtr, int64_t(m) + 1, sizeof(int));
    return enqueueChecked(settings, check, [=] {
      std::vector<int> counts(size_t(m) + 1);
      for (int i = 0; i < nnz; ++i) {
        if (cooRowInd[i] < base || cooRowInd[i] - base >= m)
          failOnIndices("a sparse matrix");
        ++counts[size_t(cooRowInd[i] - base) + 1];
      }
      std::partial_sum(counts.begin(), counts.end(), counts.begin());
      for (int row = 0; row <= m; ++row)
        csrRowPtr[row] = counts[size_t(row)] + base;
    });
  });
}

npusparseStatus_t npusparseXcsr2coo(npusparseHandle_t handle, const int *csrRowPtr, int nnz, int m,
                                    int *cooRowInd, npusparseIndexBase_t base) {
  return entry("cusparseXcsr2coo", handle, [&](const Settings &settings) -> Outcome {
    Arguments check;
    check.that(m >= 0 && nnz >= 0, "a size is negative")
        .memory("the offsets", csrRowPtr, int64_t(m) + 1, sizeof(int))
        .memory("the rows", cooRowInd, nnz, sizeof(int));
    return enqueueChecked(settings, check, [=] {
      for (int row = 0; row < m; ++row)
        for (int i = csrRowPtr[row] - base; i < csrRowPtr[row + 1] - base; ++i) {
          if (i < 0 || i >= nnz)
            failOnIndices("a sparse matrix");
          cooRowInd[i] = row + base;
        }
    });
  });
}

npusparseStatus_t npusparseCreateIdentityPermutation(npusparseHandle_t handle, int n, int *p) {
  return entry("cusparseCreateIdentityPermutation", handle, [&](const Settings &settings) {
    Arguments check;
    check.that(n >= 0, "n is negative").memory("p", p, n, sizeof(int));
    return enqueueChecked(settings, check, [=] { std::iota(p, p + n, 0); });
  });
}

npusparseStatus_t npusparseXcsrsort_bufferSizeExt(npusparseHandle_t handle, int, int, int,
                                                  const int *, const int *, size_t *bufferSize) {
  return sortBuffer("cusparseXcsrsort_bufferSizeExt", handle, bufferSize);
}
npusparseStatus_t npusparseXcsrsort(npusparseHandle_t handle, int m, int, int nnz,
                                    npusparseMatDescr_t descrA, const int *csrRowPtr,
                                    int *csrColInd, int *p, void *) {
  return sortLines("cusparseXcsrsort", handle, m, nnz, descrA, csrRowPtr, csrColInd, p);
}
npusparseStatus_t npusparseXcscsort_bufferSizeExt(npusparseHandle_t handle, int, int, int,
                                                  const int *, const int *, size_t *bufferSize) {
  return sortBuffer("cusparseXcscsort_bufferSizeExt", handle, bufferSize);
}
npusparseStatus_t npusparseXcscsort(npusparseHandle_t handle, int, int n, int nnz,
                                    npusparseMatDescr_t descrA, const int *cscColPtr,
                                    int *cscRowInd, int *p, void *) {
  return sortLines("cusparseXcscsort", handle, n, nnz, descrA, cscColPtr, cscRowInd, p);
}
npusparseStatus_t npusparseXcoosort_bufferSizeExt(npusparseHandle_t handle, int, int, int,
                                                  const int *, const int *, size_t *bufferSize) {
  return sortBuffer("cusparseXcoosort_bufferSizeExt", handle, bufferSize);
}
npusparseStatus_t npusparseXcoosortByRow(npusparseHandle_t handle, int, int, int nnz, int *cooRows,
                                         int *cooCols, int *p, void *) {
  return sortCoordinates("cusparseXcoosortByRow", handle, nnz, cooRows, cooCols, p);
}
npusparseStatus_t npusparseXcoosortByColumn(npusparseHandle_t handle, int, int, int nnz,
                                            int *cooRows, int *cooCols, int *p, void *) {
  return sortCoordinates("cusparseXcoosortByColumn", handle, nnz, cooCols, cooRows, p);
}

npusparseStatus_t npusparseCsr2cscEx2_bufferSize NPU_SPARSE_CSR_CSC_EX(size_t *bufferSize) {
  return entry("cusparseCsr2cscEx2_bufferSize", handle, [&](const Settings &) -> Outcome {
    (void)csrVal, (void)csrRowPtr, (void)csrColInd, (void)cscVal, (void)cscColPtr;
    (void)cscRowInd, (void)copyValues, (void)base;
    if (m < 0 || n < 0 || nnz < 0 || !bytesOf(valueType))
      return invalid("a size is negative, or the format of the values is not supported");
    return giveBufferSize(bufferSize);
  });
}
npusparseStatus_t npusparseCsr2cscEx2 NPU_SPARSE_CSR_CSC_EX(void *) {
  return entry("cusparseCsr2cscEx2", handle, [&](const Settings &settings) -> Outcome {
    if (m < 0 || n < 0 || nnz < 0 || !bytesOf(valueType))
      return invalid("a size is negative, or the format of the values is not supported");
    return transpose(settings, csr(m, n, nnz, base, valueType, csrVal, csrRowPtr, csrColInd),
                     cscVal, cscRowInd, cscColPtr, copyValues);
  });
}

#define FUNCTIONS(letter, T)                                                                       \
  npusparseStatus_t npusparse##letter##csr2csc NPU_SPARSE_CSR_CSC(T) {                             \
    return entry("cusparse" #letter "csr2csc", handle, [&](const Settings &settings) -> Outcome {  \
      if (m < 0 || n < 0 || nnz < 0)                                                               \
        return invalid("a size is negative");                                                      \
      return transpose(                                                                            \
          settings,                                                                                \
          csr(m, n, nnz, base, kType<Element<T>>, csrSortedVal, csrSortedRowPtr, csrSortedColInd), \
          cscSortedVal, cscSortedRowInd, cscSortedColPtr, copyValues);                             \
    });                                                                                            \
  }                                                                                                \
  npusparseStatus_t npusparse##letter##nnz NPU_SPARSE_NNZ(T) {                                     \
    return countNonzeros("cusparse" #letter "nnz", handle, direction, m, n, descrA, elements(A),   \
                         lda, nnzPerRowCol, nnzTotal);                                             \
  }                                                                                                \
  npusparseStatus_t npusparse##letter##dense2csr NPU_SPARSE_DENSE_CSR(T) {                         \
    return fromDense("cusparse" #letter "dense2csr", handle, descrA, m, n, elements(A), lda,       \
                     false, nnzPerRow, elements(csrSortedValA), csrSortedRowPtrA,                  \
                     csrSortedColIndA);                                                            \
  }                                                                                                \
  npusparseStatus_t npusparse##letter##csr2dense NPU_SPARSE_CSR_DENSE(T) {                         \
    return toDense("cusparse" #letter "csr2dense", handle, descrA, m, n, elements(csrSortedValA),  \
                   csrSortedRowPtrA, csrSortedColIndA, elements(A), lda, false);                   \
  }                                                                                                \
  npusparseStatus_t npusparse##letter##dense2csc NPU_SPARSE_DENSE_CSC(T) {                         \
    return fromDense("cusparse" #letter "dense2csc", handle, descrA, m, n, elements(A), lda, true, \
                     nnzPerCol, elements(cscSortedValA), cscSortedColPtrA, cscSortedRowIndA);      \
  }                                                                                                \
  npusparseStatus_t npusparse##letter##csc2dense NPU_SPARSE_CSC_DENSE(T) {                         \
    return toDense("cusparse" #letter "csc2dense", handle, descrA, m, n, elements(cscSortedValA),  \
                   cscSortedColPtrA, cscSortedRowIndA, elements(A), lda, true);                    \
  }
FOR_EACH_TYPE(FUNCTIONS)

} // extern "C"
