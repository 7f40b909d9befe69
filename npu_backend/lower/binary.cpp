// binary: D = activation(alpha * A (op) beta * B), elementwise; a stride of 0 broadcasts.
#include "lower/elementwise.h"

namespace npu::backend {
namespace {

VectorFunction functionOf(BinaryKind kind) {
  switch (kind) {
  case BinaryKind::Add:
    return VectorFunction::Add;
  case BinaryKind::Subtract:
    return VectorFunction::Subtract;
  case BinaryKind::Multiply:
    return VectorFunction::Multiply;
  case BinaryKind::Divide:
    return VectorFunction::Divide;
  case BinaryKind::Minimum:
    return VectorFunction::Minimum;
  case BinaryKind::Maximum:
    return VectorFunction::Maximum;
  }
  return VectorFunction::Fill;
}

} // namespace

Status checkBinary(const TensorOp &op, const LoweringContext &) {
  if (functionOf(op.binary) == VectorFunction::Fill)
    return {npuErrorNotSupported, "NPU binary: the vector unit has no such function"};
  return checkElementwise(op, 2);
}

Status lowerBinary(const TensorOp &op, const LoweringContext &context, Lowered &lowered) {
  VectorInstruction vector;
  vector.function = functionOf(op.binary);
  vector.alpha = float(op.alpha.real());
  vector.beta = float(op.beta.real());
  setActivation(vector, op);
  return lowerElementwise(op, 2, vector, context, lowered);
}

} // namespace npu::backend
