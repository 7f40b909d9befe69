// response_normalization: D = alpha * X * (offset + scale * sum of squares)^-exponent + beta * C.
// Channels are the columns, so a neighbour is a shifted column. The power is exp(-exponent log(.)).
#include "lower/rows.h"

namespace npu::backend {
namespace {

struct Plan {
  RowLowering rows;
  RowLowering::Body body;
};

// sums[c] += squares[c + shift], where both exist.
void addShifted(RowBlock &block, const RowValue &sums, const RowValue &squares, int64_t shift) {
  const uint64_t distance = uint64_t(shift < 0 ? -shift : shift);
  if (distance == 0 || distance >= block.columns)
    return;
  VectorInstruction &v = block.vector(VectorFunction::Add, sums, sums, squares);
  v.columns = block.columns - distance;
  if (shift > 0) {
    v.b += distance * 4;
  } else {
    v.dst += distance * 4;
    v.a += distance * 4;
  }
}

Plan planOf(const TensorOp &op) {
  RowLowering rows(op.dst[0].sizes, {1});
  size_t x = rows.source(op.src[0]);
  size_t c = op.beta != 0.0 ? rows.source(op.src[1]) : 0;
  size_t y = rows.result(op.dst[0]), squares = rows.matrix(), sums = rows.matrix();
  size_t offset = rows.rowVector();
  return {
      rows, [=, &op](RowBlock &block, const std::vector<RowValue> &v) {
        const ResponseWindow &window = op.response;
        const int64_t before = (window.size - 1) / 2;
        block.vector(VectorFunction::Multiply, v[squares], v[x], v[x]);
        block.vector(VectorFunction::Copy, v[sums], v[squares]);
        for (int64_t shift = -before; shift < window.size - before; ++shift)
          addShifted(block, v[sums], v[squares], shift);
        block.vector(VectorFunction::Fill, v[offset], {}, {}, window.offset);
        block.vector(VectorFunction::Add, v[sums], v[sums], v[offset], window.scale).activation =
            Activation::Logarithm;
        block.vector(VectorFunction::Copy, v[sums], v[sums], {}, -window.exponent).activation =
            Activation::Exp;
        block.vector(VectorFunction::Multiply, v[y], v[x], v[sums]);
        finishRows(op, block, v[y], v[y], op.beta != 0.0 ? &v[c] : nullptr);
      }};
}

} // namespace

Status checkResponseNormalization(const TensorOp &op, const LoweringContext &context) {
  if (Status status = checkRowOperands(op, 1); !status)
    return status;
  if (op.dst[0].sizes.size() < 2 || op.response.size < 1 ||
      op.response.size > op.dst[0].sizes[1] * 2 + 64)
    return {npuErrorNotSupported, "NPU response_normalization: no such window of channels"};
  if (Status status = checkSameSizes(op, 1); !status)
    return status;
  if (isEmpty(op.dst[0]))
    return {};
  return planOf(op).rows.check(context.config);
}

Status lowerResponseNormalization(const TensorOp &op, const LoweringContext &context,
                                  Lowered &lowered) {
  lowered.format = "f32";
  if (isEmpty(op.dst[0]))
    return {};
  Plan plan = planOf(op);
  return plan.rows.lower(context.config, plan.body, lowered);
}

} // namespace npu::backend
