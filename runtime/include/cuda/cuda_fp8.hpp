// Stands for cuda_fp8.h, which the toolkit keeps in two files.
#ifndef NPU_CUDA_CUDA_FP8_HPP
#define NPU_CUDA_CUDA_FP8_HPP

#include "cuda_fp8.h"

#endif
