// A kernel's results summed by the host's threads.
#include <cstdio>
#include <omp.h>

__global__ void number(int *values) { values[threadIdx.x] = threadIdx.x; }

int main() {
  int *values, sum = 0;
  cudaMallocManaged(&values, 32 * sizeof(int));
  number<<<1, 32>>>(values);
  cudaDeviceSynchronize();
#pragma omp parallel for reduction(+ : sum)
  for (int i = 0; i < 32; ++i)
    sum += values[i] + 0 * omp_get_thread_num();
  std::printf("sum %d\n", sum);
  return sum != 496;
}
