// CUDA's spelling of npu/float8.h and npu/float8_scale.h.
#ifndef NPU_CUDA_FP8_H
#define NPU_CUDA_FP8_H
// Programs test this macro to see whether the types are known.
#define __CUDA_FP8_H__

#include "npu/api/hold_macros.def"

#include "cuda_bf16.h"
#include "cuda_fp16.h"
#include "npu/float8_scale.h"

#define cudaRoundMode npuRoundMode
#define cudaRoundNearest npuRoundNearest
#define cudaRoundZero npuRoundZero
#define cudaRoundPosInf npuRoundPosInf
#define cudaRoundMinInf npuRoundMinInf

#ifdef __cplusplus
#define FLOAT8_TYPE(cuda, neutral) typedef neutral cuda;
#define FLOAT8_VALUE(cuda, neutral) static constexpr auto cuda = neutral;
#define FLOAT8(cuda, neutral) NPU_FORWARD(cuda, neutral)
#include "npu/api/float8.def"
#undef FLOAT8_TYPE
#undef FLOAT8_VALUE
#undef FLOAT8
#endif

#include "npu/api/release_macros.def"

#endif
