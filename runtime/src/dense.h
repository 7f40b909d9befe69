// What the references of image and row operations share: tensors decoded to dense, row-major arrays
// of double, so that the arithmetic reads like its formula. Slow on purpose, and as large as eight
// bytes an element.
#pragma once

#include "npu/status.h"
#include "npu/tensor_op.h"

#include <functional>
#include <string>
#include <vector>

namespace npu::core {

struct Dense {
  std::vector<int64_t> sizes;
  std::vector<double> values; // row-major

  explicit Dense(std::vector<int64_t> sizes = {}, double value = 0);
  explicit Dense(const Tensor &tensor);
  int64_t count() const { return int64_t(values.size()); }
};

// Calls visit(index) for every index below `sizes`, in row-major order.
void forEachIndex(const std::vector<int64_t> &sizes,
                  const std::function<void(const std::vector<int64_t> &)> &visit);
// The row-major place of `index`; dimensions of size 1 repeat.
int64_t placeOf(const Dense &dense, const std::vector<int64_t> &index);

// dst = activation(alpha * value + beta * C + bias along dimension 1), C being the last of the
// op's required sources. `gradient`: the activation names a function to derive and is not applied.
void storeResult(const TensorOp &op, size_t indexOfC, const Dense &value, bool gradient = false);
// dst[i] = value, rounded and nothing else.
void storePlain(const Tensor &dst, const Dense &value);

double activate(Activation activation, const double *parameters, double x);
// The derivative at x, computed from what gradientReadsResult says.
double activationDerivative(Activation activation, const double *parameters, double z);

Status misfit(const TensorOp &op, const std::string &what);
std::string sizesText(const Tensor &tensor);

#define REFERENCE(kind, check, compute)                                                            \
  Status check(const TensorOp &op);                                                                \
  void compute(const TensorOp &op);
#include "references.def"

} // namespace npu::core
