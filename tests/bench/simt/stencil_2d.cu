// One step of a 5-point stencil.
#include "problem.h"

namespace {

constexpr int kSize = 2048;

__global__ void step(const float *src, float *dst, int n) {
  int x = blockIdx.x * blockDim.x + threadIdx.x, y = blockIdx.y * blockDim.y + threadIdx.y;
  if (x < 1 || y < 1 || x >= n - 1 || y >= n - 1)
    return;
  int i = y * n + x;
  dst[i] = 0.5f * src[i] + 0.125f * (src[i - 1] + src[i + 1] + src[i - n] + src[i + n]);
}

class Stencil2d : public Problem {
  Array<float> src{kSize * kSize, -1, 1}, dst{kSize * kSize}, expected{kSize * kSize};
  void device() override {
    step<<<dim3(kSize / 32, kSize / 8), dim3(32, 8)>>>(src, dst, kSize);
    finish();
  }
  void host() override {
    const float *x = src;
    float *y = expected;
    constexpr int n = kSize;
#pragma omp parallel for
    for (int row = 1; row < n - 1; ++row)
#pragma omp simd
      for (int i = row * n + 1; i < row * n + n - 1; ++i)
        y[i] = 0.5f * x[i] + 0.125f * (x[i - 1] + x[i + 1] + x[i - n] + x[i + n]);
  }
  double difference() const override { return largestDifference(dst, expected); }
  double bytes() const override { return 8.0 * kSize * kSize; }
};

} // namespace

NPU_BENCH_PROBLEM(stencil_2d, Stencil2d)
