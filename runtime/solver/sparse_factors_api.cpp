// Sparse factors that a program keeps: QR, Cholesky and LU with an analysis, a factorisation and
// solutions of their own. An analysis checks the pattern and has nothing to prepare.
#include "sparse_cholesky.h"
#include "sparse_context.h"
#include "sparse_lu.h"
#include "sparse_qr.h"

#include <any>

// A factor is of the type that made it; asking for another is an error.
struct csrqrInfoHost {
  std::any matrix, factor;
};
struct csrqrInfo : csrqrInfoHost {};
struct csrcholInfoHost {
  std::any factor;
};
struct csrcholInfo : csrcholInfoHost {};
struct csrluInfoHost {
  std::any factor;
};

namespace npu::solver {
namespace {

template <class Info> constexpr bool kOnDevice = false;
template <> constexpr bool kOnDevice<csrqrInfo> = true;
template <> constexpr bool kOnDevice<csrcholInfo> = true;

template <class Kept> using Shared = std::shared_ptr<const Kept>;
template <class Kept> const Kept *keptIn(const std::any &any) {
  const auto *shared = std::any_cast<Shared<Kept>>(&any);
  return shared ? shared->get() : nullptr;
}
template <class Kept> std::any keep(Kept value) {
  return Shared<Kept>(std::make_shared<const Kept>(std::move(value)));
}
Outcome noFactor() { return invalid("the info holds no factor of this type"); }

// A function of a handle and a live info.
template <class Info, class Body>
npusolverStatus_t call(const char *name, SpHandle handle, Info *info, Body body) {
  return entrySp(name, handle, [&](npuStream_t stream) -> Outcome {
    if (!core::LiveSet<Info>::instance().has(info))
      return invalid("the info is null, destroyed or foreign");
    return body(Side(kOnDevice<Info>, stream));
  });
}

template <class Info>
npusolverStatus_t analyse(const char *name, SpHandle handle, int m, int n, int nnz,
                          npusparseMatDescr_t descr, const int *offsets, const int *indices,
                          Info *info) {
  return call(name, handle, info, [&](const Side &side) {
    SparseRows<float> A;
    return readMatrix<float>(side, m, n, nnz, descr, nullptr, offsets, indices, false, A);
  });
}
template <class Info>
npusolverStatus_t giveBytes(const char *name, SpHandle handle, Info *info, size_t *internal,
                            size_t *work) {
  return call(name, handle, info, [&](const Side &) -> Outcome {
    if (!internal || !work)
      return invalid("a size's address is null");
    *internal = *work = sizeof(C64);
    return {};
  });
}
template <class Factor, class Info>
npusolverStatus_t zeroPivot(const char *name, SpHandle handle, Info *info, double tolerance,
                            int *position) {
  return call(name, handle, info, [&](const Side &) -> Outcome {
    const Factor *factor = keptIn<Factor>(info->factor);
    if (!factor)
      return noFactor();
    if (!position)
      return invalid("the position's address is null");
    *position = factor->firstSingular(tolerance);
    return {};
  });
}

template <class Factor, class T>
Outcome solveWith(const Side &side, const std::any &any, int m, int n, const T *b, T *x) {
  const Factor *factor = keptIn<Factor>(any);
  if (!factor)
    return noFactor();
  Arguments check;
  side.check(check, "b", b, m, sizeof(T));
  side.check(check, "x", x, n, sizeof(T));
  if (!check.ok())
    return check.outcome();
  if (Outcome bad = side.ready(); !bad.ok())
    return bad;
  if (factor->firstSingular(0) >= 0)
    return {NPUBLAS_STATUS_EXECUTION_FAILED, "the factor is singular"};
  const std::vector<T> right(b, b + m); // x may be b
  factor->solve(right.data(), x);
  return {};
}

// A - mu, whose QR is wanted; m >= n.
template <class T>
Outcome setUp(const Side &side, int m, int n, int nnz, npusparseMatDescr_t descr, const T *values,
              const int *offsets, const int *indices, T mu, csrqrInfoHost &info) {
  SparseRows<T> A;
  if (m < n)
    return invalid("there are fewer rows than columns");
  if (Outcome bad = readMatrix(side, m, n, nnz, descr, values, offsets, indices, true, A);
      !bad.ok())
    return bad;
  for (int row = 0; mu != T(0) && row < n; ++row) {
    const auto first = A.indices.begin() + A.begin(row), last = A.indices.begin() + A.end(row);
    const auto found = std::lower_bound(first, last, row);
    if (found == last || *found != row)
      return unsupported("A has no element on its diagonal to subtract mu from: store zeros there");
    A.values[size_t(found - A.indices.begin())] -= mu;
  }
  info.matrix = keep(std::move(A));
  info.factor.reset();
  return {};
}

template <class T>
Outcome factorQr(const Side &side, int m, int n, const T *b, T *x, csrqrInfoHost &info) {
  const auto *A = keptIn<SparseRows<T>>(info.matrix);
  if (!A || A->rows != m || A->columns != n)
    return invalid("the info was set up with no matrix of this type and size");
  info.factor = keep(SparseQr<T>(*A));
  return b && x ? solveWith<SparseQr<T>>(side, info.factor, m, n, b, x) : Outcome();
}

template <class T>
Outcome solveBatch(const Side &side, int m, int n, int nnz, npusparseMatDescr_t descr,
                   const T *values, const int *offsets, const int *indices, const T *b, T *x,
                   int count) {
  Arguments check;
  check.size("batchSize", count).that(m >= n, "there are fewer rows than columns");
  side.check(check, "the values", values, int64_t(nnz) * count, sizeof(T));
  side.check(check, "b", b, int64_t(m) * count, sizeof(T));
  side.check(check, "x", x, int64_t(n) * count, sizeof(T));
  if (!check.ok())
    return check.outcome();
  for (int64_t i = 0; i < count; ++i) {
    SparseRows<T> A;
    if (Outcome bad =
            readMatrix(side, m, n, nnz, descr, values + i * nnz, offsets, indices, true, A);
        !bad.ok())
      return bad;
    SparseQr<T>(A).solve(b + i * m, x + i * n);
  }
  return {};
}

void put(int base, const std::vector<int> &from, int *to) {
  for (size_t i = 0; i < from.size(); ++i)
    to[i] = from[i] + base;
}

template <class T>
Outcome extract(const SparseLu<T> *factor, int *P, int *Q, npusparseMatDescr_t descrL, T *valuesL,
                int *offsetsL, int *indicesL, npusparseMatDescr_t descrU, T *valuesU, int *offsetsU,
                int *indicesU) {
  if (!factor)
    return noFactor();
  int baseL = 0, baseU = 0;
  if (Outcome bad = baseOf(descrL, baseL); !bad.ok())
    return bad;
  if (Outcome bad = baseOf(descrU, baseU); !bad.ok())
    return bad;
  for (const void *output :
       {static_cast<const void *>(P), static_cast<const void *>(Q),
        static_cast<const void *>(offsetsL), static_cast<const void *>(offsetsU)})
    if (!output)
      return invalid("an output is null");
  const SparseRows<T> L = factor->lower(), U = factor->upper();
  put(baseL, L.offsets, offsetsL);
  put(baseL, L.indices, indicesL);
  std::copy(L.values.begin(), L.values.end(), valuesL);
  put(baseU, U.offsets, offsetsU);
  put(baseU, U.indices, indicesU);
  std::copy(U.values.begin(), U.values.end(), valuesU);
  std::copy(factor->rows().begin(), factor->rows().end(), P);
  std::iota(Q, Q + factor->rows().size(), 0);
  return {};
}

// The numbers of elements are those of a factor of any type.
template <class T> bool countElements(const std::any &any, int &lower, int &upper) {
  const auto *factor = keptIn<SparseLu<T>>(any);
  if (!factor)
    return false;
  lower = int(factor->lower().indices.size());
  upper = int(factor->upper().indices.size());
  return true;
}

} // namespace
} // namespace npu::solver

