// Bits, integers and reinterpretation. Overloaded by width where CUDA has one name per width.
#ifndef NPU_DEVICE_BITS_H
#define NPU_DEVICE_BITS_H

#include "npu/device/attributes.h"
#include "npu/vector_types.h"

namespace npu {

#define NPU_INTRINSIC static NPU_DEVICE NPU_FORCEINLINE
#define NPU_OF_WIDTH(result, name, type32, type64, function32, function64)                         \
  NPU_INTRINSIC result name(type32 x) { return function32(x); }                                    \
  NPU_INTRINSIC result name(type64 x) { return function64(x); }
#define NPU_OF_ANY_WIDTH(name, function32, function64)                                             \
  NPU_OF_WIDTH(int, name, int, long long, function32, function64)                                  \
  NPU_OF_WIDTH(int, name, unsigned int, unsigned long long, function32, function64)                \
  NPU_OF_WIDTH(int, name, long, unsigned long, function64, function64)

NPU_OF_ANY_WIDTH(popCount, __nv_popc, __nv_popcll)
// 32 or 64 for zero.
NPU_OF_ANY_WIDTH(countLeadingZeros, __nv_clz, __nv_clzll)
// The position of the lowest set bit, counted from 1; 0 for zero.
NPU_OF_ANY_WIDTH(findFirstSet, __nv_ffs, __nv_ffsll)
NPU_OF_WIDTH(unsigned int, reverseBits, unsigned int, int, __nv_brev, __nv_brev)
NPU_OF_WIDTH(unsigned long long, reverseBits, unsigned long long, unsigned long, __nv_brevll,
             __nv_brevll)

// Four bytes picked from the eight of (high, low) by the four low nibbles of `selector`, of which
// three bits count.
NPU_INTRINSIC unsigned int bytePermute(unsigned int low, unsigned int high, unsigned int selector) {
  return __nv_byte_perm(low, high, selector);
}

// Products of the low 24 bits, and the high half of full products.
NPU_INTRINSIC int mul24(int a, int b) { return __nv_mul24(a, b); }
NPU_INTRINSIC unsigned int umul24(unsigned int a, unsigned int b) { return __nv_umul24(a, b); }
NPU_INTRINSIC int mulHigh(int a, int b) { return __nv_mulhi(a, b); }
NPU_INTRINSIC unsigned int mulHigh(unsigned int a, unsigned int b) { return __nv_umulhi(a, b); }
NPU_INTRINSIC long long mulHigh(long long a, long long b) { return __nv_mul64hi(a, b); }
NPU_INTRINSIC unsigned long long mulHigh(unsigned long long a, unsigned long long b) {
  return __nv_umul64hi(a, b);
}

// |a - b| + c, and the averages rounded down and up, without overflow in between.
NPU_INTRINSIC unsigned int sumAbsoluteDifference(int a, int b, unsigned int c) {
  return __nv_sad(a, b, c);
}
NPU_INTRINSIC unsigned int sumAbsoluteDifference(unsigned int a, unsigned int b, unsigned int c) {
  return __nv_usad(a, b, c);
}
NPU_INTRINSIC int hadd(int a, int b) { return __nv_hadd(a, b); }
NPU_INTRINSIC unsigned int hadd(unsigned int a, unsigned int b) { return __nv_uhadd(a, b); }
NPU_INTRINSIC int rhadd(int a, int b) { return __nv_rhadd(a, b); }
NPU_INTRINSIC unsigned int rhadd(unsigned int a, unsigned int b) { return __nv_urhadd(a, b); }

// (high:low) shifted by `shift` bits, of which the high or low word is the result. The plain forms
// take the shift modulo 32, the others stop at 32.
NPU_INTRINSIC unsigned int funnelShiftLeft(unsigned int low, unsigned int high,
                                           unsigned int shift) {
  return (((unsigned long long)high << 32 | low) << (shift & 31)) >> 32;
}
NPU_INTRINSIC unsigned int funnelShiftRight(unsigned int low, unsigned int high,
                                            unsigned int shift) {
  return ((unsigned long long)high << 32 | low) >> (shift & 31);
}
NPU_INTRINSIC unsigned int funnelShiftLeftClamp(unsigned int low, unsigned int high,
                                                unsigned int shift) {
  return shift >= 32 ? low : funnelShiftLeft(low, high, shift);
}
NPU_INTRINSIC unsigned int funnelShiftRightClamp(unsigned int low, unsigned int high,
                                                 unsigned int shift) {
  return shift >= 32 ? high : funnelShiftRight(low, high, shift);
}

// c + the dot product of four bytes of each operand.
NPU_INTRINSIC int dotProduct4(int a, int b, int c) {
  for (int i = 0; i < 4; ++i)
    c += (signed char)(a >> 8 * i) * (signed char)(b >> 8 * i);
  return c;
}
NPU_INTRINSIC unsigned int dotProduct4(unsigned int a, unsigned int b, unsigned int c) {
  for (int i = 0; i < 4; ++i)
    c += (a >> 8 * i & 0xff) * (b >> 8 * i & 0xff);
  return c;
}
// c + the dot product of two 16-bit numbers of `a` with the low or high two bytes of `b`.
NPU_INTRINSIC int dotProduct2Low(int a, int b, int c) {
  return c + (short)a * (signed char)b + (short)(a >> 16) * (signed char)(b >> 8);
}
NPU_INTRINSIC unsigned int dotProduct2Low(unsigned int a, unsigned int b, unsigned int c) {
  return c + (a & 0xffff) * (b & 0xff) + (a >> 16) * (b >> 8 & 0xff);
}
NPU_INTRINSIC int dotProduct2High(int a, int b, int c) { return dotProduct2Low(a, b >> 16, c); }
NPU_INTRINSIC unsigned int dotProduct2High(unsigned int a, unsigned int b, unsigned int c) {
  return dotProduct2Low(a, b >> 16, c);
}

// The same on vectors.
namespace detail {
template <class Vector> NPU_INTRINSIC unsigned int wordOf(Vector vector) {
  static_assert(sizeof(Vector) == 4, "four bytes");
  unsigned int word;
  __builtin_memcpy(&word, &vector, 4);
  return word;
}
} // namespace detail
NPU_INTRINSIC int dotProduct4(char4 a, char4 b, int c) {
  return dotProduct4(int(detail::wordOf(a)), int(detail::wordOf(b)), c);
}
NPU_INTRINSIC unsigned int dotProduct4(uchar4 a, uchar4 b, unsigned int c) {
  return dotProduct4(detail::wordOf(a), detail::wordOf(b), c);
}
NPU_INTRINSIC int dotProduct2Low(short2 a, char4 b, int c) {
  return dotProduct2Low(int(detail::wordOf(a)), int(detail::wordOf(b)), c);
}
NPU_INTRINSIC unsigned int dotProduct2Low(ushort2 a, uchar4 b, unsigned int c) {
  return dotProduct2Low(detail::wordOf(a), detail::wordOf(b), c);
}
NPU_INTRINSIC int dotProduct2High(short2 a, char4 b, int c) {
  return dotProduct2High(int(detail::wordOf(a)), int(detail::wordOf(b)), c);
}
NPU_INTRINSIC unsigned int dotProduct2High(ushort2 a, uchar4 b, unsigned int c) {
  return dotProduct2High(detail::wordOf(a), detail::wordOf(b), c);
}

// The position of the |offset|-th set bit of `mask` from `base` on, upwards or, for negative
// offsets, downwards; offset 0 asks for `base` itself. All ones: there is none. (PTX ISA, "fns".)
NPU_INTRINSIC unsigned int findNthSet(unsigned int mask, unsigned int base, int offset) {
  if (offset == 0)
    return base < 32 && (mask >> base & 1) ? base : 0xffffffffu;
  int step = offset > 0 ? 1 : -1, left = offset > 0 ? offset : -offset;
  for (int position = int(base); position >= 0 && position < 32; position += step)
    if ((mask >> position & 1) && --left == 0)
      return position;
  return 0xffffffffu;
}

#undef NPU_OF_ANY_WIDTH
#undef NPU_OF_WIDTH
#undef NPU_INTRINSIC

} // namespace npu

#endif
