// What a 16-bit type and its pair have besides plain arithmetic (small_float_functions.h):
// saturating and clipping forms, comparisons that hold for what is no number, conversions with a
// rounding mode, atomics. Part of npu/float16.h and npu/bfloat16.h.
#ifndef NPU_DEVICE_SMALL_FLOAT_MORE_H
#define NPU_DEVICE_SMALL_FLOAT_MORE_H

#include "npu/device/small_float_functions.h"
#include "npu/device/small_float_rounding.h"

// name(a, b) and, of pairs, name2(a, b): the function applied half by half.
#define NPU_SMALL_OF_2(type, pair, name, pairName, value)                                          \
  NPU_SMALL type name(type a, type b) { return value; }                                            \
  NPU_SMALL pair pairName(pair a, pair b) { return pair(name(a.x, b.x), name(a.y, b.y)); }
#define NPU_SMALL_OF_3(type, pair, name, pairName, value)                                          \
  NPU_SMALL type name(type a, type b, type c) { return value; }                                    \
  NPU_SMALL pair pairName(pair a, pair b, pair c) {                                                \
    return pair(name(a.x, b.x, c.x), name(a.y, b.y, c.y));                                         \
  }
// Comparisons: unordered ones (u) hold where an operand is no number; `hb` forms hold for both
// halves; `mask` forms give all ones per half.
#define NPU_SMALL_COMPARISONS(type, pair, operation)                                               \
  NPU_SMALL bool h##operation##u(type a, type b) {                                                 \
    return h##operation(a, b) || hisnan(a) || hisnan(b);                                           \
  }                                                                                                \
  NPU_SMALL pair h##operation##u2(pair a, pair b) {                                                \
    return pair(type(h##operation##u(a.x, b.x) ? 1.0f : 0.0f),                                     \
                type(h##operation##u(a.y, b.y) ? 1.0f : 0.0f));                                    \
  }                                                                                                \
  NPU_SMALL bool hb##operation##2(pair a, pair b) {                                                \
    return h##operation(a.x, b.x) && h##operation(a.y, b.y);                                       \
  }                                                                                                \
  NPU_SMALL bool hb##operation##u2(pair a, pair b) {                                               \
    return h##operation##u(a.x, b.x) && h##operation##u(a.y, b.y);                                 \
  }                                                                                                \
  NPU_SMALL unsigned int h##operation##2_mask(pair a, pair b) {                                    \
    return (h##operation(a.x, b.x) ? 0xffffu : 0u) | (h##operation(a.y, b.y) ? 0xffff0000u : 0u);  \
  }                                                                                                \
  NPU_SMALL unsigned int h##operation##u2_mask(pair a, pair b) {                                   \
    return (h##operation##u(a.x, b.x) ? 0xffffu : 0u) |                                            \
           (h##operation##u(a.y, b.y) ? 0xffff0000u : 0u);                                         \
  }

#define NPU_SMALL_FLOAT_MORE(type, pair)                                                           \
  NPU_SMALL type hsaturate(type a) { /* no number becomes 0 */                                     \
    float x = float(a);                                                                            \
    return type(x >= 1 ? 1.0f : x > 0 ? x : 0.0f);                                                 \
  }                                                                                                \
  NPU_SMALL type hrelu(type a) { return float(a) < 0 ? type(0.0f) : a; }                           \
  NPU_SMALL_OF_2(type, pair, hadd_rn, hadd2_rn, hadd(a, b))                                        \
  NPU_SMALL_OF_2(type, pair, hsub_rn, hsub2_rn, hsub(a, b))                                        \
  NPU_SMALL_OF_2(type, pair, hmul_rn, hmul2_rn, hmul(a, b))                                        \
  NPU_SMALL_OF_2(type, pair, hadd_sat, hadd2_sat, hsaturate(hadd(a, b)))                           \
  NPU_SMALL_OF_2(type, pair, hsub_sat, hsub2_sat, hsaturate(hsub(a, b)))                           \
  NPU_SMALL_OF_2(type, pair, hmul_sat, hmul2_sat, hsaturate(hmul(a, b)))                           \
  NPU_SMALL_OF_3(type, pair, hfma_sat, hfma2_sat, hsaturate(hfma(a, b, c)))                        \
  NPU_SMALL_OF_3(type, pair, hfma_relu, hfma2_relu, hrelu(hfma(a, b, c)))                          \
  NPU_SMALL_OF_2(type, pair, hmax_nan, hmax2_nan, hisnan(a) ? a : hisnan(b) ? b : hmax(a, b))      \
  NPU_SMALL_OF_2(type, pair, hmin_nan, hmin2_nan, hisnan(a) ? a : hisnan(b) ? b : hmin(a, b))      \
  /* Complex numbers: a * b + c. */                                                                \
  NPU_SMALL pair hcmadd(pair a, pair b, pair c) {                                                  \
    return pair(hfma(hneg(a.y), b.y, hfma(a.x, b.x, c.x)), hfma(a.y, b.x, hfma(a.x, b.y, c.y)));   \
  }                                                                                                \
  NPU_SMALL pair hisnan2(pair a) {                                                                 \
    return pair(type(hisnan(a.x) ? 1.0f : 0.0f), type(hisnan(a.y) ? 1.0f : 0.0f));                 \
  }                                                                                                \
  NPU_SMALL_COMPARISONS(type, pair, eq)                                                            \
  NPU_SMALL_COMPARISONS(type, pair, ne)                                                            \
  NPU_SMALL_COMPARISONS(type, pair, lt)                                                            \
  NPU_SMALL_COMPARISONS(type, pair, le)                                                            \
  NPU_SMALL_COMPARISONS(type, pair, gt)                                                            \
  NPU_SMALL_COMPARISONS(type, pair, ge)                                                            \
  NPU_SMALL_UNARY(type, pair, hexp10, h2exp10, powf(10.0f, x))                                     \
  NPU_SMALL_UNARY(type, pair, htanh, h2tanh, tanhf(x))                                             \
  NPU_SMALL_UNARY(type, pair, htanh_approx, h2tanh_approx, tanhf(x))

// Conversions between `type`, called `name` in them, and numbers. `mantissaBits` is the type's.
#define NPU_SMALL_CONVERSIONS(type, name, mantissaBits, fromBits)                                  \
  NPU_SMALL_ROUNDED(type, name, mantissaBits, fromBits, rn, Nearest, rintf)                        \
  NPU_SMALL_ROUNDED(type, name, mantissaBits, fromBits, rz, Zero, truncf)                          \
  NPU_SMALL_ROUNDED(type, name, mantissaBits, fromBits, ru, Up, ceilf)                             \
  NPU_SMALL_ROUNDED(type, name, mantissaBits, fromBits, rd, Down, floorf)                          \
  NPU_SMALL type double2##name(double a) {                                                         \
    return fromBits(detail::roundTo16Bits<mantissaBits>(a, detail::Rounding::Nearest));            \
  }                                                                                                \
  NPU_SMALL signed char name##2char_rz(type a) {                                                   \
    return detail::saturatedInteger<signed char>(truncf(a));                                       \
  }                                                                                                \
  NPU_SMALL unsigned char name##2uchar_rz(type a) {                                                \
    return detail::saturatedInteger<unsigned char>(truncf(a));                                     \
  }
