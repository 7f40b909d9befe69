// Short vectors (float4, uint3, ...) and the three-dimensional extent of grids and blocks, in C and
// C++. Names are global and unprefixed because OpenCL, HIP and CUDA all spell them so. Alignments
// are CUDA's: they decide the layout of structs that programs share with kernels.
#ifndef NPU_VECTOR_TYPES_H
#define NPU_VECTOR_TYPES_H

#include "npu/device/attributes.h"

#define NPU_VECTOR1(name, type)                                                                    \
  typedef struct name##1 { type x; }                                                               \
  name##1;                                                                                         \
  static inline NPU_HOST_DEVICE name##1 make_##name##1(type x) {                                   \
    name##1 v = {x};                                                                               \
    return v;                                                                                      \
  }
#define NPU_VECTOR2(name, type, alignment)                                                         \
  typedef struct NPU_ALIGN(alignment) name##2 { type x, y; }                                       \
  name##2;                                                                                         \
  static inline NPU_HOST_DEVICE name##2 make_##name##2(type x, type y) {                           \
    name##2 v = {x, y};                                                                            \
    return v;                                                                                      \
  }
#define NPU_VECTOR3(name, type)                                                                    \
  typedef struct name##3 { type x, y, z; }                                                         \
  name##3;                                                                                         \
  static inline NPU_HOST_DEVICE name##3 make_##name##3(type x, type y, type z) {                   \
    name##3 v = {x, y, z};                                                                         \
    return v;                                                                                      \
  }
#define NPU_VECTOR4(name, type, alignment)                                                         \
  typedef struct NPU_ALIGN(alignment) name {                                                       \
    type x, y, z, w;                                                                               \
  } name;                                                                                          \
  static inline NPU_HOST_DEVICE name make_##name(type x, type y, type z, type w) {                 \
    name v = {x, y, z, w};                                                                         \
    return v;                                                                                      \
  }
#define NPU_VECTORS(name, type, alignment2, alignment4)                                            \
  NPU_VECTOR1(name, type)                                                                          \
  NPU_VECTOR2(name, type, alignment2)                                                              \
  NPU_VECTOR3(name, type)                                                                          \
  NPU_VECTOR4(name##4, type, alignment4)

NPU_VECTORS(char, signed char, 2, 4)
NPU_VECTORS(uchar, unsigned char, 2, 4)
NPU_VECTORS(short, short, 4, 8)
NPU_VECTORS(ushort, unsigned short, 4, 8)
NPU_VECTORS(int, int, 8, 16)
NPU_VECTORS(uint, unsigned int, 8, 16)
NPU_VECTORS(long, long, 16, 16)
NPU_VECTORS(ulong, unsigned long, 16, 16)
NPU_VECTORS(longlong, long long, 16, 16)
NPU_VECTORS(ulonglong, unsigned long long, 16, 16)
NPU_VECTORS(float, float, 8, 16)
NPU_VECTORS(double, double, 16, 16)

// CUDA 13's names that carry the alignment.
NPU_VECTOR4(long4_16a, long, 16)
NPU_VECTOR4(long4_32a, long, 32)
NPU_VECTOR4(ulong4_16a, unsigned long, 16)
NPU_VECTOR4(ulong4_32a, unsigned long, 32)
NPU_VECTOR4(longlong4_16a, long long, 16)
NPU_VECTOR4(longlong4_32a, long long, 32)
NPU_VECTOR4(ulonglong4_16a, unsigned long long, 16)
NPU_VECTOR4(ulonglong4_32a, unsigned long long, 32)
NPU_VECTOR4(double4_16a, double, 16)
NPU_VECTOR4(double4_32a, double, 32)

#undef NPU_VECTOR1
#undef NPU_VECTOR2
#undef NPU_VECTOR3
#undef NPU_VECTOR4
#undef NPU_VECTORS

typedef struct npuDim3 {
  unsigned int x, y, z;
#ifdef __cplusplus
  NPU_HOST_DEVICE constexpr npuDim3(unsigned int x = 1, unsigned int y = 1, unsigned int z = 1)
      : x(x), y(y), z(z) {}
  NPU_HOST_DEVICE constexpr npuDim3(uint3 v) : x(v.x), y(v.y), z(v.z) {}
  NPU_HOST_DEVICE constexpr operator uint3() const { return uint3{x, y, z}; }
#endif
} npuDim3;

#ifdef __cplusplus
namespace npu {
using dim3 = npuDim3; // here: a source that gets the type from any of CUDA's headers has no other
} // namespace npu
#endif

#endif
