// Stands for device_atomic_functions.h, which the toolkit keeps in two files.
#ifndef NPU_CUDA_DEVICE_ATOMIC_FUNCTIONS_HPP
#define NPU_CUDA_DEVICE_ATOMIC_FUNCTIONS_HPP

#include "device_atomic_functions.h"

#endif
