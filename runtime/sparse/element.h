// Elements: sizes of formats and indices, arrays read as the type that a function computes in,
// scalars, and the choice of that type.
#pragma once

#include "context.h"

#include "npu/tensor_op.h"
#include "src/formats.h"

#include <complex>
#include <cstdint>
#include <cstring>
#include <vector>

namespace npu::sparse {

using C32 = std::complex<float>;
using C64 = std::complex<double>;

template <class T> inline constexpr npuDataType kType = npuDataType(-1);
template <> inline constexpr npuDataType kType<float> = NPU_R_32F;
template <> inline constexpr npuDataType kType<double> = NPU_R_64F;
template <> inline constexpr npuDataType kType<C32> = NPU_C_32F;
template <> inline constexpr npuDataType kType<C64> = NPU_C_64F;
template <> inline constexpr npuDataType kType<int32_t> = NPU_R_32I;

// Bytes of an element; 0 for a format that no sparse function takes.
inline size_t bytesOf(npuDataType type) {
  switch (type) {
  case NPU_R_8I:
    return 1;
  case NPU_R_16F:
  case NPU_R_16BF:
    return 2;
  case NPU_R_32F:
  case NPU_R_32I:
    return 4;
  case NPU_R_64F:
  case NPU_C_32F:
    return 8;
  case NPU_C_64F:
    return 16;
  default:
    return 0;
  }
}
inline bool isComplex(npuDataType type) { return type == NPU_C_32F || type == NPU_C_64F; }
inline Format formatOf(npuDataType type) {
  switch (type) {
  case NPU_R_8I:
    return Format::Int8;
  case NPU_R_16F:
    return Format::F16;
  case NPU_R_16BF:
    return Format::Bf16;
  case NPU_R_32I:
    return Format::Int32;
  case NPU_R_64F:
    return Format::F64;
  case NPU_C_32F:
    return Format::C32;
  case NPU_C_64F:
    return Format::C64;
  default:
    return Format::F32;
  }
}
inline size_t bytesOf(npusparseIndexType_t type) {
  return type == NPUSPARSE_INDEX_64I ? 8 : type == NPUSPARSE_INDEX_32I ? 4 : 2;
}

template <class T> T fromComplex(C64 value) {
  if constexpr (std::is_same_v<T, C32> || std::is_same_v<T, C64>)
    return T(value);
  else
    return T(value.real());
}
template <class T> T conjugatedIf(bool conjugate, T value) {
  if constexpr (std::is_same_v<T, C32> || std::is_same_v<T, C64>)
    return conjugate ? std::conj(value) : value;
  else
    return value;
}

// An array read as T: where it lies when its format is T's, otherwise converted.
template <class T> class Values {
public:
  Values(const void *data, npuDataType type, int64_t count) {
    if (type == kType<T>) {
      direct = static_cast<const T *>(data);
      return;
    }
    converted.resize(size_t(count));
    for (int64_t i = 0; i < count; ++i)
      converted[size_t(i)] = fromComplex<T>(core::loadElement(data, formatOf(type), i));
    direct = converted.data();
  }
  Values(const Values &) = delete;
  const T *data() const { return direct; }

private:
  std::vector<T> converted;
  const T *direct = nullptr;
};

// An array that is updated as T and stored in its own format at the end.
template <class T> class Target {
public:
  Target(void *data, npuDataType type, int64_t count) : stored(data), type(type) {
    if (type == kType<T>) {
      direct = static_cast<T *>(data);
      return;
    }
    converted.resize(size_t(count));
    for (int64_t i = 0; i < count; ++i)
      converted[size_t(i)] = fromComplex<T>(core::loadElement(data, formatOf(type), i));
    direct = converted.data();
  }
  ~Target() {
    for (size_t i = 0; i < converted.size(); ++i)
      core::storeElement(stored, formatOf(type), int64_t(i), C64(converted[i]));
  }
  Target(const Target &) = delete;
  T *data() const { return direct; }

private:
  void *stored;
  npuDataType type;
  std::vector<T> converted;
  T *direct = nullptr;
};

// alpha or beta: taken now from the host, or read from the device when the stream gets there.
class Scalar {
public:
  Scalar() = default;
  Outcome set(const Settings &settings, const char *name, const void *argument, npuDataType type) {
    Arguments check;
    if (settings.pointerMode == NPUSPARSE_POINTER_MODE_DEVICE) {
      device = argument;
      return check.memory(name, argument, 1, bytesOf(type)).outcome();
    }
    if (check.that(argument, "alpha or beta is null").ok())
      std::memcpy(host, argument, bytesOf(type));
    return check.outcome();
  }
  template <class T> T get() const {
    T value;
    std::memcpy(&value, device ? device : host, sizeof(T));
    return value;
  }

private:
  const void *device = nullptr;
  alignas(16) unsigned char host[16] = {};
};

// y = beta * y; with beta = 0 what y holds is not read.
template <class T> T scaled(T beta, T value) { return beta == T(0) ? T(0) : T(beta * value); }

// Calls `body` with a value of the type that `type` means.
template <class Body> void byType(npuDataType type, Body body) {
  switch (type) {
  case NPU_R_64F:
    return body(double());
  case NPU_C_32F:
    return body(C32());
  case NPU_C_64F:
    return body(C64());
  case NPU_R_32I:
    return body(int32_t());
  default:
    return body(float());
  }
}
// Bits that a type's numbers have without its exponent, complex ones in each part.
inline int precisionOf(npuDataType type) {
  switch (type) {
  case NPU_R_64F:
  case NPU_C_64F:
    return 53;
  case NPU_R_32I:
    return 31;
  case NPU_R_32F:
  case NPU_C_32F:
    return 24;
  default: // 8-bit integers and 16-bit floating-point numbers
    return 11;
  }
}
// Whether a function can compute in `computeType` with operands of these formats: every number must
// be one of that type, too. cuSPARSE's tables have no others either.
inline Outcome computable(npuDataType computeType, std::initializer_list<npuDataType> operands) {
  switch (computeType) {
  case NPU_R_32F:
  case NPU_R_64F:
  case NPU_C_32F:
  case NPU_C_64F:
  case NPU_R_32I:
    break;
  default:
    return unsupported("the compute type is none of R_32F, R_64F, C_32F, C_64F and R_32I");
  }
  for (npuDataType type : operands) {
    if (bytesOf(type) == 0)
      return unsupported("the format of an operand is not supported");
    if (isComplex(type) && !isComplex(computeType))
      return unsupported("complex operands need a complex compute type");
    if (computeType == NPU_R_32I ? type != NPU_R_8I && type != NPU_R_32I
                                 : precisionOf(type) > precisionOf(computeType))
      return unsupported("the compute type cannot hold the numbers of an operand");
  }
  return {};
}

} // namespace npu::sparse
