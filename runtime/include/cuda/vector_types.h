// CUDA's vector types and dim3. See npu/vector_types.h.
#ifndef NPU_CUDA_VECTOR_TYPES_H
#define NPU_CUDA_VECTOR_TYPES_H
#define __VECTOR_TYPES_H__

#include "host_defines.h"
#include "npu/vector_types.h"

typedef npuDim3 dim3;

#endif
