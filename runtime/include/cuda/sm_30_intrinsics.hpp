// Stands for sm_30_intrinsics.h, which the toolkit keeps in two files.
#ifndef NPU_CUDA_SM_30_INTRINSICS_HPP
#define NPU_CUDA_SM_30_INTRINSICS_HPP

#include "sm_30_intrinsics.h"

#endif
