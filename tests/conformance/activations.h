// What the suite expects of activations, written down apart from the code under test.
#pragma once

#include "npu/tensor_op.h"

#include <algorithm>
#include <cmath>
#include <stdexcept>

namespace npu::conformance {

inline double activated(Activation activation, double x) {
  switch (activation) {
  case Activation::None:
    return x;
  case Activation::Relu:
    return std::max(x, 0.0);
  case Activation::Sigmoid:
    return 1 / (1 + std::exp(-x));
  case Activation::Tanh:
    return std::tanh(x);
  case Activation::Gelu:
    return x / 2 * (1 + std::erf(x / std::sqrt(2.0)));
  default:
    throw std::logic_error(std::string("no expectation for ") + activationName(activation));
  }
}

} // namespace npu::conformance