#define NPU_SMALL_ROUNDED(type, name, mantissaBits, fromBits, suffix, mode, toWhole)               \
  NPU_SMALL type float2##name##_##suffix(float a) {                                                \
    return fromBits(detail::roundTo16Bits<mantissaBits>(a, detail::Rounding::mode));               \
  }                                                                                                \
  NPU_SMALL_INTEGER(type, name, mantissaBits, fromBits, suffix, mode, toWhole, int, int)           \
  NPU_SMALL_INTEGER(type, name, mantissaBits, fromBits, suffix, mode, toWhole, uint, unsigned int) \
  NPU_SMALL_INTEGER(type, name, mantissaBits, fromBits, suffix, mode, toWhole, short, short)       \
  NPU_SMALL_INTEGER(type, name, mantissaBits, fromBits, suffix, mode, toWhole, ushort,             \
                    unsigned short)                                                                \
  NPU_SMALL_INTEGER(type, name, mantissaBits, fromBits, suffix, mode, toWhole, ll, long long)      \
  NPU_SMALL_INTEGER(type, name, mantissaBits, fromBits, suffix, mode, toWhole, ull,                \
                    unsigned long long)
#define NPU_SMALL_INTEGER(type, name, mantissaBits, fromBits, suffix, mode, toWhole, word,         \
                          integer)                                                                 \
  NPU_SMALL type word##2##name##_##suffix(integer a) {                                             \
    return fromBits(                                                                               \
        detail::roundTo16Bits<mantissaBits>(detail::stickyDoubleOf(a), detail::Rounding::mode));   \
  }                                                                                                \
  NPU_SMALL integer name##2##word##_##suffix(type a) {                                             \
    return detail::saturatedInteger<integer>(toWhole(a));                                          \
  }

