// Stands for vector_functions.h, which the toolkit keeps in two files.
#ifndef NPU_CUDA_VECTOR_FUNCTIONS_HPP
#define NPU_CUDA_VECTOR_FUNCTIONS_HPP

#include "vector_functions.h"

#endif
