// See batch_norm.h. Statistics are of doubles.
#include "batch_norm.h"
#include "layer_op.h"

#include <cmath>

namespace npu::dnn {
namespace {

// How elements belong to parameters: element ((n * channels) + c) * plane + s.
struct Sets {
  int64_t images, channels, plane;
  bool spatial;
  int64_t parameters() const { return spatial ? channels : channels * plane; }
  int64_t count() const { return images * channels * plane; }
  double perParameter() const { return double(spatial ? images * plane : images); }
  // Calls visit(element, parameter) for all.
  template <class Visit> void forEach(Visit visit) const {
    int64_t element = 0;
    for (int64_t n = 0; n < images; ++n)
      for (int64_t c = 0; c < channels; ++c)
        for (int64_t s = 0; s < plane; ++s, ++element)
          visit(element, spatial ? c : c * plane + s);
  }
};

Sets setsOf(const BatchNorm &norm) {
  const int64_t images = norm.x.dims[0], channels = norm.x.dims[1];
  return {images, channels, norm.x.count() / images / channels, norm.spatial};
}

std::vector<double> load(const BatchNorm &norm, const void *data) {
  std::vector<double> values(size_t(norm.parameters.count()));
  gather(norm.parameters, data, values.data());
  return values;
}

void store(const BatchNorm &norm, void *data, const std::vector<double> &values, double alpha = 1,
           double beta = 0) {
  if (data)
    scatter(norm.parameters, data, values.data(), alpha, beta);
}

template <class Real> struct Statistics {
  std::vector<double> mean, variance; // biased
  Statistics(const Sets &sets, const Values<Real> &x)
      : mean(size_t(sets.parameters()), 0.0), variance(mean) {
    sets.forEach([&](int64_t i, int64_t p) { mean[size_t(p)] += double(x[i]); });
    for (double &value : mean)
      value /= sets.perParameter();
    sets.forEach([&](int64_t i, int64_t p) {
      const double difference = double(x[i]) - mean[size_t(p)];
      variance[size_t(p)] += difference * difference;
    });
    for (double &value : variance)
      value /= sets.perParameter();
  }
};

std::vector<double> inverseRoots(const std::vector<double> &variance, double epsilon) {
  std::vector<double> result(variance);
  for (double &value : result)
    value = 1 / std::sqrt(value + epsilon);
  return result;
}

// y = alpha f(scale * (x - mean) * inverse + bias + z) + beta y.
template <class Real>
void normalize(const BatchNorm &norm, const BatchNormForward &call, const Sets &sets,
               const Values<Real> &x, const std::vector<double> &mean,
               const std::vector<double> &inverse) {
  const std::vector<double> scale = load(norm, call.scale), bias = load(norm, call.bias);
  std::vector<Real> y(size_t(sets.count())), z;
  if (norm.adds) {
    z.resize(y.size());
    gather(norm.z, call.z, z.data());
  }
  auto *mask = static_cast<uint8_t *>(call.reserve);
  Activator relu;
  relu.mode = NPUDNN_ACTIVATION_RELU, relu.nan = norm.nan;
  sets.forEach([&](int64_t i, int64_t parameter) {
    const size_t p = size_t(parameter);
    double value = scale[p] * ((double(x[i]) - mean[p]) * inverse[p]) + bias[p];
    if (norm.adds)
      value += double(z[size_t(i)]);
    if (norm.activates) {
      if (mask)
        mask[i] = value > 0;
      value = activate(relu, value);
    }
    y[size_t(i)] = Real(value);
  });
  scatter(norm.y, call.y, y.data(), call.alpha, call.beta);
}

// kept = (1 - factor) kept + factor values; a factor of 1 reads nothing.
void average(const BatchNorm &norm, void *kept, std::vector<double> values, double factor) {
  if (kept)
    store(norm, kept, values, factor, 1 - factor);
}

template <class Real> void train(const BatchNorm &norm, const BatchNormForward &call) {
  const Sets sets = setsOf(norm);
  const Values<Real> x(norm.x, call.x);
  const Statistics<Real> statistics(sets, x);
  const std::vector<double> inverse = inverseRoots(statistics.variance, norm.epsilon);
  std::vector<double> unbiased = statistics.variance;
  const double count = sets.perParameter();
  if (count > 1)
    for (double &value : unbiased)
      value *= count / (count - 1);
  average(norm, call.runningMean, statistics.mean, call.factor);
  average(norm, call.runningVariance, unbiased, call.factor);
  store(norm, call.savedMean, statistics.mean);
  store(norm, call.savedInverse, inverse);
  normalize(norm, call, sets, x, statistics.mean, inverse);
}

template <class Real> void backward(const BatchNorm &norm, const BatchNormBackward &call) {
  const Sets sets = setsOf(norm);
  const Values<Real> x(norm.x, call.x);
  std::vector<Real> dy(size_t(sets.count()));
  gather(norm.dy, call.dy, dy.data());
  if (norm.activates) {
    const auto *mask = static_cast<const uint8_t *>(call.reserve);
    for (size_t i = 0; i < dy.size(); ++i)
      if (!mask[i])
        dy[i] = 0;
  }
  if (norm.adds)
    scatter(norm.dz, call.dz, dy.data(), call.alphaData, call.betaData);
  std::vector<double> mean, inverse;
  if (call.savedMean) {
    mean = load(norm, call.savedMean), inverse = load(norm, call.savedInverse);
  } else {
    const Statistics<Real> statistics(sets, x);
    mean = statistics.mean, inverse = inverseRoots(statistics.variance, norm.epsilon);
  }
  const std::vector<double> scale = load(norm, call.scale);
  std::vector<double> dScale(scale.size(), 0.0), dBias(scale.size(), 0.0);
  sets.forEach([&](int64_t i, int64_t parameter) {
    const size_t p = size_t(parameter);
    dBias[p] += double(dy[size_t(i)]);
    dScale[p] += double(dy[size_t(i)]) * (double(x[i]) - mean[p]) * inverse[p];
  });
  const double count = sets.perParameter();
  std::vector<Real> dx(dy.size());
  sets.forEach([&](int64_t i, int64_t parameter) {
    const size_t p = size_t(parameter);
    const double normal = (double(x[i]) - mean[p]) * inverse[p];
    dx[size_t(i)] = Real(scale[p] * inverse[p] *
                         (double(dy[size_t(i)]) - dBias[p] / count - normal * dScale[p] / count));
  });
  scatter(norm.dx, call.dx, dx.data(), call.alphaData, call.betaData);
  store(norm, call.dScale, dScale, call.alphaParameters, call.betaParameters);
  store(norm, call.dBias, dBias, call.alphaParameters, call.betaParameters);
}

void checkForward(const BatchNorm &norm, const BatchNormForward &call) {
  requireMemory(norm.x, call.x, "x");
  requireMemory(norm.y, call.y, "y");
  requireMemory(norm.parameters, call.scale, "the scale");
  requireMemory(norm.parameters, call.bias, "the bias");
  if (norm.adds)
    requireMemory(norm.z, call.z, "z");
}

// As one op of a device, which adds nothing to the normalization.
bool enqueueInferenceOp(npuStream_t stream, const BatchNorm &norm, const BatchNormForward &call) {
  if (norm.adds || norm.activates)
    return false;
  TensorOp op;
  op.kind = TensorOp::Kind::normalization_inference;
  op.epsilon = norm.epsilon;
  Layout parameters = norm.parameters; // seen with all of x's sizes
  for (size_t i = 0; i < parameters.dims.size(); ++i)
    if (parameters.dims[i] != norm.x.dims[i])
      parameters.dims[i] = norm.x.dims[i], parameters.strides[i] = 0;
  return enqueueLayer(stream, norm.caller, op,
                      {{norm.x, call.x},
                       {parameters, call.scale},
                       {parameters, call.bias},
                       {parameters, call.estimatedMean},
                       {parameters, call.estimatedVariance}},
                      {norm.y, call.y}, call.alpha, call.beta);
}

size_t reserveNeeded(const BatchNorm &norm) { return norm.activates ? size_t(norm.x.count()) : 0; }

} // namespace

Layout batchNormParameters(const Layout &x, npudnnBatchNormMode_t mode) {
  require(x.dims.size() >= 2, "the tensor has no channels");
  std::vector<int64_t> dims = x.dims;
  dims[0] = 1;
  if (mode != NPUDNN_BATCHNORM_PER_ACTIVATION)
    std::fill(dims.begin() + 2, dims.end(), 1);
  return packedLayout(x.type == NPUDNN_DATA_DOUBLE ? NPUDNN_DATA_DOUBLE : NPUDNN_DATA_FLOAT, dims);
}

npudnnBatchNormMode_t batchNormMode(npudnnNormMode_t mode) {
  require(mode == NPUDNN_NORM_PER_ACTIVATION || mode == NPUDNN_NORM_PER_CHANNEL,
          "there is no such mode");
  return mode == NPUDNN_NORM_PER_CHANNEL ? NPUDNN_BATCHNORM_SPATIAL
                                         : NPUDNN_BATCHNORM_PER_ACTIVATION;
}

void checkBatchNorm(const BatchNorm &norm, npudnnBatchNormMode_t mode) {
  require(mode >= NPUDNN_BATCHNORM_PER_ACTIVATION && mode <= NPUDNN_BATCHNORM_SPATIAL_PERSISTENT,
          "there is no such mode");
  require(norm.x.dims == norm.y.dims, "x and y have different sizes");
  require(norm.x.type == norm.y.type, "x and y have different data types");
  const Layout wanted = batchNormParameters(norm.x, mode);
  require(norm.parameters.dims == wanted.dims,
          "the parameters have not the sizes that cudnnDeriveBNTensorDescriptor gives");
  require(norm.parameters.type == wanted.type,
          "the parameters are double for tensors of double and float for all others");
  require(norm.epsilon >= NPUDNN_BN_MIN_EPSILON, "epsilon is negative");
}

void setOps(BatchNorm &norm, int ops, npudnnActivationDescriptor_t activation,
            npudnnTensorDescriptor_t z) {
  require(ops >= 0 && ops <= 2, "there is no such operation after the normalization");
  if (ops == 0)
    return;
  const Activator activator = getSet<ActivationDescriptor>(activation, "activationDesc")->activator;
  if (activator.mode == NPUDNN_ACTIVATION_RELU) {
    norm.activates = true;
    norm.nan = activator.nan;
  } else if (activator.mode != NPUDNN_ACTIVATION_IDENTITY) {
    unsupported("the activation after a normalization is relu or identity");
  }
  if (ops == 2) {
    norm.adds = true;
    norm.z = layoutOf(z, "zDesc");
    require(norm.z.dims == norm.x.dims, "z has not the sizes of x");
  }
}

void enqueueInference(npuStream_t stream, const BatchNorm &norm, const BatchNormForward &call) {
  checkForward(norm, call);
  requireMemory(norm.parameters, call.estimatedMean, "the mean");
  requireMemory(norm.parameters, call.estimatedVariance, "the variance");
  if (enqueueInferenceOp(stream, norm, call))
    return;
  enqueueHost(stream, norm.caller, [=] {
    withReal(norm.x.type, [&](auto real) {
      const Values<decltype(real)> x(norm.x, call.x);
      normalize(norm, call, setsOf(norm), x, load(norm, call.estimatedMean),
                inverseRoots(load(norm, call.estimatedVariance), norm.epsilon));
    });
  });
}

void enqueueTraining(npuStream_t stream, const BatchNorm &norm, const BatchNormForward &call,
                     size_t reserveBytes) {
  checkForward(norm, call);
  require(!call.runningMean == !call.runningVariance,
          "the running mean and variance are both there or both null");
  require(!call.savedMean == !call.savedInverse,
          "the saved mean and inverse are both there or both null");
  for (const void *data :
       {call.runningMean, call.runningVariance, call.savedMean, call.savedInverse})
    if (data)
      requireMemory(norm.parameters, data, "a result");
  if (norm.activates) {
    require(reserveBytes >= reserveNeeded(norm), "the reserve space is too small");
    requireBytes(call.reserve, reserveNeeded(norm), "the reserve space");
  }
  enqueueHost(stream, norm.caller, [=] {
    withReal(norm.x.type, [&](auto real) { train<decltype(real)>(norm, call); });
  });
}

void enqueueBackward(npuStream_t stream, const BatchNorm &norm, const BatchNormBackward &call,
                     size_t reserveBytes) {
  require(norm.dy.dims == norm.x.dims && norm.dx.dims == norm.x.dims,
          "a gradient has not the sizes of x");
  requireMemory(norm.x, call.x, "x");
  requireMemory(norm.dy, call.dy, "dy");
  requireMemory(norm.dx, call.dx, "dx");
  requireMemory(norm.parameters, call.scale, "the scale");
  requireMemory(norm.parameters, call.dScale, "the scale's gradient");
  requireMemory(norm.parameters, call.dBias, "the bias's gradient");
  require(!call.savedMean == !call.savedInverse,
          "the saved mean and inverse are both there or both null");
  if (call.savedMean) {
    requireMemory(norm.parameters, call.savedMean, "the saved mean");
    requireMemory(norm.parameters, call.savedInverse, "the saved inverse");
  }
  if (norm.activates) {
    require(reserveBytes >= reserveNeeded(norm), "the reserve space is too small");
    requireBytes(call.reserve, reserveNeeded(norm), "the reserve space");
  }
  if (norm.adds)
    requireMemory(norm.dz, call.dz, "dz");
  enqueueHost(stream, norm.caller, [=] {
    withReal(norm.x.type, [&](auto real) { backward<decltype(real)>(norm, call); });
  });
}

} // namespace npu::dnn
