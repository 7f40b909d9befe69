// The neutral API's plain types and enumerators, in C and C++.
//
// The fragment api/types.def spells every name through NPU_T(x) or NPU_C(x), so that the same text
// also makes the CUDA-compatible types (cudaMemcpyKind beside npuMemcpyKind). The two sets are
// distinct types with one binary layout: functions of both spellings share one symbol.
#ifndef NPU_TYPES_H
#define NPU_TYPES_H

#include "npu/vector_types.h"

#include <stddef.h>
#include <stdint.h>

#define NPU_T(name) npu##name
#define NPU_C(name) NPU_##name
#define NPU_FUNCTION_TAG npudrv_func_st
#define NPU_LIBRARY_TAG npudrv_mod_st
#include "npu/api/types.def"
#undef NPU_T
#undef NPU_C
#undef NPU_FUNCTION_TAG
#undef NPU_LIBRARY_TAG

// The two streams that exist without being created. Macros: a pointer cast is no constant
// expression.
#define npuStreamLegacy ((npuStream_t)0x1)
#define npuStreamPerThread ((npuStream_t)0x2)
// In kernels alone.
#define npuStreamTailLaunch ((npuStream_t)0x3)
#define npuStreamFireAndForget ((npuStream_t)0x4)
// Flags of npuStreamCreateWithFlags. Literals, because programs pass the first as a stream, too.
#define npuStreamDefault 0x00
#define npuStreamNonBlocking 0x01

// The same attributes by the names of where they are set. Macros, as in CUDA: one type, several
// names.
#define npuStreamAttributeAccessPolicyWindow npuLaunchAttributeAccessPolicyWindow
#define npuStreamAttributeSynchronizationPolicy npuLaunchAttributeSynchronizationPolicy
#define npuStreamAttributeMemSyncDomainMap npuLaunchAttributeMemSyncDomainMap
#define npuStreamAttributeMemSyncDomain npuLaunchAttributeMemSyncDomain
#define npuStreamAttributePriority npuLaunchAttributePriority
#define npuKernelNodeAttributeAccessPolicyWindow npuLaunchAttributeAccessPolicyWindow
#define npuKernelNodeAttributeCooperative npuLaunchAttributeCooperative
#define npuKernelNodeAttributePriority npuLaunchAttributePriority
#define npuKernelNodeAttributeClusterDimension npuLaunchAttributeClusterDimension
#define npuKernelNodeAttributeClusterSchedulingPolicyPreference                                    \
  npuLaunchAttributeClusterSchedulingPolicyPreference
#define npuKernelNodeAttributeMemSyncDomainMap npuLaunchAttributeMemSyncDomainMap
#define npuKernelNodeAttributeMemSyncDomain npuLaunchAttributeMemSyncDomain
#define npuKernelNodeAttributePreferredSharedMemoryCarveout                                        \
  npuLaunchAttributePreferredSharedMemoryCarveout
#define npuKernelNodeAttributeDeviceUpdatableKernelNode npuLaunchAttributeDeviceUpdatableKernelNode
#define npuGraphKernelNodePortDefault 0
#define npuGraphKernelNodePortProgrammatic 1
#define npuGraphKernelNodePortLaunchCompletion 2

#endif
