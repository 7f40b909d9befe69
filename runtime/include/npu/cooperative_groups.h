// Groups of threads as values: the block, tiles of it, and the threads that happen to be together.
// The same operations as npu::syncThreads() and the warp functions; only blocks can synchronise
// without a warp. Synchronising the whole grid is declared and refused where it is used.
#ifndef NPU_COOPERATIVE_GROUPS_H
#define NPU_COOPERATIVE_GROUPS_H

#include "npu/kernel.h"

#if defined(__CUDA__) && defined(__clang__)

namespace npu {
namespace cooperative_groups {

#define NPU_GROUP static NPU_DEVICE NPU_FORCEINLINE
#define NPU_MEMBER NPU_DEVICE NPU_FORCEINLINE

namespace detail {
NPU_GROUP unsigned int threadRank() {
  return threadIdx.x + blockDim.x * (threadIdx.y + blockDim.y * threadIdx.z);
}
NPU_GROUP unsigned int blockThreads() { return blockDim.x * blockDim.y * blockDim.z; }
} // namespace detail

// Declared and defined nowhere: the device compiler reports a kernel that reaches one of these by
// name.
namespace unsupported {
NPU_DEVICE void tilesOfSeveralWarps();
} // namespace unsupported

// Every thread of the block.
class thread_block {
public:
  NPU_GROUP void sync() { syncThreads(); }
  NPU_GROUP unsigned int thread_rank() { return detail::threadRank(); }
  NPU_GROUP unsigned int size() { return detail::blockThreads(); }
  NPU_GROUP unsigned int num_threads() { return detail::blockThreads(); }
  NPU_GROUP npuDim3 group_index() { return blockIdx; }
  NPU_GROUP npuDim3 thread_index() { return threadIdx; }
  NPU_GROUP npuDim3 group_dim() { return blockDim; }
  NPU_GROUP npuDim3 dim_threads() { return blockDim; }
};
NPU_GROUP thread_block this_thread_block() { return {}; }

// Room for the exchange between the warps of a tile of more than 32 threads.
template <unsigned int MaxBlockThreads = 1024> struct block_tile_memory {
  unsigned long long words[MaxBlockThreads / 32 + 1];
};
template <unsigned int MaxBlockThreads>
NPU_GROUP thread_block this_thread_block(block_tile_memory<MaxBlockThreads> &) {
  return {};
}

// Every thread of the grid.
class grid_group {
public:
  __attribute__((unavailable("grid-wide synchronisation is not supported: split the kernel here")))
  NPU_MEMBER void
  sync() const {}
  NPU_GROUP bool is_valid() { return false; }
  NPU_GROUP unsigned long long block_rank() {
    return blockIdx.x + (unsigned long long)gridDim.x * (blockIdx.y + gridDim.y * blockIdx.z);
  }
  NPU_GROUP unsigned long long thread_rank() {
    return block_rank() * detail::blockThreads() + detail::threadRank();
  }
  NPU_GROUP unsigned long long num_blocks() {
    return (unsigned long long)gridDim.x * gridDim.y * gridDim.z;
  }
  NPU_GROUP unsigned long long size() { return num_blocks() * detail::blockThreads(); }
  NPU_GROUP unsigned long long num_threads() { return size(); }
  NPU_GROUP npuDim3 group_dim() { return gridDim; }
  NPU_GROUP npuDim3 dim_blocks() { return gridDim; }
  NPU_GROUP npuDim3 block_index() { return blockIdx; }
};
NPU_GROUP grid_group this_grid() { return {}; }

// Threads of one warp: `members` are their lanes. The base of tiles and of coalesced groups.
class warp_group {
public:
  NPU_MEMBER void sync() const { syncWarp(members); }
  NPU_MEMBER unsigned int size() const { return popCount(members); }
  NPU_MEMBER unsigned int num_threads() const { return size(); }
  NPU_MEMBER int any(int predicate) const { return npu::any(members, predicate); }
  NPU_MEMBER int all(int predicate) const { return npu::all(members, predicate); }
  NPU_MEMBER unsigned int mask() const { return members; }

protected:
  NPU_MEMBER explicit warp_group(unsigned int members) : members(members) {}
  unsigned int members;
};

// `Size` neighbouring threads of a block. Tiles of more than one warp have no operations yet.
template <unsigned int Size, class Parent = thread_block>
class thread_block_tile : public warp_group {
  static_assert(Size != 0 && Size <= 1024 && (Size & (Size - 1)) == 0,
                "the size of a tile is a power of two up to 1024");

public:
  NPU_MEMBER thread_block_tile()
      : warp_group((Size >= 32 ? ~0u : (1u << (Size % 32)) - 1)
                   << (detail::threadRank() % 32 & ~(Size - 1))) {
    if (Size > 32)
      unsupported::tilesOfSeveralWarps();
  }

