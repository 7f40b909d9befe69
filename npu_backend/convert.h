// Bulk format conversion of rows of elements, as DMA and vector unit do it.
#pragma once

#include "npu/tensor_op.h"

#include <cstddef>
#include <cstdint>

namespace npu::backend {

// Whether elements can be turned from one format into the other without a silent loss of meaning:
// among floating-point formats always; fp32 to int8 quantises; int8 and int32 read as floats
// exactly or rounded once; nothing but int32 becomes int32.
bool convertible(Format from, Format to);

// Element i of `src` lies `srcStride` elements from element i-1; likewise `dst`. Every value is
// multiplied by `factor` (1: exact copies) before it is rounded.
void convertElements(const void *src, Format from, int64_t srcStride, void *dst, Format to,
                     int64_t dstStride, size_t count, float factor);

} // namespace npu::backend
