// The types of texels: 1, 2 or 4 components of 8, 16 or 32 bits.
#ifndef NPU_DEVICE_TEXEL_H
#define NPU_DEVICE_TEXEL_H

#include "npu/device/attributes.h"
#include "npu/device/small_floats.h"
#include "npu/vector_types.h"

namespace npu {
namespace detail {

#define NPU_TEXEL_FUNCTION static NPU_DEVICE NPU_FORCEINLINE

// 1 or 2 bytes of the word that holds them, in the low bits: words can be read for a whole warp at
// once, bytes cannot. What is behind them in memory belongs to the same word.
NPU_TEXEL_FUNCTION unsigned int loadPart(unsigned long long address) {
  return *(const unsigned int *)(address & ~3ull) >> (unsigned int)(address & 3) * 8;
}

template <class Component> NPU_TEXEL_FUNCTION Component componentOf(unsigned int bits) {
  return (Component)bits;
}
template <> NPU_DEVICE NPU_FORCEINLINE float componentOf<float>(unsigned int bits) {
  return floatOfBits(bits);
}

template <class T> struct IsFloat {
  static constexpr bool value = false;
};
template <> struct IsFloat<float> {
  static constexpr bool value = true;
};

// The bits of component `index` of texel `x` of a row that starts at `word`, above them anything.
template <class Component>
NPU_TEXEL_FUNCTION unsigned int loadComponent(const unsigned int *words, int word, int x, int index,
                                              int texelBytes) {
  int at = index * (int)sizeof(Component);
  if (texelBytes >= 4)
    return words[word + x * (texelBytes / 4) + at / 4] >> at % 4 * 8;
  int byte = x * texelBytes;
  return words[word + (byte >> 2)] >> ((byte & 3) + at) * 8;
}

// What a type T of texels is, how it is made of the bits of its components and what a sum of
// weighted texels is.
template <class T> struct Texel;

#define NPU_TEXEL_COMMON(type, component, count)                                                   \
  using Component = component;                                                                     \
  static constexpr int kComponents = count;                                                        \
  static constexpr int kBits = 8 * sizeof(component);                                              \
  static constexpr bool kIsFloat = IsFloat<component>::value;                                      \
  NPU_TEXEL_FUNCTION type load(const unsigned int *words, int word, int x) {                       \
    unsigned int parts[4] = {0, 0, 0, 0};                                                          \
    for (int i = 0; i < count; ++i)                                                                \
      parts[i] = loadComponent<component>(words, word, x, i, sizeof(type));                        \
    return of(parts[0], parts[1], parts[2], parts[3]);                                             \
  }

#define NPU_TEXEL_SCALAR(component)                                                                \
  template <> struct Texel<component> {                                                            \
    NPU_TEXEL_COMMON(component, component, 1)                                                      \
    NPU_TEXEL_FUNCTION component of(unsigned int x, unsigned int, unsigned int, unsigned int) {    \
      return componentOf<component>(x);                                                            \
    }                                                                                              \
    NPU_TEXEL_FUNCTION component add(component sum, float weight, component texel) {               \
      return (component)(sum + weight * texel);                                                    \
    }                                                                                              \
  };
#define NPU_TEXEL_VECTOR1(vector, component)                                                       \
  template <> struct Texel<vector##1> {                                                            \
    NPU_TEXEL_COMMON(vector##1, component, 1)                                                      \
    NPU_TEXEL_FUNCTION vector##1 of(unsigned int x, unsigned int, unsigned int, unsigned int) {    \
      return make_##vector##1(componentOf<component>(x));                                          \
    }                                                                                              \
    NPU_TEXEL_FUNCTION vector##1 add(vector##1 sum, float weight, vector##1 texel) {               \
      return make_##vector##1((component)(sum.x + weight * texel.x));                              \
    }                                                                                              \
  };
#define NPU_TEXEL_VECTOR2(vector, component)                                                       \
  template <> struct Texel<vector##2> {                                                            \
    NPU_TEXEL_COMMON(vector##2, component, 2)                                                      \
    NPU_TEXEL_FUNCTION vector##2 of(unsigned int x, unsigned int y, unsigned int, unsigned int) {  \
      return make_##vector##2(componentOf<component>(x), componentOf<component>(y));               \
    }                                                                                              \
    NPU_TEXEL_FUNCTION vector##2 add(vector##2 sum, float weight, vector##2 texel) {               \
      return make_##vector##2((component)(sum.x + weight * texel.x),                               \
                              (component)(sum.y + weight * texel.y));                              \
    }                                                                                              \
  };
#define NPU_TEXEL_VECTOR4(vector, component)                                                       \
  template <> struct Texel<vector##4> {                                                            \
    NPU_TEXEL_COMMON(vector##4, component, 4)                                                      \
    NPU_TEXEL_FUNCTION vector##4 of(unsigned int x, unsigned int y, unsigned int z,                \
                                    unsigned int w) {                                              \
      return make_##vector##4(componentOf<component>(x), componentOf<component>(y),                \
                              componentOf<component>(z), componentOf<component>(w));               \
    }                                                                                              \
    NPU_TEXEL_FUNCTION vector##4 add(vector##4 sum, float weight, vector##4 texel) {               \
      return make_##vector##4(                                                                     \
          (component)(sum.x + weight * texel.x), (component)(sum.y + weight * texel.y),            \
          (component)(sum.z + weight * texel.z), (component)(sum.w + weight * texel.w));           \
    }                                                                                              \
  };
#define NPU_TEXELS(vector, component)                                                              \
  NPU_TEXEL_SCALAR(component)                                                                      \
  NPU_TEXEL_VECTOR1(vector, component)                                                             \
  NPU_TEXEL_VECTOR2(vector, component)                                                             \
  NPU_TEXEL_VECTOR4(vector, component)

NPU_TEXEL_SCALAR(char)
NPU_TEXELS(char, signed char)
NPU_TEXELS(uchar, unsigned char)
NPU_TEXELS(short, short)
NPU_TEXELS(ushort, unsigned short)
NPU_TEXELS(int, int)
NPU_TEXELS(uint, unsigned int)
NPU_TEXELS(float, float)

#undef NPU_TEXEL_COMMON
#undef NPU_TEXEL_SCALAR
#undef NPU_TEXEL_VECTOR1
#undef NPU_TEXEL_VECTOR2
#undef NPU_TEXEL_VECTOR4
#undef NPU_TEXELS

// What a reference's texel becomes when it is read as a normalised number.
template <class T, bool kNormalized> struct TextureResult {
  using type = T;
};
#define NPU_NORMALIZED(vector, component)                                                          \
  template <> struct TextureResult<component, true> {                                              \
    using type = float;                                                                            \
  };                                                                                               \
  template <> struct TextureResult<vector##1, true> {                                              \
    using type = float1;                                                                           \
  };                                                                                               \
  template <> struct TextureResult<vector##2, true> {                                              \
    using type = float2;                                                                           \
  };                                                                                               \
  template <> struct TextureResult<vector##4, true> {                                              \
    using type = float4;                                                                           \
  };
NPU_NORMALIZED(char, signed char)
NPU_NORMALIZED(uchar, unsigned char)
NPU_NORMALIZED(short, short)
NPU_NORMALIZED(ushort, unsigned short)
template <> struct TextureResult<char, true> {
  using type = float;
};
#undef NPU_NORMALIZED

} // namespace detail
} // namespace npu

#endif
