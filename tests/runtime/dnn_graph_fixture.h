// Operation graphs under test: descriptors by the calls that cudnn-frontend makes.
#pragma once

#include "dnn_fixture.h"

#include <map>

namespace npu {

using Descriptor = npudnnBackendDescriptor_t;

class DnnGraphTest : public DnnTest {
protected:
  Descriptor create(npudnnBackendDescriptorType_t kind) {
    Descriptor descriptor = nullptr;
    EXPECT_DNN(npudnnBackendCreateDescriptor(kind, &descriptor));
    return descriptor;
  }
  template <class T>
  void set(Descriptor descriptor, npudnnBackendAttributeName_t name,
           npudnnBackendAttributeType_t type, const std::vector<T> &values) {
    EXPECT_DNN(
        npudnnBackendSetAttribute(descriptor, name, type, int64_t(values.size()), values.data()));
  }
  void setInts(Descriptor descriptor, npudnnBackendAttributeName_t name,
               const std::vector<int64_t> &values) {
    set(descriptor, name, NPUDNN_TYPE_INT64, values);
  }
  void setParts(Descriptor descriptor, npudnnBackendAttributeName_t name,
                const std::vector<Descriptor> &values) {
    set(descriptor, name, NPUDNN_TYPE_BACKEND_DESCRIPTOR, values);
  }
  Descriptor finalized(Descriptor descriptor) {
    EXPECT_DNN(npudnnBackendFinalize(descriptor));
    return descriptor;
  }

  enum class Place { Memory, Virtual, Value };
  // A packed float tensor; numbers in the order of their creation are their unique ids.
  Descriptor operand(const std::vector<int64_t> &dims, Place place = Place::Memory,
                     npudnnDataType_t type = NPUDNN_DATA_FLOAT, std::vector<int64_t> strides = {}) {
    if (strides.empty()) {
      strides.assign(dims.size(), 1);
      for (size_t i = dims.size() - 1; i-- > 0;)
        strides[i] = strides[i + 1] * dims[i + 1];
    }
    Descriptor descriptor = create(NPUDNN_BACKEND_TENSOR_DESCRIPTOR);
    setInts(descriptor, NPUDNN_ATTR_TENSOR_UNIQUE_ID, {++lastId});
    setInts(descriptor, NPUDNN_ATTR_TENSOR_BYTE_ALIGNMENT, {16});
    setInts(descriptor, NPUDNN_ATTR_TENSOR_DIMENSIONS, dims);
    setInts(descriptor, NPUDNN_ATTR_TENSOR_STRIDES, strides);
    set<npudnnDataType_t>(descriptor, NPUDNN_ATTR_TENSOR_DATA_TYPE, NPUDNN_TYPE_DATA_TYPE, {type});
    const bool isVirtual = place == Place::Virtual, isValue = place == Place::Value;
    EXPECT_DNN(npudnnBackendSetAttribute(descriptor, NPUDNN_ATTR_TENSOR_IS_VIRTUAL,
                                         NPUDNN_TYPE_BOOLEAN, 1, &isVirtual));
    EXPECT_DNN(npudnnBackendSetAttribute(descriptor, NPUDNN_ATTR_TENSOR_IS_BY_VALUE,
                                         NPUDNN_TYPE_BOOLEAN, 1, &isValue));
    ids[descriptor] = lastId;
    return finalized(descriptor);
  }

