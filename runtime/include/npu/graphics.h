// Buffers of OpenGL in kernels: a registered buffer is copied to device memory when it is mapped
// and back when it is unmapped, by the OpenGL that the program itself uses. Calls are made from the
// thread whose OpenGL context is current. C and C++.
#ifndef NPU_GRAPHICS_H
#define NPU_GRAPHICS_H

#include "npu/api/hold_macros.def"

#include "npu/runtime.h"

#ifdef __cplusplus
#define NPU_OR(value) = value
extern "C" {
#else
#define NPU_OR(value)
#endif

#define NPU_T(name) npu##name
#include "npu/api/graphics_types.def"

#define GROUP(title)
#define API(cuda, neutral, parameters, status) npuError_t neutral parameters;
#define GAP(cuda, reason)
#include "npu/api/graphics.def"
#undef GROUP
#undef API
#undef GAP
#undef NPU_T
#undef NPU_OR

#ifdef __cplusplus
}
#endif

#include "npu/api/release_macros.def"

#endif
