// The functions of activations.def and their derivatives, in double. NaN stays NaN in each but
// ReluOfNumbers.
#include "dense.h"

#include <algorithm>
#include <cmath>

namespace npu::core {
namespace {

const double kRootTwoOverPi = std::sqrt(2 / 3.14159265358979323846);
constexpr double kGeluCubic = 0.044715;

double sigmoid(double x) { return 1 / (1 + std::exp(-x)); }
double clamp01(double x) { return std::isnan(x) ? x : std::min(std::max(x, 0.0), 1.0); }
double geluInner(double x) { return std::tanh(kRootTwoOverPi * (x + kGeluCubic * x * x * x)); }

} // namespace

double activate(Activation activation, const double *parameters, double x) {
  const double p = parameters[0], q = parameters[1];
  switch (activation) {
  case Activation::None:
    return x;
  case Activation::Relu:
    return x > 0 || std::isnan(x) ? x : 0;
  case Activation::Sigmoid:
    return sigmoid(x);
  case Activation::Tanh:
    return std::tanh(x);
  case Activation::Gelu:
    return 0.5 * x * std::erfc(-x * std::sqrt(0.5));
  case Activation::GeluTanh:
    return 0.5 * x * (1 + geluInner(x));
  case Activation::ClippedRelu:
    return std::isnan(x) ? x : std::min(std::max(x, 0.0), p);
  case Activation::LeakyRelu:
    return x > 0 || std::isnan(x) ? x : p * x;
  case Activation::Elu:
    return x > 0 || std::isnan(x) ? x : p * std::expm1(x);
  case Activation::Silu:
    return x * sigmoid(p * x);
  case Activation::Softplus:
    return std::isnan(x) ? x : std::max(x, 0.0) + std::log1p(std::exp(-std::fabs(x)));
  case Activation::HardSigmoid:
    return clamp01(p * x + q);
  case Activation::HardSwish:
    return x * clamp01(p * x + q);
  case Activation::Threshold:
    return x > p || std::isnan(x) ? x : q;
  case Activation::ReluOfNumbers:
    return x > 0 ? x : 0;
  case Activation::Exp:
    return std::exp(x);
  case Activation::Logarithm:
    return std::log(x);
  case Activation::SquareRoot:
    return std::sqrt(x);
  case Activation::ReciprocalRoot:
    return 1 / std::sqrt(x);
  case Activation::Absolute:
    return std::fabs(x);
  case Activation::Square:
    return x * x;
  }
  return x;
}

// z is the function's result where activations.def says so, else its argument.
double activationDerivative(Activation activation, const double *parameters, double z) {
  const double p = parameters[0], q = parameters[1];
  if (std::isnan(z))
    return z;
  switch (activation) {
  case Activation::None:
    return 1;
  case Activation::Relu:
    return z > 0 ? 1 : 0;
  case Activation::Sigmoid:
    return z * (1 - z);
  case Activation::Tanh:
    return 1 - z * z;
  case Activation::Gelu: // Phi(x) + x phi(x)
    return 0.5 * std::erfc(-z * std::sqrt(0.5)) + z * std::exp(-0.5 * z * z) * kRootTwoOverPi / 2;
  case Activation::GeluTanh: {
    const double t = geluInner(z);
    return 0.5 * (1 + t) + 0.5 * z * (1 - t * t) * kRootTwoOverPi * (1 + 3 * kGeluCubic * z * z);
  }
  case Activation::ClippedRelu:
    return z > 0 && z < p ? 1 : 0;
  case Activation::LeakyRelu:
    return z > 0 ? 1 : p;
  case Activation::Elu:
    return z > 0 ? 1 : p * std::exp(z);
  case Activation::Silu: {
    const double s = sigmoid(p * z);
    return s + p * z * s * (1 - s);
  }
  case Activation::Softplus:
    return sigmoid(z);
  case Activation::HardSigmoid:
    return p * z + q > 0 && p * z + q < 1 ? p : 0;
  case Activation::HardSwish: {
    const double inner = p * z + q;
    return inner <= 0 ? 0 : inner >= 1 ? 1 : 2 * p * z + q;
  }
  case Activation::Threshold:
    return z > p ? 1 : 0;
  case Activation::ReluOfNumbers:
    return z > 0 ? 1 : 0;
  case Activation::Exp:
    return z;
  case Activation::Logarithm:
    return 1 / z;
  case Activation::SquareRoot:
    return 0.5 / z;
  case Activation::ReciprocalRoot:
    return -0.5 / (z * std::sqrt(z));
  case Activation::Absolute:
    return z > 0 ? 1 : z < 0 ? -1 : 0;
  case Activation::Square:
    return 2 * z;
  }
  return 0;
}

void activationGradient(const TensorOp &op) {
  Dense result(op.src[0]);
  const Dense z(op.src[1]);
  for (size_t i = 0; i < result.values.size(); ++i)
    result.values[i] *= activationDerivative(op.activation, op.activationParameters, z.values[i]);
  storeResult(op, 2, result, /*gradient=*/true);
}

// Every operand that is read has the destination's sizes. C, the last, only when it is read.
Status checkSameSizes(const TensorOp &op) {
  for (size_t i = 0; i < op.src.size(); ++i)
    if ((i + 1 < op.src.size() || op.beta.real() != 0) && op.src[i].sizes != op.dst[0].sizes)
      return misfit(op, "shapes differ (a repeated dimension is a stride of 0)");
  return {};
}

} // namespace npu::core
