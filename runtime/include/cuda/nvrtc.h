// NVRTC's spelling of npu/runtime_compiler.h.
#ifndef __NVRTC_H__
#define __NVRTC_H__

#include "npu/api/hold_macros.def"

#include "npu_gap.h"
#include <stddef.h>

#ifdef __cplusplus
extern "C" {
#endif

#define NPU_RTC(name) nvrtc##name
#define NPU_RTC_E(name) NVRTC_##name
#include "npu/api/runtime_compiler_types.def"

#define GROUP(title)
#define API(cuda, neutral, parameters, status) nvrtcResult cuda parameters __asm__(#neutral);
#define API_OF(type, cuda, neutral, parameters, status) type cuda parameters __asm__(#neutral);
#define GAP(cuda, reason) NPU_GAP(nvrtcResult, cuda, NPU_ANYTHING, reason)
#include "npu/api/runtime_compiler.def"
#undef GROUP
#undef API
#undef API_OF
#undef GAP

#ifdef __cplusplus
}
#endif
#if defined(__cplusplus) && defined(NVRTC_GET_TYPE_NAME) && NVRTC_GET_TYPE_NAME
#include "npu/api/runtime_compiler_names.def"
#endif
#undef NPU_RTC
#undef NPU_RTC_E

#include "npu/api/release_macros.def"

#endif
