// Layer normalisation of each row, one warp per row.
#include "problem.h"

namespace {

constexpr int kRows = 4096, kColumns = 768, kThreads = 128;

__device__ float sumOfWarp(float value) {
  for (int distance = 16; distance > 0; distance /= 2)
    value += __shfl_xor_sync(0xffffffffu, value, distance);
  return value;
}

__global__ void normalize(const float *src, const float *weights, const float *bias, float *dst,
                          int rows, int columns) {
  int row = blockIdx.x * (blockDim.x / 32) + threadIdx.x / 32, lane = threadIdx.x % 32;
  if (row >= rows)
    return;
  const float *x = src + row * columns;
  float sum = 0;
  for (int i = lane; i < columns; i += 32)
    sum += x[i];
  float mean = sumOfWarp(sum) / columns;
  sum = 0;
  for (int i = lane; i < columns; i += 32)
    sum += (x[i] - mean) * (x[i] - mean);
  float scale = rsqrtf(sumOfWarp(sum) / columns + 1e-5f);
  for (int i = lane; i < columns; i += 32)
    dst[row * columns + i] = (x[i] - mean) * scale * weights[i] + bias[i];
}

class LayerNorm : public Problem {
  Array<float> src{kRows * kColumns, -5, 5}, weights{kColumns, 0.5, 1.5}, bias{kColumns, -1, 1},
      dst{kRows * kColumns}, expected{kRows * kColumns};
  void device() override {
    normalize<<<kRows / (kThreads / 32), kThreads>>>(src, weights, bias, dst, kRows, kColumns);
    finish();
  }
  void host() override {
    const float *src = this->src, *w = weights, *b = bias;
    float *dst = expected;
#pragma omp parallel for
    for (int row = 0; row < kRows; ++row) {
      const float *x = src + row * kColumns;
      float mean = 0, variance = 0;
#pragma omp simd reduction(+ : mean)
      for (int i = 0; i < kColumns; ++i)
        mean += x[i];
      mean /= kColumns;
#pragma omp simd reduction(+ : variance)
      for (int i = 0; i < kColumns; ++i)
        variance += (x[i] - mean) * (x[i] - mean);
      float scale = 1 / std::sqrt(variance / kColumns + 1e-5f);
#pragma omp simd
      for (int i = 0; i < kColumns; ++i)
        dst[row * kColumns + i] = (x[i] - mean) * scale * w[i] + b[i];
    }
  }
  double difference() const override { return largestDifference(dst, expected); }
};

} // namespace

NPU_BENCH_PROBLEM(layer_norm, LayerNorm)
