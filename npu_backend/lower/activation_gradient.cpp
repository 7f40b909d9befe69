// activation_gradient: dX = alpha * dY * f'(Z) + beta * C, elementwise.
#include "lower/rows.h"

namespace npu::backend {
namespace {

struct Plan {
  RowLowering rows;
  RowLowering::Body body;
};

Plan planOf(const TensorOp &op) {
  std::vector<int64_t> columns;
  if (!op.dst[0].sizes.empty())
    columns.push_back(int64_t(op.dst[0].sizes.size()) - 1);
  RowLowering rows(op.dst[0].sizes, columns);
  size_t dy = rows.source(op.src[0]), z = rows.source(op.src[1]);
  size_t c = op.beta != 0.0 ? rows.source(op.src[2]) : 0;
  size_t dx = rows.result(op.dst[0]);
  return {rows, [=, &op](RowBlock &block, const std::vector<RowValue> &v) {
            setActivation(block.vector(VectorFunction::Gradient, v[dx], v[dy], v[z]), op);
            finishRows(op, block, v[dx], v[dx], op.beta != 0.0 ? &v[c] : nullptr);
          }};
}

} // namespace

Status checkActivationGradient(const TensorOp &op, const LoweringContext &context) {
  if (Status status = checkRowOperands(op, 2); !status)
    return status;
  if (Status status = checkSameSizes(op, 2); !status)
    return status;
  if (isEmpty(op.dst[0]))
    return {};
  return planOf(op).rows.check(context.config);
}

Status lowerActivationGradient(const TensorOp &op, const LoweringContext &context,
                               Lowered &lowered) {
  lowered.format = "f32";
  if (isEmpty(op.dst[0]))
    return {};
  Plan plan = planOf(op);
  return plan.rows.lower(context.config, plan.body, lowered);
}

} // namespace npu::backend
