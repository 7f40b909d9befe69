// See dense.h.
#include "dense.h"

#include "formats.h"

namespace npu::core {
namespace {

size_t elementCount(const std::vector<int64_t> &sizes) {
  size_t count = 1;
  for (int64_t size : sizes)
    count *= size_t(size);
  return count;
}

int64_t elementOf(const Tensor &tensor, const std::vector<int64_t> &index) {
  int64_t element = 0;
  for (size_t i = 0; i < index.size(); ++i)
    element += index[i] * tensor.strides[i];
  return element;
}

} // namespace

Dense::Dense(std::vector<int64_t> shape, double value)
    : sizes(std::move(shape)), values(elementCount(sizes), value) {}

Dense::Dense(const Tensor &tensor) : Dense(tensor.sizes) {
  size_t place = 0;
  forEachIndex(sizes, [&](const std::vector<int64_t> &index) {
    values[place++] = loadElement(tensor.data, tensor.format, elementOf(tensor, index)).real();
  });
}

void forEachIndex(const std::vector<int64_t> &sizes,
                  const std::function<void(const std::vector<int64_t> &)> &visit) {
  for (int64_t size : sizes)
    if (size <= 0)
      return;
  std::vector<int64_t> index(sizes.size(), 0);
  for (;;) {
    visit(index);
    size_t axis = sizes.size();
    while (axis > 0 && ++index[axis - 1] == sizes[axis - 1])
      index[--axis] = 0;
    if (axis == 0)
      return;
  }
}

int64_t placeOf(const Dense &dense, const std::vector<int64_t> &index) {
  int64_t place = 0;
  for (size_t i = 0; i < index.size(); ++i)
    place = place * dense.sizes[i] + (dense.sizes[i] == 1 ? 0 : index[i]);
  return place;
}

void storeResult(const TensorOp &op, size_t indexOfC, const Dense &value, bool gradient) {
  const Tensor &dst = op.dst[0];
  const bool addsC = op.beta.real() != 0, addsBias = op.biasAxis > 0;
  const Tensor *c = addsC ? &op.src[indexOfC] : nullptr;
  const Tensor *bias = addsBias ? &op.src[indexOfC + 1] : nullptr;
  size_t place = 0;
  forEachIndex(dst.sizes, [&](const std::vector<int64_t> &index) {
    double result = op.alpha.real() * value.values[place++];
    if (c)
      result += op.beta.real() * loadElement(c->data, c->format, elementOf(*c, index)).real();
    if (bias)
      result += loadElement(bias->data, bias->format, index[1] * bias->strides[0]).real();
    if (!gradient)
      result = activate(op.activation, op.activationParameters, result);
    storeElement(dst.data, dst.format, elementOf(dst, index), result);
  });
}

void storePlain(const Tensor &dst, const Dense &value) {
  size_t place = 0;
  forEachIndex(dst.sizes, [&](const std::vector<int64_t> &index) {
    storeElement(dst.data, dst.format, elementOf(dst, index), value.values[place++]);
  });
}

} // namespace npu::core
