// The runtime API: devices, memory, streams, events, launches. C and C++; C++ adds the typed
// overloads of api/runtime_templates.def. Every function returns npuSuccess or the reason; errors
// of asynchronous work surface at a later call, as in CUDA. All functions may be called from any
// thread.
#ifndef NPU_RUNTIME_H
#define NPU_RUNTIME_H

#include "npu/api/hold_macros.def"

#include "npu/device/attributes.h"
#include "npu/types.h"
#include "npu/vector_types.h"

// Programs written for CUDA count on its runtime header for the C mathematics.
#include <math.h>

#define NPURT_VERSION 12080

#ifdef __cplusplus
#define NPU_OR(value) = value
extern "C" {
#else
#define NPU_OR(value)
#endif

#define NPU_T(name) npu##name
#define NPU_MAKE(name) make_npu##name
#define GROUP(title)
#define API(cuda, neutral, parameters, status) npuError_t neutral parameters;
#define API_OF(type, cuda, neutral, parameters, status) type neutral parameters;
#define API_ANYWHERE(cuda, neutral, parameters, status)                                            \
  NPU_HOST_DEVICE npuError_t neutral parameters;
#define API_OWN_ANYWHERE(type, cuda, neutral, parameters, status)                                  \
  NPU_HOST_DEVICE type neutral parameters;
#define GAP(cuda, reason)
#include "npu/api/helpers.def"
#include "npu/api/runtime.def"

#ifdef __cplusplus
}
#include "npu/api/channel_descriptions.def"
#include "npu/api/runtime_templates.def"
namespace npu {
#include "npu/api/texture_references.def"
}
#define NPU_TEXTURE npu::texture
#define NPU_SURFACE npu::surface
#include "npu/api/texture_binding.def"
#undef NPU_TEXTURE
#undef NPU_SURFACE
#endif
#undef NPU_T
#undef NPU_MAKE
#undef NPU_OR

#include "npu/api/release_macros.def"

#endif
