// Factorisations anew (cusolverRf): of matrices that have the pattern of a first one, whose factors
// say the pattern and the order. Only of doubles. The work is the host's, after the default
// stream's.
#pragma once

#include "sparse_context.h"

// M holds L, without its ones, and U. Values follow each other for the matrices of a batch.
struct npusolverRfCommon {
  npusolverRfMatrixFormat_t format = NPUSOLVERRF_MATRIX_FORMAT_CSR;
  npusolverRfUnitDiagonal_t diagonal = NPUSOLVERRF_UNIT_DIAGONAL_STORED_L;
  npusolverRfFactorization_t factorization = NPUSOLVERRF_FACTORIZATION_ALG0;
  npusolverRfTriangularSolve_t solve = NPUSOLVERRF_TRIANGULAR_SOLVE_ALG1;
  npusolverRfResetValuesFastMode_t fastMode = NPUSOLVERRF_RESET_VALUES_FAST_MODE_OFF;
  double zero = 0, boost = 0;
  bool boosted = false, factored = false;
  int n = 0, batch = 0;
  npu::solver::SparseRows<double> M; // its pattern
  std::vector<std::vector<double>> values;
  std::vector<int> zeroPivots;
};

namespace npu::solver {
using Rf = npusolverRfCommon;
using Code = npusolverStatus_t;

inline Code with(const char *name, Rf *handle, const std::function<Outcome(Rf &)> &body) noexcept {
  return entry(name, [&]() -> Outcome {
    if (!core::LiveSet<Rf>::instance().has(handle))
      return {NPUBLAS_STATUS_NOT_INITIALIZED, "the handle is null, destroyed or foreign"};
    return body(*handle);
  });
}

// CSC is the CSR of the transpose.
inline Outcome read(const Rf &rf, const Side &side, const char *name, int n, int nnz,
                    const double *values, const int *offsets, const int *indices,
                    SparseRows<double> &matrix) {
  Arguments check;
  check.size("n", n).size("nnz", nnz);
  side.check(check, name, offsets, int64_t(n) + 1, sizeof(int));
  side.check(check, name, indices, nnz, sizeof(int));
  side.check(check, name, values, nnz, sizeof(double));
  if (!check.ok())
    return check.outcome();
  if (!readRows(n, n, nnz, 0, values, offsets, indices, matrix))
    return invalid(std::string(name) + ": offsets or indices are not those of a matrix");
  if (rf.format == NPUSOLVERRF_MATRIX_FORMAT_CSC)
    matrix = transposed(matrix);
  return {};
}

inline Outcome permutations(const Side &side, int n, const int *P, const int *Q, Permutation &p,
                            Permutation &q) {
  Arguments check;
  side.check(check, "P", P, n, sizeof(int));
  side.check(check, "Q", Q, n, sizeof(int));
  if (!check.ok())
    return check.outcome();
  p.assign(P, P + n);
  q.assign(Q, Q + n);
  for (const Permutation *each : {&p, &q}) {
    std::vector<char> seen(size_t(n), 0);
    for (int i : *each) {
      if (i < 0 || i >= n || seen[size_t(i)])
        return invalid("P or Q is no permutation");
      seen[size_t(i)] = 1;
    }
  }
  return {};
}

// P A Q' in M's pattern.
inline Outcome assemble(const Rf &rf, const SparseRows<double> &A, const Permutation &p,
                        const Permutation &q, std::vector<double> &values) {
  const SparseRows<double> B = permuted(A, p, q);
  values.assign(rf.M.indices.size(), 0);
  for (int row = 0; row < rf.n; ++row)
    for (int i = B.begin(row), k = rf.M.begin(row); i < B.end(row); ++i) {
      while (k < rf.M.end(row) && rf.M.indices[size_t(k)] < B.indices[size_t(i)])
        ++k;
      if (k == rf.M.end(row) || rf.M.indices[size_t(k)] != B.indices[size_t(i)])
        return invalid("A has an element where its factors have none");
      values[size_t(k)] += B.values[size_t(i)];
    }
  return {};
}

inline Outcome setUp(Rf &rf, const Side &side, int batch, int n, int nnzA, const int *offsetsA,
                     const int *indicesA, double *const *valuesA, int nnzL, const int *offsetsL,
                     const int *indicesL, const double *valuesL, int nnzU, const int *offsetsU,
                     const int *indicesU, const double *valuesU, const int *P, const int *Q) {
  if (rf.diagonal != NPUSOLVERRF_UNIT_DIAGONAL_STORED_L &&
      rf.diagonal != NPUSOLVERRF_UNIT_DIAGONAL_ASSUMED_L)
    return unsupported("the ones must be on L's diagonal");
  if (batch < 1 || !valuesA)
    return invalid("no matrix");
  SparseRows<double> L, U;
  Permutation p, q;
  if (Outcome bad = side.ready(); !bad.ok())
    return bad;
  if (Outcome bad = read(rf, side, "L", n, nnzL, valuesL, offsetsL, indicesL, L); !bad.ok())
    return bad;
  if (Outcome bad = read(rf, side, "U", n, nnzU, valuesU, offsetsU, indicesU, U); !bad.ok())
    return bad;
  if (Outcome bad = permutations(side, n, P, Q, p, q); !bad.ok())
    return bad;
  rf.n = n;
  rf.batch = batch;
  rf.M = {};
  rf.M.rows = rf.M.columns = n;
  for (int row = 0; row < n; ++row) {
    for (int i = L.begin(row); i < L.end(row) && L.indices[size_t(i)] < row; ++i)
      rf.M.indices.push_back(L.indices[size_t(i)]);
    const int first = U.begin(row);
    if (first == U.end(row) || U.indices[size_t(first)] != row)
      return invalid("U has a row that does not begin with its diagonal");
    rf.M.indices.insert(rf.M.indices.end(), U.indices.begin() + first,
                        U.indices.begin() + U.end(row));
    rf.M.offsets.push_back(int(rf.M.indices.size()));
  }
  rf.values.assign(size_t(batch), {});
  rf.zeroPivots.assign(size_t(batch), -1);
  rf.factored = false;
  for (int i = 0; i < batch; ++i) {
    SparseRows<double> A;
    if (Outcome bad = read(rf, side, "A", n, nnzA, valuesA[i], offsetsA, indicesA, A); !bad.ok())
      return bad;
    if (Outcome bad = assemble(rf, A, p, q, rf.values[size_t(i)]); !bad.ok())
      return bad;
  }
  return {};
}

inline Outcome reset(Rf &rf, int batch, int n, int nnzA, const int *offsetsA, const int *indicesA,
                     double *const *valuesA, const int *P, const int *Q) {
  const Side side(true, nullptr);
  Permutation p, q;
  if (n != rf.n || batch != rf.batch || !valuesA)
    return invalid("the handle was set up for another size or number of matrices");
  if (Outcome bad = side.ready(); !bad.ok())
    return bad;
  if (Outcome bad = permutations(side, n, P, Q, p, q); !bad.ok())
    return bad;
  for (int i = 0; i < batch; ++i) {
    SparseRows<double> A;
    if (Outcome bad = read(rf, side, "A", n, nnzA, valuesA[i], offsetsA, indicesA, A); !bad.ok())
      return bad;
    if (Outcome bad = assemble(rf, A, p, q, rf.values[size_t(i)]); !bad.ok())
      return bad;
  }
  rf.factored = false;
  return {};
}

// Elimination in the pattern, row by row; the first zero pivot, or -1.
inline int refactor(Rf &rf, std::vector<double> &values) {
  std::vector<int> place(size_t(rf.n), -1), diagonal(static_cast<size_t>(rf.n));
  int zero = -1;
  for (int row = 0; row < rf.n; ++row) {
    const int begin = rf.M.begin(row), end = rf.M.end(row);
    for (int i = begin; i < end; ++i)
      place[size_t(rf.M.indices[size_t(i)])] = i;
    int i = begin;
    for (; rf.M.indices[size_t(i)] < row; ++i) {
      const int k = rf.M.indices[size_t(i)], own = diagonal[size_t(k)];
      const double factor = values[size_t(i)] /= values[size_t(own)];
      for (int j = own + 1; j < rf.M.end(k); ++j)
        if (const int to = place[size_t(rf.M.indices[size_t(j)])]; to >= 0)
          values[size_t(to)] -= factor * values[size_t(j)];
    }
    diagonal[size_t(row)] = i;
    double &pivot = values[size_t(i)];
    if (rf.boost != 0 && std::abs(pivot) < rf.zero) {
      pivot = std::copysign(rf.boost, pivot);
      rf.boosted = true;
    }
    if (pivot == 0 && zero < 0)
      zero = row;
    for (int j = begin; j < end; ++j)
      place[size_t(rf.M.indices[size_t(j)])] = -1;
  }
  return zero;
}

inline Code refactorAll(const char *name, Rf *handle) {
  bool singular = false;
  const Code code = with(name, handle, [&](Rf &rf) -> Outcome {
    if (rf.batch == 0)
      return invalid("the handle is not set up");
    if (rf.factored)
      return invalid("the values are not set anew");
    rf.boosted = false;
    for (int i = 0; i < rf.batch; ++i)
      singular |= (rf.zeroPivots[size_t(i)] = refactor(rf, rf.values[size_t(i)])) >= 0;
    rf.factored = true;
    return {};
  });
  return code == NPUSOLVER_STATUS_SUCCESS && singular && handle->batch == 1
             ? NPUSOLVER_STATUS_ZERO_PIVOT
             : code;
}

inline Outcome solveAll(Rf &rf, const int *P, const int *Q, int nrhs, double *const *XF, int ldxf) {
  const Side side(true, nullptr);
  Permutation p, q;
  if (!rf.factored)
    return invalid("the matrix is not factorised");
  if (nrhs < 0 || ldxf < std::max(1, rf.n) || !XF)
    return invalid("nrhs or ldxf is too small, or XF is null");
  if (Outcome bad = side.ready(); !bad.ok())
    return bad;
  if (Outcome bad = permutations(side, rf.n, P, Q, p, q); !bad.ok())
    return bad;
  std::vector<double> y(static_cast<size_t>(rf.n));
  for (int matrix = 0; matrix < rf.batch; ++matrix) {
    Arguments check;
    if (!check.matrix("XF", XF[matrix], rf.n, nrhs, ldxf, sizeof(double)).ok())
      return check.outcome();
    if (rf.zeroPivots[size_t(matrix)] >= 0)
      return {NPUBLAS_STATUS_EXECUTION_FAILED, "a pivot is zero"};
    const std::vector<double> &values = rf.values[size_t(matrix)];
    for (int column = 0; column < nrhs; ++column) {
      double *x = XF[matrix] + int64_t(column) * ldxf;
      for (int row = 0; row < rf.n; ++row) {
        double sum = x[p[size_t(row)]];
        for (int i = rf.M.begin(row); rf.M.indices[size_t(i)] < row; ++i)
          sum -= values[size_t(i)] * y[size_t(rf.M.indices[size_t(i)])];
        y[size_t(row)] = sum;
      }
      for (int row = rf.n - 1; row >= 0; --row) {
        double sum = y[size_t(row)];
        int i = rf.M.end(row) - 1;
        for (; rf.M.indices[size_t(i)] > row; --i)
          sum -= values[size_t(i)] * y[size_t(rf.M.indices[size_t(i)])];
        y[size_t(row)] = sum / values[size_t(i)];
      }
      for (int row = 0; row < rf.n; ++row)
        x[q[size_t(row)]] = y[size_t(row)];
    }
  }
  return {};
}

} // namespace npu::solver
