// Rows of the formats whose elements share bytes on chip. int4: two codes to a byte, the first in
// the low half. MX: blocks of 32 elements along the row, each its scale byte and then the codes,
// packed from the least significant bit on; a last block that is not full holds zeros.
#pragma once

#include "microscaling.h"
#include "npu/tensor_op.h"

#include <cstddef>

namespace npu::backend {

// MX formats exist on chip only: their codes lie behind those that tensors may have.
constexpr Format mxFormat(MxElement element) {
  return Format(unsigned(Format::C64) + 1 + unsigned(element));
}
constexpr unsigned kFormatCount = unsigned(mxFormat(MxElement::E2M1)) + 1;
constexpr bool isMx(Format format) { return format > Format::C64; }
constexpr MxElement mxElementOf(Format format) {
  return MxElement(unsigned(format) - unsigned(Format::C64) - 1);
}

// How many elements share bytes: rows begin at multiples of it. 1: none do.
unsigned packUnit(Format format);
inline bool isPacked(Format format) { return packUnit(format) > 1; }
// Of an element's code, without what an MX block's scale adds; 0: no format of the NPU.
unsigned codeBits(Format format);
// Bytes of `elements` that follow each other on chip.
uint64_t rowBytes(Format format, uint64_t elements);

// int4 divides by `scale` (quantize.h) where MX blocks find theirs after it. Element i of `src`
// lies `stride` elements from element i-1.
void packRow(const void *src, Format from, int64_t stride, size_t count, float scale, Format to,
             void *row);
void unpackRow(const void *row, Format from, size_t count, float *values); // MX
} // namespace npu::backend
