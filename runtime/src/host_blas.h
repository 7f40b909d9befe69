// Large matrix products of the host through OpenBLAS, found at run time; without it the reference
// runs.
#pragma once

#include "npu/tensor_op.h"

namespace npu::core {

// Computes a checked gemm and returns true, or returns false and leaves everything as it was: no
// OpenBLAS, a format or a layout that it has not, or too small to pay. Sums are then in the
// operands' own precision.
bool runHostBlas(const TensorOp &op);

} // namespace npu::core
