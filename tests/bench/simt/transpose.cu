// A transposed matrix through padded 32 x 32 tiles in shared memory.
#include "problem.h"

namespace {

constexpr int kSize = 2048, kTile = 32, kRows = 8;

__global__ void transpose(const float *src, float *dst, int n) {
  __shared__ float tile[kTile][kTile + 1];
  int x = blockIdx.x * kTile + threadIdx.x, y = blockIdx.y * kTile + threadIdx.y;
  for (int row = 0; row < kTile; row += kRows)
    tile[threadIdx.y + row][threadIdx.x] = src[(y + row) * n + x];
  __syncthreads();
  x = blockIdx.y * kTile + threadIdx.x;
  y = blockIdx.x * kTile + threadIdx.y;
  for (int row = 0; row < kTile; row += kRows)
    dst[(y + row) * n + x] = tile[threadIdx.x][threadIdx.y + row];
}

class Transpose : public Problem {
  Array<float> src{kSize * kSize, -1, 1}, dst{kSize * kSize}, expected{kSize * kSize};
  void device() override {
    transpose<<<dim3(kSize / kTile, kSize / kTile), dim3(kTile, kRows)>>>(src, dst, kSize);
    finish();
  }
  void host() override {
    const float *x = src;
    float *y = expected;
#pragma omp parallel for collapse(2)
    for (int rows = 0; rows < kSize; rows += kTile)
      for (int columns = 0; columns < kSize; columns += kTile)
        for (int i = rows; i < rows + kTile; ++i)
          for (int j = columns; j < columns + kTile; ++j)
            y[i * kSize + j] = x[j * kSize + i];
  }
  double difference() const override { return largestDifference(dst, expected); }
};

} // namespace

NPU_BENCH_PROBLEM(transpose, Transpose)
