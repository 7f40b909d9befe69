// Stands for math_functions.h, which the toolkit keeps in two files.
#ifndef NPU_CUDA_MATH_FUNCTIONS_HPP
#define NPU_CUDA_MATH_FUNCTIONS_HPP

#include "math_functions.h"

#endif
