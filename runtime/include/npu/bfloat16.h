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
#include "npu/device/small_float_more.h"
#include "npu/device/small_floats.h"
#include "npu/vector_types.h"

struct __nv_bfloat16_raw {
  unsigned short x;
};
struct __nv_bfloat162_raw {
  unsigned short x, y;
};
struct __nv_bfloat16 {
  unsigned short bits;

  __nv_bfloat16() = default;
  NPU_HOST_DEVICE __nv_bfloat16(__nv_bfloat16_raw raw) : bits(raw.x) {}
  NPU_HOST_DEVICE __nv_bfloat16(double value)
      : bits(npu::detail::roundTo16Bits<7>(value, npu::detail::Rounding::Nearest)) {}
  NPU_SMALL_FLOAT_FROM_NUMBERS(__nv_bfloat16, npu::detail::floatToBfloat16)
  NPU_HOST_DEVICE operator float() const { return npu::detail::bfloat16ToFloat(bits); }
  NPU_HOST_DEVICE operator __nv_bfloat16_raw() const { return __nv_bfloat16_raw{bits}; }
};
struct NPU_ALIGN(4) __nv_bfloat162 {
  __nv_bfloat16 x, y;

  __nv_bfloat162() = default;
  NPU_HOST_DEVICE __nv_bfloat162(__nv_bfloat162_raw raw)
      : x(__nv_bfloat16_raw{raw.x}), y(__nv_bfloat16_raw{raw.y}) {}
  NPU_HOST_DEVICE __nv_bfloat162(__nv_bfloat16 x, __nv_bfloat16 y) : x(x), y(y) {}
  NPU_HOST_DEVICE operator __nv_bfloat162_raw() const { return __nv_bfloat162_raw{x.bits, y.bits}; }
};

namespace npu {
using bfloat16 = ::__nv_bfloat16;
using bfloat16x2 = ::__nv_bfloat162;
NPU_SMALL_FLOAT(bfloat16, bfloat16x2)
NPU_SMALL_FLOAT_MORE(bfloat16, bfloat16x2)

// Conversions. Out-of-range numbers become the nearest integer.
NPU_SMALL bfloat16 float2bfloat16(float a) { return a; }
NPU_SMALL float bfloat162float(bfloat16 a) { return a; }
NPU_SMALL unsigned short bfloat16_as_ushort(bfloat16 a) { return a.bits; }
NPU_SMALL short bfloat16_as_short(bfloat16 a) { return (short)a.bits; }
NPU_SMALL bfloat16 ushort_as_bfloat16(unsigned short bits) {
  bfloat16 a;
  a.bits = bits;
  return a;
}
NPU_SMALL_CONVERSIONS(bfloat16, bfloat16, 7, ushort_as_bfloat16)
NPU_SMALL bfloat16 short_as_bfloat16(short bits) {
  return ushort_as_bfloat16((unsigned short)bits);
}
NPU_SMALL bfloat16x2 float2bfloat162_rn(float a) { return bfloat16x2(a, a); }
NPU_SMALL bfloat16x2 floats2bfloat162_rn(float a, float b) { return bfloat16x2(a, b); }
NPU_SMALL bfloat16x2 float22bfloat162_rn(float2 a) { return bfloat16x2(a.x, a.y); }
NPU_SMALL float2 bfloat1622float2(bfloat16x2 a) { return make_float2(a.x, a.y); }
NPU_SMALL bfloat16x2 bfloat162bfloat162(bfloat16 a) { return bfloat16x2(a, a); }
NPU_SMALL bfloat16x2 makeBfloat162(bfloat16 a, bfloat16 b) { return bfloat16x2(a, b); }
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
NPU_SMALL_FLOAT_MORE_OPERATORS(__nv_bfloat16, __nv_bfloat162)

#define NPU_INF_BF16 npu::ushort_as_bfloat16((unsigned short)0x7f80)
#define NPU_NAN_BF16 npu::ushort_as_bfloat16((unsigned short)0x7fff)
#define NPU_MIN_DENORM_BF16 npu::ushort_as_bfloat16((unsigned short)0x0001)
#define NPU_MAX_NORMAL_BF16 npu::ushort_as_bfloat16((unsigned short)0x7f7f)
#define NPU_NEG_ZERO_BF16 npu::ushort_as_bfloat16((unsigned short)0x8000)
#define NPU_ZERO_BF16 npu::ushort_as_bfloat16((unsigned short)0x0000)
#define NPU_ONE_BF16 npu::ushort_as_bfloat16((unsigned short)0x3f80)

namespace npu {
NPU_SMALL_BETWEEN_THREADS(bfloat16, bfloat16x2)
} // namespace npu

#endif
#endif
