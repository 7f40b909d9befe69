// The interface of collectives: communicators, groups, and the checks of calls.
//
// Operations of a group may come in any order on the ranks' streams, so a group's all start from
// where their streams are when the group ends. A call outside of a group is a group of its own.
#include "arithmetic.h"
#include "clique.h"

#include "src/live_set.h"
#include "src/log.h"
#include "src/stream.h"

#include <atomic>
#include <cstring>
#include <new>
#include <string>
#include <unistd.h>

using namespace npu;
using namespace npu::collectives;

struct npucclComm {
  std::shared_ptr<Clique> clique;
  int rank = 0, device = 0;
};

namespace {

using Communicators = core::LiveSet<npucclComm>;

// What npucclUniqueId::internal holds.
struct Id {
  uint64_t process, number;
};

struct Cliques {
  std::mutex mutex;
  std::map<uint64_t, std::weak_ptr<Clique>> byNumber; // under mutex
};
Cliques &cliques() {
  static Cliques &instance = *new Cliques;
  return instance;
}

struct Enqueued {
  npucclComm communicator; // a copy: a group may outlive the program's
  Call call;
  int peer; // of a transfer; -1: a collective
  npuStream_t stream;
};
struct Group {
  int depth = 0;
  std::vector<Enqueued> calls;
};
thread_local Group group;
thread_local std::string lastError;

npucclResult_t refuse(npucclResult_t code, const char *function, const std::string &reason) {
  lastError = std::string(function) + ": " + reason;
  core::warnOnce("error: " + lastError);
  return code;
}

template <class Body> npucclResult_t guarded(Body body) noexcept {
  try {
    return body();
  } catch (...) { // no memory
    return npucclSystemError;
  }
}

npucclResult_t refuseStatus(const char *function, const Status &status) {
  return refuse(npucclUnhandledCudaError, function, status.message());
}

npucclResult_t check(const Enqueued &item) {
  const char *function = item.call.function;
  const npucclComm &communicator = item.communicator;
  const int ranks = communicator.clique->ranks;
  const size_t bytes = bytesOf(item.call.type);
  if (!bytes)
    return refuse(npucclInvalidArgument, function, "no such data type");
  if (!isOperator(item.call.op))
    return refuse(npucclInvalidArgument, function, "no such operator");
  if (item.call.root < 0 || item.call.root >= ranks || item.peer >= ranks)
    return refuse(npucclInvalidArgument, function,
                  "there are ranks 0 to " + std::to_string(ranks - 1));
  const Kind kind = item.call.kind;
  const bool isRoot = item.call.root == communicator.rank;
  const size_t length = item.call.count * bytes;
  const size_t sends = kind == Kind::ReduceScatter ? length * ranks : length;
  const size_t receives = kind == Kind::AllGather ? length * ranks : length;
  const bool isTransfer = kind == Kind::Transfer;
  const bool mustSend = isTransfer ? item.call.send != nullptr : kind != Kind::Broadcast || isRoot;
  const bool mustReceive =
      isTransfer ? item.call.receive != nullptr : kind != Kind::Reduce || isRoot;
  if (length && ((mustSend && !core::deviceCanReach(item.call.send, sends)) ||
                 (mustReceive && !core::deviceCanReach(item.call.receive, receives))))
    return refuse(npucclInvalidArgument, function,
                  "a buffer is smaller than its count says, or is not memory of a device");
  return npucclSuccess;
}

// Runs `body` with the communicator's device current: stream 0 is that device's.
template <class Body> Status onDevice(const npucclComm &communicator, Body body) {
  const int before = core::currentDevice();
  if (Status status = core::setCurrentDevice(communicator.device); !status)
    return status;
  Status status = body();
  if (Status restored = core::setCurrentDevice(before); !restored)
    return restored;
  return status;
}

npucclResult_t run(std::vector<Enqueued> items) {
  if (items.empty())
    return npucclSuccess;
  // Once for each stream of each device.
  std::map<std::pair<int, npuStream_t>, std::pair<core::Point, std::vector<core::Point>>> streams;
  for (const Enqueued &item : items) {
    auto [place, isNew] = streams.try_emplace({item.communicator.device, item.stream});
    if (!isNew)
      continue;
    auto record = std::make_shared<core::EventRecord>();
    if (Status status = onDevice(item.communicator,
                                 [&] { return core::submitMarker(item.stream, {}, record); });
        !status)
      return refuseStatus(item.call.function, status);
    place->second.first = record->point;
  }
  npucclResult_t result = npucclSuccess;
  for (const Enqueued &item : items) {
    const npucclComm &communicator = item.communicator;
    auto &[entry, ends] = streams.at({communicator.device, item.stream});
    core::Point done;
    Clique &clique = *communicator.clique;
    const int own = communicator.rank;
    const npucclResult_t one = item.peer < 0 ? clique.collect(own, item.call, entry, done)
                               : item.call.send
                                   ? clique.transfer(own, item.peer, item.call, entry, done)
                                   : clique.transfer(item.peer, own, item.call, entry, done);
    if (one == npucclSuccess)
      ends.push_back(done);
    else if (result == npucclSuccess)
      result = refuse(one, item.call.function,
                      one == npucclRemoteError ? "another rank has left, or has made another call"
                                               : "the ranks' calls do not match");
  }
  for (const Enqueued &item : items) {
    auto &ends = streams.at({item.communicator.device, item.stream}).second;
    if (ends.empty())
      continue;
    if (Status status = onDevice(item.communicator,
                                 [&] { return core::submitMarker(item.stream, ends, nullptr); });
        !status)
      return refuseStatus(item.call.function, status);
    ends.clear();
  }
  return result;
}

npucclResult_t enqueue(npucclComm *communicator, const Call &call, int peer, npuStream_t stream) {
  return guarded([&] {
    if (!Communicators::instance().has(communicator))
      return refuse(npucclInvalidArgument, call.function, "not a communicator");
    const Enqueued item{*communicator, call, peer, stream};
    if (npucclResult_t bad = check(item); bad != npucclSuccess)
      return bad;
    if (!group.depth)
      return run({item});
    group.calls.push_back(item);
    return npucclSuccess;
  });
}

npucclResult_t join(npucclComm **communicator, const std::shared_ptr<Clique> &clique, int rank,
                    int device, const char *function) {
  if (!clique->join(rank, device))
    return refuse(npucclInvalidUsage, function,
                  "two ranks are one, or use one device; NPU_VISIBLE_DEVICES=2 gives a program "
                  "two devices");
  auto made = std::make_unique<npucclComm>();
  made->clique = clique;
  made->rank = rank;
  made->device = device;
  *communicator = Communicators::instance().add(std::move(made));
  return npucclSuccess;
}

npucclResult_t leave(npucclComm *communicator, const char *function) {
  return guarded([&] {
    if (!communicator)
      return npucclSuccess;
    if (!Communicators::instance().has(communicator))
      return refuse(npucclInvalidArgument, function, "not a communicator");
    communicator->clique->leave(communicator->rank);
    Communicators::instance().remove(communicator);
    return npucclSuccess;
  });
}

// `use` gets the live communicator.
template <class Use>
npucclResult_t with(npucclComm *communicator, const void *result, const char *function, Use use) {
  return guarded([&] {
    if (!result || !Communicators::instance().has(communicator))
      return refuse(npucclInvalidArgument, function, "not a communicator, or no place to answer");
    use(*communicator);
    return npucclSuccess;
  });
}

} // namespace

