// What the descriptors of the API hold. A call copies what it needs.
#pragma once

#include "layout.h"

#include <array>

namespace npu::dnn {

struct TensorDescriptor : Object {
  bool set = false;
  Layout layout;
};

struct FilterDescriptor : Object {
  bool set = false;
  npudnnTensorFormat_t order = NPUDNN_TENSOR_NCHW;
  Layout layout; // [output channels, input channels of a group, spatial...]
};

// Any number of spatial dimensions.
struct ConvolutionDescriptor : Object {
  bool set = false;
  std::vector<int64_t> pads, strides, dilations;
  npudnnConvolutionMode_t mode = NPUDNN_CONVOLUTION;
  npudnnDataType_t computeType = NPUDNN_DATA_FLOAT;
  npudnnMathType_t math = NPUDNN_DEFAULT_MATH;
  npudnnReorderType_t reorder = NPUDNN_DEFAULT_REORDER;
  int64_t groups = 1;
};

struct PoolingDescriptor : Object {
  bool set = false;
  npudnnPoolingMode_t mode = NPUDNN_POOLING_MAX;
  npudnnNanPropagation_t nan = NPUDNN_NOT_PROPAGATE_NAN;
  std::vector<int64_t> windows, pads, strides;
};

struct Activator {
  npudnnActivationMode_t mode = NPUDNN_ACTIVATION_IDENTITY;
  npudnnNanPropagation_t nan = NPUDNN_NOT_PROPAGATE_NAN;
  double coefficient = 0; // the ceiling of clipped relu, the alpha of elu
  double swishBeta = 1;
};
struct ActivationDescriptor : Object {
  bool set = false;
  Activator activator;
};

struct LrnDescriptor : Object {
  unsigned n = 5;
  double alpha = 1e-4, beta = 0.75, k = 2;
};

struct OpTensorDescriptor : Object {
  bool set = false;
  npudnnOpTensorOp_t op = NPUDNN_OP_TENSOR_ADD;
  npudnnDataType_t computeType = NPUDNN_DATA_FLOAT;
  npudnnNanPropagation_t nan = NPUDNN_NOT_PROPAGATE_NAN;
};

struct ReduceTensorDescriptor : Object {
  bool set = false;
  npudnnReduceTensorOp_t op = NPUDNN_REDUCE_TENSOR_ADD;
  npudnnDataType_t computeType = NPUDNN_DATA_FLOAT;
  npudnnNanPropagation_t nan = NPUDNN_NOT_PROPAGATE_NAN;
  npudnnReduceTensorIndices_t indices = NPUDNN_REDUCE_TENSOR_NO_INDICES;
  npudnnIndicesType_t indicesType = NPUDNN_32BIT_INDICES;
};

struct TensorTransformDescriptor : Object {
  bool set = false;
  npudnnTensorFormat_t format = NPUDNN_TENSOR_NCHW;
  std::vector<int32_t> before, after;
  std::vector<uint32_t> fold;
  npudnnFoldingDirection_t direction = NPUDNN_TRANSFORM_FOLD;
};

struct DropoutDescriptor : Object {
  bool set = false;
  float rate = 0;
  void *states = nullptr;
  unsigned long long seed = 0;
};

struct SpatialTransformerDescriptor : Object {
  bool set = false;
  npudnnDataType_t type = NPUDNN_DATA_FLOAT;
  std::vector<int64_t> dims; // of the output: n, c, h, w
};

// A descriptor of its kind that was set.
template <class Kind> std::shared_ptr<Kind> getSet(const void *address, const char *name) {
  auto descriptor = get<Kind>(address, name);
  if (!descriptor->set)
    badParameter(std::string(name) + " was created but never set");
  return descriptor;
}

inline Layout layoutOf(npudnnTensorDescriptor_t descriptor, const char *name) {
  return getSet<TensorDescriptor>(descriptor, name)->layout;
}

// Fills a layout; BAD_PARAM for sizes, orders and types that do not fit.
Layout makeLayout(npudnnDataType_t type, npudnnTensorFormat_t order, std::vector<int64_t> dims);
std::vector<int64_t> positive(const int *values, int count, const char *name);

} // namespace npu::dnn
