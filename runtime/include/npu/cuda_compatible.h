// For neutral sources that include libraries written in CUDA's names (Thrust, CUB): declares those
// names beside the neutral ones. Both name the same functions of the runtime; their types are
// distinct (cudaError_t, npuError_t). A neutral stream or event can be given where CUDA's is
// wanted.
#ifndef NPU_CUDA_COMPATIBLE_H
#define NPU_CUDA_COMPATIBLE_H

#include "npu/kernel.h"

#include "../cuda/cuda_runtime.h"

struct cudaStream_st {};
struct npuStream_st : cudaStream_st {};
struct CUevent_st;

#endif
