// Stands for sm_20_atomic_functions.h, which the toolkit keeps in two files.
#ifndef NPU_CUDA_SM_20_ATOMIC_FUNCTIONS_HPP
#define NPU_CUDA_SM_20_ATOMIC_FUNCTIONS_HPP

#include "sm_20_atomic_functions.h"

#endif
