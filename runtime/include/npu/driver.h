// The driver API: devices, contexts, modules loaded from images, launches by handle, memory by
// number. C and C++. It is the runtime API (npu/runtime.h) with explicit contexts: both see the
// same memory, streams and events, and a function handle is a kernel for every call that takes one.
// Images come from `npucc -fatbin`, `-cubin` and `-ptx`, and from run-time compilation.
#ifndef NPU_DRIVER_H
#define NPU_DRIVER_H

#include "npu/api/hold_macros.def"

#include "npu/runtime.h"

#include <stdint.h>

#ifdef __cplusplus
extern "C" {
#endif

#define NPU_T(name) npu##name
#define NPU_C(name) NPU_##name
#define NPU_DRV(name) npudrv_##name
#define NPU_DRV_E(name) NPUDRV_##name
#define NPU_DRV_OWN_UUID
#include "npu/api/driver_types.def"
#undef NPU_DRV_OWN_UUID

#define GROUP(title)
#define API(cuda, neutral, parameters, status) npudrv_result neutral parameters;
#define GAP(cuda, reason)
#define API_V2(cuda, neutral, parameters, status) API(cuda, neutral, parameters, status)
#include "npu/api/driver.def"
#undef GROUP
#undef API
#undef GAP

#ifdef __cplusplus
}
#define NPU_DRV_FUNCTION(name) npudrv##name
#define NPU_DRV_CREATE_WITH_PARAMS npudrvCtxCreateWithParams
#include "npu/api/driver_overloads.def"
#undef NPU_DRV_FUNCTION
#undef NPU_DRV_CREATE_WITH_PARAMS
#endif
#undef NPU_T
#undef NPU_C
#undef NPU_DRV
#undef NPU_DRV_E

// The end and the parts of a launch's `extra`.
#define NPUDRV_LAUNCH_PARAM_END ((void *)0x00)
#define NPUDRV_LAUNCH_PARAM_BUFFER_POINTER ((void *)0x01)
#define NPUDRV_LAUNCH_PARAM_BUFFER_SIZE ((void *)0x02)
#define NPUDRV_DEVICE_CPU ((npudrv_device)-1)
#define NPUDRV_DEVICE_INVALID ((npudrv_device)-2)
#define NPUDRV_STREAM_LEGACY ((npudrv_stream)0x1)
#define NPUDRV_STREAM_PER_THREAD ((npudrv_stream)0x2)
#define NPUDRV_TRSF_READ_AS_INTEGER 0x01
#define NPUDRV_TRSF_NORMALIZED_COORDINATES 0x02
#define NPUDRV_TRSF_SRGB 0x10
#define NPUDRV_TRSF_DISABLE_TRILINEAR_OPTIMIZATION 0x20
#define NPUDRV_TRSF_SEAMLESS_CUBEMAP 0x40
#define NPUDRV_TRSA_OVERRIDE_FORMAT 0x01
#define NPUDRV_GRAPH_COND_ASSIGN_DEFAULT 0x1
#define NPU_ARRAY3D_LAYERED 0x01
#define NPU_ARRAY3D_SURFACE_LDST 0x02
#define NPU_ARRAY3D_CUBEMAP 0x04
#define NPU_ARRAY3D_TEXTURE_GATHER 0x08
#define NPUDRV_MEMHOSTALLOC_PORTABLE 0x01
#define NPUDRV_MEMHOSTALLOC_DEVICEMAP 0x02
#define NPUDRV_MEMHOSTALLOC_WRITECOMBINED 0x04
#define NPUDRV_MEMHOSTREGISTER_PORTABLE 0x01
#define NPUDRV_MEMHOSTREGISTER_DEVICEMAP 0x02
#define NPU_COOPERATIVE_LAUNCH_MULTI_DEVICE_NO_PRE_LAUNCH_SYNC 0x01
#define NPU_COOPERATIVE_LAUNCH_MULTI_DEVICE_NO_POST_LAUNCH_SYNC 0x02
// One numbering of attributes, under three names.
#define NPUDRV_KERNEL_NODE_ATTRIBUTE_ACCESS_POLICY_WINDOW                                          \
  NPUDRV_LAUNCH_ATTRIBUTE_ACCESS_POLICY_WINDOW
#define NPUDRV_KERNEL_NODE_ATTRIBUTE_COOPERATIVE NPUDRV_LAUNCH_ATTRIBUTE_COOPERATIVE
#define NPUDRV_KERNEL_NODE_ATTRIBUTE_CLUSTER_DIMENSION NPUDRV_LAUNCH_ATTRIBUTE_CLUSTER_DIMENSION
#define NPUDRV_KERNEL_NODE_ATTRIBUTE_CLUSTER_SCHEDULING_POLICY_PREFERENCE                          \
  NPUDRV_LAUNCH_ATTRIBUTE_CLUSTER_SCHEDULING_POLICY_PREFERENCE
#define NPUDRV_KERNEL_NODE_ATTRIBUTE_PRIORITY NPUDRV_LAUNCH_ATTRIBUTE_PRIORITY
#define NPUDRV_KERNEL_NODE_ATTRIBUTE_MEM_SYNC_DOMAIN_MAP NPUDRV_LAUNCH_ATTRIBUTE_MEM_SYNC_DOMAIN_MAP
#define NPUDRV_KERNEL_NODE_ATTRIBUTE_MEM_SYNC_DOMAIN NPUDRV_LAUNCH_ATTRIBUTE_MEM_SYNC_DOMAIN
#define NPUDRV_KERNEL_NODE_ATTRIBUTE_PREFERRED_CLUSTER_DIMENSION                                   \
  NPUDRV_LAUNCH_ATTRIBUTE_PREFERRED_CLUSTER_DIMENSION
#define NPUDRV_KERNEL_NODE_ATTRIBUTE_DEVICE_UPDATABLE_KERNEL_NODE                                  \
  NPUDRV_LAUNCH_ATTRIBUTE_DEVICE_UPDATABLE_KERNEL_NODE
#define NPUDRV_KERNEL_NODE_ATTRIBUTE_PREFERRED_SHARED_MEMORY_CARVEOUT                              \
  NPUDRV_LAUNCH_ATTRIBUTE_PREFERRED_SHARED_MEMORY_CARVEOUT
#define NPUDRV_STREAM_ATTRIBUTE_ACCESS_POLICY_WINDOW NPUDRV_LAUNCH_ATTRIBUTE_ACCESS_POLICY_WINDOW
#define NPUDRV_STREAM_ATTRIBUTE_SYNCHRONIZATION_POLICY                                             \
  NPUDRV_LAUNCH_ATTRIBUTE_SYNCHRONIZATION_POLICY
#define NPUDRV_STREAM_ATTRIBUTE_PRIORITY NPUDRV_LAUNCH_ATTRIBUTE_PRIORITY
#define NPUDRV_STREAM_ATTRIBUTE_MEM_SYNC_DOMAIN_MAP NPUDRV_LAUNCH_ATTRIBUTE_MEM_SYNC_DOMAIN_MAP
#define NPUDRV_STREAM_ATTRIBUTE_MEM_SYNC_DOMAIN NPUDRV_LAUNCH_ATTRIBUTE_MEM_SYNC_DOMAIN

#include "npu/api/release_macros.def"

#endif
