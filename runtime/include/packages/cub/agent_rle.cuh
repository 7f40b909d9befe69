// What a block of cub::DeviceRunLengthEncode::NonTrivialRuns does, in place of the package's file.
// There the first tile's warps reuse the memory of their aggregates for exchanging results while
// others may still read them (a barrier came in CUB 2): warps that run one after another always
// do, and runs get lost. Here results go where they belong without an exchange, which only serves
// the order of a GPU's memory accesses.
#pragma once

#include <cub/agent/single_pass_scan_operators.cuh>
#include <cub/block/block_load.cuh>
#include <cub/block/block_scan.cuh>
#include <cub/block/block_store.cuh>
#include <cub/config.cuh>
#include <cub/grid/grid_queue.cuh>
#include <cub/iterator/cache_modified_input_iterator.cuh>
#include <cub/iterator/constant_input_iterator.cuh>

#include <iterator>

CUB_NAMESPACE_BEGIN

template <int Threads, int ItemsPerThread, BlockLoadAlgorithm Load, CacheLoadModifier Modifier,
          bool TimeSlicing, BlockScanAlgorithm Scan>
struct AgentRlePolicy {
  enum {
    BLOCK_THREADS = Threads,
    ITEMS_PER_THREAD = ItemsPerThread,
    STORE_WARP_TIME_SLICING = TimeSlicing,
  };
  static const BlockLoadAlgorithm LOAD_ALGORITHM = Load;
  static const CacheLoadModifier LOAD_MODIFIER = Modifier;
  static const BlockScanAlgorithm SCAN_ALGORITHM = Scan;
};

template <class Policy, class Input, class Offsets, class Lengths, class Equality, class Offset>
class AgentRle {
  using Length = cub::detail::non_void_value_t<Lengths, Offset>;
  // Runs that begin, and the length of the last one so far.
  using Runs = KeyValuePair<Offset, Length>;
  using Append = ReduceBySegmentOp<cub::Sum>;
  using TileState = ReduceByKeyScanTileState<Length, Offset>;
  using Prefix = TilePrefixCallbackOp<Runs, Append, TileState>;
  using Scan = BlockScan<Runs, Policy::BLOCK_THREADS, Policy::SCAN_ALGORITHM>;
  static constexpr int kItems = Policy::ITEMS_PER_THREAD;
  static constexpr int kTileItems = Policy::BLOCK_THREADS * kItems;

public:
  struct TempStorage {
    typename Scan::TempStorage scan;
    typename Prefix::TempStorage prefix;
  };

  __device__ AgentRle(TempStorage &storage, Input input, Offsets offsets, Lengths lengths,
                      Equality equal, Offset count)
      : storage(storage), input(input), offsets(offsets), lengths(lengths), equal(equal),
        count(count) {}

  template <class NumRuns>
  __device__ void ConsumeRange(int tiles, TileState &state, NumRuns numRuns) {
    int tile = blockIdx.x * gridDim.y + blockIdx.y;
    if (tile >= tiles)
      return;
    Offset first = Offset(tile) * kTileItems + Offset(threadIdx.x) * kItems;
    Runs own[kItems], before[kItems];
    findRuns(first, own);

    Runs total;
    if (tile == 0) {
      Runs none;
      none.key = 0;
      none.value = 0;
      Scan(storage.scan).ExclusiveScan(own, before, none, Append(cub::Sum()), total);
      if (tiles > 1 && threadIdx.x == 0)
        state.SetInclusive(0, total);
    } else {
      Prefix prefix(state, storage.prefix, Append(cub::Sum()), tile);
      Scan(storage.scan).ExclusiveScan(own, before, Append(cub::Sum()), prefix);
      total = prefix.GetInclusivePrefix();
    }

    // Where a run begins, the length of the one before is known.
    for (int i = 0; i < kItems; ++i) {
      if (own[i].key == 0)
        continue;
      offsets[before[i].key] = first + i;
      if (before[i].key > 0)
        lengths[before[i].key - 1] = before[i].value;
    }
    if (tile == tiles - 1 && threadIdx.x == 0) {
      *numRuns = total.key;
      if (total.key > 0)
        lengths[total.key - 1] = total.value;
    }
  }

private:
  // Items that equal neither neighbour, and those past the end, belong to no run.
  __device__ void findRuns(Offset first, Runs (&runs)[kItems]) {
    bool joined = first > 0 && first < count && equal(input[first - 1], input[first]);
    for (int i = 0; i < kItems; ++i) {
      Offset at = first + i;
      bool joins = at < count - 1 && equal(input[at], input[at + 1]);
      runs[i].key = !joined && joins;
      runs[i].value = joined || joins;
      joined = joins;
    }
  }

  TempStorage &storage;
  Input input;
  Offsets offsets;
  Lengths lengths;
  Equality equal;
  Offset count;
};

CUB_NAMESPACE_END
