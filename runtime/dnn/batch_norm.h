// Batch normalization of all forms: cudnnBatchNormalization*, its Ex forms and cudnnNormalization*.
#pragma once

#include "activation.h"

namespace npu::dnn {

// One call's tensors. Parameters (scale, bias, means, variances) have one number for each channel
// (spatial) or for each channel and position; a null address is not there.
struct BatchNorm {
  const char *caller = "";
  bool spatial = false;
  double epsilon = 0;
  Layout x, y, z, dy, dx, dz, parameters;
  bool activates = false; // relu after the normalization
  bool adds = false;      // z before the relu
  npudnnNanPropagation_t nan = NPUDNN_NOT_PROPAGATE_NAN;
};

struct BatchNormForward {
  const void *x = nullptr, *z = nullptr, *scale = nullptr, *bias = nullptr;
  void *y = nullptr;
  double alpha = 1, beta = 0;
  // Inference.
  const void *estimatedMean = nullptr, *estimatedVariance = nullptr;
  // Training.
  double factor = 0;
  void *runningMean = nullptr, *runningVariance = nullptr, *savedMean = nullptr,
       *savedInverse = nullptr;
  void *reserve = nullptr; // one byte per element: what the relu let through
};

struct BatchNormBackward {
  const void *x = nullptr, *dy = nullptr, *scale = nullptr, *savedMean = nullptr,
             *savedInverse = nullptr, *reserve = nullptr;
  void *dx = nullptr, *dz = nullptr, *dScale = nullptr, *dBias = nullptr;
  double alphaData = 1, betaData = 0, alphaParameters = 1, betaParameters = 0;
};

// x, y and parameters must be set; checks that they fit the mode.
void checkBatchNorm(const BatchNorm &norm, npudnnBatchNormMode_t mode);
// Fills the parameters' layout for x.
Layout batchNormParameters(const Layout &x, npudnnBatchNormMode_t mode);
npudnnBatchNormMode_t batchNormMode(npudnnNormMode_t mode);
// `ops`: 0 none, 1 relu, 2 add and relu; the enumerators of both families.
void setOps(BatchNorm &norm, int ops, npudnnActivationDescriptor_t activation,
            npudnnTensorDescriptor_t z);

void enqueueInference(npuStream_t stream, const BatchNorm &norm, const BatchNormForward &call);
void enqueueTraining(npuStream_t stream, const BatchNorm &norm, const BatchNormForward &call,
                     size_t reserveBytes);
void enqueueBackward(npuStream_t stream, const BatchNorm &norm, const BatchNormBackward &call,
                     size_t reserveBytes);

} // namespace npu::dnn
