// Reductions over a tile or coalesced group, by exchanging values between the threads of a warp.
#ifndef NPU_COOPERATIVE_GROUPS_REDUCE_H
#define NPU_COOPERATIVE_GROUPS_REDUCE_H

#include "npu/cooperative_groups.h"

#if defined(__CUDA__) && defined(__clang__)

namespace npu {
namespace cooperative_groups {

#define NPU_OPERATION(name, expression)                                                            \
  template <class T> struct name {                                                                 \
    NPU_DEVICE T operator()(T a, T b) const { return expression; }                                 \
  };
NPU_OPERATION(plus, a + b)
NPU_OPERATION(less, b < a ? b : a)
NPU_OPERATION(greater, a < b ? b : a)
NPU_OPERATION(bit_and, a &b)
NPU_OPERATION(bit_or, a | b)
NPU_OPERATION(bit_xor, a ^ b)
#undef NPU_OPERATION

// Every thread of the tile gets the result.
template <unsigned int Size, class Parent, class T, class Operation>
static NPU_DEVICE NPU_FORCEINLINE T reduce(const thread_block_tile<Size, Parent> &tile, T value,
                                           Operation operation) {
  for (unsigned int distance = Size / 2; distance > 0; distance /= 2)
    value = operation(value, tile.shfl_xor(value, distance));
  return value;
}
template <class T, class Operation>
static NPU_DEVICE NPU_FORCEINLINE T reduce(const coalesced_group &group, T value,
                                           Operation operation) {
  T result = group.shfl(value, 0);
  for (unsigned int rank = 1; rank < group.size(); ++rank)
    result = operation(result, group.shfl(value, rank));
  return result;
}

} // namespace cooperative_groups
} // namespace npu

#endif
#endif
