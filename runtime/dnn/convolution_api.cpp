// The calls that convolve.
#include "convolution.h"
#include "layer_op.h"

#include <cstring>

using namespace npu::dnn;

namespace {

void requireAlgorithm(int algorithm, int count) {
  require(algorithm >= 0 && algorithm < count, "there is no such algorithm");
}

void requireWorkspace(const void *workspace, size_t bytes) {
  // No algorithm needs any; a wrong address is nevertheless an error in the program.
  if (workspace && bytes)
    requireBytes(workspace, bytes, "the workspace");
}

} // namespace

npudnnStatus_t npudnnConvolutionForward(npudnnHandle_t handle, const void *alpha,
                                        const npudnnTensorDescriptor_t xDesc, const void *x,
                                        const npudnnFilterDescriptor_t wDesc, const void *w,
                                        const npudnnConvolutionDescriptor_t convDesc,
                                        npudnnConvolutionFwdAlgo_t algo, void *workSpace,
                                        size_t workSpaceSizeInBytes, const void *beta,
                                        const npudnnTensorDescriptor_t yDesc, void *y) {
  return dnnEntry("cudnnConvolutionForward", [&] {
    const npuStream_t stream = streamOf(handle);
    const Convolution convolution = makeConvolution("cudnnConvolutionForward", xDesc, wDesc,
                                                    convDesc, yDesc, ConvolutionUse::Forward);
    requireAlgorithm(algo, NPUDNN_CONVOLUTION_FWD_ALGO_COUNT);
    const double a = scalarOf(convolution.y.type, alpha, "alpha");
    const double b = scalarOf(convolution.y.type, beta, "beta");
    requireMemory(convolution.x, x, "x");
    requireMemory(convolution.w, w, "w");
    requireMemory(convolution.y, y, "y");
    requireWorkspace(workSpace, workSpaceSizeInBytes);
    if (enqueueConvolution(stream, convolution, x, w, y, a, b, nullptr))
      return;
    enqueueHost(stream, convolution.caller, [=] { convolveForward(convolution, x, w, y, a, b); });
  });
}

npudnnStatus_t npudnnConvolutionBiasActivationForward(
    npudnnHandle_t handle, const void *alpha1, const npudnnTensorDescriptor_t xDesc, const void *x,
    const npudnnFilterDescriptor_t wDesc, const void *w,
    const npudnnConvolutionDescriptor_t convDesc, npudnnConvolutionFwdAlgo_t algo, void *workSpace,
    size_t workSpaceSizeInBytes, const void *alpha2, const npudnnTensorDescriptor_t zDesc,
    const void *z, const npudnnTensorDescriptor_t biasDesc, const void *bias,
    const npudnnActivationDescriptor_t activationDesc, const npudnnTensorDescriptor_t yDesc,
    void *y) {
  return dnnEntry("cudnnConvolutionBiasActivationForward", [&] {
    const npuStream_t stream = streamOf(handle);
    const Convolution convolution =
        makeConvolution("cudnnConvolutionBiasActivationForward", xDesc, wDesc, convDesc, yDesc,
                        ConvolutionUse::Forward);
    requireAlgorithm(algo, NPUDNN_CONVOLUTION_FWD_ALGO_COUNT);
    const double a = scalarOf(convolution.y.type, alpha1, "alpha1");
    Epilogue epilogue;
    epilogue.alpha2 = scalarOf(convolution.y.type, alpha2, "alpha2");
    epilogue.activator = getSet<ActivationDescriptor>(activationDesc, "activationDesc")->activator;
    epilogue.bias = layoutOf(biasDesc, "biasDesc");
    require(epilogue.bias.count() == convolution.y.dims[1] &&
                epilogue.bias.size(1) == convolution.y.dims[1],
            "the bias is not one number for each of y's channels");
    epilogue.z = layoutOf(zDesc, "zDesc");
    epilogue.zData = z, epilogue.biasData = bias;
    if (epilogue.alpha2 != 0) {
      require(epilogue.z.dims == convolution.y.dims, "z has not the sizes of y");
      requireMemory(epilogue.z, z, "z");
    }
    requireMemory(epilogue.bias, bias, "bias");
    requireMemory(convolution.x, x, "x");
    requireMemory(convolution.w, w, "w");
    requireMemory(convolution.y, y, "y");
    requireWorkspace(workSpace, workSpaceSizeInBytes);
    if (enqueueConvolution(stream, convolution, x, w, y, a, 0, &epilogue))
      return;
    enqueueHost(stream, convolution.caller,
                [=] { convolveForward(convolution, x, w, y, a, epilogue); });
  });
}

