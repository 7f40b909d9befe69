// Collectives: one thread with a rank for each device in groups, and a thread for each rank; every
// type and operator against the host's arithmetic, in place and between kernels; transfers that
// cross; and the errors. Runs with four devices.
#include <nccl.h>

#include "../api/expect.h"

#include <cstdint>
#include <thread>
#include <vector>

#define NCCL(call) EXPECT((call) == ncclSuccess)

constexpr int kRanks = 4, kCount = 5000;

template <class T> __global__ void fill(T *data, int rank, int count) {
  int i = blockIdx.x * blockDim.x + threadIdx.x;
  if (i < count)
    data[i] = T(float((i * 7 + rank * 3) % 5 + 1));
}
template <class T> __global__ void twice(T *data, int count) {
  int i = blockIdx.x * blockDim.x + threadIdx.x;
  if (i < count)
    data[i] = T(float(data[i]) * 2.0f);
}
static int element(int i, int rank) { return (i * 7 + rank * 3) % 5 + 1; }

struct Ranks {
  ncclComm_t communicators[kRanks];
  cudaStream_t streams[kRanks];
  Ranks() {
    NCCL(ncclCommInitAll(communicators, kRanks, nullptr));
    for (int rank = 0; rank < kRanks; ++rank) {
      cudaSetDevice(rank);
      cudaStreamCreate(&streams[rank]);
    }
  }
  ~Ranks() {
    for (int rank = 0; rank < kRanks; ++rank) {
      cudaSetDevice(rank);
      cudaStreamDestroy(streams[rank]);
      NCCL(ncclCommFinalize(communicators[rank]));
      NCCL(ncclCommDestroy(communicators[rank]));
    }
  }
};

static double combined(ncclRedOp_t op, int i) {
  double value = element(i, 0);
  for (int rank = 1; rank < kRanks; ++rank) {
    double next = element(i, rank);
    value = op == ncclProd  ? value * next
            : op == ncclMax ? (next > value ? next : value)
            : op == ncclMin ? (next < value ? next : value)
                            : value + next;
  }
  return op == ncclAvg ? value / kRanks : value;
}

// Between a kernel before and a kernel after, on streams that nobody waits for in between.
template <class T>
static void allReduce(Ranks &ranks, ncclDataType_t type, ncclRedOp_t op, bool whole) {
  T *data[kRanks];
  for (int rank = 0; rank < kRanks; ++rank) {
    cudaSetDevice(rank);
    cudaMallocManaged(&data[rank], kCount * sizeof(T));
    fill<<<(kCount + 255) / 256, 256, 0, ranks.streams[rank]>>>(data[rank], rank, kCount);
  }
  NCCL(ncclGroupStart());
  for (int rank = 0; rank < kRanks; ++rank)
    NCCL(ncclAllReduce(data[rank], data[rank], kCount, type, op, ranks.communicators[rank],
                       ranks.streams[rank]));
  NCCL(ncclGroupEnd());
  for (int rank = 0; rank < kRanks; ++rank) {
    cudaSetDevice(rank);
    twice<<<(kCount + 255) / 256, 256, 0, ranks.streams[rank]>>>(data[rank], kCount);
  }
  int wrong = 0;
  for (int rank = 0; rank < kRanks; ++rank) {
    cudaSetDevice(rank);
    EXPECT(cudaStreamSynchronize(ranks.streams[rank]) == cudaSuccess);
    for (int i = 0; i < kCount; ++i) {
      double value = combined(op, i);
      wrong += float(data[rank][i]) != float(T(float(whole ? double(int64_t(value)) : value))) * 2;
    }
    cudaFree(data[rank]);
  }
  EXPECT(wrong == 0);
}

static void everyTypeAndOperator(Ranks &ranks) {
  for (ncclRedOp_t op : {ncclSum, ncclProd, ncclMax, ncclMin, ncclAvg}) {
    allReduce<float>(ranks, ncclFloat, op, false);
    allReduce<double>(ranks, ncclDouble, op, false);
    allReduce<__half>(ranks, ncclHalf, op, false);
    allReduce<__nv_bfloat16>(ranks, ncclBfloat16, op, false);
    allReduce<int32_t>(ranks, ncclInt, op, true);
    allReduce<uint32_t>(ranks, ncclUint32, op, true);
    allReduce<int64_t>(ranks, ncclInt64, op, true);
    allReduce<uint64_t>(ranks, ncclUint64, op, true);
    if (op != ncclProd) { // up to 1,250 does not fit
      allReduce<int8_t>(ranks, ncclInt8, op, true);
      allReduce<uint8_t>(ranks, ncclUint8, op, true);
    }
  }
}

