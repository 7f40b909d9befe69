// Stands for sm_32_intrinsics.h, which the toolkit keeps in two files.
#ifndef NPU_CUDA_SM_32_INTRINSICS_HPP
#define NPU_CUDA_SM_32_INTRINSICS_HPP

#include "sm_32_intrinsics.h"

#endif
