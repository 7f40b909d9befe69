// A copy, one element per thread.
#include "problem.h"

namespace {

constexpr int kCount = 1 << 23;

__global__ void copy(const float *src, float *dst, int count) {
  int i = blockIdx.x * blockDim.x + threadIdx.x;
  if (i < count)
    dst[i] = src[i];
}

class Copy : public Problem {
  Array<float> src{kCount, 0, 1}, dst{kCount}, expected{kCount};
  void device() override {
    copy<<<kCount / 256, 256>>>(src, dst, kCount);
    finish();
  }
  void host() override {
    const float *x = src;
    float *y = expected;
#pragma omp parallel for simd
    for (int i = 0; i < kCount; ++i)
      y[i] = x[i];
  }
  double difference() const override { return largestDifference(dst, expected); }
  double bytes() const override { return 8.0 * kCount; }
};

} // namespace

NPU_BENCH_PROBLEM(copy, Copy)
