// The ranks that work together, and the operations that wait for some of them.
//
// Operations meet in channels: those of all ranks in one, what one rank sends another in one for
// each pair. A channel has a timeline; the n-th operation in it is the value n there. A rank's
// stream waits for that value from the moment that the rank calls, and the operation goes onto the
// timeline when its last rank calls. So no call waits for another rank's.
#pragma once

#include "npu/collectives.h"

#include "src/core.h"
#include "src/timeline.h"

#include <deque>
#include <map>
#include <memory>
#include <mutex>
#include <set>
#include <vector>

namespace npu::collectives {

enum class Kind { Reduce, Broadcast, AllReduce, ReduceScatter, AllGather, Transfer };

// One rank's call. `count` is what the API's function calls so.
struct Call {
  const char *function;
  Kind kind;
  const void *send;
  void *receive;
  size_t count;
  npucclDataType_t type;
  npucclRedOp_t op;
  int root;
};

class Clique {
public:
  explicit Clique(int ranks) : ranks(ranks) {}
  ~Clique();
  Clique(const Clique &) = delete;
  const int ranks;

  // False: the rank, or its device, is taken.
  bool join(int rank, int device);
  void leave(int rank);
  // Rank `rank` calls; its stream has come to `entry`. Returns what the stream is to wait for.
  // npucclInvalidUsage: the call does not match the other ranks'.
  npucclResult_t collect(int rank, const Call &call, const core::Point &entry, core::Point &done);
  // Half of a transfer from `from` to `to`; the half's other side is null in `call`.
  npucclResult_t transfer(int from, int to, const Call &call, const core::Point &entry,
                          core::Point &done);
  npucclResult_t state();

private:
  // An operation that not all of its ranks have called.
  struct Meeting {
    std::map<int, Call> calls; // by rank; of a transfer, 0 sends and 1 receives
    std::vector<core::Point> entries;
  };
  struct Channel {
    std::shared_ptr<core::Timeline> timeline = core::Timeline::create();
    std::vector<uint64_t> called; // by rank: how many operations
    std::deque<Meeting> open;
    uint64_t closed = 0; // operations on the timeline
  };

  npucclResult_t meet(Channel &channel, int parties, int party, const Call &call,
                      const core::Point &entry, core::Point &done);
  void release(Channel &channel);

  std::mutex mutex;
  // All below: under `mutex`.
  std::map<int, int> devices; // by rank, of those that have joined
  std::set<int> gone;
  bool broken = false; // a rank has left behind operations, or called another than the others
  Channel everyone;
  std::map<std::pair<int, int>, Channel> pairs; // from, to
};

} // namespace npu::collectives
