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

// One texel of an axis, and two neighbours with the weight of the second.
struct Place {
  int index;
  bool inside;
};
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

NPU_SAMPLING Place placeOf(const TextureDescriptor *texture, const TextureLevel *level, int axis,
                           float coordinate) {
  TextureAxisMode mode = fixed(texture->mode[axis]);
  int size = fixed(level->size[axis]);
  float texel = intoPeriod(mode, coordinate) * fixed(level->scale[axis]);
  Place place;
  place.index = (int)clampTo(texel, (float)(size - 1));
  place.inside = true;
  if (mode == kAxisBorder)
    place.inside = texel >= 0.0f && texel < (float)size;
  return place;
}

NPU_SAMPLING Neighbours neighboursOf(const TextureDescriptor *texture, const TextureLevel *level,
                                     int axis, float coordinate) {
  TextureAxisMode mode = fixed(texture->mode[axis]);
  float size = (float)fixed(level->size[axis]), last = size - 1.0f;
  float texel = intoPeriod(mode, coordinate) * fixed(level->scale[axis]) - 0.5f;
  float first = __builtin_floorf(texel), second = first + 1.0f;
  Neighbours result;
  result.weight = filterWeight(texel - first);
  result.firstInside = result.secondInside = true;
  if (mode == kAxisBorder) {
    result.firstInside = first >= 0.0f && first <= last;
    result.secondInside = second >= 0.0f && second <= last;
  } else if (mode == kAxisWrap) {
    first = first < 0.0f ? first + size : first;
    second = second > last ? second - size : second;
  }
  result.first = (int)clampTo(first, last);
  result.second = (int)clampTo(second, last);
  return result;
}

// Up to three axes of places; unused ones are index 0.
template <class Axis> struct Axes {
  Axis x, y, z;
};

NPU_SAMPLING unsigned long long texelAddress(const TextureDescriptor *texture,
                                             const TextureLevel *level, unsigned long long base,
                                             int x, int y, int z) {
  return base + (unsigned long long)z * fixed(level->slicePitch) +
         (unsigned long long)y * fixed(level->pitch) +
         (unsigned long long)x * (unsigned int)fixed(texture->texelBytes);
}

// In `native` textures all distances fit in 31 bits.
template <class T>
NPU_SAMPLING T loadNative(const TextureLevel *level, unsigned long long base, int x, int y, int z) {
  int offset =
      z * (int)fixed(level->slicePitch) + y * (int)fixed(level->pitch) + x * (int)sizeof(T);
  return Texel<T>::load((const char *)base + offset);
}

template <class T> NPU_SAMPLING bool isNative(const TextureDescriptor *texture) {
  return fixed(texture->native) == nativeTexel(Texel<T>::kIsFloat, Texel<T>::kBits,
                                               Texel<T>::kComponents);
}

// What lies outside of a texture in mode Border.
template <class T> NPU_SAMPLING T borderTexel(const TextureDescriptor *texture) {
  if (Texel<T>::kIsFloat)
    return Texel<T>::of(bitsOfFloat(fixed(texture->border[0])),
                        bitsOfFloat(fixed(texture->border[1])),
                        bitsOfFloat(fixed(texture->border[2])),
                        bitsOfFloat(fixed(texture->border[3])));
  return Texel<T>::of(fixed(texture->borderBits[0]), fixed(texture->borderBits[1]),
                      fixed(texture->borderBits[2]), fixed(texture->borderBits[3]));
}

// One component of a texel of any format, as the bits of a float or as an integer.
struct RawTexel {
  unsigned int word[4];
};
NPU_SAMPLING RawTexel loadRaw(const TextureDescriptor *texture, unsigned long long address) {
  int bytes = fixed(texture->texelBytes);
  RawTexel raw = {{0, 0, 0, 0}};
  if (bytes < 4) {
    raw.word[0] = loadPart(address);
    return raw;
  }
  const unsigned int *words = (const unsigned int *)address;
  raw.word[0] = words[0];
  if (bytes >= 8)
    raw.word[1] = words[1];
  if (bytes == 16) {
    raw.word[2] = words[2];
    raw.word[3] = words[3];
  }
  return raw;
}

NPU_SAMPLING unsigned int decode(const TextureDescriptor *texture, const RawTexel &raw,
                                 int component, bool wantsFloat) {
  if (component >= fixed(texture->components))
    return component < 3 ? 0 : wantsFloat ? 0x3f800000u : 1;
  int bits = fixed(texture->componentBits);
  TexelKind kind = fixed(texture->texelKind);
  unsigned int value = raw.word[component];
  int extended = (int)value;
  if (bits == 16) {
    value = raw.word[component / 2] >> component % 2 * 16 & 0xffff;
    extended = (short)value;
  } else if (bits == 8) {
    value = raw.word[0] >> component * 8 & 0xff;
    extended = (signed char)value;
  }
  if (kind == kTexelUnsigned || kind == kTexelFloat32)
    return value;
  if (kind == kTexelSigned)
    return (unsigned int)extended;
  if (kind == kTexelFloat16)
    return bitsOfFloat(float16ToFloat((unsigned short)value));
  if (kind == kTexelSignedNormal) {
    float number = (float)extended / fixed(texture->divisor);
    return bitsOfFloat(number > -1.0f ? number : -1.0f);
  }
  if (kind == kTexelSrgb && component < 3)
    return ((const unsigned int *)fixed(texture->srgb))[value];
  return bitsOfFloat((float)value / fixed(texture->divisor));
}

