// The neutral DNN API, in C and C++: tensors with any strides, convolution, pooling, normalization,
// recurrent networks.
//
// Functions that take a handle check their arguments at once, put their work on the handle's stream
// (npudnnSetStream; default: the legacy default stream) and return. Scaling factors are host
// pointers, to double for tensors of double and to float for all others; where one multiplies the
// destination and is 0, the destination is not read. Descriptors may be changed or destroyed as
// soon as a call has returned. Define NPUDNN_MAJOR before including this to compile a source that
// asks for another version than 7.
#ifndef NPU_DNN_H
#define NPU_DNN_H

#include "npu/api/hold_macros.def"

#include "npu/library_types.h"
#include "npu/runtime.h"

#include <stddef.h>
#include <stdint.h>

#ifndef NPUDNN_MAJOR
#define NPUDNN_MAJOR 7
#endif
#if NPUDNN_MAJOR == 7
#define NPUDNN_MINOR 6
#define NPUDNN_PATCHLEVEL 5
#elif NPUDNN_MAJOR == 8
#define NPUDNN_MINOR 9
#define NPUDNN_PATCHLEVEL 7
#else
#define NPUDNN_MINOR 0
#define NPUDNN_PATCHLEVEL 0
#endif
#if NPUDNN_MAJOR >= 9
#define NPUDNN_VERSION (NPUDNN_MAJOR * 10000 + NPUDNN_MINOR * 100 + NPUDNN_PATCHLEVEL)
#else
#define NPUDNN_VERSION (NPUDNN_MAJOR * 1000 + NPUDNN_MINOR * 100 + NPUDNN_PATCHLEVEL)
#endif

// The library says the version that the source asked for.
#if NPUDNN_MAJOR == 8
#define npudnnGetVersion npudnnGetVersion_8
#define npudnnGetProperty npudnnGetProperty_8
#elif NPUDNN_MAJOR >= 9
#define npudnnGetVersion npudnnGetVersion_9
#define npudnnGetProperty npudnnGetProperty_9
#endif

#define NPUDNN_DIM_MAX 8
#define NPUDNN_LRN_MIN_N 1
#define NPUDNN_LRN_MAX_N 16
#define NPUDNN_LRN_MIN_K 1e-5
#define NPUDNN_LRN_MIN_BETA 0.01
#define NPUDNN_BN_MIN_EPSILON 0.0
#define NPUDNN_RNN_PADDED_IO_DISABLED 0
#define NPUDNN_RNN_PADDED_IO_ENABLED (1U << 0)
#define NPUDNN_SEQDATA_DIM_COUNT 4
#define NPUDNN_ATTN_QUERYMAP_ALL_TO_ONE 0
#define NPUDNN_ATTN_QUERYMAP_ONE_TO_ONE (1U << 0)
#define NPUDNN_ATTN_DISABLE_PROJ_BIASES 0
#define NPUDNN_ATTN_ENABLE_PROJ_BIASES (1U << 1)
#define NPUDNN_ATTN_WKIND_COUNT 8
#define NPUDNN_SEV_ERROR_EN (1U << 1)
#define NPUDNN_SEV_WARNING_EN (1U << 2)
#define NPUDNN_SEV_INFO_EN (1U << 3)

#ifdef __cplusplus
extern "C" {
#endif

#define NPU_T(name) npu##name
#define NPU_DNN_T(name) npudnn##name
#define NPU_DNN_E(name) NPUDNN_##name
#include "npu/api/dnn_types.def"

#define API(cuda, neutral, params, status) npudnnStatus_t neutral params;
#define API_OF(returnType, cuda, neutral, params, status) returnType neutral params;
#define GAP(cuda, reason)
#define GROUP(name)
#include "npu/api/dnn.def"
#undef API
#undef API_OF
#undef GAP
#undef GROUP

#ifdef __cplusplus
}
#include "npu/api/dnn_overloads.def"
#endif

#undef NPU_T
#undef NPU_DNN_T
#undef NPU_DNN_E

#include "npu/api/release_macros.def"

#endif
