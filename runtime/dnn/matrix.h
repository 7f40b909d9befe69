// Matrices for the time of a host call, and their products as tensor ops.
#pragma once

#include "layout.h"

#include <algorithm>

namespace npu::dnn {

// Numbers that every device reaches, zeros at first.
template <class Real> class Buffer {
public:
  explicit Buffer(int64_t count) : memory(size_t(count) * sizeof(Real)) {
    std::fill_n(data(), count, Real(0));
  }
  Real *data() const { return static_cast<Real *>(memory.data()); }

private:
  core::Scratch memory;
};

template <class Real> struct Matrix {
  const Real *data;
  int64_t rows, columns, rowStride, columnStride;
  Matrix transposed() const { return {data, columns, rows, columnStride, rowStride}; }
  Tensor tensor() const {
    return {const_cast<Real *>(data),
            sizeof(Real) == 8 ? Format::F64 : Format::F32,
            {1, rows, columns},
            {rows * columns, rowStride, columnStride}};
  }
};
template <class Real> Matrix<Real> packed(const Real *data, int64_t rows, int64_t columns) {
  return {data, rows, columns, columns, 1};
}

// d = alpha * a b + beta * d; nothing where one of the three is empty.
template <class Real>
void multiply(const char *caller, const MathMode &math, const Matrix<Real> &a,
              const Matrix<Real> &b, const Matrix<Real> &d, double alpha = 1, double beta = 0) {
  if (d.rows == 0 || d.columns == 0 || a.columns == 0)
    return;
  TensorOp op;
  op.kind = TensorOp::Kind::gemm;
  op.caller = caller;
  op.math = math;
  op.alpha = alpha, op.beta = beta;
  op.src = {a.tensor(), b.tensor(), d.tensor()};
  op.dst = {d.tensor()};
  check(core::perform(std::move(op)));
}

} // namespace npu::dnn
