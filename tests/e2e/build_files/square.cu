#include "square.h"

extern __device__ int entry(int i); // in table.cu

__global__ void square(int *out, int count) {
  int i = blockIdx.x * blockDim.x + threadIdx.x;
  if (i < count)
    out[i] = i * i + entry(i);
}

int countWrongSquares(int count) {
  int *out;
  if (cudaMallocManaged(&out, count * sizeof(int)) != cudaSuccess)
    return -1;
  square<<<(count + 63) / 64, 64>>>(out, count);
  if (cudaDeviceSynchronize() != cudaSuccess)
    return -1;
  int wrong = 0;
  for (int i = 0; i < count; ++i)
    wrong += out[i] != i * i + (i % 2 ? 10 : 20);
  cudaFree(out);
  return wrong;
}
