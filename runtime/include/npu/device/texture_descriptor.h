// What a texture or surface is in memory: the record that a texture object's handle points to and
// that a kernel's reference is bound to. The host writes it once, before any kernel reads it, and
// never changes it: kernels may keep what they read of it.
#ifndef NPU_DEVICE_TEXTURE_DESCRIPTOR_H
#define NPU_DEVICE_TEXTURE_DESCRIPTOR_H

#include <stdint.h>

namespace npu {
namespace detail {

// One image: a level of a mipmapped texture, or the only one. Sizes in texels, distances in bytes.
struct TextureLevel {
  uint64_t base;       // of the first texel
  uint64_t pitch;      // from row to row
  uint64_t slicePitch; // from slice to slice, or from layer to layer
  // The same in words of four bytes, as long as no texel is farther than 2^31 of them.
  int32_t rowWords, sliceWords;
  int32_t size[3]; // at least 1
  float scale[3];  // from a coordinate to texels: 1, or the size for normalised coordinates
};

// How coordinates outside of the texture are meant, for each axis.
enum TextureAxisMode : int32_t { kAxisWrap, kAxisClamp, kAxisMirror, kAxisBorder };

enum TexelKind : int32_t {
  kTexelUnsigned,
  kTexelSigned,
  kTexelFloat32,
  kTexelFloat16,
  kTexelUnsignedNormal, // becomes a number from 0 to 1
  kTexelSignedNormal,   // from -1 to 1
  kTexelSrgb,           // as UnsignedNormal; colours are made linear
};

struct TextureDescriptor {
  uint64_t self; // this record's address: what a copy of a reference holds
  TextureLevel first;
  // Of the element type, when it is read as it is: see nativeTexel. Anything else takes the way
  // through texelKind.
  int32_t native;
  int32_t linear; // filter; only where the result is a floating-point number
  TextureAxisMode mode[3];
  int32_t layers; // of layered textures; cube maps have six for each of theirs
  TexelKind texelKind;
  int32_t componentBits; // 8, 16 or 32
  int32_t components;    // 1, 2 or 4
  int32_t texelBytes;
  float divisor; // of the normalised kinds
  float border[4];
  uint32_t borderBits[4]; // the same as integers, for element types that are
  uint64_t elements;      // of linear memory, for tex1Dfetch
  uint64_t levels;        // TextureLevel[levelCount]; the first repeats `first`
  int32_t levelCount;
  int32_t levelLinear; // filter between levels
  float levelBias, levelMinimum, levelMaximum;
  int32_t instance; // tells objects of the same contents apart
  uint64_t srgb;    // float[256]
};

// The code for a texel of 1, 2 or 4 `components` of `bits`, integers or floating-point numbers.
constexpr int32_t nativeTexel(bool isFloat, int32_t bits, int32_t components) {
  return (isFloat ? 1024 : 0) + bits * 8 + components;
}

} // namespace detail
} // namespace npu

#endif
