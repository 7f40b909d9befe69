// Incomplete factorisations without fill-in, in place on arrays of CSR whose rows are sorted:
// LU (csrilu02) and Cholesky (csric02, the lower triangle). The position of the first zero pivot
// stays with the info until it is asked for: an analysis finds diagonal elements that are not
// there, a factorisation those that are zero, too.
#include "arrays.h"

#include <atomic>

struct csrilu02Info {
  std::shared_ptr<std::atomic<int>> zeroPivot = std::make_shared<std::atomic<int>>(-1);
};
struct csric02Info : csrilu02Info {};

namespace npu::sparse {
namespace {

// A row's element at `column`; -1 when it has none. The rows are sorted.
template <class L> int64_t find(const L &lines, int64_t row, int64_t column) {
  int64_t low = lines.begin(row), high = lines.end(row);
  while (low < high) {
    const int64_t middle = (low + high) / 2;
    if (lines.index(middle) < column)
      low = middle + 1;
    else
      high = middle;
  }
  return low < lines.end(row) && lines.index(low) == column ? low : -1;
}

// The first row without a diagonal element, or -1.
template <class L> int64_t missingPivot(const L &lines) {
  for (int64_t row = 0; row < lines.count; ++row)
    if (find(lines, row, row) < 0)
      return row;
  return -1;
}

// Returns the row of the first pivot that is missing or zero, or -1.
template <class L, class T> int64_t factorLu(const L &lines, T *values) {
  int64_t zero = -1;
  for (int64_t row = 0; row < lines.count; ++row) {
    for (int64_t i = lines.begin(row); i < lines.end(row) && lines.index(i) < row; ++i) {
      const int64_t above = lines.index(i);
      const int64_t pivot = find(lines, above, above);
      if (pivot < 0)
        continue;
      values[i] /= values[pivot];
      for (int64_t j = pivot + 1; j < lines.end(above); ++j)
        if (const int64_t at = find(lines, row, lines.index(j)); at >= 0)
          values[at] -= values[i] * values[j];
    }
    const int64_t pivot = find(lines, row, row);
    if (zero < 0 && (pivot < 0 || values[pivot] == T(0)))
      zero = row;
  }
  return zero;
}

template <class L, class T> int64_t factorCholesky(const L &lines, T *values) {
  int64_t zero = missingPivot(lines);
  for (int64_t row = 0; row < lines.count; ++row)
    for (int64_t i = lines.begin(row); i < lines.end(row) && lines.index(i) <= row; ++i) {
      const int64_t column = lines.index(i);
      // The dot product of two rows of L up to `column`.
      T sum = values[i];
      for (int64_t j = lines.begin(column); j < lines.end(column) && lines.index(j) < column; ++j)
        if (const int64_t at = find(lines, row, lines.index(j)); at >= 0)
          sum -= values[at] * conjugatedIf(true, values[j]);
      if (column < row) {
        const int64_t pivot = find(lines, column, column);
        values[i] = pivot < 0 ? sum : sum / values[pivot];
      } else {
        values[i] = std::sqrt(sum);
        if (values[i] == T(0) && (zero < 0 || row < zero))
          zero = row;
      }
    }
  return zero;
}

enum class Step { Size, Analysis, Factorisation };

template <class Info, class T>
npusparseStatus_t factor(const char *name, npusparseHandle_t handle, int m, int nnz,
                         npusparseMatDescr_t descr, T *values, const int *offsets,
                         const int *indices, Info *info, Step step) {
  return entry(name, handle, [&](const Settings &settings) -> Outcome {
    if (Outcome bad = general(descr); !bad.ok())
      return bad;
    Arguments check;
    check.live("the info is not one", info).that(m >= 0 && nnz >= 0, "a size is negative");
    const SparseMatrix A = csr(m, m, nnz, descr->base, kType<T>, values, offsets, indices);
    if (!memoryOf(check, A).ok() || step == Step::Size)
      return check.outcome();
    return enqueue(settings, [=, zeroPivot = info->zeroPivot] {
      withLines<T>(A, [&](const auto &lines) {
        const bool lu = std::is_same_v<Info, csrilu02Info>;
        const int64_t zero = step == Step::Analysis ? missingPivot(lines)
                             : lu                   ? factorLu(lines, values)
                                                    : factorCholesky(lines, values);
        *zeroPivot = int(zero < 0 ? -1 : zero + A.base);
      });
    });
  });
}

template <class Info> npusparseStatus_t create(const char *name, Info **info) {
  return entry(name, [&]() -> Outcome {
    if (!info)
      return invalid("the info's address is null");
    *info = core::LiveSet<Info>::instance().add(std::make_unique<Info>());
    return {};
  });
}
template <class Info> npusparseStatus_t destroy(const char *name, Info *info) {
  return entry(name, [&]() -> Outcome {
    return core::LiveSet<Info>::instance().remove(info) ? Outcome()
                                                        : invalid("the info is not one");
  });
}
template <class Info>
npusparseStatus_t zeroPivot(const char *name, npusparseHandle_t handle, Info *info, int *position) {
  return entry(name, handle, [&](const Settings &settings) -> Outcome {
    Arguments check;
    if (!check.live("the info is not one", info).that(position, "the output is null").ok())
      return check.outcome();
    Outcome found = runNow(settings, [&] { *position = *info->zeroPivot; });
    if (found.ok() && *position >= 0)
      return {NPUSPARSE_STATUS_ZERO_PIVOT, "row " + std::to_string(*position)};
    return found;
  });
}

} // namespace
} // namespace npu::sparse

