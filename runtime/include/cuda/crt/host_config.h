// Stands for host_config.h: the toolkit's internal folder has it too.
#ifndef NPU_CUDA_CRT_HOST_CONFIG_H
#define NPU_CUDA_CRT_HOST_CONFIG_H

#include "../host_config.h"

#endif
