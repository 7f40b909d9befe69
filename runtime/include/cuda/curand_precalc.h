// A part of the toolkit's curand_kernel.h.
#ifndef NPU_CUDA_CURAND_PRECALC_H
#define NPU_CUDA_CURAND_PRECALC_H

#include "curand_kernel.h"

#endif
