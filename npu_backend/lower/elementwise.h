// The common way of elementwise ops: any rank and strides, cut into blocks that stream through the
// scratchpad, two in flight.
#pragma once

#include "lower/lower.h"

namespace npu::backend {

// Whether the sources and the destination agree and have formats that the vector unit computes in.
Status checkElementwise(const TensorOp &op, size_t sources);
// `instruction` holds function, factors and activation; addresses and extents are filled in here.
Status lowerElementwise(const TensorOp &op, size_t sources, const VectorInstruction &instruction,
                        const LoweringContext &context, Lowered &lowered);

} // namespace npu::backend
