// Operations between the 32 threads of a warp. `mask` names the threads that take part; each of
// them must execute the same operation. The ...All forms without a mask are CUDA's older ones:
// every thread that is active takes part.
#ifndef NPU_DEVICE_WARP_H
#define NPU_DEVICE_WARP_H

#include "npu/device/attributes.h"

namespace npu {

#define NPU_INTRINSIC static NPU_DEVICE NPU_FORCEINLINE

namespace detail {

// A value of any size travels as words of 32 bits.
template <class T, class Shuffle32> NPU_INTRINSIC T shuffleWords(T value, Shuffle32 shuffle32) {
  int words[(sizeof(T) + 3) / 4] = {};
  __builtin_memcpy(words, &value, sizeof(T));
  for (unsigned int i = 0; i < (sizeof(T) + 3) / 4; ++i)
    words[i] = shuffle32(words[i]);
  __builtin_memcpy(&value, words, sizeof(T));
  return value;
}
// The hardware's form of a segment: its width is in bits 8 to 12, the last lane in the low bits.
NPU_INTRINSIC int segment(int width, int lastLane) { return ((32 - width) << 8) | lastLane; }

} // namespace detail

// The lanes that are active here.
NPU_INTRINSIC unsigned int activeMask() { return __nvvm_vote_ballot(1); }

#define NPU_SHUFFLE(name, mode, lastLane, laneType, type)                                          \
  NPU_INTRINSIC type name(unsigned int mask, type value, laneType lane, int width = 32) {          \
    return detail::shuffleWords(value, [=] NPU_DEVICE(int word) {                                  \
      return __nvvm_shfl_sync_##mode##_i32(mask, word, lane, detail::segment(width, lastLane));    \
    });                                                                                            \
  }                                                                                                \
  NPU_INTRINSIC type name##All(type value, laneType lane, int width = 32) {                        \
    return name(activeMask(), value, lane, width);                                                 \
  }
#define NPU_SHUFFLES(type)                                                                         \
  NPU_SHUFFLE(shuffle, idx, 0x1f, int, type)                                                       \
  NPU_SHUFFLE(shuffleUp, up, 0, unsigned int, type)                                                \
  NPU_SHUFFLE(shuffleDown, down, 0x1f, unsigned int, type)                                         \
  NPU_SHUFFLE(shuffleXor, bfly, 0x1f, int, type)
NPU_SHUFFLES(int)
NPU_SHUFFLES(unsigned int)
NPU_SHUFFLES(long)
NPU_SHUFFLES(unsigned long)
NPU_SHUFFLES(long long)
NPU_SHUFFLES(unsigned long long)
NPU_SHUFFLES(float)
NPU_SHUFFLES(double)
#undef NPU_SHUFFLES
#undef NPU_SHUFFLE

NPU_INTRINSIC void syncWarp(unsigned int mask = 0xffffffff) { __nvvm_bar_warp_sync(mask); }

NPU_INTRINSIC int all(unsigned int mask, int predicate) {
  return __nvvm_vote_all_sync(mask, predicate);
}
NPU_INTRINSIC int any(unsigned int mask, int predicate) {
  return __nvvm_vote_any_sync(mask, predicate);
}
NPU_INTRINSIC int uniform(unsigned int mask, int predicate) {
  return __nvvm_vote_uni_sync(mask, predicate);
}
NPU_INTRINSIC unsigned int ballot(unsigned int mask, int predicate) {
  return __nvvm_vote_ballot_sync(mask, predicate);
}
NPU_INTRINSIC int allOfWarp(int predicate) { return all(activeMask(), predicate); }
NPU_INTRINSIC int anyOfWarp(int predicate) { return any(activeMask(), predicate); }
NPU_INTRINSIC unsigned int ballotOfWarp(int predicate) { return ballot(activeMask(), predicate); }

// The threads of `mask` whose value equals this thread's; `matchAll` gives 0 unless all are equal.
#define NPU_MATCH(type, bits, word)                                                                \
  NPU_INTRINSIC unsigned int matchAny(unsigned int mask, type value) {                             \
    word same;                                                                                     \
    __builtin_memcpy(&same, &value, sizeof(same));                                                 \
    return __nvvm_match_any_sync_##bits(mask, same);                                               \
  }                                                                                                \
  NPU_INTRINSIC unsigned int matchAll(unsigned int mask, type value, int *predicate) {             \
    word same;                                                                                     \
    __builtin_memcpy(&same, &value, sizeof(same));                                                 \
    return __nvvm_match_all_sync_##bits##p(mask, same, predicate);                                 \
  }
NPU_MATCH(int, i32, unsigned int)
NPU_MATCH(unsigned int, i32, unsigned int)
NPU_MATCH(float, i32, unsigned int)
NPU_MATCH(long, i64, unsigned long long)
NPU_MATCH(unsigned long, i64, unsigned long long)
NPU_MATCH(long long, i64, unsigned long long)
NPU_MATCH(unsigned long long, i64, unsigned long long)
NPU_MATCH(double, i64, unsigned long long)
#undef NPU_MATCH

NPU_INTRINSIC unsigned int reduceAdd(unsigned int mask, unsigned int value) {
  return __nvvm_redux_sync_add(value, mask);
}
NPU_INTRINSIC int reduceAdd(unsigned int mask, int value) {
  return __nvvm_redux_sync_add(value, mask);
}
NPU_INTRINSIC unsigned int reduceMin(unsigned int mask, unsigned int value) {
  return __nvvm_redux_sync_umin(value, mask);
}
NPU_INTRINSIC int reduceMin(unsigned int mask, int value) {
  return __nvvm_redux_sync_min(value, mask);
}
NPU_INTRINSIC unsigned int reduceMax(unsigned int mask, unsigned int value) {
  return __nvvm_redux_sync_umax(value, mask);
}
NPU_INTRINSIC int reduceMax(unsigned int mask, int value) {
  return __nvvm_redux_sync_max(value, mask);
}
NPU_INTRINSIC unsigned int reduceAnd(unsigned int mask, unsigned int value) {
  return __nvvm_redux_sync_and(value, mask);
}
NPU_INTRINSIC unsigned int reduceOr(unsigned int mask, unsigned int value) {
  return __nvvm_redux_sync_or(value, mask);
}
NPU_INTRINSIC unsigned int reduceXor(unsigned int mask, unsigned int value) {
  return __nvvm_redux_sync_xor(value, mask);
}

#undef NPU_INTRINSIC

} // namespace npu

#endif
