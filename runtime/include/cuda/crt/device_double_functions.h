// Stands for device_double_functions.h: the toolkit's internal folder has it too.
#ifndef NPU_CUDA_CRT_DEVICE_DOUBLE_FUNCTIONS_H
#define NPU_CUDA_CRT_DEVICE_DOUBLE_FUNCTIONS_H

#include "../device_double_functions.h"

#endif
