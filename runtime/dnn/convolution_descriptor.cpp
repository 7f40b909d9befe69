// Convolution descriptors, the sizes of results, and what a convolution may be made of.
#include "convolution.h"

#include <algorithm>

namespace npu::dnn {
namespace {

void setConvolution(npudnnConvolutionDescriptor_t descriptor, std::vector<int64_t> pads,
                    std::vector<int64_t> strides, std::vector<int64_t> dilations,
                    npudnnConvolutionMode_t mode, npudnnDataType_t computeType) {
  auto object = get<ConvolutionDescriptor>(descriptor, "the convolution descriptor");
  for (int64_t pad : pads)
    require(pad >= 0, "a padding is negative");
  for (const auto *values : {&strides, &dilations})
    for (int64_t value : *values)
      require(value >= 1, "a stride or dilation is less than 1");
  require(mode == NPUDNN_CONVOLUTION || mode == NPUDNN_CROSS_CORRELATION,
          "there is no such convolution mode");
  require(computeType == NPUDNN_DATA_FLOAT || computeType == NPUDNN_DATA_DOUBLE ||
              computeType == NPUDNN_DATA_HALF || computeType == NPUDNN_DATA_INT32 ||
              computeType == NPUDNN_DATA_BFLOAT16,
          "computeType is not one of float, double, half, bfloat16 and int32");
  object->pads = std::move(pads), object->strides = std::move(strides);
  object->dilations = std::move(dilations);
  object->mode = mode, object->computeType = computeType;
  object->set = true;
}

MathMode mathOf(npudnnDataType_t type, const ConvolutionDescriptor &descriptor) {
  MathMode math;
  if (type == NPUDNN_DATA_DOUBLE)
    math.compute = Format::F64;
  else if (type != NPUDNN_DATA_FLOAT)
    formatOf(vectorLength(type) != 1 ? NPUDNN_DATA_INT8 : type, math.compute);
  else if (descriptor.math == NPUDNN_TENSOR_OP_MATH_ALLOW_CONVERSION)
    math.compute = Format::F16;
  math.pedantic = descriptor.math == NPUDNN_FMA_MATH;
  return math;
}

void checkTypes(const Convolution &convolution, ConvolutionUse use) {
  const npudnnDataType_t x = convolution.x.type, w = convolution.w.type, y = convolution.y.type;
  auto isFloating = [](npudnnDataType_t type) {
    return type == NPUDNN_DATA_FLOAT || type == NPUDNN_DATA_DOUBLE || type == NPUDNN_DATA_HALF ||
           type == NPUDNN_DATA_BFLOAT16;
  };
  for (npudnnDataType_t type : {x, w, y})
    if (type == NPUDNN_DATA_INT64 || type == NPUDNN_DATA_BOOLEAN)
      unsupported("a convolution has no tensors of int64 or boolean");
  if (use != ConvolutionUse::Forward) {
    require(x == w && x == y, "the tensors of a gradient have one data type");
    if (!isFloating(x))
      unsupported("gradients need float, double, half or bfloat16");
    return;
  }
  auto isByte = [](npudnnDataType_t type) {
    return type == NPUDNN_DATA_INT8 || type == NPUDNN_DATA_UINT8 || vectorLength(type) != 1;
  };
  if (isByte(x) && isByte(w))
    return;
  require(x == w, "x and w need one data type");
  if (x == NPUDNN_DATA_INT32)
    unsupported("a convolution has no int32 operands");
  require((x == NPUDNN_DATA_DOUBLE) == (y == NPUDNN_DATA_DOUBLE), "double goes with double alone");
  if (isFloating(x) && !isFloating(y))
    unsupported("floating-point operands give a floating-point result");
}

} // namespace

std::vector<int64_t> outputSizes(const Layout &x, const Layout &w,
                                 const ConvolutionDescriptor &convolution) {
  const size_t spatial = convolution.pads.size();
  require(x.dims.size() == w.dims.size() && x.dims.size() == spatial + 2,
          "the tensor, the filter and the convolution have different numbers of dimensions");
  if (spatial > 3)
    unsupported("a convolution has at most 3 spatial dimensions");
  require(x.dims[1] == w.dims[1] * convolution.groups,
          "the tensor's channels are not the filter's times the groups");
  require(w.dims[0] % convolution.groups == 0, "the filters do not divide into the groups");
  std::vector<int64_t> sizes = {x.dims[0], w.dims[0]};
  for (size_t i = 0; i < spatial; ++i) {
    sizes.push_back(windowOutput(x.dims[i + 2], w.dims[i + 2], convolution.pads[i],
                                 convolution.strides[i], convolution.dilations[i]));
    require(sizes.back() >= 1, "the filter is larger than the padded tensor");
  }
  return sizes;
}

Convolution makeConvolution(const char *caller, npudnnTensorDescriptor_t x,
                            npudnnFilterDescriptor_t w, npudnnConvolutionDescriptor_t convolution,
                            npudnnTensorDescriptor_t y, ConvolutionUse use) {
  const bool swaps = use == ConvolutionUse::BackwardData;
  Convolution result;
  result.caller = caller;
  result.x = layoutOf(x, swaps ? "dxDesc" : "xDesc");
  const auto filter = getSet<FilterDescriptor>(w, "the filter descriptor");
  result.w = filter->layout;
  result.channelsLastFilter = filter->order == NPUDNN_TENSOR_NHWC;
  const auto descriptor = getSet<ConvolutionDescriptor>(convolution, "convDesc");
  result.y = layoutOf(y, use == ConvolutionUse::Forward ? "yDesc" : "dyDesc");
  require(result.y.dims == outputSizes(result.x, result.w, *descriptor),
          "the result's sizes are not those of this convolution "
          "(cudnnGetConvolutionNdForwardOutputDim tells them)");
  checkTypes(result, use);
  result.groups = descriptor->groups;
  result.flipped = descriptor->mode == NPUDNN_CONVOLUTION;
  result.math = mathOf(result.x.type, *descriptor);
  result.window = {spatialSizes(result.x),           spatialSizes(result.y),
                   spatialSizes(result.w),           toExtent(descriptor->pads, 0),
                   toExtent(descriptor->strides, 1), toExtent(descriptor->dilations, 1)};
  return result;
}

} // namespace npu::dnn

