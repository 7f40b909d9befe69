// Finds the scale of a whole tensor for formats that need one.
#pragma once

#include "lower/lower.h"

namespace npu::backend {

// Emits loads and Measure instructions over every element. `last`: signals kScaleReady at the end.
// `steps` counts over all tensors of an op, so that their buffers alternate; the scratchpad is
// free.
void measureTensor(const NpuConfig &config, ProgramBuilder &builder, const BoundTensor &bound,
                   const Tensor &tensor, unsigned scale, Format target, bool last, uint64_t &steps);

} // namespace npu::backend