  NPU_GROUP unsigned int thread_rank() { return detail::threadRank() % Size; }
  NPU_GROUP constexpr unsigned int size() { return Size; }
  NPU_GROUP constexpr unsigned int num_threads() { return Size; }
  NPU_GROUP unsigned int meta_group_rank() { return detail::threadRank() / Size; }
  NPU_GROUP unsigned int meta_group_size() { return (detail::blockThreads() + Size - 1) / Size; }

  template <class T> NPU_MEMBER T shfl(T value, int lane) const {
    return npu::detail::shuffleWords(
        value, [=] NPU_DEVICE(int word) { return shuffle(members, word, lane, Size); });
  }
  template <class T> NPU_MEMBER T shfl_up(T value, unsigned int distance) const {
    return npu::detail::shuffleWords(
        value, [=] NPU_DEVICE(int word) { return shuffleUp(members, word, distance, Size); });
  }
  template <class T> NPU_MEMBER T shfl_down(T value, unsigned int distance) const {
    return npu::detail::shuffleWords(
        value, [=] NPU_DEVICE(int word) { return shuffleDown(members, word, distance, Size); });
  }
  template <class T> NPU_MEMBER T shfl_xor(T value, unsigned int lanes) const {
    return npu::detail::shuffleWords(
        value, [=] NPU_DEVICE(int word) { return shuffleXor(members, word, int(lanes), Size); });
  }
  NPU_MEMBER unsigned int ballot(int predicate) const {
    return ranks(npu::ballot(members, predicate));
  }
  template <class T> NPU_MEMBER unsigned int match_any(T value) const {
    return ranks(matchAny(members, value));
  }
  template <class T> NPU_MEMBER unsigned int match_all(T value, int &predicate) const {
    return ranks(matchAll(members, value, &predicate));
  }

private:
  // Lanes of the warp as ranks in this tile.
  NPU_MEMBER unsigned int ranks(unsigned int lanes) const {
    return (lanes & members) >> (detail::threadRank() % 32 & ~(Size - 1));
  }
};

template <unsigned int Size, class Parent>
NPU_GROUP thread_block_tile<Size, Parent> tiled_partition(const Parent &) {
  return {};
}

// The threads of the warp that are active together at one point of the program.
class coalesced_group : public warp_group {
public:
  NPU_MEMBER coalesced_group() : warp_group(activeMask()) {}
  NPU_MEMBER unsigned int thread_rank() const {
    return popCount(members & ((1u << (detail::threadRank() % 32)) - 1));
  }
  template <class T> NPU_MEMBER T shfl(T value, unsigned int rank) const {
    unsigned int lanes = members;
    for (unsigned int i = 0; i < rank; ++i)
      lanes &= lanes - 1;
    return shuffle(members, value, findFirstSet(lanes) - 1);
  }
};
NPU_GROUP coalesced_group coalesced_threads() { return {}; }

// The operations as functions of a group.
template <class Group> NPU_GROUP void sync(const Group &group) { group.sync(); }
template <class Group>
NPU_GROUP auto thread_rank(const Group &group) -> decltype(group.thread_rank()) {
  return group.thread_rank();
}
template <class Group> NPU_GROUP auto group_size(const Group &group) -> decltype(group.size()) {
  return group.size();
}

#undef NPU_GROUP
#undef NPU_MEMBER

} // namespace cooperative_groups
} // namespace npu

#endif
#endif