using namespace npu::dnn;

NPU_DNN_LIFETIME(ConvolutionDescriptor, ConvolutionDescriptor)

npudnnStatus_t npudnnSetConvolution2dDescriptor(npudnnConvolutionDescriptor_t convDesc, int pad_h,
                                                int pad_w, int u, int v, int dilation_h,
                                                int dilation_w, npudnnConvolutionMode_t mode,
                                                npudnnDataType_t computeType) {
  return dnnEntry("cudnnSetConvolution2dDescriptor", [&] {
    setConvolution(convDesc, {pad_h, pad_w}, {u, v}, {dilation_h, dilation_w}, mode, computeType);
  });
}

npudnnStatus_t npudnnGetConvolution2dDescriptor(const npudnnConvolutionDescriptor_t convDesc,
                                                int *pad_h, int *pad_w, int *u, int *v,
                                                int *dilation_h, int *dilation_w,
                                                npudnnConvolutionMode_t *mode,
                                                npudnnDataType_t *computeType) {
  return dnnEntry("cudnnGetConvolution2dDescriptor", [&] {
    const auto object = getSet<ConvolutionDescriptor>(convDesc, "the convolution descriptor");
    require(object->pads.size() == 2, "the convolution is not of 2 dimensions");
    int *pads[] = {pad_h, pad_w}, *strides[] = {u, v}, *dilations[] = {dilation_h, dilation_w};
    for (size_t i = 0; i < 2; ++i) {
      if (pads[i])
        *pads[i] = int(object->pads[i]);
      if (strides[i])
        *strides[i] = int(object->strides[i]);
      if (dilations[i])
        *dilations[i] = int(object->dilations[i]);
    }
    if (mode)
      *mode = object->mode;
    if (computeType)
      *computeType = object->computeType;
  });
}

npudnnStatus_t npudnnSetConvolutionNdDescriptor(npudnnConvolutionDescriptor_t convDesc,
                                                int arrayLength, const int padA[],
                                                const int filterStrideA[], const int dilationA[],
                                                npudnnConvolutionMode_t mode,
                                                npudnnDataType_t computeType) {
  return dnnEntry("cudnnSetConvolutionNdDescriptor", [&] {
    require(arrayLength >= 1, "arrayLength is less than 1");
    if (arrayLength > NPUDNN_DIM_MAX - 2)
      unsupported("arrayLength is more than CUDNN_DIM_MAX - 2");
    requirePointer(padA, "padA");
    setConvolution(convDesc, {padA, padA + arrayLength},
                   positive(filterStrideA, arrayLength, "filterStrideA"),
                   positive(dilationA, arrayLength, "dilationA"), mode, computeType);
  });
}

npudnnStatus_t npudnnGetConvolutionNdDescriptor(const npudnnConvolutionDescriptor_t convDesc,
                                                int arrayLengthRequested, int *arrayLength,
                                                int padA[], int strideA[], int dilationA[],
                                                npudnnConvolutionMode_t *mode,
                                                npudnnDataType_t *computeType) {
  return dnnEntry("cudnnGetConvolutionNdDescriptor", [&] {
    const auto object = getSet<ConvolutionDescriptor>(convDesc, "the convolution descriptor");
    require(arrayLengthRequested >= 0, "arrayLengthRequested is negative");
    if (arrayLength)
      *arrayLength = int(object->pads.size());
    for (size_t i = 0; i < std::min(size_t(arrayLengthRequested), object->pads.size()); ++i) {
      if (padA)
        padA[i] = int(object->pads[i]);
      if (strideA)
        strideA[i] = int(object->strides[i]);
      if (dilationA)
        dilationA[i] = int(object->dilations[i]);
    }
    if (mode)
      *mode = object->mode;
    if (computeType)
      *computeType = object->computeType;
  });
}

