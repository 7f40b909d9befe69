// Integers, bits, and the reinterpretation of one type's bits as another's; half precision as bits.
#include "library.h"

#define MIN_MAX(prefix, type)                                                                      \
  LIBRARY type __nv_##prefix##min(type a, type b) { return b < a ? b : a; }                        \
  LIBRARY type __nv_##prefix##max(type a, type b) { return a < b ? b : a; }
MIN_MAX(, int)
MIN_MAX(u, uint32)
MIN_MAX(ll, int64)
MIN_MAX(ull, uint64)

LIBRARY int __nv_abs(int x) { return x < 0 ? int(0u - uint32(x)) : x; }
LIBRARY int64 __nv_llabs(int64 x) { return x < 0 ? int64(0ull - uint64(x)) : x; }

LIBRARY int __nv_popc(int x) { return __builtin_popcount(x); }
LIBRARY int __nv_popcll(int64 x) { return __builtin_popcountll(x); }
LIBRARY int __nv_clz(int x) { return x == 0 ? 32 : __builtin_clz(x); }
LIBRARY int __nv_clzll(int64 x) { return x == 0 ? 64 : __builtin_clzll(x); }
LIBRARY int __nv_ffs(int x) { return x == 0 ? 0 : __builtin_ctz(x) + 1; }
LIBRARY int __nv_ffsll(int64 x) { return x == 0 ? 0 : __builtin_ctzll(x) + 1; }
// By halves, as in "Hacker's Delight": the bit-reversal intrinsic is not for every processor.
LIBRARY int __nv_brev(int x) {
  uint32 bits = x;
  bits = (bits >> 1 & 0x55555555u) | (bits & 0x55555555u) << 1;
  bits = (bits >> 2 & 0x33333333u) | (bits & 0x33333333u) << 2;
  bits = (bits >> 4 & 0x0f0f0f0fu) | (bits & 0x0f0f0f0fu) << 4;
  bits = (bits >> 8 & 0x00ff00ffu) | (bits & 0x00ff00ffu) << 8;
  return int(bits >> 16 | bits << 16);
}
LIBRARY int64 __nv_brevll(int64 x) {
  uint64 low = uint32(__nv_brev(int(x))), high = uint32(__nv_brev(int(x >> 32)));
  return int64(low << 32 | high);
}
// Each low nibble of the selector picks one of eight bytes; its bit 3 asks for that byte's sign
// instead.
LIBRARY int __npu_prmt(int low, int high, int selector) {
  uint64 bytes = uint64(uint32(high)) << 32 | uint32(low);
  uint32 result = 0;
  for (int i = 0; i < 4; ++i) {
    int pick = selector >> (4 * i);
    uint32 byte = uint32(bytes >> (8 * (pick & 7))) & 0xff;
    if (pick & 8)
      byte = byte & 0x80 ? 0xff : 0;
    result |= byte << (8 * i);
  }
  return int(result);
}
// CUDA's has three bits for a byte; with the fourth, prmt repeats its sign.
LIBRARY int __nv_byte_perm(int low, int high, int selector) {
  return __npu_prmt(low, high, selector & 0x7777);
}

LIBRARY int __nv_mul24(int a, int b) {
  return int(uint32(int(uint32(a) << 8) >> 8) * uint32(int(uint32(b) << 8) >> 8));
}
LIBRARY uint32 __nv_umul24(uint32 a, uint32 b) { return (a & 0xffffff) * (b & 0xffffff); }
LIBRARY int __nv_mulhi(int a, int b) { return int(int64(a) * b >> 32); }
LIBRARY uint32 __nv_umulhi(uint32 a, uint32 b) { return uint32(uint64(a) * b >> 32); }
LIBRARY int64 __nv_mul64hi(int64 a, int64 b) { return int64(__int128(a) * b >> 64); }
LIBRARY uint64 __nv_umul64hi(uint64 a, uint64 b) { return uint64((unsigned __int128)(a)*b >> 64); }
LIBRARY int __nv_sad(int a, int b, int c) {
  return int(uint32(a < b ? int64(b) - a : int64(a) - b) + uint32(c));
}
LIBRARY uint32 __nv_usad(uint32 a, uint32 b, uint32 c) { return (a < b ? b - a : a - b) + c; }
LIBRARY int __nv_hadd(int a, int b) { return int((int64(a) + b) >> 1); }
LIBRARY int __nv_rhadd(int a, int b) { return int((int64(a) + b + 1) >> 1); }
LIBRARY int __nv_uhadd(uint32 a, uint32 b) { return int((uint64(a) + b) >> 1); }
LIBRARY uint32 __nv_urhadd(uint32 a, uint32 b) { return uint32((uint64(a) + b + 1) >> 1); }

LIBRARY int __nv_float_as_int(float x) { return int(bitsOf(x)); }
LIBRARY uint32 __nv_float_as_uint(float x) { return bitsOf(x); }
LIBRARY float __nv_int_as_float(int x) { return bitsAs<float>(uint32(x)); }
LIBRARY float __nv_uint_as_float(uint32 x) { return bitsAs<float>(x); }
LIBRARY uint64 __nv_double_as_longlong(double x) { return bitsOf(x); }
LIBRARY double __nv_longlong_as_double(int64 x) { return bitsAs<double>(uint64(x)); }
LIBRARY int __nv_double2hiint(double x) { return int(bitsOf(x) >> 32); }
LIBRARY int __nv_double2loint(double x) { return int(bitsOf(x)); }
LIBRARY double __nv_hiloint2double(int high, int low) {
  return bitsAs<double>(uint64(uint32(high)) << 32 | uint32(low));
}

// IEEE 754 binary16. Denormals are scaled by 2^112, the difference of the two exponent biases.
LIBRARY float __nv_half2float(unsigned short half) {
  uint32 sign = uint32(half & 0x8000) << 16, magnitude = uint32(half & 0x7fff) << 13;
  if (magnitude >= 0x7c00u << 13)
    return bitsAs<float>(sign | magnitude | 0x7f800000u);
  float scaled = bitsAs<float>(magnitude) * 0x1p112f;
  return bitsAs<float>(sign | bitsOf(scaled));
}
LIBRARY unsigned short __nv_float2half_rn(float x) {
  uint32 bits = bitsOf(x), sign = bits >> 16 & 0x8000, magnitude = bits & 0x7fffffff;
  if (magnitude > 0x7f800000u)
    return (unsigned short)0x7fff; // CUDA's one NaN
  if (magnitude >= 0x477ff000u)    // rounds to 65536 or more
    return (unsigned short)(sign | 0x7c00);
  if (magnitude < 0x38800000u) {
    // Adding half of 2^-1 puts the last bit of a half denormal in the float's last bit, rounded.
    float shifted = bitsAs<float>(magnitude) + 0.5f;
    return (unsigned short)(sign | (bitsOf(shifted) - 0x3f000000u));
  }
  uint32 rounded = magnitude - (112u << 23) + 0xfff + (magnitude >> 13 & 1);
  return (unsigned short)(sign | rounded >> 13);
}
