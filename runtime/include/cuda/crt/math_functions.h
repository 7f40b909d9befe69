// Stands for math_functions.h: the toolkit's internal folder has it too.
#ifndef NPU_CUDA_CRT_MATH_FUNCTIONS_H
#define NPU_CUDA_CRT_MATH_FUNCTIONS_H

#include "../math_functions.h"

#endif
