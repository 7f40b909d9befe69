// Incomplete factorisations without fill-in, in place on arrays of CSR whose rows are sorted:
// LU (csrilu02) and Cholesky (csric02, the lower triangle), and CUDA 10's csrilu0 and csric0. The
// position of the first zero pivot stays with the info until it is asked for: an analysis finds
// diagonal elements that are not there, a factorisation those that are zero, too.
#include "arrays.h"

#include <atomic>

namespace npu::sparse {
// Pivots that are not above `tolerance` become `value`.
struct Boost {
  bool enabled = false;
  Scalar tolerance, value;
};
} // namespace npu::sparse

struct csrilu02Info {
  std::shared_ptr<std::atomic<int>> zeroPivot = std::make_shared<std::atomic<int>>(-1);
  npu::sparse::Boost boost;
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
template <class L, class T> int64_t factorLu(const L &lines, T *values, const Boost &boost = {}) {
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
    if (boost.enabled && pivot >= 0 && std::abs(values[pivot]) <= boost.tolerance.get<double>())
      values[pivot] = boost.value.get<T>();
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

// A = R^H R of the upper triangle, which R takes the place of: R^H is the lower factor of A's
// conjugate transpose.
template <class L, class T> void factorUpper(const L &lines, T *values) {
  std::vector<int64_t> offsets(size_t(lines.count) + 1), indices, from;
  for (int64_t line = 0; line < lines.count; ++line)
    for (int64_t i = lines.begin(line); i < lines.end(line); ++i)
      if (lines.index(i) >= line)
        ++offsets[size_t(lines.index(i)) + 1];
  std::partial_sum(offsets.begin(), offsets.end(), offsets.begin());
  std::vector<int64_t> next = offsets;
  indices.resize(size_t(offsets.back()));
  from.resize(indices.size());
  std::vector<T> lower(indices.size());
  for (int64_t line = 0; line < lines.count; ++line)
    for (int64_t i = lines.begin(line); i < lines.end(line); ++i)
      if (lines.index(i) >= line) {
        const size_t place = size_t(next[size_t(lines.index(i))]++);
        indices[place] = line;
        from[place] = i;
        lower[place] = conjugatedIf(true, values[i]);
      }
  const Lines<int64_t, int64_t, T> transposed{
      lines.count, offsets.data(), indices.data(), lower.data(), 0, 0};
  factorCholesky(transposed, lower.data());
  for (size_t i = 0; i < from.size(); ++i)
    values[from[i]] = conjugatedIf(true, lower[i]);
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
    return enqueue(settings, [=, zeroPivot = info->zeroPivot, boost = info->boost] {
      withLines<T>(A, [&](const auto &lines) {
        const bool lu = std::is_same_v<Info, csrilu02Info>;
        const int64_t zero = step == Step::Analysis ? missingPivot(lines)
                             : lu                   ? factorLu(lines, values, boost)
                                                    : factorCholesky(lines, values);
        *zeroPivot = int(zero < 0 ? -1 : zero + A.base);
      });
    });
  });
}

// CUDA 10's: the number of elements is the offsets'. Cholesky's triangle is the one that the
// descriptor says; the other one's elements are not touched.
template <class T>
npusparseStatus_t factorOld(const char *name, npusparseHandle_t handle, npusparseOperation_t transA,
                            int m, npusparseMatDescr_t descr, T *values, const int *offsets,
                            const int *indices, bool lu) {
  return entry(name, handle, [&](const Settings &settings) -> Outcome {
    Arguments check;
    check.live("the matrix's descriptor is not one", descr)
        .that(m >= 0, "a size is negative")
        .memory("the offsets", offsets, int64_t(m) + 1, sizeof(int));
    if (!check.ok())
      return check.outcome();
    if (transA != NPUSPARSE_OPERATION_NON_TRANSPOSE)
      return unsupported("the matrix cannot be transposed");
    if (lu && descr->type != NPUSPARSE_MATRIX_TYPE_GENERAL)
      return {NPUSPARSE_STATUS_MATRIX_TYPE_NOT_SUPPORTED, "the matrix's type must be general"};
    const bool upper = !lu && descr->type != NPUSPARSE_MATRIX_TYPE_GENERAL &&
                       descr->triangle == NPUSPARSE_FILL_MODE_UPPER;
    return enqueue(settings, [=, base = descr->base] {
      const int64_t nonzeros = m ? offsets[m] - base : 0;
      Arguments reach;
      const SparseMatrix A = csr(m, m, nonzeros, base, kType<T>, values, offsets, indices);
      if (nonzeros < 0 || !memoryOf(reach, A).ok())
        failOnIndices("a sparse matrix");
      withLines<T>(A, [&](const auto &lines) {
        if (upper)
          factorUpper(lines, values);
        else
          lu ? factorLu(lines, values) : factorCholesky(lines, values);
      });
    });
  });
}

template <class T>
npusparseStatus_t setBoost(const char *name, npusparseHandle_t handle, csrilu02Info_t info,
                           int enable, const double *tolerance, const T *value) {
  return entry(name, handle, [&](const Settings &settings) -> Outcome {
    Arguments check;
    if (!check.live("the info is not one", info).ok())
      return check.outcome();
    Boost boost;
    boost.enabled = enable;
    Outcome bad;
    if (enable)
      bad = boost.tolerance.set(settings, "the tolerance", tolerance, NPU_R_64F);
    if (enable && bad.ok())
      bad = boost.value.set(settings, "the boost", value, kType<T>);
    if (bad.ok())
      info->boost = boost;
    return bad;
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

// The functions of a factorisation.
#define SIZE(name, Info, T, Bytes)                                                                 \
  npusparseStatus_t npusparse##name NPU_SPARSE_FACTOR(T, Info, Bytes *bufferSize) {                \
    if (!bufferSize)                                                                               \
      return NPUSPARSE_STATUS_INVALID_VALUE;                                                       \
    *bufferSize = Bytes(kBufferBytes);                                                             \
    return factor("cusparse" #name, handle, m, nnz, descrA, elements(csrSortedValA),               \
                  csrSortedRowPtrA, csrSortedColIndA, info, Step::Size);                           \
  }
#define FACTOR(name, Info, T)                                                                      \
  SIZE(name##_bufferSize, Info, T, int)                                                            \
  SIZE(name##_bufferSizeExt, Info, T, size_t)                                                      \
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
#define FACTOR_OLD(name, T, lu)                                                                    \
  npusparseStatus_t npusparse##name NPU_SPARSE_FACTOR_OLD(T) {                                     \
    return factorOld("cusparse" #name, handle, transA, m, descrA, elements(csrSortedValA),         \
                     csrSortedRowPtrA, csrSortedColIndA, lu);                                      \
  }
#define FUNCTIONS(letter, T)                                                                       \
  FACTOR(letter##csrilu02, csrilu02Info_t, T)                                                      \
  FACTOR(letter##csric02, csric02Info_t, T)                                                        \
  FACTOR_OLD(letter##csrilu0, T, true)                                                             \
  FACTOR_OLD(letter##csric0, T, false)                                                             \
  npusparseStatus_t npusparse##letter##csrilu02_numericBoost NPU_SPARSE_BOOST(T, csrilu02Info_t) { \
    return setBoost("cusparse" #letter "csrilu02_numericBoost", handle, info, enable, tolerance,   \
                    elements(boost));                                                              \
  }
FOR_EACH_TYPE(FUNCTIONS)

} // extern "C"
