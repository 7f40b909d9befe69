// See convert.h. Goes through blocks of fp32, which every format fits exactly but int32.
#include "convert.h"
#include "numerics.h"
#include "vector_clones.h"

#include <algorithm>
#include <cstring>

namespace npu::backend {
namespace {

constexpr size_t kBlock = 1024;

template <typename Code> Code at(const void *src, int64_t index) {
  Code code;
  std::memcpy(&code, static_cast<const char *>(src) + index * int64_t(sizeof(Code)), sizeof code);
  return code;
}
template <typename Code> void put(void *dst, int64_t index, Code code) {
  std::memcpy(static_cast<char *>(dst) + index * int64_t(sizeof(Code)), &code, sizeof code);
}

// The stride is a template value where it is 1, so that the compiler can use vectors.
template <typename Code, typename Function>
void readBlock(const void *src, int64_t stride, float *out, size_t count, Function decode) {
  if (stride == 1)
    for (size_t i = 0; i < count; ++i)
      out[i] = decode(at<Code>(src, int64_t(i)));
  else
    for (size_t i = 0; i < count; ++i)
      out[i] = decode(at<Code>(src, int64_t(i) * stride));
}

template <typename Code, typename Function>
void writeBlock(const float *values, void *dst, int64_t stride, size_t count, Function encode) {
  if (stride == 1)
    for (size_t i = 0; i < count; ++i)
      put<Code>(dst, int64_t(i), Code(encode(values[i])));
  else
    for (size_t i = 0; i < count; ++i)
      put<Code>(dst, int64_t(i) * stride, Code(encode(values[i])));
}

template <typename Type> const float *decodeTable() {
  static const struct Table {
    float values[256];
    Table() {
      for (uint32_t code = 0; code < 256; ++code)
        values[code] = Type::decode(code);
    }
  } table;
  return table.values;
}

void readFloats(const void *src, Format from, int64_t stride, float *out, size_t count) {
  switch (from) {
  case Format::F32:
  case Format::Tf32:
    return readBlock<float>(src, stride, out, count, [](float value) { return value; });
  case Format::F16:
    return readBlock<uint16_t>(src, stride, out, count, decodeFp16);
  case Format::Bf16:
    return readBlock<uint16_t>(src, stride, out, count, decodeBf16);
  case Format::Fp8E4M3: {
    const float *table = decodeTable<Fp8E4M3>();
    return readBlock<uint8_t>(src, stride, out, count, [=](uint8_t code) { return table[code]; });
  }
  case Format::Fp8E5M2: {
    const float *table = decodeTable<Fp8E5M2>();
    return readBlock<uint8_t>(src, stride, out, count, [=](uint8_t code) { return table[code]; });
  }
  case Format::Int8:
    return readBlock<int8_t>(src, stride, out, count, [](int8_t code) { return float(code); });
  case Format::Int32:
    return readBlock<int32_t>(src, stride, out, count, [](int32_t code) { return float(code); });
  default:
    return;
  }
}

void writeFloats(const float *values, void *dst, Format to, int64_t stride, size_t count) {
  switch (to) {
  case Format::F32:
    return writeBlock<float>(values, dst, stride, count, [](float value) { return value; });
  case Format::Tf32:
    return writeBlock<float>(values, dst, stride, count, roundTf32);
  case Format::F16:
    return writeBlock<uint16_t>(values, dst, stride, count, encodeFp16);
  case Format::Bf16:
    return writeBlock<uint16_t>(values, dst, stride, count, encodeBf16);
  case Format::Fp8E4M3:
    return writeBlock<uint8_t>(values, dst, stride, count,
                               [](float value) { return Fp8E4M3::encode(value); });
  case Format::Fp8E5M2:
    return writeBlock<uint8_t>(values, dst, stride, count,
                               [](float value) { return Fp8E5M2::encode(value); });
  case Format::Int8:
    return writeBlock<int8_t>(values, dst, stride, count,
                              [](float value) { return quantiseInt8(value, 1.0f); });
  default:
    return;
  }
}

void copyElements(const char *src, int64_t srcStride, char *dst, int64_t dstStride, size_t count,
                  unsigned bytes) {
  if (srcStride == 1 && dstStride == 1) {
    std::memcpy(dst, src, count * bytes);
    return;
  }
  auto copy = [&](auto code) {
    using Code = decltype(code);
    for (size_t i = 0; i < count; ++i)
      put<Code>(dst, int64_t(i) * dstStride, at<Code>(src, int64_t(i) * srcStride));
  };
  if (bytes == 4)
    copy(uint32_t());
  else if (bytes == 2)
    copy(uint16_t());
  else
    copy(uint8_t());
}

} // namespace

bool convertible(Format from, Format to) {
  if (!formatBytes(from) || !formatBytes(to))
    return false;
  return from == to || to != Format::Int32;
}

NPU_VECTOR_CLONES
void convertElements(const void *src, Format from, int64_t srcStride, void *dst, Format to,
                     int64_t dstStride, size_t count, float factor) {
  auto source = static_cast<const char *>(src);
  auto target = static_cast<char *>(dst);
  if (from == to && factor == 1.0f)
    return copyElements(source, srcStride, target, dstStride, count, formatBytes(from));
  float block[kBlock];
  for (size_t done = 0; done < count; done += kBlock) {
    size_t size = std::min(kBlock, count - done);
    readFloats(source + int64_t(done) * srcStride * formatBytes(from), from, srcStride, block,
               size);
    if (factor != 1.0f)
      for (size_t i = 0; i < size; ++i)
        block[i] *= factor;
    writeFloats(block, target + int64_t(done) * dstStride * formatBytes(to), to, dstStride, size);
  }
}

} // namespace npu::backend
