// Arrays: images that copies and textures address by position. An array is linear memory here, row
// after row, with the distances that its handle remembers. Handles are checked against the set of
// live ones. Everything in here may be called from any thread.
#pragma once

#include "core.h"

#include <memory>
#include <string>
#include <vector>

namespace npu::core {

// What a channel description says about an element.
struct ElementFormat {
  npuChannelFormatKind kind = npuChannelFormatKindNone;
  int bits = 0;       // of a component: 8, 16 or 32
  int components = 0; // 1, 2 or 4
  size_t bytes() const { return size_t(bits / 8) * size_t(components); }
  // What texture reads count on: they load whole words.
  size_t alignment() const { return bytes() < 4 ? 4 : size_t(bits / 8 < 4 ? 4 : bits / 8); }
};
Status readFormat(const npuChannelFormatDesc &description, ElementFormat &format);

struct Array {
  npuChannelFormatDesc description = {};
  ElementFormat format;
  npuExtent extent = {}; // as the program gave it: 0 for dimensions that there are not
  unsigned flags = 0;
  char *base = nullptr;
  size_t pitch = 0, slicePitch = 0; // bytes
  bool isLevel = false;             // its memory belongs to a mipmapped array

  bool isLayered() const { return flags & npuArrayLayered; }
  bool isCube() const { return flags & npuArrayCubemap; }
  size_t width() const { return extent.width; }
  size_t height() const { return extent.height ? extent.height : 1; }
  // Slices, layers or faces.
  size_t depth() const { return extent.depth ? extent.depth : 1; }
  size_t bytes() const { return slicePitch * depth(); }
};

struct MipmappedArray {
  std::vector<std::unique_ptr<Array>> levels;
};

Status createArray(npuArray_t *handle, const npuChannelFormatDesc *description, npuExtent extent,
                   unsigned flags);
Status createMipmappedArray(npuMipmappedArray_t *handle, const npuChannelFormatDesc *description,
                            npuExtent extent, unsigned levels, unsigned flags);
Status destroyArray(npuArray_t handle);
Status destroyMipmappedArray(npuMipmappedArray_t handle);

// npuErrorInvalidResourceHandle for what is not an array. The array lives until it is destroyed.
Status findArray(npuArray_const_t handle, const Array *&array);
Status findMipmappedArray(npuMipmappedArray_const_t handle, const MipmappedArray *&array);
npuArray_t handleOf(const Array &array);

// A three-dimensional copy between any two of arrays and pitched memory; what is asked of an array
// is checked, what is asked of memory is not.
Status copyOfParameters(const npuMemcpy3DParms &parameters, Copy &copy);

} // namespace npu::core
