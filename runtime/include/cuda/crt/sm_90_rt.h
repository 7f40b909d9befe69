// The intrinsics of that architecture: cuda_runtime.h has them all.
#ifndef NPU_CUDA_CRT_SM_90_RT_H
#define NPU_CUDA_CRT_SM_90_RT_H

#include "../cuda_runtime.h"

#endif
