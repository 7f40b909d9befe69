// CUDA's texture and surface functions: those of the kernel dialect for objects, and their forms
// for references of CUDA's spelling. Included by cuda_runtime.h in CUDA mode.
#ifndef NPU_CUDA_TEXTURES_H
#define NPU_CUDA_TEXTURES_H

#include "npu/api/hold_macros.def"

#include "npu/kernel.h"

#define NPU_TEXTURE(name, parameters, arguments, body) using npu::name;
#define NPU_TEXTURE_AGAIN(name, parameters, arguments, body)
#include "npu/device/texture_functions.def"
#undef NPU_TEXTURE
#define NPU_SURFACE(kind, ...)                                                                     \
  using npu::kind##read;                                                                           \
  using npu::kind##write;
#include "npu/device/surface_functions.def"
#undef NPU_SURFACE

#define NPU_T(name) cuda##name
#include "npu/api/texture_reference_functions.def"
#undef NPU_T

#include "npu/api/release_macros.def"

#endif
