// Normalizations of graphs: layer, instance, batch and RMS norm with their gradients differ in the
// dimensions that share a mean, and are one tensor op.
#include "graph.h"

namespace npu::dnn {
namespace {

// A number of the ops' that stands where a tensor was left out.
struct Constant {
  explicit Constant(float value) : memory(sizeof(float)) {
    *static_cast<float *>(memory.data()) = value;
  }
  Tensor repeated(const std::vector<int64_t> &dims) const {
    return {memory.data(), Format::F32, dims, std::vector<int64_t>(dims.size(), 0)};
  }
  core::Scratch memory;
};

struct Norm {
  npudnnBackendNormMode_t mode;
  GraphTensor x;
  bool hasScale = false, hasBias = false;
  GraphTensor scale, bias;
  std::vector<int64_t> axes;    // that share a mean
  std::vector<int64_t> reduced; // x's sizes with 1 along the axes

  bool isRms() const { return mode == NPUDNN_RMS_NORM; }
};

std::vector<int64_t> axesOf(const Norm &norm) {
  std::vector<int64_t> axes;
  for (size_t i = 0; i < norm.x.layout.dims.size(); ++i) {
    const bool shares = norm.mode == NPUDNN_BATCH_NORM      ? i != 1
                        : norm.mode == NPUDNN_INSTANCE_NORM ? i >= 2
                                                            : norm.scale.layout.dims[i] != 1;
    if (shares)
      axes.push_back(int64_t(i));
  }
  return axes;
}

Norm makeNorm(const GraphDescriptor &operation, npudnnBackendAttributeName_t mode,
              npudnnBackendAttributeName_t x, npudnnBackendAttributeName_t scale) {
  Norm norm;
  norm.mode = operation.enumerator(mode, NPUDNN_LAYER_NORM);
  if (norm.mode == NPUDNN_GROUP_NORM)
    unsupported("group norm is not there, as in cuDNN: reshape and use an instance norm");
  require(norm.mode >= NPUDNN_LAYER_NORM && norm.mode <= NPUDNN_RMS_NORM,
          "there is no such normalization");
  norm.x = tensorAttribute(operation, x);
  norm.hasScale = operation.has(scale);
  if (norm.hasScale) {
    norm.scale = tensorAttribute(operation, scale);
    require(norm.scale.layout.dims.size() == norm.x.layout.dims.size(),
            "the scale has not as many dimensions as x");
    broadcast(norm.scale.layout, norm.x.layout.dims);
  }
  require(norm.hasScale || norm.mode == NPUDNN_BATCH_NORM || norm.mode == NPUDNN_INSTANCE_NORM,
          "the scale says what is normalized and is not there");
  norm.axes = axesOf(norm);
  norm.reduced = norm.x.layout.dims;
  for (int64_t axis : norm.axes)
    norm.reduced[size_t(axis)] = 1;
  require(!norm.axes.empty(), "no dimension is normalized");
  return norm;
}

// An optional tensor of the operation, of the sizes `dims`.
struct Part {
  bool there = false;
  GraphTensor tensor;
  Tensor operand(const GraphMemory &memory) const { return operandOf(tensor, memory.at(tensor)); }
};
Part part(const GraphDescriptor &operation, npudnnBackendAttributeName_t name,
          const std::vector<int64_t> *dims = nullptr) {
  Part found;
  found.there = operation.has(name);
  if (!found.there)
    return found;
  found.tensor = tensorAttribute(operation, name);
  require(!dims || found.tensor.layout.dims == *dims,
          "a tensor of the normalization has wrong sizes");
  operandOf(found.tensor, nullptr);
  return found;
}

double scalar(const Part &part, const GraphMemory &memory, double otherwise) {
  if (!part.there)
    return otherwise;
  double value = 0;
  Layout one = packedLayout(part.tensor.layout.type, {1});
  gather(one, memory.at(part.tensor), &value);
  return value;
}

Tensor repeated(const GraphTensor &tensor, const GraphMemory &memory,
                const std::vector<int64_t> &dims) {
  GraphTensor larger = tensor;
  larger.layout = broadcast(tensor.layout, dims);
  return operandOf(larger, memory.at(tensor));
}

// A packed result that nobody asked for.
Tensor unasked(const core::Scratch &memory, npudnnDataType_t type,
               const std::vector<int64_t> &dims) {
  return {memory.data(), type == NPUDNN_DATA_DOUBLE ? Format::F64 : Format::F32, dims,
          packedStrides(dims)};
}
size_t unaskedBytes(const std::vector<int64_t> &dims) {
  return size_t(packedLayout(NPUDNN_DATA_DOUBLE, dims).count()) * 8;
}

std::vector<double> numbersOf(const Part &part, const GraphMemory &memory) {
  std::vector<double> values(size_t(part.tensor.layout.count()));
  gather(part.tensor.layout, memory.at(part.tensor), values.data());
  return values;
}

} // namespace

GraphRun prepareNormForward(const GraphDescriptor &operation) {
  Norm norm =
      makeNorm(operation, NPUDNN_ATTR_OPERATION_NORM_FWD_MODE, NPUDNN_ATTR_OPERATION_NORM_FWD_XDESC,
               NPUDNN_ATTR_OPERATION_NORM_FWD_SCALE_DESC);
  if (operation.has(NPUDNN_ATTR_OPERATION_NORM_FWD_PEER_STAT_DESCS))
    unsupported("there are no statistics of other devices");
  const std::vector<int64_t> dims = norm.x.layout.dims;
  const Part bias = part(operation, NPUDNN_ATTR_OPERATION_NORM_FWD_BIAS_DESC);
  const Part y = part(operation, NPUDNN_ATTR_OPERATION_NORM_FWD_YDESC, &dims);
  const Part mean = part(operation, NPUDNN_ATTR_OPERATION_NORM_FWD_MEAN_DESC, &norm.reduced);
  const Part inverse =
      part(operation, NPUDNN_ATTR_OPERATION_NORM_FWD_INV_VARIANCE_DESC, &norm.reduced);
  const Part epsilon = part(operation, NPUDNN_ATTR_OPERATION_NORM_FWD_EPSILON_DESC);
  const Part factor = part(operation, NPUDNN_ATTR_OPERATION_NORM_FWD_EXP_AVG_FACTOR_DESC);
  const Part oldMean =
      part(operation, NPUDNN_ATTR_OPERATION_NORM_FWD_INPUT_RUNNING_MEAN_DESC, &norm.reduced);
  const Part oldVariance =
      part(operation, NPUDNN_ATTR_OPERATION_NORM_FWD_INPUT_RUNNING_VAR_DESC, &norm.reduced);
  const Part newMean =
      part(operation, NPUDNN_ATTR_OPERATION_NORM_FWD_OUTPUT_RUNNING_MEAN_DESC, &norm.reduced);
  const Part newVariance =
      part(operation, NPUDNN_ATTR_OPERATION_NORM_FWD_OUTPUT_RUNNING_VAR_DESC, &norm.reduced);
  const bool trains = operation.enumerator(NPUDNN_ATTR_OPERATION_NORM_FWD_PHASE,
                                           NPUDNN_NORM_FWD_TRAINING) == NPUDNN_NORM_FWD_TRAINING;
  // Batch and instance norm infer with given statistics; the others compute them either way.
  const bool given = !trains && mean.there && inverse.there;
  require(trains || given || norm.mode == NPUDNN_LAYER_NORM || norm.isRms(),
          "inference needs the mean and the inverse deviation");
  require(given || epsilon.there, "epsilon is not there");
  require(newMean.there == newVariance.there && oldMean.there == newMean.there &&
              oldVariance.there == newMean.there && factor.there == newMean.there,
          "the running statistics are not all there");
  operandOf(norm.x, nullptr);
  return [=](const GraphMemory &memory) {
    const Constant one(1), zero(0);
    TensorOp op;
    op.axes = norm.axes, op.rootMeanSquare = norm.isRms();
    op.math.compute = computeFormat(norm.x.layout.type);
    op.epsilon = scalar(epsilon, memory, 0), op.beta = 0;
    const Tensor result = y.operand(memory);
    op.src = {operandOf(norm.x, memory.at(norm.x)),
              norm.hasScale ? repeated(norm.scale, memory, dims) : one.repeated(dims),
              bias.there ? repeated(bias.tensor, memory, dims) : zero.repeated(dims)};
    const core::Scratch spare(unaskedBytes(norm.reduced)), other(unaskedBytes(norm.reduced));
    if (given) {
      // The op wants the variance.
      const std::vector<double> inverses = numbersOf(inverse, memory);
      auto *variance = static_cast<double *>(spare.data());
      for (size_t i = 0; i < inverses.size(); ++i)
        variance[i] = 1 / (inverses[i] * inverses[i]);
      GraphTensor stored;
      stored.layout = broadcast(packedLayout(NPUDNN_DATA_DOUBLE, norm.reduced), dims);
      op.kind = TensorOp::Kind::normalization_inference;
      op.epsilon = 0;
      op.src.push_back(repeated(mean.tensor, memory, dims));
      op.src.push_back(operandOf(stored, spare.data()));
      op.src.push_back(result);
      op.dst = {result};
      return performGraphOp(std::move(op));
    }
    op.kind = TensorOp::Kind::normalization;
    op.src.push_back(result);
    const npudnnDataType_t type = norm.x.layout.type;
    op.dst = {result, mean.there ? mean.operand(memory) : unasked(spare, type, norm.reduced),
              inverse.there ? inverse.operand(memory) : unasked(other, type, norm.reduced)};
    const double floor = op.epsilon;
    const Tensor meanTensor = op.dst[1], inverseTensor = op.dst[2];
    performGraphOp(std::move(op));
    if (!newMean.there)
      return;
    auto values = [&](const Part &there, const Tensor &tensor) {
      std::vector<double> found(size_t(packedLayout(type, norm.reduced).count()));
      Layout layout = there.there ? there.tensor.layout
                                  : packedLayout(tensor.format == Format::F64 ? NPUDNN_DATA_DOUBLE
                                                                              : NPUDNN_DATA_FLOAT,
                                                 norm.reduced);
      gather(layout, tensor.data, found.data());
      return found;
    };
    const auto means = values(mean, meanTensor), inverses = values(inverse, inverseTensor);
    auto runningMean = numbersOf(oldMean, memory), runningVariance = numbersOf(oldVariance, memory);
    const double count = double(norm.x.layout.count()) / double(means.size());
    const double keeps = 1 - scalar(factor, memory, 0);
    for (size_t i = 0; i < means.size(); ++i) {
      const double variance = 1 / (inverses[i] * inverses[i]) - floor;
      const double unbiased = count > 1 ? variance * count / (count - 1) : variance;
      runningMean[i] = keeps * runningMean[i] + (1 - keeps) * means[i];
      runningVariance[i] = keeps * runningVariance[i] + (1 - keeps) * unbiased;
    }
    scatter(newMean.tensor.layout, memory.at(newMean.tensor), runningMean.data(), 1, 0);
    scatter(newVariance.tensor.layout, memory.at(newVariance.tensor), runningVariance.data(), 1, 0);
  };
}

GraphRun prepareNormBackward(const GraphDescriptor &operation) {
  const Norm norm =
      makeNorm(operation, NPUDNN_ATTR_OPERATION_NORM_BWD_MODE, NPUDNN_ATTR_OPERATION_NORM_BWD_XDESC,
               NPUDNN_ATTR_OPERATION_NORM_BWD_SCALE_DESC);
  if (operation.has(NPUDNN_ATTR_OPERATION_NORM_BWD_PEER_STAT_DESCS))
    unsupported("there are no statistics of other devices");
  const std::vector<int64_t> dims = norm.x.layout.dims;
  const std::vector<int64_t> parameters =
      norm.hasScale ? norm.scale.layout.dims : std::vector<int64_t>(dims.size(), 1);
  const Part dy = part(operation, NPUDNN_ATTR_OPERATION_NORM_BWD_DYDESC, &dims);
  const Part dx = part(operation, NPUDNN_ATTR_OPERATION_NORM_BWD_DXDESC, &dims);
  const Part mean = part(operation, NPUDNN_ATTR_OPERATION_NORM_BWD_MEAN_DESC, &norm.reduced);
  const Part inverse =
      part(operation, NPUDNN_ATTR_OPERATION_NORM_BWD_INV_VARIANCE_DESC, &norm.reduced);
  const Part dScale = part(operation, NPUDNN_ATTR_OPERATION_NORM_BWD_DSCALE_DESC, &parameters);
  const Part dBias = part(operation, NPUDNN_ATTR_OPERATION_NORM_BWD_DBIAS_DESC, &parameters);
  if (!inverse.there || (!mean.there && !norm.isRms()))
    unsupported("a gradient needs the forward operation's mean and inverse deviation");
  operandOf(norm.x, nullptr);
  return [=](const GraphMemory &memory) {
    const Constant one(1), zero(0);
    TensorOp op;
    op.kind = TensorOp::Kind::normalization_gradient;
    op.axes = norm.axes, op.rootMeanSquare = norm.isRms();
    op.math.compute = computeFormat(norm.x.layout.type);
    op.beta = 0;
    const Tensor result = dx.operand(memory);
    op.src = {dy.operand(memory),
              operandOf(norm.x, memory.at(norm.x)),
              norm.hasScale ? repeated(norm.scale, memory, dims) : one.repeated(dims),
              mean.there ? repeated(mean.tensor, memory, dims) : zero.repeated(dims),
              repeated(inverse.tensor, memory, dims),
              result};
    const core::Scratch spare(unaskedBytes(parameters)), other(unaskedBytes(parameters));
    const npudnnDataType_t type = norm.x.layout.type;
    op.dst = {result, dScale.there ? dScale.operand(memory) : unasked(spare, type, parameters),
              dBias.there ? dBias.operand(memory) : unasked(other, type, parameters)};
    performGraphOp(std::move(op));
  };
}

} // namespace npu::dnn
