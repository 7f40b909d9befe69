// See vector_unit.h.
#include "vector_unit.h"
#include "activation_unit.h"
#include "convert.h"
#include "numerics.h"
#include "vector_clones.h"

#include <algorithm>
#include <atomic>
#include <cmath>
#include <cstring>
#include <limits>

namespace npu::backend {
namespace {

constexpr uint64_t kBlock = 1024;

// Reads a block of a row as fp32, or points straight into the memory when it is fp32 already.
const float *readBlock(const void *data, Format format, bool repeat, uint64_t first, uint64_t count,
                       float factor, float *buffer) {
  if (format == Format::F32 && !repeat && factor == 1.0f)
    return static_cast<const float *>(data) + first;
  const char *start = static_cast<const char *>(data) + (repeat ? 0 : first * formatBytes(format));
  convertElements(start, format, repeat ? 0 : 1, buffer, Format::F32, 1, count, factor);
  return buffer;
}

// NaN wins in minimum and maximum, as in IEEE 754-2019.
float smaller(float a, float b) { return a != a || b != b ? a + b : a < b ? a : b; }
float larger(float a, float b) { return a != a || b != b ? a + b : a > b ? a : b; }

template <typename Function>
void apply(const float *a, const float *b, float *out, uint64_t count, Function function) {
  for (uint64_t i = 0; i < count; ++i)
    out[i] = function(a[i], b[i]);
}

void combine(VectorFunction function, const float *a, const float *b, float *out, uint64_t count) {
  switch (function) {
  case VectorFunction::Fill:
  case VectorFunction::Copy:
    if (out != a)
      std::copy_n(a, count, out);
    return;
  case VectorFunction::Add:
    return apply(a, b, out, count, [](float x, float y) { return x + y; });
  case VectorFunction::Subtract:
    return apply(a, b, out, count, [](float x, float y) { return x - y; });
  case VectorFunction::Multiply:
    return apply(a, b, out, count, [](float x, float y) { return x * y; });
  case VectorFunction::Divide:
    return apply(a, b, out, count, [](float x, float y) { return x / y; });
  case VectorFunction::Minimum:
    return apply(a, b, out, count, smaller);
  case VectorFunction::Maximum:
    return apply(a, b, out, count, larger);
  case VectorFunction::Gradient:
    return; // needs the activation; see floatRow
  }
}

const char *rowOf(const void *data, Format format, uint64_t pitch, uint64_t row) {
  return static_cast<const char *>(data) + row * pitch * formatBytes(format);
}

void floatRow(const VectorInstruction &v, const VectorOperands &operands, uint64_t row) {
  float bufferA[kBlock], bufferB[kBlock], result[kBlock];
  char *dst = static_cast<char *>(operands.dst) + row * v.pitchDst * formatBytes(v.formatDst);
  for (uint64_t first = 0; first < v.columns; first += kBlock) {
    uint64_t count = std::min(kBlock, v.columns - first);
    const float *a = bufferA, *b = nullptr;
    if (v.function == VectorFunction::Fill)
      std::fill_n(bufferA, count, v.alpha);
    else
      a = readBlock(rowOf(operands.a, v.formatA, v.pitchA, row), v.formatA, v.repeatA, first, count,
                    v.alpha * operands.scaleOfA, bufferA);
    if (v.function > VectorFunction::Copy)
      b = readBlock(rowOf(operands.b, v.formatB, v.pitchB, row), v.formatB, v.repeatB, first, count,
                    v.beta, bufferB);
    bool plain = v.function <= VectorFunction::Copy && v.activation == Activation::None;
    const float *values = plain ? a : result;
    if (!plain) {
      if (v.function == VectorFunction::Gradient) {
        deriveActivation(v.activation, v.p, v.q, a, b, result, count);
      } else {
        combine(v.function, a, b, result, count);
        activate(v.activation, v.p, v.q, result, count);
      }
    }
    convertElements(values, Format::F32, 1, dst + first * formatBytes(v.formatDst), v.formatDst, 1,
                    count, 1.0f);
  }
}

// int32 alpha * a (+|-) beta * b in 64 bits; false on overflow.
NPU_VECTOR_CLONES
bool integerRow(const VectorInstruction &v, const VectorOperands &operands, uint64_t row) {
  auto dst = reinterpret_cast<int32_t *>(static_cast<char *>(operands.dst)) + row * v.pitchDst;
  auto element = [&](const void *data, Format format, uint64_t pitch, bool repeat, uint64_t i) {
    uint64_t index = row * pitch + (repeat ? 0 : i);
    return format == Format::Int32 ? int64_t(static_cast<const int32_t *>(data)[index])
                                   : int64_t(static_cast<const int8_t *>(data)[index]);
  };
  if (v.function == VectorFunction::Copy && v.formatA == Format::Int32 && v.alpha == 1.0f &&
      !v.repeatA && v.activation == Activation::None) {
    std::memmove(dst, rowOf(operands.a, v.formatA, v.pitchA, row), v.columns * sizeof *dst);
    return true;
  }
  int64_t alpha = int64_t(v.alpha), beta = int64_t(v.beta);
  bool fits = true;
  for (uint64_t i = 0; i < v.columns; ++i) {
    int64_t value = alpha;
    if (v.function != VectorFunction::Fill)
      value *= element(operands.a, v.formatA, v.pitchA, v.repeatA, i);
    if (v.function > VectorFunction::Copy) {
      int64_t other = beta * element(operands.b, v.formatB, v.pitchB, v.repeatB, i);
      value += v.function == VectorFunction::Add ? other : -other;
    }
    if (v.activation == Activation::Relu)
      value = std::max<int64_t>(value, 0);
    dst[i] = int32_t(value);
    fits &= value == dst[i];
  }
  return fits;
}

std::string checkInteger(const VectorInstruction &v) {
  bool wholeA = v.formatA == Format::Int32 || v.formatA == Format::Int8;
  bool wholeB = v.formatB == Format::Int32 || v.formatB == Format::Int8;
  if ((v.function != VectorFunction::Fill && !wholeA) || v.scaleA || v.scaleB ||
      (v.function > VectorFunction::Copy && !wholeB))
    return "an int32 result needs integer operands without scales";
  if (v.function > VectorFunction::Subtract || v.activation > Activation::Relu)
    return "the vector unit has no such int32 function";
  auto whole = [](float x) { return x == std::nearbyint(x) && std::fabs(x) < 0x1p31f; };
  if (!whole(v.alpha) || !whole(v.beta))
    return "factors of int32 operands must be whole numbers";
  return "";
}

} // namespace

std::string runVector(const VectorInstruction &v, const VectorOperands &operands,
                      WorkerPool &pool) {
  std::atomic<bool> fits{true};
  bool integer = v.formatDst == Format::Int32;
  if (integer) {
    if (std::string failure = checkInteger(v); !failure.empty())
      return failure;
  } else if (v.formatDst == Format::Int8) {
    return "the vector unit writes no int8";
  }
  pool.split(v.rows, v.rows * v.columns, [&](size_t begin, size_t end) {
    for (size_t row = begin; row < end; ++row)
      if (!integer)
        floatRow(v, operands, row);
      else if (!integerRow(v, operands, row))
        fits = false;
  });
  return fits ? "" : "an int32 result overflowed";
}

NPU_VECTOR_CLONES
float largestMagnitude(const void *data, uint64_t rows, uint64_t columns, uint64_t pitch) {
  // Magnitudes order like their bits, and NaN lies above infinity.
  uint32_t most = 0;
  for (uint64_t row = 0; row < rows; ++row) {
    auto values = static_cast<const float *>(data) + row * pitch;
    for (uint64_t i = 0; i < columns; ++i)
      most = std::max(most, floatBits(values[i]) & 0x7fffffff);
  }
  return most > 0x7f800000 ? std::numeric_limits<float>::infinity() : bitsFloat(most);
}

} // namespace npu::backend
