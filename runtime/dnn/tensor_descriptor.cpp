// Tensor and filter descriptors.
#include "descriptors.h"

#include <algorithm>

namespace npu::dnn {

std::vector<int64_t> positive(const int *values, int count, const char *name) {
  requirePointer(values, name);
  std::vector<int64_t> result(values, values + count);
  for (int64_t value : result)
    if (value < 1)
      badParameter(std::string(name) + " has an entry less than 1");
  return result;
}

Layout makeLayout(npudnnDataType_t type, npudnnTensorFormat_t order, std::vector<int64_t> dims) {
  require(isDataType(type), "there is no such data type");
  require(order >= NPUDNN_TENSOR_NCHW && order <= NPUDNN_TENSOR_NCHW_VECT_C,
          "there is no such tensor format");
  for (int64_t size : dims)
    require(size >= 1, "a dimension is less than 1");
  int64_t elements = 1;
  for (int64_t size : dims) {
    elements *= size;
    if (elements > INT32_MAX * int64_t(2048))
      unsupported("the tensor has too many elements");
  }
  Layout layout;
  layout.type = type;
  const bool vectorised = order == NPUDNN_TENSOR_NCHW_VECT_C;
  require(vectorised == (vectorLength(type) != 1),
          "vectorised types and the format NCHW_VECT_C go together");
  layout.vector = vectorLength(type);
  require(dims.size() >= 2 || !vectorised, "a vectorised tensor has channels");
  require(layout.vector == 1 || dims[1] % layout.vector == 0,
          "the channels are no multiple of the vector's length");
  if (order == NPUDNN_TENSOR_NHWC && dims.size() > 2) {
    layout.strides = channelsLastStrides(dims);
  } else {
    std::vector<int64_t> stored = dims;
    if (vectorised)
      stored[1] /= layout.vector;
    layout.strides = packedStrides(stored);
  }
  layout.dims = std::move(dims);
  return layout;
}

namespace {

void set(npudnnTensorDescriptor_t descriptor, Layout layout) {
  auto object = get<TensorDescriptor>(descriptor, "the tensor descriptor");
  object->layout = std::move(layout);
  object->set = true;
}

Layout stridedLayout(npudnnDataType_t type, std::vector<int64_t> dims,
                     std::vector<int64_t> strides) {
  require(isDataType(type), "there is no such data type");
  require(vectorLength(type) == 1, "a vectorised type needs the format NCHW_VECT_C");
  Layout layout;
  layout.type = type;
  layout.dims = std::move(dims);
  layout.strides = std::move(strides);
  return layout;
}

void requireRank(int rank, int least) {
  require(rank >= least, "a descriptor has too few dimensions");
  if (rank > NPUDNN_DIM_MAX)
    unsupported("a descriptor has at most " + std::to_string(NPUDNN_DIM_MAX) + " dimensions");
}

template <class Value> void give(Value *result, Value value) {
  if (result)
    *result = value;
}

void set(npudnnFilterDescriptor_t descriptor, npudnnDataType_t type, npudnnTensorFormat_t order,
         std::vector<int64_t> dims) {
  auto object = get<FilterDescriptor>(descriptor, "the filter descriptor");
  object->layout = makeLayout(type, order, std::move(dims));
  object->order = order;
  object->set = true;
}

} // namespace
} // namespace npu::dnn

using namespace npu::dnn;

NPU_DNN_LIFETIME(TensorDescriptor, TensorDescriptor)
NPU_DNN_LIFETIME(FilterDescriptor, FilterDescriptor)

npudnnStatus_t npudnnSetTensor4dDescriptor(npudnnTensorDescriptor_t tensorDesc,
                                           npudnnTensorFormat_t format, npudnnDataType_t dataType,
                                           int n, int c, int h, int w) {
  return dnnEntry("cudnnSetTensor4dDescriptor", [&] {
    set(tensorDesc, makeLayout(dataType, format, {n, c, h, w}));
  });
}

npudnnStatus_t npudnnSetTensor4dDescriptorEx(npudnnTensorDescriptor_t tensorDesc,
                                             npudnnDataType_t dataType, int n, int c, int h, int w,
                                             int nStride, int cStride, int hStride, int wStride) {
  return dnnEntry("cudnnSetTensor4dDescriptorEx", [&] {
    const int dims[] = {n, c, h, w}, strides[] = {nStride, cStride, hStride, wStride};
    set(tensorDesc, stridedLayout(dataType, positive(dims, 4, "a dimension"),
                                  positive(strides, 4, "a stride")));
  });
}

npudnnStatus_t npudnnGetTensor4dDescriptor(const npudnnTensorDescriptor_t tensorDesc,
                                           npudnnDataType_t *dataType, int *n, int *c, int *h,
                                           int *w, int *nStride, int *cStride, int *hStride,
                                           int *wStride) {
  return dnnEntry("cudnnGetTensor4dDescriptor", [&] {
    const Layout layout = layoutOf(tensorDesc, "the tensor descriptor");
    require(layout.dims.size() == 4, "the tensor has not 4 dimensions");
    give(dataType, layout.type);
    int *dims[] = {n, c, h, w}, *strides[] = {nStride, cStride, hStride, wStride};
    for (size_t i = 0; i < 4; ++i) {
      give(dims[i], int(layout.dims[i]));
      give(strides[i], int(layout.strides[i]));
    }
  });
}

