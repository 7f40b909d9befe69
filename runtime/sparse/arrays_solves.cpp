// Solutions with triangles in arrays of CSR, as CUDA 11 and older spelt them: csrsv and csrsm with
// an analysis, csrsv2 and csrsm2 with an info that keeps the first zero pivot. A solution reads the
// matrix itself, so that an analysis prepares nothing.
#include "arrays.h"
#include "solves.h"

#include <atomic>

struct npusparseSolveAnalysisInfo {
  bool analysed = false;
};
struct csrsv2Info {
  std::shared_ptr<std::atomic<int>> zeroPivot = std::make_shared<std::atomic<int>>(-1);
};
struct csrsm2Info : csrsv2Info {};

namespace npu::sparse {
namespace {

using Pivot = std::shared_ptr<std::atomic<int>>;

// A triangle: of a matrix that stores all elements, or no others.
Outcome triangular(npusparseMatDescr_t descr, npusparseOperation_t operation) {
  Arguments check;
  if (!check.live("the matrix's descriptor is not one", descr)
           .that(operation >= NPUSPARSE_OPERATION_NON_TRANSPOSE &&
                     operation <= NPUSPARSE_OPERATION_CONJUGATE_TRANSPOSE,
                 "no such operation")
           .ok())
    return check.outcome();
  if (descr->type != NPUSPARSE_MATRIX_TYPE_GENERAL &&
      descr->type != NPUSPARSE_MATRIX_TYPE_TRIANGULAR)
    return {NPUSPARSE_STATUS_MATRIX_TYPE_NOT_SUPPORTED,
            "the matrix's type must be general or triangular"};
  return {};
}

// The first row whose diagonal element is missing, or zero where `values` count; or -1.
template <class L> int firstZero(const L &lines, bool values, int base) {
  using T = std::decay_t<decltype(lines.values[0])>;
  for (int64_t line = 0; line < lines.count; ++line) {
    bool found = false;
    for (int64_t i = lines.begin(line); i < lines.end(line); ++i)
      found |= lines.index(i) == line && (!values || lines.values[i] != T(0));
    if (!found)
      return int(line + base);
  }
  return -1;
}

// op(A) X = alpha op(B) for `columns` right sides. X may be B itself.
template <class T> struct System {
  npusparseOperation_t transA, transB;
  int m, columns, nonzeros;
  const void *alpha;
  npusparseMatDescr_t descr;
  const T *values;
  const int *offsets, *indices;
  const T *from;
  int fromLeading;
  T *to;
  int toLeading;
};

template <class T> Outcome solve(const Settings &settings, const System<T> &s, Pivot pivot) {
  if (Outcome bad = triangular(s.descr, s.transA); !bad.ok())
    return bad;
  const bool plain = s.transB == NPUSPARSE_OPERATION_NON_TRANSPOSE;
  const int least = std::max(1, plain ? s.m : s.columns);
  Arguments check;
  check.that(s.m >= 0 && s.columns >= 0 && s.nonzeros >= 0, "a size is negative")
      .that(s.fromLeading >= least && s.toLeading >= least, "a leading dimension is too small")
      .memory("the offsets", s.offsets, int64_t(s.m) + 1, sizeof(int));
  const int64_t inner = plain ? s.m : s.columns, outer = plain ? s.columns : s.m;
  const auto extent = [&](int leading) {
    return inner && outer ? (outer - 1) * leading + inner : 0;
  };
  check.memory("the right sides", s.from, extent(s.fromLeading), sizeof(T))
      .memory("the solutions", s.to, extent(s.toLeading), sizeof(T));
  Scalar alpha;
  if (Outcome bad = alpha.set(settings, "alpha", s.alpha, kType<T>); !bad.ok())
    return bad;
  const Triangle triangle{s.descr->triangle == NPUSPARSE_FILL_MODE_LOWER,
                          s.descr->diagonal == NPUSPARSE_DIAG_TYPE_UNIT};
  const npusparseIndexBase_t base = s.descr->base;
  return enqueueChecked(settings, check, [=] {
    // Not every function is told how many elements there are.
    const int64_t nonzeros = s.m ? s.offsets[s.m] - base : 0;
    Arguments reach;
    const SparseMatrix A = csr(s.m, s.m, nonzeros, base, kType<T>, s.values, s.offsets, s.indices);
    if (nonzeros < 0 || !memoryOf(reach, A).ok())
      failOnIndices("a sparse matrix");
    std::vector<T> right(size_t(s.m) * size_t(s.columns));
    const auto place = [&](int64_t row, int64_t column, int leading) {
      return plain ? row + column * leading : column + row * leading;
    };
    for (int64_t column = 0; column < s.columns; ++column)
      for (int64_t row = 0; row < s.m; ++row)
        right[size_t(column * s.m + row)] =
            alpha.get<T>() * conjugatedIf(s.transB == NPUSPARSE_OPERATION_CONJUGATE_TRANSPOSE,
                                          s.from[place(row, column, s.fromLeading)]);
    withLines<T>(A, [&](const auto &lines) {
      for (int64_t column = 0; column < s.columns; ++column)
        solveTriangle(lines, accessOf(A, s.transA), triangle, right.data() + column * s.m, 1);
      if (pivot && !triangle.unit)
        *pivot = firstZero(lines, true, base);
    });
    for (int64_t column = 0; column < s.columns; ++column)
      for (int64_t row = 0; row < s.m; ++row)
        s.to[place(row, column, s.toLeading)] = right[size_t(column * s.m + row)];
  });
}

// What an analysis says: a diagonal element that is not there.
Outcome analyse(const Settings &settings, npusparseMatDescr_t descr, npusparseOperation_t transA,
                int m, int nnz, const int *offsets, const int *indices, Pivot pivot) {
  if (Outcome bad = triangular(descr, transA); !bad.ok())
    return bad;
  Arguments check;
  check.that(m >= 0 && nnz >= 0, "a size is negative")
      .memory("the offsets", offsets, int64_t(m) + 1, sizeof(int))
      .memory("the indices", indices, nnz, sizeof(int));
  const bool unit = descr->diagonal == NPUSPARSE_DIAG_TYPE_UNIT;
  const npusparseIndexBase_t base = descr->base;
  return enqueueChecked(settings, check, [=] {
    const SparseMatrix A = csr(m, m, nnz, base, NPU_R_32F, nullptr, offsets, indices);
    withLines<float>(A, [&](const auto &lines) {
      if (pivot)
        *pivot = unit ? -1 : firstZero(lines, false, base);
    });
  });
}

template <class Info> Outcome liveInfo(const Info *info) {
  Arguments check;
  return check.live("the info is not one", info).outcome();
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

template <class Info, class Size>
npusparseStatus_t bufferSize(const char *name, npusparseHandle_t handle, npusparseMatDescr_t descr,
                             npusparseOperation_t transA, Info *info, Size *size) {
  return entry(name, handle, [&](const Settings &) -> Outcome {
    Outcome bad = triangular(descr, transA);
    if (bad.ok())
      bad = liveInfo(info);
    if (bad.ok() && !size)
      bad = invalid("the buffer size's address is null");
    if (bad.ok())
      *size = Size(kBufferBytes);
    return bad;
  });
}

} // namespace
} // namespace npu::sparse

using namespace npu::sparse;

extern "C" {

#define INFO(Name, Info)                                                                           \
  npusparseStatus_t npusparseCreate##Name(Info **info) {                                           \
    return create("cusparseCreate" #Name, info);                                                   \
  }                                                                                                \
  npusparseStatus_t npusparseDestroy##Name(Info *info) {                                           \
    return destroy("cusparseDestroy" #Name, info);                                                 \
  }
INFO(SolveAnalysisInfo, npusparseSolveAnalysisInfo)
INFO(Csrsv2Info, csrsv2Info)
INFO(Csrsm2Info, csrsm2Info)

npusparseStatus_t npusparseXcsrsv2_zeroPivot(npusparseHandle_t handle, csrsv2Info_t info,
                                             int *position) {
  return zeroPivot("cusparseXcsrsv2_zeroPivot", handle, info, position);
}
npusparseStatus_t npusparseXcsrsm2_zeroPivot(npusparseHandle_t handle, csrsm2Info_t info,
                                             int *position) {
  return zeroPivot("cusparseXcsrsm2_zeroPivot", handle, info, position);
}

#define A_OF elements(csrSortedValA), csrSortedRowPtrA, csrSortedColIndA
#define ANALYSIS(name, T)                                                                          \
  npusparseStatus_t npusparse##name NPU_SPARSE_SV_ANALYSIS(T) {                                    \
    return entry("cusparse" #name, handle, [&](const Settings &settings) -> Outcome {              \
      if (Outcome bad = liveInfo(info); !bad.ok())                                                 \
        return bad;                                                                                \
      Outcome bad =                                                                                \
          analyse(settings, descrA, transA, m, nnz, csrSortedRowPtrA, csrSortedColIndA, nullptr);  \
      info->analysed = bad.ok();                                                                   \
      return bad;                                                                                  \
    });                                                                                            \
  }
