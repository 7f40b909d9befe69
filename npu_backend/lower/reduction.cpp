// reduction: D = alpha * fold(X along axes) + beta * C.
#include "lower/rows.h"

namespace npu::backend {
namespace {

ReduceFunction functionOf(ReductionKind kind) {
  switch (kind) {
  case ReductionKind::Sum:
  case ReductionKind::Mean:
    return ReduceFunction::Sum;
  case ReductionKind::Product:
    return ReduceFunction::Product;
  case ReductionKind::Minimum:
    return ReduceFunction::Minimum;
  case ReductionKind::Maximum:
    return ReduceFunction::Maximum;
  case ReductionKind::LargestMagnitude:
    return ReduceFunction::LargestMagnitude;
  case ReductionKind::SumOfMagnitudes:
    return ReduceFunction::SumOfMagnitudes;
  case ReductionKind::RootOfSquares:
    return ReduceFunction::SumOfSquares;
  }
  return ReduceFunction::Sum;
}

struct Plan {
  RowLowering rows;
  RowLowering::Body body;
};

Plan planOf(const TensorOp &op) {
  RowLowering rows(op.src[0].sizes, op.axes);
  size_t x = rows.source(op.src[0]);
  size_t c = op.beta != 0.0 ? rows.source(op.src[1]) : 0;
  size_t d = rows.result(op.dst[0]);
  double count = 1;
  for (int64_t axis : op.axes)
    count *= double(op.src[0].sizes[size_t(axis)]);
  return {rows, [=, &op](RowBlock &block, const std::vector<RowValue> &v) {
            block.reduce(functionOf(op.reduction), v[d], v[x]);
            if (op.reduction == ReductionKind::Mean)
              block.vector(VectorFunction::Copy, v[d], v[d], {}, 1 / count);
            if (op.reduction == ReductionKind::RootOfSquares)
              block.vector(VectorFunction::Copy, v[d], v[d]).activation = Activation::SquareRoot;
            finishRows(op, block, v[d], v[d], op.beta != 0.0 ? &v[c] : nullptr);
          }};
}

} // namespace

Status checkReduction(const TensorOp &op, const LoweringContext &context) {
  auto refuse = [](const char *what) {
    return Status(npuErrorNotSupported, std::string("NPU reduction: ") + what);
  };
  if (Status status = checkRowOperands(op, 1); !status)
    return status;
  std::vector<int64_t> sizes = op.src[0].sizes;
  for (int64_t axis : op.axes)
    sizes[size_t(axis)] = 1;
  if (op.dst[0].sizes != sizes || (op.beta != 0.0 && op.src[1].sizes != sizes))
    return refuse("the result's sizes are not the operand's with 1 along the axes");
  if (isEmpty(op.dst[0]))
    return {};
  if (isEmpty(op.src[0]))
    return refuse("nothing to fold");
  return planOf(op).rows.check(context.config);
}

Status lowerReduction(const TensorOp &op, const LoweringContext &context, Lowered &lowered) {
  lowered.format = "f32";
  if (isEmpty(op.dst[0]))
    return {};
  Plan plan = planOf(op);
  return plan.rows.lower(context.config, plan.body, lowered);
}

} // namespace npu::backend
