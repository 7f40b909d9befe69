// The neutral API's plain types and enumerators, in C and C++.
//
// The fragment api/types.def spells every name through NPU_T(x), so that the same text also makes the
// CUDA-compatible types (cudaMemcpyKind beside npuMemcpyKind). The two sets are distinct types with
// one binary layout: functions of both spellings share one symbol.
#ifndef NPU_TYPES_H
#define NPU_TYPES_H

#include <stddef.h>
#include <stdint.h>

#define NPU_T(name) npu##name
#include "npu/api/types.def"
#undef NPU_T

#endif
