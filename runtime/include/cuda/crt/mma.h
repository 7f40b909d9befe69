// Stands for mma.h: the toolkit's internal folder has it too.
#ifndef NPU_CUDA_CRT_MMA_H
#define NPU_CUDA_CRT_MMA_H

#include "../mma.h"

#endif
