// Reductions along any dimensions, with the places of minima and maxima on request.
#include "descriptors.h"

#include <cmath>
#include <cstring>
#include <limits>

namespace npu::dnn {
namespace {

bool findsPlaces(const ReduceTensorDescriptor &reduce) {
  return reduce.indices == NPUDNN_REDUCE_TENSOR_FLATTENED_INDICES &&
         (reduce.op == NPUDNN_REDUCE_TENSOR_MIN || reduce.op == NPUDNN_REDUCE_TENSOR_MAX ||
          reduce.op == NPUDNN_REDUCE_TENSOR_AMAX);
}

size_t indexBytes(npudnnIndicesType_t type) {
  switch (type) {
  case NPUDNN_64BIT_INDICES:
    return 8;
  case NPUDNN_16BIT_INDICES:
    return 2;
  case NPUDNN_8BIT_INDICES:
    return 1;
  default:
    return 4;
  }
}

// One result while it grows. Sums are of doubles.
struct Accumulator {
  double value = 0;
  int64_t place = -1, count = 0;

  void add(const ReduceTensorDescriptor &reduce, double x, int64_t at) {
    switch (reduce.op) {
    case NPUDNN_REDUCE_TENSOR_ADD:
    case NPUDNN_REDUCE_TENSOR_AVG:
      value += x;
      break;
    case NPUDNN_REDUCE_TENSOR_NORM1:
      value += std::fabs(x);
      break;
    case NPUDNN_REDUCE_TENSOR_NORM2:
      value += x * x;
      break;
    case NPUDNN_REDUCE_TENSOR_MUL:
      value = count ? value * x : x;
      break;
    case NPUDNN_REDUCE_TENSOR_MUL_NO_ZEROS:
      value = (count ? value : 1) * (x == 0 ? 1 : x);
      break;
    case NPUDNN_REDUCE_TENSOR_MIN:
    case NPUDNN_REDUCE_TENSOR_MAX:
    case NPUDNN_REDUCE_TENSOR_AMAX:
      choose(reduce, reduce.op == NPUDNN_REDUCE_TENSOR_AMAX ? std::fabs(x) : x, at);
      break;
    }
    ++count;
  }
  void choose(const ReduceTensorDescriptor &reduce, double x, int64_t at) {
    const bool propagates = reduce.nan == NPUDNN_PROPAGATE_NAN;
    const bool better = std::isnan(value)                       ? !propagates && !std::isnan(x)
                        : std::isnan(x)                         ? propagates
                        : reduce.op == NPUDNN_REDUCE_TENSOR_MIN ? x < value
                                                                : x > value;
    if (place < 0 || better)
      value = x, place = at;
  }
  double result(const ReduceTensorDescriptor &reduce) const {
    if (reduce.op == NPUDNN_REDUCE_TENSOR_AVG)
      return value / double(count);
    return reduce.op == NPUDNN_REDUCE_TENSOR_NORM2 ? std::sqrt(value) : value;
  }
};

template <class Real>
void reduceTensor(const ReduceTensorDescriptor &reduce, const Layout &a, const void *aData,
                  const Layout &c, void *cData, void *indices, double alpha, double beta) {
  const Values<Real> values(a, aData);
  std::vector<Accumulator> results(size_t(c.count()));
  const std::vector<int64_t> cStrides = packedStrides(c.dims);
  const size_t rank = a.dims.size();
  std::vector<int64_t> index(rank, 0);
  for (int64_t i = 0; i < a.count(); ++i) {
    int64_t to = 0, place = 0; // `place`: among the elements that become one
    for (size_t axis = 0; axis < rank; ++axis) {
      if (c.dims[axis] == a.dims[axis])
        to += index[axis] * cStrides[axis];
      else
        place = place * a.dims[axis] + index[axis];
    }
    results[size_t(to)].add(reduce, double(values[i]), place);
    for (size_t axis = rank; axis-- > 0;) {
      if (++index[axis] < a.dims[axis])
        break;
      index[axis] = 0;
    }
  }
  std::vector<Real> finished(results.size());
  for (size_t i = 0; i < results.size(); ++i)
    finished[i] = Real(results[i].result(reduce));
  scatter(c, cData, finished.data(), alpha, beta);
  if (findsPlaces(reduce))
    for (size_t i = 0; i < results.size(); ++i) {
      const size_t bytes = indexBytes(reduce.indicesType);
      std::memcpy(static_cast<char *>(indices) + i * bytes, &results[i].place, bytes);
    }
}

std::shared_ptr<ReduceTensorDescriptor> checkReduction(npudnnReduceTensorDescriptor_t descriptor,
                                                       const Layout &a, const Layout &c) {
  auto reduce = getSet<ReduceTensorDescriptor>(descriptor, "reduceTensorDesc");
  require(a.dims.size() == c.dims.size(), "A and C have different numbers of dimensions");
  for (size_t i = 0; i < a.dims.size(); ++i)
    require(c.dims[i] == a.dims[i] || c.dims[i] == 1, "a dimension of C is neither A's nor 1");
  return reduce;
}

} // namespace
} // namespace npu::dnn

using namespace npu::dnn;

NPU_DNN_LIFETIME(ReduceTensorDescriptor, ReduceTensorDescriptor)

