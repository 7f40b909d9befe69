// The precision contract: a device whose tensor operations are recomputed in double on the host, a
// sample of them (NPU_SHADOW), and run again in a more accurate format where their error breaks a
// tolerance (NPU_TOLERANCE). Errors go to OpCost::errors and, at exit, to stderr.
#pragma once

#include "npu/device.h"

namespace npu::core {

// Puts the contract around `device` when the options ask for it; fails when they are out of range.
Status addShadow(std::unique_ptr<Device> &device);
// The share `rate` (above 0, up to 1) of its ops is recomputed; `tolerance` 0: none is repeated.
std::unique_ptr<Device> withShadow(std::unique_ptr<Device> device, double rate, double tolerance);
// What was recomputed, by op and format; nothing when nothing was.
void writeShadowSummary();

// Root of the mean squared difference over that of the mean squared reference (or over 1 when the
// reference is zero). Where both are NaN or the same infinity there is no difference; where one of
// them alone is not finite, the error is the largest double.
double relativeError(const Tensor &result, const Tensor &reference);

} // namespace npu::core
