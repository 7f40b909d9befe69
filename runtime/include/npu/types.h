// The neutral API's plain types and enumerators, in C and C++.
//
// The fragment api/types.def spells every name through NPU_T(x) or NPU_C(x), so that the same text
// also makes the CUDA-compatible types (cudaMemcpyKind beside npuMemcpyKind). The two sets are
// distinct types with one binary layout: functions of both spellings share one symbol.
#ifndef NPU_TYPES_H
#define NPU_TYPES_H

#include <stddef.h>
#include <stdint.h>

#define NPU_T(name) npu##name
#define NPU_C(name) NPU_##name
#include "npu/api/types.def"
#undef NPU_T
#undef NPU_C

// The two streams that exist without being created. Macros: a pointer cast is no constant
// expression.
#define npuStreamLegacy ((npuStream_t)0x1)
#define npuStreamPerThread ((npuStream_t)0x2)

#endif
