// Minima and maxima of sums and triples, of words or of the two halves of a word: what CUDA calls
// DPX functions. The suffix names the numbers: s32, u32, s16x2 (two signed halves), u16x2. `relu`
// forms are at least 0; `vib` forms also tell whether the first operand was chosen.
#ifndef NPU_DEVICE_SIMD_WORDS_H
#define NPU_DEVICE_SIMD_WORDS_H

#include "npu/device/attributes.h"

namespace npu {

#define NPU_INTRINSIC static NPU_DEVICE NPU_FORCEINLINE

namespace detail {
// Two halves as numbers; sums wrap in 16 bits.
template <class Half> struct Halves {
  Half low, high;
  NPU_DEVICE explicit Halves(unsigned int word) : low(Half(word)), high(Half(word >> 16)) {}
  NPU_DEVICE Halves(Half low, Half high) : low(low), high(high) {}
  NPU_DEVICE unsigned int word() const {
    return (unsigned int)(unsigned short)low | (unsigned int)(unsigned short)high << 16;
  }
};
template <class T> NPU_INTRINSIC T lesser(T a, T b) { return b < a ? b : a; }
template <class T> NPU_INTRINSIC T greater(T a, T b) { return a < b ? b : a; }
template <class T> NPU_INTRINSIC T wrappingSum(T a, T b) {
  return T((unsigned int)a + (unsigned int)b);
}
} // namespace detail

// NAME(a, b, ...) on words and, half by half, on pairs; `value` is an expression of a, b and c.
#define NPU_WORDS(name, type, value)                                                               \
  NPU_INTRINSIC type name(type a, type b, type c) { return value; }
#define NPU_HALVES(name, half, value)                                                              \
  NPU_INTRINSIC half name##_half(half a, half b, half c) { return value; }                         \
  NPU_INTRINSIC unsigned int name(unsigned int first, unsigned int second, unsigned int third) {   \
    detail::Halves<half> a(first), b(second), c(third);                                            \
    return detail::Halves<half>(name##_half(a.low, b.low, c.low),                                  \
                                name##_half(a.high, b.high, c.high))                               \
        .word();                                                                                   \
  }
#define NPU_OF_THREE(name, value)                                                                  \
  NPU_WORDS(name##_s32, int, value)                                                                \
  NPU_WORDS(name##_u32, unsigned int, value)                                                       \
  NPU_HALVES(name##_s16x2, short, value)                                                           \
  NPU_HALVES(name##_u16x2, unsigned short, value)
#define NPU_OF_THREE_RELU(name, value)                                                             \
  NPU_WORDS(name##_s32_relu, int, detail::greater(value, 0))                                       \
  NPU_HALVES(name##_s16x2_relu, short, detail::greater(value, short(0)))
#define NPU_BOTH(name, value) NPU_OF_THREE(name, value) NPU_OF_THREE_RELU(name, value)
NPU_BOTH(viaddmax, detail::greater(detail::wrappingSum(a, b), c))
NPU_BOTH(viaddmin, detail::lesser(detail::wrappingSum(a, b), c))
NPU_BOTH(vimax3, detail::greater(detail::greater(a, b), c))
NPU_BOTH(vimin3, detail::lesser(detail::lesser(a, b), c))

NPU_INTRINSIC int vimax_s32_relu(int a, int b) { return vimax3_s32(a, b, 0); }
NPU_INTRINSIC int vimin_s32_relu(int a, int b) { return detail::greater(detail::lesser(a, b), 0); }
NPU_INTRINSIC unsigned int vimax_s16x2_relu(unsigned int a, unsigned int b) {
  return vimax3_s16x2(a, b, 0);
}
NPU_INTRINSIC unsigned int vimin_s16x2_relu(unsigned int a, unsigned int b) {
  return vimin3_s16x2_relu(a, b, b);
}

// The predicate is true where the first operand is the result, ties included.
#define NPU_CHOSEN(suffix, type)                                                                   \
  NPU_INTRINSIC type vibmax_##suffix(type a, type b, bool *first) {                                \
    *first = a >= b;                                                                               \
    return *first ? a : b;                                                                         \
  }                                                                                                \
  NPU_INTRINSIC type vibmin_##suffix(type a, type b, bool *first) {                                \
    *first = a <= b;                                                                               \
    return *first ? a : b;                                                                         \
  }
#define NPU_CHOSEN_HALVES(suffix, half)                                                            \
  NPU_CHOSEN(suffix##_half, half)                                                                  \
  NPU_INTRINSIC unsigned int vibmax_##suffix(unsigned int first, unsigned int second, bool *high,  \
                                             bool *low) {                                          \
    detail::Halves<half> a(first), b(second);                                                      \
    return detail::Halves<half>(vibmax_##suffix##_half(a.low, b.low, low),                         \
                                vibmax_##suffix##_half(a.high, b.high, high))                      \
        .word();                                                                                   \
  }                                                                                                \
  NPU_INTRINSIC unsigned int vibmin_##suffix(unsigned int first, unsigned int second, bool *high,  \
                                             bool *low) {                                          \
    detail::Halves<half> a(first), b(second);                                                      \
    return detail::Halves<half>(vibmin_##suffix##_half(a.low, b.low, low),                         \
                                vibmin_##suffix##_half(a.high, b.high, high))                      \
        .word();                                                                                   \
  }
NPU_CHOSEN(s32, int)
NPU_CHOSEN(u32, unsigned int)
NPU_CHOSEN_HALVES(s16x2, short)
NPU_CHOSEN_HALVES(u16x2, unsigned short)

#undef NPU_WORDS
#undef NPU_HALVES
#undef NPU_OF_THREE
#undef NPU_OF_THREE_RELU
#undef NPU_BOTH
#undef NPU_CHOSEN
#undef NPU_CHOSEN_HALVES
#undef NPU_INTRINSIC

} // namespace npu

#endif
