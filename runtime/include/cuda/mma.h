// CUDA's warp matrices: the dialect's (npu/warp_matrix.h), in CUDA's namespace.
#ifndef NPU_CUDA_MMA_H
#define NPU_CUDA_MMA_H

#include "cuda_bf16.h"
#include "cuda_fp16.h"
#include "cuda_runtime.h"
#include "npu/warp_matrix.h"

#if defined(__CUDA__) && defined(__clang__)
namespace nvcuda {
namespace wmma {
using namespace npu::matrices::wmma;
static NPU_DEVICE NPU_FORCEINLINE float __float_to_tf32(float value) {
  return npu::matrices::wmma::roundToTf32(value);
}
} // namespace wmma
} // namespace nvcuda
#endif

#endif
