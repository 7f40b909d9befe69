// Stands for sm_20_intrinsics.h, which the toolkit keeps in two files.
#ifndef NPU_CUDA_SM_20_INTRINSICS_HPP
#define NPU_CUDA_SM_20_INTRINSICS_HPP

#include "sm_20_intrinsics.h"

#endif