npudnnStatus_t npudnnConvolutionBackwardData(npudnnHandle_t handle, const void *alpha,
                                             const npudnnFilterDescriptor_t wDesc, const void *w,
                                             const npudnnTensorDescriptor_t dyDesc, const void *dy,
                                             const npudnnConvolutionDescriptor_t convDesc,
                                             npudnnConvolutionBwdDataAlgo_t algo, void *workSpace,
                                             size_t workSpaceSizeInBytes, const void *beta,
                                             const npudnnTensorDescriptor_t dxDesc, void *dx) {
  return dnnEntry("cudnnConvolutionBackwardData", [&] {
    const npuStream_t stream = streamOf(handle);
    const Convolution convolution = makeConvolution("cudnnConvolutionBackwardData", dxDesc, wDesc,
                                                    convDesc, dyDesc, ConvolutionUse::BackwardData);
    requireAlgorithm(algo, NPUDNN_CONVOLUTION_BWD_DATA_ALGO_COUNT);
    const double a = scalarOf(convolution.x.type, alpha, "alpha");
    const double b = scalarOf(convolution.x.type, beta, "beta");
    requireMemory(convolution.w, w, "w");
    requireMemory(convolution.y, dy, "dy");
    requireMemory(convolution.x, dx, "dx");
    requireWorkspace(workSpace, workSpaceSizeInBytes);
    if (enqueueDataGradient(stream, convolution, w, dy, dx, a, b))
      return;
    enqueueHost(stream, convolution.caller,
                [=] { convolveBackwardData(convolution, w, dy, dx, a, b); });
  });
}

npudnnStatus_t npudnnConvolutionBackwardFilter(
    npudnnHandle_t handle, const void *alpha, const npudnnTensorDescriptor_t xDesc, const void *x,
    const npudnnTensorDescriptor_t dyDesc, const void *dy,
    const npudnnConvolutionDescriptor_t convDesc, npudnnConvolutionBwdFilterAlgo_t algo,
    void *workSpace, size_t workSpaceSizeInBytes, const void *beta,
    const npudnnFilterDescriptor_t dwDesc, void *dw) {
  return dnnEntry("cudnnConvolutionBackwardFilter", [&] {
    const npuStream_t stream = streamOf(handle);
    const Convolution convolution =
        makeConvolution("cudnnConvolutionBackwardFilter", xDesc, dwDesc, convDesc, dyDesc,
                        ConvolutionUse::BackwardFilter);
    requireAlgorithm(algo, NPUDNN_CONVOLUTION_BWD_FILTER_ALGO_COUNT);
    const double a = scalarOf(convolution.w.type, alpha, "alpha");
    const double b = scalarOf(convolution.w.type, beta, "beta");
    requireMemory(convolution.x, x, "x");
    requireMemory(convolution.y, dy, "dy");
    requireMemory(convolution.w, dw, "dw");
    requireWorkspace(workSpace, workSpaceSizeInBytes);
    if (enqueueFilterGradient(stream, convolution, x, dy, dw, a, b))
      return;
    enqueueHost(stream, convolution.caller,
                [=] { convolveBackwardFilter(convolution, x, dy, dw, a, b); });
  });
}

npudnnStatus_t npudnnConvolutionBackwardBias(npudnnHandle_t handle, const void *alpha,
                                             const npudnnTensorDescriptor_t dyDesc, const void *dy,
                                             const void *beta,
                                             const npudnnTensorDescriptor_t dbDesc, void *db) {
  return dnnEntry("cudnnConvolutionBackwardBias", [&] {
    const npuStream_t stream = streamOf(handle);
    const Layout from = layoutOf(dyDesc, "dyDesc"), to = layoutOf(dbDesc, "dbDesc");
    require(from.dims.size() >= 2, "dy has no channels");
    require(to.count() == from.dims[1] && to.size(1) == from.dims[1],
            "db is not one number for each of dy's channels");
    require(from.type == to.type, "dy and db need one data type");
    const double a = scalarOf(to.type, alpha, "alpha"), b = scalarOf(to.type, beta, "beta");
    requireMemory(from, dy, "dy");
    requireMemory(to, db, "db");
    TensorOp op;
    op.kind = TensorOp::Kind::reduction;
    for (int64_t i = 0; i < int64_t(from.dims.size()); ++i)
      if (i != 1)
        op.axes.push_back(i);
    Layout sums = to; // one number per channel, whatever its rank
    sums.dims.assign(from.dims.size(), 1), sums.dims[1] = from.dims[1];
    sums.strides.assign(from.dims.size(), 1), sums.strides[1] = to.strides[1];
    if (enqueueLayer(stream, "cudnnConvolutionBackwardBias", op, {{from, dy}}, {sums, db}, a, b))
      return;
    enqueueHost(stream, "cudnnConvolutionBackwardBias", [=] {
      withReal(from.type, [&](auto real) {
        using Real = decltype(real);
        const Values<Real> values(from, dy);
        const int64_t channels = from.dims[1];
        const int64_t plane = from.count() / from.dims[0] / channels;
        std::vector<double> sums(size_t(channels), 0.0);
        for (int64_t i = 0; i < from.dims[0] * channels; ++i)
          for (int64_t at = 0; at < plane; ++at)
            sums[size_t(i % channels)] += double(values[i * plane + at]);
        const std::vector<Real> result(sums.begin(), sums.end());
        scatter(to, db, result.data(), a, b);
      });
    });
  });
}

