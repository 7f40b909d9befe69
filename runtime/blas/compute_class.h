// The classes of computeType: what the sums of a product are kept in.
#pragma once

#include "npu/blas.h"

namespace npu::blas {

enum class Sums { Half, Int, Single, SingleFast, Double, Unknown };

inline Sums sumsOf(npublasComputeType_t type) {
  switch (type) {
  case NPUBLAS_COMPUTE_16F:
  case NPUBLAS_COMPUTE_16F_PEDANTIC:
    return Sums::Half;
  case NPUBLAS_COMPUTE_32I:
  case NPUBLAS_COMPUTE_32I_PEDANTIC:
    return Sums::Int;
  case NPUBLAS_COMPUTE_32F:
  case NPUBLAS_COMPUTE_32F_PEDANTIC:
    return Sums::Single;
  case NPUBLAS_COMPUTE_32F_FAST_16F:
  case NPUBLAS_COMPUTE_32F_FAST_16BF:
  case NPUBLAS_COMPUTE_32F_FAST_TF32:
  case NPUBLAS_COMPUTE_32F_EMULATED_16BFX9:
    return Sums::SingleFast;
  case NPUBLAS_COMPUTE_64F:
  case NPUBLAS_COMPUTE_64F_PEDANTIC:
  case NPUBLAS_COMPUTE_64F_EMULATED_FIXEDPOINT:
    return Sums::Double;
  }
  return Sums::Unknown;
}

} // namespace npu::blas
