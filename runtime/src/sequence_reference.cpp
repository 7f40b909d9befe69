// Gather and attention, by their definitions in ops.def.
#include "command_failure.h"
#include "dense.h"
#include "formats.h"

#include <algorithm>
#include <cmath>
#include <limits>

namespace npu::core {

Status checkGather(const TensorOp &op) {
  const Tensor &table = op.src[0], &index = op.src[1], &d = op.dst[0];
  if (table.sizes.size() != 2 || index.sizes.size() != 1 || d.sizes.size() != 2)
    return misfit(op, "table and result have two dimensions, the index one");
  if (index.format != Format::Int32)
    return misfit(op, "indices are int32");
  if (d.sizes[0] != index.sizes[0] || d.sizes[1] != table.sizes[1])
    return misfit(op, "the result is not one row of the table for each index");
  return {};
}

void gather(const TensorOp &op) {
  const Tensor &table = op.src[0], &index = op.src[1], &d = op.dst[0];
  for (int64_t i = 0; i < d.sizes[0]; ++i) {
    const int64_t row = int64_t(loadElement(index.data, index.format, i * index.strides[0]).real());
    if (row < 0 || row >= table.sizes[0])
      throw CommandFailure{Status(npuErrorLaunchFailure, "gather: index " + std::to_string(row) +
                                                             " is outside a table of " +
                                                             std::to_string(table.sizes[0]) +
                                                             " rows")};
    for (int64_t c = 0; c < d.sizes[1]; ++c)
      storeElement(
          d.data, d.format, i * d.strides[0] + c * d.strides[1],
          loadElement(table.data, table.format, row * table.strides[0] + c * table.strides[1]));
  }
}

Status checkAttention(const TensorOp &op) {
  for (const Tensor *tensor : {&op.src[0], &op.src[1], &op.src[2], &op.dst[0]})
    if (tensor->sizes.size() != 3)
      return misfit(op, "operands have three dimensions");
  const auto &q = op.src[0].sizes, &k = op.src[1].sizes, &v = op.src[2].sizes, &d = op.dst[0].sizes;
  if (k[0] != q[0] || v[0] != q[0] || d[0] != q[0] || k[2] != q[2] || v[1] != k[1] ||
      d[1] != q[1] || d[2] != v[2])
    return misfit(op, "the sizes of queries, keys, values and result do not match");
  if (k[1] == 0)
    return misfit(op, "there are no keys");
  return {};
}

void attention(const TensorOp &op) {
  const Dense q(op.src[0]), k(op.src[1]), v(op.src[2]);
  Dense d(op.dst[0].sizes);
  const int64_t rows = q.sizes[1], keys = k.sizes[1], depth = q.sizes[2], columns = v.sizes[2];
  std::vector<double> weights(static_cast<size_t>(keys));
  for (int64_t b = 0; b < q.sizes[0]; ++b)
    for (int64_t i = 0; i < rows; ++i) {
      const int64_t seen = op.causal ? std::min(i + 1, keys) : keys;
      double largest = -std::numeric_limits<double>::infinity(), sum = 0;
      for (int64_t j = 0; j < seen; ++j) {
        double dot = 0;
        for (int64_t l = 0; l < depth; ++l)
          dot += q.values[size_t((b * rows + i) * depth + l)] *
                 k.values[size_t((b * keys + j) * depth + l)];
        weights[size_t(j)] = op.alpha.real() * dot;
        largest = std::max(largest, weights[size_t(j)]);
      }
      for (int64_t j = 0; j < seen; ++j)
        sum += weights[size_t(j)] = std::exp(weights[size_t(j)] - largest);
      for (int64_t j = 0; j < seen; ++j)
        for (int64_t c = 0; c < columns; ++c)
          d.values[size_t((b * rows + i) * columns + c)] +=
              weights[size_t(j)] / sum * v.values[size_t((b * keys + j) * columns + c)];
    }
  storePlain(op.dst[0], d);
}

} // namespace npu::core