using namespace npu::solver;

#pragma GCC diagnostic ignored "-Wunused-parameter"

#define INFO(Name, type)                                                                           \
  npusolverStatus_t npusolverSpCreate##Name(type##_t *info) {                                      \
    return createObject("cusolverSpCreate" #Name, info);                                           \
  }                                                                                                \
  npusolverStatus_t npusolverSpDestroy##Name(type##_t info) {                                      \
    return destroyObject("cusolverSpDestroy" #Name, info);                                         \
  }
#define ANALYSIS(name, LIST, m, n)                                                                 \
  npusolverStatus_t npusolverSp##name LIST {                                                       \
    return analyse("cusolverSp" #name, handle, m, n, nnz, descrA, offsets, indices, info);         \
  }
#define A_OF numbers(values), offsets, indices
#define SIZES(l, name, LIST)                                                                       \
  npusolverStatus_t npusolverSp##l##name LIST {                                                    \
    return giveBytes("cusolverSp" #l #name, handle, info, internalBytes, workBytes);               \
  }
#define PIVOT(l, name, R, type, Factor)                                                            \
  npusolverStatus_t npusolverSp##l##name NPU_SOLVER_ZERO_PIVOT(R, type) {                          \
    return zeroPivot<Factor>("cusolverSp" #l #name, handle, info, tol, position);                  \
  }
