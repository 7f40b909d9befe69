// See tensor_values.h. Layouts: IEEE 754; bfloat16 and TF32 as shortened binary32; OCP 8-bit
// floating point for E4M3 (no infinity, one NaN) and E5M2.
#include "tensor_values.h"

#include <algorithm>
#include <cmath>
#include <cstring>

namespace npu::conformance {
namespace {

struct Layout {
  const char *name;
  unsigned bits;
  int exponentBits = 0, mantissaBits = 0; // of binary floating-point formats up to 16 bits
};

Layout layoutOf(Format format) {
  switch (format) {
  case Format::F64:
    return {"F64", 64};
  case Format::F32:
    return {"F32", 32};
  case Format::Tf32:
    return {"Tf32", 32};
  case Format::F16:
    return {"F16", 16, 5, 10};
  case Format::Bf16:
    return {"Bf16", 16, 8, 7};
  case Format::Fp8E4M3:
    return {"Fp8E4M3", 8, 4, 3};
  case Format::Fp8E5M2:
    return {"Fp8E5M2", 8, 5, 2};
  case Format::Int32:
    return {"Int32", 32};
  case Format::Int8:
    return {"Int8", 8};
  case Format::UInt8:
    return {"UInt8", 8};
  case Format::Int4:
    return {"Int4", 4};
  case Format::C32:
    return {"C32", 64};
  case Format::C64:
    return {"C64", 128};
  }
  return {"unknown", 8};
}

double decodeFloat(uint32_t code, const Layout &layout) {
  const uint32_t fraction = code & ((1u << layout.mantissaBits) - 1);
  const uint32_t topExponent = (1u << layout.exponentBits) - 1;
  const uint32_t exponent = code >> layout.mantissaBits & topExponent;
  const double sign = code >> (layout.exponentBits + layout.mantissaBits) & 1 ? -1 : 1;
  const double bias = double(topExponent / 2);
  const double part = double(fraction) / std::pow(2, layout.mantissaBits);
  const bool isE4M3 = layout.exponentBits == 4;
  if (exponent == topExponent && isE4M3 && fraction == 7)
    return NAN;
  if (exponent == topExponent && !isE4M3)
    return fraction ? NAN : sign * INFINITY;
  return sign * (exponent ? (1 + part) * std::pow(2, double(exponent) - bias)
                          : part * std::pow(2, 1 - bias));
}

template <class T> T read(const uint8_t *at) {
  T value;
  std::memcpy(&value, at, sizeof value);
  return value;
}

template <class T> void write(uint8_t *at, T value) { std::memcpy(at, &value, sizeof value); }

} // namespace

bool isWhole(Format format) {
  return format == Format::Int32 || format == Format::Int8 || format == Format::UInt8 ||
         format == Format::Int4;
}

bool isPair(Format format) { return format == Format::C32 || format == Format::C64; }

const char *nameOf(Format format) { return layoutOf(format).name; }

std::vector<int64_t> stridesFor(const Index &sizes, const std::vector<size_t> &order,
                                int64_t padding, bool reversed) {
  std::vector<int64_t> strides(sizes.size());
  int64_t stride = 1;
  for (size_t i = order.size(); i-- > 0;) {
    strides[order[i]] = reversed ? -stride : stride;
    stride = stride * std::max<int64_t>(sizes[order[i]], 1) + padding;
  }
  return strides;
}

TestTensor::TestTensor(Device &device, Format format, Index sizes, std::vector<int64_t> strides) {
  constexpr int64_t kGuard = 8; // elements on both sides
  int64_t reach = 0;
  for (size_t axis = 0; axis < sizes.size(); ++axis) {
    const int64_t span = std::max<int64_t>(sizes[axis] - 1, 0) * strides[axis];
    origin += span < 0 ? -span : 0;
    reach += std::abs(span);
  }
  // An address is a whole number of bytes, so Int4 tensors start at an even element.
  origin += kGuard + origin % 2;
  elements = (reach + 2 * kGuard + 3) / 2 * 2;
  storage = std::make_unique<Buffer>(device, size_t(elements) * layoutOf(format).bits / 8);
  std::memset(storage->data, 0xFF, storage->size);
  tensor = {storage->data + origin * layoutOf(format).bits / 8, format, std::move(sizes),
            std::move(strides)};
}

int64_t TestTensor::element(const Index &index) const {
  int64_t at = origin;
  for (size_t axis = 0; axis < index.size(); ++axis)
    at += index[axis] * tensor.strides[axis];
  return at;
}

void TestTensor::randomize(uint32_t seed, int64_t largestWhole) {
  forEachIndex(tensor.sizes, [&](const Index &index) {
    seed = seed * 1664525u + 1013904223u;
    setRandom(element(index), seed, largestWhole);
  });
}

void TestTensor::setRandom(int64_t element, uint32_t random, int64_t largestWhole) {
  const Layout layout = layoutOf(tensor.format);
  uint8_t *at = storage->data + element * layout.bits / 8;
  auto real = [&](uint32_t bits) {
    return (bits >> 31 ? -1 : 1) * (0.25 + 1.75 * double(bits >> 8 & 0x3fffff) / 0x400000);
  };
  const uint32_t other = random * 2246822519u + 1;
  int64_t whole = int64_t((random >> 8) % uint32_t(2 * largestWhole + 1)) - largestWhole;
  whole = whole ? whole : 1;
  switch (tensor.format) {
  case Format::F64:
    return write(at, real(random));
  case Format::F32:
    return write(at, float(real(random)));
  case Format::Tf32: {
    const float value = float(real(random));
    return write(at, read<uint32_t>(reinterpret_cast<const uint8_t *>(&value)) & ~0x1fffu);
  }
  case Format::C32:
    return write(at, std::complex<float>(Complex(real(random), real(other))));
  case Format::C64:
    return write(at, Complex(real(random), real(other)));
  case Format::Int32:
    return write(at, int32_t(whole));
  case Format::Int8:
    return write(at, int8_t(whole));
  case Format::UInt8:
    return write(at, uint8_t(std::abs(whole)));
  case Format::Int4: {
    whole = std::clamp<int64_t>(whole, -8, 7);
    const unsigned shift = element % 2 ? 4 : 0;
    return write(at, uint8_t((*at & (0xf0 >> shift)) | (unsigned(whole) & 15u) << shift));
  }
  default: { // an exponent of -2, -1 or 0
    const uint32_t bias = (1u << (layout.exponentBits - 1)) - 1;
    const uint32_t code = (random >> 31) << (layout.bits - 1) |
                          (bias - (random >> 8) % 3) << layout.mantissaBits |
                          (random >> 12 & ((1u << layout.mantissaBits) - 1));
    return layout.bits == 16 ? write(at, uint16_t(code)) : write(at, uint8_t(code));
  }
  }
}

Complex TestTensor::at(const Index &index) const {
  const Layout layout = layoutOf(tensor.format);
  const int64_t where = element(index);
  const uint8_t *at = storage->data + where * layout.bits / 8;
  switch (tensor.format) {
  case Format::F64:
    return read<double>(at);
  case Format::F32:
  case Format::Tf32:
    return read<float>(at);
  case Format::C32:
    return Complex(read<std::complex<float>>(at));
  case Format::C64:
    return read<Complex>(at);
  case Format::Int32:
    return read<int32_t>(at);
  case Format::Int8:
    return read<int8_t>(at);
  case Format::UInt8:
    return read<uint8_t>(at);
  case Format::Int4: {
    const int nibble = *at >> (where % 2 ? 4 : 0) & 15;
    return nibble > 7 ? nibble - 16 : nibble;
  }
  default:
    return decodeFloat(layout.bits == 16 ? read<uint16_t>(at) : *at, layout);
  }
}

bool TestTensor::intact() const {
  const unsigned bits = layoutOf(tensor.format).bits;
  std::vector<bool> reached(storage->size * 2, false); // one per 4 bits
  forEachIndex(tensor.sizes, [&](const Index &index) {
    const size_t first = size_t(element(index)) * bits / 4;
    std::fill_n(reached.begin() + ptrdiff_t(first), bits / 4, true);
  });
  for (size_t i = 0; i < reached.size(); ++i)
    if (!reached[i] && (storage->data[i / 2] >> (i % 2 ? 4 : 0) & 15) != 15)
      return false;
  return true;
}

std::vector<Complex> TestTensor::values() const {
  std::vector<Complex> list;
  forEachIndex(tensor.sizes, [&](const Index &index) { list.push_back(at(index)); });
  return list;
}

double roundingOf(Format format, Complex want) {
  const double size = std::abs(want);
  switch (format) {
  case Format::F64:
  case Format::C64:
    return size * std::ldexp(1, -53);
  case Format::Tf32:
    return size * std::ldexp(1, -11);
  case Format::F16:
    return size * std::ldexp(1, -11) + std::ldexp(1, -25);
  case Format::Bf16:
    return size * std::ldexp(1, -8);
  case Format::Fp8E4M3:
    return size * std::ldexp(1, -4) + std::ldexp(1, -10);
  case Format::Fp8E5M2:
    return size * std::ldexp(1, -3) + std::ldexp(1, -17);
  default:
    return size * std::ldexp(1, -24);
  }
}

Complex saturated(Format format, Complex want) {
  auto clamp = [&](double low, double high) { return Complex(std::clamp(want.real(), low, high)); };
  switch (format) {
  case Format::Fp8E4M3:
    return clamp(-448, 448);
  case Format::Fp8E5M2:
    return clamp(-57344, 57344);
  case Format::Int32:
    return clamp(INT32_MIN, INT32_MAX);
  case Format::Int8:
    return clamp(-128, 127);
  case Format::UInt8:
    return clamp(0, 255);
  case Format::Int4:
    return clamp(-8, 7);
  default:
    return isPair(format) ? want : want.real();
  }
}

} // namespace npu::conformance
