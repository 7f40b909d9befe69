// cudnnNormalization*: batch normalization in the words of version 8.
#include "batch_norm.h"

using namespace npu::dnn;

namespace {

void checkGroups(int groups) {
  require(groups >= 1, "groupCnt is less than 1");
  if (groups != 1)
    unsupported("groupCnt must be 1");
}

BatchNorm makeNorm(const char *caller, npudnnNormMode_t mode, npudnnTensorDescriptor_t x,
                   npudnnTensorDescriptor_t y, npudnnTensorDescriptor_t parameters,
                   npudnnTensorDescriptor_t statistics, double epsilon, int groups) {
  checkGroups(groups);
  const npudnnBatchNormMode_t batchMode = batchNormMode(mode);
  BatchNorm norm;
  norm.caller = caller;
  norm.spatial = mode == NPUDNN_NORM_PER_CHANNEL;
  norm.epsilon = epsilon;
  norm.x = layoutOf(x, "xDesc");
  norm.y = layoutOf(y, "yDesc");
  norm.parameters = layoutOf(parameters, "normScaleBiasDesc");
  const Layout other = layoutOf(statistics, "normMeanVarDesc");
  require(other.dims == norm.parameters.dims && other.type == norm.parameters.type &&
              other.strides == norm.parameters.strides,
          "normMeanVarDesc differs from normScaleBiasDesc");
  checkBatchNorm(norm, batchMode);
  return norm;
}

void giveZero(npudnnHandle_t handle, npudnnTensorDescriptor_t x, size_t *result, int groups) {
  streamOf(handle);
  checkGroups(groups);
  layoutOf(x, "xDesc");
  requirePointer(result, "the result");
  *result = 0;
}

} // namespace

npudnnStatus_t npudnnDeriveNormTensorDescriptor(npudnnTensorDescriptor_t derivedNormScaleBiasDesc,
                                                npudnnTensorDescriptor_t derivedNormMeanVarDesc,
                                                const npudnnTensorDescriptor_t xDesc,
                                                npudnnNormMode_t mode, int groupCnt) {
  return dnnEntry("cudnnDeriveNormTensorDescriptor", [&] {
    checkGroups(groupCnt);
    const Layout layout = batchNormParameters(layoutOf(xDesc, "xDesc"), batchNormMode(mode));
    for (npudnnTensorDescriptor_t descriptor : {derivedNormScaleBiasDesc, derivedNormMeanVarDesc}) {
      auto derived = get<TensorDescriptor>(descriptor, "a derived descriptor");
      derived->layout = layout;
      derived->set = true;
    }
  });
}

npudnnStatus_t npudnnNormalizationForwardInference(
    npudnnHandle_t handle, npudnnNormMode_t mode, npudnnNormOps_t normOps, npudnnNormAlgo_t,
    const void *alpha, const void *beta, const npudnnTensorDescriptor_t xDesc, const void *x,
    const npudnnTensorDescriptor_t normScaleBiasDesc, const void *normScale, const void *normBias,
    const npudnnTensorDescriptor_t normMeanVarDesc, const void *estimatedMean,
    const void *estimatedVariance, const npudnnTensorDescriptor_t zDesc, const void *z,
    npudnnActivationDescriptor_t activationDesc, const npudnnTensorDescriptor_t yDesc, void *y,
    double epsilon, int groupCnt) {
  const char *name = "cudnnNormalizationForwardInference";
  return dnnEntry(name, [&] {
    const npuStream_t stream = streamOf(handle);
    BatchNorm norm =
        makeNorm(name, mode, xDesc, yDesc, normScaleBiasDesc, normMeanVarDesc, epsilon, groupCnt);
    setOps(norm, normOps, activationDesc, zDesc);
    BatchNormForward call;
    call.x = x, call.y = y, call.z = z, call.scale = normScale, call.bias = normBias;
    call.alpha = scalarOf(norm.y.type, alpha, "alpha");
    call.beta = scalarOf(norm.y.type, beta, "beta");
    call.estimatedMean = estimatedMean, call.estimatedVariance = estimatedVariance;
    enqueueInference(stream, norm, call);
  });
}

npudnnStatus_t npudnnGetNormalizationForwardTrainingWorkspaceSize(
    npudnnHandle_t handle, npudnnNormMode_t, npudnnNormOps_t, npudnnNormAlgo_t,
    const npudnnTensorDescriptor_t xDesc, const npudnnTensorDescriptor_t,
    const npudnnTensorDescriptor_t, const npudnnTensorDescriptor_t,
    const npudnnActivationDescriptor_t, const npudnnTensorDescriptor_t, size_t *sizeInBytes,
    int groupCnt) {
  return dnnEntry("cudnnGetNormalizationForwardTrainingWorkspaceSize",
                  [&] { giveZero(handle, xDesc, sizeInBytes, groupCnt); });
}

npudnnStatus_t npudnnGetNormalizationBackwardWorkspaceSize(
    npudnnHandle_t handle, npudnnNormMode_t, npudnnNormOps_t, npudnnNormAlgo_t,
    const npudnnTensorDescriptor_t xDesc, const npudnnTensorDescriptor_t,
    const npudnnTensorDescriptor_t, const npudnnTensorDescriptor_t, const npudnnTensorDescriptor_t,
    const npudnnTensorDescriptor_t, const npudnnActivationDescriptor_t,
    const npudnnTensorDescriptor_t, size_t *sizeInBytes, int groupCnt) {
  return dnnEntry("cudnnGetNormalizationBackwardWorkspaceSize",
                  [&] { giveZero(handle, xDesc, sizeInBytes, groupCnt); });
}

