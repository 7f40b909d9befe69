// C = A B, square, one element per thread straight from memory.
#include "problem.h"

namespace {

constexpr int kSize = 512;

__global__ void multiply(const float *a, const float *b, float *c, int n) {
  int row = blockIdx.y * blockDim.y + threadIdx.y, column = blockIdx.x * blockDim.x + threadIdx.x;
  if (row >= n || column >= n)
    return;
  float sum = 0;
  for (int k = 0; k < n; ++k)
    sum += a[row * n + k] * b[k * n + column];
  c[row * n + column] = sum;
}

class MatmulNaive : public Problem {
  Array<float> a{kSize * kSize, -1, 1}, b{kSize * kSize, -1, 1}, c{kSize * kSize},
      expected{c.size()};
  void device() override {
    dim3 block(32, 8), grid(kSize / 32, kSize / 8);
    multiply<<<grid, block>>>(a, b, c, kSize);
    finish();
  }
  void host() override {
    const float *x = a, *y = b;
    float *z = expected;
#pragma omp parallel for
    for (int i = 0; i < kSize; ++i) {
      std::fill(z + i * kSize, z + (i + 1) * kSize, 0.0f);
      for (int k = 0; k < kSize; ++k) {
        float factor = x[i * kSize + k];
#pragma omp simd
        for (int j = 0; j < kSize; ++j)
          z[i * kSize + j] += factor * y[k * kSize + j];
      }
    }
  }
  double difference() const override { return largestDifference(c, expected); }
};

} // namespace

NPU_BENCH_PROBLEM(matmul_naive, MatmulNaive)