// A rank for each thread, and no groups.
static void threads() {
  ncclUniqueId id;
  NCCL(ncclGetUniqueId(&id));
  std::vector<std::thread> all;
  int wrong[kRanks] = {};
  for (int rank = 0; rank < kRanks; ++rank)
    all.emplace_back([&, rank] {
      cudaSetDevice(rank);
      ncclComm_t communicator;
      NCCL(ncclCommInitRank(&communicator, kRanks, id, rank));
      int count = 0, device = -1, own = -1;
      NCCL(ncclCommCount(communicator, &count));
      NCCL(ncclCommCuDevice(communicator, &device));
      NCCL(ncclCommUserRank(communicator, &own));
      EXPECT(count == kRanks && device == rank && own == rank);
      int *data, *gathered, *scattered;
      cudaMallocManaged(&data, kRanks * kCount * sizeof(int));
      cudaMallocManaged(&gathered, kRanks * kCount * sizeof(int));
      cudaMallocManaged(&scattered, kCount * sizeof(int));
      const int total = kRanks * kCount;
      for (int repeat = 0; repeat < 20; ++repeat) {
        fill<<<(total + 255) / 256, 256>>>(data, rank, total);
        NCCL(ncclAllGather(data, gathered, kCount, ncclInt, communicator, 0));
        NCCL(ncclReduceScatter(data, scattered, kCount, ncclInt, ncclSum, communicator, 0));
        NCCL(ncclBroadcast(data, data, kCount, ncclInt, 2, communicator, 0));
        NCCL(ncclReduce(data, data, kCount, ncclInt, ncclSum, 1, communicator, 0));
        EXPECT(cudaStreamSynchronize(0) == cudaSuccess);
        for (int i = 0; i < kCount; ++i) {
          for (int from = 0; from < kRanks; ++from)
            wrong[rank] += gathered[from * kCount + i] != element(i, from);
          wrong[rank] += scattered[i] != int(combined(ncclSum, rank * kCount + i));
          wrong[rank] += data[i] != element(i, 2) * (rank == 1 ? kRanks : 1);
        }
      }
      cudaFree(data);
      cudaFree(gathered);
      cudaFree(scattered);
      NCCL(ncclCommDestroy(communicator));
    });
  for (std::thread &one : all)
    one.join();
  for (int rank = 0; rank < kRanks; ++rank)
    EXPECT(wrong[rank] == 0);
}

// All ranks send to all, on one stream each: in a group no transfer waits for one before it.
static void exchange(Ranks &ranks) {
  int *from[kRanks], *to[kRanks];
  for (int rank = 0; rank < kRanks; ++rank) {
    cudaSetDevice(rank);
    cudaMallocManaged(&from[rank], kRanks * sizeof(int));
    cudaMallocManaged(&to[rank], kRanks * sizeof(int));
    for (int peer = 0; peer < kRanks; ++peer)
      from[rank][peer] = rank * 10 + peer;
  }
  NCCL(ncclGroupStart());
  for (int rank = 0; rank < kRanks; ++rank) {
    NCCL(ncclGroupStart());
    for (int peer = 0; peer < kRanks; ++peer) {
      NCCL(ncclSend(from[rank] + peer, 1, ncclInt, peer, ranks.communicators[rank],
                    ranks.streams[rank]));
      NCCL(ncclRecv(to[rank] + peer, 1, ncclInt, peer, ranks.communicators[rank],
                    ranks.streams[rank]));
    }
    NCCL(ncclGroupEnd());
  }
  NCCL(ncclGroupEnd());
  for (int rank = 0; rank < kRanks; ++rank) {
    cudaSetDevice(rank);
    EXPECT(cudaStreamSynchronize(ranks.streams[rank]) == cudaSuccess);
    for (int peer = 0; peer < kRanks; ++peer)
      EXPECT(to[rank][peer] == peer * 10 + rank);
    cudaFree(from[rank]);
    cudaFree(to[rank]);
  }
}