npudnnStatus_t npudnnGetNormalizationTrainingReserveSpaceSize(
    npudnnHandle_t handle, npudnnNormMode_t, npudnnNormOps_t normOps, npudnnNormAlgo_t,
    const npudnnActivationDescriptor_t, const npudnnTensorDescriptor_t xDesc, size_t *sizeInBytes,
    int groupCnt) {
  return dnnEntry("cudnnGetNormalizationTrainingReserveSpaceSize", [&] {
    giveZero(handle, xDesc, sizeInBytes, groupCnt);
    if (normOps != NPUDNN_NORM_OPS_NORM)
      *sizeInBytes = size_t(layoutOf(xDesc, "xDesc").count());
  });
}

npudnnStatus_t npudnnNormalizationForwardTraining(
    npudnnHandle_t handle, npudnnNormMode_t mode, npudnnNormOps_t normOps, npudnnNormAlgo_t,
    const void *alpha, const void *beta, const npudnnTensorDescriptor_t xDesc, const void *xData,
    const npudnnTensorDescriptor_t normScaleBiasDesc, const void *normScale, const void *normBias,
    double exponentialAverageFactor, const npudnnTensorDescriptor_t normMeanVarDesc,
    void *resultRunningMean, void *resultRunningVariance, double epsilon, void *resultSaveMean,
    void *resultSaveInvVariance, npudnnActivationDescriptor_t activationDesc,
    const npudnnTensorDescriptor_t zDesc, const void *zData, const npudnnTensorDescriptor_t yDesc,
    void *yData, void *, size_t, void *reserveSpace, size_t reserveSpaceSizeInBytes, int groupCnt) {
  const char *name = "cudnnNormalizationForwardTraining";
  return dnnEntry(name, [&] {
    const npuStream_t stream = streamOf(handle);
    BatchNorm norm =
        makeNorm(name, mode, xDesc, yDesc, normScaleBiasDesc, normMeanVarDesc, epsilon, groupCnt);
    setOps(norm, normOps, activationDesc, zDesc);
    BatchNormForward call;
    call.x = xData, call.y = yData, call.z = zData, call.scale = normScale, call.bias = normBias;
    call.alpha = scalarOf(norm.y.type, alpha, "alpha");
    call.beta = scalarOf(norm.y.type, beta, "beta");
    call.factor = exponentialAverageFactor;
    call.runningMean = resultRunningMean, call.runningVariance = resultRunningVariance;
    call.savedMean = resultSaveMean, call.savedInverse = resultSaveInvVariance;
    call.reserve = reserveSpace;
    enqueueTraining(stream, norm, call, reserveSpaceSizeInBytes);
  });
}

npudnnStatus_t npudnnNormalizationBackward(
    npudnnHandle_t handle, npudnnNormMode_t mode, npudnnNormOps_t normOps, npudnnNormAlgo_t,
    const void *alphaDataDiff, const void *betaDataDiff, const void *alphaParamDiff,
    const void *betaParamDiff, const npudnnTensorDescriptor_t xDesc, const void *xData,
    const npudnnTensorDescriptor_t, const void *, const npudnnTensorDescriptor_t dyDesc,
    const void *dyData, const npudnnTensorDescriptor_t dzDesc, void *dzData,
    const npudnnTensorDescriptor_t dxDesc, void *dxData,
    const npudnnTensorDescriptor_t dNormScaleBiasDesc, const void *normScaleData, const void *,
    void *dNormScaleData, void *dNormBiasData, double epsilon,
    const npudnnTensorDescriptor_t normMeanVarDesc, const void *savedMean,
    const void *savedInvVariance, npudnnActivationDescriptor_t activationDesc, void *, size_t,
    void *reserveSpace, size_t reserveSpaceSizeInBytes, int groupCnt) {
  const char *name = "cudnnNormalizationBackward";
  return dnnEntry(name, [&] {
    const npuStream_t stream = streamOf(handle);
    BatchNorm norm =
        makeNorm(name, mode, xDesc, dyDesc, dNormScaleBiasDesc, normMeanVarDesc, epsilon, groupCnt);
    setOps(norm, normOps, activationDesc, dzDesc);
    norm.dy = norm.y, norm.dx = layoutOf(dxDesc, "dxDesc"), norm.dz = norm.z;
    BatchNormBackward call;
    call.x = xData, call.dy = dyData, call.dx = dxData, call.dz = dzData;
    call.scale = normScaleData, call.dScale = dNormScaleData, call.dBias = dNormBiasData;
    call.savedMean = savedMean, call.savedInverse = savedInvVariance, call.reserve = reserveSpace;
    call.alphaData = scalarOf(norm.dx.type, alphaDataDiff, "alphaDataDiff");
    call.betaData = scalarOf(norm.dx.type, betaDataDiff, "betaDataDiff");
    call.alphaParameters = scalarOf(norm.dx.type, alphaParamDiff, "alphaParamDiff");
    call.betaParameters = scalarOf(norm.dx.type, betaParamDiff, "betaParamDiff");
    enqueueBackward(stream, norm, call, reserveSpaceSizeInBytes);
  });
}
