// y = A x for a sparse matrix in CSR form, one warp per row.
#include "problem.h"

namespace {

constexpr int kRows = 1 << 15, kPerRow = 48;

__global__ void multiply(const int *starts, const int *columns, const float *values, const float *x,
                         float *y, int rows) {
  int row = (blockIdx.x * blockDim.x + threadIdx.x) / 32, lane = threadIdx.x % 32;
  if (row >= rows)
    return;
  float sum = 0;
  for (int i = starts[row] + lane; i < starts[row + 1]; i += 32)
    sum += values[i] * x[columns[i]];
  for (int distance = 16; distance > 0; distance /= 2)
    sum += __shfl_down_sync(0xffffffffu, sum, distance);
  if (lane == 0)
    y[row] = sum;
}

class Spmv : public Problem {
  Array<int> starts{kRows + 1}, columns{kRows * kPerRow, 0, kRows};
  Array<float> values{kRows * kPerRow, 0, 1}, x{kRows, 0, 1}, y{kRows}, expected{kRows};

public:
  Spmv() {
    // Rows of 16 to 80 elements, 48 on average.
    for (int row = 0, next = 0; row <= kRows; ++row) {
      starts[row] = next;
      next = std::min(next + 16 + (row * 37) % 65, kRows * kPerRow);
    }
  }

private:
  void device() override {
    multiply<<<kRows / 8, 256>>>(starts, columns, values, x, y, kRows);
    finish();
  }
  void host() override {
    const int *s = starts, *c = columns;
    const float *v = values, *in = x;
    float *out = expected;
#pragma omp parallel for
    for (int row = 0; row < kRows; ++row) {
      float sum = 0;
#pragma omp simd reduction(+ : sum)
      for (int i = s[row]; i < s[row + 1]; ++i)
        sum += v[i] * in[c[i]];
      out[row] = sum;
    }
  }
  double difference() const override { return largestDifference(y, expected); }
};

} // namespace

NPU_BENCH_PROBLEM(spmv, Spmv)
