// Activation functions of one number.
#pragma once

#include "descriptors.h"

#include <cmath>

namespace npu::dnn {

void checkActivator(const Activator &activator);

// f(x).
template <class Real> Real activate(const Activator &activator, Real x) {
  const bool drops = activator.nan == NPUDNN_NOT_PROPAGATE_NAN;
  switch (activator.mode) {
  case NPUDNN_ACTIVATION_SIGMOID:
    return 1 / (1 + std::exp(-x));
  case NPUDNN_ACTIVATION_RELU:
    return x > 0 || (std::isnan(x) && !drops) ? x : Real(0);
  case NPUDNN_ACTIVATION_TANH:
    return std::tanh(x);
  case NPUDNN_ACTIVATION_CLIPPED_RELU: {
    const Real ceiling = Real(activator.coefficient);
    if (std::isnan(x))
      return drops ? Real(0) : x;
    return x < 0 ? Real(0) : x > ceiling ? ceiling : x;
  }
  case NPUDNN_ACTIVATION_ELU:
    return x > 0 ? x : Real(activator.coefficient) * std::expm1(x);
  case NPUDNN_ACTIVATION_SWISH:
    return x / (1 + std::exp(-Real(activator.swishBeta) * x));
  case NPUDNN_ACTIVATION_IDENTITY:
    return x;
  }
  return x;
}

// f'(x), from x and y = f(x).
template <class Real> Real activationSlope(const Activator &activator, Real x, Real y) {
  switch (activator.mode) {
  case NPUDNN_ACTIVATION_SIGMOID:
    return y * (1 - y);
  case NPUDNN_ACTIVATION_RELU:
    return x > 0 ? Real(1) : Real(0);
  case NPUDNN_ACTIVATION_TANH:
    return 1 - y * y;
  case NPUDNN_ACTIVATION_CLIPPED_RELU:
    return x > 0 && x <= Real(activator.coefficient) ? Real(1) : Real(0);
  case NPUDNN_ACTIVATION_ELU:
    return x > 0 ? Real(1) : y + Real(activator.coefficient);
  case NPUDNN_ACTIVATION_SWISH: {
    const Real beta = Real(activator.swishBeta), s = 1 / (1 + std::exp(-beta * x));
    return s + beta * x * s * (1 - s);
  }
  case NPUDNN_ACTIVATION_IDENTITY:
    return 1;
  }
  return 1;
}

} // namespace npu::dnn
