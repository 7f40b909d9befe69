// A call of cublasLtMatmul as a value, and what its parts ask of each other.
#pragma once

#include "lt_matrix.h"

namespace npu::blas {

struct LtCall {
  LtProduct product;
  const void *alpha, *beta;
  LtMatrix a, b, c, d;
  npuStream_t stream;
  int64_t m = 0, n = 0, k = 0;
  Format scale = Format::F32;
  // Host scalars, taken at the call.
  std::complex<double> alphaValue = 1, betaValue = 0;

  npublasOperation_t transA() const { return npublasOperation_t(product.transA); }
  npublasOperation_t transB() const { return npublasOperation_t(product.transB); }
  int mode() const { return product.pointerMode; }
  bool has(uint32_t bit) const { return product.epilogue & bit; }
  int64_t batches() const { return d.layout.batchCount; }
};

// The bits of which cublasLtEpilogue_t's enumerators are made.
constexpr uint32_t kRelu = 2, kBias = 4, kReluGradient = 8, kBiasGradient = 16, kGelu = 32;
constexpr uint32_t kGeluGradient = 64, kAuxiliary = 128, kBiasGradientA = 256, kBiasGradientB = 512;

inline bool isFp8(Format format) { return format == Format::Fp8E4M3 || format == Format::Fp8E5M2; }

inline bool betaKnown(const LtCall &call) {
  return call.mode() == NPUBLASLT_POINTER_MODE_HOST ||
         call.mode() >= NPUBLASLT_POINTER_MODE_ALPHA_DEVICE_VECTOR_BETA_ZERO;
}
inline bool alphaZero(const LtCall &call) {
  return call.mode() == NPUBLASLT_POINTER_MODE_HOST && call.alphaValue == 0.0;
}

// Whether A and B are read: by the product, or by a bias gradient that sums one of them.
inline bool readsFactors(const LtCall &call) {
  return !alphaZero(call) || call.has(kBiasGradientA) || call.has(kBiasGradientB);
}

Format biasFormat(const LtCall &call);
Format auxiliaryFormat(const LtCall &call);

// Everything that is known at the call: fills m, n, k and the scalars, and checks sizes, types,
// modes and memory. `isEmpty`: there is no result to compute, and its memory was not looked at.
Outcome checkCall(LtCall &call, bool &isEmpty);

} // namespace npu::blas