using namespace npu::sparse;

extern "C" {

npusparseStatus_t npusparseCreateCsrilu02Info(csrilu02Info_t *info) {
  return create("cusparseCreateCsrilu02Info", info);
}
npusparseStatus_t npusparseDestroyCsrilu02Info(csrilu02Info_t info) {
  return destroy("cusparseDestroyCsrilu02Info", info);
}
npusparseStatus_t npusparseXcsrilu02_zeroPivot(npusparseHandle_t handle, csrilu02Info_t info,
                                               int *position) {
  return zeroPivot("cusparseXcsrilu02_zeroPivot", handle, info, position);
}
npusparseStatus_t npusparseCreateCsric02Info(csric02Info_t *info) {
  return create("cusparseCreateCsric02Info", info);
}
npusparseStatus_t npusparseDestroyCsric02Info(csric02Info_t info) {
  return destroy("cusparseDestroyCsric02Info", info);
}
npusparseStatus_t npusparseXcsric02_zeroPivot(npusparseHandle_t handle, csric02Info_t info,
                                              int *position) {
  return zeroPivot("cusparseXcsric02_zeroPivot", handle, info, position);
}

// The three functions of a factorisation.
#define FACTOR(name, Info, T)                                                                      \
  npusparseStatus_t npusparse##name##_bufferSize NPU_SPARSE_FACTOR(T, Info, int *bufferSize) {     \
    if (bufferSize)                                                                                \
      *bufferSize = int(kBufferBytes);                                                             \
    else                                                                                           \
      return NPUSPARSE_STATUS_INVALID_VALUE;                                                       \
    return factor("cusparse" #name "_bufferSize", handle, m, nnz, descrA, elements(csrSortedValA), \
                  csrSortedRowPtrA, csrSortedColIndA, info, Step::Size);                           \
  }                                                                                                \
  npusparseStatus_t npusparse##name##_analysis NPU_SPARSE_FACTOR(const T, Info,                    \
                                                                 npusparseSolvePolicy_t, void *) { \
    return factor("cusparse" #name "_analysis", handle, m, nnz, descrA,                            \
                  elements(const_cast<T *>(csrSortedValA)), csrSortedRowPtrA, csrSortedColIndA,    \
                  info, Step::Analysis);                                                           \
  }                                                                                                \
  npusparseStatus_t npusparse##name NPU_SPARSE_FACTOR(T, Info, npusparseSolvePolicy_t, void *) {   \
    return factor("cusparse" #name, handle, m, nnz, descrA, elements(csrSortedValA),               \
                  csrSortedRowPtrA, csrSortedColIndA, info, Step::Factorisation);                  \
  }
#define FUNCTIONS(letter, T)                                                                       \
  FACTOR(letter##csrilu02, csrilu02Info_t, T) FACTOR(letter##csric02, csric02Info_t, T)
FOR_EACH_TYPE(FUNCTIONS)

} // extern "C"
