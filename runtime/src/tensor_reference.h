// Tensor operations computed the obvious way: the oracle that every device is compared with.
//
// Every operand is decoded exactly to double, products and sums are in double (so exact for
// integers and for products of formats below f64), and the result is rounded once into the
// destination. Slow on purpose; no blocking, no reordering: sums run from k = 0 upwards.
#pragma once

#include "npu/status.h"
#include "npu/tensor_op.h"

namespace npu::core {

// Operand counts, ranks and shapes; npuErrorInvalidValue with what does not fit.
Status checkTensorOp(const TensorOp &op);
// Whether the op reads its source `index`: C is read when beta is not 0.
bool readsSource(const TensorOp &op, size_t index);
// "128x64x32" (m x n x k, with "b*" in front when batched), or the destination's sizes.
std::string shapeText(const TensorOp &op);

// Both expect a checked op. What only the operands' values show (an index outside its table) is
// thrown as a CommandFailure.
void runReference(const TensorOp &op);
// The part of a gemm after the sums: D = activation(D + bias).
void runGemmEpilogue(const TensorOp &op);

} // namespace npu::core
