// Reading textures through objects: npu::tex2D<float>(texture, x, y) and its family. The type T is
// that of the texels, or float with their number of components where the texture is read as
// normalised numbers or half floats. The forms with a pointer are CUDA's older spelling; those with
// a last parameter `isResident` are for sparse textures: here all of a texture is there.
#ifndef NPU_DEVICE_TEXTURES_H
#define NPU_DEVICE_TEXTURES_H

#include "npu/api/hold_macros.def"

#include "npu/device/cubemap.h"
#include "npu/device/texture_sample.h"
#include "npu/types.h"

namespace npu {
namespace detail {

NPU_SAMPLING const TextureDescriptor *textureOf(npuTextureObject_t texture) {
  return (const TextureDescriptor *)texture;
}

// A layer beyond the last is the last.
NPU_SAMPLING int layerOf(const TextureDescriptor *texture, int layer) {
  int last = fixed(texture->layers) - 1;
  layer = layer < last ? layer : last;
  return layer > 0 ? layer : 0;
}

// Linear memory: nothing is outside of it but zeros.
template <class T> NPU_SAMPLING T fetchLinear(const TextureDescriptor *texture, int index) {
  T texel = Texel<T>::of(0, 0, 0, 0);
  if ((unsigned long long)(long long)index < fixed(texture->elements)) {
    unsigned long long base = fixed(texture->first.base);
    if (isNative<T>(texture))
      return Texel<T>::load((const unsigned int *)base, 0, index);
    const Neighbours none = {0, 0, 0.0f, true, true};
    Around at = {{index, index, 0.0f, true, true}, none, none};
    texel = sumOfAny<T>(texture, &texture->first, base, at, 0, 1);
  }
  return texel;
}

// log2 of the longest gradient in texels (Williams: "Pyramidal Parametrics", 1983).
NPU_SAMPLING float lodOf(float squared) {
  return squared > 0.0f ? 0.5f * __builtin_log2f(squared) : 0.0f;
}
NPU_SAMPLING float extent(const TextureDescriptor *texture, int axis) {
  return (float)fixed(texture->first.size[axis]);
}
NPU_SAMPLING float larger(float a, float b) { return a > b ? a : b; }
NPU_SAMPLING float lodOfGradient(const TextureDescriptor *texture, float dx, float dy) {
  float width = extent(texture, 0);
  dx *= width, dy *= width;
  return lodOf(larger(dx * dx, dy * dy));
}
NPU_SAMPLING float lodOfGradient(const TextureDescriptor *texture, float2 dx, float2 dy) {
  float width = extent(texture, 0), height = extent(texture, 1);
  dx.x *= width, dx.y *= height, dy.x *= width, dy.y *= height;
  return lodOf(larger(dx.x * dx.x + dx.y * dx.y, dy.x * dy.x + dy.y * dy.y));
}
NPU_SAMPLING float lodOfGradient(const TextureDescriptor *texture, float4 dx, float4 dy) {
  float width = extent(texture, 0), height = extent(texture, 1), depth = extent(texture, 2);
  dx.x *= width, dx.y *= height, dx.z *= depth, dy.x *= width, dy.y *= height, dy.z *= depth;
  return lodOf(
      larger(dx.x * dx.x + dx.y * dx.y + dx.z * dx.z, dy.x * dy.x + dy.y * dy.y + dy.z * dy.z));
}

template <class T>
NPU_SAMPLING T sampleCube(const TextureDescriptor *texture, float x, float y, float z, int layer) {
  CubePlace at = placeOnCube(x, y, z);
  return sample<T, 2>(texture, layer * 6 + at.face, at.s, at.t, 0.0f);
}
template <class T>
NPU_SAMPLING T sampleCubeLod(const TextureDescriptor *texture, float x, float y, float z, int layer,
                             float lod) {
  CubePlace at = placeOnCube(x, y, z);
  return sampleLod<T, 2>(texture, layer * 6 + at.face, at.s, at.t, 0.0f, lod);
}

} // namespace detail

#define NPU_TEXTURE_BODY(...) __VA_ARGS__
// One function in its forms; `body` computes a T from `t`, the descriptor. Kernels with many reads
// call the first form (the device compiler decides), so it is not forced into them.
#define NPU_TEXTURE(name, parameters, arguments, body)                                             \
  template <class T>                                                                               \
  static NPU_DEVICE __inline__ T name(npuTextureObject_t texture, NPU_TEXTURE_BODY parameters) {   \
    const detail::TextureDescriptor *t = detail::textureOf(texture);                               \
    (void)t;                                                                                       \
    return body;                                                                                   \
  }                                                                                                \
  template <class T>                                                                               \
  NPU_SAMPLING T name(npuTextureObject_t texture, NPU_TEXTURE_BODY parameters, bool *isResident) { \
    *isResident = true;                                                                            \
    return name<T>(texture, NPU_TEXTURE_BODY arguments);                                           \
  }                                                                                                \
  template <class T>                                                                               \
  NPU_SAMPLING void name(T *result, npuTextureObject_t texture, NPU_TEXTURE_BODY parameters) {     \
    *result = name<T>(texture, NPU_TEXTURE_BODY arguments);                                        \
  }
#include "npu/device/texture_functions.def"
#undef NPU_TEXTURE

} // namespace npu

#include "npu/api/release_macros.def"

#endif
