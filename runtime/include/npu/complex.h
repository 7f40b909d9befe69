// Complex arithmetic on float2 and double2: npuCadd, npuCmulf ... for host and device code.
#ifndef NPU_COMPLEX_H
#define NPU_COMPLEX_H

#include "npu/vector_types.h"

#include <math.h>

#define NPU_COMPLEX(name) npu##name
#define NPU_MAKE_COMPLEX(name) make_npu##name
#include "npu/api/complex.def"
#undef NPU_COMPLEX
#undef NPU_MAKE_COMPLEX

#endif