// Operators beside the types.
#define NPU_SMALL_FLOAT_MORE_OPERATORS(type, pair)                                                 \
  NPU_SMALL_STEP(type, ++, +, type(1.0f))                                                          \
  NPU_SMALL_STEP(type, --, -, type(1.0f))                                                          \
  NPU_SMALL_STEP(pair, ++, +, pair(type(1.0f), type(1.0f)))                                        \
  NPU_SMALL_STEP(pair, --, -, pair(type(1.0f), type(1.0f)))                                        \
  NPU_SMALL type operator+(type a) { return a; }                                                   \
  NPU_SMALL pair operator+(pair a) { return a; }                                                   \
  NPU_SMALL bool operator==(pair a, pair b) { return npu::hbeq2(a, b); }                           \
  NPU_SMALL bool operator!=(pair a, pair b) { return npu::hbneu2(a, b); }                          \
  NPU_SMALL bool operator<(pair a, pair b) { return npu::hblt2(a, b); }                            \
  NPU_SMALL bool operator<=(pair a, pair b) { return npu::hble2(a, b); }                           \
  NPU_SMALL bool operator>(pair a, pair b) { return npu::hbgt2(a, b); }                            \
  NPU_SMALL bool operator>=(pair a, pair b) { return npu::hbge2(a, b); }
#define NPU_SMALL_STEP(type, step, sign, one)                                                      \
  NPU_SMALL type &operator step(type &a) { return a = a sign one; }                                \
  NPU_SMALL type operator step(type &a, int) {                                                     \
    type before = a;                                                                               \
    a = a sign one;                                                                                \
    return before;                                                                                 \
  }

#if defined(__CUDA__) && defined(__clang__)
// Atomic additions of 2 and, as one word, 4 bytes: CUDA promises no more for pairs than that each
// half is added atomically. Values of 16 bits travel between threads as words.
#define NPU_SMALL_ATOMIC_ADD(name, type, word)                                                     \
  static NPU_DEVICE NPU_FORCEINLINE type name(type *address, type value) {                         \
    word *place = reinterpret_cast<word *>(address), seen, sum;                                    \
    word old = __atomic_load_n(place, __ATOMIC_RELAXED);                                           \
    type now;                                                                                      \
    do {                                                                                           \
      seen = old;                                                                                  \
      __builtin_memcpy(&now, &seen, sizeof(type));                                                 \
      type next = now + value;                                                                     \
      __builtin_memcpy(&sum, &next, sizeof(type));                                                 \
      old = detail::atomicCompareExchange(place, seen, sum);                                       \
    } while (old != seen);                                                                         \
    return now;                                                                                    \
  }
#define NPU_SMALL_SHUFFLE(name, laneType, type)                                                    \
  static NPU_DEVICE NPU_FORCEINLINE type name(unsigned int mask, type value, laneType lane,        \
                                              int width = 32) {                                    \
    unsigned int word = 0;                                                                         \
    __builtin_memcpy(&word, &value, sizeof(type));                                                 \
    word = name(mask, word, lane, width);                                                          \
    __builtin_memcpy(&value, &word, sizeof(type));                                                 \
    return value;                                                                                  \
  }
#define NPU_SMALL_BETWEEN_THREADS(type, pair)                                                      \
  NPU_SMALL_ATOMIC_ADD(atomicAdd, type, unsigned short)                                            \
  NPU_SMALL_ATOMIC_ADD(atomicAdd, pair, unsigned int)                                              \
  NPU_SMALL_ATOMIC_ADD(atomicAddBlock, type, unsigned short)                                       \
  NPU_SMALL_ATOMIC_ADD(atomicAddBlock, pair, unsigned int)                                         \
  NPU_SMALL_ATOMIC_ADD(atomicAddSystem, type, unsigned short)                                      \
  NPU_SMALL_ATOMIC_ADD(atomicAddSystem, pair, unsigned int)                                        \
  NPU_SMALL_SHUFFLE(shuffle, int, type)                                                            \
  NPU_SMALL_SHUFFLE(shuffle, int, pair)                                                            \
  NPU_SMALL_SHUFFLE(shuffleUp, unsigned int, type)                                                 \
  NPU_SMALL_SHUFFLE(shuffleUp, unsigned int, pair)                                                 \
  NPU_SMALL_SHUFFLE(shuffleDown, unsigned int, type)                                               \
  NPU_SMALL_SHUFFLE(shuffleDown, unsigned int, pair)                                               \
  NPU_SMALL_SHUFFLE(shuffleXor, int, type)                                                         \
  NPU_SMALL_SHUFFLE(shuffleXor, int, pair)
#else
#define NPU_SMALL_BETWEEN_THREADS(type, pair)
#endif

#endif
