// The sum of many floats: grid-stride loop, warp shuffles, one partial sum per block.
#include "problem.h"

namespace {

constexpr int kCount = 1 << 23, kBlocks = 256, kThreads = 256;

__global__ void sum(const float *values, float *partial, int count) {
  __shared__ float warps[kThreads / 32];
  float mine = 0;
  for (int i = blockIdx.x * blockDim.x + threadIdx.x; i < count; i += gridDim.x * blockDim.x)
    mine += values[i];
  for (int distance = 16; distance > 0; distance /= 2)
    mine += __shfl_down_sync(0xffffffffu, mine, distance);
  if (threadIdx.x % 32 == 0)
    warps[threadIdx.x / 32] = mine;
  __syncthreads();
  if (threadIdx.x < 32) {
    mine = threadIdx.x < kThreads / 32 ? warps[threadIdx.x] : 0;
    for (int distance = 16; distance > 0; distance /= 2)
      mine += __shfl_down_sync(0xffffffffu, mine, distance);
    if (threadIdx.x == 0)
      partial[blockIdx.x] = mine;
  }
}

class Reduction : public Problem {
  Array<float> values{kCount, 0, 1}, partial{kBlocks}, total{1}, expected{1};
  void device() override {
    sum<<<kBlocks, kThreads>>>(values, partial, kCount);
    sum<<<1, kThreads>>>(partial, total, kBlocks);
    finish();
  }
  void host() override {
    const float *x = values;
    float sum = 0;
#pragma omp parallel for simd reduction(+ : sum)
    for (int i = 0; i < kCount; ++i)
      sum += x[i];
    expected[0] = sum;
  }
  double difference() const override { return largestDifference(total, expected); }
  double bytes() const override { return 4.0 * kCount; }
};

} // namespace

NPU_BENCH_PROBLEM(reduction, Reduction)
