// See packed.h.
#include "packed.h"
#include "convert.h"
#include "numerics.h"
#include "quantize.h"

#include <algorithm>
#include <cmath>

namespace npu::backend {
namespace {

unsigned blockBytes(Format format) { return 1 + kMxBlock * codeBits(format) / 8; }

void packCodes(const uint8_t *codes, unsigned bits, uint8_t *bytes) {
  uint32_t pending = 0;
  unsigned held = 0;
  for (unsigned i = 0; i < kMxBlock; ++i) {
    pending |= uint32_t(codes[i]) << held;
    for (held += bits; held >= 8; held -= 8, pending >>= 8)
      *bytes++ = uint8_t(pending);
  }
}

void unpackCodes(const uint8_t *bytes, unsigned bits, uint8_t *codes) {
  uint32_t pending = 0;
  unsigned held = 0;
  for (unsigned i = 0; i < kMxBlock; ++i) {
    for (; held < bits; held += 8)
      pending |= uint32_t(*bytes++) << held;
    codes[i] = uint8_t(pending & ((1u << bits) - 1));
    pending >>= bits, held -= bits;
  }
}

void packInt4Row(const float *values, size_t count, float scale, uint8_t *bytes) {
  const Quantization quantization{scale, 0, -7, 7};
  int8_t codes[kMxBlock];
  for (size_t i = 0; i < count; ++i)
    codes[i] = values[i] == values[i] ? int8_t(quantize(values[i], quantization)) : int8_t(0);
  packInt4(codes, count, bytes);
}

} // namespace

unsigned packUnit(Format format) {
  return isMx(format) ? kMxBlock : format == Format::Int4 ? 2 : 1;
}

unsigned codeBits(Format format) {
  if (!isMx(format))
    return format == Format::Int4 ? 4 : 8 * formatBytes(format);
  switch (mxElementOf(format)) {
  case MxElement::E5M2:
  case MxElement::E4M3:
    return 8;
  case MxElement::E3M2:
  case MxElement::E2M3:
    return 6;
  case MxElement::E2M1:
    return 4;
  }
  return 0;
}

uint64_t rowBytes(Format format, uint64_t elements) {
  if (isMx(format))
    return (elements + kMxBlock - 1) / kMxBlock * blockBytes(format);
  return format == Format::Int4 ? (elements + 1) / 2 : elements * formatBytes(format);
}

void packRow(const void *src, Format from, int64_t stride, size_t count, float scale, Format to,
             void *row) {
  auto source = static_cast<const char *>(src);
  auto target = static_cast<uint8_t *>(row);
  for (size_t done = 0; done < count; done += kMxBlock) {
    const size_t size = std::min<size_t>(kMxBlock, count - done);
    float values[kMxBlock] = {};
    convertElements(source + int64_t(done) * stride * formatBytes(from), from, stride, values,
                    Format::F32, 1, size, isMx(to) ? 1.0f / scale : 1.0f);
    if (!isMx(to)) {
      packInt4Row(values, size, scale, target + done / 2);
      continue;
    }
    const MxBlock block = encodeMx(values, mxElementOf(to));
    *target = block.scale;
    packCodes(block.codes, codeBits(to), target + 1);
    target += blockBytes(to);
  }
}

void unpackRow(const void *row, Format from, size_t count, float *values) {
  auto source = static_cast<const uint8_t *>(row);
  for (size_t done = 0; done < count; done += kMxBlock, source += blockBytes(from)) {
    MxBlock block;
    float decoded[kMxBlock];
    block.scale = *source;
    unpackCodes(source + 1, codeBits(from), block.codes);
    decodeMx(block, mxElementOf(from), decoded);
    std::copy_n(decoded, std::min<size_t>(kMxBlock, count - done), values + done);
  }
}

} // namespace npu::backend
