// From an op's kind to its lowering, by the rows of ops.def.
#pragma once

#include "lower/lower.h"

namespace npu::backend {

// ok, or why the NPU does not take it.
Status checkOp(const TensorOp &op, const LoweringContext &context);
// Expects a checked op.
Status lowerOp(const TensorOp &op, const LoweringContext &context, Lowered &lowered);
// Checks, lowers and times an op without computing it; its tensors are not touched.
Status timeOp(const TensorOp &op, const LoweringContext &context, Lowered &lowered,
              Activity &activity);

} // namespace npu::backend
