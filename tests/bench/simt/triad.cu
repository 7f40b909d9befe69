// STREAM's triad: the host's side of it is the measure of the memory's bandwidth.
#include "problem.h"

namespace {

constexpr int kCount = 1 << 23;

__global__ void triad(const float *b, const float *c, float *a, float factor, int count) {
  int i = blockIdx.x * blockDim.x + threadIdx.x;
  if (i < count)
    a[i] = b[i] + factor * c[i];
}

class Triad : public Problem {
  Array<float> b{kCount, 0, 1}, c{kCount, 0, 1}, a{kCount}, expected{kCount};
  void device() override {
    triad<<<kCount / 256, 256>>>(b, c, a, 3, kCount);
    finish();
  }
  void host() override {
    const float *x = b, *y = c;
    float *z = expected;
#pragma omp parallel for simd
    for (int i = 0; i < kCount; ++i)
      z[i] = x[i] + 3 * y[i];
  }
  double difference() const override { return largestDifference(a, expected); }
  double bytes() const override { return 12.0 * kCount; }
};

} // namespace

NPU_BENCH_PROBLEM(triad, Triad)
