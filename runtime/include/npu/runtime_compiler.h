// Compilation of kernels at run time, from source in memory to an image that npudrvModuleLoadData
// takes. C and C++. The compiler is npucc, run as a process of its own. Any thread; one program,
// one thread.
#ifndef NPU_RUNTIME_COMPILER_H
#define NPU_RUNTIME_COMPILER_H

#include "npu/api/hold_macros.def"

#include <stddef.h>

#ifdef __cplusplus
extern "C" {
#endif

#define NPU_RTC(name) npurtc##name
#define NPU_RTC_E(name) NPURTC_##name
#include "npu/api/runtime_compiler_types.def"

#define GROUP(title)
#define API(cuda, neutral, parameters, status) npurtcResult neutral parameters;
#define API_OF(type, cuda, neutral, parameters, status) type neutral parameters;
#ifdef __cplusplus
#define GAP(cuda, reason)
#else
#define GAP(cuda, reason)
#endif
#include "npu/api/runtime_compiler.def"
#undef GROUP
#undef API
#undef API_OF
#undef GAP

#ifdef __cplusplus
}
#endif
#if defined(__cplusplus) && defined(__GXX_RTTI)
#include "npu/api/runtime_compiler_names.def"
#endif
#undef NPU_RTC
#undef NPU_RTC_E

#include "npu/api/release_macros.def"

#endif
