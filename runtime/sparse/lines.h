// A sparse matrix as lines of elements: rows of CSR and COO, columns of CSC. Functions are written
// once, for lines, with the choice between gathering along lines and scattering across them.
#pragma once

#include "blocks.h"

#include <numeric>

namespace npu::sparse {

template <class Offset, class Index, class T> struct Lines {
  int64_t count = 0;
  const Offset *offsets = nullptr;
  const Index *indices = nullptr;
  const T *values = nullptr;
  int64_t offsetBase = 0, indexBase = 0;

  int64_t begin(int64_t line) const { return int64_t(offsets[line]) - offsetBase; }
  int64_t end(int64_t line) const { return int64_t(offsets[line + 1]) - offsetBase; }
  int64_t index(int64_t element) const { return int64_t(indices[element]) - indexBase; }
};

// Where a function of op(A) works along the lines (y[line] = sum) or across them.
struct Access {
  bool gathers, conjugates;
};
inline Access accessOf(const SparseMatrix &matrix, npusparseOperation_t operation) {
  return {matrix.byColumns() == (operation != NPUSPARSE_OPERATION_NON_TRANSPOSE),
          operation == NPUSPARSE_OPERATION_CONJUGATE_TRANSPOSE};
}

template <class Offset, class Index, class T>
void checkLines(const Lines<Offset, Index, T> &lines, int64_t across, int64_t elements) {
  bool good = lines.count == 0 || lines.begin(0) == 0;
  for (int64_t line = 0; line < lines.count; ++line)
    good &= lines.begin(line) <= lines.end(line);
  if (!good || (lines.count > 0 && lines.end(lines.count - 1) > elements))
    failOnIndices("a sparse matrix");
  for (int64_t i = 0, last = lines.count ? lines.end(lines.count - 1) : 0; i < last; ++i)
    good &= uint64_t(lines.index(i)) < uint64_t(across);
  if (!good)
    failOnIndices("a sparse matrix");
}

// COO: offsets are counted, and elements that are not in the order of rows are put there.
template <class Index, class T, class Body>
void withSortedCoordinates(const SparseMatrix &matrix, const T *values, Body body) {
  const auto *rows = static_cast<const Index *>(matrix.offsets);
  const auto *columns = static_cast<const Index *>(matrix.indices);
  const int64_t base = matrix.base;
  std::vector<int64_t> offsets(size_t(matrix.rows) + 1);
  bool sorted = true;
  for (int64_t i = 0; i < matrix.nonzeros; ++i) {
    const int64_t row = int64_t(rows[i]) - base;
    if (row < 0 || row >= matrix.rows)
      failOnIndices("a sparse matrix");
    ++offsets[size_t(row) + 1];
    sorted &= i == 0 || rows[i - 1] <= rows[i];
  }
  std::partial_sum(offsets.begin(), offsets.end(), offsets.begin());
  std::vector<Index> orderedColumns;
  std::vector<T> orderedValues;
  if (!sorted) {
    orderedColumns.resize(size_t(matrix.nonzeros));
    orderedValues.resize(size_t(matrix.nonzeros));
    std::vector<int64_t> next(offsets.begin(), offsets.end() - 1);
    for (int64_t i = 0; i < matrix.nonzeros; ++i) {
      const size_t place = size_t(next[size_t(int64_t(rows[i]) - base)]++);
      orderedColumns[place] = columns[i];
      orderedValues[place] = values[i];
    }
    columns = orderedColumns.data();
    values = orderedValues.data();
  }
  const Lines<int64_t, Index, T> lines{matrix.rows, offsets.data(), columns, values, 0, base};
  checkLines(lines, matrix.columns, matrix.nonzeros);
  body(lines);
}

// Blocks are taken apart: rows of their elements, with the zeros that they store.
template <class T, class Body>
void withBlocks(const SparseMatrix &matrix, const T *values, Body body) {
  std::vector<int64_t> offsets{0}, columns;
  std::vector<T> ordered;
  for (int64_t row = 0; row < matrix.rows; ++row) {
    blocks::eachOfRow(matrix, row, [&](int64_t place, int64_t, int64_t column) {
      columns.push_back(column);
      ordered.push_back(values[place]);
    });
    offsets.push_back(int64_t(columns.size()));
  }
  body(Lines<int64_t, int64_t, T>{matrix.rows, offsets.data(), columns.data(), ordered.data(), 0,
                                  0});
}

// Calls `body` with the Lines of the matrix, values as T.
template <class T, class Body> void withLines(const SparseMatrix &matrix, Body body) {
  const Values<T> values(matrix.values, matrix.type, matrix.valueCount());
  if (matrix.inBlocks()) {
    withBlocks<T>(matrix, values.data(), body);
    return;
  }
  if (matrix.format == NPUSPARSE_FORMAT_COO) {
    if (matrix.indexType == NPUSPARSE_INDEX_64I)
      withSortedCoordinates<int64_t>(matrix, values.data(), body);
    else
      withSortedCoordinates<int32_t>(matrix, values.data(), body);
    return;
  }
  const auto compressed = [&](auto offset, auto index) {
    const Lines<decltype(offset), decltype(index), T> lines{
        matrix.lines(),
        static_cast<const decltype(offset) *>(matrix.offsets),
        static_cast<const decltype(index) *>(matrix.indices),
        values.data(),
        int64_t(matrix.base),
        int64_t(matrix.base)};
    checkLines(lines, matrix.across(), matrix.nonzeros);
    body(lines);
  };
  const bool wideOffsets = matrix.offsetType == NPUSPARSE_INDEX_64I,
             wideIndices = matrix.indexType == NPUSPARSE_INDEX_64I;
  if (wideOffsets)
    wideIndices ? compressed(int64_t(), int64_t()) : compressed(int64_t(), int32_t());
  else
    wideIndices ? compressed(int32_t(), int64_t()) : compressed(int32_t(), int32_t());
}

// Arrays of int indices as a matrix in CSR.
inline SparseMatrix csr(int64_t rows, int64_t columns, int64_t nonzeros, npusparseIndexBase_t base,
                        npuDataType type, const void *values, const int *offsets,
                        const int *indices) {
  SparseMatrix matrix;
  matrix.rows = rows;
  matrix.columns = columns;
  matrix.nonzeros = nonzeros;
  matrix.offsets = const_cast<int *>(offsets);
  matrix.indices = const_cast<int *>(indices);
  matrix.values = const_cast<void *>(values);
  matrix.base = base;
  matrix.type = type;
  return matrix;
}

} // namespace npu::sparse
