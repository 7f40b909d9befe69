// cudnnBatchNormalization* and its Ex forms.
#include "batch_norm.h"

using namespace npu::dnn;

namespace {

BatchNorm makeNorm(const char *caller, npudnnBatchNormMode_t mode, npudnnTensorDescriptor_t x,
                   npudnnTensorDescriptor_t y, npudnnTensorDescriptor_t parameters,
                   double epsilon) {
  BatchNorm norm;
  norm.caller = caller;
  norm.spatial = mode != NPUDNN_BATCHNORM_PER_ACTIVATION;
  norm.epsilon = epsilon;
  norm.x = layoutOf(x, "xDesc");
  norm.y = layoutOf(y, "yDesc");
  norm.parameters = layoutOf(parameters, "the parameters' descriptor");
  checkBatchNorm(norm, mode);
  return norm;
}

void giveZero(npudnnHandle_t handle, npudnnTensorDescriptor_t x, size_t *result) {
  streamOf(handle);
  layoutOf(x, "xDesc");
  requirePointer(result, "the result");
  *result = 0;
}

} // namespace

npudnnStatus_t npudnnDeriveBNTensorDescriptor(npudnnTensorDescriptor_t derivedBnDesc,
                                              const npudnnTensorDescriptor_t xDesc,
                                              npudnnBatchNormMode_t mode) {
  return dnnEntry("cudnnDeriveBNTensorDescriptor", [&] {
    require(mode >= NPUDNN_BATCHNORM_PER_ACTIVATION && mode <= NPUDNN_BATCHNORM_SPATIAL_PERSISTENT,
            "there is no such mode");
    const Layout layout = batchNormParameters(layoutOf(xDesc, "xDesc"), mode);
    auto derived = get<TensorDescriptor>(derivedBnDesc, "derivedBnDesc");
    derived->layout = layout;
    derived->set = true;
  });
}

npudnnStatus_t npudnnBatchNormalizationForwardInference(
    npudnnHandle_t handle, npudnnBatchNormMode_t mode, const void *alpha, const void *beta,
    const npudnnTensorDescriptor_t xDesc, const void *x, const npudnnTensorDescriptor_t yDesc,
    void *y, const npudnnTensorDescriptor_t bnScaleBiasMeanVarDesc, const void *bnScale,
    const void *bnBias, const void *estimatedMean, const void *estimatedVariance, double epsilon) {
  const char *name = "cudnnBatchNormalizationForwardInference";
  return dnnEntry(name, [&] {
    const npuStream_t stream = streamOf(handle);
    const BatchNorm norm = makeNorm(name, mode, xDesc, yDesc, bnScaleBiasMeanVarDesc, epsilon);
    BatchNormForward call;
    call.x = x, call.y = y, call.scale = bnScale, call.bias = bnBias;
    call.alpha = scalarOf(norm.y.type, alpha, "alpha");
    call.beta = scalarOf(norm.y.type, beta, "beta");
    call.estimatedMean = estimatedMean, call.estimatedVariance = estimatedVariance;
    enqueueInference(stream, norm, call);
  });
}

npudnnStatus_t npudnnBatchNormalizationForwardTraining(
    npudnnHandle_t handle, npudnnBatchNormMode_t mode, const void *alpha, const void *beta,
    const npudnnTensorDescriptor_t xDesc, const void *x, const npudnnTensorDescriptor_t yDesc,
    void *y, const npudnnTensorDescriptor_t bnScaleBiasMeanVarDesc, const void *bnScale,
    const void *bnBias, double exponentialAverageFactor, void *resultRunningMean,
    void *resultRunningVariance, double epsilon, void *resultSaveMean,
    void *resultSaveInvVariance) {
  const char *name = "cudnnBatchNormalizationForwardTraining";
  return dnnEntry(name, [&] {
    const npuStream_t stream = streamOf(handle);
    const BatchNorm norm = makeNorm(name, mode, xDesc, yDesc, bnScaleBiasMeanVarDesc, epsilon);
    BatchNormForward call;
    call.x = x, call.y = y, call.scale = bnScale, call.bias = bnBias;
    call.alpha = scalarOf(norm.y.type, alpha, "alpha");
    call.beta = scalarOf(norm.y.type, beta, "beta");
    call.factor = exponentialAverageFactor;
    call.runningMean = resultRunningMean, call.runningVariance = resultRunningVariance;
    call.savedMean = resultSaveMean, call.savedInverse = resultSaveInvVariance;
    enqueueTraining(stream, norm, call, 0);
  });
}

