// Products of a sparse matrix with a vector and with a dense matrix.
#pragma once

#include "lines.h"

namespace npu::sparse {

// A dense matrix by its strides, in elements.
template <class T> struct Strided {
  T *data;
  int64_t rowStride, columnStride;
  T &at(int64_t row, int64_t column) const { return data[row * rowStride + column * columnStride]; }
  T *row(int64_t i) const { return data + i * rowStride; }
};

// y = alpha * op(A) x + beta * y, for `ySize` elements of y.
template <class L, class T>
void multiplyVector(const L &lines, Access access, T alpha, const T *x, T beta, T *y,
                    int64_t ySize) {
  if (access.gathers) {
    for (int64_t line = 0; line < lines.count; ++line) {
      T sum = T(0);
      for (int64_t i = lines.begin(line); i < lines.end(line); ++i)
        sum += conjugatedIf(access.conjugates, lines.values[i]) * x[lines.index(i)];
      y[line] = alpha * sum + scaled(beta, y[line]);
    }
    return;
  }
  for (int64_t i = 0; i < ySize; ++i)
    y[i] = scaled(beta, y[i]);
  for (int64_t line = 0; line < lines.count; ++line) {
    const T factor = alpha * x[line];
    for (int64_t i = lines.begin(line); i < lines.end(line); ++i)
      y[lines.index(i)] += conjugatedIf(access.conjugates, lines.values[i]) * factor;
  }
}

// C = alpha * op(A) op(B) + beta * C; B and C are given as op(B) and C are read: `columns` wide.
template <class L, class T>
void multiplyMatrix(const L &lines, Access access, T alpha, Strided<const T> B, bool conjugateB,
                    T beta, Strided<T> C, int64_t cRows, int64_t columns) {
  for (int64_t row = 0; row < cRows; ++row)
    for (int64_t column = 0; column < columns; ++column)
      C.at(row, column) = scaled(beta, C.at(row, column));
  // The innermost loop runs along the rows of C where those are contiguous.
  const bool byRows = C.columnStride == 1;
  const int64_t outer = byRows ? 1 : columns, inner = byRows ? columns : 1;
  for (int64_t first = 0; first < outer; ++first)
    for (int64_t line = 0; line < lines.count; ++line)
      for (int64_t i = lines.begin(line); i < lines.end(line); ++i) {
        const T factor = alpha * conjugatedIf(access.conjugates, lines.values[i]);
        const int64_t cRow = access.gathers ? line : lines.index(i);
        const int64_t bRow = access.gathers ? lines.index(i) : line;
        T *c = C.row(cRow) + first * C.columnStride;
        const T *b = B.row(bRow) + first * B.columnStride;
        for (int64_t k = 0; k < inner; ++k)
          c[k * C.columnStride] += factor * conjugatedIf(conjugateB, b[k * B.columnStride]);
      }
}

} // namespace npu::sparse
