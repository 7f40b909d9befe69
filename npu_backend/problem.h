// A tensor op's shape as one line of text, "op=gemm f=f32 m=256 n=64 k=784": in reports, and what
// npu-explain takes. Keys of products: b m n k, ta tb (1: stored transposed); of convolutions: x w
// y (sizes), stride dilation pad (per spatial dimension), groups, order (nchw or nhwc); of both: f
// d (formats of operands and result), compute, pedantic, bias (its axis), beta. Other ops have x
// (sizes of their first source), y (of their result) and axes.
#pragma once

#include "npu/status.h"
#include "npu/tensor_op.h"

namespace npu::backend {

std::string problemText(const TensorOp &op);
// Reads what problemText wrote of matrix products and convolutions; other ops are refused. The
// tensors have addresses that must not be touched.
Status parseProblem(const std::string &text, TensorOp &op);

} // namespace npu::backend
