#include "arithmetic.h"

#include "src/formats.h"

#include <algorithm>
#include <type_traits>

namespace npu::collectives {

namespace {

constexpr size_t kPart = 1024; // elements that are accumulated at a time

// Elements as the numbers that are accumulated.
template <class Element> struct Native {
  using Number = Element;
  static Number load(const void *data, size_t index) {
    return static_cast<const Element *>(data)[index];
  }
  static void store(void *data, size_t index, Number value) {
    static_cast<Element *>(data)[index] = value;
  }
};
template <Format format> struct Small {
  using Number = double;
  static Number load(const void *data, size_t index) {
    return core::loadElement(data, format, int64_t(index)).real();
  }
  static void store(void *data, size_t index, Number value) {
    core::storeElement(data, format, int64_t(index), value);
  }
};

// Integers are added and multiplied without a sign, so that they wrap.
template <class Number> Number combine(npucclRedOp_t op, Number left, Number right) {
  const auto wrapped = [&](auto operation) {
    if constexpr (std::is_integral_v<Number>) {
      // At least as wide as unsigned: narrower ones would be multiplied as int.
      using Wide = std::common_type_t<std::make_unsigned_t<Number>, unsigned>;
      return Number(operation(Wide(left), Wide(right)));
    } else {
      return Number(operation(left, right));
    }
  };
  switch (op) {
  case npucclProd:
    return wrapped([](auto a, auto b) { return a * b; });
  case npucclMax:
    return std::max(left, right);
  case npucclMin:
    return std::min(left, right);
  default: // npucclSum, npucclAvg
    return wrapped([](auto a, auto b) { return a + b; });
  }
}

template <class Elements>
void reduceAs(npucclRedOp_t op, const std::vector<const void *> &inputs,
              const std::vector<void *> &outputs, size_t count) {
  using Number = typename Elements::Number;
  Number part[kPart];
  for (size_t start = 0; start < count; start += kPart) {
    const size_t length = std::min(kPart, count - start);
    for (size_t i = 0; i < length; ++i)
      part[i] = Elements::load(inputs[0], start + i);
    for (size_t rank = 1; rank < inputs.size(); ++rank)
      for (size_t i = 0; i < length; ++i)
        part[i] = combine(op, part[i], Elements::load(inputs[rank], start + i));
    if (op == npucclAvg)
      for (size_t i = 0; i < length; ++i)
        part[i] = Number(part[i] / Number(inputs.size()));
    for (void *output : outputs)
      for (size_t i = 0; i < length; ++i)
        Elements::store(output, start + i, part[i]);
  }
}

} // namespace

size_t bytesOf(npucclDataType_t type) {
  switch (type) {
  case npucclInt8:
  case npucclUint8:
  case npucclFloat8e4m3:
  case npucclFloat8e5m2:
    return 1;
  case npucclFloat16:
  case npucclBfloat16:
    return 2;
  case npucclInt32:
  case npucclUint32:
  case npucclFloat32:
    return 4;
  case npucclInt64:
  case npucclUint64:
  case npucclFloat64:
    return 8;
  default:
    return 0;
  }
}

bool isOperator(npucclRedOp_t op) { return op >= npucclSum && op <= npucclAvg; }

void reduce(npucclDataType_t type, npucclRedOp_t op, const std::vector<const void *> &inputs,
            const std::vector<void *> &outputs, size_t count) {
  switch (type) {
  case npucclInt8:
    return reduceAs<Native<int8_t>>(op, inputs, outputs, count);
  case npucclUint8:
    return reduceAs<Native<uint8_t>>(op, inputs, outputs, count);
  case npucclInt32:
    return reduceAs<Native<int32_t>>(op, inputs, outputs, count);
  case npucclUint32:
    return reduceAs<Native<uint32_t>>(op, inputs, outputs, count);
  case npucclInt64:
    return reduceAs<Native<int64_t>>(op, inputs, outputs, count);
  case npucclUint64:
    return reduceAs<Native<uint64_t>>(op, inputs, outputs, count);
  case npucclFloat16:
    return reduceAs<Small<Format::F16>>(op, inputs, outputs, count);
  case npucclFloat32:
    return reduceAs<Native<float>>(op, inputs, outputs, count);
  case npucclFloat64:
    return reduceAs<Native<double>>(op, inputs, outputs, count);
  case npucclBfloat16:
    return reduceAs<Small<Format::Bf16>>(op, inputs, outputs, count);
  case npucclFloat8e4m3:
    return reduceAs<Small<Format::Fp8E4M3>>(op, inputs, outputs, count);
  case npucclFloat8e5m2:
    return reduceAs<Small<Format::Fp8E5M2>>(op, inputs, outputs, count);
  default:
    return;
  }
}

} // namespace npu::collectives
