// CUDA's spelling of the driver API (npu/driver.h). Many sources include it and mean the runtime
// API, which nvcc includes for them.
#ifndef NPU_CUDA_CUDA_H
#define NPU_CUDA_CUDA_H
#define __cuda_cuda_h__

#include "npu/api/hold_macros.def"

#include "cuda_runtime_api.h"
#include "npu_gap.h"

#define CUDA_VERSION 12080
#define CUDAAPI
#define CUDA_CB

#ifdef __cplusplus
extern "C" {
#endif

typedef unsigned int cuuint32_t;
typedef unsigned long long cuuint64_t;

#define NPU_T(name) cuda##name
#define NPU_C(name) CUDA_##name
#define NPU_DRV(name) CU##name
#define NPU_DRV_E(name) CU_##name
#include "npu/api/driver_types.def"

#define GROUP(title)
#define API(cuda, neutral, parameters, status) CUresult cuda parameters __asm__(#neutral);
#define GAP(cuda, reason) NPU_GAP(CUresult, cuda, NPU_ANYTHING, reason)
#include "npu/api/driver.def"
#undef GROUP
#undef API
#undef GAP

#ifdef __cplusplus
}
#define NPU_DRV_FUNCTION(name) cu##name
#define NPU_DRV_CREATE_WITH_PARAMS cuCtxCreate_v4
#include "npu/api/driver_overloads.def"
#undef NPU_DRV_FUNCTION
#undef NPU_DRV_CREATE_WITH_PARAMS
#endif
#undef NPU_T
#undef NPU_C
#undef NPU_DRV
#undef NPU_DRV_E

#define CU_LAUNCH_PARAM_END ((void *)0x00)
#define CU_LAUNCH_PARAM_BUFFER_POINTER ((void *)0x01)
#define CU_LAUNCH_PARAM_BUFFER_SIZE ((void *)0x02)
#define CU_DEVICE_CPU ((CUdevice)-1)
#define CU_DEVICE_INVALID ((CUdevice)-2)
#define CU_STREAM_LEGACY ((CUstream)0x1)
#define CU_STREAM_PER_THREAD ((CUstream)0x2)
#define CU_TRSF_READ_AS_INTEGER 0x01
#define CU_TRSF_NORMALIZED_COORDINATES 0x02
#define CU_TRSF_SRGB 0x10
#define CUDA_ARRAY3D_LAYERED 0x01
#define CUDA_ARRAY3D_SURFACE_LDST 0x02
#define CUDA_ARRAY3D_CUBEMAP 0x04
#define CUDA_ARRAY3D_TEXTURE_GATHER 0x08
#define CU_MEMHOSTALLOC_PORTABLE 0x01
#define CU_MEMHOSTALLOC_DEVICEMAP 0x02
#define CU_MEMHOSTALLOC_WRITECOMBINED 0x04
#define CU_MEMHOSTREGISTER_PORTABLE 0x01
#define CU_MEMHOSTREGISTER_DEVICEMAP 0x02

#include "npu/api/release_macros.def"

#endif