template <class T>
NPU_SAMPLING T decodeTexel(const TextureDescriptor *texture, unsigned long long address) {
  RawTexel raw = loadRaw(texture, address);
  unsigned int parts[4] = {0, 0, 0, 0};
  for (int component = 0; component < Texel<T>::kComponents; ++component)
    parts[component] = decode(texture, raw, component, Texel<T>::kIsFloat);
  return Texel<T>::of(parts[0], parts[1], parts[2], parts[3]);
}

template <class T>
NPU_SAMPLING T samplePoint(const TextureDescriptor *texture, const TextureLevel *level,
                           unsigned long long base, const Axes<Place> &at) {
  T texel;
  if (isNative<T>(texture))
    texel = loadNative<T>(level, base, at.x.index, at.y.index, at.z.index);
  else
    texel = decodeTexel<T>(
        texture, texelAddress(texture, level, base, at.x.index, at.y.index, at.z.index));
  if (!(at.x.inside && at.y.inside && at.z.inside))
    texel = borderTexel<T>(texture);
  return texel;
}

// The texel at one corner of the 2, 4 or 8 that surround a point. Bits of `corner`: x, y, z.
template <class T, bool kNative>
NPU_SAMPLING T cornerTexel(const TextureDescriptor *texture, const TextureLevel *level,
                           unsigned long long base, const Axes<Neighbours> &at, int corner) {
  int x = corner & 1 ? at.x.second : at.x.first, y = corner & 2 ? at.y.second : at.y.first,
      z = corner & 4 ? at.z.second : at.z.first;
  bool inside = (corner & 1 ? at.x.secondInside : at.x.firstInside) &&
                (corner & 2 ? at.y.secondInside : at.y.firstInside) &&
                (corner & 4 ? at.z.secondInside : at.z.firstInside);
  T texel = kNative ? loadNative<T>(level, base, x, y, z)
                    : decodeTexel<T>(texture, texelAddress(texture, level, base, x, y, z));
  if (!inside)
    texel = borderTexel<T>(texture);
  return texel;
}

NPU_SAMPLING float cornerWeight(const Axes<Neighbours> &at, int corner, int axes) {
  float weight = corner & 1 ? at.x.weight : 1.0f - at.x.weight;
  if (axes > 1)
    weight *= corner & 2 ? at.y.weight : 1.0f - at.y.weight;
  if (axes > 2)
    weight *= corner & 4 ? at.z.weight : 1.0f - at.z.weight;
  return weight;
}

template <class T, int kAxes>
NPU_SAMPLING T sampleLinear(const TextureDescriptor *texture, const TextureLevel *level,
                            unsigned long long base, const Axes<Neighbours> &at) {
  T sum = Texel<T>::of(0, 0, 0, 0);
  if (isNative<T>(texture)) {
#pragma unroll
    for (int corner = 0; corner < 1 << kAxes; ++corner)
      sum = Texel<T>::add(sum, cornerWeight(at, corner, kAxes),
                          cornerTexel<T, true>(texture, level, base, at, corner));
    return sum;
  }
  // Once for all corners: there is much code in it.
#pragma nounroll
  for (int corner = 0; corner < 1 << kAxes; ++corner)
    sum = Texel<T>::add(sum, cornerWeight(at, corner, kAxes),
                        cornerTexel<T, false>(texture, level, base, at, corner));
  return sum;
}

// A texture of 1 to 3 dimensions at one level; `slice` is the layer or the face of a cube.
template <class T, int kAxes>
NPU_SAMPLING T sampleLevel(const TextureDescriptor *texture, const TextureLevel *level, int slice,
                           float x, float y, float z) {
  unsigned long long base = fixed(level->base) + (unsigned long long)slice * fixed(level->slicePitch);
  if (Texel<T>::kIsFloat && fixed(texture->linear)) {
    const Neighbours none = {0, 0, 0.0f, true, true};
    Axes<Neighbours> at = {neighboursOf(texture, level, 0, x),
                           kAxes > 1 ? neighboursOf(texture, level, 1, y) : none,
                           kAxes > 2 ? neighboursOf(texture, level, 2, z) : none};
    return sampleLinear<T, kAxes>(texture, level, base, at);
  }
  const Place none = {0, true};
  Axes<Place> at = {placeOf(texture, level, 0, x), kAxes > 1 ? placeOf(texture, level, 1, y) : none,
                    kAxes > 2 ? placeOf(texture, level, 2, z) : none};
  return samplePoint<T>(texture, level, base, at);
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
  if (!Texel<T>::kIsFloat || !fixed(texture->levelLinear))
    return sampleLevel<T, kAxes>(texture, levels + (int)__builtin_floorf(lod + 0.5f), slice, x, y,
                                 z);
  float lower = __builtin_floorf(lod), weight = filterWeight(lod - lower);
  T sum = Texel<T>::of(0, 0, 0, 0);
#pragma nounroll
  for (int step = 0; step < 2; ++step)
    sum = Texel<T>::add(
        sum, step ? weight : 1.0f - weight,
        sampleLevel<T, kAxes>(texture, levels + (int)clampTo(lower + (float)step, last), slice, x,
                              y, z));
  return sum;
}

// The texels around a point, one component of each, in the order of tex2Dgather.
template <class T>
NPU_SAMPLING T gatherTexels(const TextureDescriptor *texture, float x, float y, int component) {
  const TextureLevel *level = &texture->first;
  const Neighbours none = {0, 0, 0.0f, true, true};
  Axes<Neighbours> at = {neighboursOf(texture, level, 0, x), neighboursOf(texture, level, 1, y),
                         none};
  unsigned int parts[4] = {0, 0, 0, 0};
#pragma nounroll
  for (int corner = 0; corner < 4; ++corner) {
    using All = typename Texel<T>::All;
    All texel = cornerTexel<All, false>(texture, level, fixed(level->base), at, corner);
    unsigned int part = Texel<All>::bits(texel, component);
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
