// NVTX's names for objects of the runtime API. Without a tool they cost nothing.
#ifndef NVTOOLSEXT_CUDART_H_
#define NVTOOLSEXT_CUDART_H_

#include "cuda_runtime_api.h"
#include "nvToolsExt.h"
#include <wchar.h>

#define NPU_NAMES(object, type)                                                                    \
  static inline void nvtxNameCuda##object##A(type named, const char *name) {                       \
    (void)named;                                                                                   \
    (void)name;                                                                                    \
  }                                                                                                \
  static inline void nvtxNameCuda##object##W(type named, const wchar_t *name) {                    \
    (void)named;                                                                                   \
    (void)name;                                                                                    \
  }
NPU_NAMES(Device, int)
NPU_NAMES(Stream, cudaStream_t)
NPU_NAMES(Event, cudaEvent_t)
#undef NPU_NAMES

#define nvtxNameCudaDevice nvtxNameCudaDeviceA
#define nvtxNameCudaStream nvtxNameCudaStreamA
#define nvtxNameCudaEvent nvtxNameCudaEventA

#endif
