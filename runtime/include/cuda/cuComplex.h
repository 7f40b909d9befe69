// CUDA-compatible spelling of npu/complex.h.
#ifndef CU_COMPLEX_H_
#define CU_COMPLEX_H_

#include "vector_types.h"

#include <math.h>

#define NPU_COMPLEX(name) cu##name
#define NPU_MAKE_COMPLEX(name) make_cu##name
#include "npu/api/complex.def"
#undef NPU_COMPLEX
#undef NPU_MAKE_COMPLEX

#endif
