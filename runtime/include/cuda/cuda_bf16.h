// CUDA's spelling of npu/bfloat16.h: one forwarding function per row of npu/api/small_floats.def.
#ifndef NPU_CUDA_BF16_H
#define NPU_CUDA_BF16_H
// Programs test this macro to see whether the types are known.
#define __CUDA_BF16_H__

#include "npu/api/hold_macros.def"

#include "cuda_runtime_api.h"
#include "npu/bfloat16.h"

#ifdef __cplusplus
typedef __nv_bfloat16 nv_bfloat16;
typedef __nv_bfloat162 nv_bfloat162;

#include "npu_cuda_small_floats.h"
#define BFLOAT_CONVERSION(cuda, neutral) NPU_FORWARD(cuda, neutral)
#include "npu/api/small_floats.def"
#undef BFLOAT_CONVERSION
NPU_FORWARD_BETWEEN_THREADS(__nv_bfloat16)
NPU_FORWARD_BETWEEN_THREADS(__nv_bfloat162)
#define CUDART_INF_BF16 NPU_INF_BF16
#define CUDART_NAN_BF16 NPU_NAN_BF16
#define CUDART_MIN_DENORM_BF16 NPU_MIN_DENORM_BF16
#define CUDART_MAX_NORMAL_BF16 NPU_MAX_NORMAL_BF16
#define CUDART_NEG_ZERO_BF16 NPU_NEG_ZERO_BF16
#define CUDART_ZERO_BF16 NPU_ZERO_BF16
#define CUDART_ONE_BF16 NPU_ONE_BF16
#else
typedef struct __nv_bfloat16 __nv_bfloat16;
typedef struct __nv_bfloat162 __nv_bfloat162;
#endif

#include "npu/api/release_macros.def"

#endif
