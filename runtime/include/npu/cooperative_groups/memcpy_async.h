// Copies by all threads of a group. They are done at once; waiting for them is the group's barrier.
#ifndef NPU_COOPERATIVE_GROUPS_MEMCPY_ASYNC_H
#define NPU_COOPERATIVE_GROUPS_MEMCPY_ASYNC_H

#include "npu/api/hold_macros.def"

#include "npu/cooperative_groups.h"

#if defined(__CUDA__) && defined(__clang__)

namespace npu {
namespace cooperative_groups {

#define NPU_GROUP static NPU_DEVICE NPU_FORCEINLINE

namespace detail {
template <class Group>
NPU_GROUP void copy(const Group &group, void *to, const void *from, size_t bytes) {
  unsigned int rank = group.thread_rank(), count = group.size();
  if (((size_t)to | (size_t)from | bytes) % sizeof(int) == 0) {
    for (size_t i = rank; i < bytes / sizeof(int); i += count)
      ((int *)to)[i] = ((const int *)from)[i];
    return;
  }
  for (size_t i = rank; i < bytes; i += count)
    ((char *)to)[i] = ((const char *)from)[i];
}
} // namespace detail

// `shape` is a number of bytes, or one with a known alignment.
template <class Group, class T, class U, class Shape>
NPU_GROUP void memcpy_async(const Group &group, T *to, const U *from, const Shape &shape) {
  detail::copy(group, to, from, size_t(shape));
}
// Counts of elements on both sides; the smaller holds.
template <class Group, class T, class Shape, class OtherShape>
NPU_GROUP void memcpy_async(const Group &group, T *to, const Shape &toCount, const T *from,
                            const OtherShape &fromCount) {
  size_t count = size_t(toCount) < size_t(fromCount) ? size_t(toCount) : size_t(fromCount);
  detail::copy(group, to, from, count * sizeof(T));
}
template <class Group> NPU_GROUP void wait(const Group &group) { group.sync(); }
// All but the last `Stages` copies are done; here those too.
template <unsigned int Stages, class Group> NPU_GROUP void wait_prior(const Group &group) {
  group.sync();
}

#undef NPU_GROUP

} // namespace cooperative_groups
} // namespace npu

#endif

#include "npu/api/release_macros.def"

#endif
