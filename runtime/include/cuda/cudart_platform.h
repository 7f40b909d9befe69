// What the toolkit keeps in this file is in cuda_runtime_api.h.
#ifndef NPU_CUDA_CUDART_PLATFORM_H
#define NPU_CUDA_CUDART_PLATFORM_H

#include "cuda_runtime_api.h"

#endif
