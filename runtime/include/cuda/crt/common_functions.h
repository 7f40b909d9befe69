// Stands for common_functions.h: the toolkit's internal folder has it too.
#ifndef NPU_CUDA_CRT_COMMON_FUNCTIONS_H
#define NPU_CUDA_CRT_COMMON_FUNCTIONS_H

#include "../common_functions.h"

#endif
