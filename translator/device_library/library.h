// What the files of the device library share. The library defines the `__nv_*` functions that
// Clang's CUDA headers declare, and the `__npu_*` functions that the device pipeline calls. It is
// compiled to bitcode for the pipeline to link, and needs no header but this one: it must not see
// the headers that it serves. Functions that it declares and does not define are OpenCL C builtins
// under their Itanium-mangled names.
#pragma once

#define DEVICE __attribute__((device))
#define LIBRARY extern "C" __attribute__((device))
#define HELPER static inline __attribute__((device, always_inline))

using uint32 = unsigned int;
using uint64 = unsigned long long;
using int64 = long long;

// For divisors: the library's own divisions are not checked by DefineResults.
template <class T> HELPER T notZero(T value) { return value | (value == 0); }

template <class T> HELPER T bitsAs(uint32 bits) {
  static_assert(sizeof(T) == 4, "four bytes");
  T value;
  __builtin_memcpy(&value, &bits, 4);
  return value;
}
template <class T> HELPER T bitsAs(uint64 bits) {
  static_assert(sizeof(T) == 8, "eight bytes");
  T value;
  __builtin_memcpy(&value, &bits, 8);
  return value;
}
HELPER uint32 bitsOf(float value) {
  uint32 bits;
  __builtin_memcpy(&bits, &value, 4);
  return bits;
}
HELPER uint64 bitsOf(double value) {
  uint64 bits;
  __builtin_memcpy(&bits, &value, 8);
  return bits;
}

// OpenCL builtins: the mangled name is _Z, the name's length, the name, one letter per parameter.
#define OPENCL_UNARY(length, name)                                                                 \
  LIBRARY float _Z##length##name##f(float);                                                        \
  LIBRARY double _Z##length##name##d(double);                                                      \
  HELPER float ocl_##name(float x) { return _Z##length##name##f(x); }                              \
  HELPER double ocl_##name(double x) { return _Z##length##name##d(x); }
#include "opencl_builtins.def"
#undef OPENCL_UNARY
