// Runs blocks whose warps take turns; see npu/warp_turns.h. The device pipeline inlines
// __npu_turns_run into each such kernel, and puts the kernel's warps in the place of
// __npu_turns_start and __npu_turns_resume.
//
// Barriers count warps, as the PTX manual defines them for bar.sync and bar.arrive; a warp that has
// ended takes part in none.
#include "library.h"

#include "npu/device_services.h"
#include "npu/warp_turns.h"

using namespace npu::turns;

static_assert(sizeof(Block) <= kBlockBytes, "the frames lie behind the block");

LIBRARY Launch __npu_service_turns;
LIBRARY npu::services::LaunchRecord __npu_service_launch;
LIBRARY void __npu_scalar_fail(npu::services::LaunchRecord *record, unsigned failure, uint64 value);
LIBRARY __attribute__((noduplicate)) void __npu_turns_start(Block *block, unsigned warp);
LIBRARY __attribute__((noduplicate)) void __npu_turns_resume(Block *block, unsigned warp);

namespace {

constexpr unsigned kNever = ~0u; // what an ended warp waits for

enum Outcome { kBlockEnded, kBlockAtGrid, kBlockWaits };

HELPER Block &place(unsigned number) {
  const Launch &launch = __npu_service_turns;
  return *reinterpret_cast<Block *>(launch.places + number * launch.placeBytes);
}

HELPER bool hasClusters() { return __npu_service_turns.clusterBlocks > 1; }
HELPER Cluster &clusterAt(unsigned place) {
  const Launch &launch = __npu_service_turns;
  return reinterpret_cast<Cluster *>(launch.clusters)[place / notZero(launch.clusterBlocks)];
}

HELPER void fail(unsigned failure) { __npu_scalar_fail(&__npu_service_launch, failure, 0); }

HELPER void openBarrier(Block &block, unsigned barrier) {
  block.arrived[barrier] = 0;
  for (unsigned warp = 0; warp < kMaxWarps; ++warp)
    block.waiting[warp] = block.waiting[warp] == barrier + 1 ? 0 : block.waiting[warp];
}

HELPER void openIfComplete(Block &block, unsigned barrier) {
  unsigned arrived = block.arrived[barrier], threads = block.expected[barrier];
  if (arrived != 0 && (threads == 0 ? arrived >= block.warpsLeft : arrived * 32 >= threads))
    openBarrier(block, barrier);
}

// --- The cluster's barrier ---
//
// A block arrives when all its warps have, and counts on: who arrives need not wait then. A warp
// that waits goes on when the cluster has passed the turn at which the warp arrived; it cannot be
// more than one turn behind, so that a bit tells.

// Another step of the cluster: the last block to arrive or to end opens the barrier.
template <class Step> HELPER uint64 advance(Cluster &cluster, Step step) {
  uint64 seen = __atomic_load_n(&cluster.progress, __ATOMIC_ACQUIRE), next;
  do {
    next = step(seen);
    const uint64 arrived = next % kEnded, ended = next % kPassed / kEnded;
    if (arrived != 0 && arrived + ended == __npu_service_turns.clusterBlocks)
      next += kPassed - arrived;
  } while (!__atomic_compare_exchange_n(&cluster.progress, &seen, next, false, __ATOMIC_ACQ_REL,
                                        __ATOMIC_ACQUIRE));
  return next;
}

HELPER unsigned turnOf(const Cluster &cluster) {
  return unsigned(__atomic_load_n(&cluster.progress, __ATOMIC_ACQUIRE) / kPassed);
}

HELPER void arriveIfComplete(Block &block, unsigned place) {
  if (block.arrivedAtCluster == 0 ||
      unsigned(__builtin_popcount(block.arrivedAtCluster)) != block.warpsLeft)
    return;
  block.arrivedAtCluster = 0;
  ++block.clusterTurn;
  if (hasClusters())
    advance(clusterAt(place), [](uint64 progress) { return progress + 1; });
}

HELPER void arriveAtCluster(Block &block, unsigned place, unsigned number) {
  const unsigned bit = 1u << number;
  if ((block.arrivedAtCluster & bit) != 0)
    fail(npu::services::kSplitWarp);
  block.arrivedAtCluster |= bit;
  block.oddArrivals = (block.oddArrivals & ~bit) | (block.clusterTurn % 2 * bit);
  arriveIfComplete(block, place);
}

// Warps that wait for a turn that is over go on. False: there are none.
HELPER bool openCluster(Block &block, unsigned place) {
  const unsigned turn = hasClusters() ? turnOf(clusterAt(place)) : block.clusterTurn;
  bool goesOn = false;
  for (unsigned warp = 0; warp < kMaxWarps; ++warp)
    if (block.waiting[warp] == kClusterWait + 1 && ((block.oddArrivals >> warp ^ turn) & 1) != 0) {
      block.waiting[warp] = 0;
      goesOn = true;
    }
  return goesOn;
}

// Whether a warp waits for other blocks of the cluster, not for warps of its own.
HELPER bool waitsForCluster(const Block &block) {
  bool waits = false;
  for (unsigned warp = 0; warp < kMaxWarps; ++warp)
    waits |= block.waiting[warp] == kClusterWait + 1 && (block.arrivedAtCluster >> warp & 1) == 0;
  return waits;
}

// With the cluster's last block its places are free for the next.
HELPER void endInCluster(const Block &block, Cluster &cluster) {
  Launch &launch = __npu_service_turns;
  const unsigned turn = block.clusterTurn;
  const uint64 progress = advance(cluster, [turn](uint64 before) {
    // It has arrived at a barrier that is closed yet, and counts once.
    const bool counts = turn != unsigned(before / kPassed);
    return before + kEnded - (counts ? 1 : 0);
  });
  if (progress % kPassed / kEnded != launch.clusterBlocks)
    return;
  cluster.progress = progress / kPassed * kPassed;
  cluster.number = __atomic_fetch_add(&launch.next, 1, __ATOMIC_RELAXED);
  __atomic_add_fetch(&cluster.round, 1, __ATOMIC_RELEASE);
}

// --- The block ---

HELPER void arrive(Block &block, const Warp &warp) {
  ++block.arrived[warp.barrier];
  block.expected[warp.barrier] = warp.threads;
  if (warp.barrier < kGridBarrier)
    openIfComplete(block, warp.barrier);
}

// Lanes in lockstep come to a barrier one branch after the other, each time for the whole warp.
// That is what the program means unless lanes that did not come last time come alone now: on a GPU
// all of them would have come at once.
HELPER bool isSplit(Block &block, unsigned number) {
  unsigned lanes = block.warps[number].lanes, last = block.lastLanes[number];
  block.lastLanes[number] = lanes;
  return last != 0 && (last & lanes) == 0;
}

// False: the warp has only found that it must wait on.
HELPER bool advance(Block &block, unsigned place, unsigned number) {
  const Warp &warp = block.warps[number];
  if (warp.stop == kTurn)
    return false;
  if (warp.stop == kEnd) {
    block.waiting[number] = kNever;
    --block.warpsLeft;
    block.arrivedAtCluster &= ~(1u << number);
    arriveIfComplete(block, place);
    for (unsigned barrier = 0; barrier < kGridBarrier; ++barrier)
      openIfComplete(block, barrier);
    return true;
  }
  const bool isCluster = warp.barrier >= kClusterBarrier;
  if (warp.barrier != kClusterWait && (warp.stop == kBarrier || isCluster) &&
      isSplit(block, number))
    fail(npu::services::kSplitWarp);
  if (warp.stop == kBarrier)
    block.waiting[number] = (isCluster ? kClusterWait : warp.barrier) + 1;
  if (!isCluster)
    arrive(block, warp);
  else if (warp.barrier == kClusterBarrier)
    arriveAtCluster(block, place, number);
  return true;
}

HELPER Outcome runBlock(Block &block, unsigned place, unsigned warps) {
  openCluster(block, place);
  for (unsigned idle = 0;;) {
    bool ran = false, progress = false;
    for (unsigned warp = 0; warp < warps; ++warp) {
      if (block.waiting[warp] != 0)
        continue;
      ran = true;
      __npu_turns_resume(&block, warp);
      progress |= advance(block, place, warp);
    }
    if (block.warpsLeft == 0)
      return kBlockEnded;
    if (!ran) {
      if (openCluster(block, place))
        continue;
      if (block.arrived[kGridBarrier] == block.warpsLeft)
        return kBlockAtGrid;
      if (waitsForCluster(block))
        return kBlockWaits;
      fail(npu::services::kStuckBarrier);
      return kBlockEnded;
    }
    idle = progress ? 0 : idle + 1;
    if (idle == __npu_service_turns.idleRounds)
      return kBlockWaits;
  }
}

// The number of the block or cluster that this place takes next; false: none, or none yet.
HELPER bool takeNext(Block &block, unsigned place, uint64 &number) {
  Launch &launch = __npu_service_turns;
  if (!hasClusters()) {
    number = __atomic_fetch_add(&launch.next, 1, __ATOMIC_RELAXED);
    return number < launch.blocks;
  }
  const Cluster &cluster = clusterAt(place);
  unsigned round = __atomic_load_n(&cluster.round, __ATOMIC_ACQUIRE);
  number = cluster.number;
  if (block.round == round || number >= launch.blocks / notZero(launch.clusterBlocks))
    return false;
  block.round = round;
  return true;
}

HELPER void setIndex(Block &block, uint64 cluster, unsigned rank) {
  const Launch &launch = __npu_service_turns;
  for (unsigned axis = 0; axis < 3; ++axis) {
    unsigned blocks = unsigned(notZero(launch.cluster[axis]));
    uint64 clusters = axis < 2 ? notZero(launch.grid[axis] / blocks) : ~0ull;
    block.index[axis] = unsigned(cluster % clusters) * blocks + rank % blocks;
    cluster /= clusters;
    rank /= blocks;
  }
}

// False: there is no block for this place.
HELPER bool begin(Block &block, unsigned place) {
  Launch &launch = __npu_service_turns;
  uint64 number;
  if (!takeNext(block, place, number))
    return false;
  setIndex(block, number, unsigned(place % notZero(launch.clusterBlocks)));
  block.isAtGrid = 0;
  block.clusterTurn = hasClusters() ? turnOf(clusterAt(place)) : 0;
  block.arrivedAtCluster = block.oddArrivals = 0;
  block.warpsLeft = launch.warps;
  for (unsigned barrier = 0; barrier < kBarriers; ++barrier)
    block.arrived[barrier] = block.expected[barrier] = 0;
  for (unsigned warp = 0; warp < kMaxWarps; ++warp)
    block.waiting[warp] = block.lastLanes[warp] = 0;
  for (unsigned warp = 0; warp < launch.warps; ++warp)
    __npu_turns_start(&block, warp);
  block.isRunning = 1;
  return true;
}

} // namespace

// The address of the shared memory of the block in this place.
LIBRARY uint64 __npu_turns_shared(unsigned number) {
  return reinterpret_cast<uint64>(&place(number)) + __npu_service_turns.sharedOffset;
}

LIBRARY void __npu_turns_run(unsigned number) {
  Launch &launch = __npu_service_turns;
  Block &block = place(number);
  for (;;) {
    if (block.isRunning == 0) {
      if (!begin(block, number))
        return;
    } else if (block.isAtGrid != 0) {
      if (block.gridTurn == launch.gridTurn)
        return;
      block.isAtGrid = 0;
      openBarrier(block, kGridBarrier);
    }
    Outcome outcome = runBlock(block, number, launch.warps);
    if (outcome == kBlockAtGrid) {
      block.isAtGrid = 1;
      block.gridTurn = launch.gridTurn;
      __atomic_fetch_add(&launch.atGrid, 1, __ATOMIC_RELAXED);
    }
    if (outcome != kBlockEnded)
      return;
    block.isRunning = 0;
    if (hasClusters())
      endInCluster(block, clusterAt(number));
    __atomic_fetch_add(&launch.ended, 1, __ATOMIC_RELAXED);
  }
}
