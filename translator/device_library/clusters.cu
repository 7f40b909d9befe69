// What a block of a cluster asks (cooperative groups, PTX's special registers). A kernel that calls
// any of these takes turns: see npu/warp_turns.h.
#include "library.h"

#include "npu/warp_turns.h"

using namespace npu::turns;

LIBRARY Launch __npu_service_turns;

namespace {

HELPER uint32 blockIndex(uint32 axis) {
  return axis == 0   ? __nvvm_read_ptx_sreg_ctaid_x()
         : axis == 1 ? __nvvm_read_ptx_sreg_ctaid_y()
                     : __nvvm_read_ptx_sreg_ctaid_z();
}

} // namespace

// Axes are 0, 1 and 2. Of the cluster: its blocks, and where this block is among them.
LIBRARY uint32 __npu_cluster_extent(uint32 axis) { return __npu_service_turns.cluster[axis]; }
LIBRARY uint32 __npu_cluster_blocks() { return __npu_service_turns.clusterBlocks; }
LIBRARY uint32 __npu_cluster_place(uint32 axis) {
  return blockIndex(axis) % notZero(__npu_cluster_extent(axis));
}
LIBRARY uint32 __npu_cluster_rank() {
  return __npu_cluster_place(0) +
         __npu_cluster_extent(0) *
             (__npu_cluster_place(1) + __npu_cluster_extent(1) * __npu_cluster_place(2));
}

// Of the grid: its clusters, and which of them this is.
LIBRARY uint32 __npu_cluster_index(uint32 axis) {
  return blockIndex(axis) / notZero(__npu_cluster_extent(axis));
}
LIBRARY uint32 __npu_cluster_count(uint32 axis) {
  return __npu_service_turns.grid[axis] / notZero(__npu_cluster_extent(axis));
}

// Where the block of that rank has what this one has at `address` of its shared memory; the places
// of a cluster's blocks are neighbours.
LIBRARY uint64 __npu_cluster_address(uint64 address, uint32 rank) {
  int64 distance = int64(rank) - int64(__npu_cluster_rank());
  return address + uint64(distance * int64(__npu_service_turns.placeBytes));
}

// The rank of the block whose shared memory `address` is in.
LIBRARY uint32 __npu_cluster_rank_of(uint64 address) {
  const Launch &launch = __npu_service_turns;
  uint64 place = (address - launch.places) / notZero(launch.placeBytes);
  return uint32(place) % notZero(launch.clusterBlocks);
}
