// A matrix as cublasLt describes it: any element type, any of its storage orders, pairs or planes
// of complex numbers, batches by a stride or by an array of pointers. One element at a time.
#pragma once

#include "lt_descriptors.h"
#include "npu/tensor_op.h"

#include <complex>
#include <optional>

namespace npu::blas {

// One element type: the format of its real numbers and whether two make an element.
struct LtType {
  Format part;
  bool complex;
};
std::optional<LtType> ltType(int type);

struct LtMatrix {
  const void *data = nullptr;
  LtLayout layout;
  LtType type = {Format::F32, false};

  int64_t rows() const { return int64_t(layout.rows); }
  int64_t columns() const { return int64_t(layout.columns); }
  // Elements from the first to the last of one matrix, both included.
  int64_t span() const;
  int64_t index(int64_t row, int64_t column) const;
  std::complex<double> load(int64_t batch, int64_t row, int64_t column) const;
  void store(int64_t batch, int64_t row, int64_t column, std::complex<double> value) const;
  bool isPlain() const; // a tensor of strides: one that a device takes as it is
  // op(matrix) as a tensor [batch, rows, columns]; only of a plain one.
  Tensor tensor(npublasOperation_t operation) const;

  // The first byte of one matrix of the batch; an array of pointers is read here.
  char *base(int64_t batch) const;
};

// Checks descriptor, sizes and memory. `what` names the matrix.
Outcome describeMatrix(const char *what, npublasLtMatrixLayout_t layout, const void *data,
                       LtMatrix &matrix);
Outcome reachMatrix(const char *what, const LtMatrix &matrix);

} // namespace npu::blas