extern "C" {

npucclResult_t npucclGetVersion(int *version) {
  if (!version)
    return npucclInvalidArgument;
  *version = NPUCCL_VERSION_CODE;
  return npucclSuccess;
}
const char *npucclGetErrorString(npucclResult_t result) {
  switch (result) {
  case npucclSuccess:
    return "no error";
  case npucclUnhandledCudaError:
    return "unhandled cuda error (run with NCCL_DEBUG=INFO for details)";
  case npucclSystemError:
    return "unhandled system error (run with NCCL_DEBUG=INFO for details)";
  case npucclInternalError:
    return "internal error - please report this issue to the NCCL developers";
  case npucclInvalidArgument:
    return "invalid argument (run with NCCL_DEBUG=WARN for details)";
  case npucclInvalidUsage:
    return "invalid usage (run with NCCL_DEBUG=WARN for details)";
  case npucclRemoteError:
    return "remote process exited or there was a network error";
  case npucclInProgress:
    return "NCCL operation in progress";
  default:
    return "unknown result code";
  }
}
const char *npucclGetLastError(npucclComm_t) { return lastError.c_str(); }
npucclResult_t npucclMemAlloc(void **ptr, size_t size) {
  return npuMalloc(ptr, size) == npuSuccess ? npucclSuccess : npucclUnhandledCudaError;
}
npucclResult_t npucclMemFree(void *ptr) {
  return npuFree(ptr) == npuSuccess ? npucclSuccess : npucclUnhandledCudaError;
}

npucclResult_t npucclGetUniqueId(npucclUniqueId *uniqueId) {
  static std::atomic<uint64_t> next{1};
  if (!uniqueId)
    return npucclInvalidArgument;
  *uniqueId = {};
  const Id id{uint64_t(getpid()), next++};
  std::memcpy(uniqueId->internal, &id, sizeof id);
  return npucclSuccess;
}
npucclResult_t npucclCommInitRank(npucclComm_t *comm, int nranks, npucclUniqueId commId, int rank) {
  return guarded([&] {
    const char *function = "ncclCommInitRank";
    if (!comm || nranks < 1 || rank < 0 || rank >= nranks)
      return refuse(npucclInvalidArgument, function, "no such rank");
    Id id;
    std::memcpy(&id, commId.internal, sizeof id);
    if (nranks > 1 && id.process != uint64_t(getpid()))
      return refuse(npucclSystemError, function,
                    "ranks in other processes are not reached; make them threads of one process");
    std::shared_ptr<Clique> clique;
    {
      std::lock_guard<std::mutex> lock(cliques().mutex);
      auto &all = cliques().byNumber;
      for (auto place = all.begin(); place != all.end();)
        place = place->second.expired() ? all.erase(place) : std::next(place);
      std::weak_ptr<Clique> &known = all[id.number];
      clique = known.lock();
      if (!clique)
        known = clique = std::make_shared<Clique>(nranks);
    }
    if (clique->ranks != nranks)
      return refuse(npucclInvalidArgument, function, "other ranks give another number of ranks");
    return join(comm, clique, rank, core::currentDevice(), function);
  });
}
npucclResult_t npucclCommInitRankConfig(npucclComm_t *comm, int nranks, npucclUniqueId commId,
                                        int rank, npucclConfig_t *config) {
  if (config && config->magic != 0xcafebeef)
    return refuse(npucclInvalidArgument, "ncclCommInitRankConfig",
                  "the configuration was not made with NCCL_CONFIG_INITIALIZER");
  return npucclCommInitRank(comm, nranks, commId, rank);
}
npucclResult_t npucclCommInitAll(npucclComm_t *comms, int ndev, const int *devlist) {
  return guarded([&] {
    const char *function = "ncclCommInitAll";
    if (!comms || ndev < 1)
      return refuse(npucclInvalidArgument, function, "no communicators");
    auto clique = std::make_shared<Clique>(ndev);
    std::vector<npucclComm_t> made;
    for (int rank = 0; rank < ndev; ++rank) {
      const int device = devlist ? devlist[rank] : rank;
      npucclResult_t result = npucclInvalidArgument;
      if (core::checkDevice(device))
        result = join(&made.emplace_back(), clique, rank, device, function);
      else
        refuse(result, function,
               "there is no device " + std::to_string(device) +
                   "; NPU_VISIBLE_DEVICES=2 gives a program two devices");
      if (result != npucclSuccess) {
        for (npucclComm_t communicator : made)
          Communicators::instance().remove(communicator);
        return result;
      }
    }
    std::copy(made.begin(), made.end(), comms);
    return npucclSuccess;
  });
}
// Operations are their streams'; there is nothing to be flushed.
npucclResult_t npucclCommFinalize(npucclComm_t comm) {
  return with(comm, comm, "ncclCommFinalize", [](npucclComm &) {});
}
npucclResult_t npucclCommDestroy(npucclComm_t comm) { return leave(comm, "ncclCommDestroy"); }
npucclResult_t npucclCommAbort(npucclComm_t comm) { return leave(comm, "ncclCommAbort"); }
npucclResult_t npucclCommGetAsyncError(npucclComm_t comm, npucclResult_t *asyncError) {
  return with(comm, asyncError, "ncclCommGetAsyncError",
              [&](npucclComm &communicator) { *asyncError = communicator.clique->state(); });
}
npucclResult_t npucclCommCount(const npucclComm_t comm, int *count) {
  return with(comm, count, "ncclCommCount",
              [&](npucclComm &communicator) { *count = communicator.clique->ranks; });
}
npucclResult_t npucclCommCuDevice(const npucclComm_t comm, int *device) {
  return with(comm, device, "ncclCommCuDevice",
              [&](npucclComm &communicator) { *device = communicator.device; });
}
npucclResult_t npucclCommUserRank(const npucclComm_t comm, int *rank) {
  return with(comm, rank, "ncclCommUserRank",
              [&](npucclComm &communicator) { *rank = communicator.rank; });
}
// Every buffer is reached as it is.
npucclResult_t npucclCommRegister(const npucclComm_t comm, void *buff, size_t, void **handle) {
  return with(comm, handle, "ncclCommRegister", [&](npucclComm &) { *handle = buff; });
}
npucclResult_t npucclCommDeregister(const npucclComm_t comm, void *) {
  return with(comm, comm, "ncclCommDeregister", [](npucclComm &) {});
}

npucclResult_t npucclReduce(const void *sendbuff, void *recvbuff, size_t count,
                            npucclDataType_t datatype, npucclRedOp_t op, int root,
                            npucclComm_t comm, npuStream_t stream) {
  return enqueue(comm, {"ncclReduce", Kind::Reduce, sendbuff, recvbuff, count, datatype, op, root},
                 -1, stream);
}
npucclResult_t npucclBcast(void *buff, size_t count, npucclDataType_t datatype, int root,
                           npucclComm_t comm, npuStream_t stream) {
  return npucclBroadcast(buff, buff, count, datatype, root, comm, stream);
}
npucclResult_t npucclBroadcast(const void *sendbuff, void *recvbuff, size_t count,
                               npucclDataType_t datatype, int root, npucclComm_t comm,
                               npuStream_t stream) {
  return enqueue(
      comm,
      {"ncclBroadcast", Kind::Broadcast, sendbuff, recvbuff, count, datatype, npucclSum, root}, -1,
      stream);
}
npucclResult_t npucclAllReduce(const void *sendbuff, void *recvbuff, size_t count,
                               npucclDataType_t datatype, npucclRedOp_t op, npucclComm_t comm,
                               npuStream_t stream) {
  return enqueue(comm,
                 {"ncclAllReduce", Kind::AllReduce, sendbuff, recvbuff, count, datatype, op, 0}, -1,
                 stream);
}
npucclResult_t npucclReduceScatter(const void *sendbuff, void *recvbuff, size_t recvcount,
                                   npucclDataType_t datatype, npucclRedOp_t op, npucclComm_t comm,
                                   npuStream_t stream) {
  return enqueue(
      comm,
      {"ncclReduceScatter", Kind::ReduceScatter, sendbuff, recvbuff, recvcount, datatype, op, 0},
      -1, stream);
}
npucclResult_t npucclAllGather(const void *sendbuff, void *recvbuff, size_t sendcount,
                               npucclDataType_t datatype, npucclComm_t comm, npuStream_t stream) {
  return enqueue(
      comm,
      {"ncclAllGather", Kind::AllGather, sendbuff, recvbuff, sendcount, datatype, npucclSum, 0}, -1,
      stream);
}
npucclResult_t npucclSend(const void *sendbuff, size_t count, npucclDataType_t datatype, int peer,
                          npucclComm_t comm, npuStream_t stream) {
  if (!sendbuff || peer < 0)
    return refuse(npucclInvalidArgument, "ncclSend", "no buffer, or no such rank");
  return enqueue(comm,
                 {"ncclSend", Kind::Transfer, sendbuff, nullptr, count, datatype, npucclSum, 0},
                 peer, stream);
}
npucclResult_t npucclRecv(void *recvbuff, size_t count, npucclDataType_t datatype, int peer,
                          npucclComm_t comm, npuStream_t stream) {
  if (!recvbuff || peer < 0)
    return refuse(npucclInvalidArgument, "ncclRecv", "no buffer, or no such rank");
  return enqueue(comm,
                 {"ncclRecv", Kind::Transfer, nullptr, recvbuff, count, datatype, npucclSum, 0},
                 peer, stream);
}
npucclResult_t npucclGroupStart() {
  ++group.depth;
  return npucclSuccess;
}
npucclResult_t npucclGroupEnd() {
  return guarded([&] {
    if (!group.depth)
      return refuse(npucclInvalidUsage, "ncclGroupEnd", "there was no ncclGroupStart");
    if (--group.depth)
      return npucclSuccess;
    std::vector<Enqueued> calls;
    calls.swap(group.calls);
    return run(std::move(calls));
  });
}

} // extern "C"
