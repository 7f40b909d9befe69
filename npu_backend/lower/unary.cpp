// unary: D = activation(alpha * A), elementwise.
#include "lower/elementwise.h"

namespace npu::backend {

Status checkUnary(const TensorOp &op, const LoweringContext &) { return checkElementwise(op, 1); }

Status lowerUnary(const TensorOp &op, const LoweringContext &context, Lowered &lowered) {
  VectorInstruction vector;
  vector.function = VectorFunction::Copy;
  vector.alpha = float(op.alpha.real());
  setActivation(vector, op);
  return lowerElementwise(op, 1, vector, context, lowered);
}

} // namespace npu::backend
