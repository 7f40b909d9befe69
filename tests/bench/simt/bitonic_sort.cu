// Blocks of 1024 integers, each sorted in shared memory.
#include "problem.h"

#include <vector>

namespace {

constexpr int kCount = 1 << 20, kBlock = 1024;

__global__ void sort(const int *src, int *dst) {
  __shared__ int values[kBlock];
  int base = blockIdx.x * kBlock, i = threadIdx.x;
  values[i] = src[base + i];
  values[i + kBlock / 2] = src[base + i + kBlock / 2];
  for (int size = 2; size <= kBlock; size *= 2)
    for (int stride = size / 2; stride > 0; stride /= 2) {
      __syncthreads();
      int first = 2 * i - (i & (stride - 1));
      int a = values[first], b = values[first + stride];
      bool up = (first & size) == 0;
      if ((a > b) == up) {
        values[first] = b;
        values[first + stride] = a;
      }
    }
  __syncthreads();
  dst[base + i] = values[i];
  dst[base + i + kBlock / 2] = values[i + kBlock / 2];
}

class BitonicSort : public Problem {
  Array<int> src{kCount, 0, 1e6}, dst{kCount}, expected{kCount};
  void device() override {
    sort<<<kCount / kBlock, kBlock / 2>>>(src, dst);
    finish();
  }
  void host() override {
    const int *x = src;
    int *y = expected;
#pragma omp parallel for
    for (int first = 0; first < kCount; first += kBlock) {
      std::copy(x + first, x + first + kBlock, y + first);
      std::sort(y + first, y + first + kBlock);
    }
  }
  double difference() const override { return largestDifference(dst, expected); }
};

} // namespace

NPU_BENCH_PROBLEM(bitonic_sort, BitonicSort)
