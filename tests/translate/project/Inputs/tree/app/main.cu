#include "../lib/include/device_part.cuh"
#include <shared.h>
#include "kernels.cu"

int main() {
  float *p = allocate(16);
  scale<<<1, 16>>>(p, kFactor);
#ifdef PINNED
  cudaMallocHost((void **)&p, 16);
#endif
  return cudaDeviceSynchronize() != cudaSuccess;
}