  Descriptor pointwise(npudnnPointwiseMode_t mode,
                       const std::map<npudnnBackendAttributeName_t, Descriptor> &tensors,
                       const std::map<npudnnBackendAttributeName_t, double> &numbers = {},
                       int64_t axis = -1) {
    Descriptor what = create(NPUDNN_BACKEND_POINTWISE_DESCRIPTOR);
    set<npudnnPointwiseMode_t>(what, NPUDNN_ATTR_POINTWISE_MODE, NPUDNN_TYPE_POINTWISE_MODE,
                               {mode});
    set<npudnnDataType_t>(what, NPUDNN_ATTR_POINTWISE_MATH_PREC, NPUDNN_TYPE_DATA_TYPE,
                          {NPUDNN_DATA_FLOAT});
    for (const auto &[name, value] : numbers)
      set<double>(what, name, NPUDNN_TYPE_DOUBLE, {value});
    if (axis >= 0)
      setInts(what, NPUDNN_ATTR_POINTWISE_AXIS, {axis});
    Descriptor operation = create(NPUDNN_BACKEND_OPERATION_POINTWISE_DESCRIPTOR);
    setParts(operation, NPUDNN_ATTR_OPERATION_POINTWISE_PW_DESCRIPTOR, {finalized(what)});
    for (const auto &[name, tensor] : tensors)
      setParts(operation, name, {tensor});
    return finalized(operation);
  }
  Descriptor binary(npudnnPointwiseMode_t mode, Descriptor x, Descriptor b, Descriptor y) {
    return pointwise(mode, {{NPUDNN_ATTR_OPERATION_POINTWISE_XDESC, x},
                            {NPUDNN_ATTR_OPERATION_POINTWISE_BDESC, b},
                            {NPUDNN_ATTR_OPERATION_POINTWISE_YDESC, y}});
  }
  Descriptor unary(npudnnPointwiseMode_t mode, Descriptor x, Descriptor y,
                   const std::map<npudnnBackendAttributeName_t, double> &numbers = {}) {
    return pointwise(
        mode,
        {{NPUDNN_ATTR_OPERATION_POINTWISE_XDESC, x}, {NPUDNN_ATTR_OPERATION_POINTWISE_YDESC, y}},
        numbers);
  }
  Descriptor matmul(Descriptor a, Descriptor b, Descriptor c) {
    Descriptor what = create(NPUDNN_BACKEND_MATMUL_DESCRIPTOR);
    set<npudnnDataType_t>(what, NPUDNN_ATTR_MATMUL_COMP_TYPE, NPUDNN_TYPE_DATA_TYPE,
                          {NPUDNN_DATA_FLOAT});
    Descriptor operation = create(NPUDNN_BACKEND_OPERATION_MATMUL_DESCRIPTOR);
    setParts(operation, NPUDNN_ATTR_OPERATION_MATMUL_DESC, {finalized(what)});
    setParts(operation, NPUDNN_ATTR_OPERATION_MATMUL_ADESC, {a});
    setParts(operation, NPUDNN_ATTR_OPERATION_MATMUL_BDESC, {b});
    setParts(operation, NPUDNN_ATTR_OPERATION_MATMUL_CDESC, {c});
    return finalized(operation);
  }
  Descriptor reduction(npudnnReduceTensorOp_t op, Descriptor x, Descriptor y) {
    Descriptor what = create(NPUDNN_BACKEND_REDUCTION_DESCRIPTOR);
    set<npudnnReduceTensorOp_t>(what, NPUDNN_ATTR_REDUCTION_OPERATOR,
                                NPUDNN_TYPE_REDUCTION_OPERATOR_TYPE, {op});
    set<npudnnDataType_t>(what, NPUDNN_ATTR_REDUCTION_COMP_TYPE, NPUDNN_TYPE_DATA_TYPE,
                          {NPUDNN_DATA_FLOAT});
    Descriptor operation = create(NPUDNN_BACKEND_OPERATION_REDUCTION_DESCRIPTOR);
    setParts(operation, NPUDNN_ATTR_OPERATION_REDUCTION_DESC, {finalized(what)});
    setParts(operation, NPUDNN_ATTR_OPERATION_REDUCTION_XDESC, {x});
    setParts(operation, NPUDNN_ATTR_OPERATION_REDUCTION_YDESC, {y});
    return finalized(operation);
  }
  Descriptor convolutionDescriptor(int64_t pad, int64_t stride, int64_t dilation) {
    Descriptor what = create(NPUDNN_BACKEND_CONVOLUTION_DESCRIPTOR);
    set<npudnnDataType_t>(what, NPUDNN_ATTR_CONVOLUTION_COMP_TYPE, NPUDNN_TYPE_DATA_TYPE,
                          {NPUDNN_DATA_FLOAT});
    set<npudnnConvolutionMode_t>(what, NPUDNN_ATTR_CONVOLUTION_CONV_MODE,
                                 NPUDNN_TYPE_CONVOLUTION_MODE, {NPUDNN_CROSS_CORRELATION});
    setInts(what, NPUDNN_ATTR_CONVOLUTION_SPATIAL_DIMS, {2});
    setInts(what, NPUDNN_ATTR_CONVOLUTION_PRE_PADDINGS, {pad, pad});
    setInts(what, NPUDNN_ATTR_CONVOLUTION_POST_PADDINGS, {pad, pad});
    setInts(what, NPUDNN_ATTR_CONVOLUTION_FILTER_STRIDES, {stride, stride});
    setInts(what, NPUDNN_ATTR_CONVOLUTION_DILATIONS, {dilation, dilation});
    return finalized(what);
  }
  Descriptor convolution(Descriptor what, Descriptor x, Descriptor w, Descriptor y) {
    Descriptor operation = create(NPUDNN_BACKEND_OPERATION_CONVOLUTION_FORWARD_DESCRIPTOR);
    setParts(operation, NPUDNN_ATTR_OPERATION_CONVOLUTION_FORWARD_CONV_DESC, {what});
    setParts(operation, NPUDNN_ATTR_OPERATION_CONVOLUTION_FORWARD_X, {x});
    setParts(operation, NPUDNN_ATTR_OPERATION_CONVOLUTION_FORWARD_W, {w});
    setParts(operation, NPUDNN_ATTR_OPERATION_CONVOLUTION_FORWARD_Y, {y});
    return finalized(operation);
  }

