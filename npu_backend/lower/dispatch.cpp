// See dispatch.h.
#include "lower/dispatch.h"

namespace npu::backend {

Status checkOp(const TensorOp &op, const LoweringContext &context) {
  switch (op.kind) {
#define LOWERING(name, check, lower)                                                               \
  case TensorOp::Kind::name:                                                                       \
    return check(op, context);
#include "ops.def"
  default:
    return {npuErrorNotSupported, "the NPU has no lowering for this op"};
  }
}

Status lowerOp(const TensorOp &op, const LoweringContext &context, Lowered &lowered) {
  switch (op.kind) {
#define LOWERING(name, check, lower)                                                               \
  case TensorOp::Kind::name:                                                                       \
    return lower(op, context, lowered);
#include "ops.def"
  default:
    return {npuErrorNotSupported, "the NPU has no lowering for this op"};
  }
}

Status timeOp(const TensorOp &op, const LoweringContext &context, Lowered &lowered,
              Activity &activity) {
  if (Status status = checkOp(op, context); !status)
    return status;
  if (Status status = lowerOp(op, context, lowered); !status)
    return status;
  std::vector<Instruction> program(lowered.program.words.size());
  for (size_t i = 0; i < program.size(); ++i)
    if (Status status = decode(lowered.program.words[i], program[i]); !status)
      return status;
  return simulate(
      context.config, program, [](const Instruction &) { return Status(); }, activity);
}

} // namespace npu::backend
