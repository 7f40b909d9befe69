// CUDA's spelling of npu/float16.h: one forwarding function per row of npu/api/small_floats.def.
#ifndef NPU_CUDA_FP16_H
#define NPU_CUDA_FP16_H
// Programs test this macro to see whether the types are known.
#define __CUDA_FP16_H__

#include "npu/api/hold_macros.def"

#include "cuda_runtime_api.h"
#include "npu/float16.h"

#ifdef __cplusplus
typedef __half half;
typedef __half2 half2;

#include "npu_cuda_small_floats.h"
#define HALF_CONVERSION(cuda, neutral) NPU_FORWARD(cuda, neutral)
#include "npu/api/small_floats.def"
#undef HALF_CONVERSION
NPU_FORWARD_BETWEEN_THREADS(__half)
NPU_FORWARD_BETWEEN_THREADS(__half2)
#define CUDART_INF_FP16 NPU_INF_FP16
#define CUDART_NAN_FP16 NPU_NAN_FP16
#define CUDART_MIN_DENORM_FP16 NPU_MIN_DENORM_FP16
#define CUDART_MAX_NORMAL_FP16 NPU_MAX_NORMAL_FP16
#define CUDART_NEG_ZERO_FP16 NPU_NEG_ZERO_FP16
#define CUDART_ZERO_FP16 NPU_ZERO_FP16
#define CUDART_ONE_FP16 NPU_ONE_FP16
#else
typedef struct __half __half;
typedef struct __half2 __half2;
#endif

#include "npu/api/release_macros.def"

#endif
