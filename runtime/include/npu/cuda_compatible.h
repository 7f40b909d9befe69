// For neutral sources that include libraries written in CUDA's names (Thrust, CUB): declares those
// names beside the neutral ones. Both name the same functions of the runtime; their types are
// distinct, but for the error codes, which such libraries return. A neutral stream or event can be
// given where CUDA's is wanted.
#ifndef NPU_CUDA_COMPATIBLE_H
#define NPU_CUDA_COMPATIBLE_H

#include "npu/kernel.h"

#define NPU_SHARED_ERRORS
#include "../cuda/cuda_runtime.h"
#undef NPU_SHARED_ERRORS

struct cudaStream_st {};
struct npuStream_st : cudaStream_st {};
struct CUevent_st;

#endif
