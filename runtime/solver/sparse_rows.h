// Sparse matrices as the direct solvers hold them, and their permutations. Indices from 0, columns
// of a row ascending. The memory may be the host's or a device's that the host reaches.
#pragma once

#include "context.h"

#include <algorithm>
#include <numeric>
#include <vector>

namespace npu::solver {

using Permutation = std::vector<int>;

template <class T> struct SparseRows {
  int rows = 0, columns = 0;
  std::vector<int> offsets{0}, indices;
  std::vector<T> values;

  int begin(int row) const { return offsets[size_t(row)]; }
  int end(int row) const { return offsets[size_t(row) + 1]; }
};

// Puts the elements of each row in order; `places` are those of the values before, or empty.
template <class T> void sortRows(SparseRows<T> &matrix, std::vector<int> *places = nullptr) {
  std::vector<std::pair<int, int>> row;
  const std::vector<T> values = matrix.values;
  const std::vector<int> before = places ? *places : std::vector<int>();
  for (int r = 0; r < matrix.rows; ++r) {
    row.clear();
    for (int i = matrix.begin(r); i < matrix.end(r); ++i)
      row.emplace_back(matrix.indices[size_t(i)], i);
    std::sort(row.begin(), row.end());
    for (size_t k = 0; k < row.size(); ++k) {
      const size_t to = size_t(matrix.begin(r)) + k, from = size_t(row[k].second);
      matrix.indices[to] = row[k].first;
      if (!values.empty())
        matrix.values[to] = values[from];
      if (places)
        (*places)[to] = before[from];
    }
  }
}

// A matrix of the caller's arrays, or false where offsets or indices are not those of one. The
// values may be absent: then only the pattern is read.
template <class T>
bool readRows(int rows, int columns, int nonzeros, int base, const T *values, const int *offsets,
              const int *indices, SparseRows<T> &matrix) {
  matrix.rows = rows;
  matrix.columns = columns;
  matrix.offsets.assign(1, 0);
  for (int row = 0; row < rows; ++row) {
    const int begin = offsets[row] - base, end = offsets[row + 1] - base;
    if (begin != matrix.offsets.back() || end < begin || end > nonzeros)
      return false;
    matrix.offsets.push_back(end);
  }
  const int count = matrix.offsets.back();
  matrix.indices.resize(size_t(count));
  for (int i = 0; i < count; ++i) {
    const int column = indices[i] - base;
    if (column < 0 || column >= columns)
      return false;
    matrix.indices[size_t(i)] = column;
  }
  if (values)
    matrix.values.assign(values, values + count);
  sortRows(matrix);
  return true;
}

inline Permutation identity(int n) {
  Permutation p(static_cast<size_t>(n));
  std::iota(p.begin(), p.end(), 0);
  return p;
}
inline Permutation inverse(const Permutation &p) {
  Permutation result(p.size());
  for (size_t i = 0; i < p.size(); ++i)
    result[size_t(p[i])] = int(i);
  return result;
}

// B with B(i, j) = A(p[i], q[j]).
template <class T>
SparseRows<T> permuted(const SparseRows<T> &A, const Permutation &p, const Permutation &q,
                       std::vector<int> *places = nullptr) {
  const Permutation toColumn = inverse(q);
  SparseRows<T> B;
  B.rows = A.rows;
  B.columns = A.columns;
  std::vector<int> moved;
  for (int row = 0; row < A.rows; ++row) {
    const int from = p[size_t(row)];
    for (int i = A.begin(from); i < A.end(from); ++i) {
      B.indices.push_back(toColumn[size_t(A.indices[size_t(i)])]);
      if (!A.values.empty())
        B.values.push_back(A.values[size_t(i)]);
      if (places)
        moved.push_back((*places)[size_t(i)]);
    }
    B.offsets.push_back(int(B.indices.size()));
  }
  if (places)
    *places = std::move(moved);
  sortRows(B, places);
  return B;
}

template <class T> SparseRows<T> transposed(const SparseRows<T> &A) {
  SparseRows<T> B;
  B.rows = A.columns;
  B.columns = A.rows;
  B.offsets.assign(size_t(B.rows) + 1, 0);
  for (int index : A.indices)
    ++B.offsets[size_t(index) + 1];
  std::partial_sum(B.offsets.begin(), B.offsets.end(), B.offsets.begin());
  B.indices.resize(A.indices.size());
  B.values.resize(A.values.size());
  std::vector<int> next(B.offsets.begin(), B.offsets.end() - 1);
  for (int row = 0; row < A.rows; ++row)
    for (int i = A.begin(row); i < A.end(row); ++i) {
      const size_t place = size_t(next[size_t(A.indices[size_t(i)])]++);
      B.indices[place] = row;
      if (!A.values.empty())
        B.values[place] = A.values[size_t(i)];
    }
  return B;
}

} // namespace npu::solver
