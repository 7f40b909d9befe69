// Namespace cuda: what npu/concurrency.h offers, under libcu++'s name.
#ifndef NPU_CUDA_LIBCUXX_H
#define NPU_CUDA_LIBCUXX_H

#include "cuda_runtime.h"
#include "npu/concurrency.h"
#include "npu/standard.h"

#ifdef __cplusplus
#if defined(__CUDA__) && defined(__clang__)
namespace cuda {
using namespace npu::concurrency;
namespace std = npu::concurrency::std;
} // namespace cuda
#endif
#endif

#endif
