// CUDA's spelling of npu/bfloat16.h: one forwarding function per row of npu/api/small_floats.def.
#ifndef NPU_CUDA_BF16_H
#define NPU_CUDA_BF16_H
// Programs test this macro to see whether the types are known.
#define __CUDA_BF16_H__

#include "cuda_runtime_api.h"
#include "npu/bfloat16.h"

#ifdef __cplusplus
typedef __nv_bfloat16 nv_bfloat16;
typedef __nv_bfloat162 nv_bfloat162;

#include "npu_cuda_small_floats.h"
#define BFLOAT_CONVERSION(cuda, neutral) NPU_FORWARD(cuda, neutral)
#include "npu/api/small_floats.def"
#undef BFLOAT_CONVERSION
#else
typedef struct __nv_bfloat16 __nv_bfloat16;
typedef struct __nv_bfloat162 __nv_bfloat162;
#endif

#endif
