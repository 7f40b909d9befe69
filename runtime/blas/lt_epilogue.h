// The host's step after the product of a cublasLtMatmul: scalars, scales, C, the epilogue and the
// conversion to D.
#pragma once

#include "lt_call.h"

namespace npu::blas {

// Runs in stream order. `product`: op(A) op(B) without scalars, not read where alpha is 0; `a` and
// `b`: the factors as tensors, read by bias gradients.
void runEpilogue(const LtCall &call, const LtMatrix &product, const Tensor &a, const Tensor &b);

} // namespace npu::blas
