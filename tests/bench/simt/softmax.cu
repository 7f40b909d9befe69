// Softmax of each row, one block per row, with shuffles.
#include "problem.h"

namespace {

constexpr int kRows = 2048, kColumns = 1024, kThreads = 256;

template <class Op> __device__ float reduceBlock(float value, float *warps, Op op) {
  for (int distance = 16; distance > 0; distance /= 2)
    value = op(value, __shfl_xor_sync(0xffffffffu, value, distance));
  __syncthreads();
  if (threadIdx.x % 32 == 0)
    warps[threadIdx.x / 32] = value;
  __syncthreads();
  value = warps[0];
  for (int warp = 1; warp < kThreads / 32; ++warp)
    value = op(value, warps[warp]);
  return value;
}

__global__ void softmax(const float *src, float *dst, int columns) {
  __shared__ float warps[kThreads / 32];
  const float *x = src + blockIdx.x * columns;
  float *y = dst + blockIdx.x * columns;
  float largest = -INFINITY;
  for (int i = threadIdx.x; i < columns; i += blockDim.x)
    largest = fmaxf(largest, x[i]);
  largest = reduceBlock(largest, warps, [](float a, float b) { return fmaxf(a, b); });
  float sum = 0;
  for (int i = threadIdx.x; i < columns; i += blockDim.x)
    sum += y[i] = expf(x[i] - largest);
  sum = reduceBlock(sum, warps, [](float a, float b) { return a + b; });
  for (int i = threadIdx.x; i < columns; i += blockDim.x)
    y[i] /= sum;
}

class Softmax : public Problem {
  Array<float> src{kRows * kColumns, -5, 5}, dst{kRows * kColumns}, expected{kRows * kColumns};
  void device() override {
    softmax<<<kRows, kThreads>>>(src, dst, kColumns);
    finish();
  }
  void host() override {
    const float *src = this->src;
    float *dst = expected;
#pragma omp parallel for
    for (int row = 0; row < kRows; ++row) {
      const float *x = src + row * kColumns;
      float *y = dst + row * kColumns;
      float largest = -INFINITY, sum = 0;
#pragma omp simd reduction(max : largest)
      for (int i = 0; i < kColumns; ++i)
        largest = std::max(largest, x[i]);
#pragma omp simd reduction(+ : sum)
      for (int i = 0; i < kColumns; ++i)
        sum += y[i] = std::exp(x[i] - largest);
      for (int i = 0; i < kColumns; ++i)
        y[i] /= sum;
    }
  }
  double difference() const override { return largestDifference(dst, expected); }
};

} // namespace

NPU_BENCH_PROBLEM(softmax, Softmax)
