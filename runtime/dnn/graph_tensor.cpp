// What the operations of graphs share: their tensors, broadcasts, and tensor ops.
#include "graph.h"

namespace npu::dnn {

GraphTensor graphTensor(const GraphDescriptor &descriptor) {
  require(descriptor.kind == NPUDNN_BACKEND_TENSOR_DESCRIPTOR,
          "an operand is no tensor's descriptor");
  if (descriptor.integer(NPUDNN_ATTR_TENSOR_VECTOR_COUNT, 1) != 1)
    unsupported("vectorised tensors are none of a graph's: transform them first");
  if (descriptor.has(NPUDNN_ATTR_TENSOR_RAGGED_OFFSET_DESC))
    unsupported("tensors with ragged offsets are none of a graph's");
  if (descriptor.enumerator(NPUDNN_ATTR_TENSOR_REORDERING_MODE, NPUDNN_TENSOR_REORDERING_NONE) !=
      NPUDNN_TENSOR_REORDERING_NONE)
    unsupported("reordered tensors are none of a graph's");
  GraphTensor tensor;
  tensor.id = descriptor.integer(NPUDNN_ATTR_TENSOR_UNIQUE_ID);
  tensor.layout.type = npudnnDataType_t(descriptor.integer(NPUDNN_ATTR_TENSOR_DATA_TYPE));
  tensor.layout.dims = descriptor.integers(NPUDNN_ATTR_TENSOR_DIMENSIONS);
  tensor.layout.strides = descriptor.integers(NPUDNN_ATTR_TENSOR_STRIDES);
  tensor.strides = tensor.layout.strides;
  tensor.isVirtual = descriptor.integer(NPUDNN_ATTR_TENSOR_IS_VIRTUAL) != 0;
  // On a GPU a virtual tensor has no memory, and cudnn-frontend gives some strides that overlap.
  if (tensor.isVirtual)
    tensor.layout.strides = packedStrides(tensor.layout.dims);
  tensor.isByValue = descriptor.integer(NPUDNN_ATTR_TENSOR_IS_BY_VALUE) != 0;
  return tensor;
}

GraphTensor tensorAttribute(const GraphDescriptor &operation, npudnnBackendAttributeName_t name) {
  return graphTensor(*operation.at(name).descriptors.at(0));
}

Tensor operandOf(const GraphTensor &tensor, const void *data) {
  Tensor operand;
  if (!tensorOf(tensor.layout, data, operand))
    unsupported("an operand has a data type that no operation computes with");
  return operand;
}

Layout broadcast(const Layout &layout, const std::vector<int64_t> &dims) {
  Layout repeated = layout;
  if (layout.count() == 1) { // of any rank
    repeated.dims = dims;
    repeated.strides.assign(dims.size(), 0);
    return repeated;
  }
  require(layout.dims.size() == dims.size(), "operands have different numbers of dimensions");
  for (size_t i = 0; i < dims.size(); ++i) {
    if (layout.dims[i] == dims[i])
      continue;
    require(layout.dims[i] == 1, "an operand's size is neither the result's nor 1");
    repeated.dims[i] = dims[i], repeated.strides[i] = 0;
  }
  return repeated;
}

Format computeFormat(npudnnDataType_t type) {
  Format format = Format::F32;
  formatOf(type, format);
  return format;
}

void performGraphOp(TensorOp op) {
  op.caller = "cudnnBackendExecute";
  check(core::perform(std::move(op)));
}

} // namespace npu::dnn
