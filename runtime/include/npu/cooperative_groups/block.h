// Part of npu/cooperative_groups.h: the block, the grid, and a group of unknown kind.
#ifndef NPU_COOPERATIVE_GROUPS_BLOCK_H
#define NPU_COOPERATIVE_GROUPS_BLOCK_H

// The device library's (clusters.cu): of the grid, how many clusters, and which of them this is.
extern "C" {
NPU_DEVICE unsigned int __npu_cluster_count(unsigned int axis);
NPU_DEVICE unsigned int __npu_cluster_index(unsigned int axis);
}

namespace npu {
namespace cooperative_groups {

namespace detail {
NPU_GROUP unsigned int threadRank() {
  return threadIdx.x + blockDim.x * (threadIdx.y + blockDim.y * threadIdx.z);
}
NPU_GROUP unsigned int blockThreads() { return blockDim.x * blockDim.y * blockDim.z; }
NPU_GROUP unsigned int lane() { return threadRank() % 32; }
// Blocks have 16 barriers; the number after them stands for the grid's (npu/warp_turns.h).
NPU_GROUP void gridBarrier() { __nvvm_barrier_sync(16); }
} // namespace detail

class thread_group;
NPU_GROUP thread_group tiled_partition(const thread_group &parent, unsigned int size);

// Any group of one block: all its threads, or `members` of the warp.
class thread_group {
public:
  NPU_MEMBER void sync() const {
    if (isBlock)
      syncThreads();
    else
      syncWarp(members);
  }
  NPU_MEMBER unsigned int size() const {
    return isBlock ? detail::blockThreads() : popCount(members);
  }
  NPU_MEMBER unsigned int num_threads() const { return size(); }
  NPU_MEMBER unsigned int thread_rank() const {
    return isBlock ? detail::threadRank() : popCount(members & ((1u << detail::lane()) - 1));
  }
  NPU_MEMBER bool is_valid() const { return true; }

private:
  friend class thread_block;
  friend class warp_group;
  friend NPU_DEVICE thread_group tiled_partition(const thread_group &parent, unsigned int size);
  NPU_MEMBER thread_group(bool isBlock, unsigned int members)
      : isBlock(isBlock), members(members) {}
  bool isBlock;
  unsigned int members;
};

// Every thread of the block.
class thread_block {
public:
  struct arrival_token {};
  NPU_GROUP void sync() { syncThreads(); }
  NPU_GROUP arrival_token barrier_arrive() { return {}; }
  NPU_GROUP void barrier_wait(arrival_token &&) { syncThreads(); }
  NPU_GROUP unsigned int thread_rank() { return detail::threadRank(); }
  NPU_GROUP unsigned int size() { return detail::blockThreads(); }
  NPU_GROUP unsigned int num_threads() { return detail::blockThreads(); }
  NPU_GROUP npuDim3 group_index() { return blockIdx; }
  NPU_GROUP npuDim3 thread_index() { return threadIdx; }
  NPU_GROUP npuDim3 group_dim() { return blockDim; }
  NPU_GROUP npuDim3 dim_threads() { return blockDim; }
  NPU_MEMBER operator thread_group() const { return {true, 0}; }
};
NPU_GROUP thread_block this_thread_block() { return {}; }

// CUDA's tiles of several warps exchange values through this memory; here they have their own.
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
  struct arrival_token {};
  NPU_GROUP void sync() { detail::gridBarrier(); }
  NPU_GROUP arrival_token barrier_arrive() { return {}; }
  NPU_GROUP void barrier_wait(arrival_token &&) { detail::gridBarrier(); }
  // A kernel that synchronises its grid is only launched so that it can.
  NPU_GROUP bool is_valid() { return true; }
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

  // Its clusters (cluster.h), of one block each where the launch has none.
  NPU_GROUP npuDim3 dim_clusters() {
    return {__npu_cluster_count(0), __npu_cluster_count(1), __npu_cluster_count(2)};
  }
  NPU_GROUP npuDim3 cluster_index() {
    return {__npu_cluster_index(0), __npu_cluster_index(1), __npu_cluster_index(2)};
  }
  NPU_GROUP unsigned long long num_clusters() {
    const npuDim3 clusters = dim_clusters();
    return (unsigned long long)clusters.x * clusters.y * clusters.z;
  }
  NPU_GROUP unsigned long long cluster_rank() {
    const npuDim3 clusters = dim_clusters(), index = cluster_index();
    return index.x + (unsigned long long)clusters.x * (index.y + clusters.y * index.z);
  }
};
NPU_GROUP grid_group this_grid() { return {}; }

// The grids of a launch on several devices: there is one device, and one grid.
class multi_grid_group : public grid_group {
public:
  NPU_GROUP unsigned int grid_rank() { return 0; }
  NPU_GROUP unsigned int num_grids() { return 1; }
};
NPU_GROUP multi_grid_group this_multi_grid() { return {}; }

} // namespace cooperative_groups
} // namespace npu

#endif
