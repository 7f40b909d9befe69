// QR of a sparse matrix by rotations, row by row (George and Heath 1980). R is kept by rows; the
// rotations are kept, so that right sides may come later.
#pragma once

#include "sparse_rows.h"

namespace npu::solver {

template <class T> class SparseQr {
public:
  explicit SparseQr(const SparseRows<T> &A) : m(A.rows), n(A.columns), R(size_t(A.columns)) {
    // Rows that begin further left come first: less is filled in.
    Permutation order = identity(m);
    std::stable_sort(order.begin(), order.end(), [&](int a, int b) {
      return (A.begin(a) == A.end(a) ? n : A.indices[size_t(A.begin(a))]) <
             (A.begin(b) == A.end(b) ? n : A.indices[size_t(A.begin(b))]);
    });
    for (int row : order) {
      Row elements;
      for (int i = A.begin(row); i < A.end(row); ++i)
        elements.emplace_back(A.indices[size_t(i)], A.values[size_t(i)]);
      insert(row, std::move(elements));
    }
  }

  // The first column whose diagonal element of R is not above `tolerance`, or -1.
  int firstSingular(double tolerance) const {
    for (int k = 0; k < n; ++k)
      if (!(std::abs(diagonal(k)) > tolerance))
        return k;
    return -1;
  }

  // Leaves columns out whose diagonal element is not above `tolerance`; what their rows hold
  // further right goes to the rows below. Returns the rank.
  int leaveOut(double tolerance) {
    int rank = 0;
    for (int k = 0; k < n; ++k) {
      if (std::abs(diagonal(k)) > tolerance) {
        ++rank;
        continue;
      }
      Row rest = std::move(R[size_t(k)]);
      R[size_t(k)].clear();
      if (!rest.empty())
        insert(-1 - k, Row(rest.begin() + (rest.front().first == k), rest.end()));
    }
    return rank;
  }

  // The x of least |A x - b|, whose norm is returned; columns that are left out have x = 0.
  double solve(const T *b, T *x) const {
    std::vector<T> y(size_t(n), T(0));
    double rest = 0;
    size_t rotation = 0;
    for (const Step &step : steps) {
      T value = step.source >= 0 ? b[step.source] : y[size_t(-1 - step.source)];
      if (step.source < 0)
        y[size_t(-1 - step.source)] = T(0);
      for (; rotation < step.end; ++rotation) {
        const Rotation &r = rotations[rotation];
        T &other = y[size_t(r.row)];
        const T rotated = r.cosine * other + r.sine * value;
        value = r.cosine * value - blas::conjugated(r.sine) * other;
        other = rotated;
      }
      if (step.landed >= 0)
        y[size_t(step.landed)] = value;
      else
        rest += double(std::norm(value));
    }
    for (int k = n - 1; k >= 0; --k) {
      const Row &row = R[size_t(k)];
      x[k] = T(0);
      if (row.empty() || row.front().first != k)
        continue;
      T sum = y[size_t(k)];
      for (size_t i = 1; i < row.size(); ++i)
        sum -= row[i].second * x[row[i].first];
      x[k] = sum / row.front().second;
    }
    return std::sqrt(rest);
  }

private:
  using Row = std::vector<std::pair<int, T>>;
  struct Rotation {
    int row;
    Real<T> cosine;
    T sine;
  };
  // A row of A (or, negative, one of R that is taken out), its rotations, and where it stays.
  struct Step {
    int source, landed;
    size_t end;
  };

  T diagonal(int k) const {
    const Row &row = R[size_t(k)];
    return row.empty() || row.front().first != k ? T(0) : row.front().second;
  }

  void insert(int source, Row row) {
    Step step{source, -1, 0};
    while (!row.empty()) {
      const int k = row.front().first;
      Row &own = R[size_t(k)];
      if (own.empty()) {
        own = std::move(row);
        step.landed = k;
        break;
      }
      const T a = own.front().second, b = row.front().second;
      const Real<T> length = std::hypot(std::abs(a), std::abs(b));
      Rotation rotation{k, Real<T>(1), T(0)};
      if (length > 0) {
        const T direction = a == T(0) ? T(1) : a / std::abs(a);
        rotation = {k, std::abs(a) / length, direction * blas::conjugated(b) / length};
      }
      rotations.push_back(rotation);
      Row kept, next;
      kept.reserve(own.size() + row.size());
      next.reserve(own.size() + row.size());
      for (size_t i = 0, j = 0; i < own.size() || j < row.size();) {
        const int left = i < own.size() ? own[i].first : n,
                  right = j < row.size() ? row[j].first : n;
        const int column = std::min(left, right);
        const T x = left == column ? own[i++].second : T(0),
                y = right == column ? row[j++].second : T(0);
        kept.emplace_back(column, rotation.cosine * x + rotation.sine * y);
        if (column != k)
          next.emplace_back(column, rotation.cosine * y - blas::conjugated(rotation.sine) * x);
      }
      own = std::move(kept);
      row = std::move(next);
    }
    step.end = rotations.size();
    steps.push_back(step);
  }

  int m, n;
  std::vector<Row> R;
  std::vector<Rotation> rotations;
  std::vector<Step> steps;
};

} // namespace npu::solver
