// CUDA-compatible spelling of the DNN API (npu/dnn.h): both spellings share one symbol in libnpurt.
// The union of what cuDNN 5 to 9 declare, so that sources for any of them compile. A source that
// asks for a version sees 7.6.5; define CUDNN_MAJOR to 8 or 9 to let it take its newer branch.
#ifndef CUDNN_H_
#define CUDNN_H_

#include "npu/api/hold_macros.def"

#include <stddef.h>
#include <stdint.h>

#include "driver_types.h"

#include "cuda_runtime_api.h"
#include "library_types.h"
#include "npu_gap.h"

#ifndef CUDNNWINAPI
#define CUDNNWINAPI
#endif
#ifndef CUDNN_DEPRECATED
#define CUDNN_DEPRECATED
#endif

#ifndef CUDNN_MAJOR
#define CUDNN_MAJOR 7
#endif
#if CUDNN_MAJOR == 7
#define CUDNN_MINOR 6
#define CUDNN_PATCHLEVEL 5
#elif CUDNN_MAJOR == 8
#define CUDNN_MINOR 9
#define CUDNN_PATCHLEVEL 7
#else
#define CUDNN_MINOR 0
#define CUDNN_PATCHLEVEL 0
#endif
#if CUDNN_MAJOR >= 9
#define CUDNN_VERSION (CUDNN_MAJOR * 10000 + CUDNN_MINOR * 100 + CUDNN_PATCHLEVEL)
#else
#define CUDNN_VERSION (CUDNN_MAJOR * 1000 + CUDNN_MINOR * 100 + CUDNN_PATCHLEVEL)
#endif

#define CUDNN_DIM_MAX 8
#define CUDNN_LRN_MIN_N 1
#define CUDNN_LRN_MAX_N 16
#define CUDNN_LRN_MIN_K 1e-5
#define CUDNN_LRN_MIN_BETA 0.01
#define CUDNN_BN_MIN_EPSILON 0.0
#define CUDNN_RNN_PADDED_IO_DISABLED 0
#define CUDNN_RNN_PADDED_IO_ENABLED (1U << 0)
#define CUDNN_SEQDATA_DIM_COUNT 4
#define CUDNN_ATTN_QUERYMAP_ALL_TO_ONE 0
#define CUDNN_ATTN_QUERYMAP_ONE_TO_ONE (1U << 0)
#define CUDNN_ATTN_DISABLE_PROJ_BIASES 0
#define CUDNN_ATTN_ENABLE_PROJ_BIASES (1U << 1)
#define CUDNN_ATTN_WKIND_COUNT 8
#define CUDNN_SEV_ERROR_EN (1U << 1)
#define CUDNN_SEV_WARNING_EN (1U << 2)
#define CUDNN_SEV_INFO_EN (1U << 3)

#ifdef __cplusplus
extern "C" {
#endif

#define NPU_T(name) cuda##name
#define NPU_DNN_T(name) cudnn##name
#define NPU_DNN_E(name) CUDNN_##name
#include "npu/api/dnn_types.def"

// The library says the version that the source asked for.
#if CUDNN_MAJOR == 8
#define npudnnGetVersion npudnnGetVersion_8
#define npudnnGetProperty npudnnGetProperty_8
#elif CUDNN_MAJOR >= 9
#define npudnnGetVersion npudnnGetVersion_9
#define npudnnGetProperty npudnnGetProperty_9
#endif
#define NPU_DNN_TEXT(name) #name
#define NPU_DNN_SYMBOL(name) __asm__(NPU_DNN_TEXT(name))
#define API(cuda, neutral, params, status) cudnnStatus_t cuda params NPU_DNN_SYMBOL(neutral);
#define API_OF(returnType, cuda, neutral, params, status)                                          \
  returnType cuda params NPU_DNN_SYMBOL(neutral);
#define GAP(cuda, reason) NPU_GAP(cudnnStatus_t, cuda, NPU_ANYTHING, reason)
#define GROUP(name)
#include "npu/api/dnn.def"
#undef API
#undef API_OF
#undef GAP
#undef GROUP
#undef NPU_DNN_TEXT
#undef NPU_DNN_SYMBOL
#if CUDNN_MAJOR >= 8
#undef npudnnGetVersion
#undef npudnnGetProperty
#endif

#ifdef __cplusplus
}
#include "npu/api/dnn_overloads.def"
#endif

#undef NPU_T
#undef NPU_DNN_T
#undef NPU_DNN_E

#include "npu/api/release_macros.def"

#endif
