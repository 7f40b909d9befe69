// Stands for cuda_bf16.h, which the toolkit keeps in two files.
#ifndef NPU_CUDA_CUDA_BF16_HPP
#define NPU_CUDA_CUDA_BF16_HPP

#include "cuda_bf16.h"

#endif
