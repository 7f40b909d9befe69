// Launches of kernels whose warps take turns (npu/warp_turns.h): the places for their blocks, and
// when the grid has passed a barrier. A block that waits for others leaves its place as it is, and
// the kernel is launched again until all blocks have ended: no block needs a thread of its own.
//
// There are as many places as a device has room for blocks where blocks wait for others, and only
// enough for the machine's cores otherwise. Blocks start in order, as on a GPU.
#include "services.h"

#include "npu/device_services.h"
#include "npu/warp_turns.h"

#include "devices.h"
#include "launch.h"
#include "log.h"

#include <algorithm>
#include <chrono>
#include <cstring>
#include <mutex>
#include <thread>
#include <vector>

namespace npu::core {
namespace {

constexpr size_t kHeaderBytes = turns::kAlignment;
static_assert(sizeof(turns::Launch) <= kHeaderBytes, "the places lie behind it");

size_t aligned(size_t bytes) {
  return (bytes + turns::kAlignment - 1) / turns::kAlignment * turns::kAlignment;
}

// Memory of launches that are over is used again: most programs launch the same kernel often.
struct Memories {
  struct Piece {
    void *memory;
    size_t bytes;
  };
  std::mutex mutex;
  std::vector<Piece> free; // under mutex
};
Memories &memories() {
  static Memories &instance = *new Memories;
  return instance;
}
constexpr size_t kKeptPieces = 4;

// What warps wait for in their own block is near; other blocks may need the core.
constexpr unsigned kIdleRoundsForBlocks = 64, kIdleRounds = 4096;

// Behind a block's shared memory: a GPU rounds what a block gets up, so programs that write a word
// too far run there, and must not write into the next block here.
constexpr size_t kGuardBytes = 1024;

void giveBack(Memories::Piece piece) {
  std::lock_guard<std::mutex> lock(memories().mutex);
  std::vector<Memories::Piece> &free = memories().free;
  free.push_back(piece);
  if (free.size() <= kKeptPieces)
    return;
  auto least = std::min_element(free.begin(), free.end(),
                                [](const auto &a, const auto &b) { return a.bytes < b.bytes; });
  if (Device *home = Team::get().memoryHome())
    home->release(least->memory);
  free.erase(least);
}

Status take(size_t bytes, const std::string &kernel, std::shared_ptr<void> &memory) {
  {
    std::lock_guard<std::mutex> lock(memories().mutex);
    std::vector<Memories::Piece> &free = memories().free;
    auto found = std::find_if(free.begin(), free.end(),
                              [&](const Memories::Piece &piece) { return piece.bytes >= bytes; });
    if (found != free.end()) {
      Memories::Piece piece = *found;
      free.erase(found);
      memory.reset(piece.memory, [piece](void *) { giveBack(piece); });
      return {};
    }
  }
  Device *home = Team::get().memoryHome();
  void *made = home ? home->allocate(bytes, turns::kAlignment) : nullptr;
  if (!made)
    return Status(npuErrorMemoryAllocation, "kernel " + kernel + ": no memory for its blocks (" +
                                                std::to_string(bytes) + " bytes)");
  memory.reset(made, [made, bytes](void *) { giveBack({made, bytes}); });
  return {};
}

turns::Block &blockIn(const turns::Launch &launch, size_t place) {
  return *reinterpret_cast<turns::Block *>(uintptr_t(launch.places + place * launch.placeBytes));
}

// Before a launch, and again before the next from the same node of a graph.
void reset(turns::Launch &state, size_t places) {
  state.next = state.ended = state.atGrid = 0;
  state.gridTurn = 0;
  for (size_t i = 0; i < places; ++i)
    blockIn(state, i).isRunning = blockIn(state, i).round = 0;
  if (state.clusterBlocks == 1)
    return;
  auto *clusters = reinterpret_cast<turns::Cluster *>(uintptr_t(state.clusters));
  state.next = places / state.clusterBlocks;
  for (size_t i = 0; i < state.next; ++i)
    clusters[i] = {i, 0, 1};
}

// Says so when a kernel has given way for a long time and no block has ended or passed a grid's
// barrier: it may wait for what cannot happen here, and nothing else would tell.
class Watch {
public:
  explicit Watch(std::string kernel) : kernel(std::move(kernel)) {}
  void look(const turns::Launch &state) {
    constexpr std::chrono::seconds kLong(10);
    const auto now = std::chrono::steady_clock::now();
    const uint64_t progress = state.ended + state.gridTurn;
    if (progress != seen || !isSet) {
      seen = progress;
      since = now;
      isSet = true;
    } else if (now - since > kLong) {
      warnOnce(
          "warning: kernel " + kernel + " has waited for " + std::to_string(kLong.count()) +
          " s; it goes on. Lanes of one warp that wait for one another in loops of their own, "
          "and lanes that leave a loop to arrive at a barrier for which the others wait in it, "
          "wait for ever here: give such roles to warps of their own");
      since = now;
    }
  }
  void forget() { isSet = false; }

private:
  const std::string kernel;
  bool isSet = false;
  uint64_t seen = 0;
  std::chrono::steady_clock::time_point since;
};

// Whole clusters, of which one is enough.
size_t placesFor(size_t wanted, uint64_t clusterBlocks) {
  return std::max<size_t>(wanted / clusterBlocks, 1) * clusterBlocks;
}

} // namespace

Status provideTurns(Launch &launch, void **address) {
  const KernelImage::Kernel &kernel = launch.image->kernels[launch.kernel];
  const size_t threads = launch.block.count(), warps = (threads + kWarpThreads - 1) / kWarpThreads;
  const uint64_t blocks = launch.grid.count();
  const size_t resident =
      size_t(blocksPerMultiprocessor(kernel, unsigned(threads), launch.dynamicSharedBytes)) *
      kMultiprocessors;
  const size_t cores = std::max(1u, std::thread::hardware_concurrency());
  const uint64_t clusterBlocks = launch.cluster.count();
  const size_t places =
      placesFor(size_t(std::min<uint64_t>(
                    blocks, std::max<size_t>(kernel.waitsForBlocks ? resident : 0, 2 * cores))),
                clusterBlocks);
  const size_t sharedOffset = aligned(turns::kBlockBytes + warps * kernel.warpFrameBytes);
  const size_t placeBytes = sharedOffset + aligned(kernel.staticSharedBytes) +
                            aligned(launch.dynamicSharedBytes) + kGuardBytes;
  const size_t clusterBytes =
      clusterBlocks > 1 ? places / clusterBlocks * sizeof(turns::Cluster) : 0;
  std::shared_ptr<void> memory;
  if (Status status =
          take(kHeaderBytes + places * placeBytes + clusterBytes, kernel.sourceName, memory);
      !status)
    return status;
  auto *state = static_cast<turns::Launch *>(memory.get());
  *state = {};
  state->places = uint64_t(reinterpret_cast<uintptr_t>(memory.get())) + kHeaderBytes;
  state->placeBytes = placeBytes;
  state->sharedOffset = sharedOffset;
  state->blocks = blocks;
  state->grid[0] = launch.grid.x, state->grid[1] = launch.grid.y, state->grid[2] = launch.grid.z;
  state->cluster[0] = launch.cluster.x, state->cluster[1] = launch.cluster.y;
  state->cluster[2] = launch.cluster.z;
  state->clusterBlocks = unsigned(clusterBlocks);
  state->clusters = state->places + places * placeBytes;
  state->idleRounds = kernel.waitsForBlocks ? kIdleRoundsForBlocks : kIdleRounds;
  state->warps = unsigned(warps);
  reset(*state, places);
  launch.executions = uint32_t(places);
  launch.again = [memory, state, places, watch = std::make_shared<Watch>(kernel.sourceName)] {
    if (state->ended == state->blocks) {
      reset(*state, places);
      watch->forget();
      return false;
    }
    watch->look(*state);
    if (state->atGrid == state->blocks - state->ended) {
      state->atGrid = 0;
      ++state->gridTurn;
    }
    return true;
  };
  *address = state;
  return {};
}

} // namespace npu::core
