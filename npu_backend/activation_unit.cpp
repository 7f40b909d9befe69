// See activation_unit.h. NaN stays NaN in each function.
#include "activation_unit.h"

#include <algorithm>
#include <cmath>

namespace npu::backend {
namespace {

constexpr float kRootHalf = 0.70710678118654752f, kRootTwoOverPi = 0.79788456080286536f;
constexpr float kGeluCubic = 0.044715f;

float sigmoid(float x) {
  // Never exponentiates a large positive number, so that small results keep their digits.
  float e = std::exp(-std::fabs(x));
  return x >= 0 ? 1.0f / (1.0f + e) : x != x ? x : e / (1.0f + e);
}

// Exact form: x * Phi(x), Hendrycks and Gimpel 2016. erfc keeps the digits of the left tail.
float gelu(float x) {
  if (std::isinf(x))
    return x > 0 ? x : 0.0f;
  return 0.5f * x * std::erfc(-x * kRootHalf);
}

float geluInner(float x) { return std::tanh(kRootTwoOverPi * (x + kGeluCubic * x * x * x)); }
// 1 + tanh(u) as 2 sigmoid(2u), which keeps the digits of the left tail.
float geluTanh(float x) {
  if (std::isinf(x))
    return x > 0 ? x : 0.0f;
  return x * sigmoid(2 * kRootTwoOverPi * (x + kGeluCubic * x * x * x));
}

float clamp01(float x) { return x != x ? x : std::min(std::max(x, 0.0f), 1.0f); }

float silu(float x, float p) { return std::isinf(x) && p * x < 0 ? 0.0f : x * sigmoid(p * x); }

float softplus(float x) {
  return x != x ? x : std::max(x, 0.0f) + std::log1p(std::exp(-std::fabs(x)));
}

} // namespace

void activate(Activation activation, float p, float q, float *values, uint64_t count) {
  auto each = [&](auto function) {
    for (uint64_t i = 0; i < count; ++i)
      values[i] = function(values[i]);
  };
  switch (activation) {
  case Activation::None:
    return;
  case Activation::Relu:
    return each([](float x) { return x < 0 ? 0.0f : x; }); // NaN stays NaN
  case Activation::Sigmoid:
    return each(sigmoid);
  case Activation::Tanh:
    return each([](float x) { return std::tanh(x); });
  case Activation::Gelu:
    return each(gelu);
  case Activation::GeluTanh:
    return each(geluTanh);
  case Activation::ClippedRelu:
    return each([p](float x) { return x < 0 ? 0.0f : x > p ? p : x; });
  case Activation::LeakyRelu:
    return each([p](float x) { return x > 0 ? x : p * x; });
  case Activation::Elu:
    return each([p](float x) { return x > 0 ? x : p * std::expm1(x); });
  case Activation::Silu:
    return each([p](float x) { return silu(x, p); });
  case Activation::Softplus:
    return each(softplus);
  case Activation::HardSigmoid:
    return each([p, q](float x) { return clamp01(p * x + q); });
  case Activation::HardSwish:
    return each([p, q](float x) { return x * clamp01(p * x + q); });
  case Activation::Threshold:
    return each([p, q](float x) { return x <= p ? q : x; });
  case Activation::ReluOfNumbers:
    return each([](float x) { return x > 0 ? x : 0.0f; });
  case Activation::Exp:
    return each([](float x) { return std::exp(x); });
  case Activation::Logarithm:
    return each([](float x) { return std::log(x); });
  case Activation::SquareRoot:
    return each([](float x) { return std::sqrt(x); });
  case Activation::ReciprocalRoot:
    return each([](float x) { return 1.0f / std::sqrt(x); });
  case Activation::Absolute:
    return each([](float x) { return std::fabs(x); });
  case Activation::Square:
    return each([](float x) { return x * x; });
  }
}

void deriveActivation(Activation activation, float p, float q, const float *slope, const float *z,
                      float *out, uint64_t count) {
  auto each = [&](auto derivative) {
    for (uint64_t i = 0; i < count; ++i)
      out[i] = z[i] != z[i] ? z[i] : slope[i] * derivative(z[i]);
  };
  switch (activation) {
  case Activation::None:
    return each([](float) { return 1.0f; });
  case Activation::Relu:
    return each([](float y) { return y > 0 ? 1.0f : 0.0f; });
  case Activation::Sigmoid:
    return each([](float y) { return y * (1 - y); });
  case Activation::Tanh:
    return each([](float y) { return (1 - y) * (1 + y); });
  case Activation::Gelu: // Phi(x) + x phi(x)
    return each([](float x) {
      return 0.5f * std::erfc(-x * kRootHalf) + x * std::exp(-0.5f * x * x) * kRootTwoOverPi * 0.5f;
    });
  case Activation::GeluTanh:
    return each([](float x) {
      float t = geluInner(x);
      return 0.5f * (1 + t) +
             0.5f * x * (1 - t) * (1 + t) * kRootTwoOverPi * (1 + 3 * kGeluCubic * x * x);
    });
  case Activation::ClippedRelu:
    return each([p](float y) { return y > 0 && y < p ? 1.0f : 0.0f; });
  case Activation::LeakyRelu:
    return each([p](float x) { return x > 0 ? 1.0f : p; });
  case Activation::Elu:
    return each([p](float x) { return x > 0 ? 1.0f : p * std::exp(x); });
  case Activation::Silu:
    return each([p](float x) {
      float s = sigmoid(p * x);
      return s + p * x * s * (1 - s);
    });
  case Activation::Softplus:
    return each(sigmoid);
  case Activation::HardSigmoid:
    return each([p, q](float x) { return p * x + q > 0 && p * x + q < 1 ? p : 0.0f; });
  case Activation::HardSwish:
    return each([p, q](float x) {
      float inner = p * x + q;
      return inner <= 0 ? 0.0f : inner >= 1 ? 1.0f : 2 * p * x + q;
    });
  case Activation::Threshold:
    return each([p](float x) { return x > p ? 1.0f : 0.0f; });
  case Activation::ReluOfNumbers:
    return each([](float y) { return y > 0 ? 1.0f : 0.0f; });
  case Activation::Exp:
    return each([](float y) { return y; });
  case Activation::Logarithm:
    return each([](float x) { return 1 / x; });
  case Activation::SquareRoot:
    return each([](float y) { return 0.5f / y; });
  case Activation::ReciprocalRoot:
    return each([](float x) { return -0.5f / (x * std::sqrt(x)); });
  case Activation::Absolute:
    return each([](float x) { return x > 0 ? 1.0f : x < 0 ? -1.0f : 0.0f; });
  case Activation::Square:
    return each([](float x) { return 2 * x; });
  }
}

} // namespace npu::backend
