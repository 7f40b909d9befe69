// Stands for cuda_fp6.h, which the toolkit keeps in two files.
#ifndef NPU_CUDA_CUDA_FP6_HPP
#define NPU_CUDA_CUDA_FP6_HPP

#include "cuda_fp6.h"

#endif
