// Prefix sums over a tile or coalesced group, in the order of ranks.
#ifndef NPU_COOPERATIVE_GROUPS_SCAN_H
#define NPU_COOPERATIVE_GROUPS_SCAN_H

#include "npu/api/hold_macros.def"

#include "npu/cooperative_groups/reduce.h"

#if defined(__CUDA__) && defined(__clang__)

namespace npu {
namespace cooperative_groups {

#define NPU_GROUP static NPU_DEVICE NPU_FORCEINLINE

namespace detail {

// What the first thread of an exclusive scan gets.
template <class T> NPU_GROUP T smallest() {
  // Floating-point types have infinities, unsigned integers begin at 0.
  if (T(0.5) != T(0))
    return T(-__builtin_inf());
  return T(-1) < T(0) ? T(1ull << (sizeof(T) * 8 - 1)) : T(0);
}
template <class T> NPU_GROUP T largest() {
  if (T(0.5) != T(0))
    return T(__builtin_inf());
  return T(-1) < T(0) ? T((1ull << (sizeof(T) * 8 - 1)) - 1) : T(-1);
}
template <class T, class Operation> struct identity {
  NPU_GROUP T value() { return T{}; }
};
template <class T, class U> struct identity<T, less<U>> {
  NPU_GROUP T value() { return largest<T>(); }
};
template <class T, class U> struct identity<T, greater<U>> {
  NPU_GROUP T value() { return smallest<T>(); }
};
template <class T, class U> struct identity<T, bit_and<U>> {
  NPU_GROUP T value() { return T(~T{}); }
};

template <class Group, class T, class Operation>
NPU_GROUP T scanWarp(const Group &group, T value, Operation operation) {
  unsigned int rank = group.thread_rank(), count = group.size();
  for (unsigned int distance = 1; distance < count; distance *= 2) {
    T before = group.shfl_up(value, distance);
    if (rank >= distance)
      value = operation(before, value);
  }
  return value;
}
template <class Group, class T, class Operation>
NPU_GROUP T scanWarpExclusive(const Group &group, T value, Operation operation) {
  T before = group.shfl_up(scanWarp(group, value, operation), 1);
  return group.thread_rank() == 0 ? identity<T, typename plain<Operation>::type>::value() : before;
}

template <class Group, class T, class Operation>
NPU_GROUP T scanInclusive(const Group &group, T value, Operation operation) {
  return scanWarp(group, value, operation);
}
template <class Group, class T, class Operation>
NPU_GROUP T scanExclusive(const Group &group, T value, Operation operation) {
  return scanWarpExclusive(group, value, operation);
}
template <unsigned int Size, class T, class Operation>
NPU_GROUP T scanInclusiveTile(const block_tile<Size> &tile, T value, Operation operation) {
  thread_block_tile<32> warp(32);
  T within = scanWarp(warp, value, operation);
  T before = tile.beforeWarp(warp.shfl(within, 31), operation, within);
  return tile.thread_rank() < 32 ? within : operation(before, within);
}
template <unsigned int Size, class T, class Operation>
NPU_GROUP T scanExclusiveTile(const block_tile<Size> &tile, T value, Operation operation) {
  thread_block_tile<32> warp(32);
  T all = scanWarp(warp, value, operation), within = scanWarpExclusive(warp, value, operation);
  T before = tile.beforeWarp(warp.shfl(all, 31), operation, within);
  if (tile.thread_rank() < 32)
    return within;
  return warp.thread_rank() == 0 ? before : operation(before, within);
}
template <unsigned int Size, class T, class Operation>
NPU_GROUP T scanInclusiveTile(const warp_tile<Size> &tile, T value, Operation operation) {
  return scanWarp(tile, value, operation);
}
template <unsigned int Size, class T, class Operation>
NPU_GROUP T scanExclusiveTile(const warp_tile<Size> &tile, T value, Operation operation) {
  return scanWarpExclusive(tile, value, operation);
}
template <unsigned int Size, class Parent, class T, class Operation>
NPU_GROUP T scanInclusive(const thread_block_tile<Size, Parent> &tile, T value,
                          Operation operation) {
  return scanInclusiveTile(tile, value, operation);
}
template <unsigned int Size, class Parent, class T, class Operation>
NPU_GROUP T scanExclusive(const thread_block_tile<Size, Parent> &tile, T value,
                          Operation operation) {
  return scanExclusiveTile(tile, value, operation);
}

} // namespace detail

template <class Group, class T, class Operation>
NPU_GROUP typename detail::plain<T>::type inclusive_scan(const Group &group, T &&value,
                                                         Operation &&operation) {
  return detail::scanInclusive(group, typename detail::plain<T>::type(value),
                               typename detail::plain<Operation>::type(operation));
}
template <class Group, class T>
NPU_GROUP typename detail::plain<T>::type inclusive_scan(const Group &group, T &&value) {
  return inclusive_scan(group, value, plus<typename detail::plain<T>::type>());
}
template <class Group, class T, class Operation>
NPU_GROUP typename detail::plain<T>::type exclusive_scan(const Group &group, T &&value,
                                                         Operation &&operation) {
  return detail::scanExclusive(group, typename detail::plain<T>::type(value),
                               typename detail::plain<Operation>::type(operation));
}
template <class Group, class T>
NPU_GROUP typename detail::plain<T>::type exclusive_scan(const Group &group, T &&value) {
  return exclusive_scan(group, value, plus<typename detail::plain<T>::type>());
}

#undef NPU_GROUP

} // namespace cooperative_groups
} // namespace npu

#endif

#include "npu/api/release_macros.def"

#endif
