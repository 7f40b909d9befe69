// Reductions over a tile or coalesced group, by exchanging values between the threads of a warp;
// between warps through shared memory.
#ifndef NPU_COOPERATIVE_GROUPS_REDUCE_H
#define NPU_COOPERATIVE_GROUPS_REDUCE_H

#include "npu/api/hold_macros.def"

#include "npu/cooperative_groups.h"

#if defined(__CUDA__) && defined(__clang__)

namespace npu {
namespace cooperative_groups {

#define NPU_GROUP static NPU_DEVICE NPU_FORCEINLINE

#define NPU_OPERATION(name, expression)                                                            \
  template <class T = void> struct name {                                                          \
    NPU_DEVICE T operator()(T a, T b) const { return expression; }                                 \
  };                                                                                               \
  template <> struct name<void> {                                                                  \
    template <class T> NPU_DEVICE T operator()(T a, T b) const { return expression; }              \
  };
NPU_OPERATION(plus, a + b)
NPU_OPERATION(less, b < a ? b : a)
NPU_OPERATION(greater, a < b ? b : a)
NPU_OPERATION(bit_and, a &b)
NPU_OPERATION(bit_or, a | b)
NPU_OPERATION(bit_xor, a ^ b)
#undef NPU_OPERATION

namespace detail {
template <class T> struct plain {
  using type = T;
};
template <class T> struct plain<T &> {
  using type = typename plain<T>::type;
};
template <class T> struct plain<T &&> {
  using type = typename plain<T>::type;
};
template <class T> struct plain<const T> {
  using type = T;
};

// The type of an atomic object's value: cuda::atomic and cuda::atomic_ref alike.
template <class Atomic> NPU_DEVICE Atomic &&object();
template <class Atomic> using Loaded = decltype(object<Atomic>().load());

template <unsigned int Size, class T, class Operation>
NPU_GROUP T reduceWarp(const warp_tile<Size> &tile, T value, Operation operation) {
  for (unsigned int distance = Size / 2; distance > 0; distance /= 2)
    value = operation(value, tile.shfl_xor(value, distance));
  return value;
}
template <unsigned int Size, class T, class Operation>
NPU_GROUP T reduceTile(const warp_tile<Size> &tile, T value, Operation operation) {
  return reduceWarp(tile, value, operation);
}
template <unsigned int Size, class T, class Operation>
NPU_GROUP T reduceTile(const block_tile<Size> &tile, T value, Operation operation) {
  return tile.overWarps(reduceWarp(thread_block_tile<32>(32), value, operation), operation);
}
} // namespace detail

// Every thread of the group gets the result.
template <unsigned int Size, class Parent, class T, class Operation>
NPU_GROUP typename detail::plain<T>::type reduce(const thread_block_tile<Size, Parent> &tile,
                                                 T &&value, Operation &&operation) {
  return detail::reduceTile(tile, typename detail::plain<T>::type(value), operation);
}
template <class T, class Operation>
NPU_GROUP typename detail::plain<T>::type reduce(const coalesced_group &group, T &&value,
                                                 Operation &&operation) {
  using Value = typename detail::plain<T>::type;
  Value own = value, result = group.shfl(own, 0);
  for (unsigned int rank = 1; rank < group.size(); ++rank)
    result = operation(result, group.shfl(own, rank));
  return result;
}
// One thread of the group writes the result, or updates an atomic object with it.
template <class Group, class T, class Value, class Operation>
NPU_GROUP void reduce_store_async(const Group &group, T *to, Value &&value, Operation &&operation) {
  T result = reduce(group, T(value), operation);
  if (group.thread_rank() == 0)
    *to = result;
}
template <class Group, class Atomic, class Value, class Operation, class T = detail::Loaded<Atomic>>
NPU_GROUP void reduce_store_async(const Group &group, Atomic &&to, Value &&value,
                                  Operation &&operation) {
  T result = reduce(group, T(value), operation);
  if (group.thread_rank() == 0)
    to.store(result);
}
template <class Group, class Atomic, class Value, class Operation, class T = detail::Loaded<Atomic>>
NPU_GROUP void reduce_update_async(const Group &group, Atomic &&to, Value &&value,
                                   Operation &&operation) {
  T result = reduce(group, T(value), operation);
  if (group.thread_rank() != 0)
    return;
  T before = to.load();
  while (!to.compare_exchange_weak(before, operation(before, result))) {
  }
}

#undef NPU_GROUP

} // namespace cooperative_groups
} // namespace npu

#endif

#include "npu/api/release_macros.def"

#endif
