// Part of npu/cooperative_groups.h: the blocks of a cluster, which reach one another's shared
// memory. Source: CUDA C++ Programming Guide, "Thread Block Clusters" and "Cluster Group".
#ifndef NPU_COOPERATIVE_GROUPS_CLUSTER_H
#define NPU_COOPERATIVE_GROUPS_CLUSTER_H

// The device library's (clusters.cu). Axes are 0, 1 and 2.
extern "C" {
NPU_DEVICE unsigned int __npu_cluster_extent(unsigned int axis);
NPU_DEVICE unsigned int __npu_cluster_blocks();
NPU_DEVICE unsigned int __npu_cluster_place(unsigned int axis);
NPU_DEVICE unsigned int __npu_cluster_rank();
NPU_DEVICE unsigned long long __npu_cluster_address(unsigned long long address, unsigned int rank);
NPU_DEVICE unsigned int __npu_cluster_rank_of(unsigned long long address);
NPU_DEVICE void __npu_barrier_arrive(unsigned int barrier, unsigned int threads);
}

namespace npu {
namespace cooperative_groups {

// Every thread of the cluster; of the block where the launch has no clusters.

class cluster_group {
public:
  struct arrival_token {};
  // kClusterBarrier and kClusterWait of npu/warp_turns.h.
  NPU_GROUP void sync() { __nvvm_barrier_sync(17); }
  NPU_GROUP arrival_token barrier_arrive() {
    __npu_barrier_arrive(17, 0);
    return {};
  }
  NPU_GROUP void barrier_wait() { __nvvm_barrier_sync(18); }
  NPU_GROUP void barrier_wait(arrival_token &&) { barrier_wait(); }

  // Where the block of that rank has what this one has at `address` of its shared memory.
  template <class T> NPU_GROUP T *map_shared_rank(T *address, int rank) {
    return (T *)__npu_cluster_address((unsigned long long)address, (unsigned int)rank);
  }
  // The rank of the block whose shared memory `address` is in.
  NPU_GROUP unsigned int query_shared_rank(const void *address) {
    return __npu_cluster_rank_of((unsigned long long)address);
  }

  NPU_GROUP npuDim3 block_index() {
    return {__npu_cluster_place(0), __npu_cluster_place(1), __npu_cluster_place(2)};
  }
  NPU_GROUP unsigned int block_rank() { return __npu_cluster_rank(); }
  NPU_GROUP npuDim3 dim_blocks() {
    return {__npu_cluster_extent(0), __npu_cluster_extent(1), __npu_cluster_extent(2)};
  }
  NPU_GROUP unsigned int num_blocks() { return __npu_cluster_blocks(); }

  NPU_GROUP npuDim3 thread_index() {
    return {__npu_cluster_place(0) * blockDim.x + threadIdx.x,
            __npu_cluster_place(1) * blockDim.y + threadIdx.y,
            __npu_cluster_place(2) * blockDim.z + threadIdx.z};
  }
  NPU_GROUP unsigned int thread_rank() {
    return __npu_cluster_rank() * detail::blockThreads() + detail::threadRank();
  }
  NPU_GROUP npuDim3 dim_threads() {
    return {__npu_cluster_extent(0) * blockDim.x, __npu_cluster_extent(1) * blockDim.y,
            __npu_cluster_extent(2) * blockDim.z};
  }
  NPU_GROUP unsigned int num_threads() { return num_blocks() * detail::blockThreads(); }
  NPU_GROUP unsigned int size() { return num_threads(); }
};
NPU_GROUP cluster_group this_cluster() { return {}; }

} // namespace cooperative_groups
} // namespace npu

#endif
