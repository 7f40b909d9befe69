// 256 bins by atomics on shared memory, then on global memory.
#include "problem.h"

namespace {

constexpr int kCount = 1 << 22, kBins = 256, kBlocks = 64;

__global__ void count(const unsigned char *values, unsigned *bins, int n) {
  __shared__ unsigned local[kBins];
  local[threadIdx.x] = 0;
  __syncthreads();
  for (int i = blockIdx.x * blockDim.x + threadIdx.x; i < n; i += gridDim.x * blockDim.x)
    atomicAdd(&local[values[i]], 1u);
  __syncthreads();
  atomicAdd(&bins[threadIdx.x], local[threadIdx.x]);
}

class Histogram : public Problem {
  Array<unsigned char> values{kCount, 0, 256};
  Array<unsigned> bins{kBins}, expected{kBins};
  void device() override {
    NPU_BENCH_CHECK(cudaMemset(bins, 0, kBins * sizeof(unsigned)));
    count<<<kBlocks, kBins>>>(values, bins, kCount);
    finish();
  }
  void host() override {
    const unsigned char *x = values;
    unsigned *y = expected;
    std::fill(y, y + kBins, 0u);
#pragma omp parallel
    {
      unsigned local[kBins] = {};
#pragma omp for
      for (int i = 0; i < kCount; ++i)
        ++local[x[i]];
#pragma omp critical
      for (int bin = 0; bin < kBins; ++bin)
        y[bin] += local[bin];
    }
  }
  double difference() const override { return largestDifference(bins, expected); }
};

} // namespace

NPU_BENCH_PROBLEM(histogram, Histogram)
