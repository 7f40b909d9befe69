// Exact conversions between the number formats, one element at a time: the reference that tests
// trust.
//
// Decoding is exact: every stored value is a double. Encoding rounds once, to nearest even, and
// keeps NaN a NaN. Overflow gives infinity where the format has it (F16, Bf16); FP8 saturates to
// its largest finite value, as the OCP 8-bit specification's saturating mode; integers saturate and
// NaN gives 0.
#pragma once

#include "npu/tensor_op.h"

#include <complex>
#include <cstdint>

namespace npu::core {

// The element at index `element` of an array of `format`. Int4 packs two, low half first.
std::complex<double> loadElement(const void *data, Format format, int64_t element);
void storeElement(void *data, Format format, int64_t element, std::complex<double> value);

bool isComplex(Format format);
bool isInteger(Format format);

// A binary floating-point format of at most 16 bits. `finiteOnly`: no infinity, and only the
// all-ones encoding is NaN (E4M3).
struct SmallFloat {
  int exponentBits, mantissaBits;
  bool finiteOnly, saturates;
};
double decodeSmallFloat(uint32_t bits, const SmallFloat &layout);
uint32_t encodeSmallFloat(double value, const SmallFloat &layout);

} // namespace npu::core
