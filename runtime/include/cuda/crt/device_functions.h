// Stands for device_functions.h: the toolkit's internal folder has it too.
#ifndef NPU_CUDA_CRT_DEVICE_FUNCTIONS_H
#define NPU_CUDA_CRT_DEVICE_FUNCTIONS_H

#include "../device_functions.h"

#endif
