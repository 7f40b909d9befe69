// C = A B, square, by 16 x 16 tiles in shared memory.
#include "problem.h"

namespace {

constexpr int kSize = 512, kTile = 16;

__global__ void multiply(const float *a, const float *b, float *c, int n) {
  __shared__ float tileA[kTile][kTile], tileB[kTile][kTile];
  int row = blockIdx.y * kTile + threadIdx.y, column = blockIdx.x * kTile + threadIdx.x;
  float sum = 0;
  for (int first = 0; first < n; first += kTile) {
    tileA[threadIdx.y][threadIdx.x] = a[row * n + first + threadIdx.x];
    tileB[threadIdx.y][threadIdx.x] = b[(first + threadIdx.y) * n + column];
    __syncthreads();
    for (int k = 0; k < kTile; ++k)
      sum += tileA[threadIdx.y][k] * tileB[k][threadIdx.x];
    __syncthreads();
  }
  c[row * n + column] = sum;
}

class MatmulTiled : public Problem {
  Array<float> a{kSize * kSize, -1, 1}, b{kSize * kSize, -1, 1}, c{kSize * kSize},
      expected{c.size()};
  void device() override {
    dim3 block(kTile, kTile), grid(kSize / kTile, kSize / kTile);
    multiply<<<grid, block>>>(a, b, c, kSize);
    finish();
  }
  void host() override {
    const float *x = a, *y = b;
    float *z = expected;
    constexpr int block = 64;
#pragma omp parallel for
    for (int first = 0; first < kSize; first += block) {
      std::fill(z + first * kSize, z + (first + block) * kSize, 0.0f);
      for (int middle = 0; middle < kSize; middle += block)
        for (int i = first; i < first + block; ++i)
          for (int k = middle; k < middle + block; ++k) {
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

NPU_BENCH_PROBLEM(matmul_tiled, MatmulTiled)
