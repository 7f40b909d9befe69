// Texture and surface descriptors: what kernels read (npu/device/texture_descriptor.h), made from
// what the program says and kept in memory that kernels reach. Equal descriptors are one record
// that is never changed, so that pending kernels keep what they were launched with. Everything in
// here may be called from any thread.
#pragma once

#include "array.h"

#include "npu/device/texture_descriptor.h"

#include <memory>

namespace npu::core {

// How a texture is read: an object's description, or a reference's members.
struct Sampling {
  npuTextureDesc description = {};
  const npuResourceViewDesc *view = nullptr;
};

// The address of the record in device memory. Records are never freed: there are as many as a
// program has different textures.
// Descriptors that differ in `instance` alone are different records: objects have identities.
Status makeTexture(const npuResourceDesc &resource, const Sampling &sampling, int instance,
                   uint64_t &address);
Status makeSurface(const npuResourceDesc &resource, int instance, uint64_t &address);
// What a reference without binding is: reads give zeros, and every access to the surface is outside
// of it.
Status unboundTexture(uint64_t &address);
Status unboundSurface(uint64_t &address);

// npuErrorLaunchFailure when a kernel since the last call accessed a surface outside of its bounds
// under npuBoundaryModeTrap.
Status takeSurfaceFault();

} // namespace npu::core
