// Row reductions and pooling of the vector unit, on bounds-checked fp32 data.
#pragma once

#include "isa.h"
#include "worker_pool.h"

namespace npu::backend {

// Sums add in fp32, sixteen lanes side by side and blocks pairwise, so that the error grows with
// the logarithm of the length. NaN wins in minimum and maximum.
void runReduce(const ReduceInstruction &reduce, const float *a, float *dst, WorkerPool &pool);

// dst [channels, outRows, outColumns] from a [channels, rows, columns]; of a gradient dst has a's
// extents and b the results'. The maximum's gradient goes to the first largest element.
void runPool(const PoolInstruction &pool, const float *a, const float *b, float *dst,
             WorkerPool &workers);

} // namespace npu::backend
