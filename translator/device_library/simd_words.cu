// Two 16-bit or four 8-bit integers in one word: CUDA's SIMD intrinsics, as the PTX instructions of
// the same names (PTX ISA, "SIMD Video Instructions") without accumulation.
#include "library.h"

namespace {

template <int width, bool isSigned> HELPER int field(uint32 word, int i) {
  uint32 top = word << (32 - width * (i + 1));
  return isSigned ? int(top) >> (32 - width) : int(top >> (32 - width));
}
template <int width> HELPER uint32 placed(int value, int i) {
  return (uint32(value) & (0xffffffffu >> (32 - width))) << (width * i);
}
template <int width> HELPER int clampSigned(int value) {
  constexpr int limit = 1 << (width - 1);
  return value < -limit ? -limit : value >= limit ? limit - 1 : value;
}
template <int width> HELPER int clampUnsigned(int value) {
  constexpr int limit = 1 << width;
  return value < 0 ? 0 : value >= limit ? limit - 1 : value;
}
HELPER int absolute(int value) { return value < 0 ? -value : value; }
HELPER int average(int sum) { return (sum + (sum >= 0)) >> 1; }

} // namespace

// EACH(name, are the numbers signed?, a field of the result from fields a and b)
#define EACH_OF(name, width, isSigned, expression)                                                 \
  LIBRARY int __nv_##name(int first, int second) {                                                 \
    uint32 result = 0;                                                                             \
    for (int i = 0; i < 32 / width; ++i) {                                                         \
      int a = field<width, isSigned>(first, i), b = field<width, isSigned>(second, i);             \
      constexpr int bits = width;                                                                  \
      (void)bits;                                                                                  \
      result |= placed<width>(expression, i);                                                      \
    }                                                                                              \
    return int(result);                                                                            \
  }
#define EACH(name, isSigned, expression)                                                           \
  EACH_OF(name##2, 16, isSigned, expression) EACH_OF(name##4, 8, isSigned, expression)
#define EACH_ALONE_OF(name, width, expression)                                                     \
  LIBRARY int __nv_##name(int word) {                                                              \
    uint32 result = 0;                                                                             \
    for (int i = 0; i < 32 / width; ++i) {                                                         \
      int a = field<width, true>(word, i);                                                         \
      constexpr int bits = width;                                                                  \
      (void)bits;                                                                                  \
      result |= placed<width>(expression, i);                                                      \
    }                                                                                              \
    return int(result);                                                                            \
  }
#define EACH_ALONE(name, expression)                                                               \
  EACH_ALONE_OF(name##2, 16, expression) EACH_ALONE_OF(name##4, 8, expression)
#define SUM_OF(name, width, isSigned)                                                              \
  LIBRARY int __nv_##name(int first, int second) {                                                 \
    int sum = 0;                                                                                   \
    for (int i = 0; i < 32 / width; ++i)                                                           \
      sum += absolute(field<width, isSigned>(first, i) - field<width, isSigned>(second, i));       \
    return sum;                                                                                    \
  }
#define COMPARE(name, isSigned, operation)                                                         \
  EACH(vcmp##name, isSigned, a operation b ? -1 : 0)                                               \
  EACH(vset##name, isSigned, a operation b ? 1 : 0)

EACH_ALONE(vabs, absolute(a))
EACH_ALONE(vabsss, clampSigned<bits>(absolute(a)))
EACH_ALONE(vneg, -a)
EACH_ALONE(vnegss, clampSigned<bits>(-a))
EACH(vabsdiffs, true, absolute(a - b))
EACH(vabsdiffu, false, absolute(a - b))
EACH(vadd, false, a + b)
EACH(vaddss, true, clampSigned<bits>(a + b))
EACH(vaddus, false, clampUnsigned<bits>(a + b))
EACH(vsub, false, a - b)
EACH(vsubss, true, clampSigned<bits>(a - b))
EACH(vsubus, false, clampUnsigned<bits>(a - b))
EACH(vavgs, true, average(a + b))
EACH(vavgu, false, average(a + b))
EACH(vhaddu, false, (a + b) >> 1)
EACH(vmaxs, true, a < b ? b : a)
EACH(vmaxu, false, a < b ? b : a)
EACH(vmins, true, b < a ? b : a)
EACH(vminu, false, b < a ? b : a)
COMPARE(eq, false, ==)
COMPARE(ne, false, !=)
COMPARE(ges, true, >=)
COMPARE(geu, false, >=)
COMPARE(gts, true, >)
COMPARE(gtu, false, >)
COMPARE(les, true, <=)
COMPARE(leu, false, <=)
COMPARE(lts, true, <)
COMPARE(ltu, false, <)
SUM_OF(vsads2, 16, true)
SUM_OF(vsads4, 8, true)
SUM_OF(vsadu2, 16, false)
SUM_OF(vsadu4, 8, false)
