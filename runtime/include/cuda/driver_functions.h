// make_cudaPos, make_cudaExtent and make_cudaPitchedPtr; cuda_runtime.h has them.
#ifndef NPU_CUDA_DRIVER_FUNCTIONS_H
#define NPU_CUDA_DRIVER_FUNCTIONS_H

#include "cuda_runtime.h"

#endif
