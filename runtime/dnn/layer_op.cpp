// See layer_op.h.
#include "layer_op.h"

namespace npu::dnn {
namespace {

bool offer(npuStream_t stream, const char *caller, TensorOp op) {
  op.caller = caller;
  if (!core::acceleratorTakes(op))
    return false;
  check(core::enqueue(stream, std::move(op)));
  return true;
}

// A convolution proper is a correlation with the filter's spatial dimensions run backwards.
void flip(const Convolution &convolution, Tensor &filter) {
  if (!convolution.flipped)
    return;
  int64_t last = 0;
  for (size_t i = 2; i < filter.sizes.size(); ++i) {
    last += (filter.sizes[i] - 1) * filter.strides[i];
    filter.strides[i] = -filter.strides[i];
  }
  filter.data = static_cast<char *>(filter.data) + last * int64_t(elementBytes(convolution.w.type));
}

// With the result as C, too: alpha * op + beta * what it held.
bool offer(npuStream_t stream, const char *caller, TensorOp op, const Tensor &result, double alpha,
           double beta) {
  op.alpha = alpha, op.beta = beta;
  op.src.push_back(result);
  op.dst = {result};
  return offer(stream, caller, std::move(op));
}

struct Operands {
  Tensor x, w, y;
};

// The op without operands, and its three tensors; false when a format is none of the ops'.
bool describe(const Convolution &convolution, const void *x, const void *w, const void *y,
              TensorOp &op, Operands &tensors) {
  if (!tensorOf(convolution.x, x, tensors.x) || !tensorOf(convolution.w, w, tensors.w) ||
      !tensorOf(convolution.y, y, tensors.y))
    return false;
  flip(convolution, tensors.w);
  op.math = convolution.math;
  op.groups = convolution.groups;
  const Window &window = convolution.window;
  for (size_t i = 5 - convolution.x.dims.size(); i < 3; ++i)
    op.window.push_back({window.kernel[i], window.stride[i], window.dilation[i], window.pad[i]});
  return true;
}

} // namespace

bool setActivation(const Activator &activator, TensorOp &op) {
  const bool drops = activator.nan == NPUDNN_NOT_PROPAGATE_NAN;
  switch (activator.mode) {
  case NPUDNN_ACTIVATION_SIGMOID:
    op.activation = Activation::Sigmoid;
    return true;
  case NPUDNN_ACTIVATION_RELU:
    op.activation = drops ? Activation::ReluOfNumbers : Activation::Relu;
    return true;
  case NPUDNN_ACTIVATION_TANH:
    op.activation = Activation::Tanh;
    return true;
  case NPUDNN_ACTIVATION_ELU:
    op.activation = Activation::Elu;
    op.activationParameters[0] = activator.coefficient;
    return true;
  case NPUDNN_ACTIVATION_SWISH:
    op.activation = Activation::Silu;
    op.activationParameters[0] = activator.swishBeta;
    return true;
  case NPUDNN_ACTIVATION_IDENTITY:
    op.activation = Activation::None;
    return true;
  default: // the clipped relu's derivative at its ceiling is the API's own
    return false;
  }
}

bool enqueueConvolution(npuStream_t stream, const Convolution &convolution, const void *x,
                        const void *w, void *y, double alpha, double beta,
                        const Epilogue *epilogue) {
  TensorOp op;
  op.kind = TensorOp::Kind::convolution;
  Operands tensors;
  if (!describe(convolution, x, w, y, op, tensors))
    return false;
  op.alpha = alpha, op.beta = beta;
  op.src = {tensors.x, tensors.w, tensors.y};
  op.dst = {tensors.y};
  if (epilogue) {
    Tensor bias;
    if (!setActivation(epilogue->activator, op) ||
        !tensorOf(epilogue->bias, epilogue->biasData, bias))
      return false;
    if (epilogue->alpha2 != 0 && !tensorOf(epilogue->z, epilogue->zData, op.src[2]))
      return false;
    op.beta = epilogue->alpha2;
    op.biasAxis = 1;
    op.src.push_back({bias.data, bias.format, {bias.sizes[1]}, {bias.strides[1]}});
  }
  return offer(stream, convolution.caller, std::move(op));
}

bool enqueueDataGradient(npuStream_t stream, const Convolution &convolution, const void *w,
                         const void *dy, void *dx, double alpha, double beta) {
  TensorOp op;
  op.kind = TensorOp::Kind::convolution_data_gradient;
  Operands tensors;
  if (!describe(convolution, dx, w, dy, op, tensors))
    return false;
  op.src = {tensors.y, tensors.w};
  return offer(stream, convolution.caller, std::move(op), tensors.x, alpha, beta);
}

bool enqueueFilterGradient(npuStream_t stream, const Convolution &convolution, const void *x,
                           const void *dy, void *dw, double alpha, double beta) {
  TensorOp op;
  op.kind = TensorOp::Kind::convolution_filter_gradient;
  Operands tensors;
  if (!describe(convolution, x, dw, dy, op, tensors))
    return false;
  op.src = {tensors.x, tensors.y};
  return offer(stream, convolution.caller, std::move(op), tensors.w, alpha, beta);
}

bool enqueueLayer(npuStream_t stream, const char *caller, TensorOp op,
                  std::initializer_list<Stored> sources, const Stored &result, double alpha,
                  double beta) {
  Tensor tensor;
  for (const Stored &source : sources) {
    if (!tensorOf(source.layout, source.data, tensor))
      return false;
    op.src.push_back(tensor);
  }
  if (!tensorOf(result.layout, result.data, tensor))
    return false;
  op.math.compute = tensor.format;
  return offer(stream, caller, std::move(op), tensor, alpha, beta);
}

} // namespace npu::dnn
