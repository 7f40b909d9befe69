// Constructors of a program's own variables run before main() and may use its device code: nvcc
// registers that first.
#include "expect.h"

__device__ int factor = 3;
__managed__ int managed = 5;
__global__ void multiply(int *value) { *value = factor * managed; }

struct Early {
  int *value = nullptr;
  Early() {
    const int seven = 7;
    OK(cudaMemcpyToSymbol(factor, &seven, sizeof seven));
    OK(cudaMallocManaged(&value, sizeof *value));
    multiply<<<1, 1>>>(value);
    OK(cudaGetLastError());
    OK(cudaDeviceSynchronize());
  }
} early;

int main() {
  EXPECT(*early.value == 35);
  OK(cudaFree(early.value));
  return finish();
}