static void errors(Ranks &ranks) {
  cudaSetDevice(0);
  float *data, host[4];
  cudaMalloc(&data, 16);
  ncclComm_t none;
  const int twiceZero[] = {0, 0}, beyond[] = {0, 9};
  EXPECT(ncclCommInitAll(&none, 0, nullptr) == ncclInvalidArgument);
  ncclComm_t two[2];
  EXPECT(ncclCommInitAll(two, 2, twiceZero) == ncclInvalidUsage);
  EXPECT(ncclCommInitAll(two, 2, beyond) == ncclInvalidArgument);
  ncclUniqueId elsewhere = {};
  EXPECT(ncclCommInitRank(&none, 2, elsewhere, 0) == ncclSystemError);
  EXPECT(ncclCommInitRank(&none, 2, elsewhere, 2) == ncclInvalidArgument);
  ncclComm_t one = ranks.communicators[0];
  cudaStream_t s = ranks.streams[0];
  EXPECT(ncclAllReduce(data, data, 5, ncclFloat, ncclSum, one, s) == ncclInvalidArgument);
  EXPECT(ncclAllReduce(host, data, 4, ncclFloat, ncclSum, one, s) == ncclInvalidArgument);
  EXPECT(ncclAllReduce(data, data, 4, ncclDataType_t(12), ncclSum, one, s) == ncclInvalidArgument);
  EXPECT(ncclAllReduce(data, data, 4, ncclFloat, ncclRedOp_t(5), one, s) == ncclInvalidArgument);
  EXPECT(ncclBroadcast(data, data, 4, ncclFloat, kRanks, one, s) == ncclInvalidArgument);
  EXPECT(ncclSend(data, 4, ncclFloat, -1, one, s) == ncclInvalidArgument);
  EXPECT(ncclAllReduce(data, data, 4, ncclFloat, ncclSum, nullptr, s) == ncclInvalidArgument);
  EXPECT(ncclGroupEnd() == ncclInvalidUsage);
  ncclConfig_t config = NCCL_CONFIG_INITIALIZER;
  config.blocking = 0;
  NCCL(ncclGetUniqueId(&elsewhere));
  NCCL(ncclCommInitRankConfig(&none, 1, elsewhere, 0, &config));
  // Alone, at once.
  NCCL(ncclAllReduce(data, data, 4, ncclFloat, ncclSum, none, s));
  NCCL(ncclCommDestroy(none));
  EXPECT(ncclCommDestroy(none) == ncclInvalidArgument);
  // Ranks that disagree: an error, and nobody waits for ever.
  NCCL(ncclCommInitAll(two, 2, nullptr));
  NCCL(ncclAllReduce(data, data, 4, ncclFloat, ncclSum, two[0], s));
  EXPECT(ncclAllReduce(data, data, 3, ncclFloat, ncclSum, two[1], ranks.streams[1]) ==
         ncclInvalidUsage);
  EXPECT(cudaStreamSynchronize(s) == cudaSuccess);
  ncclResult_t state = ncclSuccess;
  NCCL(ncclCommGetAsyncError(two[0], &state));
  EXPECT(state == ncclRemoteError);
  NCCL(ncclCommAbort(two[0]));
  NCCL(ncclCommAbort(two[1]));
  // A rank that leaves releases those that wait for it.
  NCCL(ncclCommInitAll(two, 2, nullptr));
  NCCL(ncclAllReduce(data, data, 4, ncclFloat, ncclSum, two[0], s));
  NCCL(ncclCommAbort(two[1]));
  EXPECT(cudaStreamSynchronize(s) == cudaSuccess);
  EXPECT(ncclAllReduce(data, data, 4, ncclFloat, ncclSum, two[0], s) == ncclRemoteError);
  NCCL(ncclCommDestroy(two[0]));
  cudaFree(data);
}

int main() {
  int version = 0;
  NCCL(ncclGetVersion(&version));
  EXPECT(version == NCCL_VERSION_CODE);
  {
    Ranks ranks;
    everyTypeAndOperator(ranks);
    exchange(ranks);
    errors(ranks);
  }
  threads();
  return finish();
}
