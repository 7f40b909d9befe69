// Tensor transforms: padding with zeros, cropping, and another order of elements.
#include "descriptors.h"

#include <algorithm>

namespace npu::dnn {
namespace {

std::vector<int64_t> destinationSizes(const TensorTransformDescriptor &transform,
                                      const std::vector<int64_t> &dims) {
  require(dims.size() == transform.before.size(),
          "the transform and the tensor have different numbers of dimensions");
  for (uint32_t fold : transform.fold)
    if (fold > 1)
      unsupported("a transform that folds");
  std::vector<int64_t> sizes = dims;
  for (size_t i = 0; i < dims.size(); ++i) {
    sizes[i] += transform.before[i] + transform.after[i];
    require(sizes[i] >= 1, "the padding removes a whole dimension");
  }
  return sizes;
}

template <class Real>
void transformTensor(const TensorTransformDescriptor &transform, const Layout &from,
                     const void *fromData, const Layout &to, void *toData, double alpha,
                     double beta) {
  const Values<Real> values(from, fromData);
  const std::vector<int64_t> strides = packedStrides(from.dims);
  std::vector<Real> result(size_t(to.count()), Real(0));
  const size_t rank = to.dims.size();
  std::vector<int64_t> index(rank, 0);
  for (Real &value : result) {
    int64_t at = 0;
    bool inside = true;
    for (size_t axis = 0; axis < rank; ++axis) {
      const int64_t source = index[axis] - transform.before[axis];
      inside &= source >= 0 && source < from.dims[axis];
      at += source * strides[axis];
    }
    if (inside)
      value = values[at];
    for (size_t axis = rank; axis-- > 0;) {
      if (++index[axis] < to.dims[axis])
        break;
      index[axis] = 0;
    }
  }
  scatter(to, toData, result.data(), alpha, beta);
}

void enqueueTransform(const char *caller, npuStream_t stream,
                      npudnnTensorTransformDescriptor_t descriptor, const Layout &from,
                      const void *fromData, const Layout &to, void *toData, const void *alpha,
                      const void *beta) {
  const TensorTransformDescriptor transform =
      *getSet<TensorTransformDescriptor>(descriptor, "transDesc");
  require(to.dims == destinationSizes(transform, from.dims),
          "the destination has not the sizes of this transform's result");
  const double a = scalarOf(to.type, alpha, "alpha"), b = scalarOf(to.type, beta, "beta");
  requireMemory(from, fromData, "srcData");
  requireMemory(to, toData, "destData");
  enqueueHost(stream, caller, [=] {
    withReal(needsDouble(from.type) ? from.type : to.type, [&](auto real) {
      transformTensor<decltype(real)>(transform, from, fromData, to, toData, a, b);
    });
  });
}

} // namespace
} // namespace npu::dnn

using namespace npu::dnn;

NPU_DNN_LIFETIME(TensorTransformDescriptor, TensorTransformDescriptor)

npudnnStatus_t npudnnSetTensorTransformDescriptor(npudnnTensorTransformDescriptor_t transformDesc,
                                                  const uint32_t nbDims,
                                                  const npudnnTensorFormat_t destFormat,
                                                  const int32_t padBeforeA[],
                                                  const int32_t padAfterA[], const uint32_t foldA[],
                                                  const npudnnFoldingDirection_t direction) {
  return dnnEntry("cudnnSetTensorTransformDescriptor", [&] {
    auto object = get<TensorTransformDescriptor>(transformDesc, "the transform descriptor");
    require(nbDims >= 1 && nbDims <= NPUDNN_DIM_MAX, "nbDims is not 1 to CUDNN_DIM_MAX");
    require(destFormat >= NPUDNN_TENSOR_NCHW && destFormat <= NPUDNN_TENSOR_NCHW_VECT_C,
            "there is no such tensor format");
    require(direction == NPUDNN_TRANSFORM_FOLD || direction == NPUDNN_TRANSFORM_UNFOLD,
            "there is no such direction");
    object->format = destFormat, object->direction = direction;
    object->before.assign(nbDims, 0), object->after.assign(nbDims, 0);
    object->fold.clear();
    if (padBeforeA)
      object->before.assign(padBeforeA, padBeforeA + nbDims);
    if (padAfterA)
      object->after.assign(padAfterA, padAfterA + nbDims);
    if (foldA && nbDims > 2)
      object->fold.assign(foldA, foldA + nbDims - 2);
    object->set = true;
  });
}

npudnnStatus_t npudnnGetTensorTransformDescriptor(npudnnTensorTransformDescriptor_t transformDesc,
                                                  uint32_t nbDimsRequested,
                                                  npudnnTensorFormat_t *destFormat,
                                                  int32_t padBeforeA[], int32_t padAfterA[],
                                                  uint32_t foldA[],
                                                  npudnnFoldingDirection_t *direction) {
  return dnnEntry("cudnnGetTensorTransformDescriptor", [&] {
    const auto object =
        getSet<TensorTransformDescriptor>(transformDesc, "the transform descriptor");
    if (destFormat)
      *destFormat = object->format;
    if (direction)
      *direction = object->direction;
    const size_t count = std::min(size_t(nbDimsRequested), object->before.size());
    for (size_t i = 0; i < count; ++i) {
      if (padBeforeA)
        padBeforeA[i] = object->before[i];
      if (padAfterA)
        padAfterA[i] = object->after[i];
      if (foldA && i < object->fold.size())
        foldA[i] = object->fold[i];
    }
  });
}

npudnnStatus_t npudnnInitTransformDest(const npudnnTensorTransformDescriptor_t transformDesc,
                                       const npudnnTensorDescriptor_t srcDesc,
                                       npudnnTensorDescriptor_t destDesc, size_t *destSizeInBytes) {
  return dnnEntry("cudnnInitTransformDest", [&] {
    const auto transform = getSet<TensorTransformDescriptor>(transformDesc, "transformDesc");
    const Layout from = layoutOf(srcDesc, "srcDesc");
    auto to = get<TensorDescriptor>(destDesc, "destDesc");
    requirePointer(destSizeInBytes, "destSizeInBytes");
    to->layout = makeLayout(from.type, transform->format, destinationSizes(*transform, from.dims));
    to->set = true;
    *destSizeInBytes = to->layout.bytes();
  });
}

npudnnStatus_t npudnnTransformTensorEx(npudnnHandle_t handle,
                                       const npudnnTensorTransformDescriptor_t transDesc,
                                       const void *alpha, const npudnnTensorDescriptor_t srcDesc,
                                       const void *srcData, const void *beta,
                                       const npudnnTensorDescriptor_t destDesc, void *destData) {
  return dnnEntry("cudnnTransformTensorEx", [&] {
    enqueueTransform("cudnnTransformTensorEx", streamOf(handle), transDesc,
                     layoutOf(srcDesc, "srcDesc"), srcData, layoutOf(destDesc, "destDesc"),
                     destData, alpha, beta);
  });
}

npudnnStatus_t npudnnTransformFilter(npudnnHandle_t handle,
                                     const npudnnTensorTransformDescriptor_t transDesc,
                                     const void *alpha, const npudnnFilterDescriptor_t srcDesc,
                                     const void *srcData, const void *beta,
                                     const npudnnFilterDescriptor_t destDesc, void *destData) {
  return dnnEntry("cudnnTransformFilter", [&] {
    enqueueTransform("cudnnTransformFilter", streamOf(handle), transDesc,
                     getSet<FilterDescriptor>(srcDesc, "srcDesc")->layout, srcData,
                     getSet<FilterDescriptor>(destDesc, "destDesc")->layout, destData, alpha, beta);
  });
}