  // The whole way to a plan: graph, heuristics, configuration.
  Descriptor plan(const std::vector<Descriptor> &operations) {
    Descriptor graph = create(NPUDNN_BACKEND_OPERATIONGRAPH_DESCRIPTOR);
    set<npudnnHandle_t>(graph, NPUDNN_ATTR_OPERATIONGRAPH_HANDLE, NPUDNN_TYPE_HANDLE, {handle});
    setParts(graph, NPUDNN_ATTR_OPERATIONGRAPH_OPS, operations);
    finalized(graph);
    Descriptor heuristic = create(NPUDNN_BACKEND_ENGINEHEUR_DESCRIPTOR);
    setParts(heuristic, NPUDNN_ATTR_ENGINEHEUR_OPERATION_GRAPH, {graph});
    set<npudnnBackendHeurMode_t>(heuristic, NPUDNN_ATTR_ENGINEHEUR_MODE, NPUDNN_TYPE_HEUR_MODE,
                                 {NPUDNN_HEUR_MODE_A});
    finalized(heuristic);
    int64_t count = 0;
    Descriptor configuration = create(NPUDNN_BACKEND_ENGINECFG_DESCRIPTOR);
    EXPECT_DNN(npudnnBackendGetAttribute(heuristic, NPUDNN_ATTR_ENGINEHEUR_RESULTS,
                                         NPUDNN_TYPE_BACKEND_DESCRIPTOR, 0, &count, nullptr));
    EXPECT_EQ(count, 1);
    EXPECT_DNN(npudnnBackendGetAttribute(heuristic, NPUDNN_ATTR_ENGINEHEUR_RESULTS,
                                         NPUDNN_TYPE_BACKEND_DESCRIPTOR, 1, &count,
                                         &configuration));
    Descriptor result = create(NPUDNN_BACKEND_EXECUTION_PLAN_DESCRIPTOR);
    set<npudnnHandle_t>(result, NPUDNN_ATTR_EXECUTION_PLAN_HANDLE, NPUDNN_TYPE_HANDLE, {handle});
    setParts(result, NPUDNN_ATTR_EXECUTION_PLAN_ENGINE_CONFIG, {configuration});
    return finalized(result);
  }
  npudnnStatus_t execute(Descriptor executionPlan, const std::map<Descriptor, const void *> &data) {
    int64_t bytes = 0;
    EXPECT_DNN(npudnnBackendGetAttribute(executionPlan, NPUDNN_ATTR_EXECUTION_PLAN_WORKSPACE_SIZE,
                                         NPUDNN_TYPE_INT64, 1, nullptr, &bytes));
    std::vector<int64_t> packIds;
    std::vector<const void *> pointers;
    for (const auto &[tensor, pointer] : data)
      packIds.push_back(ids[tensor]), pointers.push_back(pointer);
    Descriptor pack = create(NPUDNN_BACKEND_VARIANT_PACK_DESCRIPTOR);
    setInts(pack, NPUDNN_ATTR_VARIANT_PACK_UNIQUE_IDS, packIds);
    set(pack, NPUDNN_ATTR_VARIANT_PACK_DATA_POINTERS, NPUDNN_TYPE_VOID_PTR, pointers);
    set<void *>(pack, NPUDNN_ATTR_VARIANT_PACK_WORKSPACE, NPUDNN_TYPE_VOID_PTR,
                {fake_core::allocate(size_t(bytes))});
    return npudnnBackendExecute(handle, executionPlan, finalized(pack));
  }
  void run(const std::vector<Descriptor> &operations,
           const std::map<Descriptor, const void *> &data) {
    EXPECT_DNN(execute(plan(operations), data));
  }

  int64_t lastId = 0;
  std::map<Descriptor, int64_t> ids;
};

} // namespace npu
