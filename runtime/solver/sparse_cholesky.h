// The Cholesky factor of a sparse matrix, column by column from the left: A = L L^H. The lower
// triangle of A is read.
#pragma once

#include "sparse_rows.h"

namespace npu::solver {

template <class T> class SparseCholesky {
public:
  explicit SparseCholesky(const SparseRows<T> &A) : n(A.rows), L(size_t(n)) {
    const SparseRows<T> columns = transposed(A); // rows of it are columns of A
    std::vector<T> x(size_t(n), T(0));
    std::vector<int> mark(size_t(n), -1);
    std::vector<size_t> next(size_t(n), 0); // in each column, its first row that is not yet done
    std::vector<std::vector<int>> waiting(static_cast<size_t>(n)); // columns by that row
    for (int k = 0; k < n; ++k) {
      std::vector<int> rows;
      const auto touch = [&](int row) {
        if (mark[size_t(row)] != k) {
          mark[size_t(row)] = k;
          rows.push_back(row);
        }
      };
      touch(k);
      for (int i = columns.begin(k); i < columns.end(k); ++i)
        if (const int row = columns.indices[size_t(i)]; row >= k) {
          touch(row);
          x[size_t(row)] += columns.values[size_t(i)];
        }
      for (int before : waiting[size_t(k)]) {
        const Column &column = L[size_t(before)];
        size_t &first = next[size_t(before)];
        const T factor = blas::conjugated(column[first].second);
        for (size_t i = first; i < column.size(); ++i) {
          touch(column[i].first);
          x[size_t(column[i].first)] -= column[i].second * factor;
        }
        if (++first < column.size())
          waiting[size_t(column[first].first)].push_back(before);
      }
      std::vector<int>().swap(waiting[size_t(k)]);
      const Real<T> pivot = std::real(x[size_t(k)]);
      if (!(pivot > 0) || !std::isfinite(pivot)) {
        failed = k;
        return;
      }
      diagonal.push_back(std::sqrt(pivot));
      std::sort(rows.begin(), rows.end());
      for (int row : rows) {
        if (row != k)
          L[size_t(k)].emplace_back(row, x[size_t(row)] / diagonal.back());
        x[size_t(row)] = T(0);
      }
      if (!L[size_t(k)].empty())
        waiting[size_t(L[size_t(k)].front().first)].push_back(k);
    }
  }

  // The first column whose pivot is not above `tolerance`, or -1.
  int firstSingular(double tolerance) const {
    for (size_t k = 0; k < diagonal.size(); ++k)
      if (!(double(diagonal[k]) > tolerance))
        return int(k);
    return failed;
  }
  // The squares of the diagonal are the pivots.
  const std::vector<Real<T>> &pivots() const { return diagonal; }

  void solve(const T *b, T *x) const {
    std::vector<T> y(b, b + n);
    for (int k = 0; k < n; ++k) {
      y[size_t(k)] /= diagonal[size_t(k)];
      for (const auto &[row, value] : L[size_t(k)])
        y[size_t(row)] -= value * y[size_t(k)];
    }
    for (int k = n - 1; k >= 0; --k) {
      T sum = y[size_t(k)];
      for (const auto &[row, value] : L[size_t(k)])
        sum -= blas::conjugated(value) * x[row];
      x[k] = sum / diagonal[size_t(k)];
    }
  }

private:
  using Column = std::vector<std::pair<int, T>>;
  int n, failed = -1;
  std::vector<Column> L; // below the diagonal
  std::vector<Real<T>> diagonal;
};

} // namespace npu::solver
