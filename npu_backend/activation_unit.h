// The functions of activations.def as the vector unit computes them, in fp32.
#pragma once

#include "npu/tensor_op.h"

#include <cstdint>

namespace npu::backend {

// values[i] = f(values[i]) with the parameters p and q.
void activate(Activation activation, float p, float q, float *values, uint64_t count);
// out[i] = slope[i] * f'(z[i]); z is f's result or argument, as activations.def says.
void deriveActivation(Activation activation, float p, float q, const float *slope, const float *z,
                      float *out, uint64_t count);

} // namespace npu::backend