npudnnStatus_t npudnnSetReduceTensorDescriptor(npudnnReduceTensorDescriptor_t reduceTensorDesc,
                                               npudnnReduceTensorOp_t reduceTensorOp,
                                               npudnnDataType_t reduceTensorCompType,
                                               npudnnNanPropagation_t reduceTensorNanOpt,
                                               npudnnReduceTensorIndices_t reduceTensorIndices,
                                               npudnnIndicesType_t reduceTensorIndicesType) {
  return dnnEntry("cudnnSetReduceTensorDescriptor", [&] {
    auto object = get<ReduceTensorDescriptor>(reduceTensorDesc, "the reduction descriptor");
    require(reduceTensorOp >= NPUDNN_REDUCE_TENSOR_ADD &&
                reduceTensorOp <= NPUDNN_REDUCE_TENSOR_MUL_NO_ZEROS,
            "there is no such reduction");
    require(isDataType(reduceTensorCompType), "there is no such data type");
    require(reduceTensorNanOpt == NPUDNN_NOT_PROPAGATE_NAN ||
                reduceTensorNanOpt == NPUDNN_PROPAGATE_NAN,
            "there is no such propagation of NaN");
    require(reduceTensorIndices == NPUDNN_REDUCE_TENSOR_NO_INDICES ||
                reduceTensorIndices == NPUDNN_REDUCE_TENSOR_FLATTENED_INDICES,
            "there is no such kind of indices");
    require(reduceTensorIndicesType >= NPUDNN_32BIT_INDICES &&
                reduceTensorIndicesType <= NPUDNN_8BIT_INDICES,
            "there is no such type of indices");
    object->op = reduceTensorOp, object->computeType = reduceTensorCompType;
    object->nan = reduceTensorNanOpt, object->indices = reduceTensorIndices;
    object->indicesType = reduceTensorIndicesType;
    object->set = true;
  });
}

npudnnStatus_t npudnnGetReduceTensorDescriptor(
    const npudnnReduceTensorDescriptor_t reduceTensorDesc, npudnnReduceTensorOp_t *reduceTensorOp,
    npudnnDataType_t *reduceTensorCompType, npudnnNanPropagation_t *reduceTensorNanOpt,
    npudnnReduceTensorIndices_t *reduceTensorIndices,
    npudnnIndicesType_t *reduceTensorIndicesType) {
  return dnnEntry("cudnnGetReduceTensorDescriptor", [&] {
    const auto object =
        getSet<ReduceTensorDescriptor>(reduceTensorDesc, "the reduction descriptor");
    if (reduceTensorOp)
      *reduceTensorOp = object->op;
    if (reduceTensorCompType)
      *reduceTensorCompType = object->computeType;
    if (reduceTensorNanOpt)
      *reduceTensorNanOpt = object->nan;
    if (reduceTensorIndices)
      *reduceTensorIndices = object->indices;
    if (reduceTensorIndicesType)
      *reduceTensorIndicesType = object->indicesType;
  });
}

npudnnStatus_t npudnnGetReductionIndicesSize(npudnnHandle_t handle,
                                             const npudnnReduceTensorDescriptor_t reduceTensorDesc,
                                             const npudnnTensorDescriptor_t aDesc,
                                             const npudnnTensorDescriptor_t cDesc,
                                             size_t *sizeInBytes) {
  return dnnEntry("cudnnGetReductionIndicesSize", [&] {
    streamOf(handle);
    requirePointer(sizeInBytes, "the result");
    const Layout a = layoutOf(aDesc, "aDesc"), c = layoutOf(cDesc, "cDesc");
    const auto reduce = checkReduction(reduceTensorDesc, a, c);
    *sizeInBytes = findsPlaces(*reduce) ? size_t(c.count()) * indexBytes(reduce->indicesType) : 0;
  });
}

npudnnStatus_t
npudnnGetReductionWorkspaceSize(npudnnHandle_t handle,
                                const npudnnReduceTensorDescriptor_t reduceTensorDesc,
                                const npudnnTensorDescriptor_t aDesc,
                                const npudnnTensorDescriptor_t cDesc, size_t *sizeInBytes) {
  return dnnEntry("cudnnGetReductionWorkspaceSize", [&] {
    streamOf(handle);
    requirePointer(sizeInBytes, "the result");
    checkReduction(reduceTensorDesc, layoutOf(aDesc, "aDesc"), layoutOf(cDesc, "cDesc"));
    *sizeInBytes = 0;
  });
}

npudnnStatus_t npudnnReduceTensor(npudnnHandle_t handle,
                                  const npudnnReduceTensorDescriptor_t reduceTensorDesc,
                                  void *indices, size_t indicesSizeInBytes, void *, size_t,
                                  const void *alpha, const npudnnTensorDescriptor_t aDesc,
                                  const void *A, const void *beta,
                                  const npudnnTensorDescriptor_t cDesc, void *C) {
  return dnnEntry("cudnnReduceTensor", [&] {
    const npuStream_t stream = streamOf(handle);
    const Layout a = layoutOf(aDesc, "aDesc"), c = layoutOf(cDesc, "cDesc");
    const ReduceTensorDescriptor reduce = *checkReduction(reduceTensorDesc, a, c);
    const double scale = scalarOf(c.type, alpha, "alpha"), keep = scalarOf(c.type, beta, "beta");
    requireMemory(a, A, "A");
    requireMemory(c, C, "C");
    if (findsPlaces(reduce)) {
      const size_t bytes = size_t(c.count()) * indexBytes(reduce.indicesType);
      require(indicesSizeInBytes >= bytes, "the indices' memory is too small");
      requireBytes(indices, bytes, "the indices");
    }
    enqueueHost(stream, "cudnnReduceTensor", [=] {
      withReal(needsDouble(a.type) ? a.type : c.type, [&](auto real) {
        reduceTensor<decltype(real)>(reduce, a, A, c, C, indices, scale, keep);
      });
    });
  });
}
