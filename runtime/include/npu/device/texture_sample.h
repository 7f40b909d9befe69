// How a texture is read: coordinates to texels, texels to numbers, filters. The rules are those of
// the CUDA C++ programming guide, "Texture Fetching"; the sums are its formulas. Everything that
// the descriptor says is the same for all threads, so its branches cost next to nothing; the one
// test of `native` decides between a plain load and the decoding of any other format.
#ifndef NPU_DEVICE_TEXTURE_SAMPLE_H
#define NPU_DEVICE_TEXTURE_SAMPLE_H

#include "npu/device/attributes.h"
#include "npu/device/small_floats.h"
#include "npu/device/texel.h"
#include "npu/device/texture_descriptor.h"

// Loads of memory that does not change while the kernel runs; the device compiler knows them.
extern "C" NPU_DEVICE __attribute__((const)) unsigned int __npu_constant_i32(const void *address);
extern "C" NPU_DEVICE __attribute__((const)) unsigned long long
__npu_constant_i64(const void *address);

namespace npu {
namespace detail {

#define NPU_SAMPLING static NPU_DEVICE NPU_FORCEINLINE

NPU_SAMPLING int fixed(const int32_t &field) { return (int)__npu_constant_i32(&field); }
NPU_SAMPLING unsigned int fixed(const uint32_t &field) { return __npu_constant_i32(&field); }
NPU_SAMPLING unsigned long long fixed(const uint64_t &field) { return __npu_constant_i64(&field); }
NPU_SAMPLING float fixed(const float &field) { return floatOfBits(__npu_constant_i32(&field)); }
template <class Enumeration> NPU_SAMPLING Enumeration fixed(const Enumeration &field) {
  return (Enumeration)__npu_constant_i32(&field);
}

// The two neighbours of a point on an axis, with the weight of the second. Without a filter the
// first is all, and the rest is not computed.
struct Neighbours {
  int first, second;
  float weight;
  bool firstInside, secondInside;
};

// To the first period, for the modes that repeat; these need normalised coordinates.
NPU_SAMPLING float intoPeriod(TextureAxisMode mode, float coordinate) {
  if (mode == kAxisWrap)
    return coordinate - __builtin_floorf(coordinate);
  if (mode == kAxisMirror) {
    float whole = __builtin_floorf(coordinate), part = coordinate - whole;
    bool isOdd = __builtin_floorf(whole * 0.5f) * 2.0f != whole;
    return isOdd ? 1.0f - part : part;
  }
  return coordinate;
}

// Not a number becomes 0.
NPU_SAMPLING float clampTo(float value, float last) {
  value = value > 0.0f ? value : 0.0f;
  return value < last ? value : last;
}

// 8 bits of fraction, as the filter of a GPU has; 1.0 is possible.
NPU_SAMPLING float filterWeight(float fraction) {
  float weight = __builtin_rintf(fraction * 256.0f) * (1.0f / 256.0f);
  return weight > 0.0f ? weight : 0.0f;
}

NPU_SAMPLING Neighbours neighboursOf(const TextureDescriptor *texture, const TextureLevel *level,
                                     int axis, float coordinate, bool isLinear) {
  TextureAxisMode mode = fixed(texture->mode[axis]);
  float size = (float)fixed(level->size[axis]), last = size - 1.0f;
  float texel = intoPeriod(mode, coordinate) * fixed(level->scale[axis]) - (isLinear ? 0.5f : 0.0f);
  float first = __builtin_floorf(texel), second = first;
  Neighbours result = {0, 0, 0.0f, true, true};
  if (isLinear) {
    second = first + 1.0f;
    result.weight = filterWeight(texel - first);
  }
  if (mode == kAxisBorder) {
    result.firstInside = first >= 0.0f && first <= last;
    result.secondInside = second >= 0.0f && second <= last;
  } else if (mode == kAxisWrap && isLinear) {
    first = first < 0.0f ? first + size : first;
    second = second > last ? second - size : second;
  }
  result.first = (int)clampTo(first, last);
  result.second = isLinear ? (int)clampTo(second, last) : result.first;
  return result;
}

// Up to three axes; unused ones are index 0.
struct Around {
  Neighbours x, y, z;
};
template <int kAxes>
NPU_SAMPLING Around around(const TextureDescriptor *texture, const TextureLevel *level, float x,
                           float y, float z, bool isLinear) {
  const Neighbours none = {0, 0, 0.0f, true, true};
  Around at = {neighboursOf(texture, level, 0, x, isLinear),
               kAxes > 1 ? neighboursOf(texture, level, 1, y, isLinear) : none,
               kAxes > 2 ? neighboursOf(texture, level, 2, z, isLinear) : none};
  return at;
}

// One of the 1, 2, 4 or 8 texels around a point. Bits of `corner`: x, y, z.
struct Corner {
  int x, y, z;
  bool inside;
  float weight;
};
NPU_SAMPLING Corner cornerOf(const Around &at, int corner, int axes) {
  bool right = corner & 1, lower = corner & 2, deeper = corner & 4;
  Corner result;
  result.x = right ? at.x.second : at.x.first;
  result.y = lower ? at.y.second : at.y.first;
  result.z = deeper ? at.z.second : at.z.first;
  result.inside = (right ? at.x.secondInside : at.x.firstInside) &&
                  (lower ? at.y.secondInside : at.y.firstInside) &&
                  (deeper ? at.z.secondInside : at.z.firstInside);
  result.weight = right ? at.x.weight : 1.0f - at.x.weight;
  if (axes > 1)
    result.weight *= lower ? at.y.weight : 1.0f - at.y.weight;
  if (axes > 2)
    result.weight *= deeper ? at.z.weight : 1.0f - at.z.weight;
  return result;
}

// Distances are counted in words, so that they fit in 32 bits.
NPU_SAMPLING int rowWord(const TextureLevel *level, const Corner &at) {
  return at.z * fixed(level->sliceWords) + at.y * fixed(level->rowWords);
}

template <class T> NPU_SAMPLING bool isNative(const TextureDescriptor *texture) {
  return fixed(texture->native) ==
         nativeTexel(Texel<T>::kIsFloat, Texel<T>::kBits, Texel<T>::kComponents);
}

// What lies outside of a texture in mode Border: the bits of a number, or of an integer.
NPU_SAMPLING unsigned int borderOf(const TextureDescriptor *texture, int component, bool isFloat) {
  return isFloat ? bitsOfFloat(fixed(texture->border[component]))
                 : fixed(texture->borderBits[component]);
}

// A texel whose type is that of the texture's elements.
template <class T>
NPU_SAMPLING T nativeTexelAt(const TextureDescriptor *texture, const TextureLevel *level,
                             unsigned long long base, const Corner &at) {
  T texel = Texel<T>::load((const unsigned int *)base, rowWord(level, at), at.x);
  if (!at.inside)
    texel = Texel<T>::of(
        borderOf(texture, 0, Texel<T>::kIsFloat), borderOf(texture, 1, Texel<T>::kIsFloat),
        borderOf(texture, 2, Texel<T>::kIsFloat), borderOf(texture, 3, Texel<T>::kIsFloat));
  return texel;
}

// The bits of a component as they are in memory, to the bits of a float or of an integer.
NPU_SAMPLING unsigned int decode(const TextureDescriptor *texture, unsigned int value,
                                 int component) {
  int bits = fixed(texture->componentBits);
  TexelKind kind = fixed(texture->texelKind);
  int extended = (int)value;
  if (bits == 16) {
    value &= 0xffff;
    extended = (short)value;
  } else if (bits == 8) {
    value &= 0xff;
    extended = (signed char)value;
  }
  if (kind == kTexelUnsigned || kind == kTexelFloat32)
    return value;
  if (kind == kTexelSigned)
    return (unsigned int)extended;
  if (kind == kTexelFloat16)
    return bitsOfFloat(float16ToFloat((unsigned short)value));
  if (kind == kTexelSrgb && component < 3)
    return ((const unsigned int *)fixed(texture->srgb))[value];
  float number =
      (float)(kind == kTexelSignedNormal ? extended : (int)value) / fixed(texture->divisor);
  return bitsOfFloat(number > -1.0f ? number : -1.0f);
}

// One component of a texel of any format.
NPU_SAMPLING unsigned int componentAt(const TextureDescriptor *texture, const TextureLevel *level,
                                      unsigned long long base, const Corner &at, int component,
                                      bool isFloat) {
  int bit = component * fixed(texture->componentBits), byte = at.x * fixed(texture->texelBytes);
  int word = rowWord(level, at) + (byte >> 2) + (bit >> 5);
  unsigned int shift = (unsigned int)((byte & 3) * 8 + (bit & 31));
  unsigned int bits = decode(texture, ((const unsigned int *)base)[word] >> shift, component);
  return at.inside ? bits : borderOf(texture, component, isFloat);
}

// The sum of the texels around a point, or the one at it, in any format. Loops keep the code small,
// of which kernels have one copy for each place where they read a texture.
template <class T>
NPU_SAMPLING T sumOfAny(const TextureDescriptor *texture, const TextureLevel *level,
                        unsigned long long base, const Around &at, int axes, int corners) {
  int components = fixed(texture->components);
  const unsigned int one = Texel<T>::kIsFloat ? 0x3f800000u : 1;
  unsigned int sum[4] = {0, 0, 0, components > 3 ? 0 : one};
  components = components < Texel<T>::kComponents ? components : Texel<T>::kComponents;
#pragma nounroll
  for (int corner = 0; corner < corners; ++corner) {
    Corner place = cornerOf(at, corner, axes);
    float weight = corners > 1 ? place.weight : 1.0f;
#pragma nounroll
    for (int component = 0; component < components; ++component) {
      unsigned int bits = componentAt(texture, level, base, place, component, Texel<T>::kIsFloat);
      for (int i = 0; i < Texel<T>::kComponents; ++i) {
        unsigned int next = bits;
        if (Texel<T>::kIsFloat)
          next = bitsOfFloat(floatOfBits(sum[i]) + weight * floatOfBits(bits));
        sum[i] = i == component ? next : sum[i];
      }
    }
  }
  return Texel<T>::of(sum[0], sum[1], sum[2], sum[3]);
}

// A texture of 1 to 3 dimensions at one level; `slice` is the layer or the face of a cube.
template <class T, int kAxes>
NPU_SAMPLING T sampleLevel(const TextureDescriptor *texture, const TextureLevel *level, int slice,
                           float x, float y, float z) {
  unsigned long long base =
      fixed(level->base) + (unsigned long long)slice * fixed(level->slicePitch);
  bool isLinear = Texel<T>::kIsFloat && fixed(texture->linear);
  Around at = around<kAxes>(texture, level, x, y, z, isLinear);
  if (!isNative<T>(texture))
    return sumOfAny<T>(texture, level, base, at, kAxes, isLinear ? 1 << kAxes : 1);
  if (!isLinear)
    return nativeTexelAt<T>(texture, level, base, cornerOf(at, 0, 0));
  T sum = Texel<T>::of(0, 0, 0, 0);
#pragma unroll
  for (int corner = 0; corner < 1 << kAxes; ++corner) {
    Corner place = cornerOf(at, corner, kAxes);
    sum = Texel<T>::add(sum, place.weight, nativeTexelAt<T>(texture, level, base, place));
  }
  return sum;
}

template <class T, int kAxes>
NPU_SAMPLING T sample(const TextureDescriptor *texture, int slice, float x, float y, float z) {
  return sampleLevel<T, kAxes>(texture, &texture->first, slice, x, y, z);
}

// At a level of detail: the nearest level, or between two of them.
template <class T, int kAxes>
NPU_SAMPLING T sampleLod(const TextureDescriptor *texture, int slice, float x, float y, float z,
                         float lod) {
  float last = (float)(fixed(texture->levelCount) - 1);
  lod += fixed(texture->levelBias);
  float minimum = fixed(texture->levelMinimum), maximum = fixed(texture->levelMaximum);
  lod = lod > minimum ? lod : minimum;
  lod = clampTo(lod < maximum ? lod : maximum, last);
  const TextureLevel *levels = (const TextureLevel *)fixed(texture->levels);
  bool isLinear = Texel<T>::kIsFloat && fixed(texture->levelLinear);
  float lower = __builtin_floorf(isLinear ? lod : lod + 0.5f);
  float weight = isLinear ? filterWeight(lod - lower) : 0.0f;
  T sum = Texel<T>::of(0, 0, 0, 0);
#pragma nounroll
  for (int step = 0; step < (isLinear ? 2 : 1); ++step) {
    const TextureLevel *level = levels + (int)clampTo(lower + (float)step, last);
    T texel = sampleLevel<T, kAxes>(texture, level, slice, x, y, z);
    sum = Texel<T>::kIsFloat ? Texel<T>::add(sum, step ? weight : 1.0f - weight, texel) : texel;
  }
  return sum;
}

// The texels around a point, one component of each, in the order of tex2Dgather.
template <class T>
NPU_SAMPLING T gatherTexels(const TextureDescriptor *texture, float x, float y, int component) {
  const TextureLevel *level = &texture->first;
  Around at = around<2>(texture, level, x, y, 0.0f, true);
  unsigned int parts[4] = {0, 0, 0, 0};
#pragma nounroll
  for (int corner = 0; corner < 4; ++corner) {
    Corner place = cornerOf(at, corner, 2);
    unsigned int part =
        component >= 0 && component < fixed(texture->components)
            ? componentAt(texture, level, fixed(level->base), place, component, Texel<T>::kIsFloat)
            : 0;
    parts[0] = corner == 2 ? part : parts[0];
    parts[1] = corner == 3 ? part : parts[1];
    parts[2] = corner == 1 ? part : parts[2];
    parts[3] = corner == 0 ? part : parts[3];
  }
  return Texel<T>::of(parts[0], parts[1], parts[2], parts[3]);
}

} // namespace detail
} // namespace npu

#endif
