// Stands for sm_60_atomic_functions.h, which the toolkit keeps in two files.
#ifndef NPU_CUDA_SM_60_ATOMIC_FUNCTIONS_HPP
#define NPU_CUDA_SM_60_ATOMIC_FUNCTIONS_HPP

#include "sm_60_atomic_functions.h"

#endif
