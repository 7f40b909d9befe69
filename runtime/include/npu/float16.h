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
#include "npu/device/small_float_more.h"
#include "npu/device/small_floats.h"
#include "npu/vector_types.h"

struct __half_raw {
  unsigned short x;
};
struct __half2_raw {
  unsigned short x, y;
};
struct __half {
  unsigned short bits;

  __half() = default;
  NPU_HOST_DEVICE __half(__half_raw raw) : bits(raw.x) {}
  NPU_HOST_DEVICE __half(double value)
      : bits(npu::detail::roundTo16Bits<10>(value, npu::detail::Rounding::Nearest)) {}
  NPU_SMALL_FLOAT_FROM_NUMBERS(__half, npu::detail::floatToFloat16)
  NPU_HOST_DEVICE operator float() const { return npu::detail::float16ToFloat(bits); }
  NPU_HOST_DEVICE operator __half_raw() const { return __half_raw{bits}; }
};
struct NPU_ALIGN(4) __half2 {
  __half x, y;

  __half2() = default;
  NPU_HOST_DEVICE __half2(__half2_raw raw) : x(__half_raw{raw.x}), y(__half_raw{raw.y}) {}
  NPU_HOST_DEVICE __half2(__half x, __half y) : x(x), y(y) {}
  NPU_HOST_DEVICE operator __half2_raw() const { return __half2_raw{x.bits, y.bits}; }
};

namespace npu {
using float16 = ::__half;
using float16x2 = ::__half2;
NPU_SMALL_FLOAT(float16, float16x2)
NPU_SMALL_FLOAT_MORE(float16, float16x2)

// Conversions. Out-of-range numbers become the nearest integer.
NPU_SMALL float16 float2half(float a) { return a; }
NPU_SMALL float half2float(float16 a) { return a; }
NPU_SMALL unsigned short half_as_ushort(float16 a) { return a.bits; }
NPU_SMALL short half_as_short(float16 a) { return (short)a.bits; }
NPU_SMALL float16 ushort_as_half(unsigned short bits) {
  float16 a;
  a.bits = bits;
  return a;
}
NPU_SMALL_CONVERSIONS(float16, half, 10, ushort_as_half)
NPU_SMALL float16 short_as_half(short bits) { return ushort_as_half((unsigned short)bits); }
NPU_SMALL float16x2 float2half2_rn(float a) { return float16x2(a, a); }
NPU_SMALL float16x2 floats2half2_rn(float a, float b) { return float16x2(a, b); }
NPU_SMALL float16x2 float22half2_rn(float2 a) { return float16x2(a.x, a.y); }
NPU_SMALL float2 half22float2(float16x2 a) { return make_float2(a.x, a.y); }
NPU_SMALL float16x2 half2half2(float16 a) { return float16x2(a, a); }
NPU_SMALL float16x2 makeHalf2(float16 a, float16 b) { return float16x2(a, b); }
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

} // namespace npu

NPU_SMALL_FLOAT_OPERATORS(__half, __half2)
NPU_SMALL_FLOAT_MORE_OPERATORS(__half, __half2)

#define NPU_INF_FP16 npu::ushort_as_half((unsigned short)0x7c00)
#define NPU_NAN_FP16 npu::ushort_as_half((unsigned short)0x7fff)
#define NPU_MIN_DENORM_FP16 npu::ushort_as_half((unsigned short)0x0001)
#define NPU_MAX_NORMAL_FP16 npu::ushort_as_half((unsigned short)0x7bff)
#define NPU_NEG_ZERO_FP16 npu::ushort_as_half((unsigned short)0x8000)
#define NPU_ZERO_FP16 npu::ushort_as_half((unsigned short)0x0000)
#define NPU_ONE_FP16 npu::ushort_as_half((unsigned short)0x3c00)

namespace npu {
NPU_SMALL_BETWEEN_THREADS(float16, float16x2)
} // namespace npu

#endif
#endif