#define SIZE(name, T, Size)                                                                        \
  npusparseStatus_t npusparse##name NPU_SPARSE_SV2(T, Size *bytes) {                               \
    return bufferSize("cusparse" #name, handle, descrA, transA, info, bytes);                      \
  }
// A solution with an analysis needs one, as cuSPARSE does.
#define ANALYSED(info)                                                                             \
  if (Outcome bad = liveInfo(info); !bad.ok())                                                     \
    return bad;                                                                                    \
  if (!info->analysed)                                                                             \
  return invalid("the info has no analysis")

#define FUNCTIONS(letter, T)                                                                       \
  ANALYSIS(letter##csrsv_analysis, T)                                                              \
  ANALYSIS(letter##csrsm_analysis, T)                                                              \
  npusparseStatus_t npusparse##letter##csrsv_solve NPU_SPARSE_SV_SOLVE(T) {                        \
    return entry("cusparse" #letter "csrsv_solve", handle, [&](const Settings &settings) {         \
      ANALYSED(info);                                                                              \
      const int leading = std::max(1, m);                                                          \
      return solve<Element<T>>(settings,                                                           \
                               {transA, NPUSPARSE_OPERATION_NON_TRANSPOSE, m, 1, 0, alpha, descrA, \
                                A_OF, elements(f), leading, elements(x), leading},                 \
                               nullptr);                                                           \
    });                                                                                            \
  }                                                                                                \
  npusparseStatus_t npusparse##letter##csrsm_solve NPU_SPARSE_SM_SOLVE(T) {                        \
    return entry("cusparse" #letter "csrsm_solve", handle, [&](const Settings &settings) {         \
      ANALYSED(info);                                                                              \
      return solve<Element<T>>(settings,                                                           \
                               {transA, NPUSPARSE_OPERATION_NON_TRANSPOSE, m, n, 0, alpha, descrA, \
                                A_OF, elements(B), ldb, elements(X), ldx},                         \
                               nullptr);                                                           \
    });                                                                                            \
  }                                                                                                \
  SIZE(letter##csrsv2_bufferSize, T, int)                                                          \
  SIZE(letter##csrsv2_bufferSizeExt, T, size_t)                                                    \
  npusparseStatus_t npusparse##letter##csrsv2_analysis NPU_SPARSE_SV2(                             \
      const T, npusparseSolvePolicy_t policy, void *buffer) {                                      \
    return entry("cusparse" #letter "csrsv2_analysis", handle, [&](const Settings &settings) {     \
      Outcome bad = liveInfo(info);                                                                \
      return bad.ok() ? analyse(settings, descrA, transA, m, nnz, csrSortedRowPtrA,                \
                                csrSortedColIndA, info->zeroPivot)                                 \
                      : bad;                                                                       \
    });                                                                                            \
  }                                                                                                \
  npusparseStatus_t npusparse##letter##csrsv2_solve NPU_SPARSE_SV2_SOLVE(T) {                      \
    return entry("cusparse" #letter "csrsv2_solve", handle, [&](const Settings &settings) {        \
      const int leading = std::max(1, m);                                                          \
      Outcome bad = liveInfo(info);                                                                \
      return bad.ok()                                                                              \
                 ? solve<Element<T>>(settings,                                                     \
                                     {transA, NPUSPARSE_OPERATION_NON_TRANSPOSE, m, 1, nnz, alpha, \
                                      descrA, A_OF, elements(f), leading, elements(x), leading},   \
                                     info->zeroPivot)                                              \
                 : bad;                                                                            \
    });                                                                                            \
  }                                                                                                \
  npusparseStatus_t npusparse##letter##csrsm2_bufferSizeExt NPU_SPARSE_SM2(T, const T,             \
                                                                           size_t *bytes) {        \
    return bufferSize("cusparse" #letter "csrsm2_bufferSizeExt", handle, descrA, transA, info,     \
                      bytes);                                                                      \
  }                                                                                                \
  npusparseStatus_t npusparse##letter##csrsm2_analysis NPU_SPARSE_SM2(T, const T, void *buffer) {  \
    return entry("cusparse" #letter "csrsm2_analysis", handle, [&](const Settings &settings) {     \
      Outcome bad = liveInfo(info);                                                                \
      return bad.ok() ? analyse(settings, descrA, transA, m, nnz, csrSortedRowPtrA,                \
                                csrSortedColIndA, info->zeroPivot)                                 \
                      : bad;                                                                       \
    });                                                                                            \
  }                                                                                                \
  npusparseStatus_t npusparse##letter##csrsm2_solve NPU_SPARSE_SM2(T, T, void *buffer) {           \
    return entry("cusparse" #letter "csrsm2_solve", handle, [&](const Settings &settings) {        \
      Outcome bad = liveInfo(info);                                                                \
      return bad.ok() ? solve<Element<T>>(settings,                                                \
                                          {transA, transB, m, nrhs, nnz, alpha, descrA, A_OF,      \
                                           elements((const T *)B), ldb, elements(B), ldb},         \
                                          info->zeroPivot)                                         \
                      : bad;                                                                       \
    });                                                                                            \
  }
FOR_EACH_TYPE(FUNCTIONS)

} // extern "C"
