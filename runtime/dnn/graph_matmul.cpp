// Matrix products of graphs. The two last dimensions are the matrices; those before them are
// batches, which A or B may repeat: by a size of 1, or by one that divides (heads that share keys).
#include "graph.h"

namespace npu::dnn {
namespace {

// Where the matrix of each batch of the result begins in an operand, in elements.
std::vector<int64_t> batchOffsets(const Layout &operand, const Layout &result) {
  const size_t outer = result.dims.size() - 2;
  std::vector<int64_t> offsets = {0};
  for (size_t axis = 0; axis < outer; ++axis) {
    const int64_t size = result.dims[axis];
    require(size % operand.dims[axis] == 0, "a batch of C is no multiple of the operand's");
    const int64_t repeats = size / operand.dims[axis];
    std::vector<int64_t> next;
    for (int64_t offset : offsets)
      for (int64_t i = 0; i < size; ++i)
        next.push_back(offset + i / repeats * operand.strides[axis]);
    offsets = std::move(next);
  }
  return offsets;
}

Tensor matrices(const GraphTensor &tensor, const void *data, int64_t first, int64_t count,
                int64_t step) {
  Tensor operand = operandOf(tensor, data);
  const size_t rank = operand.sizes.size();
  operand.data =
      static_cast<char *>(operand.data) + first * int64_t(elementBytes(tensor.layout.type));
  operand.sizes = {count, operand.sizes[rank - 2], operand.sizes[rank - 1]};
  operand.strides = {step, operand.strides[rank - 2], operand.strides[rank - 1]};
  return operand;
}

} // namespace

GraphRun prepareMatmul(const GraphDescriptor &operation) {
  const GraphTensor a = tensorAttribute(operation, NPUDNN_ATTR_OPERATION_MATMUL_ADESC);
  const GraphTensor b = tensorAttribute(operation, NPUDNN_ATTR_OPERATION_MATMUL_BDESC);
  const GraphTensor c = tensorAttribute(operation, NPUDNN_ATTR_OPERATION_MATMUL_CDESC);
  for (auto name : {NPUDNN_ATTR_OPERATION_MATMUL_GEMM_M_OVERRIDE_DESC,
                    NPUDNN_ATTR_OPERATION_MATMUL_GEMM_N_OVERRIDE_DESC,
                    NPUDNN_ATTR_OPERATION_MATMUL_GEMM_K_OVERRIDE_DESC})
    if (operation.has(name))
      unsupported("sizes of matrices that tensors give are not there: mask the product instead");
  const size_t rank = c.layout.dims.size();
  require(rank >= 2 && a.layout.dims.size() == rank && b.layout.dims.size() == rank,
          "A, B and C have different numbers of dimensions");
  require(a.layout.dims[rank - 2] == c.layout.dims[rank - 2] &&
              b.layout.dims[rank - 1] == c.layout.dims[rank - 1] &&
              a.layout.dims[rank - 1] == b.layout.dims[rank - 2],
          "the matrices do not fit: C [m, n] = A [m, k] B [k, n]");
  for (const GraphTensor *tensor : {&a, &b, &c})
    operandOf(*tensor, nullptr);
  const std::vector<int64_t> aAt = batchOffsets(a.layout, c.layout);
  const std::vector<int64_t> bAt = batchOffsets(b.layout, c.layout);
  const std::vector<int64_t> cAt = batchOffsets(c.layout, c.layout);
  return [=](const GraphMemory &memory) {
    // Batches that are evenly spaced in all three are one op.
    for (size_t first = 0, last; first < cAt.size(); first = last) {
      auto step = [&](const std::vector<int64_t> &at) {
        return first + 1 < at.size() ? at[first + 1] - at[first] : 0;
      };
      auto continues = [&](const std::vector<int64_t> &at) {
        return at[last] - at[last - 1] == step(at);
      };
      last = first + 1;
      while (last < cAt.size() && continues(aAt) && continues(bAt) && continues(cAt))
        ++last;
      const int64_t count = int64_t(last - first);
      TensorOp op;
      op.kind = TensorOp::Kind::gemm;
      op.math.compute = computeFormat(a.layout.type);
      const Tensor result = matrices(c, memory.at(c), cAt[first], count, step(cAt));
      op.src = {matrices(a, memory.at(a), aAt[first], count, step(aAt)),
                matrices(b, memory.at(b), bAt[first], count, step(bAt)), result};
      op.dst = {result};
      op.beta = 0;
      performGraphOp(std::move(op));
    }
  };
}

} // namespace npu::dnn
