// NCCL's spelling of npu/collectives.h.
#ifndef NCCL_H_
#define NCCL_H_

#include "npu/api/hold_macros.def"

#include "cuda_bf16.h"
#include "cuda_fp16.h"
#include "cuda_runtime.h"
#include "npu_gap.h"

#include <limits.h>
#include <stddef.h>

#define NCCL_MAJOR 2
#define NCCL_MINOR 27
#define NCCL_PATCH 3
#define NCCL_SUFFIX ""
#define NCCL_VERSION_CODE 22703
#define NCCL_VERSION(X, Y, Z)                                                                      \
  (((X) <= 2 && (Y) <= 8) ? (X)*1000 + (Y)*100 + (Z) : (X)*10000 + (Y)*100 + (Z))
#define NCCL_UNIQUE_ID_BYTES 128
#define NCCL_UNDEF_INT INT_MIN
#define NCCL_UNDEF_FLOAT (-1.0f)
#define NCCL_SPLIT_NOCOLOR (-1)
#define NCCL_COMM_NULL NULL
#define NCCL_CONFIG_INITIALIZER                                                                    \
  {                                                                                                \
    sizeof(ncclConfig_t), 0xcafebeef, NCCL_VERSION_CODE, NCCL_UNDEF_INT, NCCL_UNDEF_INT,           \
        NCCL_UNDEF_INT, NCCL_UNDEF_INT, NULL, NCCL_UNDEF_INT, NCCL_UNDEF_INT, NULL,                \
        NCCL_UNDEF_INT, NCCL_UNDEF_INT, NCCL_UNDEF_INT, NCCL_UNDEF_INT                             \
  }

#ifdef __cplusplus
extern "C" {
#endif

#define NPU_T(name) cuda##name
#define NPU_CCL(name) nccl##name
#include "npu/api/collectives_types.def"

#define GROUP(title)
#define API(cuda, neutral, parameters, status) ncclResult_t cuda parameters __asm__(#neutral);
#define API_OF(type, cuda, neutral, parameters, status) type cuda parameters __asm__(#neutral);
#define GAP(cuda, reason) NPU_GAP(ncclResult_t, cuda, NPU_ANYTHING, reason)
#include "npu/api/collectives.def"
#undef GROUP
#undef API
#undef API_OF
#undef GAP
#undef NPU_T
#undef NPU_CCL

#ifdef __cplusplus
}
#endif

#include "npu/api/release_macros.def"

#endif