#define CALL(l, name, LIST, ...)                                                                   \
  npusolverStatus_t npusolverSp##l##name LIST {                                                    \
    return call("cusolverSp" #l #name, handle, info,                                               \
                [&](const Side &side) -> Outcome { __VA_ARGS__; });                                \
  }
#define QR(l, T, R, suffix, type)                                                                  \
  SIZES(l, csrqrBufferInfo##suffix, NPU_SOLVER_QR_SIZE(T, type))                                   \
  CALL(l, csrqrSetup##suffix, NPU_SOLVER_QR_SETUP(T, type),                                        \
       return setUp(side, m, n, nnz, descrA, A_OF, *numbers(&mu), *info))                          \
  CALL(l, csrqrFactor##suffix, NPU_SOLVER_QR_FACTOR(T, type),                                      \
       return factorQr(side, m, n, numbers(b), numbers(x), *info))                                 \
  PIVOT(l, csrqrZeroPivot##suffix, R, type, SparseQr<Number<T>>)                                   \
  CALL(l, csrqrSolve##suffix, NPU_SOLVER_QR_SOLVE(T, type),                                        \
       return solveWith<SparseQr<Number<T>>>(side, info->factor, m, n, numbers(b), numbers(x)))
#define CHOLESKY(l, T, R, suffix, type)                                                            \
  SIZES(l, csrcholBufferInfo##suffix, NPU_SOLVER_SQUARE_SIZE(T, type))                             \
  CALL(l, csrcholFactor##suffix, NPU_SOLVER_SQUARE_FACTOR(T, type), SparseRows<Number<T>> A;       \
       Outcome bad = readMatrix(side, n, n, nnz, descrA, A_OF, true, A);                           \
       if (bad.ok()) info->factor = keep(SparseCholesky<Number<T>>(A)); return bad)                \
  PIVOT(l, csrcholZeroPivot##suffix, R, type, SparseCholesky<Number<T>>)                           \
  CALL(l, csrcholSolve##suffix, NPU_SOLVER_SQUARE_SOLVE(T, type),                                  \
       return solveWith<SparseCholesky<Number<T>>>(side, info->factor, n, n, numbers(b),           \
                                                   numbers(x)))
#define FUNCTIONS(l, T, R, C)                                                                      \
  QR(l, T, R, , csrqrInfo)                                                                         \
  QR(l, T, R, Host, csrqrInfoHost)                                                                 \
  CHOLESKY(l, T, R, , csrcholInfo)                                                                 \
  CHOLESKY(l, T, R, Host, csrcholInfoHost)                                                         \
  CALL(l, csrcholDiag, (NPU_SOLVER_SP, csrcholInfo_t info, R * diag),                              \
       const auto *factor = keptIn<SparseCholesky<Number<T>>>(info->factor);                       \
       if (!factor) return noFactor(); Arguments check;                                            \
       side.check(check, "diag", diag, int64_t(factor->pivots().size()), sizeof(R));               \
       if (check.ok()) for (size_t i = 0; i < factor->pivots().size(); ++i) diag[i] =              \
           factor->pivots()[i] * factor->pivots()[i];                                              \
       return check.outcome())                                                                     \
  SIZES(l, csrqrBufferInfoBatched, NPU_SOLVER_QR_BATCH_SIZE(T))                                    \
  CALL(l, csrqrsvBatched, NPU_SOLVER_QR_BATCH(T),                                                  \
       return solveBatch<Number<T>>(side, m, n, nnz, descrA, A_OF, numbers(b), numbers(x),         \
                                    batchSize))                                                    \
  SIZES(l, csrluBufferInfoHost, NPU_SOLVER_SQUARE_SIZE(T, csrluInfoHost))                          \
  CALL(l, csrluFactorHost, NPU_SOLVER_LU_FACTOR(T, R), SparseRows<Number<T>> A;                    \
       Outcome bad = readMatrix(side, n, n, nnz, descrA, A_OF, true, A);                           \
       if (bad.ok()) info->factor = keep(SparseLu<Number<T>>(A, double(threshold))); return bad)   \
  PIVOT(l, csrluZeroPivotHost, R, csrluInfoHost, SparseLu<Number<T>>)                              \
  CALL(l, csrluSolveHost, NPU_SOLVER_SQUARE_SOLVE(T, csrluInfoHost),                               \
       return solveWith<SparseLu<Number<T>>>(side, info->factor, n, n, numbers(b), numbers(x)))    \
  CALL(l, csrluExtractHost, NPU_SOLVER_LU_EXTRACT(T),                                              \
       return extract<Number<T>>(keptIn<SparseLu<Number<T>>>(info->factor), P, Q, descrL,          \
                                 numbers(valuesL), offsetsL, indicesL, descrU, numbers(valuesU),   \
                                 offsetsU, indicesU))

extern "C" {

INFO(CsrqrInfo, csrqrInfo)
INFO(CsrqrInfoHost, csrqrInfoHost)
INFO(CsrluInfoHost, csrluInfoHost)
INFO(CsrcholInfo, csrcholInfo)
INFO(CsrcholInfoHost, csrcholInfoHost)
ANALYSIS(XcsrqrAnalysisBatched, NPU_SOLVER_QR_ANALYSIS(csrqrInfo), m, n)
ANALYSIS(XcsrqrAnalysis, NPU_SOLVER_QR_ANALYSIS(csrqrInfo), m, n)
ANALYSIS(XcsrqrAnalysisHost, NPU_SOLVER_QR_ANALYSIS(csrqrInfoHost), m, n)
ANALYSIS(XcsrluAnalysisHost, NPU_SOLVER_SQUARE_ANALYSIS(csrluInfoHost), n, n)
ANALYSIS(XcsrcholAnalysis, NPU_SOLVER_SQUARE_ANALYSIS(csrcholInfo), n, n)
ANALYSIS(XcsrcholAnalysisHost, NPU_SOLVER_SQUARE_ANALYSIS(csrcholInfoHost), n, n)

npusolverStatus_t npusolverSpXcsrluNnzHost(npusolverSpHandle_t handle, int *nnzL, int *nnzU,
                                           csrluInfoHost_t info) {
  return call("cusolverSpXcsrluNnzHost", handle, info, [&](const Side &) -> Outcome {
    if (!nnzL || !nnzU)
      return invalid("an output's address is null");
    const bool found = countElements<float>(info->factor, *nnzL, *nnzU) ||
                       countElements<double>(info->factor, *nnzL, *nnzU) ||
                       countElements<C32>(info->factor, *nnzL, *nnzU) ||
                       countElements<C64>(info->factor, *nnzL, *nnzU);
    return found ? Outcome() : noFactor();
  });
}

FOR_EACH_SPARSE(FUNCTIONS)

} // extern "C"
