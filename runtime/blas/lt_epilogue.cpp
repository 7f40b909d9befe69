// See lt_epilogue.h. Element by element, in double.
#include "lt_epilogue.h"

#include "src/formats.h"

#include <algorithm>
#include <cmath>
#include <vector>

namespace npu::blas {
namespace {

using Value = std::complex<double>;

double gelu(double x) { // the form with tanh, as cublasLt's
  return 0.5 * x * (1 + std::tanh(std::sqrt(2 / M_PI) * (x + 0.044715 * x * x * x)));
}
double geluGradient(double x) {
  const double root = std::sqrt(2 / M_PI), t = std::tanh(root * (x + 0.044715 * x * x * x));
  return 0.5 * (1 + t) + 0.5 * x * (1 - t * t) * root * (1 + 3 * 0.044715 * x * x);
}

float floatAt(const void *address, float none) {
  return address ? *static_cast<const float *>(address) : none;
}

// One object per call.
class Epilogue {
public:
  Epilogue(const LtCall &call, const LtMatrix &product, const Tensor &a, const Tensor &b)
      : call(call), product(product), factorA(a), factorB(b) {}

  void run() {
    readScales();
    for (int64_t batch = 0; batch < call.batches(); ++batch) {
      std::vector<double> gradient(size_t(call.has(kBiasGradient) ? call.m : 0));
      for (int64_t column = 0; column < call.n; ++column)
        for (int64_t row = 0; row < call.m; ++row) {
          const Value value = element(batch, row, column);
          if (call.has(kBiasGradient))
            gradient[size_t(row)] += value.real();
          amaxD = std::max(amaxD, std::abs(value));
          call.d.store(batch, row, column, value * scaleD);
        }
      for (size_t row = 0; row < gradient.size(); ++row)
        storeBias(batch, int64_t(row), gradient[row]);
      if (call.has(kBiasGradientA))
        sumFactor(batch, factorA, call.m, 1);
      if (call.has(kBiasGradientB))
        sumFactor(batch, factorB, call.n, 2);
    }
    if (call.product.amaxD)
      *static_cast<float *>(call.product.amaxD) = float(amaxD);
    if (call.product.amaxAuxiliary)
      *static_cast<float *>(call.product.amaxAuxiliary) = float(amaxAuxiliary);
  }

private:
  void readScales() {
    const LtProduct &p = call.product;
    scaleAB = 1;
    if (p.scaleModeA == NPUBLASLT_MATMUL_MATRIX_SCALE_SCALAR_32F)
      scaleAB *= floatAt(p.scaleA, 1);
    if (p.scaleModeB == NPUBLASLT_MATMUL_MATRIX_SCALE_SCALAR_32F)
      scaleAB *= floatAt(p.scaleB, 1);
    scaleC = floatAt(p.scaleC, 1);
    scaleD = floatAt(p.scaleD, 1);
    scaleAuxiliary = floatAt(p.scaleAuxiliary, 1);
  }

  Value alpha(int64_t batch, int64_t row) const {
    if (call.mode() == NPUBLASLT_POINTER_MODE_HOST)
      return call.alphaValue;
    const bool vector = call.mode() >= NPUBLASLT_POINTER_MODE_DEVICE_VECTOR;
    return core::loadElement(call.alpha, call.scale,
                             vector ? batch * call.product.alphaStride + row : 0);
  }
  Value beta(int64_t row) const {
    if (betaKnown(call))
      return call.betaValue;
    const bool vector = call.mode() == NPUBLASLT_POINTER_MODE_DEVICE_VECTOR;
    return core::loadElement(call.beta, call.scale, vector ? row : 0);
  }
  double outerScale(int64_t row, int64_t column) const {
    const LtProduct &p = call.product;
    double scale = scaleAB;
    if (p.scaleModeA == NPUBLASLT_MATMUL_MATRIX_SCALE_OUTER_VEC_32F && p.scaleA)
      scale *= static_cast<const float *>(p.scaleA)[row];
    if (p.scaleModeB == NPUBLASLT_MATMUL_MATRIX_SCALE_OUTER_VEC_32F && p.scaleB)
      scale *= static_cast<const float *>(p.scaleB)[column];
    return scale;
  }

  Value element(int64_t batch, int64_t row, int64_t column) {
    const Value by = alpha(batch, row), add = beta(row);
    Value value = 0;
    if (by != 0.0 && call.k > 0)
      value = by * outerScale(row, column) * product.load(batch, row, column);
    if (add != 0.0)
      value += add * scaleC * call.c.load(batch, row, column);
    if (call.has(kBias))
      value += core::loadElement(call.product.bias, biasFormat(call),
                                 batch * call.product.biasStride + row);
    return call.d.type.complex ? value : activated(batch, row, column, value.real());
  }

  double activated(int64_t batch, int64_t row, int64_t column, double value) {
    const int64_t at =
        batch * call.product.auxiliaryStride + column * call.product.auxiliaryLeading + row;
    uint8_t *mask = static_cast<uint8_t *>(call.product.auxiliary) + at / 8;
    const uint8_t bit = uint8_t(1u << (at % 8));
    const bool keeps = call.has(kAuxiliary);
    if (call.has(kRelu)) {
      const bool positive = value > 0 || std::isnan(value);
      if (keeps)
        *mask = uint8_t(positive ? *mask | bit : *mask & ~bit);
      return positive ? value : 0;
    }
    if (call.has(kReluGradient))
      return *mask & bit ? value : 0;
    if (call.has(kGelu)) {
      if (keeps) {
        amaxAuxiliary = std::max(amaxAuxiliary, std::abs(value));
        core::storeElement(call.product.auxiliary, auxiliaryFormat(call), at,
                           value * scaleAuxiliary);
      }
      return gelu(value);
    }
    if (call.has(kGeluGradient))
      return value *
             geluGradient(
                 core::loadElement(call.product.auxiliary, auxiliaryFormat(call), at).real() *
                 scaleAuxiliary);
    return value;
  }

  void storeBias(int64_t batch, int64_t at, double value) const {
    core::storeElement(call.product.bias, biasFormat(call), batch * call.product.biasStride + at,
                       value);
  }
  // The gradient of a bias: a factor's sums over the depth. `axis` is the outer one.
  void sumFactor(int64_t batch, const Tensor &factor, int64_t count, size_t axis) const {
    for (int64_t outer = 0; outer < count; ++outer) {
      double sum = 0;
      for (int64_t depth = 0; depth < call.k; ++depth)
        sum += core::loadElement(factor.data, factor.format,
                                 batch * factor.strides[0] + outer * factor.strides[axis] +
                                     depth * factor.strides[3 - axis])
                   .real();
      storeBias(batch, outer, sum);
    }
  }

  LtCall call;
  LtMatrix product;
  Tensor factorA, factorB;
  double scaleAB = 1, scaleC = 1, scaleD = 1, scaleAuxiliary = 1;
  double amaxD = 0, amaxAuxiliary = 0;
};

} // namespace

void runEpilogue(const LtCall &call, const LtMatrix &product, const Tensor &a, const Tensor &b) {
  Epilogue(call, product, a, b).run();
}

} // namespace npu::blas
