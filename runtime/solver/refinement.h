// Solutions of linear equations and least squares as the solvers with refinement give them: A and B
// stay as they are and X is apart. A lower precision would save a GPU time and this host none, so
// the factorisation is in the data's own: converged after 0 iterations.
#pragma once

#include "context.h"

#include <vector>

namespace npu::solver {

// The columns of the residuals' norms, one for each right-hand side, in the real type of the data.
struct ResidualHistory {
  std::vector<unsigned char> bytes;
};

template <class T>
void copyColumns(const T *from, int64_t fromLeading, T *to, int64_t toLeading, int64_t rows,
                 int64_t columns) {
  for (int64_t column = 0; column < columns; ++column)
    std::copy_n(from + column * fromLeading, rows, to + column * toLeading);
}

// The norms of B - A X, by column, `step` apart.
template <class T>
void residualNorms(int m, int n, int nrhs, const T *A, int lda, const T *B, int ldb, const T *X,
                   int ldx, Real<T> *norms, int64_t step) {
  std::vector<T> rest(static_cast<size_t>(m));
  for (int64_t column = 0; column < nrhs; ++column) {
    std::copy_n(B + column * ldb, m, rest.data());
    for (int64_t k = 0; k < n; ++k)
      for (int64_t row = 0; row < m; ++row)
        rest[size_t(row)] -= A[k * lda + row] * X[column * ldx + k];
    Real<T> sum = 0;
    for (const T &value : rest)
      sum += std::norm(value);
    norms[column * step] = std::sqrt(sum);
  }
}

struct Report {
  int *iterations = nullptr;
  int historyRows = 0; // of each right-hand side; 0 when nobody asked
  std::shared_ptr<ResidualHistory> history;
};

// The checks and the report of both solvers. A is m x n.
template <class T>
Outcome prepare(Arguments &check, int m, int n, int nrhs, const T *A, int lda, const T *B, int ldb,
                const T *X, int ldx, int *info, const Report &report) {
  check.size("m", m).size("n", n).size("nrhs", nrhs).that(m >= n, "m is less than n");
  check.leading("ldda", lda, m).leading("lddb", ldb, m).leading("lddx", ldx, n);
  check.matrix("dA", A, m, n, lda, sizeof(T)).matrix("dB", B, m, nrhs, ldb, sizeof(T));
  check.matrix("dX", X, n, nrhs, ldx, sizeof(T)).memory("dinfo", info, 1, sizeof(int));
  check.notNull("the number of iterations", report.iterations);
  if (!check.ok())
    return check.outcome();
  *report.iterations = 0;
  if (report.history)
    report.history->bytes.assign(size_t(report.historyRows) * size_t(nrhs) * sizeof(Real<T>), 0);
  return {};
}
template <class T>
void finish(const Report &report, int m, int n, int nrhs, const T *A, int lda, const T *B, int ldb,
            const T *X, int ldx) {
  if (report.history && report.historyRows > 0)
    residualNorms(m, n, nrhs, A, lda, B, ldb, X, ldx,
                  reinterpret_cast<Real<T> *>(report.history->bytes.data()), report.historyRows);
}

template <class T>
Outcome gesv(const Settings &settings, int n, int nrhs, T *A, int lda, int *pivots, T *B, int ldb,
             T *X, int ldx, int *info, const Report &report) {
  Arguments check;
  if (pivots)
    check.memory("dipiv", pivots, n, sizeof(int));
  if (Outcome bad = prepare(check, n, n, nrhs, A, lda, B, ldb, X, ldx, info, report); !bad.ok())
    return bad;
  Routine routine;
  if (Outcome bad = Routine::find<T>("gesv", routine); !bad.ok())
    return bad;
  return enqueue(settings, check, [=] {
    const int leading = std::max(1, n);
    std::vector<T> factors(size_t(leading) * size_t(leading)),
        solution(size_t(leading) * size_t(std::max(1, nrhs)));
    std::vector<int> exchanges(static_cast<size_t>(leading));
    copyColumns(A, lda, factors.data(), leading, n, n);
    copyColumns(B, ldb, solution.data(), leading, n, nrhs);
    T *a = factors.data(), *x = solution.data();
    int *rows = exchanges.data();
    routine(&n, &nrhs, a, &leading, rows, x, &leading, info);
    if (pivots)
      std::copy_n(rows, n, pivots);
    if (*info != 0)
      return; // singular: there is no solution
    finish(report, n, n, nrhs, A, lda, B, ldb, static_cast<const T *>(x), leading);
    copyColumns<T>(x, leading, X, ldx, n, nrhs);
  });
}

template <class T>
Outcome gels(const Settings &settings, int m, int n, int nrhs, T *A, int lda, T *B, int ldb, T *X,
             int ldx, int *info, const Report &report) {
  Arguments check;
  if (Outcome bad = prepare(check, m, n, nrhs, A, lda, B, ldb, X, ldx, info, report); !bad.ok())
    return bad;
  Routine routine;
  if (Outcome bad = Routine::find<T>("gels", routine); !bad.ok())
    return bad;
  return enqueue(settings, check, [=] {
    const int leading = std::max(1, m);
    std::vector<T> factors(size_t(leading) * size_t(std::max(1, n))),
        solution(size_t(leading) * size_t(std::max(1, nrhs)));
    copyColumns(A, lda, factors.data(), leading, m, n);
    copyColumns(B, ldb, solution.data(), leading, m, nrhs);
    T *a = factors.data(), *x = solution.data();
    const char plain = 'N';
    withWork<T>([&](T *work, int *size) {
      routine.withText(&plain, &m, &n, &nrhs, a, &leading, x, &leading, work, size, info);
    });
    if (*info != 0)
      return; // columns of A depend on each other
    finish(report, m, n, nrhs, A, lda, B, ldb, static_cast<const T *>(x), leading);
    copyColumns<T>(x, leading, X, ldx, n, nrhs);
  });
}

} // namespace npu::solver
