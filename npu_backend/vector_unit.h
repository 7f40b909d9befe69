// Elementwise arithmetic of one Vector instruction on bounds-checked host pointers.
#pragma once

#include "isa.h"
#include "worker_pool.h"

namespace npu::backend {

struct VectorOperands {
  void *dst = nullptr;
  const void *a = nullptr, *b = nullptr;
  float scaleOfA = 1.0f; // product of the scale registers
};

// Empty, or why the instruction traps. Arithmetic is fp32, rounded once to the destination's
// format; int32 to int32 is exact and traps on overflow.
std::string runVector(const VectorInstruction &instruction, const VectorOperands &operands,
                      WorkerPool &pool);

// The largest |value| of fp32 rows; infinity when there is an infinity or a NaN.
float largestMagnitude(const void *data, uint64_t rows, uint64_t columns, uint64_t pitch);

} // namespace npu::backend
