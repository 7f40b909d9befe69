// bfloat16 as a storage type: arithmetic is done in float and rounded back.
// The struct's name is CUDA's because the BLAS interface, in C, names it; in C++ use npu::bfloat16.
#ifndef NPU_BFLOAT16_H
#define NPU_BFLOAT16_H

#ifndef __cplusplus
struct __nv_bfloat16 {
  unsigned short bits;
};
struct __nv_bfloat162 {
  struct __nv_bfloat16 x, y;
};
#else

#if defined(__CUDA__) && defined(__clang__)
#include "npu/kernel.h"
#endif
#include "npu/device/small_float_functions.h"
#include "npu/device/small_floats.h"
#include "npu/vector_types.h"

struct __nv_bfloat16 {
  unsigned short bits;

  __nv_bfloat16() = default;
  template <class T>
  NPU_HOST_DEVICE __nv_bfloat16(T value)
      : bits(npu::detail::floatToBfloat16(static_cast<float>(value))) {}
  // Rounded twice: to float and then here, which is exact for what a float holds.
  NPU_HOST_DEVICE operator float() const { return npu::detail::bfloat16ToFloat(bits); }
};
struct NPU_ALIGN(4) __nv_bfloat162 {
  __nv_bfloat16 x, y;

  __nv_bfloat162() = default;
  NPU_HOST_DEVICE __nv_bfloat162(__nv_bfloat16 x, __nv_bfloat16 y) : x(x), y(y) {}
};

namespace npu {
using bfloat16 = ::__nv_bfloat16;
using bfloat16x2 = ::__nv_bfloat162;
NPU_SMALL_FLOAT(bfloat16, bfloat16x2)

// Conversions. Out-of-range numbers have no defined integer, as in C++.
NPU_SMALL bfloat16 float2bfloat16(float a) { return a; }
NPU_SMALL bfloat16 float2bfloat16_rn(float a) { return a; }
NPU_SMALL bfloat16 double2bfloat16(double a) { return a; }
NPU_SMALL float bfloat162float(bfloat16 a) { return a; }
NPU_SMALL bfloat16 int2bfloat16_rn(int a) { return float(a); }
NPU_SMALL bfloat16 uint2bfloat16_rn(unsigned int a) { return float(a); }
NPU_SMALL bfloat16 short2bfloat16_rn(short a) { return float(a); }
NPU_SMALL bfloat16 ushort2bfloat16_rn(unsigned short a) { return float(a); }
NPU_SMALL bfloat16 ll2bfloat16_rn(long long a) { return float(a); }
NPU_SMALL bfloat16 ull2bfloat16_rn(unsigned long long a) { return float(a); }
NPU_SMALL int bfloat162int_rn(bfloat16 a) { return (int)rintf(a); }
NPU_SMALL int bfloat162int_rz(bfloat16 a) { return (int)truncf(a); }
NPU_SMALL unsigned int bfloat162uint_rn(bfloat16 a) { return (unsigned int)rintf(a); }
NPU_SMALL unsigned int bfloat162uint_rz(bfloat16 a) { return (unsigned int)truncf(a); }
NPU_SMALL long long bfloat162ll_rn(bfloat16 a) { return (long long)rintf(a); }
NPU_SMALL long long bfloat162ll_rz(bfloat16 a) { return (long long)truncf(a); }
NPU_SMALL unsigned long long bfloat162ull_rn(bfloat16 a) { return (unsigned long long)rintf(a); }
NPU_SMALL unsigned long long bfloat162ull_rz(bfloat16 a) { return (unsigned long long)truncf(a); }
NPU_SMALL unsigned short bfloat16_as_ushort(bfloat16 a) { return a.bits; }
NPU_SMALL short bfloat16_as_short(bfloat16 a) { return (short)a.bits; }
NPU_SMALL bfloat16 ushort_as_bfloat16(unsigned short bits) {
  bfloat16 a;
  a.bits = bits;
  return a;
}
NPU_SMALL bfloat16 short_as_bfloat16(short bits) {
  return ushort_as_bfloat16((unsigned short)bits);
}
NPU_SMALL bfloat16x2 float2bfloat162_rn(float a) { return bfloat16x2(a, a); }
NPU_SMALL bfloat16x2 floats2bfloat162_rn(float a, float b) { return bfloat16x2(a, b); }
NPU_SMALL bfloat16x2 float22bfloat162_rn(float2 a) { return bfloat16x2(a.x, a.y); }
NPU_SMALL float2 bfloat1622float2(bfloat16x2 a) { return make_float2(a.x, a.y); }
NPU_SMALL bfloat16x2 bfloat162bfloat162(bfloat16 a) { return bfloat16x2(a, a); }
NPU_SMALL bfloat16x2 halves2bfloat162(bfloat16 a, bfloat16 b) { return bfloat16x2(a, b); }
NPU_SMALL bfloat16 low2bfloat16(bfloat16x2 a) { return a.x; }
NPU_SMALL bfloat16 high2bfloat16(bfloat16x2 a) { return a.y; }
NPU_SMALL bfloat16x2 low2bfloat162(bfloat16x2 a) { return bfloat16x2(a.x, a.x); }
NPU_SMALL bfloat16x2 high2bfloat162(bfloat16x2 a) { return bfloat16x2(a.y, a.y); }
NPU_SMALL bfloat16x2 lows2bfloat162(bfloat16x2 a, bfloat16x2 b) { return bfloat16x2(a.x, b.x); }
NPU_SMALL bfloat16x2 highs2bfloat162(bfloat16x2 a, bfloat16x2 b) { return bfloat16x2(a.y, b.y); }
NPU_SMALL float low2float(bfloat16x2 a) { return a.x; }
NPU_SMALL float high2float(bfloat16x2 a) { return a.y; }
NPU_SMALL bfloat16x2 lowhigh2highlow(bfloat16x2 a) { return bfloat16x2(a.y, a.x); }

} // namespace npu

NPU_SMALL_FLOAT_OPERATORS(__nv_bfloat16, __nv_bfloat162)

#endif
#endif
