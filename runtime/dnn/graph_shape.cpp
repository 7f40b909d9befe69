// Operations of graphs that reduce tensors or move their elements.
#include "graph.h"

#include <algorithm>

namespace npu::dnn {
namespace {

bool reductionOf(npudnnReduceTensorOp_t operation, ReductionKind &kind) {
  switch (operation) {
  case NPUDNN_REDUCE_TENSOR_ADD:
    kind = ReductionKind::Sum;
    return true;
  case NPUDNN_REDUCE_TENSOR_MUL:
    kind = ReductionKind::Product;
    return true;
  case NPUDNN_REDUCE_TENSOR_MIN:
    kind = ReductionKind::Minimum;
    return true;
  case NPUDNN_REDUCE_TENSOR_MAX:
    kind = ReductionKind::Maximum;
    return true;
  case NPUDNN_REDUCE_TENSOR_AMAX:
    kind = ReductionKind::LargestMagnitude;
    return true;
  case NPUDNN_REDUCE_TENSOR_AVG:
    kind = ReductionKind::Mean;
    return true;
  case NPUDNN_REDUCE_TENSOR_NORM1:
    kind = ReductionKind::SumOfMagnitudes;
    return true;
  case NPUDNN_REDUCE_TENSOR_NORM2:
    kind = ReductionKind::RootOfSquares;
    return true;
  default:
    return false;
  }
}

// to = from, element by element in row-major order of their sizes.
void copyElements(const Layout &from, const void *source, const Layout &to, void *result) {
  withReal(from.type, [&](auto real) {
    std::vector<decltype(real)> values(size_t(from.count()));
    gather(from, source, values.data());
    scatter(to, result, values.data(), 1, 0);
  });
}

// Where the elements lie, with the dimensions in the order of the strides that were set.
Layout inMemoryOrder(const GraphTensor &tensor) {
  const Layout &layout = tensor.layout;
  std::vector<size_t> axes;
  for (size_t i = 0; i < layout.dims.size(); ++i) {
    if (layout.dims[i] == 1)
      continue;
    require(tensor.strides[i] > 0, "a reshaped tensor repeats its elements");
    axes.push_back(i);
  }
  std::sort(axes.begin(), axes.end(),
            [&](size_t a, size_t b) { return tensor.strides[a] > tensor.strides[b]; });
  Layout ordered = packedLayout(layout.type, {1});
  for (size_t axis : axes) {
    ordered.dims.push_back(layout.dims[axis]);
    ordered.strides.push_back(layout.strides[axis]);
  }
  return ordered;
}

} // namespace

GraphRun prepareReduction(const GraphDescriptor &operation) {
  const GraphDescriptor &reduction = *operation.descriptor(NPUDNN_ATTR_OPERATION_REDUCTION_DESC);
  require(reduction.kind == NPUDNN_BACKEND_REDUCTION_DESCRIPTOR,
          "the operation has no reduction's descriptor");
  const GraphTensor x = tensorAttribute(operation, NPUDNN_ATTR_OPERATION_REDUCTION_XDESC);
  const GraphTensor y = tensorAttribute(operation, NPUDNN_ATTR_OPERATION_REDUCTION_YDESC);
  TensorOp op;
  op.kind = TensorOp::Kind::reduction;
  if (!reductionOf(reduction.enumerator(NPUDNN_ATTR_REDUCTION_OPERATOR, NPUDNN_REDUCE_TENSOR_ADD),
                   op.reduction))
    unsupported("the product without zeros is not there");
  require(x.layout.dims.size() == y.layout.dims.size(),
          "x and y have different numbers of dimensions");
  for (size_t i = 0; i < x.layout.dims.size(); ++i) {
    require(y.layout.dims[i] == x.layout.dims[i] || y.layout.dims[i] == 1,
            "a dimension of y is neither x's nor 1");
    if (y.layout.dims[i] != x.layout.dims[i])
      op.axes.push_back(int64_t(i));
  }
  op.math.compute = computeFormat(x.layout.type);
  op.beta = 0;
  operandOf(x, nullptr), operandOf(y, nullptr);
  return [=](const GraphMemory &memory) {
    TensorOp call = op;
    const Tensor result = operandOf(y, memory.at(y));
    call.src = {operandOf(x, memory.at(x)), result};
    call.dst = {result};
    performGraphOp(std::move(call));
  };
}

// Sums and sums of squares of each channel.
GraphRun prepareStatistics(const GraphDescriptor &operation) {
  const GraphTensor x = tensorAttribute(operation, NPUDNN_ATTR_OPERATION_GENSTATS_XDESC);
  const GraphTensor sum = tensorAttribute(operation, NPUDNN_ATTR_OPERATION_GENSTATS_SUMDESC);
  const GraphTensor squares = tensorAttribute(operation, NPUDNN_ATTR_OPERATION_GENSTATS_SQSUMDESC);
  std::vector<int64_t> dims(x.layout.dims.size(), 1);
  require(dims.size() >= 2, "x has no channels");
  dims[1] = x.layout.dims[1];
  require(sum.layout.dims == dims && squares.layout.dims == dims,
          "the sums have not one number for each of x's channels");
  return [=](const GraphMemory &memory) {
    const int64_t channels = x.layout.dims[1];
    const int64_t plane = x.layout.count() / channels / x.layout.dims[0];
    const Values<double> values(x.layout, memory.at(x));
    std::vector<double> sums(static_cast<size_t>(channels)), ofSquares(size_t(channels), 0);
    for (int64_t i = 0; i < x.layout.count(); ++i) {
      const size_t channel = size_t(i / plane % channels);
      sums[channel] += values[i], ofSquares[channel] += values[i] * values[i];
    }
    scatter(sum.layout, memory.at(sum), sums.data(), 1, 0);
    scatter(squares.layout, memory.at(squares), ofSquares.data(), 1, 0);
  };
}

GraphRun prepareConcat(const GraphDescriptor &operation) {
  const GraphTensor y = tensorAttribute(operation, NPUDNN_ATTR_OPERATION_CONCAT_OUTPUT_DESC);
  const int64_t axis = operation.integer(NPUDNN_ATTR_OPERATION_CONCAT_AXIS);
  require(axis >= 0 && axis < int64_t(y.layout.dims.size()), "the axis is no dimension of y");
  std::vector<GraphTensor> sources;
  int64_t total = 0;
  for (const auto &source : operation.at(NPUDNN_ATTR_OPERATION_CONCAT_INPUT_DESCS).descriptors) {
    sources.push_back(graphTensor(*source));
    std::vector<int64_t> dims = sources.back().layout.dims;
    require(dims.size() == y.layout.dims.size() && sources.back().layout.type == y.layout.type,
            "an operand has not y's type or number of dimensions");
    total += dims[size_t(axis)];
    dims[size_t(axis)] = y.layout.dims[size_t(axis)];
    require(dims == y.layout.dims, "an operand has not y's sizes beside the axis");
  }
  require(total == y.layout.dims[size_t(axis)], "the operands are not as long as y along the axis");
  return [=](const GraphMemory &memory) {
    char *to = static_cast<char *>(memory.at(y));
    for (const GraphTensor &source : sources) {
      Layout place = y.layout;
      place.dims = source.layout.dims;
      if (memory.at(source) != to) // an operand may lie there already
        copyElements(source.layout, memory.at(source), place, to);
      to += size_t(source.layout.dims[size_t(axis)] * y.layout.strides[size_t(axis)]) *
            elementBytes(y.layout.type);
    }
  };
}

// A reshape is another view of the same memory: with strides in another order it transposes, which
// is how cudnn-frontend transposes matrices.
GraphRun prepareReshape(const GraphDescriptor &operation) {
  const GraphTensor x = tensorAttribute(operation, NPUDNN_ATTR_OPERATION_RESHAPE_XDESC);
  const GraphTensor y = tensorAttribute(operation, NPUDNN_ATTR_OPERATION_RESHAPE_YDESC);
  require(x.layout.count() == y.layout.count(), "x and y have different numbers of elements");
  const Layout from = inMemoryOrder(x), to = inMemoryOrder(y);
  return [=](const GraphMemory &memory) { copyElements(from, memory.at(x), to, memory.at(y)); };
}

} // namespace npu::dnn
