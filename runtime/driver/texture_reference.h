// A texture or surface reference of a module, as a program sets and asks it.
#pragma once

#include "module.h"

#include <string>

struct npudrv_texref_st {
  npudrv_module module = nullptr;
  std::string name;
  bool isSurface = false;
  bool isBound = false;
  npuResourceDesc resource = {};
  npuTextureDesc description = {};
  unsigned flags = 0;
  npudrv_array_format format = NPUDRV_AD_FORMAT_FLOAT; // of memory, and what is told
  unsigned channels = 1;
};

namespace npu::driver_api {

// Whether it is one that a module has, of that kind.
Status checkReference(const npudrv_texref_st *reference, bool isSurface);
inline Status nullArgument() { return Status(npuErrorInvalidValue, "an argument is null"); }

} // namespace npu::driver_api
