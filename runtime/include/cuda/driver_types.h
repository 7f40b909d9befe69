// CUDA's spelling of the runtime's types. See npu/types.h.
#ifndef NPU_CUDA_DRIVER_TYPES_H
#define NPU_CUDA_DRIVER_TYPES_H
// Programs test this macro to see whether CUDA's types are known.
#define __DRIVER_TYPES_H__

#include "vector_types.h"

#include <stddef.h>
#include <stdint.h>

// CUDA spells these two structs without its prefix.
#define cudaTextureReference textureReference
#define cudaSurfaceReference surfaceReference
#define NPU_T(name) cuda##name
#define NPU_C(name) CUDA_##name
#define NPU_FUNCTION_TAG CUfunc_st
#define NPU_LIBRARY_TAG CUmod_st
// X11's headers, which OpenGL programs include first, make a macro of this name.
#pragma push_macro("Success")
#undef Success
#include "npu/api/types.def"
#pragma pop_macro("Success")
#undef NPU_T
#undef NPU_C
#undef NPU_FUNCTION_TAG
#undef NPU_LIBRARY_TAG

#define cudaStreamLegacy ((cudaStream_t)0x1)
#define cudaStreamPerThread ((cudaStream_t)0x2)
// In kernels alone.
#define cudaStreamTailLaunch ((cudaStream_t)0x3)
#define cudaStreamFireAndForget ((cudaStream_t)0x4)
// Flags of cudaStreamCreateWithFlags. Literals, because programs pass the first as a stream, too.
#define cudaStreamDefault 0x00
#define cudaStreamNonBlocking 0x01

// The same attributes by the names of where they are set. Macros, as in CUDA: one type, several
// names.
#define cudaStreamAttributeAccessPolicyWindow cudaLaunchAttributeAccessPolicyWindow
#define cudaStreamAttributeSynchronizationPolicy cudaLaunchAttributeSynchronizationPolicy
#define cudaStreamAttributeMemSyncDomainMap cudaLaunchAttributeMemSyncDomainMap
#define cudaStreamAttributeMemSyncDomain cudaLaunchAttributeMemSyncDomain
#define cudaStreamAttributePriority cudaLaunchAttributePriority
#define cudaKernelNodeAttributeAccessPolicyWindow cudaLaunchAttributeAccessPolicyWindow
#define cudaKernelNodeAttributeCooperative cudaLaunchAttributeCooperative
#define cudaKernelNodeAttributePriority cudaLaunchAttributePriority
#define cudaKernelNodeAttributeClusterDimension cudaLaunchAttributeClusterDimension
#define cudaKernelNodeAttributeClusterSchedulingPolicyPreference                                   \
  cudaLaunchAttributeClusterSchedulingPolicyPreference
#define cudaKernelNodeAttributeMemSyncDomainMap cudaLaunchAttributeMemSyncDomainMap
#define cudaKernelNodeAttributeMemSyncDomain cudaLaunchAttributeMemSyncDomain
#define cudaKernelNodeAttributePreferredSharedMemoryCarveout                                       \
  cudaLaunchAttributePreferredSharedMemoryCarveout
#define cudaKernelNodeAttributeDeviceUpdatableKernelNode                                           \
  cudaLaunchAttributeDeviceUpdatableKernelNode
#define cudaGraphKernelNodePortDefault 0
#define cudaGraphKernelNodePortProgrammatic 1
#define cudaGraphKernelNodePortLaunchCompletion 2

typedef cudaUUID_t CUuuid;

#endif