npudnnStatus_t npudnnIm2Col(npudnnHandle_t handle, const npudnnTensorDescriptor_t xDesc,
                            const void *x, const npudnnFilterDescriptor_t wDesc,
                            const npudnnConvolutionDescriptor_t convDesc, void *colBuffer) {
  return dnnEntry("cudnnIm2Col", [&] {
    const npuStream_t stream = streamOf(handle);
    const Layout from = layoutOf(xDesc, "xDesc");
    const auto filter = getSet<FilterDescriptor>(wDesc, "wDesc");
    const auto descriptor = getSet<ConvolutionDescriptor>(convDesc, "convDesc");
    const std::vector<int64_t> sizes = outputSizes(from, filter->layout, *descriptor);
    if (from.vector != 1)
      unsupported("columns of vectorised tensors");
    ColumnCall call;
    call.window = {spatialSizes(from),
                   toExtent({sizes.begin() + 2, sizes.end()}, 1),
                   spatialSizes(filter->layout),
                   toExtent(descriptor->pads, 0),
                   toExtent(descriptor->strides, 1),
                   toExtent(descriptor->dilations, 1)};
    call.channels = from.dims[1];
    call.channelStride = from.strides[1];
    call.spatial = spatialStrides(from);
    call.flipped = descriptor->mode == NPUDNN_CONVOLUTION;
    call.lastRow = call.window.out[0] * call.window.out[1];
    const int64_t images = from.dims[0], outputs = call.window.outCount();
    call.leading = images * outputs;
    const size_t bytes = elementBytes(from.type);
    requireMemory(from, x, "x");
    requireBytes(colBuffer,
                 size_t(call.channels * call.window.kernelCount() * call.leading) * bytes,
                 "colBuffer");
    enqueueHost(stream, "cudnnIm2Col", [=] {
      for (int64_t image = 0; image < images; ++image)
        imageToColumns(call, static_cast<const char *>(x) + size_t(image * from.strides[0]) * bytes,
                       static_cast<char *>(colBuffer) + size_t(image * outputs) * bytes, bytes);
    });
  });
}

// No algorithm wants another order of int8x32 filters than the tensors': what is reordered is a
// copy.
npudnnStatus_t npudnnReorderFilterAndBias(npudnnHandle_t handle,
                                          const npudnnFilterDescriptor_t filterDesc,
                                          npudnnReorderType_t reorderType, const void *filterData,
                                          void *reorderedFilterData, int reorderBias,
                                          const void *biasData, void *reorderedBiasData) {
  return dnnEntry("cudnnReorderFilterAndBias", [&] {
    const npuStream_t stream = streamOf(handle);
    const Layout layout = getSet<FilterDescriptor>(filterDesc, "filterDesc")->layout;
    require(reorderType == NPUDNN_DEFAULT_REORDER || reorderType == NPUDNN_NO_REORDER,
            "there is no such reordering");
    if (layout.type != NPUDNN_DATA_INT8x32)
      unsupported("only int8x32 filters are reordered");
    const size_t bytes = layout.bytes(), biasBytes = size_t(layout.dims[0]) * sizeof(float);
    requireBytes(filterData, bytes, "filterData");
    requireBytes(reorderedFilterData, bytes, "reorderedFilterData");
    if (reorderBias) {
      requireBytes(biasData, biasBytes, "biasData");
      requireBytes(reorderedBiasData, biasBytes, "reorderedBiasData");
    }
    enqueueHost(stream, "cudnnReorderFilterAndBias", [=] {
      std::memmove(reorderedFilterData, filterData, bytes);
      if (reorderBias)
        std::memmove(reorderedBiasData, biasData, biasBytes);
    });
  });
}
