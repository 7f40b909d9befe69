// NVTX's names for objects of the driver API. Without a tool they cost nothing.
#ifndef NVTOOLSEXT_CUDA_H_
#define NVTOOLSEXT_CUDA_H_

#include "cuda.h"
#include "nvToolsExt.h"
#include <wchar.h>

#define NPU_NAMES(object, type)                                                                    \
  static inline void nvtxNameCu##object##A(type named, const char *name) {                         \
    (void)named;                                                                                   \
    (void)name;                                                                                    \
  }                                                                                                \
  static inline void nvtxNameCu##object##W(type named, const wchar_t *name) {                      \
    (void)named;                                                                                   \
    (void)name;                                                                                    \
  }
NPU_NAMES(Device, CUdevice)
NPU_NAMES(Context, CUcontext)
NPU_NAMES(Stream, CUstream)
NPU_NAMES(Event, CUevent)
#undef NPU_NAMES

#define nvtxNameCuDevice nvtxNameCuDeviceA
#define nvtxNameCuContext nvtxNameCuContextA
#define nvtxNameCuStream nvtxNameCuStreamA
#define nvtxNameCuEvent nvtxNameCuEventA

#endif
