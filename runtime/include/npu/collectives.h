// Collectives among ranks of one process: each rank is a device (NPU_VISIBLE_DEVICES), used by a
// thread of its own or by one thread in groups. C and C++. An operation takes its place on each
// rank's stream, and is computed when all ranks have come to it. Sums of small floats are
// accumulated in double, in the order of ranks, and rounded once.
#ifndef NPU_COLLECTIVES_H
#define NPU_COLLECTIVES_H

#include "npu/api/hold_macros.def"

#include "npu/runtime.h"
#ifdef __cplusplus
#include "npu/bfloat16.h"
#include "npu/float16.h"
#endif

#include <limits.h>
#include <stddef.h>

#define NPUCCL_MAJOR 2
#define NPUCCL_MINOR 27
#define NPUCCL_PATCH 3
#define NPUCCL_SUFFIX ""
#define NPUCCL_VERSION_CODE 22703
#define NPUCCL_VERSION(X, Y, Z)                                                                    \
  (((X) <= 2 && (Y) <= 8) ? (X)*1000 + (Y)*100 + (Z) : (X)*10000 + (Y)*100 + (Z))
#define NPUCCL_UNIQUE_ID_BYTES 128
#define NPUCCL_UNDEF_INT INT_MIN
#define NPUCCL_UNDEF_FLOAT (-1.0f)
#define NPUCCL_SPLIT_NOCOLOR (-1)
#define NPUCCL_COMM_NULL NULL
#define NPUCCL_CONFIG_INITIALIZER                                                                  \
  {                                                                                                \
    sizeof(npucclConfig_t), 0xcafebeef, NPUCCL_VERSION_CODE, NPUCCL_UNDEF_INT, NPUCCL_UNDEF_INT,   \
        NPUCCL_UNDEF_INT, NPUCCL_UNDEF_INT, NULL, NPUCCL_UNDEF_INT, NPUCCL_UNDEF_INT, NULL,        \
        NPUCCL_UNDEF_INT, NPUCCL_UNDEF_INT, NPUCCL_UNDEF_INT, NPUCCL_UNDEF_INT                     \
  }

#ifdef __cplusplus
extern "C" {
#endif

#define NPU_T(name) npu##name
#define NPU_CCL(name) npuccl##name
#include "npu/api/collectives_types.def"

#define GROUP(title)
#define API(cuda, neutral, parameters, status) npucclResult_t neutral parameters;
#define API_OF(type, cuda, neutral, parameters, status) type neutral parameters;
#define GAP(cuda, reason)
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
