// LU of a sparse matrix with exchanges of rows, column by column (Gilbert and Peierls 1988):
// L U = A(p, :). L has ones on its diagonal, which are not stored.
#pragma once

#include "sparse_rows.h"

namespace npu::solver {

template <class T> class SparseLu {
public:
  // The diagonal is the pivot where it is at least `threshold` times the largest element.
  SparseLu(const SparseRows<T> &A, double threshold) : n(A.rows), L(size_t(n)), U(size_t(n)) {
    const SparseRows<T> columns = transposed(A);
    std::vector<T> x(size_t(n), T(0));
    std::vector<int> place(size_t(n), -1), mark(size_t(n), -1);
    diagonal.assign(size_t(n), T(0));
    for (int k = 0; k < n; ++k) {
      const std::vector<int> reach = reachOf(columns, k, place, mark);
      for (int i = columns.begin(k); i < columns.end(k); ++i)
        x[size_t(columns.indices[size_t(i)])] = columns.values[size_t(i)];
      for (int row : reach) // in the order of elimination
        if (const int done = place[size_t(row)]; done >= 0)
          for (const auto &[below, factor] : L[size_t(done)])
            x[size_t(below)] -= factor * x[size_t(row)];
      int pivot = -1;
      Real<T> largest = -1;
      for (int row : reach)
        if (place[size_t(row)] < 0 && std::abs(x[size_t(row)]) > largest) {
          largest = std::abs(x[size_t(row)]);
          pivot = row;
        }
      if (mark[size_t(k)] == k && place[size_t(k)] < 0 &&
          double(std::abs(x[size_t(k)])) >= threshold * double(largest))
        pivot = k;
      if (pivot < 0) // nothing is left in this column: any row will do
        pivot = int(std::find(place.begin(), place.end(), -1) - place.begin());
      place[size_t(pivot)] = k;
      p.push_back(pivot);
      diagonal[size_t(k)] = mark[size_t(pivot)] == k ? x[size_t(pivot)] : T(0);
      for (int row : reach) {
        const T value = x[size_t(row)];
        x[size_t(row)] = T(0);
        if (row == pivot)
          continue;
        if (place[size_t(row)] >= 0)
          U[size_t(k)].emplace_back(place[size_t(row)], value);
        else if (diagonal[size_t(k)] != T(0))
          L[size_t(k)].emplace_back(row, value / diagonal[size_t(k)]);
      }
    }
  }

  const Permutation &rows() const { return p; }
  int firstSingular(double tolerance) const {
    for (int k = 0; k < n; ++k)
      if (!(std::abs(diagonal[size_t(k)]) > tolerance))
        return k;
    return -1;
  }

  void solve(const T *b, T *x) const {
    std::vector<T> rest(b, b + n), y(static_cast<size_t>(n));
    for (int k = 0; k < n; ++k) {
      const T value = y[size_t(k)] = rest[size_t(p[size_t(k)])];
      for (const auto &[row, factor] : L[size_t(k)])
        rest[size_t(row)] -= factor * value;
    }
    for (int k = n - 1; k >= 0; --k) {
      x[k] = y[size_t(k)] / diagonal[size_t(k)];
      for (const auto &[row, value] : U[size_t(k)])
        y[size_t(row)] -= value * x[k];
    }
  }

  // L without its diagonal, and U with it, by rows.
  SparseRows<T> lower() const {
    const Permutation place = inverse(p);
    SparseRows<T> columns = columnsOf(L, [&](int row) { return place[size_t(row)]; });
    return transposed(columns);
  }
  SparseRows<T> upper() const {
    auto all = U;
    for (int k = 0; k < n; ++k)
      all[size_t(k)].emplace_back(k, diagonal[size_t(k)]);
    return transposed(columnsOf(all, [](int row) { return row; }));
  }

private:
  using Column = std::vector<std::pair<int, T>>;

  template <class Place>
  SparseRows<T> columnsOf(const std::vector<Column> &from, Place place) const {
    SparseRows<T> result;
    result.rows = result.columns = n;
    for (const Column &column : from) {
      for (const auto &[row, value] : column) {
        result.indices.push_back(place(row));
        result.values.push_back(value);
      }
      result.offsets.push_back(int(result.indices.size()));
    }
    return result;
  }

  // The rows that column k reaches through the columns before it, those eliminated first in front.
  std::vector<int> reachOf(const SparseRows<T> &columns, int k, const std::vector<int> &place,
                           std::vector<int> &mark) const {
    std::vector<int> order;
    std::vector<std::pair<int, size_t>> path;
    for (int i = columns.begin(k); i < columns.end(k); ++i) {
      const int start = columns.indices[size_t(i)];
      if (mark[size_t(start)] == k)
        continue;
      mark[size_t(start)] = k;
      path.emplace_back(start, 0);
      while (!path.empty()) {
        const int done = place[size_t(path.back().first)];
        const Column *below = done < 0 ? nullptr : &L[size_t(done)];
        if (!below || path.back().second == below->size()) {
          order.push_back(path.back().first);
          path.pop_back();
          continue;
        }
        const int next = (*below)[path.back().second++].first;
        if (mark[size_t(next)] != k) {
          mark[size_t(next)] = k;
          path.emplace_back(next, 0);
        }
      }
    }
    std::reverse(order.begin(), order.end());
    return order;
  }

  int n;
  std::vector<Column> L, U; // L by rows of A; U by places
  std::vector<T> diagonal;
  Permutation p;
};

} // namespace npu::solver
