// A part of the toolkit's curand_kernel.h.
#ifndef NPU_CUDA_CURAND_MRG32K3A_H
#define NPU_CUDA_CURAND_MRG32K3A_H

#include "curand_kernel.h"

#endif
