// IEEE 754 half precision as a storage type: arithmetic is done in float and rounded back.
// The struct's name is CUDA's because the BLAS interface, in C, names it; in C++ use npu::float16.
#ifndef NPU_FLOAT16_H
#define NPU_FLOAT16_H

#ifndef __cplusplus
struct __half {
  unsigned short bits;
};
struct __half2 {
  struct __half x, y;
};
#else

#if defined(__CUDA__) && defined(__clang__)
#include "npu/kernel.h"
#endif
#include "npu/device/small_float_functions.h"
#include "npu/device/small_floats.h"
#include "npu/vector_types.h"

struct __half {
  unsigned short bits;

  __half() = default;
  template <class T>
  NPU_HOST_DEVICE __half(T value) : bits(npu::detail::floatToFloat16(static_cast<float>(value))) {}
  // Rounded twice: to float and then here, which is exact for what a float holds.
  NPU_HOST_DEVICE operator float() const { return npu::detail::float16ToFloat(bits); }
};
struct NPU_ALIGN(4) __half2 {
  __half x, y;

  __half2() = default;
  NPU_HOST_DEVICE __half2(__half x, __half y) : x(x), y(y) {}
};

namespace npu {
using float16 = ::__half;
using float16x2 = ::__half2;
NPU_SMALL_FLOAT(float16, float16x2)

// Conversions. Out-of-range numbers have no defined integer, as in C++.
NPU_SMALL float16 float2half(float a) { return a; }
NPU_SMALL float16 float2half_rn(float a) { return a; }
NPU_SMALL float16 double2half(double a) { return a; }
NPU_SMALL float half2float(float16 a) { return a; }
NPU_SMALL float16 int2half_rn(int a) { return float(a); }
NPU_SMALL float16 uint2half_rn(unsigned int a) { return float(a); }
NPU_SMALL float16 short2half_rn(short a) { return float(a); }
NPU_SMALL float16 ushort2half_rn(unsigned short a) { return float(a); }
NPU_SMALL float16 ll2half_rn(long long a) { return float(a); }
NPU_SMALL float16 ull2half_rn(unsigned long long a) { return float(a); }
NPU_SMALL int half2int_rn(float16 a) { return (int)rintf(a); }
NPU_SMALL int half2int_rz(float16 a) { return (int)truncf(a); }
NPU_SMALL unsigned int half2uint_rn(float16 a) { return (unsigned int)rintf(a); }
NPU_SMALL unsigned int half2uint_rz(float16 a) { return (unsigned int)truncf(a); }
NPU_SMALL long long half2ll_rn(float16 a) { return (long long)rintf(a); }
NPU_SMALL long long half2ll_rz(float16 a) { return (long long)truncf(a); }
NPU_SMALL unsigned long long half2ull_rn(float16 a) { return (unsigned long long)rintf(a); }
NPU_SMALL unsigned long long half2ull_rz(float16 a) { return (unsigned long long)truncf(a); }
NPU_SMALL unsigned short half_as_ushort(float16 a) { return a.bits; }
NPU_SMALL short half_as_short(float16 a) { return (short)a.bits; }
NPU_SMALL float16 ushort_as_half(unsigned short bits) {
  float16 a;
  a.bits = bits;
  return a;
}
NPU_SMALL float16 short_as_half(short bits) { return ushort_as_half((unsigned short)bits); }
NPU_SMALL float16x2 float2half2_rn(float a) { return float16x2(a, a); }
NPU_SMALL float16x2 floats2half2_rn(float a, float b) { return float16x2(a, b); }
NPU_SMALL float16x2 float22half2_rn(float2 a) { return float16x2(a.x, a.y); }
NPU_SMALL float2 half22float2(float16x2 a) { return make_float2(a.x, a.y); }
NPU_SMALL float16x2 half2half2(float16 a) { return float16x2(a, a); }
NPU_SMALL float16x2 halves2half2(float16 a, float16 b) { return float16x2(a, b); }
NPU_SMALL float16 low2half(float16x2 a) { return a.x; }
NPU_SMALL float16 high2half(float16x2 a) { return a.y; }
NPU_SMALL float16x2 low2half2(float16x2 a) { return float16x2(a.x, a.x); }
NPU_SMALL float16x2 high2half2(float16x2 a) { return float16x2(a.y, a.y); }
NPU_SMALL float16x2 lows2half2(float16x2 a, float16x2 b) { return float16x2(a.x, b.x); }
NPU_SMALL float16x2 highs2half2(float16x2 a, float16x2 b) { return float16x2(a.y, b.y); }
NPU_SMALL float low2float(float16x2 a) { return a.x; }
NPU_SMALL float high2float(float16x2 a) { return a.y; }
NPU_SMALL float16x2 lowhigh2highlow(float16x2 a) { return float16x2(a.y, a.x); }
NPU_SMALL float16 float2half_rz(float a) {
  return ushort_as_half(detail::floatToFloat16TowardsZero(a));
}

} // namespace npu

NPU_SMALL_FLOAT_OPERATORS(__half, __half2)

#endif
#endif
