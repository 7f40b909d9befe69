// CUDA's numeric type codes, shared by its libraries.
#ifndef NPU_CUDA_LIBRARY_TYPES_H
#define NPU_CUDA_LIBRARY_TYPES_H

#include "driver_types.h"

typedef enum libraryPropertyType_t { MAJOR_VERSION, MINOR_VERSION, PATCH_LEVEL } libraryPropertyType;

#endif
