// Blocks whose warps take turns: what the runtime and the device library share about them.
//
// Where warps wait for one another otherwise than all at one barrier (barriers on both sides of a
// condition, named barriers, flags in memory, the whole grid), a warp is a coroutine: it runs until
// it has to wait, and its block goes on with the next. Executions are places for blocks, not
// blocks: an execution takes one block after the other, and leaves its place when its block waits
// for other blocks; the runtime launches it again then. All that a block keeps is in its place:
//
//   Block | frames of its warps | shared memory
//
// The blocks of a cluster are in neighbouring places, by rank, and a group of such places takes one
// cluster after the other; so a block finds another's shared memory by the distance of places.
//
// Plain data, no header but this one.
#pragma once

namespace npu::turns {

constexpr unsigned kMaxWarps = 32;
// CUDA's barriers of a block, and after them the grid's.
constexpr unsigned kGridBarrier = 16, kBarriers = kGridBarrier + 1;
// The cluster's. Who comes to kClusterWait has arrived before and only waits.
constexpr unsigned kClusterBarrier = kBarriers, kClusterWait = kClusterBarrier + 1;

// Why a warp has stopped.
enum Stop : unsigned {
  kTurn,    // it waits for memory to change: the others' turn
  kBarrier, // it waits at `barrier`
  kArrival, // it has arrived at `barrier` and does not wait
  kEnd,
};

struct Warp {
  unsigned stop, barrier;
  unsigned threads; // that the barrier waits for; 0: all of the block
  unsigned lanes;   // that came
};

struct Block {
  unsigned isRunning; // 0: the place is free
  unsigned index[3];  // blockIdx
  unsigned warpsLeft;
  unsigned isAtGrid, gridTurn;   // all warps left have come to the grid's barrier number gridTurn
  unsigned clusterTurn;          // how often all warps left have arrived at the cluster's barrier
  unsigned arrivedAtCluster;     // warps that have since, one bit each
  unsigned oddArrivals;          // warps that arrived there last at an odd turn
  unsigned round;                // the cluster's when this place took its last block
  unsigned arrived[kBarriers];   // warps
  unsigned expected[kBarriers];  // threads; 0: all of the block
  unsigned waiting[kMaxWarps];   // the barrier's number + 1; 0: runs
  unsigned lastLanes[kMaxWarps]; // that came to the last barrier
  Warp warps[kMaxWarps];
};
constexpr unsigned kBlockBytes = 1024, kAlignment = 256; // the frames lie behind it

// A group of places that one cluster is in, where clusters have several blocks.
struct Cluster {
  unsigned long long number;   // in the grid
  unsigned long long progress; // kPassed * barriers passed + kEnded * blocks ended + blocks arrived
  unsigned round;              // changes when the group takes its next cluster
};
constexpr unsigned long long kEnded = 1ull << 16, kPassed = 1ull << 32;

// Service `turns`: one launch.
struct Launch {
  unsigned long long places; // address of the first
  unsigned long long placeBytes, sharedOffset;
  unsigned long long blocks; // of the grid
  unsigned grid[3];
  unsigned cluster[3], clusterBlocks;
  unsigned long long clusters; // address of the first group's; clusterBlocks > 1
  unsigned idleRounds; // in which warps only wait: then the block leaves its place for a while
  unsigned warps;      // of a block
  unsigned long long next, ended; // next: block, or cluster where they have several; ended: blocks
  unsigned long long atGrid;      // blocks that wait at the grid's barrier
  unsigned gridTurn;              // how many barriers the grid has passed
};

} // namespace npu::turns
