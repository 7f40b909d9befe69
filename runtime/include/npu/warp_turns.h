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
// Plain data, no header but this one.
#pragma once

namespace npu::turns {

constexpr unsigned kMaxWarps = 32;
// CUDA's barriers of a block, and after them the grid's.
constexpr unsigned kGridBarrier = 16, kBarriers = kGridBarrier + 1;

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
  unsigned arrived[kBarriers];   // warps
  unsigned expected[kBarriers];  // threads; 0: all of the block
  unsigned waiting[kMaxWarps];   // the barrier's number + 1; 0: runs
  unsigned lastLanes[kMaxWarps]; // that came to the last barrier
  Warp warps[kMaxWarps];
};
constexpr unsigned kBlockBytes = 1024, kAlignment = 256; // the frames lie behind it

// Service `turns`: one launch.
struct Launch {
  unsigned long long places; // address of the first
  unsigned long long placeBytes, sharedOffset;
  unsigned long long blocks; // of the grid
  unsigned grid[3];
  unsigned warps;                 // of a block
  unsigned long long next, ended; // blocks
  unsigned long long atGrid;      // blocks that wait at the grid's barrier
  unsigned gridTurn;              // how many barriers the grid has passed
};

} // namespace npu::turns
