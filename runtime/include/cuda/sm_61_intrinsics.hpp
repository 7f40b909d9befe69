// Stands for sm_61_intrinsics.h, which the toolkit keeps in two files.
#ifndef NPU_CUDA_SM_61_INTRINSICS_HPP
#define NPU_CUDA_SM_61_INTRINSICS_HPP

#include "sm_61_intrinsics.h"

#endif
