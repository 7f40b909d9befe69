// Stands for host_defines.h: the toolkit's internal folder has it too.
#ifndef NPU_CUDA_CRT_HOST_DEFINES_H
#define NPU_CUDA_CRT_HOST_DEFINES_H

#include "../host_defines.h"

#endif
