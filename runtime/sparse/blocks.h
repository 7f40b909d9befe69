// Formats whose elements do not follow each other line by line: BSR, blocked ELL and sliced ELL.
// Functions read them as rows of elements; those that write find each element's place.
#pragma once

#include "descriptors.h"

namespace npu::sparse {

inline int64_t indexAt(const void *data, npusparseIndexType_t type, int64_t i) {
  return type == NPUSPARSE_INDEX_64I ? static_cast<const int64_t *>(data)[i]
                                     : static_cast<const int32_t *>(data)[i];
}

namespace blocks {

// A block's column, or one before the first column for padding.
inline int64_t blockColumn(const SparseMatrix &matrix, int64_t place) {
  const int64_t raw = indexAt(matrix.indices, matrix.indexType, place);
  if (raw < 0 && matrix.format != NPUSPARSE_FORMAT_BSR)
    return -1;
  const int64_t column = raw - matrix.base;
  if (column < 0 || column >= matrix.columnBlocks())
    failOnIndices("a sparse matrix");
  return column;
}

// Calls `body` with the place, row and column of each element of the row, from left to right as the
// blocks are stored.
template <class Body> void eachOfRow(const SparseMatrix &matrix, int64_t row, Body body) {
  const int64_t blockRow = row / matrix.blockRows, inside = row % matrix.blockRows;
  const int64_t width = matrix.blockColumns;
  if (matrix.format == NPUSPARSE_FORMAT_BLOCKED_ELL) {
    const int64_t perRow = matrix.ellColumns / width;
    for (int64_t k = 0; k < perRow; ++k) {
      const int64_t first = blockColumn(matrix, blockRow * perRow + k) * width;
      for (int64_t c = 0; first >= 0 && c < width && first + c < matrix.columns; ++c)
        body(row * matrix.ellColumns + k * width + c, row, first + c);
    }
    return;
  }
  const int64_t begin = indexAt(matrix.offsets, matrix.offsetType, blockRow) - matrix.base,
                end = indexAt(matrix.offsets, matrix.offsetType, blockRow + 1) - matrix.base;
  if (begin < 0 || end < begin || end > matrix.storedIndices)
    failOnIndices("a sparse matrix");
  if (matrix.format == NPUSPARSE_FORMAT_SLICED_ELLPACK) {
    for (int64_t place = begin + inside; place < end; place += matrix.blockRows)
      if (const int64_t column = blockColumn(matrix, place); column >= 0)
        body(place, row, column);
    return;
  }
  for (int64_t block = begin; block < end; ++block) {
    const int64_t first = blockColumn(matrix, block) * width;
    const int64_t base = block * matrix.blockRows * width;
    for (int64_t c = 0; c < width; ++c)
      body(base + (matrix.blocksByRows ? inside * width + c : c * matrix.blockRows + inside), row,
           first + c);
  }
}

} // namespace blocks

// Calls `body` with the place, row and column of each element of a matrix in any format; the place
// is in the order of the matrix's own values.
template <class Body> void eachElement(const SparseMatrix &matrix, Body body) {
  if (matrix.inBlocks()) {
    for (int64_t row = 0; row < matrix.rows; ++row)
      blocks::eachOfRow(matrix, row, body);
    return;
  }
  const auto checked = [&](int64_t place, int64_t row, int64_t column) {
    if (row < 0 || row >= matrix.rows || column < 0 || column >= matrix.columns)
      failOnIndices("a sparse matrix");
    body(place, row, column);
  };
  const auto index = [&](int64_t i) {
    return indexAt(matrix.indices, matrix.indexType, i) - matrix.base;
  };
  const auto offset = [&](int64_t i) {
    return indexAt(matrix.offsets, matrix.offsetType, i) - matrix.base;
  };
  if (matrix.format == NPUSPARSE_FORMAT_COO) {
    for (int64_t i = 0; i < matrix.nonzeros; ++i)
      checked(i, offset(i), index(i));
    return;
  }
  for (int64_t line = 0; line < matrix.lines(); ++line) {
    const int64_t begin = offset(line), end = offset(line + 1);
    if (begin < 0 || end < begin || end > matrix.nonzeros)
      failOnIndices("a sparse matrix");
    for (int64_t i = begin; i < end; ++i)
      matrix.byColumns() ? checked(i, index(i), line) : checked(i, line, index(i));
  }
}

} // namespace npu::sparse
