// softmax and its gradient, along any dimensions. The largest element is subtracted first, so that
// no exponential overflows.
#include "lower/rows.h"

namespace npu::backend {
namespace {

struct Plan {
  RowLowering rows;
  RowLowering::Body body;
};

Plan forward(const TensorOp &op) {
  RowLowering rows(op.dst[0].sizes, op.axes);
  size_t x = rows.source(op.src[0]);
  size_t c = op.beta != 0.0 ? rows.source(op.src[1]) : 0;
  size_t y = rows.result(op.dst[0]), shifted = rows.matrix();
  size_t largest = rows.rowVector(), total = rows.rowVector();
  return {rows, [=, &op](RowBlock &block, const std::vector<RowValue> &v) {
            block.reduce(ReduceFunction::Maximum, v[largest], v[x]);
            block.vector(VectorFunction::Subtract, v[shifted], v[x], v[largest]);
            block.vector(VectorFunction::Copy, v[y], v[shifted]).activation = Activation::Exp;
            block.reduce(ReduceFunction::Sum, v[total], v[y]);
            if (op.logarithm) {
              block.vector(VectorFunction::Copy, v[total], v[total]).activation =
                  Activation::Logarithm;
              block.vector(VectorFunction::Subtract, v[y], v[shifted], v[total]);
            } else {
              block.vector(VectorFunction::Divide, v[y], v[y], v[total]);
            }
            finishRows(op, block, v[y], v[y], op.beta != 0.0 ? &v[c] : nullptr);
          }};
}

// dX = Y (dY - sum(dY Y)), or dY - exp(Y) sum(dY) of the logarithm.
Plan gradient(const TensorOp &op) {
  RowLowering rows(op.dst[0].sizes, op.axes);
  size_t dy = rows.source(op.src[0]), y = rows.source(op.src[1]);
  size_t c = op.beta != 0.0 ? rows.source(op.src[2]) : 0;
  size_t dx = rows.result(op.dst[0]), total = rows.rowVector();
  return {rows, [=, &op](RowBlock &block, const std::vector<RowValue> &v) {
            if (op.logarithm) {
              block.reduce(ReduceFunction::Sum, v[total], v[dy]);
              block.vector(VectorFunction::Copy, v[dx], v[y]).activation = Activation::Exp;
              block.vector(VectorFunction::Multiply, v[dx], v[dx], v[total]);
              block.vector(VectorFunction::Subtract, v[dx], v[dy], v[dx]);
            } else {
              block.vector(VectorFunction::Multiply, v[dx], v[dy], v[y]);
              block.reduce(ReduceFunction::Sum, v[total], v[dx]);
              block.vector(VectorFunction::Subtract, v[dx], v[dy], v[total]);
              block.vector(VectorFunction::Multiply, v[dx], v[dx], v[y]);
            }
            finishRows(op, block, v[dx], v[dx], op.beta != 0.0 ? &v[c] : nullptr);
          }};
}

Plan planOf(const TensorOp &op) {
  return op.kind == TensorOp::Kind::softmax ? forward(op) : gradient(op);
}

} // namespace

Status checkSoftmax(const TensorOp &op, const LoweringContext &context) {
  size_t sources = op.kind == TensorOp::Kind::softmax ? 1 : 2;
  if (Status status = checkRowOperands(op, sources); !status)
    return status;
  if (op.axes.empty())
    return {npuErrorNotSupported, "NPU softmax: it needs at least one axis"};
  if (Status status = checkSameSizes(op, sources); !status)
    return status;
  if (isEmpty(op.dst[0]))
    return {};
  return planOf(op).rows.check(context.config);
}

Status lowerSoftmax(const TensorOp &op, const LoweringContext &context, Lowered &lowered) {
  lowered.format = "f32";
  if (isEmpty(op.dst[0]))
    return {};
  Plan plan = planOf(op);
  return plan.rows.lower(context.config, plan.body, lowered);
}

} // namespace npu::backend
