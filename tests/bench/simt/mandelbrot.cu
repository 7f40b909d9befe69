// Iterations until a point leaves the circle: neighbours take different numbers of turns.
#include "problem.h"

namespace {

constexpr int kSize = 512, kTurns = 256;

__host__ __device__ inline int turns(float cx, float cy) {
  float x = 0, y = 0;
  int turn = 0;
  while (turn < kTurns && x * x + y * y < 4) {
    float next = x * x - y * y + cx;
    y = 2 * x * y + cy;
    x = next;
    ++turn;
  }
  return turn;
}

__global__ void mandelbrot(int *image, int n) {
  int x = blockIdx.x * blockDim.x + threadIdx.x, y = blockIdx.y * blockDim.y + threadIdx.y;
  if (x < n && y < n)
    image[y * n + x] = turns(-2.2f + 3.0f * x / n, -1.5f + 3.0f * y / n);
}

class Mandelbrot : public Problem {
  Array<int> image{kSize * kSize}, expected{kSize * kSize};
  void device() override {
    mandelbrot<<<dim3(kSize / 16, kSize / 16), dim3(16, 16)>>>(image, kSize);
    finish();
  }
  void host() override {
    int *y = expected;
#pragma omp parallel for schedule(dynamic)
    for (int row = 0; row < kSize; ++row)
      for (int column = 0; column < kSize; ++column)
        y[row * kSize + column] = turns(-2.2f + 3.0f * column / kSize, -1.5f + 3.0f * row / kSize);
  }
  // The share of points that differ: on the edge of the set rounding decides.
  double difference() const override {
    int different = 0;
    for (int i = 0; i < kSize * kSize; ++i)
      different += image[i] != expected[i];
    return double(different) / (kSize * kSize);
  }
};

} // namespace

NPU_BENCH_PROBLEM(mandelbrot, Mandelbrot)
