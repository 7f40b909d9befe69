// Stands for cuda_fp16.h, which the toolkit keeps in two files.
#ifndef NPU_CUDA_CUDA_FP16_HPP
#define NPU_CUDA_CUDA_FP16_HPP

#include "cuda_fp16.h"

#endif
