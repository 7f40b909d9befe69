// The reference implementation of every row of ops.def; see tensor_reference.h.
#include "tensor_reference.h"

#include "dense.h"
#include "formats.h"

#include <cmath>

namespace npu::core {
namespace {

using Complex = std::complex<double>;

double activate(const TensorOp &op, double x) {
  return core::activate(op.activation, op.activationParameters, x);
}
Complex activate(const TensorOp &op, Complex x) {
  return op.activation == Activation::None ? x : Complex(activate(op, x.real()));
}

double combine(BinaryKind kind, double a, double b) {
  switch (kind) {
  case BinaryKind::Add:
    return a + b;
  case BinaryKind::Subtract:
    return a - b;
  case BinaryKind::Multiply:
    return a * b;
  case BinaryKind::Divide:
    return a / b;
  // NaN wins, as in IEEE 754-2019 minimum and maximum.
  case BinaryKind::Minimum:
    return std::isnan(a) || a < b ? a : b;
  case BinaryKind::Maximum:
    return std::isnan(a) || a > b ? a : b;
  }
  return 0;
}

Complex combine(BinaryKind kind, Complex a, Complex b) {
  switch (kind) {
  case BinaryKind::Add:
    return a + b;
  case BinaryKind::Subtract:
    return a - b;
  case BinaryKind::Multiply:
    return a * b;
  case BinaryKind::Divide:
    return a / b;
  default:
    return 0; // refused by checkTensorOp: complex numbers have no order
  }
}

template <class Value> Value as(Complex value);
template <> double as<double>(Complex value) { return value.real(); }
template <> Complex as<Complex>(Complex value) { return value; }

double conjugate(double value) { return value; }
Complex conjugate(Complex value) { return std::conj(value); }

// One batch's matrix, decoded row by row.
template <class Value>
std::vector<Value> decode(const Tensor &tensor, int64_t batch, bool conjugated) {
  const int64_t rows = tensor.sizes[1], columns = tensor.sizes[2];
  std::vector<Value> values(size_t(rows * columns));
  for (int64_t row = 0; row < rows; ++row)
    for (int64_t column = 0; column < columns; ++column) {
      const int64_t element =
          batch * tensor.strides[0] + row * tensor.strides[1] + column * tensor.strides[2];
      const Value value = as<Value>(loadElement(tensor.data, tensor.format, element));
      values[size_t(row * columns + column)] = conjugated ? conjugate(value) : value;
    }
  return values;
}

template <class Value> Value biasOf(const TensorOp &op, int64_t row, int64_t column) {
  if (op.biasAxis < 0)
    return 0;
  const Tensor &bias = op.src[3];
  const int64_t index = op.biasAxis == 1 ? row : column;
  return as<Value>(loadElement(bias.data, bias.format, index * bias.strides[0]));
}

template <class Value> void gemmBatch(const TensorOp &op, int64_t batch) {
  const Tensor &a = op.src[0], &b = op.src[1], &c = op.src[2], &d = op.dst[0];
  const int64_t rows = d.sizes[1], columns = d.sizes[2], depth = a.sizes[2];
  const Value alpha = as<Value>(op.alpha), beta = as<Value>(op.beta);
  const bool multiplies = op.alpha != Complex(0), addsC = op.beta != Complex(0);
  std::vector<Value> aValues, bValues;
  if (multiplies) {
    aValues = decode<Value>(a, batch, op.conjugateA);
    bValues = decode<Value>(b, batch, op.conjugateB);
  }
  std::vector<Value> sums(size_t(columns), Value(0));
  for (int64_t row = 0; row < rows; ++row) {
    std::fill(sums.begin(), sums.end(), Value(0));
    for (int64_t k = 0; multiplies && k < depth; ++k)
      for (int64_t column = 0; column < columns; ++column)
        sums[size_t(column)] +=
            aValues[size_t(row * depth + k)] * bValues[size_t(k * columns + column)];
    for (int64_t column = 0; column < columns; ++column) {
      Value value = multiplies ? alpha * sums[size_t(column)] : Value(0);
      if (addsC)
        value += beta * as<Value>(loadElement(c.data, c.format,
                                              batch * c.strides[0] + row * c.strides[1] +
                                                  column * c.strides[2]));
      value = activate(op, value + biasOf<Value>(op, row, column));
      storeElement(d.data, d.format,
                   batch * d.strides[0] + row * d.strides[1] + column * d.strides[2], value);
    }
  }
}

// Calls visit(element of each operand) for every index of `shape`.
template <class Visit>
void forEachElement(const std::vector<int64_t> &shape, const std::vector<const Tensor *> &operands,
                    Visit visit) {
  for (int64_t size : shape)
    if (size == 0)
      return;
  std::vector<int64_t> index(shape.size(), 0), elements(operands.size(), 0);
  while (true) {
    visit(elements);
    size_t axis = shape.size();
    while (axis > 0) {
      --axis;
      ++index[axis];
      for (size_t i = 0; i < operands.size(); ++i)
        elements[i] += operands[i]->strides[axis];
      if (index[axis] < shape[axis])
        break;
      for (size_t i = 0; i < operands.size(); ++i)
        elements[i] -= operands[i]->strides[axis] * shape[axis];
      index[axis] = 0;
      if (axis == 0)
        return;
    }
    if (shape.empty())
      return;
  }
}

template <class Value> void unary(const TensorOp &op) {
  const Tensor &a = op.src[0], &d = op.dst[0];
  forEachElement(d.sizes, {&a, &d}, [&](const std::vector<int64_t> &at) {
    const Value value = as<Value>(op.alpha) * as<Value>(loadElement(a.data, a.format, at[0]));
    storeElement(d.data, d.format, at[1], activate(op, value));
  });
}

template <class Value> void binary(const TensorOp &op) {
  const Tensor &a = op.src[0], &b = op.src[1], &d = op.dst[0];
  forEachElement(d.sizes, {&a, &b, &d}, [&](const std::vector<int64_t> &at) {
    const Value left = as<Value>(op.alpha) * as<Value>(loadElement(a.data, a.format, at[0]));
    const Value right = as<Value>(op.beta) * as<Value>(loadElement(b.data, b.format, at[1]));
    storeElement(d.data, d.format, at[2], activate(op, combine(op.binary, left, right)));
  });
}

bool anyComplex(const TensorOp &op) {
  for (const auto *tensors : {&op.src, &op.dst})
    for (const Tensor &tensor : *tensors)
      if (isComplex(tensor.format))
        return true;
  return false;
}

template <class Value> void run(const TensorOp &op) {
  switch (op.kind) {
  case TensorOp::Kind::gemm:
    for (int64_t batch = 0; batch < op.dst[0].sizes[0]; ++batch)
      gemmBatch<Value>(op, batch);
    return;
  case TensorOp::Kind::unary:
    return unary<Value>(op);
  case TensorOp::Kind::binary:
    return binary<Value>(op);
#define REFERENCE(kind, check, compute)                                                            \
  case TensorOp::Kind::kind:                                                                       \
    return compute(op);
#include "references.def"
  }
}

} // namespace

std::string sizesText(const Tensor &tensor) {
  std::string text;
  for (int64_t size : tensor.sizes)
    text += (text.empty() ? "" : "x") + std::to_string(size);
  return text;
}

Status misfit(const TensorOp &op, const std::string &what) {
  return Status(npuErrorInvalidValue, std::string(opName(op.kind)) +
                                          (op.caller.empty() ? "" : " of " + op.caller) + ": " +
                                          what);
}

namespace {

Status checkGemm(const TensorOp &op) {
  for (size_t i = 0; i < 3; ++i)
    if (op.src[i].sizes.size() != 3 && (i < 2 || op.beta != Complex(0)))
      return misfit(op, "every operand needs the rank 3");
  const std::vector<int64_t> &a = op.src[0].sizes, &b = op.src[1].sizes, &c = op.src[2].sizes,
                             &d = op.dst[0].sizes;
  if (d.size() != 3)
    return misfit(op, "every operand needs the rank 3");
  if (a[0] != d[0] || b[0] != d[0] || a[1] != d[1] || b[2] != d[2] || a[2] != b[1])
    return misfit(op, sizesText(op.src[0]) + " times " + sizesText(op.src[1]) + " does not give " +
                          sizesText(op.dst[0]));
  if (op.beta != Complex(0) && c != d)
    return misfit(op, "C is " + sizesText(op.src[2]) + ", D is " + sizesText(op.dst[0]));
  if (op.biasAxis < -1 || op.biasAxis == 0 || op.biasAxis > 2 ||
      (op.biasAxis > 0) != (op.src.size() == 4))
    return misfit(op, "the bias does not fit its axis");
  if (op.biasAxis > 0 &&
      (op.src[3].sizes.size() != 1 || op.src[3].sizes[0] != d[size_t(op.biasAxis)]))
    return misfit(op, "the bias has the wrong length");
  return {};
}

Status checkElementwise(const TensorOp &op) {
  for (const Tensor &tensor : op.src)
    if (tensor.sizes != op.dst[0].sizes)
      return misfit(op, "shapes differ (a repeated dimension is a stride of 0)");
  const bool ordered = op.binary == BinaryKind::Minimum || op.binary == BinaryKind::Maximum;
  if (op.kind == TensorOp::Kind::binary && ordered && anyComplex(op))
    return misfit(op, "complex numbers have no order");
  return {};
}

bool isElementwise(const TensorOp &op) {
  return op.kind == TensorOp::Kind::unary || op.kind == TensorOp::Kind::binary;
}

bool takesBias(const TensorOp &op) {
  return op.kind == TensorOp::Kind::gemm || op.kind == TensorOp::Kind::convolution ||
         op.kind == TensorOp::Kind::convolution_data_gradient;
}

// References other than gemm, unary and binary compute with real numbers.
Status checkReal(const TensorOp &op) {
  if (anyComplex(op) || op.alpha.imag() != 0 || op.beta.imag() != 0)
    return misfit(op, "complex numbers are not supported");
  return {};
}

} // namespace

Status checkTensorOp(const TensorOp &op) {
  size_t sources = 0, destinations = 0;
  switch (op.kind) {
#define OP(name, sourceCount, destinationCount, summary)                                           \
  case TensorOp::Kind::name:                                                                       \
    sources = sourceCount, destinations = destinationCount;                                        \
    break;
#include "npu/ops.def"
  }
  if (op.biasAxis >= 0 && takesBias(op))
    ++sources;
  else if (op.biasAxis != -1)
    return misfit(op, "this operation takes no bias");
  if (op.src.size() != sources || op.dst.size() != destinations)
    return misfit(op, "wrong number of operands");
  for (const auto *tensors : {&op.src, &op.dst})
    for (const Tensor &tensor : *tensors) {
      if (tensor.sizes.size() != tensor.strides.size())
        return misfit(op, "an operand's sizes and strides differ in number");
      for (int64_t size : tensor.sizes)
        if (size < 0)
          return misfit(op, "an operand has a negative size");
    }
  if (op.activation != Activation::None && anyComplex(op))
    return misfit(op, "activations are of real numbers");
  if (op.kind == TensorOp::Kind::gemm)
    return checkGemm(op);
  if (isElementwise(op))
    return checkElementwise(op);
  if (Status status = checkReal(op); !status)
    return status;
  switch (op.kind) {
#define REFERENCE(kind, check, compute)                                                            \
  case TensorOp::Kind::kind:                                                                       \
    return check(op);
#include "references.def"
  default:
    return misfit(op, "it has no reference");
  }
}

bool readsSource(const TensorOp &op, size_t index) {
  using Kind = TensorOp::Kind;
  if (op.kind == Kind::unary || op.kind == Kind::binary || op.kind == Kind::gather ||
      op.kind == Kind::attention)
    return true; // these have no C
  size_t required = 0;
  switch (op.kind) {
#define OP(name, sources, destinations, summary)                                                   \
  case Kind::name:                                                                                 \
    required = sources;                                                                            \
    break;
#include "npu/ops.def"
  }
  return index + 1 != required || op.beta != 0.0;
}

std::string shapeText(const TensorOp &op) {
  if (op.kind != TensorOp::Kind::gemm)
    return sizesText(op.dst[0]);
  const std::vector<int64_t> &d = op.dst[0].sizes;
  const std::string batch = d[0] == 1 ? "" : std::to_string(d[0]) + "*";
  return batch + std::to_string(d[1]) + "x" + std::to_string(d[2]) + "x" +
         std::to_string(op.src[0].sizes[2]);
}

void runReference(const TensorOp &op) { anyComplex(op) ? run<Complex>(op) : run<double>(op); }

void runGemmEpilogue(const TensorOp &op) {
  if (op.activation == Activation::None && op.biasAxis < 0)
    return;
  const Tensor &d = op.dst[0];
  for (int64_t batch = 0; batch < d.sizes[0]; ++batch)
    for (int64_t row = 0; row < d.sizes[1]; ++row)
      for (int64_t column = 0; column < d.sizes[2]; ++column) {
        const int64_t at = batch * d.strides[0] + row * d.strides[1] + column * d.strides[2];
        const Complex value = loadElement(d.data, d.format, at) + biasOf<Complex>(op, row, column);
        storeElement(d.data, d.format, at, activate(op, value));
      }
}

} // namespace npu::core
