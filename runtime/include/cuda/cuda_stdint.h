// The integers of <stdint.h>.
#ifndef NPU_CUDA_CUDA_STDINT_H
#define NPU_CUDA_CUDA_STDINT_H

#include <stdint.h>

#endif
