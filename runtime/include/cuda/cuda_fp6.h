// CUDA's spelling of npu/float6.h.
#ifndef NPU_CUDA_FP6_H
#define NPU_CUDA_FP6_H
// Programs test these macros to see whether the types are known.
#define __CUDA_FP6_H__
#define __CUDA_FP4_H__

#include "npu/api/hold_macros.def"

#include "cuda_fp8.h"
#include "npu/float6.h"

#ifdef __cplusplus
#define FLOAT6_TYPE(cuda, neutral) typedef neutral cuda;
#define FLOAT6_VALUE(cuda, neutral) static constexpr auto cuda = neutral;
#define FLOAT6(cuda, neutral) NPU_FORWARD(cuda, neutral)
#include "npu/api/float6.def"
#undef FLOAT6_TYPE
#undef FLOAT6_VALUE
#undef FLOAT6
#endif

#include "npu/api/release_macros.def"

#endif