npudnnStatus_t npudnnBatchNormalizationBackward(
    npudnnHandle_t handle, npudnnBatchNormMode_t mode, const void *alphaDataDiff,
    const void *betaDataDiff, const void *alphaParamDiff, const void *betaParamDiff,
    const npudnnTensorDescriptor_t xDesc, const void *x, const npudnnTensorDescriptor_t dyDesc,
    const void *dy, const npudnnTensorDescriptor_t dxDesc, void *dx,
    const npudnnTensorDescriptor_t dBnScaleBiasDesc, const void *bnScale, void *dBnScaleResult,
    void *dBnBiasResult, double epsilon, const void *savedMean, const void *savedInvVariance) {
  const char *name = "cudnnBatchNormalizationBackward";
  return dnnEntry(name, [&] {
    const npuStream_t stream = streamOf(handle);
    BatchNorm norm = makeNorm(name, mode, xDesc, dyDesc, dBnScaleBiasDesc, epsilon);
    norm.dy = norm.y, norm.dx = layoutOf(dxDesc, "dxDesc");
    BatchNormBackward call;
    call.x = x, call.dy = dy, call.dx = dx, call.scale = bnScale;
    call.dScale = dBnScaleResult, call.dBias = dBnBiasResult;
    call.savedMean = savedMean, call.savedInverse = savedInvVariance;
    call.alphaData = scalarOf(norm.dx.type, alphaDataDiff, "alphaDataDiff");
    call.betaData = scalarOf(norm.dx.type, betaDataDiff, "betaDataDiff");
    call.alphaParameters = scalarOf(norm.dx.type, alphaParamDiff, "alphaParamDiff");
    call.betaParameters = scalarOf(norm.dx.type, betaParamDiff, "betaParamDiff");
    enqueueBackward(stream, norm, call, 0);
  });
}

npudnnStatus_t npudnnGetBatchNormalizationForwardTrainingExWorkspaceSize(
    npudnnHandle_t handle, npudnnBatchNormMode_t, npudnnBatchNormOps_t,
    const npudnnTensorDescriptor_t xDesc, const npudnnTensorDescriptor_t,
    const npudnnTensorDescriptor_t, const npudnnTensorDescriptor_t,
    const npudnnActivationDescriptor_t, size_t *sizeInBytes) {
  return dnnEntry("cudnnGetBatchNormalizationForwardTrainingExWorkspaceSize",
                  [&] { giveZero(handle, xDesc, sizeInBytes); });
}

npudnnStatus_t npudnnGetBatchNormalizationBackwardExWorkspaceSize(
    npudnnHandle_t handle, npudnnBatchNormMode_t, npudnnBatchNormOps_t,
    const npudnnTensorDescriptor_t xDesc, const npudnnTensorDescriptor_t,
    const npudnnTensorDescriptor_t, const npudnnTensorDescriptor_t, const npudnnTensorDescriptor_t,
    const npudnnTensorDescriptor_t, const npudnnActivationDescriptor_t, size_t *sizeInBytes) {
  return dnnEntry("cudnnGetBatchNormalizationBackwardExWorkspaceSize",
                  [&] { giveZero(handle, xDesc, sizeInBytes); });
}

npudnnStatus_t npudnnGetBatchNormalizationTrainingExReserveSpaceSize(
    npudnnHandle_t handle, npudnnBatchNormMode_t, npudnnBatchNormOps_t bnOps,
    const npudnnActivationDescriptor_t, const npudnnTensorDescriptor_t xDesc, size_t *sizeInBytes) {
  return dnnEntry("cudnnGetBatchNormalizationTrainingExReserveSpaceSize", [&] {
    streamOf(handle);
    requirePointer(sizeInBytes, "the result");
    const Layout x = layoutOf(xDesc, "xDesc");
    *sizeInBytes = bnOps == NPUDNN_BATCHNORM_OPS_BN ? 0 : size_t(x.count());
  });
}

