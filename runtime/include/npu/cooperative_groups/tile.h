// Part of npu/cooperative_groups.h: neighbouring threads of a block, a power of two of them.
#ifndef NPU_COOPERATIVE_GROUPS_TILE_H
#define NPU_COOPERATIVE_GROUPS_TILE_H

namespace npu {
namespace cooperative_groups {

namespace detail {

// What tiles of all sizes have. `parentThreads` are those of the group that was divided.
template <unsigned int Size> class tile_place {
  static_assert(Size != 0 && Size <= 1024 && (Size & (Size - 1)) == 0,
                "the size of a tile is a power of two up to 1024");

public:
  NPU_GROUP unsigned int thread_rank() { return threadRank() % Size; }
  NPU_GROUP constexpr unsigned int size() { return Size; }
  NPU_GROUP constexpr unsigned int num_threads() { return Size; }
  NPU_MEMBER unsigned int meta_group_rank() const { return threadRank() % parentThreads / Size; }
  NPU_MEMBER unsigned int meta_group_size() const { return (parentThreads + Size - 1) / Size; }

protected:
  NPU_MEMBER explicit tile_place(unsigned int parentThreads) : parentThreads(parentThreads) {}
  unsigned int parentThreads;
};

// A tile within one warp.
template <unsigned int Size> class warp_tile : public warp_group, public tile_place<Size> {
public:
  using tile_place<Size>::thread_rank;
  using tile_place<Size>::size;
  using tile_place<Size>::num_threads;

  template <class T> NPU_MEMBER T shfl(T value, int lane) const {
    unsigned int lanesOn = members;
    return npu::detail::shuffleWords(
        value, [=] NPU_DEVICE(int word) { return shuffle(lanesOn, word, lane, Size); });
  }
  template <class T> NPU_MEMBER T shfl_up(T value, unsigned int distance) const {
    unsigned int lanesOn = members;
    return npu::detail::shuffleWords(
        value, [=] NPU_DEVICE(int word) { return shuffleUp(lanesOn, word, distance, Size); });
  }
  template <class T> NPU_MEMBER T shfl_down(T value, unsigned int distance) const {
    unsigned int lanesOn = members;
    return npu::detail::shuffleWords(
        value, [=] NPU_DEVICE(int word) { return shuffleDown(lanesOn, word, distance, Size); });
  }
  template <class T> NPU_MEMBER T shfl_xor(T value, unsigned int lanes) const {
    unsigned int lanesOn = members;
    return npu::detail::shuffleWords(
        value, [=] NPU_DEVICE(int word) { return shuffleXor(lanesOn, word, int(lanes), Size); });
  }
  NPU_MEMBER unsigned int ballot(int predicate) const {
    return ranks(npu::ballot(members, predicate));
  }
  template <class T> NPU_MEMBER unsigned int match_any(T value) const {
    return ranks(sameValue(members, value));
  }
  template <class T> NPU_MEMBER unsigned int match_all(T value, int &predicate) const {
    predicate = sameValue(members, value) == members;
    return predicate ? ranks(members) : 0;
  }

protected:
  NPU_MEMBER explicit warp_tile(unsigned int parentThreads)
      : warp_group((Size == 32 ? ~0u : (1u << (Size % 32)) - 1) << (lane() & ~(Size - 1))),
        tile_place<Size>(parentThreads) {}

private:
  NPU_MEMBER unsigned int ranks(unsigned int lanes) const {
    return (lanes & members) >> (lane() & ~(Size - 1));
  }
};

// A tile of several warps. All warps of the block come to its barriers, those of other tiles
// without taking part.
template <unsigned int Size> class block_tile : public tile_place<Size> {
public:
  using tile_place<Size>::thread_rank;
  struct arrival_token {};
  NPU_GROUP void sync() { syncThreads(); }
  NPU_GROUP arrival_token barrier_arrive() { return {}; }
  NPU_GROUP void barrier_wait(arrival_token &&) { syncThreads(); }
  // Folds one value per warp, the same for all its threads, over the tile's warps in order.
  template <class T, class Operation> NPU_MEMBER T overWarps(T value, Operation operation) const {
    __attribute__((shared)) static T words[32];
    unsigned int warp = threadRank() / 32, first = warp & ~(Size / 32 - 1);
    words[warp] = value;
    sync();
    T result = words[first];
    for (unsigned int i = 1; i < Size / 32; ++i)
      result = operation(result, words[first + i]);
    sync();
    return result;
  }
  // The same over the warps before this one; `none` for the first.
  template <class T, class Operation>
  NPU_MEMBER T beforeWarp(T value, Operation operation, T none) const {
    __attribute__((shared)) static T words[32];
    unsigned int warp = threadRank() / 32, first = warp & ~(Size / 32 - 1);
    words[warp] = value;
    sync();
    T result = none;
    for (unsigned int i = 0; i < Size / 32; ++i)
      if (first + i < warp)
        result = i == 0 ? words[first] : operation(result, words[first + i]);
    sync();
    return result;
  }
  // All threads of the tile name the same source, as the machine's tiles of this size require.
  template <class T> NPU_MEMBER T shfl(T value, unsigned int source) const {
    __attribute__((shared)) static T words[32];
    unsigned int tile = threadRank() / Size;
    if (thread_rank() == source)
      words[tile] = value;
    sync();
    T result = words[tile];
    sync();
    return result;
  }
  NPU_MEMBER int any(int predicate) const {
    return overWarps(npu::any(~0u, predicate), [] NPU_DEVICE(int a, int b) { return a | b; });
  }
  NPU_MEMBER int all(int predicate) const {
    return overWarps(npu::all(~0u, predicate), [] NPU_DEVICE(int a, int b) { return a & b; });
  }

protected:
  NPU_MEMBER explicit block_tile(unsigned int parentThreads) : tile_place<Size>(parentThreads) {}
};

template <bool InWarp, unsigned int Size> struct tile_base {
  using type = warp_tile<Size>;
};
template <unsigned int Size> struct tile_base<false, Size> {
  using type = block_tile<Size>;
};

} // namespace detail

// `Size` neighbouring threads of a block.
template <unsigned int Size, class Parent = void>
class thread_block_tile : public detail::tile_base<(Size <= 32), Size>::type {
  using Base = typename detail::tile_base<(Size <= 32), Size>::type;

public:
  NPU_MEMBER explicit thread_block_tile(unsigned int parentThreads) : Base(parentThreads) {}
  template <class Other>
  NPU_MEMBER thread_block_tile(const thread_block_tile<Size, Other> &tile) : Base(tile) {}
};

} // namespace cooperative_groups
} // namespace npu

#endif