npudnnStatus_t npudnnSetConvolutionMathType(npudnnConvolutionDescriptor_t convDesc,
                                            npudnnMathType_t mathType) {
  return dnnEntry("cudnnSetConvolutionMathType", [&] {
    require(mathType >= NPUDNN_DEFAULT_MATH && mathType <= NPUDNN_FMA_MATH,
            "there is no such math type");
    get<ConvolutionDescriptor>(convDesc, "the convolution descriptor")->math = mathType;
  });
}

npudnnStatus_t npudnnGetConvolutionMathType(npudnnConvolutionDescriptor_t convDesc,
                                            npudnnMathType_t *mathType) {
  return dnnEntry("cudnnGetConvolutionMathType", [&] {
    requirePointer(mathType, "the result");
    *mathType = get<ConvolutionDescriptor>(convDesc, "the convolution descriptor")->math;
  });
}

npudnnStatus_t npudnnSetConvolutionGroupCount(npudnnConvolutionDescriptor_t convDesc,
                                              int groupCount) {
  return dnnEntry("cudnnSetConvolutionGroupCount", [&] {
    require(groupCount >= 1, "groupCount is less than 1");
    get<ConvolutionDescriptor>(convDesc, "the convolution descriptor")->groups = groupCount;
  });
}

npudnnStatus_t npudnnGetConvolutionGroupCount(npudnnConvolutionDescriptor_t convDesc,
                                              int *groupCount) {
  return dnnEntry("cudnnGetConvolutionGroupCount", [&] {
    requirePointer(groupCount, "the result");
    *groupCount = int(get<ConvolutionDescriptor>(convDesc, "the convolution descriptor")->groups);
  });
}

npudnnStatus_t npudnnSetConvolutionReorderType(npudnnConvolutionDescriptor_t convDesc,
                                               npudnnReorderType_t reorderType) {
  return dnnEntry("cudnnSetConvolutionReorderType", [&] {
    require(reorderType == NPUDNN_DEFAULT_REORDER || reorderType == NPUDNN_NO_REORDER,
            "there is no such reorder type");
    get<ConvolutionDescriptor>(convDesc, "the convolution descriptor")->reorder = reorderType;
  });
}

npudnnStatus_t npudnnGetConvolutionReorderType(npudnnConvolutionDescriptor_t convDesc,
                                               npudnnReorderType_t *reorderType) {
  return dnnEntry("cudnnGetConvolutionReorderType", [&] {
    requirePointer(reorderType, "the result");
    *reorderType = get<ConvolutionDescriptor>(convDesc, "the convolution descriptor")->reorder;
  });
}

npudnnStatus_t npudnnGetConvolution2dForwardOutputDim(
    const npudnnConvolutionDescriptor_t convDesc, const npudnnTensorDescriptor_t inputTensorDesc,
    const npudnnFilterDescriptor_t filterDesc, int *n, int *c, int *h, int *w) {
  return dnnEntry("cudnnGetConvolution2dForwardOutputDim", [&] {
    const auto filter = getSet<FilterDescriptor>(filterDesc, "the filter descriptor");
    const auto sizes = outputSizes(layoutOf(inputTensorDesc, "inputTensorDesc"), filter->layout,
                                   *getSet<ConvolutionDescriptor>(convDesc, "convDesc"));
    require(sizes.size() == 4, "the convolution is not of 2 dimensions");
    int *results[] = {n, c, h, w};
    for (size_t i = 0; i < 4; ++i) {
      requirePointer(results[i], "a result");
      *results[i] = int(sizes[i]);
    }
  });
}

npudnnStatus_t npudnnGetConvolutionNdForwardOutputDim(
    const npudnnConvolutionDescriptor_t convDesc, const npudnnTensorDescriptor_t inputTensorDesc,
    const npudnnFilterDescriptor_t filterDesc, int nbDims, int tensorOuputDimA[]) {
  return dnnEntry("cudnnGetConvolutionNdForwardOutputDim", [&] {
    const auto filter = getSet<FilterDescriptor>(filterDesc, "the filter descriptor");
    const auto sizes = outputSizes(layoutOf(inputTensorDesc, "inputTensorDesc"), filter->layout,
                                   *getSet<ConvolutionDescriptor>(convDesc, "convDesc"));
    requirePointer(tensorOuputDimA, "the result");
    require(nbDims == int(sizes.size()), "nbDims is not the number of the result's dimensions");
    std::copy(sizes.begin(), sizes.end(), tensorOuputDimA);
  });
}