npudnnStatus_t npudnnSetTensorNdDescriptor(npudnnTensorDescriptor_t tensorDesc,
                                           npudnnDataType_t dataType, int nbDims, const int dimA[],
                                           const int strideA[]) {
  return dnnEntry("cudnnSetTensorNdDescriptor", [&] {
    requireRank(nbDims, 1);
    set(tensorDesc, stridedLayout(dataType, positive(dimA, nbDims, "dimA"),
                                  positive(strideA, nbDims, "strideA")));
  });
}

npudnnStatus_t npudnnSetTensorNdDescriptorEx(npudnnTensorDescriptor_t tensorDesc,
                                             npudnnTensorFormat_t format, npudnnDataType_t dataType,
                                             int nbDims, const int dimA[]) {
  return dnnEntry("cudnnSetTensorNdDescriptorEx", [&] {
    requireRank(nbDims, 1);
    set(tensorDesc, makeLayout(dataType, format, positive(dimA, nbDims, "dimA")));
  });
}

npudnnStatus_t npudnnGetTensorNdDescriptor(const npudnnTensorDescriptor_t tensorDesc,
                                           int nbDimsRequested, npudnnDataType_t *dataType,
                                           int *nbDims, int dimA[], int strideA[]) {
  return dnnEntry("cudnnGetTensorNdDescriptor", [&] {
    const Layout layout = layoutOf(tensorDesc, "the tensor descriptor");
    require(nbDimsRequested >= 0, "nbDimsRequested is negative");
    give(dataType, layout.type);
    give(nbDims, int(layout.dims.size()));
    for (size_t i = 0; i < std::min(size_t(nbDimsRequested), layout.dims.size()); ++i) {
      give(dimA ? dimA + i : nullptr, int(layout.dims[i]));
      give(strideA ? strideA + i : nullptr, int(layout.strides[i]));
    }
  });
}

npudnnStatus_t npudnnGetTensorSizeInBytes(const npudnnTensorDescriptor_t tensorDesc, size_t *size) {
  return dnnEntry("cudnnGetTensorSizeInBytes", [&] {
    requirePointer(size, "the result");
    *size = layoutOf(tensorDesc, "the tensor descriptor").bytes();
  });
}

npudnnStatus_t npudnnSetFilter4dDescriptor(npudnnFilterDescriptor_t filterDesc,
                                           npudnnDataType_t dataType, npudnnTensorFormat_t format,
                                           int k, int c, int h, int w) {
  return dnnEntry("cudnnSetFilter4dDescriptor", [&] {
    set(filterDesc, dataType, format, {k, c, h, w});
  });
}

npudnnStatus_t npudnnGetFilter4dDescriptor(const npudnnFilterDescriptor_t filterDesc,
                                           npudnnDataType_t *dataType, npudnnTensorFormat_t *format,
                                           int *k, int *c, int *h, int *w) {
  return dnnEntry("cudnnGetFilter4dDescriptor", [&] {
    auto filter = getSet<FilterDescriptor>(filterDesc, "the filter descriptor");
    require(filter->layout.dims.size() == 4, "the filter has not 4 dimensions");
    give(dataType, filter->layout.type);
    give(format, filter->order);
    int *dims[] = {k, c, h, w};
    for (size_t i = 0; i < 4; ++i)
      give(dims[i], int(filter->layout.dims[i]));
  });
}

npudnnStatus_t npudnnSetFilterNdDescriptor(npudnnFilterDescriptor_t filterDesc,
                                           npudnnDataType_t dataType, npudnnTensorFormat_t format,
                                           int nbDims, const int filterDimA[]) {
  return dnnEntry("cudnnSetFilterNdDescriptor", [&] {
    requireRank(nbDims, 3);
    set(filterDesc, dataType, format, positive(filterDimA, nbDims, "filterDimA"));
  });
}

npudnnStatus_t npudnnGetFilterNdDescriptor(const npudnnFilterDescriptor_t filterDesc,
                                           int nbDimsRequested, npudnnDataType_t *dataType,
                                           npudnnTensorFormat_t *format, int *nbDims,
                                           int filterDimA[]) {
  return dnnEntry("cudnnGetFilterNdDescriptor", [&] {
    auto filter = getSet<FilterDescriptor>(filterDesc, "the filter descriptor");
    require(nbDimsRequested >= 0, "nbDimsRequested is negative");
    give(dataType, filter->layout.type);
    give(format, filter->order);
    give(nbDims, int(filter->layout.dims.size()));
    for (size_t i = 0; i < std::min(size_t(nbDimsRequested), filter->layout.dims.size()); ++i)
      give(filterDimA ? filterDimA + i : nullptr, int(filter->layout.dims[i]));
  });
}

npudnnStatus_t npudnnGetFilterSizeInBytes(const npudnnFilterDescriptor_t filterDesc, size_t *size) {
  return dnnEntry("cudnnGetFilterSizeInBytes", [&] {
    requirePointer(size, "the result");
    *size = getSet<FilterDescriptor>(filterDesc, "the filter descriptor")->layout.bytes();
  });
}
