// Part of npu/cooperative_groups.h: threads of one warp, by their lanes.
#ifndef NPU_COOPERATIVE_GROUPS_WARP_H
#define NPU_COOPERATIVE_GROUPS_WARP_H

namespace npu {
namespace cooperative_groups {

namespace detail {

// The lane of the member with this rank: halves the span five times.
NPU_GROUP unsigned int laneOfRank(unsigned int members, unsigned int rank) {
  unsigned int lane = 0;
  for (unsigned int span = 16; span > 0; span /= 2) {
    unsigned int below = popCount((members >> lane) & ((1u << span) - 1));
    lane += rank >= below ? span : 0;
    rank -= rank >= below ? below : 0;
  }
  return lane;
}
// Lanes as a mask of ranks.
NPU_GROUP unsigned int ranksOf(unsigned int lanes, unsigned int members) {
  unsigned int ranks = 0, bit = 1;
  for (; members != 0; members &= members - 1, bit <<= 1)
    ranks |= (lanes & members & -members) != 0 ? bit : 0;
  return ranks;
}
template <class T> NPU_GROUP T fromLane(unsigned int members, T value, unsigned int lane) {
  return npu::detail::shuffleWords(
      value, [=] NPU_DEVICE(int word) { return shuffle(members, word, int(lane)); });
}
// The lanes of `members` whose value has the same bits; types of 4 or 8 bytes.
template <class T> NPU_GROUP unsigned int sameValue(unsigned int members, T value) {
  static_assert(sizeof(T) <= 8, "values of up to 8 bytes can be matched");
  unsigned long long bits = 0;
  __builtin_memcpy(&bits, &value, sizeof(T));
  return sizeof(T) <= 4 ? matchAny(members, (unsigned int)bits) : matchAny(members, bits);
}

} // namespace detail

// `members` are the lanes; ranks count them. The base of tiles and of coalesced groups.
class warp_group {
public:
  struct arrival_token {};
  NPU_MEMBER void sync() const { syncWarp(members); }
  NPU_MEMBER arrival_token barrier_arrive() const { return {}; }
  NPU_MEMBER void barrier_wait(arrival_token &&) const { sync(); }
  NPU_MEMBER unsigned int size() const { return popCount(members); }
  NPU_MEMBER unsigned int num_threads() const { return size(); }
  NPU_MEMBER unsigned int thread_rank() const {
    return popCount(members & ((1u << detail::lane()) - 1));
  }
  NPU_MEMBER int any(int predicate) const { return npu::any(members, predicate); }
  NPU_MEMBER int all(int predicate) const { return npu::all(members, predicate); }
  NPU_MEMBER unsigned int mask() const { return members; }
  NPU_MEMBER operator thread_group() const { return {false, members}; }

protected:
  NPU_MEMBER explicit warp_group(unsigned int members) : members(members) {}
  unsigned int members;
};

// Some threads of a warp: those that are active together at one point of the program, or a part of
// another group.
class coalesced_group : public warp_group {
public:
  NPU_MEMBER coalesced_group(unsigned int members, unsigned int metaRank, unsigned int metaSize)
      : warp_group(members), metaRank(metaRank), metaSize(metaSize) {}
  NPU_MEMBER unsigned int meta_group_rank() const { return metaRank; }
  NPU_MEMBER unsigned int meta_group_size() const { return metaSize; }

  template <class T> NPU_MEMBER T shfl(T value, unsigned int rank) const {
    return detail::fromLane(members, value, detail::laneOfRank(members, rank));
  }
  template <class T> NPU_MEMBER T shfl_up(T value, unsigned int distance) const {
    unsigned int own = thread_rank();
    return shfl(value, own >= distance ? own - distance : own);
  }
  template <class T> NPU_MEMBER T shfl_down(T value, unsigned int distance) const {
    unsigned int own = thread_rank();
    return shfl(value, own + distance < size() ? own + distance : own);
  }
  NPU_MEMBER unsigned int ballot(int predicate) const {
    return detail::ranksOf(npu::ballot(members, predicate), members);
  }
  template <class T> NPU_MEMBER unsigned int match_any(T value) const {
    return detail::ranksOf(detail::sameValue(members, value), members);
  }
  template <class T> NPU_MEMBER unsigned int match_all(T value, int &predicate) const {
    predicate = detail::sameValue(members, value) == members;
    return predicate ? detail::ranksOf(members, members) : 0;
  }

private:
  unsigned int metaRank, metaSize;
};
NPU_GROUP coalesced_group coalesced_threads() { return {activeMask(), 0, 1}; }

} // namespace cooperative_groups
} // namespace npu

#endif
