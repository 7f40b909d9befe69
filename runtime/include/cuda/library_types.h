// CUDA-compatible spelling of npu/library_types.h.
#ifndef NPU_CUDA_LIBRARY_TYPES_H
#define NPU_CUDA_LIBRARY_TYPES_H
// Programs test this macro to see whether the types are known.
#define __LIBRARY_TYPES_H__

#include "driver_types.h"

#include "npu/api/library_types.def"
#ifndef __cplusplus
typedef enum cudaDataType_t cudaDataType_t;
#endif

#endif
