// What the library APIs (BLAS, DNN) share: element formats (npuDataType, in npu/types.h) and the
// parts of a version.
#ifndef NPU_LIBRARY_TYPES_H
#define NPU_LIBRARY_TYPES_H

#include "npu/types.h"

#include "npu/api/library_types.def"
#ifndef __cplusplus
typedef enum npuDataType_t npuDataType_t;
#endif

#endif
