// Part of npu/cooperative_groups.h: dividing groups, and the operations as functions of a group.
#ifndef NPU_COOPERATIVE_GROUPS_PARTITION_H
#define NPU_COOPERATIVE_GROUPS_PARTITION_H

namespace npu {
namespace cooperative_groups {

template <unsigned int Size>
NPU_GROUP thread_block_tile<Size, thread_block> tiled_partition(const thread_block &) {
  return thread_block_tile<Size, thread_block>(detail::blockThreads());
}
template <unsigned int Size, unsigned int ParentSize, class Ancestor>
NPU_GROUP thread_block_tile<Size, thread_block_tile<ParentSize, Ancestor>>
tiled_partition(const thread_block_tile<ParentSize, Ancestor> &) {
  static_assert(Size <= ParentSize, "a part is not larger than the whole");
  return thread_block_tile<Size, thread_block_tile<ParentSize, Ancestor>>(ParentSize);
}

// Consecutive ranks, `size` at a time; a power of two up to 32.
NPU_GROUP coalesced_group tiled_partition(const coalesced_group &parent, unsigned int size) {
  unsigned int first = parent.thread_rank() & ~(size - 1), count = parent.size();
  unsigned int last = first + size < count ? first + size : count;
  unsigned int from = detail::laneOfRank(parent.mask(), first);
  unsigned int below = last == count ? ~0u : (1u << detail::laneOfRank(parent.mask(), last)) - 1;
  return {parent.mask() & below & (~0u << from), first / size, (count + size - 1) / size};
}
template <unsigned int Size>
NPU_GROUP coalesced_group tiled_partition(const coalesced_group &parent) {
  return tiled_partition(parent, Size);
}
namespace detail {
NPU_GROUP coalesced_group neighbours(unsigned int size) {
  unsigned int members = (size >= 32 ? ~0u : (1u << size) - 1) << (lane() & ~(size - 1));
  return {members & activeMask(), threadRank() / size, (blockThreads() + size - 1) / size};
}
} // namespace detail
NPU_GROUP thread_group tiled_partition(const thread_block &, unsigned int size) {
  return detail::neighbours(size);
}
template <unsigned int ParentSize, class Ancestor>
NPU_GROUP thread_group tiled_partition(const thread_block_tile<ParentSize, Ancestor> &,
                                       unsigned int size) {
  return detail::neighbours(size);
}
NPU_GROUP thread_group tiled_partition(const thread_group &parent, unsigned int size) {
  if (parent.isBlock)
    return detail::neighbours(size);
  return tiled_partition(coalesced_group(parent.members, 0, 1), size);
}

// The members with the same label; with the same truth.
template <class Group, class Label>
NPU_GROUP coalesced_group labeled_partition(const Group &group, Label label) {
  unsigned int members = detail::sameValue(group.mask(), label);
  unsigned int lowest = members & -members;
  unsigned int leaders = npu::ballot(group.mask(), lowest == 1u << detail::lane());
  return coalesced_group(members, popCount(leaders & (lowest - 1)), popCount(leaders));
}
template <class Group>
NPU_GROUP coalesced_group binary_partition(const Group &group, bool predicate) {
  return labeled_partition(group, int(predicate));
}

template <class Group> NPU_GROUP void sync(const Group &group) { group.sync(); }
template <class Group>
NPU_GROUP auto thread_rank(const Group &group) -> decltype(group.thread_rank()) {
  return group.thread_rank();
}
template <class Group> NPU_GROUP auto group_size(const Group &group) -> decltype(group.size()) {
  return group.size();
}
NPU_GROUP npuDim3 thread_index(const thread_block &block) { return block.thread_index(); }
NPU_GROUP npuDim3 group_index(const thread_block &block) { return block.group_index(); }

// One member calls the function; all get its result.
template <class Group, class Function, class... Arguments>
NPU_GROUP void invoke_one(const Group &group, Function &&function, Arguments &&...arguments) {
  if (group.thread_rank() == 0)
    function(static_cast<Arguments &&>(arguments)...);
}
template <class Group, class Function, class... Arguments>
NPU_GROUP auto invoke_one_broadcast(const Group &group, Function &&function,
                                    Arguments &&...arguments)
    -> decltype(function(static_cast<Arguments &&>(arguments)...)) {
  decltype(function(static_cast<Arguments &&>(arguments)...)) result{};
  if (group.thread_rank() == 0)
    result = function(static_cast<Arguments &&>(arguments)...);
  return group.shfl(result, 0);
}

} // namespace cooperative_groups
} // namespace npu

#endif