npudnnStatus_t npudnnBatchNormalizationForwardTrainingEx(
    npudnnHandle_t handle, npudnnBatchNormMode_t mode, npudnnBatchNormOps_t bnOps,
    const void *alpha, const void *beta, const npudnnTensorDescriptor_t xDesc, const void *xData,
    const npudnnTensorDescriptor_t zDesc, const void *zData, const npudnnTensorDescriptor_t yDesc,
    void *yData, const npudnnTensorDescriptor_t bnScaleBiasMeanVarDesc, const void *bnScale,
    const void *bnBias, double exponentialAverageFactor, void *resultRunningMean,
    void *resultRunningVariance, double epsilon, void *resultSaveMean, void *resultSaveInvVariance,
    npudnnActivationDescriptor_t activationDesc, void *, size_t, void *reserveSpace,
    size_t reserveSpaceSizeInBytes) {
  const char *name = "cudnnBatchNormalizationForwardTrainingEx";
  return dnnEntry(name, [&] {
    const npuStream_t stream = streamOf(handle);
    BatchNorm norm = makeNorm(name, mode, xDesc, yDesc, bnScaleBiasMeanVarDesc, epsilon);
    setOps(norm, bnOps, activationDesc, zDesc);
    BatchNormForward call;
    call.x = xData, call.y = yData, call.z = zData, call.scale = bnScale, call.bias = bnBias;
    call.alpha = scalarOf(norm.y.type, alpha, "alpha");
    call.beta = scalarOf(norm.y.type, beta, "beta");
    call.factor = exponentialAverageFactor;
    call.runningMean = resultRunningMean, call.runningVariance = resultRunningVariance;
    call.savedMean = resultSaveMean, call.savedInverse = resultSaveInvVariance;
    call.reserve = reserveSpace;
    enqueueTraining(stream, norm, call, reserveSpaceSizeInBytes);
  });
}

npudnnStatus_t npudnnBatchNormalizationBackwardEx(
    npudnnHandle_t handle, npudnnBatchNormMode_t mode, npudnnBatchNormOps_t bnOps,
    const void *alphaDataDiff, const void *betaDataDiff, const void *alphaParamDiff,
    const void *betaParamDiff, const npudnnTensorDescriptor_t xDesc, const void *xData,
    const npudnnTensorDescriptor_t, const void *, const npudnnTensorDescriptor_t dyDesc,
    const void *dyData, const npudnnTensorDescriptor_t dzDesc, void *dzData,
    const npudnnTensorDescriptor_t dxDesc, void *dxData,
    const npudnnTensorDescriptor_t dBnScaleBiasDesc, const void *bnScaleData, const void *,
    void *dBnScaleData, void *dBnBiasData, double epsilon, const void *savedMean,
    const void *savedInvVariance, npudnnActivationDescriptor_t activationDesc, void *, size_t,
    void *reserveSpace, size_t reserveSpaceSizeInBytes) {
  const char *name = "cudnnBatchNormalizationBackwardEx";
  return dnnEntry(name, [&] {
    const npuStream_t stream = streamOf(handle);
    BatchNorm norm = makeNorm(name, mode, xDesc, dyDesc, dBnScaleBiasDesc, epsilon);
    setOps(norm, bnOps, activationDesc, dzDesc);
    norm.dy = norm.y, norm.dx = layoutOf(dxDesc, "dxDesc"), norm.dz = norm.z;
    BatchNormBackward call;
    call.x = xData, call.dy = dyData, call.dx = dxData, call.dz = dzData, call.scale = bnScaleData;
    call.dScale = dBnScaleData, call.dBias = dBnBiasData;
    call.savedMean = savedMean, call.savedInverse = savedInvVariance, call.reserve = reserveSpace;
    call.alphaData = scalarOf(norm.dx.type, alphaDataDiff, "alphaDataDiff");
    call.betaData = scalarOf(norm.dx.type, betaDataDiff, "betaDataDiff");
    call.alphaParameters = scalarOf(norm.dx.type, alphaParamDiff, "alphaParamDiff");
    call.betaParameters = scalarOf(norm.dx.type, betaParamDiff, "betaParamDiff");
    enqueueBackward(stream, norm, call, reserveSpaceSizeInBytes);
  });
}
