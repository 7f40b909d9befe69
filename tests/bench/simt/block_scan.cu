// Inclusive sums of blocks of 1024 integers: shuffles within a warp, shared memory between warps.
#include "problem.h"

namespace {

constexpr int kCount = 1 << 22, kThreads = 1024;

__global__ void scan(const int *values, int *sums) {
  __shared__ int warps[32];
  int i = blockIdx.x * blockDim.x + threadIdx.x, lane = threadIdx.x % 32, warp = threadIdx.x / 32;
  int mine = values[i];
  for (int distance = 1; distance < 32; distance *= 2) {
    int other = __shfl_up_sync(0xffffffffu, mine, distance);
    if (lane >= distance)
      mine += other;
  }
  if (lane == 31)
    warps[warp] = mine;
  __syncthreads();
  if (warp == 0) {
    int total = warps[lane];
    for (int distance = 1; distance < 32; distance *= 2) {
      int other = __shfl_up_sync(0xffffffffu, total, distance);
      if (lane >= distance)
        total += other;
    }
    warps[lane] = total;
  }
  __syncthreads();
  sums[i] = mine + (warp > 0 ? warps[warp - 1] : 0);
}

class BlockScan : public Problem {
  Array<int> values{kCount, 0, 100}, sums{kCount}, expected{kCount};
  void device() override {
    scan<<<kCount / kThreads, kThreads>>>(values, sums);
    finish();
  }
  void host() override {
    const int *x = values;
    int *y = expected;
#pragma omp parallel for
    for (int first = 0; first < kCount; first += kThreads) {
      int sum = 0;
      for (int i = first; i < first + kThreads; ++i)
        y[i] = sum += x[i];
    }
  }
  double difference() const override { return largestDifference(sums, expected); }
};

} // namespace

NPU_BENCH_PROBLEM(block_scan, BlockScan)
