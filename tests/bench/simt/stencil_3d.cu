// One step of a 7-point stencil, each thread walking along z.
#include "problem.h"

namespace {

constexpr int kSize = 160;

__global__ void step(const float *src, float *dst, int n) {
  int x = blockIdx.x * blockDim.x + threadIdx.x, y = blockIdx.y * blockDim.y + threadIdx.y;
  if (x < 1 || y < 1 || x >= n - 1 || y >= n - 1)
    return;
  for (int z = 1; z < n - 1; ++z) {
    int i = (z * n + y) * n + x;
    dst[i] = 0.4f * src[i] + 0.1f * (src[i - 1] + src[i + 1] + src[i - n] + src[i + n] +
                                     src[i - n * n] + src[i + n * n]);
  }
}

class Stencil3d : public Problem {
  static constexpr int kCount = kSize * kSize * kSize;
  Array<float> src{kCount, -1, 1}, dst{kCount}, expected{kCount};
  void device() override {
    step<<<dim3(kSize / 32, kSize / 8), dim3(32, 8)>>>(src, dst, kSize);
    finish();
  }
  void host() override {
    const float *x = src;
    float *y = expected;
    constexpr int n = kSize;
#pragma omp parallel for
    for (int plane = 1; plane < n - 1; ++plane)
      for (int row = 1; row < n - 1; ++row) {
        int first = (plane * n + row) * n;
#pragma omp simd
        for (int i = first + 1; i < first + n - 1; ++i)
          y[i] = 0.4f * x[i] +
                 0.1f * (x[i - 1] + x[i + 1] + x[i - n] + x[i + n] + x[i - n * n] + x[i + n * n]);
      }
  }
  double difference() const override { return largestDifference(dst, expected); }
  double bytes() const override { return 8.0 * kCount; }
};

} // namespace

NPU_BENCH_PROBLEM(stencil_3d, Stencil3d)
