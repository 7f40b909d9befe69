// Stands for cuda_fp4.h, which the toolkit keeps in two files.
#ifndef NPU_CUDA_CUDA_FP4_HPP
#define NPU_CUDA_CUDA_FP4_HPP

#include "cuda_fp4.h"

#endif
