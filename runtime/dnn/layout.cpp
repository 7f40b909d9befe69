// See layout.h. Rounding is to nearest even; integers saturate, NaN becomes 0.
#include "layout.h"

#include "src/formats.h"

#include <cmath>
#include <cstring>
#include <limits>

namespace npu::dnn {
namespace {

float fromHalf(uint16_t half) {
  const uint32_t sign = uint32_t(half & 0x8000) << 16, magnitude = half & 0x7fff;
  uint32_t bits;
  if (magnitude >= 0x7c00) // infinity and NaN
    bits = (magnitude << 13) + 0x70000000;
  else if (magnitude >= 0x0400)
    bits = (magnitude << 13) + 0x38000000;
  else {
    const float value = float(magnitude) * 0x1p-24f;
    std::memcpy(&bits, &value, sizeof bits);
  }
  bits |= sign;
  float result;
  std::memcpy(&result, &bits, sizeof result);
  return result;
}

uint16_t toHalf(float value) {
  uint32_t bits;
  std::memcpy(&bits, &value, sizeof bits);
  const uint16_t sign = uint16_t((bits >> 16) & 0x8000);
  bits &= 0x7fffffff;
  if (bits > 0x7f800000)
    return sign | 0x7e00;
  if (bits >= 0x477ff000) // rounds to infinity
    return sign | 0x7c00;
  if (bits < 0x38800000) { // subnormal: the float adder rounds for us
    float magnitude;
    std::memcpy(&magnitude, &bits, sizeof magnitude);
    magnitude += 0.5f;
    uint32_t sum;
    std::memcpy(&sum, &magnitude, sizeof sum);
    return uint16_t(sign | (sum - 0x3f000000));
  }
  bits += 0xfff + ((bits >> 13) & 1);
  return uint16_t(sign | ((bits - 0x38000000) >> 13));
}

float fromBfloat(uint16_t value) {
  const uint32_t bits = uint32_t(value) << 16;
  float result;
  std::memcpy(&result, &bits, sizeof result);
  return result;
}

uint16_t toBfloat(float value) {
  uint32_t bits;
  std::memcpy(&bits, &value, sizeof bits);
  if ((bits & 0x7fffffff) > 0x7f800000)
    return uint16_t((bits >> 16) | 0x40);
  return uint16_t((bits + 0x7fff + ((bits >> 16) & 1)) >> 16);
}

template <class Integer, class Real> Integer toInteger(Real value) {
  if (std::isnan(value))
    return 0;
  const double rounded = std::nearbyint(double(value));
  constexpr double low = double(std::numeric_limits<Integer>::min()),
                   high = double(std::numeric_limits<Integer>::max());
  return rounded <= low    ? std::numeric_limits<Integer>::min()
         : rounded >= high ? std::numeric_limits<Integer>::max()
                           : Integer(rounded);
}

// How each type is stored: load and store of one element at `at`.
template <class T> struct Plain {
  using Stored = T;
  template <class Real> static Real load(const T *at) { return Real(*at); }
  template <class Real> static void store(T *at, Real value) {
    if constexpr (std::is_integral_v<T>)
      *at = toInteger<T>(value);
    else
      *at = T(value);
  }
};
struct Half {
  using Stored = uint16_t;
  template <class Real> static Real load(const uint16_t *at) { return Real(fromHalf(*at)); }
  template <class Real> static void store(uint16_t *at, Real value) { *at = toHalf(float(value)); }
};
struct Bfloat {
  using Stored = uint16_t;
  template <class Real> static Real load(const uint16_t *at) { return Real(fromBfloat(*at)); }
  template <class Real> static void store(uint16_t *at, Real value) {
    *at = toBfloat(float(value));
  }
};
struct Boolean {
  using Stored = uint8_t;
  template <class Real> static Real load(const uint8_t *at) { return Real(*at != 0); }
  template <class Real> static void store(uint8_t *at, Real value) { *at = value != 0; }
};
template <Format format> struct Fp8 {
  using Stored = uint8_t;
  template <class Real> static Real load(const uint8_t *at) {
    return Real(core::loadElement(at, format, 0).real());
  }
  template <class Real> static void store(uint8_t *at, Real value) {
    core::storeElement(at, format, 0, double(value));
  }
};

// Calls body with the traits of a stored type.
template <class Body> void withStored(npudnnDataType_t type, Body body) {
  switch (type) {
  case NPUDNN_DATA_FLOAT:
    return body(Plain<float>());
  case NPUDNN_DATA_DOUBLE:
    return body(Plain<double>());
  case NPUDNN_DATA_HALF:
    return body(Half());
  case NPUDNN_DATA_BFLOAT16:
    return body(Bfloat());
  case NPUDNN_DATA_INT8:
  case NPUDNN_DATA_INT8x4:
  case NPUDNN_DATA_INT8x32:
    return body(Plain<int8_t>());
  case NPUDNN_DATA_UINT8:
  case NPUDNN_DATA_UINT8x4:
    return body(Plain<uint8_t>());
  case NPUDNN_DATA_INT32:
    return body(Plain<int32_t>());
  case NPUDNN_DATA_INT64:
    return body(Plain<int64_t>());
  case NPUDNN_DATA_BOOLEAN:
    return body(Boolean());
  case NPUDNN_DATA_FP8_E4M3:
    return body(Fp8<Format::Fp8E4M3>());
  case NPUDNN_DATA_FP8_E5M2:
    return body(Fp8<Format::Fp8E5M2>());
  case NPUDNN_DATA_FAST_FLOAT_FOR_FP8:
    break;
  }
  unsupported("the data type is not one of a tensor");
}

// Calls row(element of the tensor, index of the packed array, length, step) for every innermost
// row. Vectorised channels are visited one element at a time.
template <class Row> void forEachRow(const Layout &layout, Row row) {
  const size_t rank = layout.dims.size();
  if (layout.count() == 0 || rank == 0)
    return;
  const int64_t length = layout.vector == 1 ? layout.dims[rank - 1] : 1;
  const int64_t rows = layout.count() / length;
  const size_t outer = layout.vector == 1 ? rank - 1 : rank;
  const int64_t step = layout.vector == 1 ? layout.strides[rank - 1] : 1;
  std::vector<int64_t> index(outer, 0);
  int64_t element = 0;
  for (int64_t i = 0; i < rows; ++i) {
    if (layout.vector == 1) {
      row(element, i * length, length, step);
    } else {
      int64_t at = 0;
      for (size_t axis = 0; axis < rank; ++axis)
        at += (axis == 1 ? index[axis] / layout.vector : index[axis]) * layout.strides[axis];
      row(at * layout.vector + index[1] % layout.vector, i, int64_t(1), int64_t(1));
    }
    for (size_t axis = outer; axis-- > 0;) {
      element += layout.strides[axis];
      if (++index[axis] < layout.dims[axis])
        break;
      element -= layout.strides[axis] * layout.dims[axis];
      index[axis] = 0;
    }
  }
}

} // namespace

int64_t Layout::count() const {
  int64_t product = 1;
  for (int64_t size : dims)
    product *= size;
  return product;
}

int64_t Layout::span() const {
  int64_t last = 0;
  for (size_t i = 0; i < dims.size(); ++i)
    last += ((i == 1 ? (dims[i] + vector - 1) / vector : dims[i]) - 1) * strides[i];
  return (last + 1) * vector;
}

size_t Layout::bytes() const { return size_t(span()) * elementBytes(type); }

bool Layout::packed() const {
  if (vector != 1)
    return false;
  int64_t expected = 1;
  for (size_t i = dims.size(); i-- > 0;) {
    if (dims[i] != 1 && strides[i] != expected)
      return false;
    expected *= dims[i];
  }
  return true;
}

bool isDataType(npudnnDataType_t type) {
  return type >= NPUDNN_DATA_FLOAT && type <= NPUDNN_DATA_FP8_E5M2;
}

size_t elementBytes(npudnnDataType_t type) {
  size_t bytes = 0;
  withStored(type, [&](auto traits) { bytes = sizeof(typename decltype(traits)::Stored); });
  return bytes;
}

int64_t vectorLength(npudnnDataType_t type) {
  return type == NPUDNN_DATA_INT8x32                                 ? 32
         : type == NPUDNN_DATA_INT8x4 || type == NPUDNN_DATA_UINT8x4 ? 4
                                                                     : 1;
}

bool formatOf(npudnnDataType_t type, Format &format) {
  switch (type) {
  case NPUDNN_DATA_FLOAT:
    format = Format::F32;
    return true;
  case NPUDNN_DATA_DOUBLE:
    format = Format::F64;
    return true;
  case NPUDNN_DATA_HALF:
    format = Format::F16;
    return true;
  case NPUDNN_DATA_BFLOAT16:
    format = Format::Bf16;
    return true;
  case NPUDNN_DATA_INT8:
    format = Format::Int8;
    return true;
  case NPUDNN_DATA_UINT8:
    format = Format::UInt8;
    return true;
  case NPUDNN_DATA_INT32:
    format = Format::Int32;
    return true;
  case NPUDNN_DATA_FP8_E4M3:
    format = Format::Fp8E4M3;
    return true;
  case NPUDNN_DATA_FP8_E5M2:
    format = Format::Fp8E5M2;
    return true;
  default:
    return false;
  }
}

bool needsDouble(npudnnDataType_t type) {
  return type == NPUDNN_DATA_DOUBLE || type == NPUDNN_DATA_INT32 || type == NPUDNN_DATA_INT64;
}

std::vector<int64_t> packedStrides(const std::vector<int64_t> &dims) {
  std::vector<int64_t> strides(dims.size());
  int64_t product = 1;
  for (size_t i = dims.size(); i-- > 0;) {
    strides[i] = product;
    product *= dims[i];
  }
  return strides;
}

std::vector<int64_t> channelsLastStrides(const std::vector<int64_t> &dims) {
  std::vector<int64_t> strides(dims.size());
  int64_t product = dims[1];
  strides[1] = 1;
  for (size_t i = dims.size(); i-- > 2;) {
    strides[i] = product;
    product *= dims[i];
  }
  strides[0] = product;
  return strides;
}

Layout packedLayout(npudnnDataType_t type, std::vector<int64_t> dims) {
  Layout layout;
  layout.type = type;
  layout.strides = packedStrides(dims);
  layout.dims = std::move(dims);
  return layout;
}

bool tensorOf(const Layout &layout, const void *data, Tensor &tensor) {
  if (layout.vector != 1 || !formatOf(layout.type, tensor.format))
    return false;
  tensor.data = const_cast<void *>(data);
  tensor.sizes = layout.dims;
  tensor.strides = layout.strides;
  return true;
}

void requireBytes(const void *data, size_t bytes, const char *name) {
  requirePointer(data, name);
  if (bytes != 0 && !core::deviceCanReach(data, bytes))
    throw Failure{NPUDNN_STATUS_MAPPING_ERROR,
                  std::string(name) + ": " + std::to_string(bytes) +
                      " bytes there are not device memory; allocate them with npuMalloc"};
}

void requireMemory(const Layout &layout, const void *data, const char *name) {
  requireBytes(data, layout.bytes(), name);
}

double scalarOf(npudnnDataType_t type, const void *address, const char *name) {
  requirePointer(address, name);
  if (type == NPUDNN_DATA_DOUBLE) {
    double value;
    std::memcpy(&value, address, sizeof value);
    return value;
  }
  float value;
  std::memcpy(&value, address, sizeof value);
  return value;
}

template <class Real> void gather(const Layout &layout, const void *data, Real *values) {
  withStored(layout.type, [&](auto traits) {
    using Traits = decltype(traits);
    const auto *stored = static_cast<const typename Traits::Stored *>(data);
    forEachRow(layout, [&](int64_t element, int64_t index, int64_t length, int64_t step) {
      const auto *from = stored + element;
      Real *to = values + index;
      for (int64_t i = 0; i < length; ++i)
        to[i] = Traits::template load<Real>(from + i * step);
    });
  });
}

template <class Real>
void scatter(const Layout &layout, void *data, const Real *values, double alpha, double beta) {
  const Real scale = Real(alpha), keepScale = Real(beta);
  withStored(layout.type, [&](auto traits) {
    using Traits = decltype(traits);
    auto *stored = static_cast<typename Traits::Stored *>(data);
    forEachRow(layout, [&](int64_t element, int64_t index, int64_t length, int64_t step) {
      auto *to = stored + element;
      const Real *from = values + index;
      if (beta == 0)
        for (int64_t i = 0; i < length; ++i)
          Traits::store(to + i * step, scale * from[i]);
      else
        for (int64_t i = 0; i < length; ++i)
          Traits::store(to + i * step,
                        scale * from[i] + keepScale * Traits::template load<Real>(to + i * step));
    });
  });
}

template void gather<float>(const Layout &, const void *, float *);
template void gather<double>(const Layout &, const void *, double *);
template void scatter<float>(const Layout &, void *, const float *, double, double);
template void scatter<double>(const Layout &, void *, const double *, double, double);

} // namespace npu::dnn
